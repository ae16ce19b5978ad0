//! Where something was added to a ring since it was cleared, so that zeros need not be read.

use crate::tile::MAX_EPOCH;

/// Neurons that share one word of dirty bits.
pub const DIRTY_NEURONS: usize = 32;
/// Channels that have a bit of their own in each step, so that a word holds the bits of an epoch; channels beyond share
/// them.
pub const DIRTY_CHANNELS: usize = 64 / MAX_EPOCH as usize;

/// Where something was added to the ring of a group of neurons.
#[derive(Debug, Clone, Copy, Default)]
pub struct Dirty<'a> {
    /// For each [`DIRTY_NEURONS`] neurons of the group a word with the [`dirty_bit`] of each step and channel; empty
    /// where it is not known what was added.
    pub words: &'a [u64],
    /// How many neurons of the group come before those that are asked for, and how many slots of the ring before the
    /// first step.
    pub before: (usize, u32),
}

impl Dirty<'_> {
    /// The word of neuron `n` and those that share it, with the bits of the first step lowest; all ones where it is not
    /// known.
    #[inline(always)]
    pub fn at(self, n: usize) -> u64 {
        let word = self.words.get((self.before.0 + n) / DIRTY_NEURONS);
        word.map_or(u64::MAX, |word| word >> dirty_bit(self.before.1 as usize, 0))
    }

    /// Whether it is known that nothing was added for the first `count` neurons in the first `steps` steps, of which
    /// there is at least one.
    pub fn none(self, count: usize, steps: u32) -> bool {
        let all = u64::MAX >> (63 - dirty_bit(steps as usize - 1, DIRTY_CHANNELS - 1));
        let first = self.before.0 % DIRTY_NEURONS;
        (0..(first + count).div_ceil(DIRTY_NEURONS))
            .all(|word| self.at((word * DIRTY_NEURONS).saturating_sub(first)) & all == 0)
    }
}

/// The place of the bit of `step` and `channel` in a word; it is set if something may have been added on any of the
/// channels that share it.
#[inline(always)]
pub fn dirty_bit(step: usize, channel: usize) -> u32 {
    (step * DIRTY_CHANNELS + channel % DIRTY_CHANNELS) as u32
}
