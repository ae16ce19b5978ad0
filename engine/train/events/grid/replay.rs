//! Forward over stored spikes: the currents at each spike, and where the potential is let go after it. Nothing is stepped: a
//! current is linear in what arrives, so that each arrival is added to the spike of its target that comes next, in any
//! order, with what will be left of it by then.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::error::Result;
use crate::number::Number;
use crate::simd::prefetch;
use crate::spike::Spike;
use crate::threads::together;
use crate::train::events::grid::decays::Decays;
use crate::train::events::grid::laid::Laid;
use crate::train::events::grid::rows::Rows;
use crate::train::events::grid::times::Times;
use crate::train::events::loss::{Loss, Term};
use crate::train::events::membrane::Point;

/// No step.
const NEVER: u32 = u32::MAX;
/// Spikes and synapses ahead for which lines of cache are asked: about what memory takes.
const SPIKES_AHEAD: usize = 2;
const SYNAPSES_AHEAD: usize = 16;

/// What the adjoint needs of the way forward.
#[derive(Debug)]
pub(super) struct Replay<R> {
    /// Per spike, neuron by neuron: 1 / (dV/dt) as it comes to threshold, ms/mV; 0 where the grid resolves no slope.
    pub inverse: Vec<R>,
    /// dV/dt as the potential is let go after it, mV/ms.
    pub after: Vec<R>,
    pub grazing: u64,
    /// Of the neurons whose potentials the loss needs.
    pub readouts: Vec<(u32, Readout)>,
}

/// The potential of a neuron over a run.
#[derive(Debug, Default)]
pub(super) struct Readout {
    /// At the ends of steps 0, 1, 2..., mV relative to E_L.
    pub course: Vec<f64>,
    /// Its integral by the rule of trapezoids, to where it comes to threshold within a step, mV·ms.
    pub area: f64,
    /// What of the integral goes by each of the potentials, ms.
    pub spans: Vec<f64>,
}

/// The spike of a neuron that comes next.
#[derive(Debug, Clone, Copy)]
struct Cursor {
    step: u32,
    /// Its place among all spikes, neuron by neuron.
    place: u32,
    /// Until when the potential is held after the spike before; 0 where there is none.
    release: u32,
    kinetics: u32,
}

/// What arrives at a spike.
#[derive(Debug, Clone, Copy)]
struct Sums<R> {
    /// What has arrived since the potential was let go: currents at the spike (pA, per channel).
    before: [R; 2],
    /// What that has done to the potential by then, mV.
    rise: R,
    /// What arrives while the potential is held after the spike: currents as it is let go.
    held: [R; 2],
}

/// Targets of a thread.
struct Task<'a, R> {
    neurons: Range<u32>,
    /// Of their spikes.
    sums: &'a mut [Sums<R>],
    inverse: &'a mut [R],
    after: &'a mut [R],
    grazing: u64,
}

/// All that is only read.
struct Known<'a, R: Number> {
    owner: &'a Laid<R>,
    decays: &'a Decays<R>,
    spikes: &'a [Spike],
    times: &'a Times,
    rows: Vec<Rows<'a, R::Fixed>>,
}

