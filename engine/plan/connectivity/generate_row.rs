//! Generating rows, [`DRAW_BATCH`] synapses at a time: each lane does the same arithmetic, and what differs between
//! rules is decided once for all lanes. The compiler cannot be made to inline closures into the copies of this code for
//! wide vectors (see [`crate::simd`]), so loops are written out, and the receiver of synapses is a trait.

use std::ops::Range;

use crate::number::Fixed;
pub use crate::plan::connectivity::permutation::DRAW_BATCH;
use crate::plan::connectivity::permutation::{Divisor, PERMUTED};
use crate::plan::connectivity::projection::{Delays, ProceduralProjection, RowPattern, TargetRange};
use crate::plan::connectivity::quantiles::GapTable;
use crate::plan::connectivity::weights::Weights;
use crate::random::{philox, philox_lanes};

/// Synapses of one source that were drawn together.
#[derive(Debug)]
pub struct SynapseBatch<F> {
    /// Number of synapses; what the arrays hold behind them is of no meaning.
    pub count: usize,
    /// Global ids of the targets.
    pub targets: [u32; DRAW_BATCH],
    /// Input channels of the targets.
    pub channels: [u32; DRAW_BATCH],
    /// Delays, steps.
    pub delays: [u32; DRAW_BATCH],
    /// Weights, counts; of no meaning where they are not asked for.
    pub weights: [F; DRAW_BATCH],
}

/// A receiver of the synapses of rows; [`SynapseSink::push_batch`] must be `#[inline(always)]`.
pub trait SynapseSink<F> {
    /// Whether weights and channels are asked for.
    const WEIGHTS: bool = true;
    /// Receives the next synapses of a row.
    fn push_batch(&mut self, synapses: &SynapseBatch<F>);
}

/// The synapses of one source as lists, in the order in which they are drawn.
#[derive(Debug)]
pub struct Row<F> {
    /// Global ids of the targets.
    pub targets: Vec<u32>,
    /// Input channels of the targets.
    pub channels: Vec<u32>,
    /// Delays, steps.
    pub delays: Vec<u32>,
    /// Weights, counts.
    pub weights: Vec<F>,
}

impl<F> Default for Row<F> {
    fn default() -> Row<F> {
        Row { targets: vec![], channels: vec![], delays: vec![], weights: vec![] }
    }
}

impl<F> Row<F> {
    /// Empties the lists.
    pub fn clear(&mut self) {
        self.targets.clear();
        self.channels.clear();
        self.delays.clear();
        self.weights.clear();
    }
}

impl<F: Fixed> SynapseSink<F> for Row<F> {
    #[inline(always)]
    fn push_batch(&mut self, synapses: &SynapseBatch<F>) {
        self.targets.extend_from_slice(&synapses.targets[..synapses.count]);
        self.channels.extend_from_slice(&synapses.channels[..synapses.count]);
        self.delays.extend_from_slice(&synapses.delays[..synapses.count]);
        self.weights.extend_from_slice(&synapses.weights[..synapses.count]);
    }
}

/// What a batch of synapses is made from, lane by lane.
struct Seeds {
    /// Indices of the targets in the projection.
    indices: [u32; DRAW_BATCH],
    /// Numbers of the synapses in the row, or of the pairs in the list.
    numbers: [u32; DRAW_BATCH],
    /// Random words: for the target, the weight, the delay, and further bits for the target.
    words: [[u32; DRAW_BATCH]; 4],
}

impl<F: Fixed> ProceduralProjection<F> {
    /// Draws the row of source `s` of this projection, whose global id is `id`, into `sink`. Of rows in the order of
    /// targets only synapses onto targets with an index `within` need be drawn; of others all are.
    #[inline(always)]
    pub fn draw<S: SynapseSink<F>>(&self, s: u32, id: u32, within: &Range<u32>, sink: &mut S) {
        if let RowPattern::Gaps(gaps, targets) = &self.rows {
            return self.draw_gaps(s, id, gaps, (*targets).min(within.end), sink);
        }
        let numbers = self.numbers(s, within);
        let (random, same) = (self.needs_words(), self.common_weight());
        let mut permuted = [0u32; PERMUTED];
        let mut number = numbers.start;
        while number < numbers.end {
            let chunk = (numbers.end - number).min(PERMUTED as u32);
            if let RowPattern::Inputs { starts, degree, permutation } = &self.rows {
                permutation.fill(starts[s as usize] + number, chunk as usize, &mut permuted);
                Divisor::new(*degree).divide(chunk as usize, &mut permuted);
            }
            for first in (0..chunk as usize).step_by(DRAW_BATCH) {
                let seeds = self.seeds(s, number + first as u32, numbers.end, random, &permuted, first);
                self.finish(id, DRAW_BATCH.min(chunk as usize - first), same, &seeds, sink);
            }
            number += chunk;
        }
    }

