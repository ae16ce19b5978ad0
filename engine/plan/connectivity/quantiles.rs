//! Distributions as tables of integers: a 32-bit random word becomes a weight in counts or a delay in steps by look-ups
//! and integer arithmetic only, so that every player draws the same on every machine.

use crate::error::Result;
use crate::number::Fixed;
use crate::plan::connectivity::distribution::{Discrete, Truncated};
use crate::time::Grid;

/// Synapses drawn together.
pub const DRAW_BATCH: usize = 16;

/// Positions permuted together.
pub const PERMUTED: usize = 256;

/// Cells of a level of a [`QuantileTable`]: 2¹⁰.
pub const CELL_BITS: u32 = 10;
const CELLS: usize = 1 << CELL_BITS;
/// Bits of the position within a cell.
pub const FRACTION_BITS: u32 = 32 - CELL_BITS;
/// Delays a [`StepTable`] may tell apart.
const MAX_STEPS: f64 = 65_536.0;

/// Quantiles of a distribution in counts: 1024 cells of equal probability, the first and the last of them cut into 1024
/// again; linear within a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantileTable<F> {
    /// Values at the 1025 edges of the cells, then of the parts of the first cell, then of the last.
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

    /// The value that belongs to a random word.
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

    /// Least and largest value.
    pub fn ends(&self) -> (F, F) {
        (self.edges[CELLS + 1], self.edges[self.edges.len() - 1])
    }
}

/// Delays in steps by their cumulative distribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepTable {
    /// The least delay, steps.
    pub first: u32,
    /// Rising: a word at or above `n` of them is a delay of `first + n` steps.
    pub thresholds: Vec<u32>,
    /// Per leading byte of a word, the thresholds at or below it.
    guide: Vec<u32>,
}

impl StepTable {
    /// The table of delays `distribution` ms on a grid of `dt` ms, rounded to the nearest step.
    ///
    /// # Errors
    /// A distribution that spans too many steps, in words.
    pub fn new(distribution: &Truncated, dt: f64) -> Result<StepTable, String> {
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
        Ok(StepTable::of(first + unreached as u32, thresholds))
    }

    /// The table of delays `distribution` ms on a grid of `dt` ms, each rounded to the nearest step.
    ///
    /// # Errors
    /// A distribution that spans too many steps, in words.
    pub fn discrete(distribution: &Discrete, dt: f64) -> Result<StepTable, String> {
        let grid = Grid::new(dt);
        let steps: Vec<u64> = distribution.values.iter().map(|&ms| grid.nearest(ms).unwrap_or(0)).collect();
        let (first, last) = (steps.first().copied().unwrap_or(1), steps.last().copied().unwrap_or(1));
        if last - first > MAX_STEPS as u64 || last > 1 << 30 {
            return Err(too_many(distribution.ends(), dt));
        }
        let between = steps.windows(2).map(|pair| (pair[1] - pair[0]) as usize);
        let thresholds = distribution.thresholds.iter().zip(between);
        let thresholds = thresholds.flat_map(|(&t, steps)| std::iter::repeat_n(t, steps)).collect();
        Ok(StepTable::of(first as u32, thresholds))
    }

    /// `first` and one more for each of rising `thresholds` that a word reaches.
    pub(crate) fn of(first: u32, thresholds: Vec<u32>) -> StepTable {
        let below = |word: u32| thresholds.partition_point(|&t| t <= word) as u32;
        let guide = (0..256u32).map(|byte| below(byte << 24)).collect();
        StepTable { first, thresholds, guide }
    }

    /// Words of the table.
    pub(crate) fn words(&self) -> u64 {
        (self.thresholds.len() + self.guide.len()) as u64
    }

    /// The delay that belongs to a random word, steps.
    #[inline(always)]
    pub fn at(&self, word: u32) -> u32 {
        let mut n = self.guide[(word >> 24) as usize];
        while self.thresholds.get(n as usize).is_some_and(|&t| t <= word) {
            n += 1;
        }
        self.first + n
    }

    /// The longest delay, steps.
    pub fn last(&self) -> u32 {
        self.first + self.thresholds.len() as u32
    }
}

fn too_many((low, high): (f64, f64), dt: f64) -> String {
    format!("delays from {low} to {high} ms span too many steps of {dt} ms; narrow the distribution")
}

/// Gaps between successes of a Bernoulli trial (geometric), by table; a gap beyond the table is the table's length and
/// another draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GapTable {
    /// `thresholds[k]` = 2³² · P(gap ≤ k).
    pub thresholds: Vec<u32>,
    /// Per leading bits of a word, the thresholds at or below it.
    guide: Vec<u32>,
}

impl GapTable {
    /// Entries of a table at most.
    const MOST: usize = 4096;
    /// Leading bits of a word that the guide is for.
    const GUIDE_BITS: u32 = 10;

    /// The table of probability `p` in (0, 1).
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

    /// Words of the table.
    pub(crate) fn words(&self) -> u64 {
        (self.thresholds.len() + self.guide.len()) as u64
    }

    /// The gap of a random word; [`GapTable::beyond`] stands for that many and another draw.
    #[inline(always)]
    pub fn at(&self, word: u32) -> u32 {
        let mut gap = self.guide[(word >> (32 - Self::GUIDE_BITS)) as usize];
        while self.thresholds.get(gap as usize).is_some_and(|&t| t <= word) {
            gap += 1;
        }
        gap
    }

