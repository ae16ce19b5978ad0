//! The passes over the tiles of a shard in an epoch: what arrives beside delivered spikes (`inject`, `take_back`), and
//! `couple`, `integrate` and `record` tile by tile.

use std::ops::Range;

use crate::device::cpu::idle_tiles::{AllZero, SnapToRest, is_check_step};
use crate::device::cpu::pass_timer::Phase;
use crate::device::cpu::shard::OwnedShard;
use crate::exchange::{Given, History};
use crate::plan::{Event, Plan, PopulationSlice, ProbePlan, Shard};
use crate::schedule::Epoch;
use crate::simd::vectorised;
use crate::spike::Spike;
use crate::tile::MAX_EPOCH;
use crate::tile::dirty::Dirty;
use crate::tile::noise::Noise;
use crate::tile::poisson::Stimuli;
use crate::tile::{Arriving, Out, Stepped, TileTask};

/// Removes the spikes of silenced neurons from those of an epoch. Perturbations begin and end between epochs only.
fn silence<F>(shard: &Shard<F>, epoch: Epoch, fired: &mut [Vec<u32>]) {
    let silences = shard.slices.iter().flat_map(|slice| &slice.perturbed.silences);
    for own in silences.filter(|own| own.steps.contains(&(epoch.first + 1))) {
        fired.iter_mut().for_each(|fired| fired.retain(|id| !own.ids.contains(id)));
    }
}

impl<R: Stepped> OwnedShard<R> {
    /// Does the passes `inject`, `take_back`, `couple`, `integrate` and `record` for all steps of an epoch. Spikes, one
    /// list per step, and signals go to `given`.
    pub fn integrate(
        &mut self,
        (plan, shard): (&Plan<R::Fixed>, &Shard<R::Fixed>),
        (epoch, history): (Epoch, &History),
        given: &mut Given,
        lap: &mut impl FnMut(Phase),
    ) {
        given.fired.resize_with((epoch.steps as usize).max(given.fired.len()), Vec::new);
        given.fired.iter_mut().for_each(Vec::clear);
        given.signals.resize(epoch.steps as usize * self.giving.1, 0.0);
        self.inject(plan, shard, epoch);
        self.take_back(plan, shard, (epoch, history));
        for (probe, samples) in plan.probes.iter().zip(&mut self.samples) {
            samples.make_room(probe, &shard.ids, epoch);
        }
        let (mut group, mut perturbed) = (None, false);
        let accumulators = plan.ring_accumulators(shard) as usize;
        let (stride, mask) = (plan.channel_stride(shard) as usize, plan.slots() - 1);
        for (index, slice) in shard.slices.iter().enumerate() {
            if let Some((next, own)) = shard.slices.get(index + 1).zip(self.slices.get(index + 1)) {
                own.ask_for(next);
            }
            self.slices[index].set_current(plan, slice, epoch.first + 1);
            if self.slices[index].watched {
                perturbed = true;
                self.slices[index].perturb(slice, epoch.first + 1);
            }
            let slots = Slots {
                epoch,
                first: slice.first.wrapping_sub(shard.ids.start) as usize,
                accumulators,
                stride,
                step: 0,
                mask,
            };
            for tile in 0..self.slices[index].tiles.len() {
                let slots = self.open_group(plan, slice, (index, tile), slots, &mut group, lap);
                self.tile(plan, slice, (index, tile), (slots, history), given);
            }
        }
        if perturbed {
            silence(shard, epoch, &mut given.fired);
        }
    }

    /// The places of a tile's sums in the ring. Where events are sorted, the ring is that of a group of neurons; if the
    /// tile is the first of a group, the group's bucket is added into it.
    fn open_group(
        &mut self,
        plan: &Plan<R::Fixed>,
        slice: &PopulationSlice,
        (index, tile): (usize, usize),
        slots: Slots,
        open: &mut Option<u32>,
        lap: &mut impl FnMut(Phase),
    ) -> Slots {
        let Some(buckets) = &mut self.buckets else { return slots };
        let (group, first) = buckets.group_of(slice.first + self.slices[index].tiles[tile].neurons.start as u32);
        if *open != Some(group) {
            lap(Phase::Integrate);
            buckets.add_group(group, slots.epoch, &mut self.ring, &mut self.dirty);
            lap(Phase::Propagate);
            *open = Some(group);
        }
        let longest = u64::from(plan.longest_epoch());
        Slots {
            first: (slice.first as usize).wrapping_sub(first as usize),
            step: (slots.epoch.first / longest * longest) as u32 + 1,
            mask: u32::MAX,
            ..slots
        }
    }

    /// The pass `inject`: adds the listed input of the epoch.
    fn inject(&mut self, plan: &Plan<R::Fixed>, shard: &Shard<R::Fixed>, epoch: Epoch) {
        let last = epoch.first + u64::from(epoch.steps);
        let from = shard.events.partition_point(|e| u64::from(e.step) <= epoch.first);
        for event in shard.events[from..].iter().take_while(|e| u64::from(e.step) <= last) {
            self.add_event(plan, shard, epoch, *event);
        }
    }

