//! Synchrony of pairs of neurons (Darlow, Regan, Risi, Seely & Jones 2025, "Continuous thought machines", arXiv 2505.05522).

use crate::error::{Error, Result};
use crate::number::math;
use crate::train::Array;

/// Pairs of neurons, and the decay of each pair's past, per step.
#[derive(Debug, Clone, PartialEq)]
pub struct Synchrony {
    pairs: Vec<(usize, usize)>,
    decays: Vec<f64>,
}

impl Synchrony {
    /// The synchrony of `pairs` with a decay each; a decay of 0 forgets nothing.
    ///
    /// # Errors
    /// No pairs, another number of decays, or one that is not a number from 0 on.
    pub fn new(pairs: &[(usize, usize)], decays: &[f64]) -> Result<Synchrony> {
        if pairs.is_empty() || pairs.len() != decays.len() {
            let problem = format!("{} pairs need as many decays, and at least one, not {}", pairs.len(), decays.len());
            return Err(Error::invalid("synchrony", problem));
        }
        if let Some(decay) = decays.iter().find(|decay| !(**decay >= 0.0 && decay.is_finite())) {
            return Err(Error::invalid("synchrony", format!("decay {decay} must be a finite number from 0 on")));
        }
        Ok(Synchrony { pairs: pairs.to_vec(), decays: decays.to_vec() })
    }

    /// The pairs.
    pub fn pairs(&self) -> &[(usize, usize)] {
        &self.pairs
    }

    /// S = α/√β of each pair after each step, [step, pair], for traces [step, neuron]: α ← r·α + z_i·z_j and β ← r·β + 1 from 0,
    /// with r = exp(-decay).
    ///
    /// # Errors
    /// Traces of another shape, of too few neurons, or that are not finite.
    pub fn over(&self, traces: &Array<f64>) -> Result<Array<f64>> {
        let &[steps, neurons] = traces.shape() else {
            return Err(Error::invalid("synchrony", "traces must have two axes, [step, neuron]"));
        };
        if let Some(pair) = self.pairs.iter().find(|(i, j)| *i.max(j) >= neurons) {
            let problem = format!("the pair {pair:?} is not among {neurons} neurons, which are counted from 0");
            return Err(Error::invalid("synchrony", problem));
        }
        if let Some(place) = traces.data().iter().position(|own| !own.is_finite()) {
            let problem = format!("the trace of neuron {} at step {} is not finite", place % neurons, place / neurons);
            return Err(Error::invalid("synchrony", problem));
        }
        let mut all = Array::zeros("synchrony", &[steps, self.pairs.len()])?;
        let rates: Vec<f64> = self.decays.iter().map(|decay| math::exp(-decay)).collect();
        let mut sums = vec![(0.0, 0.0); self.pairs.len()];
        let rows = all.data_mut().chunks_exact_mut(self.pairs.len()).zip(traces.data().chunks_exact(neurons.max(1)));
        for (to, z) in rows {
            for (((to, &(i, j)), r), (alpha, beta)) in to.iter_mut().zip(&self.pairs).zip(&rates).zip(&mut sums) {
                (*alpha, *beta) = (r * *alpha + z[i] * z[j], r * *beta + 1.0);
                *to = *alpha / beta.sqrt();
            }
        }
        Ok(all)
    }
}
