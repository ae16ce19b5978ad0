//! What arrives at each spike. The spikes of a run are cut into stretches, each with sums of its own, so that threads share
//! nothing; how many there are depends on the run alone, and so do sums.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::error::Result;
use crate::number::Number;
use crate::simd::prefetch;
use crate::spike::Spike;
use crate::threads::together;
use crate::train::events::grid::decays::{Decay, Decays};
use crate::train::events::grid::laid::Laid;
use crate::train::events::grid::rows::Rows;
use crate::train::events::grid::times::Times;

/// No step.
const NEVER: u32 = u32::MAX;
/// Spikes and synapses ahead for which lines of cache are asked: about what memory takes.
const SPIKES_AHEAD: usize = 2;
const SYNAPSES_AHEAD: usize = 16;
/// A stretch has as many synaptic events at least as make it worth to start so many threads.
const STRETCH: u64 = 20;
/// And so many for each neuron, which takes some 70 bytes of each stretch, or 130 in f64.
const EACH: u64 = 8;
/// Stretches at most.
const MOST_STRETCHES: u64 = 16;

/// What arrives at a spike.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sums<R> {
    /// What has arrived since the potential was let go: currents at the spike (pA, per channel).
    pub before: [R; 2],
    /// What that has done to the potential by then, mV.
    pub rise: R,
    /// What arrives while the potential is held after the spike: currents as it is let go.
    pub held: [R; 2],
}

/// The spike of a neuron that comes next.
#[derive(Debug, Clone, Copy)]
struct Cursor {
    step: u32,
    /// Its place among those of the stretch.
    place: u32,
    /// Until when the potential is held after the spike before; 0 where there is none.
    release: u32,
    /// The index of the neuron's kind.
    kind: u32,
}

/// What neurons of a kind have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Kind {
    kinetics: u32,
    /// Steps for which the potential is held after a spike.
    held: u32,
}

/// A spike and what arrives at it; behind the last of a neuron one that never comes.
#[derive(Debug, Clone, Copy)]
struct Slot<R> {
    step: u32,
    sums: Sums<R>,
}

/// What arrives by some spikes of a run, or by its listed input.
#[derive(Debug)]
struct Stretch<R> {
    /// Per neuron, the first of its spikes that something may arrive at, among all of them, neuron by neuron.
    first: Vec<u32>,
    /// Per neuron, where these lie; one more at the end.
    starts: Vec<u32>,
    slots: Vec<Slot<R>>,
}

/// What arrives at all spikes.
#[derive(Debug)]
pub(super) struct Arriving<R> {
    stretches: Vec<Stretch<R>>,
}

/// All that is only read.
struct Known<'a, R: Number> {
    owner: &'a Laid<R>,
    decays: &'a Decays<R>,
    spikes: &'a [Spike],
    times: &'a Times,
    rows: &'a [Rows<'a, R::Fixed>],
    kinds: Vec<Kind>,
    /// Per neuron, the index of its kind.
    kind_of: Vec<u32>,
}

impl<R: Number> Sums<R> {
    pub fn none() -> Sums<R> {
        let none = R::of(0.0);
        Sums { before: [none; 2], rise: none, held: [none; 2] }
    }

    fn add(&mut self, other: &Sums<R>) {
        for c in [0, 1] {
            self.before[c] = self.before[c] + other.before[c];
            self.held[c] = self.held[c] + other.held[c];
        }
        self.rise = self.rise + other.rise;
    }
}

