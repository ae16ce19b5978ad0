//! What can reach one channel of a population in a step, and the units that its weights suggest.

use std::collections::BTreeSet;

use crate::plan::connectivity::distribution::{Distribution, Truncated};

/// Largest count of a random weight that shall fit into 4 bytes with its target and one of eight delays.
const NARROW: f64 = 4095.0;

/// Counts that half the distance between the quartiles of random weights must span for them to be packed: rounding then
/// adds less than a thousandth to their variance.
pub(crate) const RESOLVED: f64 = 16.0;

/// Distinct weights among which a common divisor is looked for.
const MAX_DISTINCT: usize = 4096;

/// What can reach one channel of a population in a step.
#[derive(Debug, Clone)]
pub(crate) struct InputBound {
    /// Distinct weights; nothing where there are too many.
    pub distinct: Option<BTreeSet<u64>>,
    /// The least spread of a distribution.
    spread: f64,
    /// Distributions of real numbers.
    pub drawn: Vec<Truncated>,
    /// The largest weight.
    pub largest: f64,
    /// The largest sum of weights, and the most spikes, of rules.
    pub sum: f64,
    pub arrivals: f64,
}

impl InputBound {
    pub fn new() -> InputBound {
        InputBound {
            distinct: Some(BTreeSet::new()),
            spread: f64::INFINITY,
            drawn: Vec::new(),
            largest: 0.0,
            sum: 0.0,
            arrivals: 0.0,
        }
    }

    pub fn value(&mut self, weight: f64) {
        self.largest = self.largest.max(weight.abs());
        let Some(distinct) = self.distinct.as_mut().filter(|_| weight != 0.0) else { return };
        distinct.insert(weight.abs().to_bits());
        if distinct.len() > MAX_DISTINCT {
            self.distinct = None;
        }
    }

    /// Weights that learn: any real number up to a magnitude.
    pub fn learned(&mut self, most: f64) {
        self.largest = self.largest.max(most);
        self.distinct = None;
    }

    pub fn distribution(&mut self, distribution: &Distribution) {
        match distribution {
            Distribution::Continuous(continuous) => {
                self.spread = self.spread.min(continuous.spread());
                self.drawn.push(*continuous);
            }
            // A unit that counts it counts all values.
            Distribution::Discrete(discrete) => self.value(discrete.quantum),
        }
        let (low, high) = distribution.ends();
        self.largest = self.largest.max(low.abs()).max(high.abs());
    }

    /// The number that all weights are multiples of.
    pub fn divisor(&self) -> Option<f64> {
        let distinct = self.distinct.as_ref().filter(|d| !d.is_empty() && self.spread.is_infinite())?;
        let smallest = f64::from_bits(*distinct.first()?);
        let whole = |w: f64| (w - w.round()).abs() <= 1e-9 * w && w.round() <= f64::from(1 << 20);
        let fits = |q: &f64| distinct.iter().all(|&bits| whole(f64::from_bits(bits) / (smallest / q)));
        [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0].iter().find(|q| fits(q)).map(|q| smallest / q)
    }

    /// A power of two in which no weight exceeds [`NARROW`] counts, if random weights stay resolved and the others are
    /// kept to a thousandth.
    pub fn narrow(&self) -> Option<f64> {
        let distinct = self.distinct.as_ref().filter(|_| self.spread.is_finite() && self.largest > 0.0)?;
        let unit = (self.largest / NARROW).log2().ceil().exp2();
        let kept = |w: f64| ((w / unit).round() * unit - w).abs() <= w / 1024.0;
        let resolved = self.spread >= RESOLVED * unit || self.spread == 0.0;
        (resolved && distinct.iter().all(|&bits| kept(f64::from_bits(bits)))).then_some(unit)
    }
}