    /// The table's length.
    #[inline(always)]
    pub fn beyond(&self) -> u32 {
        self.thresholds.len() as u32
    }
}

/// A random permutation of 0..size: an unbalanced Feistel network on the next power of two (Luby & Rackoff 1988), walked
/// until it lands inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permutation {
    /// Numbers that are permuted.
    pub size: u32,
    /// Bits of the low half.
    pub low_bits: u32,
    /// Bits of the high half.
    pub high_bits: u32,
    /// A key for each round.
    pub keys: [u32; ROUNDS],
}

/// Rounds of a [`Permutation`].
pub const ROUNDS: usize = 8;

impl Permutation {
    /// The permutation that belongs to these keys.
    pub fn new(size: u32, keys: [u32; ROUNDS]) -> Permutation {
        let bits = (32 - size.saturating_sub(1).leading_zeros()).max(2);
        Permutation { size, low_bits: bits / 2, high_bits: bits - bits / 2, keys }
    }

    /// Where the numbers `first..first + count` (of those below `size`) go, at the start of `to`.
    #[inline(always)]
    pub fn fill(&self, first: u32, count: usize, to: &mut [u32; PERMUTED]) {
        let count = count.min(PERMUTED);
        for (group, lanes) in to.as_chunks_mut::<DRAW_BATCH>().0.iter_mut().enumerate().take(count.div_ceil(DRAW_BATCH))
        {
            for (lane, number) in lanes.iter_mut().enumerate() {
                *number = first.wrapping_add((group * DRAW_BATCH + lane) as u32);
            }
            self.walk(lanes);
        }
        let mut outside = [0u8; PERMUTED];
        let mut left = 0;
        for (at, &number) in to.iter().enumerate().take(count) {
            outside[left] = at as u8;
            left += usize::from(number >= self.size);
        }
        while left > 0 {
            left = self.walk_on(to, &mut outside, left);
        }
    }

    /// One step more for the `left` places that are still `outside`; how many stay so.
    #[inline(always)]
    fn walk_on(&self, to: &mut [u32; PERMUTED], outside: &mut [u8; PERMUTED], left: usize) -> usize {
        let mut still = 0;
        for group in (0..left).step_by(DRAW_BATCH) {
            let mut lanes = [0u32; DRAW_BATCH];
            for lane in 0..DRAW_BATCH {
                lanes[lane] = to[usize::from(outside[(group + lane) % PERMUTED])];
            }
            self.walk(&mut lanes);
            for lane in 0..DRAW_BATCH.min(left - group) {
                let at = outside[(group + lane) % PERMUTED];
                to[usize::from(at)] = lanes[lane];
                outside[still % PERMUTED] = at;
                still += usize::from(lanes[lane] >= self.size);
            }
        }
        still
    }

    /// One walk of each number; may land outside.
    #[inline(always)]
    fn walk(&self, numbers: &mut [u32; DRAW_BATCH]) {
        let (low_mask, high_mask) = ((1u32 << self.low_bits) - 1, (1u32 << self.high_bits) - 1);
        let (mut low, mut high) = ([0u32; DRAW_BATCH], [0u32; DRAW_BATCH]);
        for lane in 0..DRAW_BATCH {
            low[lane] = numbers[lane] & low_mask;
            high[lane] = numbers[lane] >> self.low_bits;
        }
        for round in (0..ROUNDS).step_by(2) {
            for lane in 0..DRAW_BATCH {
                low[lane] ^= scramble(high[lane].wrapping_add(self.keys[round])) & low_mask;
            }
            for lane in 0..DRAW_BATCH {
                high[lane] ^= scramble(low[lane].wrapping_add(self.keys[round + 1])) & high_mask;
            }
        }
        for lane in 0..DRAW_BATCH {
            numbers[lane] = high[lane] << self.low_bits | low[lane];
        }
    }
}

/// Scrambles a word: multiplications and shifts with the constants of xxHash32 (Collet), whose every output bit depends
/// on every input bit.
#[inline(always)]
fn scramble(x: u32) -> u32 {
    let mut h = x.wrapping_mul(0x9E37_79B1);
    h ^= h >> 15;
    h = h.wrapping_mul(0x85EB_CA77);
    h ^ h >> 13
}

/// Division by one number, by a multiplication (Granlund & Montgomery 1994, figure 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Divisor {
    multiplier: u32,
    shifts: [u32; 2],
}

impl Divisor {
    /// Division by `n` (> 0).
    #[inline(always)]
    pub fn new(n: u32) -> Divisor {
        let bits = 32 - n.saturating_sub(1).leading_zeros();
        let n = u64::from(n.max(1));
        let multiplier = (((1u64 << bits) - n) << 32) / n + 1;
        Divisor { multiplier: multiplier as u32, shifts: [bits.min(1), bits.saturating_sub(1)] }
    }

    /// Divides the first `count` numbers.
    #[inline(always)]
    pub fn divide(&self, count: usize, numbers: &mut [u32; PERMUTED]) {
        for lanes in numbers.as_chunks_mut::<DRAW_BATCH>().0.iter_mut().take(count.div_ceil(DRAW_BATCH)) {
            for number in lanes {
                let high = ((u64::from(*number) * u64::from(self.multiplier)) >> 32) as u32;
                *number = (high + ((*number - high) >> self.shifts[0])) >> self.shifts[1];
            }
        }
    }
}
