//! Distributions as they are drawn: between two bounds, times a factor.

use crate::error::Result;
use crate::network::{Shape, binomial};

/// Probability below which a tail is cut: half of that of one random word.
const TAIL: f64 = 1.0 / (1u64 << 33) as f64;
/// Number of different 32-bit words.
const WORDS: u64 = 1 << 32;
/// The largest number of values of a [`Discrete`].
const MAX_VALUES: u64 = 65_536;

/// A distribution between two bounds, times a factor; draws outside are as if drawn again.
#[derive(Debug, Clone)]
pub enum Distribution {
    /// Of real numbers.
    Continuous(Truncated),
    /// Of whole numbers.
    Discrete(Discrete),
}

impl Distribution {
    /// The distribution of draws of `shape` that lie between `min` and `max`, multiplied by `factor`.
    ///
    /// # Errors
    /// A sentence, where no draw falls between `min` and `max`, or too many values do.
    pub fn new(shape: Shape, min: f64, max: f64, factor: f64) -> Result<Distribution, String> {
        Ok(match shape {
            Shape::Binomial { n, p } => Distribution::Discrete(Discrete::binomial((n, p), (min, max), factor)?),
            Shape::UniformInt { low, high } => {
                Distribution::Discrete(Discrete::uniform((low, high), (min, max), factor)?)
            }
            _ => Distribution::Continuous(Truncated::new(shape, min, max, factor)?),
        })
    }

    /// The probability of a draw below `x`.
    pub fn below(&self, x: f64) -> f64 {
        match self {
            Distribution::Continuous(truncated) => truncated.below(x),
            Distribution::Discrete(discrete) => discrete.below(x),
        }
    }

    /// The least and the largest value that can be drawn.
    pub fn ends(&self) -> (f64, f64) {
        match self {
            Distribution::Continuous(truncated) => truncated.ends(),
            Distribution::Discrete(discrete) => discrete.ends(),
        }
    }
}

/// A distribution of whole numbers, times a factor: each value is drawn by a share of the 2³² random words, to the
/// nearest word.
#[derive(Debug, Clone, PartialEq)]
pub struct Discrete {
    /// The values that some word draws, in the order of the whole numbers.
    pub values: Vec<f64>,
    /// Rising, one less than the values: a word at or above `n` of them draws value `n`.
    pub thresholds: Vec<u32>,
    /// The magnitude of the factor: all values are multiples of it.
    pub quantum: f64,
}

impl Discrete {
    /// The binomial distribution of `n` trials with probability `p`, between `min` and `max`, times `factor`.
    fn binomial((n, p): (u64, f64), (min, max): (f64, f64), factor: f64) -> Result<Discrete, String> {
        let (first, all) = binomial::probabilities(n, p);
        let numbers = (first..).zip(all).map(|(k, share)| (k as f64, share));
        let kept: Vec<(f64, f64)> = numbers.filter(|(k, _)| (min..=max).contains(k)).collect();
        let sum: f64 = kept.iter().map(|(_, share)| share).sum();
        if sum < TAIL {
            return Err(out_of_reach(&Shape::Binomial { n, p }, min, max));
        }
        let mut reached = 0.0;
        let last = kept.len() - 1;
        let ends = kept.iter().enumerate().map(|(i, (k, share))| {
            reached += share;
            let end = (reached / sum * WORDS as f64).round() as u64;
            (*k, if i == last { WORDS } else { end.min(WORDS) })
        });
        Discrete::new(ends, factor)
    }

    /// The uniform distribution of whole numbers from `low` to `high`, between `min` and `max`, times `factor`.
    fn uniform((low, high): (i64, i64), (min, max): (f64, f64), factor: f64) -> Result<Discrete, String> {
        let (first, last) = (min.max(low as f64).ceil(), max.min(high as f64).floor());
        if first > last {
            return Err(out_of_reach(&Shape::UniformInt { low, high }, min, max));
        }
        // Checked when the value was set: both lie within 2²⁴ of 0.
        let count = (last - first) as u64 + 1;
        let ends = (1..=count).map(|i| (first + (i - 1) as f64, (i * WORDS + count / 2) / count));
        Discrete::new(ends, factor)
    }

    /// The distribution of rising numbers, each given with the word at which its share ends, times `factor`.
    fn new(ends: impl Iterator<Item = (f64, u64)>, factor: f64) -> Result<Discrete, String> {
        let (mut values, mut thresholds, mut reached) = (Vec::new(), Vec::new(), 0);
        for (k, end) in ends {
            if end > reached {
                values.push(k * factor);
                thresholds.push(end as u32);
                reached = end;
            }
            if values.len() as u64 > MAX_VALUES {
                return Err(format!("more than {MAX_VALUES} values can be drawn; narrow the range with min and max"));
            }
        }
        thresholds.pop();
        Ok(Discrete { values, thresholds, quantum: factor.abs() })
    }

