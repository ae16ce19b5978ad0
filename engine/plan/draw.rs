//! Rows drawn, [`LANES`] synapses at a time: each lane does the same arithmetic, and what differs between rules is decided
//! once for all lanes. Closures cannot be forced into the copies of this code for wide vectors (see [`crate::simd`]), so
//! that loops are written out, and who takes the synapses is a trait.

use std::ops::Range;

use crate::number::Fixed;
use crate::plan::table::{Divisor, GapTable};
use crate::plan::weight::Weights;
use crate::plan::wiring::{Delays, Landing, Rows, Wired};
use crate::random::{philox, philox_lanes};

/// Synapses drawn together.
pub const LANES: usize = 16;
/// Positions permuted together.
pub const CHUNK: usize = 256;

/// Synapses of one source that were drawn together.
#[derive(Debug)]
pub struct Lanes<F> {
    /// How many of them there are; what lies behind is of no meaning.
    pub count: usize,
    /// Global ids of the targets.
    pub targets: [u32; LANES],
    /// Input channels of the targets.
    pub channels: [u32; LANES],
    /// Delays, steps.
    pub delays: [u32; LANES],
    /// Weights, counts; zero where they are not asked for.
    pub weights: [F; LANES],
}

/// Who takes the synapses of a row; [`Take::take`] must be `#[inline(always)]`.
pub trait Take<F> {
    /// Whether weights and channels are asked for.
    const WEIGHTS: bool = true;
    /// Takes the next synapses of a row.
    fn take(&mut self, synapses: &Lanes<F>);
}

/// The synapses of one source, drawn.
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
    /// Forgets the synapses.
    pub fn clear(&mut self) {
        self.targets.clear();
        self.channels.clear();
        self.delays.clear();
        self.weights.clear();
    }
}

impl<F: Fixed> Take<F> for Row<F> {
    #[inline(always)]
    fn take(&mut self, synapses: &Lanes<F>) {
        self.targets.extend_from_slice(&synapses.targets[..synapses.count]);
        self.channels.extend_from_slice(&synapses.channels[..synapses.count]);
        self.delays.extend_from_slice(&synapses.delays[..synapses.count]);
        self.weights.extend_from_slice(&synapses.weights[..synapses.count]);
    }
}

/// What the lanes of a row start from.
struct Seeds {
    /// Indices of the targets in the projection.
    indices: [u32; LANES],
    /// Numbers of the synapses in the row, or of the pairs in the list.
    numbers: [u32; LANES],
    /// Random words: of the target, the weight, the delay, the target.
    words: [[u32; LANES]; 4],
}

impl<F: Fixed> Wired<F> {
    /// Gives `sink` the row of source `s` of this projection, whose global id is `id`; of rows in the order of the targets,
    /// those whose index in the projection lies `within` at least, else all.
    #[inline(always)]
    pub fn draw<S: Take<F>>(&self, s: u32, id: u32, within: &Range<u32>, sink: &mut S) {
        if let Rows::Gaps(gaps, targets) = &self.rows {
            return self.gaps(s, id, gaps, (*targets).min(within.end), sink);
        }
        let numbers = self.numbers(s, within);
        let (random, same) = (self.needs_words(), self.same());
        let mut permuted = [0u32; CHUNK];
        let mut number = numbers.start;
        while number < numbers.end {
            let chunk = (numbers.end - number).min(CHUNK as u32);
            if let Rows::Inputs { starts, degree, permutation } = &self.rows {
                permutation.fill(starts[s as usize] + number, chunk as usize, &mut permuted);
                Divisor::new(*degree).divide(chunk as usize, &mut permuted);
            }
            for first in (0..chunk as usize).step_by(LANES) {
                let seeds = self.seeds(s, number + first as u32, numbers.end, random, &permuted, first);
                self.finish(id, LANES.min(chunk as usize - first), same, &seeds, sink);
            }
            number += chunk;
        }
    }

    /// The numbers of the synapses to draw, from the first on.
    #[inline(always)]
    fn numbers(&self, s: u32, within: &Range<u32>) -> Range<u32> {
        match &self.rows {
            Rows::OneToOne => s..s + u32::from(within.contains(&s)),
            Rows::All(n) => within.start..within.end.min(*n),
            Rows::Pairs(pairs) => pairs.starts[s as usize]..pairs.starts[s as usize + 1],
            _ => 0..self.degree(s),
        }
    }

    /// What [`LANES`] synapses from `number` on start from; those from `end` on are of no meaning.
    #[inline(always)]
    fn seeds(&self, s: u32, number: u32, end: u32, random: bool, permuted: &[u32; CHUNK], at: usize) -> Seeds {
        let mut seeds = Seeds { indices: [0; LANES], numbers: [0; LANES], words: [[0; LANES]; 4] };
        for lane in 0..LANES {
            seeds.numbers[lane] = number.wrapping_add(lane as u32);
        }
        let mut counter = [seeds.numbers, [s; LANES], [0; LANES], [self.stream; LANES]];
        match &self.rows {
            Rows::OneToOne => counter[0] = [0; LANES],
            Rows::Pairs(pairs) => {
                for lane in 0..LANES {
                    let place = seeds.numbers[lane].min(end - 1) as usize;
                    seeds.numbers[lane] = pairs.order.as_ref().map_or(place as u32, |order| order[place]);
                }
                counter = [seeds.numbers, [0; LANES], [1; LANES], [self.stream; LANES]];
            }
            _ => {}
        }
        if random {
            seeds.words = philox_lanes(counter, self.key);
        }
        match &self.rows {
            Rows::OneToOne | Rows::All(_) | Rows::Gaps(..) => seeds.indices = seeds.numbers,
            Rows::Each { targets, .. } | Rows::Lengths { targets, .. } => {
                for lane in 0..LANES {
                    seeds.indices[lane] = below([seeds.words[0][lane], seeds.words[3][lane]], *targets);
                }
            }
            Rows::Inputs { .. } => {
                if let Some(permuted) = permuted.get(at..).and_then(<[u32]>::first_chunk::<LANES>) {
                    seeds.indices = *permuted;
                }
            }
            Rows::Pairs(pairs) => {
                for lane in 0..LANES {
                    seeds.indices[lane] = pairs.targets[seeds.numbers[lane] as usize];
                }
            }
        }
        seeds
    }

