//! Bounds of what can reach one channel of a population in a step, and the units that its weights suggest.

use std::collections::BTreeSet;

use crate::plan::connectivity::distribution::{Distribution, Truncated};

/// The largest count of a weight that fits into 4 bytes with its target and one of eight delays.
const NARROW: f64 = 4095.0;

/// The number of counts that half the distance between the quartiles of random weights must span for the weights to be
/// packed: rounding then adds less than a thousandth to their variance.
pub(crate) const RESOLVED: f64 = 16.0;

/// The largest number of distinct weights among which a common divisor is looked for.
const MAX_DISTINCT: usize = 4096;

/// Bounds of what can reach one channel of a population in a step.
#[derive(Debug, Clone)]
pub(crate) struct InputBound {
    /// Bits of the magnitudes of distinct weights other than 0; `None` where there are too many, or weights learn.
    pub distinct: Option<BTreeSet<u64>>,
    /// The least spread of a distribution of weights; infinity where there is none.
    spread: f64,
    /// Continuous distributions of weights.
    pub drawn: Vec<Truncated>,
    /// The largest magnitude of a weight.
    pub largest: f64,
    /// The smallest magnitude of a known weight other than 0, or of a typical initial weight of synapses that learn;
    /// infinity where there is none.
    pub smallest: f64,
    /// The largest sum of weights of projections that are not explicit.
    pub sum: f64,
    /// The largest number of spikes that come by these.
    pub arrivals: f64,
}

impl InputBound {
    /// The bounds of a channel that nothing reaches.
    pub fn new() -> InputBound {
        InputBound {
            distinct: Some(BTreeSet::new()),
            spread: f64::INFINITY,
            drawn: Vec::new(),
            largest: 0.0,
            smallest: f64::INFINITY,
            sum: 0.0,
            arrivals: 0.0,
        }
    }

    /// Takes note of a weight.
    pub fn add_value(&mut self, weight: f64) {
        self.largest = self.largest.max(weight.abs());
        if weight != 0.0 {
            self.smallest = self.smallest.min(weight.abs());
        }
        let Some(distinct) = self.distinct.as_mut().filter(|_| weight != 0.0) else { return };
        distinct.insert(weight.abs().to_bits());
        if distinct.len() > MAX_DISTINCT {
            self.distinct = None;
        }
    }

    /// Takes note of weights that learn: any real number of a magnitude up to `most`, and at first typically of
    /// magnitude `typical`.
    pub fn add_learned(&mut self, most: f64, typical: f64) {
        self.largest = self.largest.max(most);
        self.smallest = self.smallest.min(if typical > 0.0 { typical } else { most });
        self.distinct = None;
    }

    /// Takes note of weights that follow a distribution.
    pub fn add_distribution(&mut self, distribution: &Distribution) {
        match distribution {
            Distribution::Continuous(continuous) => {
                self.spread = self.spread.min(continuous.spread());
                self.drawn.push(*continuous);
            }
            // All values are multiples of it.
            Distribution::Discrete(discrete) => self.add_value(discrete.quantum),
        }
        let (low, high) = distribution.ends();
        self.largest = self.largest.max(low.abs()).max(high.abs());
    }

    /// The largest number found of which all weights are multiples: a tenth to the whole of the smallest weight. `None`
    /// where there is none, no weight, or a continuous distribution.
    pub fn divisor(&self) -> Option<f64> {
        let distinct = self.distinct.as_ref().filter(|d| !d.is_empty() && self.spread.is_infinite())?;
        let smallest = f64::from_bits(*distinct.first()?);
        let whole = |w: f64| (w - w.round()).abs() <= 1e-9 * w && w.round() <= f64::from(1 << 20);
        let fits = |q: &f64| distinct.iter().all(|&bits| whole(f64::from_bits(bits) / (smallest / q)));
        [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0].iter().find(|q| fits(q)).map(|q| smallest / q)
    }

    /// The smallest power of two in which no weight exceeds [`NARROW`] counts; `None` where random weights would not be
    /// resolved, or others change by more than a thousandth.
    pub fn narrow(&self) -> Option<f64> {
        let distinct = self.distinct.as_ref().filter(|_| self.spread.is_finite() && self.largest > 0.0)?;
        let unit = (self.largest / NARROW).log2().ceil().exp2();
        let kept = |w: f64| ((w / unit).round() * unit - w).abs() <= w / 1024.0;
        let resolved = self.spread >= RESOLVED * unit || self.spread == 0.0;
        (resolved && distinct.iter().all(|&bits| kept(f64::from_bits(bits)))).then_some(unit)
    }
}
