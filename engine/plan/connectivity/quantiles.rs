//! Distributions as tables of integers: a 32-bit random word becomes a weight in counts, a delay in steps or a gap
//! between targets by look-ups and integer arithmetic only, so that every player draws the same on every machine.

use crate::error::Result;
use crate::number::Fixed;
use crate::plan::connectivity::distribution::{Discrete, Truncated};
use crate::time::Grid;

/// Number of bits of a word that choose a cell of a [`QuantileTable`].
pub const CELL_BITS: u32 = 10;
/// Number of cells of a level of a [`QuantileTable`].
const CELLS: usize = 1 << CELL_BITS;
/// Number of bits of a word that give the position within a cell.
pub const FRACTION_BITS: u32 = 32 - CELL_BITS;
/// The largest number of steps that the delays of one [`ThresholdTable`] may span.
const MAX_STEPS: f64 = 65_536.0;

/// Quantiles of a distribution in counts: 1024 cells of equal probability, the first and the last of which are cut into
/// 1024 again; linear within a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantileTable<F> {
    /// Values at the 1025 edges of the cells, then at those of the parts of the first cell, then of the last, in
    /// counts.
    pub edges: Vec<F>,
}

impl<F: Fixed> QuantileTable<F> {
    /// The table of `distribution` in counts of `unit`.
    pub fn new(distribution: &Truncated, unit: f64) -> QuantileTable<F> {
        let cells = CELLS as f64;
        let at = |u: f64| F::quantise(distribution.quantile(u), unit);
        let level = |from: f64, width: f64| (0..=CELLS).map(move |i| from + width * i as f64 / cells);
        let us = level(0.0, 1.0).chain(level(0.0, 1.0 / cells)).chain(level(1.0 - 1.0 / cells, 1.0 / cells));
        QuantileTable { edges: us.map(at).collect() }
    }

    /// The value that random word `word` draws, in counts.
    #[inline(always)]
    pub fn at(&self, word: u32) -> F {
        let cell = (word >> (32 - CELL_BITS)) as usize;
        let (from, rest) = match cell {
            0 => (CELLS + 1, word << CELL_BITS),
            c if c == CELLS - 1 => (2 * (CELLS + 1), word << CELL_BITS),
            _ => (0, word),
        };
        let index = from + (rest >> (32 - CELL_BITS)) as usize;
        let fraction = rest << CELL_BITS >> CELL_BITS;
        self.edges[index].between(self.edges[index + 1], fraction, FRACTION_BITS)
    }

    /// The values at the two ends of the distribution, in counts.
    pub fn ends(&self) -> (F, F) {
        (self.edges[CELLS + 1], self.edges[self.edges.len() - 1])
    }
}

/// A distribution of successive whole numbers by its cumulative probabilities: delays in steps, or indices of discrete
/// weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThresholdTable {
    /// The least number.
    pub first: u32,
    /// Rising: a word at or above `n` of them draws the number `first + n`.
    pub thresholds: Vec<u32>,
    /// Per leading byte, how many thresholds are at or below the least word that begins with it.
    guide: Vec<u32>,
}

impl ThresholdTable {
    /// The table of delays whose `distribution` is in ms, on a grid of `dt` ms, rounded to the nearest step, 1 at
    /// least.
    ///
    /// # Errors
    /// A sentence, where the distribution spans too many steps.
    pub fn delays(distribution: &Truncated, dt: f64) -> Result<ThresholdTable, String> {
        let (low, high) = distribution.ends();
        let steps = |ms: f64| Grid::new(dt).nearest(ms).unwrap_or(0).max(1) as f64;
        let (first, last) = (steps(low), steps(high));
        if last - first > MAX_STEPS || last > f64::from(1u32 << 30) {
            return Err(too_many((low, high), dt));
        }
        let (first, last) = (first as u32, last as u32);
        let words = 4_294_967_296.0;
        let threshold = |step: u32| (distribution.below((f64::from(step) + 0.5) * dt) * words).round();
        let mut thresholds: Vec<u32> = (first..last).map(threshold).filter(|&t| t < words).map(|t| t as u32).collect();
        // Steps that no word reaches are left out at the low end.
        let unreached = thresholds.iter().take_while(|&&t| t == 0).count();
        thresholds.drain(..unreached);
        Ok(ThresholdTable::of(first + unreached as u32, thresholds))
    }