impl<R: Number> Arriving<R> {
    /// # Errors
    /// A system that gives no more threads.
    pub fn new(
        owner: &Laid<R>,
        decays: &Decays<R>,
        spikes: &[Spike],
        times: &Times,
        rows: &[Rows<'_, R::Fixed>],
    ) -> Result<Arriving<R>> {
        let (kinds, kind_of) = kinds(owner);
        let known = Known { owner, decays, spikes, times, rows, kinds, kind_of };
        let events = spikes.len() as u64 * (owner.plan.synapses / u64::from(owner.plan.neurons.max(1))).max(1);
        let least = STRETCH.saturating_mul(owner.least_work).max(EACH * u64::from(owner.plan.neurons));
        let count = (events / least).clamp(1, MOST_STRETCHES) as usize;
        let until = |k: usize| (spikes.len() as u64 * k as u64 / count as u64) as usize;
        let mut parts: Vec<(Range<usize>, bool)> = (0..count).map(|k| (until(k)..until(k + 1), false)).collect();
        if rows.iter().any(|rows| !rows.shard.events.is_empty()) {
            parts.push((0..spikes.len(), true));
        }
        let done: Vec<Mutex<Option<Stretch<R>>>> = parts.iter().map(|_| Mutex::new(None)).collect();
        let waiting = Mutex::new(parts.into_iter().enumerate());
        let work = || {
            let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
            while let Some((number, (spikes, listed))) = next() {
                let stretch = known.play(spikes, listed);
                *done[number].lock().unwrap_or_else(PoisonError::into_inner) = Some(stretch);
            }
        };
        together(owner.threads_for(events), "find the currents at spikes", |_| work(), work)?;
        let stretches = done.into_iter().filter_map(|one| one.into_inner().unwrap_or_else(PoisonError::into_inner));
        Ok(Arriving { stretches: stretches.collect() })
    }

    /// Sums of a neuron, spike by spike; its first is `first` of all.
    pub fn of(&self, neuron: u32, first: u32, to: &mut [Sums<R>]) {
        to.fill(Sums::none());
        for stretch in &self.stretches {
            let ends = &stretch.starts[neuron as usize..][..2];
            let from = (stretch.first[neuron as usize] - first) as usize;
            let own = &stretch.slots[ends[0] as usize..ends[1] as usize - 1];
            to[from..].iter_mut().zip(own).for_each(|(to, own)| to.add(&own.sums));
        }
    }
}

/// The kinds of neurons there are, and the index of each one's.
fn kinds<R: Number>(owner: &Laid<R>) -> (Vec<Kind>, Vec<u32>) {
    let (mut kinds, mut known) = (Vec::new(), HashMap::new());
    let kind_of = (0..owner.plan.neurons).map(|neuron| {
        let held = owner.constants.held_steps(neuron).unwrap_or(0);
        let kind = Kind { kinetics: owner.constants.kinetics_of[neuron as usize], held };
        *known.entry(kind).or_insert_with(|| {
            kinds.push(kind);
            kinds.len() as u32 - 1
        })
    });
    let kind_of = kind_of.collect();
    (kinds, kind_of)
}

impl<R: Number> Known<'_, R> {
    /// Adds what comes by some spikes, or what is listed.
    fn play(&self, spikes: Range<usize>, listed: bool) -> Stretch<R> {
        let mut stretch = self.begin(spikes.clone(), listed);
        if listed {
            self.add_listed(&mut stretch);
        } else {
            self.add_spikes(spikes, &mut stretch);
        }
        stretch
    }

    /// A stretch into which nothing was added.
    fn begin(&self, spikes: Range<usize>, listed: bool) -> Stretch<R> {
        let ends = &self.spikes[spikes];
        let (from, to) = match (ends.first(), ends.last()) {
            (Some(first), Some(last)) if !listed => (first.step, last.step.saturating_add(self.owner.plan.max_delay)),
            _ => (0, self.times.run),
        };
        let neurons = self.owner.plan.neurons;
        let (mut first, mut starts) = (Vec::with_capacity(neurons as usize), Vec::with_capacity(neurons as usize + 1));
        let mut slots = Vec::with_capacity(ends.len() + 3 * neurons as usize);
        let slot = |step: u32| Slot { step, sums: Sums::none() };
        for neuron in 0..neurons {
            let (own, start) = (self.times.of(neuron), self.times.starts[neuron as usize]);
            // From the spike before, after which potentials may be held.
            let begin = own.partition_point(|step| *step <= from).saturating_sub(1);
            let end = own.len().min(own.partition_point(|step| *step <= to) + 1);
            first.push(start + begin as u32);
            starts.push(slots.len() as u32);
            slots.extend(own[begin..end].iter().map(|&step| slot(step)));
            slots.push(slot(NEVER));
        }
        starts.push(slots.len() as u32);
        Stretch { first, starts, slots }
    }

