//! A shard in the hands of its owner: ring, state, and the passes over them.

use std::ops::Range;

use crate::device::cpu::clock::Lap;
use crate::device::cpu::deliver::{Deliver, Due};
use crate::device::cpu::drawn::Drawn;
use crate::device::cpu::inbox::{Inboxes, Sort};
use crate::device::cpu::rest::{Settle, Silent, looks};
use crate::device::cpu::samples::Samples;
use crate::device::cpu::segment::OwnedSegment;
use crate::plan::{Plan, ProbePlan, Segment, Shard};
use crate::random::{key, rounds};
use crate::schedule::Epoch;
use crate::simd::vectorised;
use crate::tile::MOST_EPOCH;
use crate::tile::input::Input;
use crate::tile::poisson::Stimuli;
use crate::tile::ring::Ring;
use crate::tile::touched::Touched;
use crate::tile::{Arriving, Out, Patch, Stepped};

/// The mutable side of a [`Shard`].
#[derive(Debug)]
pub struct OwnedShard<R: Stepped> {
    first: u32,
    ring: Ring<R::Fixed>,
    /// Where events are sorted: what will arrive; the ring is that of a group then.
    inboxes: Option<Inboxes>,
    /// Where something was added to that ring, where it is worth knowing; see [`Touched`].
    touched: Vec<u64>,
    segments: Vec<OwnedSegment<R>>,
    /// Rows that are drawn at each spike.
    drawn: Drawn,
    /// Per probe, samples of this shard's neurons since the batch began.
    pub samples: Vec<Samples>,
    fault: Option<(u32, u32)>,
    input: Input<R>,
    /// The seed of Poisson stimuli, round by round.
    rounds: [[u32; 10]; 2],
}

impl<R: Stepped> OwnedShard<R> {
    /// The initial state of `shard`.
    pub fn new(plan: &Plan<R::Fixed>, shard: &Shard<R::Fixed>) -> OwnedShard<R> {
        let segments = shard.segments.iter().map(|segment| OwnedSegment::new(plan, segment));
        OwnedShard {
            first: shard.ids.start,
            ring: Ring::new(plan.cell, plan.slots() as usize * plan.ring_lanes(shard) as usize),
            touched: Vec::new(),
            inboxes: plan.group.map(|group| Inboxes::new(plan, shard, group)),
            segments: segments.collect(),
            drawn: Drawn::new(plan, shard),
            samples: plan.probes.iter().map(|_| Samples::default()).collect(),
            fault: None,
            input: Input::new(plan.longest_epoch()),
            rounds: rounds(key(plan.dynamics)),
        }
    }

    /// Which shard of the plan this is.
    pub fn index(&self, plan: &Plan<R::Fixed>) -> usize {
        plan.shards.partition_point(|s| s.ids.start < self.first)
    }

    /// The pass `propagate`: the row segments that are due, after step `after`.
    pub fn deliver(&mut self, plan: &Plan<R::Fixed>, shard: &Shard<R::Fixed>, due: &[Due], after: u64) {
        let (rows, packing, windows) = (&*shard.rows, plan.packing, plan.windows.as_slice());
        if let Some(inboxes) = &mut self.inboxes {
            if !rows.words.is_empty() {
                vectorised(Sort { inboxes, rows, due, packing, windows, neurons: shard.neurons(), after });
            }
            return self.drawn.sort(plan, shard, due, inboxes, after);
        }
        if !rows.words.is_empty() {
            vectorised(Deliver {
                ring: &mut self.ring,
                rows,
                due,
                packing,
                windows,
                neurons: shard.neurons() as usize,
                lanes: plan.lanes(shard) as usize,
                mask: plan.slots() - 1,
            });
        }
        self.drawn.deliver(plan, shard, due, &mut self.ring, 0);
    }