    /// Adds an event that arrives in the epoch into the ring, or into its bucket where events are sorted.
    fn add_event(&mut self, plan: &Plan<R::Fixed>, shard: &Shard<R::Fixed>, epoch: Epoch, event: Event<R::Fixed>) {
        if let Some(buckets) = &mut self.buckets {
            let (n, channel) = (event.accumulator % shard.neurons(), event.accumulator / shard.neurons());
            buckets.writer(epoch.first).write(n, channel, event.step, event.weight);
            return;
        }
        let slot = (event.step & (plan.slots() - 1)) as usize;
        self.ring.add(slot * plan.accumulators(shard) as usize + event.accumulator as usize, event.weight);
    }

    /// The pass `take_back`: subtracts what connections that are cut bring in the epoch.
    fn take_back(&mut self, plan: &Plan<R::Fixed>, shard: &Shard<R::Fixed>, (epoch, history): (Epoch, &History)) {
        for cut in &shard.cuts {
            for step in epoch.first + 1..=epoch.first + u64::from(epoch.steps) {
                for (delay, range) in &cut.delays {
                    let spiked = step.checked_sub(u64::from(*delay)).filter(|spiked| cut.steps.contains(spiked));
                    for &source in spiked.map_or(&[][..], |spiked| history.at(spiked)) {
                        for own in cut.of(range, source) {
                            let (accumulator, weight) = (own.accumulator, own.weight);
                            self.add_event(plan, shard, epoch, Event { step: step as u32, accumulator, weight });
                        }
                    }
                }
            }
        }
    }

    /// Plays all steps of an epoch for one tile, in stretches that end where its state is needed: by a probe, by
    /// couplings, or by the check for rest.
    fn tile(
        &mut self,
        plan: &Plan<R::Fixed>,
        slice: &PopulationSlice,
        (index, tile): (usize, usize),
        (slots, history): (Slots, &History),
        given: &mut Given,
    ) {
        let neurons = self.slices[index].tiles[tile].neurons.clone();
        let due = |p: &ProbePlan, step: u64| step.is_multiple_of(u64::from(p.interval)) && p.reaches(slice, &neurons);
        let sampled = |step: u64| plan.probes.iter().any(|p| due(p, step));
        let step = |k| slots.step(k);
        let own = &self.slices[index];
        // Steps go one by one where neurons give signals, where the current may change with each step, or where a
        // variable is held.
        let (mut clamps, mut each) = (Vec::new(), self.giving.1 > 0 && self.giving.0[index].is_some());
        if own.watched {
            clamps.extend(slice.perturbed.clamps.iter().filter(|own| own.steps.contains(&step(0))));
            each |= own.injected.changes_each_step() || !clamps.is_empty();
        }
        let mut idle = own.tiles[tile].idle;
        // Where it is known beforehand that nothing arrives in the whole epoch, no sum needs to be checked.
        let undisturbed = idle
            && slots.dirty(&self.dirty, &neurons).none(neurons.len(), slots.epoch.steps)
            && (0..slots.epoch.steps).all(|k| own.no_poisson(plan, slice, &neurons, step(k)));
        let mut k = 0;
        while k < slots.epoch.steps {
            let from = k;
            k += 1;
            if each {
                let (seed, injected) = ((&self.rounds, history), &mut self.slices[index].injected);
                idle &= !injected.set_changing((plan, slice), seed, (tile, &neurons), step(from));
            }
            idle = idle && (undisturbed || self.no_input(plan, slice, (index, &neurons), step(from), slots));
            if !idle {
                while k < slots.epoch.steps
                    && !each
                    && ![step(k - 1), step(k)].into_iter().any(is_check_step)
                    && !sampled(step(k - 1))
                {
                    k += 1;
                }
                self.stretch(plan, slice, (index, tile), from..k, slots, &mut given.fired);
                idle = self.slices[index].tiles[tile].idle;
                for &own in &clamps {
                    self.slices[index].clamp(own, &neurons);
                }
            }
            if let (true, Some(giving)) = (each, &self.giving.0[index]) {
                giving.give(plan, slice, &mut self.slices[index], &neurons, (from as usize, self.giving.1), given);
            }
            for (probe, samples) in plan.probes.iter().zip(&mut self.samples) {
                samples.record(probe, slice, &self.slices[index].state, &neurons, step(k - 1));
            }
        }
    }

    /// Whether no event and no Poisson stimulus reaches `neurons` in `step`.
    fn no_input(
        &self,
        plan: &Plan<R::Fixed>,
        slice: &PopulationSlice,
        (index, neurons): (usize, &Range<usize>),
        step: u64,
        slots: Slots,
    ) -> bool {
        let own = &self.slices[index];
        let all_zero = |channel| {
            let from = slots.at(step, channel, neurons.start);
            vectorised(AllZero { ring: &self.ring, from, count: neurons.len() })
        };
        own.no_poisson(plan, slice, neurons, step) && (0..own.units.len()).all(all_zero)
    }