    /// Every target with a probability. A draw that leaves the table goes on with the next block of the same synapse.
    #[inline(always)]
    fn gaps<S: Take<F>>(&self, s: u32, id: u32, gaps: &GapTable, targets: u32, sink: &mut S) {
        let (mut next, targets, same) = (0u64, u64::from(targets), self.same());
        let mut number = 0u32;
        while next < targets {
            let mut seeds = Seeds { indices: [0; LANES], numbers: [0; LANES], words: [[0; LANES]; 4] };
            for lane in 0..LANES {
                seeds.numbers[lane] = number.wrapping_add(lane as u32);
            }
            let zero = [0; LANES];
            seeds.words = philox_lanes([seeds.numbers, [s; LANES], zero, [self.stream; LANES]], self.key);
            let mut count = 0;
            while count < LANES {
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
            number = number.wrapping_add(LANES as u32);
        }
    }

    /// The weight and the channel that all synapses have, where there is one.
    #[inline(always)]
    fn same(&self) -> Option<(F, u32)> {
        let mut same = None;
        for landing in &self.landings {
            let Weights::Same(weight, channel) = &landing.weights else { return None };
            let own = (*weight, u32::from(*channel));
            if same.is_some_and(|other| other != own) {
                return None;
            }
            same = Some(own);
        }
        same
    }

    /// Targets, delays and weights of `count` lanes; `same` is the weight and the channel of all, where there is one.
    #[inline(always)]
    fn finish<S: Take<F>>(&self, id: u32, count: usize, same: Option<(F, u32)>, seeds: &Seeds, sink: &mut S) {
        let (weight, channel) = same.unwrap_or_default();
        let mut lanes = Lanes {
            count,
            targets: [0; LANES],
            channels: [channel; LANES],
            delays: [0; LANES],
            weights: [weight; LANES],
        };
        match &self.delays {
            Delays::Same(steps) => lanes.delays = [*steps; LANES],
            Delays::Table(table) => {
                for lane in 0..LANES {
                    lanes.delays[lane] = table.at(seeds.words[2][lane]);
                }
            }
            Delays::Each(steps) => {
                for lane in 0..count {
                    lanes.delays[lane] = steps[seeds.numbers[lane] as usize];
                }
            }
        }
        for landing in &self.landings {
            landing.land(seeds, &mut lanes);
            if S::WEIGHTS && same.is_none() {
                landing.weigh(seeds, &mut lanes);
            }
        }
        if !self.autapses {
            lanes.leave_out(id);
        }
        sink.take(&lanes);
    }
}

impl<F: Fixed> Landing<F> {
    /// Whether a lane reaches these targets.
    #[inline(always)]
    fn reached(&self, seeds: &Seeds, lane: usize) -> bool {
        seeds.indices[lane].wrapping_sub(self.index) < self.part.count
    }

    /// Targets of the lanes that reach it.
    #[inline(always)]
    fn land(&self, seeds: &Seeds, lanes: &mut Lanes<F>) {
        for lane in 0..LANES {
            let target = seeds.indices[lane].wrapping_sub(self.index).wrapping_add(self.part.first);
            lanes.targets[lane] = if self.reached(seeds, lane) { target } else { lanes.targets[lane] };
        }
    }

    /// Weights and channels of the lanes that reach it.
    #[inline(always)]
    fn weigh(&self, seeds: &Seeds, lanes: &mut Lanes<F>) {
        match &self.weights {
            Weights::Same(weight, channel) => {
                for lane in 0..LANES {
                    lanes.weights[lane] = if self.reached(seeds, lane) { *weight } else { lanes.weights[lane] };
                }
                for lane in 0..LANES {
                    let channel = u32::from(*channel);
                    lanes.channels[lane] = if self.reached(seeds, lane) { channel } else { lanes.channels[lane] };
                }
            }
            Weights::Each(each) => {
                for lane in 0..lanes.count {
                    if self.reached(seeds, lane) {
                        let (weight, channel) = each.at(seeds.numbers[lane]);
                        (lanes.weights[lane], lanes.channels[lane]) = (weight, u32::from(channel));
                    }
                }
            }
            table => {
                for lane in 0..LANES {
                    if self.reached(seeds, lane) {
                        let (weight, channel) = table.at(seeds.words[1][lane]);
                        (lanes.weights[lane], lanes.channels[lane]) = (weight, u32::from(channel));
                    }
                }
            }
        }
    }
}

impl<F: Fixed> Lanes<F> {
    /// Leaves out synapses onto neuron `id`.
    #[inline(always)]
    fn leave_out(&mut self, id: u32) {
        let mut found = false;
        for lane in 0..LANES {
            found |= self.targets[lane] == id;
        }
        if !found {
            return;
        }
        let mut kept = 0;
        for lane in 0..self.count {
            self.targets[kept] = self.targets[lane];
            self.channels[kept] = self.channels[lane];
            self.delays[kept] = self.delays[lane];
            self.weights[kept] = self.weights[lane];
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