    /// Adds again what had been delivered by `step` and arrives later.
    pub fn deliver_after(&mut self, plan: &Plan<R::Fixed>, shard: &Shard<R::Fixed>, due: &[Due], step: u32) {
        if plan.group.is_some() {
            return self.deliver(plan, shard, due, u64::from(step));
        }
        let (lanes, mask, packing) = (plan.lanes(shard) as usize, plan.slots() - 1, plan.packing);
        for due in due.iter().filter(|_| !shard.rows.words.is_empty()) {
            let window = plan.windows[due.population as usize];
            let base = usize::from(window.channel.unwrap_or(0)) * shard.neurons() as usize;
            let range = shard.rows.offsets[due.segment as usize]..shard.rows.offsets[due.segment as usize + 1];
            for at in range {
                let word = shard.rows.words.get(at as usize);
                let arrival = due.arrival + packing.within(word);
                if arrival > step {
                    let weight = shard.rows.weight(packing, at as usize, window.weight);
                    self.ring.add((arrival & mask) as usize * lanes + base + packing.lane(word) as usize, weight);
                }
            }
        }
        self.drawn.deliver(plan, shard, due, &mut self.ring, step);
    }

    /// The passes `stimulate`, `integrate` and `record` for every step of an epoch; spikes go to `fired`, a list a step.
    pub fn integrate(
        &mut self,
        plan: &Plan<R::Fixed>,
        shard: &Shard<R::Fixed>,
        epoch: Epoch,
        fired: &mut Vec<Vec<u32>>,
        lap: &mut impl FnMut(Lap),
    ) {
        fired.resize_with((epoch.steps as usize).max(fired.len()), Vec::new);
        fired.iter_mut().for_each(Vec::clear);
        self.listed_input(plan, shard, epoch);
        for (probe, samples) in plan.probes.iter().zip(&mut self.samples) {
            samples.make_room(probe, &shard.ids, epoch);
        }
        let mut group = None;
        for (index, segment) in shard.segments.iter().enumerate() {
            self.segments[index].set_current(plan, segment, epoch.first + 1);
            let slots = Slots {
                epoch,
                first: segment.first.wrapping_sub(shard.ids.start) as usize,
                lanes: plan.ring_lanes(shard) as usize,
                stride: plan.stride(shard) as usize,
                step: 0,
                mask: plan.slots() - 1,
            };
            for tile in 0..self.segments[index].tiles.len() {
                let slots = self.open_group(plan, segment, (index, tile), slots, &mut group, lap);
                self.tile(plan, segment, (index, tile), slots, fired);
            }
        }
    }

    /// Where events are sorted, adds the inbox of the group that a tile is the first of; the places of the tile's sums.
    fn open_group(
        &mut self,
        plan: &Plan<R::Fixed>,
        segment: &Segment,
        (index, tile): (usize, usize),
        slots: Slots,
        open: &mut Option<u32>,
        lap: &mut impl FnMut(Lap),
    ) -> Slots {
        let Some(inboxes) = &mut self.inboxes else { return slots };
        let (group, first) = inboxes.group_of(segment.first + self.segments[index].tiles[tile].neurons.start as u32);
        if *open != Some(group) {
            lap(Lap::Integrate);
            inboxes.open(group, slots.epoch, &mut self.ring, &mut self.touched);
            lap(Lap::Propagate);
            *open = Some(group);
        }
        let longest = u64::from(plan.longest_epoch());
        Slots {
            first: (segment.first as usize).wrapping_sub(first as usize),
            step: (slots.epoch.first / longest * longest) as u32 + 1,
            mask: u32::MAX,
            ..slots
        }
    }