    fn add_spikes(&self, spikes: Range<usize>, stretch: &mut Stretch<R>) {
        let mut cursors: Vec<Cursor> = (0..self.owner.plan.neurons).map(|neuron| self.first(stretch, neuron)).collect();
        for number in spikes {
            let spike = self.spikes[number];
            for rows in self.rows {
                if let Some(next) = self.spikes.get(number + SPIKES_AHEAD) {
                    rows.prefetch(next.id);
                }
                let (row, next) = (rows.range(spike.id), self.spikes.get(number + 1));
                let next = next.map_or(0..0, |next| rows.range(next.id));
                for (delay, range) in rows.blocks(spike.id) {
                    for at in range {
                        if let Some(far) = rows.target_ahead(at, 2 * SYNAPSES_AHEAD, &row, &next) {
                            prefetch(&cursors, far as usize);
                        }
                        if let Some(ahead) = rows.target_ahead(at, SYNAPSES_AHEAD, &row, &next) {
                            prefetch(&stretch.slots, cursors[ahead as usize].place as usize);
                        }
                        let synapse = rows.synapse(delay, at);
                        let cursor = &mut cursors[synapse.target as usize];
                        self.pass(cursor, spike.step, stretch);
                        let weight = R::of_fixed(synapse.weight, self.decay(cursor).units[synapse.channel]);
                        self.add(*cursor, spike.step + synapse.delay, (synapse.channel, weight), stretch);
                    }
                }
            }
        }
    }

    fn add_listed(&self, stretch: &mut Stretch<R>) {
        for rows in self.rows {
            for event in &rows.shard.events {
                let (target, channel) = rows.reached(event.accumulator);
                if !self.owner.constants.is_neuron(target) {
                    continue;
                }
                let cursor = self.after(stretch, target, event.step);
                let weight = R::of_fixed(event.weight, self.decay(&cursor).units[channel]);
                self.add(cursor, event.step, (channel, weight), stretch);
            }
        }
    }

    /// The first spike of a stretch.
    fn first(&self, stretch: &Stretch<R>, neuron: u32) -> Cursor {
        let place = stretch.starts[neuron as usize];
        let step = stretch.slots[place as usize].step;
        Cursor { step, place, release: 0, kind: self.kind_of[neuron as usize] }
    }

    /// The first spike of a neuron after `step`.
    fn after(&self, stretch: &Stretch<R>, neuron: u32, step: u32) -> Cursor {
        let first = self.first(stretch, neuron);
        let own = &stretch.slots[first.place as usize..stretch.starts[neuron as usize + 1] as usize];
        let before = own.partition_point(|slot| slot.step <= step);
        let held = self.kinds[first.kind as usize].held;
        let release = before.checked_sub(1).map_or(0, |last| own[last].step + held);
        Cursor { step: own[before].step, place: first.place + before as u32, release, ..first }
    }

    #[inline(always)]
    fn decay(&self, cursor: &Cursor) -> &Decay<R> {
        &self.decays.0[self.kinds[cursor.kind as usize].kinetics as usize]
    }

    /// Brings a cursor to its neuron's first spike after `step`.
    #[inline(always)]
    fn pass(&self, cursor: &mut Cursor, step: u32, stretch: &Stretch<R>) {
        while cursor.step <= step {
            let (place, held) = (cursor.place + 1, self.kinds[cursor.kind as usize].held);
            let next = stretch.slots[place as usize].step;
            *cursor = Cursor { step: next, place, release: cursor.step + held, ..*cursor };
        }
    }

    /// Adds what arrives at the end of step `arrival`.
    #[inline(always)]
    fn add(&self, mut cursor: Cursor, arrival: u32, (channel, weight): (usize, R), stretch: &mut Stretch<R>) {
        self.pass(&mut cursor, arrival, stretch);
        let (decay, at) = (self.decay(&cursor), cursor.place as usize);
        if arrival <= cursor.release && cursor.release > 0 {
            let left = decay.after(channel, cursor.release - arrival).current;
            let own = &mut stretch.slots[at - 1].sums.held[channel];
            *own = *own + weight * left;
        } else if cursor.step != NEVER {
            let left = decay.after(channel, cursor.step - arrival);
            let own = &mut stretch.slots[at].sums;
            own.before[channel] = own.before[channel] + weight * left.current;
            own.rise = own.rise + weight * left.response;
        }
    }
}