    /// The probability of a draw below `x`.
    fn below(&self, x: f64) -> f64 {
        let words = |place: usize| self.thresholds.get(place).map_or(WORDS, |&word| u64::from(word));
        let shares = self.values.iter().enumerate().filter(|(_, value)| **value < x);
        let share = |place: usize| words(place) - if place == 0 { 0 } else { words(place - 1) };
        shares.map(|(place, _)| share(place)).sum::<u64>() as f64 / WORDS as f64
    }

    /// The least and the largest value that can be drawn.
    pub fn ends(&self) -> (f64, f64) {
        let (first, last) = (self.values.first(), self.values.last());
        let (a, b) = (first.copied().unwrap_or(f64::NAN), last.copied().unwrap_or(f64::NAN));
        (a.min(b), a.max(b))
    }
}

/// What to say where no draw falls between `min` and `max`.
fn out_of_reach(shape: &Shape, min: f64, max: f64) -> String {
    format!("no draw of {shape:?} falls between {min} and {max}; widen the range")
}

/// The part of a distribution between two bounds: draws outside are as if drawn again.
#[derive(Debug, Clone, Copy)]
pub struct Truncated {
    shape: Shape,
    /// Cumulative probabilities of `shape` at the bounds.
    low: f64,
    high: f64,
    factor: f64,
}

impl Truncated {
    /// The distribution of draws of `shape` that lie between `min` and `max`, multiplied by `factor`.
    ///
    /// # Errors
    /// A sentence, where no draw falls between `min` and `max`.
    fn new(shape: Shape, min: f64, max: f64, factor: f64) -> Result<Truncated, String> {
        let (low, high) = (probability_below(&shape, min), probability_below(&shape, max));
        // A single value counts as a distribution, too.
        let single = shape.quantile(0.25) == shape.quantile(0.75);
        let within = single && (min..=max).contains(&shape.quantile(0.5));
        if within {
            return Ok(Truncated { shape, low: 0.0, high: 1.0, factor });
        }
        if high - low < TAIL {
            return Err(out_of_reach(&shape, min, max));
        }
        Ok(Truncated { shape, low, high, factor })
    }

    /// The quantile of probability `u`: the value below which a share `u` of the draws lies.
    pub fn quantile(&self, u: f64) -> f64 {
        let u = u.clamp(TAIL, 1.0 - TAIL);
        // A factor below zero turns the distribution round.
        let u = if self.factor < 0.0 { 1.0 - u } else { u };
        let u = self.low + (self.high - self.low) * u;
        self.factor * self.shape.quantile(u.clamp(TAIL, 1.0 - TAIL))
    }

    /// The probability of a draw below `x`.
    pub fn below(&self, x: f64) -> f64 {
        let below = probability_below(&self.shape, x / self.factor);
        let below = ((below - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        if self.factor < 0.0 { 1.0 - below } else { below }
    }

    /// The least and the largest value that can be drawn.
    pub fn ends(&self) -> (f64, f64) {
        (self.quantile(0.0), self.quantile(1.0))
    }

    /// The largest relative change that rounding to multiples of `unit` makes in a typical draw: 1 where rounding turns
    /// at least one draw in twenty of a distribution of one sign to 0; 0 where [`Truncated::spread`] is `resolved`
    /// units or more.
    pub fn rounding(&self, unit: f64, resolved: f64) -> f64 {
        let (spread, middle) = (self.spread(), self.quantile(0.5));
        if spread == 0.0 {
            return ((middle / unit).round() * unit / middle - 1.0).abs();
        }
        let (low, high) = self.ends();
        let lost = self.below(0.5 * unit) - self.below(-0.5 * unit);
        if (low >= 0.0 || high <= 0.0) && lost >= 0.05 {
            return 1.0;
        }
        if spread >= resolved * unit { 0.0 } else { (0.5 * unit / middle.abs().max(spread)).min(1.0) }
    }

    /// Half the distance between the quartiles: a measure of spread.
    pub fn spread(&self) -> f64 {
        0.5 * (self.quantile(0.75) - self.quantile(0.25))
    }
}

/// The probability of a draw below `x`, by bisection of the quantiles.
fn probability_below(shape: &Shape, x: f64) -> f64 {
    if x == f64::INFINITY {
        return 1.0;
    }
    let (mut low, mut high) = (0.0f64, 1.0f64);
    for _ in 0..64 {
        let middle = 0.5 * (low + high);
        if shape.quantile(middle) < x {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}