    /// Listed input of the epoch into the ring.
    fn listed_input(&mut self, plan: &Plan<R::Fixed>, shard: &Shard<R::Fixed>, epoch: Epoch) {
        let last = epoch.first + u64::from(epoch.steps);
        let from = shard.events.partition_point(|e| u64::from(e.step) <= epoch.first);
        for event in shard.events[from..].iter().take_while(|e| u64::from(e.step) <= last) {
            if let Some(inboxes) = &mut self.inboxes {
                let (n, channel) = (event.lane % shard.neurons(), event.lane / shard.neurons());
                inboxes.writer(epoch.first).write(n, channel, event.step, event.weight);
                continue;
            }
            let slot = (event.step & (plan.slots() - 1)) as usize;
            self.ring.add(slot * plan.lanes(shard) as usize + event.lane as usize, event.weight);
        }
    }

    /// All steps of an epoch of one tile, in as few stretches as there are steps at whose end its state is looked at.
    fn tile(
        &mut self,
        plan: &Plan<R::Fixed>,
        segment: &Segment,
        (index, tile): (usize, usize),
        slots: Slots,
        fired: &mut [Vec<u32>],
    ) {
        let neurons = self.segments[index].tiles[tile].neurons.clone();
        let due = |p: &ProbePlan, step: u64| step.is_multiple_of(u64::from(p.interval)) && p.reaches(segment, &neurons);
        let sampled = |step: u64| plan.probes.iter().any(|p| due(p, step));
        let step = |k| slots.step(k);
        let own = &self.segments[index];
        let mut asleep = own.tiles[tile].asleep;
        // Where it is known at once that nothing arrives in the whole epoch, no sum needs to be looked at.
        let undisturbed = asleep
            && slots.touched(&self.touched, &neurons).none(neurons.len(), slots.epoch.steps)
            && (0..slots.epoch.steps).all(|k| own.untouched(plan, segment, &neurons, step(k)));
        let mut k = 0;
        while k < slots.epoch.steps {
            let from = k;
            k += 1;
            asleep &= undisturbed || self.quiet(plan, segment, (index, &neurons), step(from), slots);
            if !asleep {
                while k < slots.epoch.steps && ![step(k - 1), step(k)].into_iter().any(looks) && !sampled(step(k - 1)) {
                    k += 1;
                }
                self.stretch(plan, segment, (index, tile), from..k, slots, fired);
                asleep = self.segments[index].tiles[tile].asleep;
            }
            for (probe, samples) in plan.probes.iter().zip(&mut self.samples) {
                samples.take(probe, segment, &self.segments[index].state, &neurons, step(k - 1));
            }
        }
    }

    /// Whether nothing reaches some neurons in `step`.
    fn quiet(
        &self,
        plan: &Plan<R::Fixed>,
        segment: &Segment,
        (index, neurons): (usize, &Range<usize>),
        step: u64,
        slots: Slots,
    ) -> bool {
        let own = &self.segments[index];
        let silent = |channel| {
            let from = slots.at(step, channel, neurons.start);
            vectorised(Silent { ring: &self.ring, from, count: neurons.len() })
        };
        own.untouched(plan, segment, neurons, step) && (0..own.units.len()).all(silent)
    }