impl<R: Number> Replay<R> {
    /// # Errors
    /// A system that gives no more threads.
    pub fn new(owner: &Laid<R>, decays: &Decays<R>, spikes: &[Spike], times: &Times, loss: &Loss) -> Result<Replay<R>> {
        let none = [R::of(0.0); 2];
        let mut sums = vec![Sums { before: none, rise: R::of(0.0), held: none }; times.steps.len()];
        let (mut inverse, mut after) = (vec![R::of(0.0); sums.len()], vec![R::of(0.0); sums.len()]);
        let known = Known { owner, decays, spikes, times, rows: Rows::all(&owner.plan) };
        let events = spikes.len() as u64 * (owner.plan.synapses / u64::from(owner.plan.neurons.max(1))).max(1);
        let threads = owner.threads_for(events);
        let mut tasks = Vec::new();
        let (mut a, mut b, mut c) = (sums.as_mut_slice(), inverse.as_mut_slice(), after.as_mut_slice());
        for neurons in shares(owner.plan.neurons, threads as u32) {
            let own = (times.starts[neurons.end as usize] - times.starts[neurons.start as usize]) as usize;
            let (sums, inverse, after) = (cut(&mut a, own), cut(&mut b, own), cut(&mut c, own));
            tasks.push(Task { neurons, sums, inverse, after, grazing: 0 });
        }
        let (tasks, grazing) = (Mutex::new(tasks), Mutex::new(0));
        let work = || {
            let next = || tasks.lock().unwrap_or_else(PoisonError::into_inner).pop();
            while let Some(mut task) = next() {
                known.play(&mut task);
                *grazing.lock().unwrap_or_else(PoisonError::into_inner) += task.grazing;
            }
        };
        together(threads, "find the currents at spikes", |_| work(), work)?;
        let readouts = readouts(loss).into_iter().map(|neuron| (neuron, known.potentials(neuron))).collect();
        let grazing = grazing.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(Replay { inverse, after, grazing, readouts })
    }
}

/// The neurons whose potentials a loss needs, each once.
fn readouts(loss: &Loss) -> Vec<u32> {
    let potentials = loss.terms().iter().filter(|term| matches!(term, Term::Peak { .. } | Term::Integral { .. }));
    let mut neurons: Vec<u32> = potentials.map(Term::neuron).collect();
    neurons.sort_unstable();
    neurons.dedup();
    neurons
}

/// `count` items in `parts` ranges.
fn shares(count: u32, parts: u32) -> impl Iterator<Item = Range<u32>> {
    let until = move |part: u32| (u64::from(count) * u64::from(part) / u64::from(parts.max(1))) as u32;
    (0..parts.max(1)).map(move |part| until(part)..until(part + 1))
}

/// Cuts the first `count` items off.
pub(super) fn cut<'a, T>(rest: &mut &'a mut [T], count: usize) -> &'a mut [T] {
    let (own, others) = std::mem::take(rest).split_at_mut(count);
    *rest = others;
    own
}