    /// The range of the numbers of the synapses of source `s` that are to be drawn.
    #[inline(always)]
    fn numbers(&self, s: u32, within: &Range<u32>) -> Range<u32> {
        match &self.rows {
            RowPattern::OneToOne => s..s + u32::from(within.contains(&s)),
            RowPattern::All(n) => within.start..within.end.min(*n),
            RowPattern::Explicit(pairs) => pairs.starts[s as usize]..pairs.starts[s as usize + 1],
            _ => 0..self.degree(s),
        }
    }

    /// The seeds of [`DRAW_BATCH`] synapses of source `s` from `number` on; those from `end` on are of no meaning.
    /// `random` says whether words are needed; inputs are taken from place `at` of `permuted` on.
    #[inline(always)]
    fn seeds(&self, s: u32, number: u32, end: u32, random: bool, permuted: &[u32; PERMUTED], at: usize) -> Seeds {
        let mut seeds = Seeds { indices: [0; DRAW_BATCH], numbers: [0; DRAW_BATCH], words: [[0; DRAW_BATCH]; 4] };
        for i in 0..DRAW_BATCH {
            seeds.numbers[i] = number.wrapping_add(i as u32);
        }
        let mut counter = [seeds.numbers, [s; DRAW_BATCH], [0; DRAW_BATCH], [self.stream; DRAW_BATCH]];
        match &self.rows {
            RowPattern::OneToOne => counter[0] = [0; DRAW_BATCH],
            RowPattern::Explicit(pairs) => {
                for i in 0..DRAW_BATCH {
                    let place = seeds.numbers[i].min(end - 1) as usize;
                    seeds.numbers[i] = pairs.order.as_ref().map_or(place as u32, |order| order[place]);
                }
                counter = [seeds.numbers, [0; DRAW_BATCH], [1; DRAW_BATCH], [self.stream; DRAW_BATCH]];
            }
            _ => {}
        }
        if random {
            seeds.words = philox_lanes(counter, self.key);
        }
        match &self.rows {
            RowPattern::OneToOne | RowPattern::All(_) | RowPattern::Gaps(..) => seeds.indices = seeds.numbers,
            RowPattern::Each { targets, .. } | RowPattern::Lengths { targets, .. } => {
                for i in 0..DRAW_BATCH {
                    seeds.indices[i] = below([seeds.words[0][i], seeds.words[3][i]], *targets);
                }
            }
            RowPattern::Inputs { .. } => {
                if let Some(permuted) = permuted.get(at..).and_then(<[u32]>::first_chunk::<DRAW_BATCH>) {
                    seeds.indices = *permuted;
                }
            }
            RowPattern::Explicit(pairs) => {
                for i in 0..DRAW_BATCH {
                    seeds.indices[i] = pairs.targets[seeds.numbers[i] as usize];
                }
            }
        }
        seeds
    }

    /// Draws a row of which each of the first `targets` targets is taken with a probability. A gap beyond the table is
    /// continued by the next block of random words of the same synapse.
    #[inline(always)]
    fn draw_gaps<S: SynapseSink<F>>(&self, s: u32, id: u32, gaps: &GapTable, targets: u32, sink: &mut S) {
        let (mut next, targets, same) = (0u64, u64::from(targets), self.common_weight());
        let mut number = 0u32;
        while next < targets {
            let mut seeds = Seeds { indices: [0; DRAW_BATCH], numbers: [0; DRAW_BATCH], words: [[0; DRAW_BATCH]; 4] };
            for i in 0..DRAW_BATCH {
                seeds.numbers[i] = number.wrapping_add(i as u32);
            }
            let zero = [0; DRAW_BATCH];
            seeds.words = philox_lanes([seeds.numbers, [s; DRAW_BATCH], zero, [self.stream; DRAW_BATCH]], self.key);
            let mut count = 0;
            while count < DRAW_BATCH {
                let mut gap = gaps.at(seeds.words[0][count]);
                let mut attempt = 0;
                while gap == gaps.beyond() && next + u64::from(gap) < targets {
                    next += u64::from(gap);
                    attempt += 1;
                    let words = philox([seeds.numbers[count], s, attempt, self.stream], self.key);
                    (seeds.words[1][count], seeds.words[2][count]) = (words[1], words[2]);
                    gap = gaps.at(words[0]);
                }
                next += u64::from(gap);
                if next >= targets {
                    break;
                }
                seeds.indices[count] = next as u32;
                next += 1;
                count += 1;
            }
            self.finish(id, count, same, &seeds, sink);
            number = number.wrapping_add(DRAW_BATCH as u32);
        }
    }