    /// Steps of a tile after which nobody looks at its state but after the last.
    fn stretch(
        &mut self,
        plan: &Plan<R::Fixed>,
        segment: &Segment,
        (index, tile): (usize, usize),
        steps: Range<u32>,
        slots: Slots,
        fired: &mut [Vec<u32>],
    ) {
        let population = &plan.populations[segment.population];
        let neurons = self.segments[index].tiles[tile].neurons.clone();
        let step = |k| slots.step(k);
        let look = looks(step(steps.end - 1));
        let could_rest = look && plan.active && self.quiet(plan, segment, (index, &neurons), step(steps.start), slots);
        let own = &mut self.segments[index];
        if could_rest {
            own.state.remember(&neurons, &mut own.before);
        }
        let reached = steps.clone().any(|k| !own.untouched(plan, segment, &neurons, step(k)));
        let mut starts = [0; MOST_EPOCH as usize];
        steps.clone().for_each(|k| starts[k as usize] = slots.at(step(k), 0, neurons.start));
        let stride = slots.stride;
        let touched = slots.touched(&self.touched, &neurons);
        let arriving = Arriving { ring: &mut self.ring, touched, starts, stride, units: &own.units };
        let stimuli = Stimuli {
            rounds: &self.rounds,
            plans: &plan.poisson,
            targets: &segment.poisson,
            weights: &own.poisson,
            step: step(0),
        };
        let mut fault = None;
        let out = Out {
            derived: &own.derived,
            derived_stride: segment.derived_stride as usize,
            first: segment.first,
            most: population.most,
            spikes: fired,
            fault: &mut fault,
        };
        let (state, stride) = own.state.numbers();
        let patch = Patch {
            stride,
            tile: neurons.clone(),
            state,
            arriving,
            stimuli: Some(stimuli).filter(|_| reached),
            input: &mut self.input,
            current: &own.current,
            steps: steps.start as usize..steps.end as usize,
            scratch: &mut own.scratch,
            out,
        };
        R::integrate(population.model.as_ref(), patch);
        let fault = fault.map(|(k, id)| (step(k as u32) as u32, id));
        self.fault = self.fault.into_iter().chain(fault).min();
        let resting = could_rest && own.state.unchanged(&neurons, &own.before);
        let settled = look && vectorised(Settle { state: &mut own.state, tile: neurons });
        own.tiles[tile].asleep = resting && !settled;
    }

    /// The first fault since last asked: (step, neuron).
    pub fn take_fault(&mut self) -> Option<(u32, u32)> {
        self.fault.take()
    }

    /// A state variable of this shard's part of a population.
    pub fn state(&self, shard: &Shard<R::Fixed>, population: usize, variable: usize) -> Vec<f64> {
        let parts = shard.segments.iter().zip(&self.segments).filter(|(s, _)| s.population == population);
        parts.flat_map(|(_, own)| own.state.field(variable)).map(|v| v.value()).collect()
    }

    /// Sets all state variables from `state[population][variable][neuron]` as stored, and forgets all input.
    pub fn set_state(&mut self, plan: &Plan<R::Fixed>, shard: &Shard<R::Fixed>, state: &[Vec<Vec<f64>>]) {
        self.ring.clear();
        self.inboxes.iter_mut().for_each(Inboxes::clear);
        for (segment, own) in shard.segments.iter().zip(&mut self.segments) {
            let first = (segment.first - plan.populations[segment.population].first) as usize;
            for (field, values) in state[segment.population].iter().enumerate() {
                own.state.set(field, &values[first..first + segment.count as usize]);
            }
            own.tiles.iter_mut().for_each(|tile| tile.asleep = false);
        }
    }
}

/// Where the sums of a segment are in the ring.
#[derive(Debug, Clone, Copy)]
struct Slots {
    epoch: Epoch,
    /// The first neuron of the segment, counted from that of the ring; perhaps before it.
    first: usize,
    lanes: usize,
    /// Lanes from a channel to the next.
    stride: usize,
    /// The step of the first slot.
    step: u32,
    mask: u32,
}

impl Slots {
    /// Step `k` of the epoch.
    fn step(self, k: u32) -> u64 {
        self.epoch.first + 1 + u64::from(k)
    }

    /// What is known of the sums of some neurons of the segment in the epoch.
    fn touched<'a>(self, words: &'a [u64], neurons: &Range<usize>) -> Touched<'a> {
        Touched { words, before: (self.first.wrapping_add(neurons.start), self.slot(self.step(0)) as u32) }
    }

    /// The slot of a step.
    fn slot(self, step: u64) -> usize {
        ((step as u32).wrapping_sub(self.step) & self.mask) as usize
    }

    /// The sum of neuron `n` of the segment.
    fn at(self, step: u64, channel: usize, n: usize) -> usize {
        self.slot(step) * self.lanes + channel * self.stride + self.first.wrapping_add(n)
    }
}