    /// The table of delays whose discrete `distribution` is in ms, on a grid of `dt` ms, each rounded to the nearest
    /// step.
    ///
    /// # Errors
    /// A sentence, where the distribution spans too many steps.
    pub fn discrete_delays(distribution: &Discrete, dt: f64) -> Result<ThresholdTable, String> {
        let grid = Grid::new(dt);
        let steps: Vec<u64> = distribution.values.iter().map(|&ms| grid.nearest(ms).unwrap_or(0)).collect();
        let (first, last) = (steps.first().copied().unwrap_or(1), steps.last().copied().unwrap_or(1));
        if last - first > MAX_STEPS as u64 || last > 1 << 30 {
            return Err(too_many(distribution.ends(), dt));
        }
        let between = steps.windows(2).map(|pair| (pair[1] - pair[0]) as usize);
        let thresholds = distribution.thresholds.iter().zip(between);
        let thresholds = thresholds.flat_map(|(&t, steps)| std::iter::repeat_n(t, steps)).collect();
        Ok(ThresholdTable::of(first as u32, thresholds))
    }

    /// The table of the numbers from `first` on, one more for each of the rising `thresholds` that a word reaches.
    pub(crate) fn of(first: u32, thresholds: Vec<u32>) -> ThresholdTable {
        let below = |word: u32| thresholds.partition_point(|&t| t <= word) as u32;
        let guide = (0..256u32).map(|byte| below(byte << 24)).collect();
        ThresholdTable { first, thresholds, guide }
    }

    /// The number of words that the table takes.
    pub(crate) fn words(&self) -> u64 {
        (self.thresholds.len() + self.guide.len()) as u64
    }

    /// The number that random word `word` draws.
    #[inline(always)]
    pub fn at(&self, word: u32) -> u32 {
        let mut n = self.guide[(word >> 24) as usize];
        while self.thresholds.get(n as usize).is_some_and(|&t| t <= word) {
            n += 1;
        }
        self.first + n
    }

    /// The largest number.
    pub fn last(&self) -> u32 {
        self.first + self.thresholds.len() as u32
    }
}

/// What to say of delays that span too many steps.
fn too_many((low, high): (f64, f64), dt: f64) -> String {
    format!("delays from {low} to {high} ms span too many steps of {dt} ms; narrow the distribution")
}

/// The number of failures between successes of Bernoulli trials (geometric distribution), by table. A longer gap than
/// the table has entries is as many as it has, and another draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GapTable {
    /// `thresholds[k]` = 2³² · P(gap ≤ k).
    pub thresholds: Vec<u32>,
    /// Per value of the leading bits, how many thresholds are at or below the least word that begins with them.
    guide: Vec<u32>,
}

impl GapTable {
    /// The largest number of entries of a table.
    const MOST: usize = 4096;
    /// Number of leading bits of a word by which the guide is looked up.
    const GUIDE_BITS: u32 = 10;

    /// The table for successes of probability `p` in (0, 1).
    pub fn new(p: f64) -> GapTable {
        let words = 4_294_967_296.0;
        let reached = |k: usize| -(((k + 1) as f64) * (-p).ln_1p()).exp_m1();
        let thresholds =
            (0..Self::MOST).map(|k| (reached(k) * words).round()).take_while(|&t| t < words).map(|t| t as u32);
        let thresholds: Vec<u32> = thresholds.collect();
        let below = |word: u32| thresholds.partition_point(|&t| t <= word) as u32;
        let guide = (0..1u32 << Self::GUIDE_BITS).map(|bits| below(bits << (32 - Self::GUIDE_BITS))).collect();
        GapTable { thresholds, guide }
    }

    /// The number of words that the table takes.
    pub(crate) fn words(&self) -> u64 {
        (self.thresholds.len() + self.guide.len()) as u64
    }

    /// The gap that random word `word` draws; [`GapTable::beyond`] stands for that many failures and another draw.
    #[inline(always)]
    pub fn at(&self, word: u32) -> u32 {
        let mut gap = self.guide[(word >> (32 - Self::GUIDE_BITS)) as usize];
        while self.thresholds.get(gap as usize).is_some_and(|&t| t <= word) {
            gap += 1;
        }
        gap
    }

    /// The number of entries of the table.
    #[inline(always)]
    pub fn beyond(&self) -> u32 {
        self.thresholds.len() as u32
    }
}