    /// The weight and the channel of all synapses, where they are the same for all.
    #[inline(always)]
    fn common_weight(&self) -> Option<(F, u32)> {
        let mut same = None;
        for target_range in &self.target_ranges {
            let Weights::Same(weight, channel) = &target_range.weights else { return None };
            let own = (*weight, u32::from(*channel));
            if same.is_some_and(|other| other != own) {
                return None;
            }
            same = Some(own);
        }
        same
    }

    /// Makes the synapses of the first `count` lanes of `seeds`, and gives them to `sink`; `same` is the weight and the
    /// channel of all, where they are the same.
    #[inline(always)]
    fn finish<S: SynapseSink<F>>(&self, id: u32, count: usize, same: Option<(F, u32)>, seeds: &Seeds, sink: &mut S) {
        let (weight, channel) = same.unwrap_or_default();
        let mut batch = SynapseBatch {
            count,
            targets: [0; DRAW_BATCH],
            channels: [channel; DRAW_BATCH],
            delays: [0; DRAW_BATCH],
            weights: [weight; DRAW_BATCH],
        };
        match &self.delays {
            Delays::Same(steps) => batch.delays = [*steps; DRAW_BATCH],
            Delays::Table(table) => {
                for i in 0..DRAW_BATCH {
                    batch.delays[i] = table.at(seeds.words[2][i]);
                }
            }
            Delays::Each(steps) => {
                for i in 0..count {
                    batch.delays[i] = steps[seeds.numbers[i] as usize];
                }
            }
        }
        for target_range in &self.target_ranges {
            target_range.set_targets(seeds, &mut batch);
            if S::WEIGHTS && same.is_none() {
                target_range.set_weights(seeds, &mut batch);
            }
        }
        if !self.autapses {
            batch.remove_target(id);
        }
        sink.push_batch(&batch);
    }
}

impl<F: Fixed> TargetRange<F> {
    /// Whether lane `i` reaches one of these targets.
    #[inline(always)]
    fn reached(&self, seeds: &Seeds, i: usize) -> bool {
        seeds.indices[i].wrapping_sub(self.index) < self.part.count
    }

    /// Sets the targets of the lanes that reach this range.
    #[inline(always)]
    fn set_targets(&self, seeds: &Seeds, batch: &mut SynapseBatch<F>) {
        for i in 0..DRAW_BATCH {
            let target = seeds.indices[i].wrapping_sub(self.index).wrapping_add(self.part.first);
            batch.targets[i] = if self.reached(seeds, i) { target } else { batch.targets[i] };
        }
    }

    /// Sets the weights and channels of the lanes that reach this range.
    #[inline(always)]
    fn set_weights(&self, seeds: &Seeds, batch: &mut SynapseBatch<F>) {
        match &self.weights {
            Weights::Same(weight, channel) => {
                for i in 0..DRAW_BATCH {
                    batch.weights[i] = if self.reached(seeds, i) { *weight } else { batch.weights[i] };
                }
                for i in 0..DRAW_BATCH {
                    let channel = u32::from(*channel);
                    batch.channels[i] = if self.reached(seeds, i) { channel } else { batch.channels[i] };
                }
            }
            Weights::Each(each) => {
                for i in 0..batch.count {
                    if self.reached(seeds, i) {
                        let (weight, channel) = each.at(seeds.numbers[i]);
                        (batch.weights[i], batch.channels[i]) = (weight, u32::from(channel));
                    }
                }
            }
            table => {
                for i in 0..DRAW_BATCH {
                    if self.reached(seeds, i) {
                        let (weight, channel) = table.at(seeds.words[1][i]);
                        (batch.weights[i], batch.channels[i]) = (weight, u32::from(channel));
                    }
                }
            }
        }
    }
}

impl<F: Fixed> SynapseBatch<F> {
    /// Removes synapses onto neuron `id`.
    #[inline(always)]
    fn remove_target(&mut self, id: u32) {
        let mut found = false;
        for i in 0..DRAW_BATCH {
            found |= self.targets[i] == id;
        }
        if !found {
            return;
        }
        let mut kept = 0;
        for i in 0..self.count {
            self.targets[kept] = self.targets[i];
            self.channels[kept] = self.channels[i];
            self.delays[kept] = self.delays[i];
            self.weights[kept] = self.weights[i];
            kept += usize::from(self.targets[kept] != id);
        }
        self.count = kept;
    }
}

/// A number below `n` from 64 random bits; its bias is below n / 2⁶⁴.
#[inline(always)]
fn below([high, low]: [u32; 2], n: u32) -> u32 {
    let carry = (u64::from(low) * u64::from(n)) >> 32;
    ((u64::from(high) * u64::from(n) + carry) >> 32) as u32
}
