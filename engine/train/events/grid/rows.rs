//! The synapses of a source in a plan.

use std::ops::Range;

use crate::number::Fixed;
use crate::plan::{Encoding, Plan, Shard, Words};
use crate::simd::prefetch;

/// Numbers of a line of cache.
pub(in crate::train::events) const LINE: usize = 16;

/// The rows of a shard.
#[derive(Debug, Clone, Copy)]
pub(in crate::train::events) struct Rows<'a, F> {
    pub shard: &'a Shard<F>,
    encoding: Encoding,
    blocks: usize,
    block: u32,
    min_delay: u32,
    neurons: u32,
    first: u32,
    /// Synapses of the shards before.
    pub before: usize,
}

/// A synapse of a row.
#[derive(Debug, Clone, Copy)]
pub(in crate::train::events) struct Synapse<F> {
    pub target: u32,
    pub channel: usize,
    pub delay: u32,
    /// Counts.
    pub weight: F,
}

impl<'a, F: Fixed> Rows<'a, F> {
    /// Of all shards, in order.
    pub fn all(plan: &'a Plan<F>) -> Vec<Rows<'a, F>> {
        let mut before = 0;
        let rows = plan.shards.iter().map(|shard| {
            let own = Rows {
                shard,
                encoding: plan.encoding,
                blocks: plan.blocks as usize,
                block: plan.block,
                min_delay: plan.min_delay,
                neurons: shard.neurons(),
                first: shard.ids.start,
                before,
            };
            before += shard.rows.len();
            own
        });
        rows.collect()
    }

    /// Where the row of a source lies, in one piece.
    pub fn range(&self, source: u32) -> Range<usize> {
        let offsets = &self.shard.rows.topology.offsets;
        let at = |source: usize| offsets.get(source * self.blocks).copied().unwrap_or_default() as usize;
        at(source as usize)..at(source as usize + 1)
    }

    /// The delay blocks of the row of a source: the first delay of each, and where its synapses lie.
    pub fn blocks(&self, source: u32) -> impl Iterator<Item = (u32, Range<usize>)> + use<'_, 'a, F> {
        let first = source as usize * self.blocks;
        let starts = self.shard.rows.topology.offsets.get(first..=first + self.blocks).unwrap_or_default();
        let delays = (self.min_delay..).step_by(self.block as usize);
        delays.zip(starts.windows(2).map(|ends| ends[0] as usize..ends[1] as usize))
    }

    /// Synapse `at` of a delay block whose first delay is `delay`. The rows are wide: no source layout, weights apart.
    #[inline(always)]
    pub fn synapse(&self, delay: u32, at: usize) -> Synapse<F> {
        let word = self.shard.rows.topology.words.get(at);
        let accumulator = self.encoding.accumulator(word);
        let inhibits = accumulator >= self.neurons;
        let target = self.first + if inhibits { accumulator - self.neurons } else { accumulator };
        let delay = delay + self.encoding.within(word);
        Synapse { target, channel: usize::from(inhibits), delay, weight: self.shard.rows.weights[at] }
    }

    /// The target of the synapse that comes `by` after synapse `at`, which may lie in the row that is gone over next.
    #[inline(always)]
    pub fn target_ahead(&self, at: usize, by: usize, row: &Range<usize>, next: &Range<usize>) -> Option<u32> {
        let ahead = at + by;
        if ahead < row.end {
            return Some(self.target(ahead));
        }
        let ahead = next.start + (ahead - row.end);
        (ahead < next.end).then(|| self.target(ahead))
    }

    /// The target of synapse `at`.
    #[inline(always)]
    pub fn target(&self, at: usize) -> u32 {
        self.reached(self.encoding.accumulator(self.shard.rows.topology.words.get(at))).0
    }

    /// Asks for the row of a source ahead of its use: it lies anywhere.
    pub fn prefetch(&self, source: u32) {
        for at in self.range(source).step_by(LINE) {
            match &self.shard.rows.topology.words {
                Words::Two(words) => prefetch(words, at),
                Words::Four(words) => prefetch(words, at),
            }
            prefetch(&self.shard.rows.weights, at);
        }
    }

    /// The target and the channel of an accumulator.
    #[inline(always)]
    pub fn reached(&self, accumulator: u32) -> (u32, usize) {
        let inhibits = accumulator >= self.neurons;
        (self.first + if inhibits { accumulator - self.neurons } else { accumulator }, usize::from(inhibits))
    }
}