    /// Plays `steps` of the epoch for a tile whose state is needed only after the last of them. Decides whether it is
    /// idle then.
    fn stretch(
        &mut self,
        plan: &Plan<R::Fixed>,
        slice: &PopulationSlice,
        (index, tile): (usize, usize),
        steps: Range<u32>,
        slots: Slots,
        fired: &mut [Vec<u32>],
    ) {
        let population = &plan.populations[slice.population];
        let neurons = self.slices[index].tiles[tile].neurons.clone();
        let step = |k| slots.step(k);
        let look = is_check_step(step(steps.end - 1));
        // What takes random numbers changes by them, and is never at rest.
        let draws = || !population.model.declaration().draws.is_empty();
        let may_idle = look
            && plan.skip_idle
            && !draws()
            && self.no_input(plan, slice, (index, &neurons), step(steps.start), slots);
        let own = &mut self.slices[index];
        if may_idle {
            own.state.remember(&neurons, &mut own.before);
        }
        let reached = steps.clone().any(|k| !own.no_poisson(plan, slice, &neurons, step(k)));
        let spikes = |fired: &[Vec<u32>]| if may_idle { fired.iter().map(Vec::len).sum() } else { 0usize };
        let spikes_before = spikes(fired);
        own.advance_processes((plan, slice), &self.rounds, &neurons, (step(0), steps.clone()));
        let mut starts = [0; MAX_EPOCH as usize];
        steps.clone().for_each(|k| starts[k as usize] = slots.at(step(k), 0, neurons.start));
        let stride = slots.stride;
        let dirty = slots.dirty(&self.dirty, &neurons);
        let arriving = Arriving { ring: &mut self.ring, dirty, starts, stride, units: &own.units };
        let stimuli = Stimuli {
            rounds: &self.rounds,
            plans: &plan.poisson,
            targets: &slice.poisson,
            weights: &own.poisson,
            processes: &own.processes,
            step: step(0),
        };
        let mut fault = None;
        let out = Out {
            derived: &own.derived,
            derived_stride: slice.derived_stride as usize,
            first: slice.first,
            max_spikes: population.most,
            spikes: &mut *fired,
            fault: &mut fault,
        };
        let (state, stride) = own.state.values_and_stride();
        let task = TileTask {
            stride,
            tile: neurons.clone(),
            state,
            arriving,
            stimuli: Some(stimuli).filter(|_| reached),
            input: &mut self.input,
            current: own.injected.current(),
            noise: Noise { rounds: &self.rounds, step: step(0) },
            steps: steps.start as usize..steps.end as usize,
            scratch: &mut own.scratch,
            out,
        };
        R::integrate(population.model.as_ref(), task);
        let fault = fault.map(|(k, id)| Spike::new(step(k as u32) as u32, id));
        self.fault = self.fault.into_iter().chain(fault).min();
        // A neuron that spikes in every step may end each in the state in which it began, but is not at rest.
        let resting = may_idle && spikes(fired) == spikes_before && own.state.unchanged(&neurons, &own.before);
        let settled = look && vectorised(SnapToRest { state: &mut own.state, tile: neurons });
        own.tiles[tile].idle = resting && !settled;
    }
}

/// Where the sums of a slice lie in the ring.
#[derive(Debug, Clone, Copy)]
struct Slots {
    epoch: Epoch,
    /// Index of the slice's first neuron, counted from the ring's first, modulo 2^64: it may lie before that.
    first: usize,
    /// Number of accumulators of a slot.
    accumulators: usize,
    /// Number of accumulators from one channel to the next.
    stride: usize,
    /// The step whose slot is the first.
    step: u32,
    /// Number of slots - 1, or all bits where slots do not repeat.
    mask: u32,
}

impl Slots {
    /// The number of the epoch's step `k`, counted from 0.
    fn step(self, k: u32) -> u64 {
        self.epoch.first + 1 + u64::from(k)
    }

    /// Which sums of `neurons` of the slice may not be zero in the epoch.
    fn dirty<'a>(self, words: &'a [u64], neurons: &Range<usize>) -> Dirty<'a> {
        Dirty { words, before: (self.first.wrapping_add(neurons.start), self.slot(self.step(0)) as u32) }
    }

    /// The slot of `step`.
    fn slot(self, step: u64) -> usize {
        ((step as u32).wrapping_sub(self.step) & self.mask) as usize
    }

    /// The place of the sum of neuron `n` of the slice on `channel` in `step`.
    fn at(self, step: u64, channel: usize, n: usize) -> usize {
        self.slot(step) * self.accumulators + channel * self.stride + self.first.wrapping_add(n)
    }
}
