//! Where something was added to a ring since it was cleared, so that zeros need not be read.

use crate::tile::{MOST_CHANNELS, MOST_EPOCH};

/// Neurons of which it is known together whether something was added.
pub const TOUCH: usize = 32;
/// Where something was added to the ring of a group.
#[derive(Debug, Clone, Copy, Default)]
pub struct Touched<'a> {
    /// For each [`TOUCH`] neurons of the group a [`touch`] of each step and channel; empty where it is not known.
    pub words: &'a [u64],
    /// Neurons of the group before those that are asked for, and slots of the ring before the first that is.
    pub before: (usize, u32),
}

impl Touched<'_> {
    /// The touches of neuron `n` and those beside it.
    #[inline(always)]
    pub fn at(self, n: usize) -> u64 {
        let word = self.words.get((self.before.0 + n) / TOUCH);
        word.map_or(u64::MAX, |word| word >> touch(self.before.1 as usize, 0))
    }

    /// Whether it is known that nothing was added for the first `count` neurons in the first `steps` steps.
    pub fn none(self, count: usize, steps: u32) -> bool {
        let all = u64::MAX >> (63 - touch(steps as usize - 1, MOST_CHANNELS - 1));
        let first = self.before.0 % TOUCH;
        (0..(first + count).div_ceil(TOUCH)).all(|word| self.at((word * TOUCH).saturating_sub(first)) & all == 0)
    }
}

/// The bit of a step and channel.
#[inline(always)]
pub fn touch(step: usize, channel: usize) -> u32 {
    const { assert!(MOST_EPOCH as usize * MOST_CHANNELS <= 64, "one for each") };
    (step * MOST_CHANNELS + channel) as u32
}
