//! Random permutations of 0..n, and division by one number, many numbers at a time: which of a target's inputs a
//! synapse of a rule with fixed in-degree is.

/// Number of synapses that are drawn together, and of lanes in which the same arithmetic is done.
pub const DRAW_BATCH: usize = 16;

/// Number of positions that are permuted together.
pub const PERMUTED: usize = 256;

/// A random permutation of 0..size: an unbalanced Feistel network on the next power of two (Luby & Rackoff 1988), which
/// is applied again until its output is below `size` (cycle walking).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permutation {
    /// How many numbers are permuted.
    pub size: u32,
    /// Number of bits of the low half.
    pub low_bits: u32,
    /// Number of bits of the high half.
    pub high_bits: u32,
    /// One key per round.
    pub keys: [u32; ROUNDS],
}

/// Number of rounds of a [`Permutation`].
pub const ROUNDS: usize = 8;

impl Permutation {
    /// The permutation of 0..`size` that belongs to `keys`.
    pub fn new(size: u32, keys: [u32; ROUNDS]) -> Permutation {
        let bits = (32 - size.saturating_sub(1).leading_zeros()).max(2);
        Permutation { size, low_bits: bits / 2, high_bits: bits - bits / 2, keys }
    }

    /// Writes the images of the numbers `first..first + count`, all below `size` and [`PERMUTED`] at most, to the start
    /// of `to`; what lies behind them is of no meaning.
    #[inline(always)]
    pub fn fill(&self, first: u32, count: usize, to: &mut [u32; PERMUTED]) {
        let count = count.min(PERMUTED);
        for (group, lanes) in to.as_chunks_mut::<DRAW_BATCH>().0.iter_mut().enumerate().take(count.div_ceil(DRAW_BATCH))
        {
            for (lane, number) in lanes.iter_mut().enumerate() {
                *number = first.wrapping_add((group * DRAW_BATCH + lane) as u32);
            }
            self.apply(lanes);
        }
        let mut outside = [0u8; PERMUTED];
        let mut left = 0;
        for (at, &number) in to.iter().enumerate().take(count) {
            outside[left] = at as u8;
            left += usize::from(number >= self.size);
        }
        while left > 0 {
            left = self.apply_again(to, &mut outside, left);
        }
    }

    /// Applies the network once more to the numbers at the first `left` places of `outside`, which are not below
    /// `size`. Returns how many still are not; their places come first in `outside`.
    #[inline(always)]
    fn apply_again(&self, to: &mut [u32; PERMUTED], outside: &mut [u8; PERMUTED], left: usize) -> usize {
        let mut still = 0;
        for group in (0..left).step_by(DRAW_BATCH) {
            let mut lanes = [0u32; DRAW_BATCH];
            for lane in 0..DRAW_BATCH {
                lanes[lane] = to[usize::from(outside[(group + lane) % PERMUTED])];
            }
            self.apply(&mut lanes);
            for lane in 0..DRAW_BATCH.min(left - group) {
                let at = outside[(group + lane) % PERMUTED];
                to[usize::from(at)] = lanes[lane];
                outside[still % PERMUTED] = at;
                still += usize::from(lanes[lane] >= self.size);
            }
        }
        still
    }

    /// Applies the network once to each of `numbers`; the result may not be below `size`.
    #[inline(always)]
    fn apply(&self, numbers: &mut [u32; DRAW_BATCH]) {
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

/// A hash of a word: multiplications and shifts with constants of xxHash32 (Collet), so that every output bit depends
/// on every input bit.
#[inline(always)]
fn scramble(x: u32) -> u32 {
    let mut h = x.wrapping_mul(0x9E37_79B1);
    h ^= h >> 15;
    h = h.wrapping_mul(0x85EB_CA77);
    h ^ h >> 13
}

/// Unsigned division of words by one number, by a multiplication and shifts (Granlund & Montgomery 1994, figure 4.1).
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

    /// Replaces the first `count` of `numbers`, and those behind them in the same batch of [`DRAW_BATCH`], by their
    /// quotients.
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