impl<R: Number> Known<'_, R> {
    fn play(&self, task: &mut Task<'_, R>) {
        let times = self.times;
        let first_place = times.starts[task.neurons.start as usize];
        let first = task.neurons.start;
        let place = |neuron: u32| neuron.wrapping_sub(first) as usize;
        let mut cursors: Vec<Cursor> = task.neurons.clone().map(|neuron| self.first(neuron)).collect();
        for (number, spike) in self.spikes.iter().enumerate() {
            for rows in self.rows.iter().filter(|rows| meet(&rows.shard.ids, &task.neurons)) {
                if let Some(next) = self.spikes.get(number + SPIKES_AHEAD) {
                    rows.prefetch(next.id);
                }
                for (delay, range) in rows.blocks(spike.id) {
                    for at in range.clone() {
                        if at + SYNAPSES_AHEAD < range.end
                            && let Some(next) = cursors.get(place(rows.target(at + SYNAPSES_AHEAD)))
                        {
                            prefetch(task.sums, next.place.wrapping_sub(first_place) as usize);
                        }
                        let synapse = rows.synapse(delay, at);
                        let Some(cursor) = cursors.get_mut(place(synapse.target)) else { continue };
                        self.pass(cursor, spike.step, synapse.target);
                        let decay = &self.decays.0[cursor.kinetics as usize];
                        let weight = R::of_fixed(synapse.weight, decay.units[synapse.channel]);
                        let arrival = spike.step + synapse.delay;
                        self.add(*cursor, arrival, synapse.channel, weight, (task.sums, first_place), synapse.target);
                    }
                }
            }
        }
        self.add_listed(task, first_place);
        for neuron in task.neurons.clone() {
            self.finish(neuron, task, first_place);
        }
    }

    fn first(&self, neuron: u32) -> Cursor {
        let place = self.times.starts[neuron as usize];
        let step = self.times.of(neuron).first().copied().unwrap_or(NEVER);
        Cursor { step, place, release: 0, kinetics: self.owner.constants.kinetics_of[neuron as usize] }
    }

    /// Brings the cursor of `neuron` to its first spike after `step`.
    #[inline(always)]
    fn pass(&self, cursor: &mut Cursor, step: u32, neuron: u32) {
        while cursor.step <= step {
            *cursor = self.next(*cursor, neuron);
        }
    }

    #[inline(never)]
    fn next(&self, cursor: Cursor, neuron: u32) -> Cursor {
        let held = self.owner.constants.held_steps(neuron).unwrap_or(0);
        let (place, end) = (cursor.place + 1, self.times.starts[neuron as usize + 1]);
        let step = if place < end { self.times.steps[place as usize] } else { NEVER };
        Cursor { step, place, release: cursor.step + held, kinetics: cursor.kinetics }
    }

    /// Adds what arrives at the end of step `arrival`.
    #[inline(always)]
    fn add(
        &self,
        mut cursor: Cursor,
        arrival: u32,
        channel: usize,
        weight: R,
        (sums, first): (&mut [Sums<R>], u32),
        neuron: u32,
    ) {
        self.pass(&mut cursor, arrival, neuron);
        let decay = &self.decays.0[cursor.kinetics as usize];
        let at = (cursor.place - first) as usize;
        if arrival <= cursor.release && cursor.release > 0 {
            let left = decay.after(channel, cursor.release - arrival).current;
            let own = &mut sums[at - 1].held[channel];
            *own = *own + weight * left;
        } else if cursor.step != NEVER {
            let left = decay.after(channel, cursor.step - arrival);
            let own = &mut sums[at];
            own.before[channel] = own.before[channel] + weight * left.current;
            own.rise = own.rise + weight * left.response;
        }
    }

    /// Adds listed input.
    fn add_listed(&self, task: &mut Task<'_, R>, first_place: u32) {
        for rows in &self.rows {
            for event in &rows.shard.events {
                let (target, channel) = rows.reached(event.accumulator);
                if !task.neurons.contains(&target) || !self.owner.constants.is_neuron(target) {
                    continue;
                }
                let cursor = self.first(target);
                let weight = R::of_fixed(event.weight, self.decays.0[cursor.kinetics as usize].units[channel]);
                self.add(cursor, event.step, channel, weight, (task.sums, first_place), target);
            }
        }
    }

    /// From what arrives to slopes, spike by spike.
    fn finish(&self, neuron: u32, task: &mut Task<'_, R>, first_place: u32) {
        let constants = &self.owner.constants;
        let (Some(membrane), Some(held)) = (constants.membrane(neuron), constants.held_steps(neuron)) else { return };
        let decay = &self.decays.0[constants.kinetics_of[neuron as usize] as usize];
        let dt = self.owner.plan.dt;
        // As the potential was let go, and when.
        let mut point = constants.start[neuron as usize];
        let mut reached = 0;
        let mut free = constants.free_from[neuron as usize];
        for (step, at) in self.times.of(neuron).iter().zip(self.times.starts[neuron as usize] - first_place..) {
            let at = at as usize;
            let sums = task.sums[at];
            let later =
                |current: [f64; 2], steps: u32| [0, 1].map(|c| current[c] * decay.after(c, steps).current.value());
            let v = self.before_spike(neuron, &point, (reached, free, *step)) + sums.rise.value();
            let current = later(point.current, step - reached);
            let current = [0, 1].map(|c| current[c] + sums.before[c].value());
            let injected = constants.injected(neuron, u64::from(*step));
            let driven = membrane.with_current(injected);
            let slope = driven.slope_of_crossing(&Point { v, current }, dt);
            task.grazing += u64::from(slope <= 0.0);
            task.inverse[at] = R::of(if slope > 0.0 { 1.0 / slope } else { 0.0 });
            let current = later(current, held);
            point = Point { v: membrane.reset, current: [0, 1].map(|c| current[c] + sums.held[c].value()) };
            (reached, free) = (step + held, step + held);
            let driven = membrane.with_current(constants.injected(neuron, u64::from(reached) + 1));
            task.after[at] = R::of(driven.slope(membrane.reset, point.current));
        }
    }

    /// The potential at the end of a step, from the state at step `reached` and without what arrived since; it was held until
    /// step `free`.
    fn before_spike(&self, neuron: u32, from: &Point, (reached, free, step): (u32, u32, u32)) -> f64 {
        let constants = &self.owner.constants;
        let Some(membrane) = constants.membrane(neuron) else { return 0.0 };
        let dt = self.owner.plan.dt;
        let free = free.clamp(reached, step);
        let start = membrane.after_held(from, f64::from(free - reached) * dt);
        if !constants.is_injected(neuron) {
            return membrane.after(&start, f64::from(step - free) * dt).v;
        }
        let each = (free + 1..=step).fold(start, |point, step| {
            membrane.with_current(constants.injected(neuron, u64::from(step))).after(&point, dt)
        });
        each.v
    }

    /// The potential of a neuron, step by step, by the engine's own recursion.
    fn potentials(&self, neuron: u32) -> Readout {
        let constants = &self.owner.constants;
        let (Some(membrane), Some(held)) = (constants.membrane(neuron), constants.held_steps(neuron)) else {
            return Readout::default();
        };
        let steps = self.times.run as usize;
        let input = self.arrivals(neuron, steps);
        let dt = self.owner.plan.dt;
        let mut point = constants.start[neuron as usize];
        let mut free = constants.free_from[neuron as usize] as usize;
        let mut fires = self.times.of(neuron).iter().copied().peekable();
        let mut readout = Readout { course: vec![point.v], area: 0.0, spans: vec![0.0; steps + 1] };
        #[allow(clippy::needless_range_loop)]
        for step in 1..=steps {
            let before = point.v;
            point = membrane.with_current(constants.injected(neuron, step as u64)).after(&point, dt);
            if step <= free {
                point.v = before;
            }
            // How long it goes on from the potential before, and to which.
            let (mut span, mut end) = (dt, point.v);
            if fires.next_if_eq(&(step as u32)).is_some() {
                let part = ((membrane.threshold - before) / (point.v - before)).clamp(0.0, 1.0);
                (span, end) = (if part.is_nan() { dt } else { part * dt }, membrane.threshold);
                (point.v, free) = (membrane.reset, step + held as usize);
            } else {
                readout.spans[step] += 0.5 * dt;
            }
            readout.spans[step - 1] += 0.5 * span;
            readout.area += 0.5 * span * (before + end) + (dt - span) * membrane.reset;
            readout.course.push(point.v);
            point = Point { current: [0, 1].map(|c| point.current[c] + input[step][c]), ..point };
        }
        readout
    }

    /// What arrives at a neuron at the end of each step, pA.
    fn arrivals(&self, neuron: u32, steps: usize) -> Vec<[f64; 2]> {
        let mut input = vec![[0.0; 2]; steps + 1];
        let units = self.owner.constants.kinetics[self.owner.constants.kinetics_of[neuron as usize] as usize].units;
        let mut add = |step: u32, channel: usize, weight: R::Fixed| {
            if let Some(own) = input.get_mut(step as usize) {
                own[channel] += R::of_fixed(weight, R::of(units[channel])).value();
            }
        };
        for rows in self.rows.iter().filter(|rows| rows.shard.ids.contains(&neuron)) {
            for spike in self.spikes {
                for (delay, range) in rows.blocks(spike.id) {
                    let own = range.map(|at| rows.synapse(delay, at)).filter(|synapse| synapse.target == neuron);
                    own.for_each(|synapse| add(spike.step + synapse.delay, synapse.channel, synapse.weight));
                }
            }
            for event in &rows.shard.events {
                let (target, channel) = rows.reached(event.accumulator);
                if target == neuron {
                    add(event.step, channel, event.weight);
                }
            }
        }
        input
    }
}

fn meet(a: &Range<u32>, b: &Range<u32>) -> bool {
    a.start < b.end && b.start < a.end
}
