//! Forward over stored spikes: the currents at each spike, and where the potential is let go after it. Nothing is stepped: a
//! current is linear in what arrives, so that each arrival is added to the spike of its target that comes next, in any
//! order, with what will be left of it by then (`arriving`).

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::error::Result;
use crate::number::Number;
use crate::spike::Spike;
use crate::threads::together;
use crate::train::events::grid::arriving::{Arriving, Sums};
use crate::train::events::grid::decays::Decays;
use crate::train::events::grid::laid::Laid;
use crate::train::events::grid::rows::Rows;
use crate::train::events::grid::times::Times;
use crate::train::events::loss::{Loss, Term};
use crate::train::events::membrane::Point;

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

/// Neurons of a thread, and what is found at their spikes.
struct Task<'a, R> {
    neurons: Range<u32>,
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
        let count = times.steps.len();
        let (mut inverse, mut after) = (vec![R::of(0.0); count], vec![R::of(0.0); count]);
        let known = Known { owner, decays, spikes, times, rows: Rows::all(&owner.plan) };
        let arriving = Arriving::new(owner, decays, spikes, times, &known.rows)?;
        let threads = owner.threads_for(count as u64);
        let mut tasks = Vec::new();
        let (mut a, mut b) = (inverse.as_mut_slice(), after.as_mut_slice());
        for neurons in shares(owner.plan.neurons, threads as u32) {
            let own = (times.starts[neurons.end as usize] - times.starts[neurons.start as usize]) as usize;
            let (inverse, after) = (cut(&mut a, own), cut(&mut b, own));
            tasks.push(Task { neurons, inverse, after, grazing: 0 });
        }
        let (tasks, grazing) = (Mutex::new(tasks), Mutex::new(0));
        let work = || {
            let next = || tasks.lock().unwrap_or_else(PoisonError::into_inner).pop();
            while let Some(mut task) = next() {
                known.finish_all(&arriving, &mut task);
                *grazing.lock().unwrap_or_else(PoisonError::into_inner) += task.grazing;
            }
        };
        together(threads, "find the slopes at spikes", |_| work(), work)?;
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
    fn finish_all(&self, arriving: &Arriving<R>, task: &mut Task<'_, R>) {
        let first = self.times.starts[task.neurons.start as usize];
        let mut sums = Vec::new();
        for neuron in task.neurons.clone() {
            let start = self.times.starts[neuron as usize];
            sums.resize(self.times.of(neuron).len(), Sums::none());
            arriving.of(neuron, start, &mut sums);
            self.finish(neuron, &sums, task, (start - first) as usize);
        }
    }

    /// From what arrives to slopes, spike by spike.
    fn finish(&self, neuron: u32, sums: &[Sums<R>], task: &mut Task<'_, R>, first: usize) {
        let constants = &self.owner.constants;
        let (Some(membrane), Some(held)) = (constants.membrane(neuron), constants.held_steps(neuron)) else { return };
        let decay = &self.decays.0[constants.kinetics_of[neuron as usize] as usize];
        let dt = self.owner.plan.dt;
        // As the potential was let go, and when.
        let mut point = constants.start[neuron as usize];
        let mut reached = 0;
        let mut free = constants.free_from[neuron as usize];
        for ((step, sums), at) in self.times.of(neuron).iter().zip(sums).zip(first..) {
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
