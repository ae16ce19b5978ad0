//! Backward over stored spikes. The derivation is on the page `docs/train/gradients.md`.
//!
//! A neuron is known by what its adjoint is just before its next breakpoint: a spike of its own, or a step at which the loss
//! looks at its potential. Between two breakpoints it is read from a table. Spikes of one epoch, as long as the shortest
//! delay, do not depend on each other: threads take those of their sources, whose synapses nobody else writes; then one of
//! them enters what came out. So sums have one order for any number of threads.

use std::ops::Range;
use std::sync::{Mutex, PoisonError, RwLock};

use crate::error::Result;
use crate::exchange::Barrier;
use crate::number::Number;
use crate::simd::prefetch;
use crate::spike::Spike;
use crate::threads::together;
use crate::train::events::grid::decays::{Decay, Decays};
use crate::train::events::grid::gradient::{GridGradient, GridJump};
use crate::train::events::grid::laid::Laid;
use crate::train::events::grid::replay::{Replay, cut};
use crate::train::events::grid::rows::{LINE, Rows};
use crate::train::events::grid::sensitivity::Sensitivity;
use crate::train::events::grid::times::Times;

/// No step.
const NEVER: u32 = u32::MAX;

/// The adjoint of a neuron just before a breakpoint.
#[derive(Debug, Clone, Copy)]
struct Ahead<R> {
    /// At the end of which step it is; [`NEVER`] where nothing comes.
    step: u32,
    /// Until the end of which step the potential is held in the stretch that ends here.
    free: u32,
    kinetics: u32,
    /// Its place among all breakpoints.
    place: u32,
    /// dL/dV, 1/mV.
    v: R,
    /// dL/dI per channel, 1/pA.
    current: [R; 2],
}

/// The breakpoint ahead of a neuron and the one behind it: most of what arrives lies before the one or the other, which are a
/// line of cache in `f32`.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Near<R>([Ahead<R>; 2]);

/// Spikes and synapses ahead for which lines of cache are asked: about what memory takes.
const SPIKES_AHEAD: usize = 3;
const SYNAPSES_AHEAD: usize = 20;

/// All breakpoints: what is near each neuron, and what lies behind that.
struct Course<R> {
    near: Vec<Near<R>>,
    /// Neuron by neuron, rising in time; each neuron's last is never reached.
    all: Vec<Ahead<R>>,
}

/// What threads read.
pub(super) struct Backward<'a, R: Number> {
    owner: &'a Laid<R>,
    decays: &'a Decays<R>,
    spikes: &'a [Spike],
    times: &'a Times,
    replay: &'a Replay<R>,
    rows: Vec<Rows<'a, R::Fixed>>,
    without: Option<GridJump>,
}

/// Sources of a thread, with the gradients of their synapses: per shard, from which synapse on.
struct Member<'a, R> {
    sources: Range<u32>,
    parts: Vec<(usize, &'a mut [R], &'a mut [R])>,
    /// Spikes of the epoch, by number, the last first.
    order: Vec<usize>,
    /// The same, and what they bring later.
    found: Vec<(u32, R)>,
}

impl<'a, R: Number> Backward<'a, R> {
    pub fn new(
        owner: &'a Laid<R>,
        decays: &'a Decays<R>,
        spikes: &'a [Spike],
        times: &'a Times,
        replay: &'a Replay<R>,
        without: Option<GridJump>,
    ) -> Backward<'a, R> {
        Backward { owner, decays, spikes, times, replay, rows: Rows::all(&owner.plan), without }
    }

    /// # Errors
    /// A system that gives no more threads.
    pub fn run(&self, sensitivity: Sensitivity) -> Result<GridGradient<R>> {
        let synapses = self.rows.iter().map(|rows| rows.shard.rows.len()).sum();
        let (mut weights, mut delays) = (vec![R::of(0.0); synapses], vec![R::of(0.0); synapses]);
        let kicks = self.kicks(sensitivity.potentials);
        let course = RwLock::new(self.course(&kicks));
        let mut late: Vec<R> = sensitivity.spikes.into_iter().map(R::of).collect();
        let (shares, events) = self.shares();
        let threads = shares.len();
        let members = self.members(shares, &mut weights, &mut delays);
        let members: Vec<Mutex<Member<'_, R>>> = members.into_iter().map(Mutex::new).collect();
        let barrier = Barrier::new(threads, None);
        let help = |number: usize| {
            let epochs = Epochs::new(self, &kicks);
            for epoch in epochs {
                self.gather(&course, &members[number], epoch.spikes);
                barrier.wait();
                // The first enters what was found.
                barrier.wait();
            }
        };
        let own = || {
            let epochs = Epochs::new(self, &kicks);
            for epoch in epochs {
                self.gather(&course, &members[0], epoch.spikes.clone());
                barrier.wait();
                let mut course = course.write().unwrap_or_else(PoisonError::into_inner);
                for member in &members {
                    let mut member = member.lock().unwrap_or_else(PoisonError::into_inner);
                    for (spike, later) in member.found.drain(..) {
                        late[spike as usize] = late[spike as usize] + later;
                    }
                }
                self.enter(&mut course, &epoch, &kicks, &mut late);
                drop(course);
                barrier.wait();
            }
        };
        let _ = events;
        together(threads, "go back over spikes", help, own)?;
        drop(members);
        Ok(GridGradient { loss: 0.0, weights, delays, spikes: late, grazing: self.replay.grazing })
    }

    /// Where the loss looks at a potential that is not held, in the order of steps, each once.
    fn kicks(&self, mut potentials: Vec<(u32, u32, f64)>) -> Vec<(u32, u32, f64)> {
        potentials.sort_unstable_by_key(|&(neuron, step, _)| (step, neuron));
        let mut kicks: Vec<(u32, u32, f64)> = Vec::new();
        for (neuron, step, value) in potentials {
            match kicks.last_mut() {
                Some(last) if (last.0, last.1) == (neuron, step) => last.2 += value,
                _ if step <= self.free_before(neuron, step + 1) => {}
                _ => kicks.push((neuron, step, value)),
            }
        }
        kicks
    }

    /// Until which step the potential is held by the last spike of a neuron before `step`.
    fn free_before(&self, neuron: u32, step: u32) -> u32 {
        let own = self.times.of(neuron);
        let count = own.partition_point(|&spike| spike < step);
        match count.checked_sub(1) {
            Some(last) => own[last] + self.owner.constants.held_steps(neuron).unwrap_or(0),
            None => self.owner.constants.free_from[neuron as usize],
        }
    }

    /// The breakpoints of all neurons, none of them reached.
    fn course(&self, kicks: &[(u32, u32, f64)]) -> Course<R> {
        let neurons = self.owner.plan.neurons as usize;
        let mut counts: Vec<u32> = self.times.starts.windows(2).map(|ends| ends[1] - ends[0] + 1).collect();
        kicks.iter().for_each(|kick| counts[kick.0 as usize] += 1);
        let zero = R::of(0.0);
        let none = Ahead { step: NEVER, free: 0, kinetics: 0, place: 0, v: zero, current: [zero; 2] };
        let (mut near, mut end) = (Vec::with_capacity(neurons), 0);
        for (neuron, count) in (0u32..).zip(counts) {
            end += count;
            let kinetics = self.owner.constants.kinetics_of[neuron as usize];
            near.push(Near([Ahead { kinetics, place: end - 1, free: self.free_before(neuron, NEVER), ..none }; 2]));
        }
        let mut all = vec![none; end as usize];
        near.iter().for_each(|own| all[own.0[0].place as usize] = own.0[0]);
        Course { near, all }
    }

    /// Ranges of sources with about as many events each, and all events.
    fn shares(&self) -> (Vec<Range<u32>>, u64) {
        let neurons = self.owner.plan.neurons;
        let events = |source: u32| {
            let degree: usize = self.rows.iter().map(|rows| rows.range(source).len()).sum();
            (degree * self.times.of(source).len()) as u64
        };
        let all: u64 = (0..neurons).map(events).sum();
        let threads = self.owner.threads_for(all) as u64;
        let (mut shares, mut start, mut sum) = (Vec::new(), 0, 0);
        for source in 0..neurons {
            sum += events(source);
            if sum * threads >= all * (shares.len() as u64 + 1) && (shares.len() as u64) + 1 < threads {
                shares.push(start..source + 1);
                start = source + 1;
            }
        }
        shares.push(start..neurons);
        (shares, all)
    }

    fn members<'b>(&self, shares: Vec<Range<u32>>, weights: &'b mut [R], delays: &'b mut [R]) -> Vec<Member<'b, R>> {
        let member = |sources: &Range<u32>| Member {
            sources: sources.clone(),
            parts: Vec::new(),
            order: Vec::new(),
            found: Vec::new(),
        };
        let mut members: Vec<Member<'b, R>> = shares.iter().map(member).collect();
        let (mut weights, mut delays) = (weights, delays);
        for rows in &self.rows {
            for (member, sources) in members.iter_mut().zip(&shares) {
                let first = rows.range(sources.start).start;
                let end = if sources.is_empty() { first } else { rows.range(sources.end - 1).end };
                let count = end.saturating_sub(first);
                member.parts.push((first, cut(&mut weights, count), cut(&mut delays, count)));
            }
        }
        members
    }

    /// What the spikes of an epoch bring later, and the gradients of their synapses.
    fn gather(&self, course: &RwLock<Course<R>>, member: &Mutex<Member<'_, R>>, epoch: Range<usize>) {
        let course = course.read().unwrap_or_else(PoisonError::into_inner);
        let mut member = member.lock().unwrap_or_else(PoisonError::into_inner);
        let Member { sources, parts, order, found } = &mut *member;
        order.clear();
        order.extend(epoch.rev().filter(|number| sources.contains(&self.spikes[*number].id)));
        for (k, &number) in order.iter().enumerate() {
            let ahead = |by: usize| order.get(k + by).map(|next| self.spikes[*next].id);
            if let Some(next) = ahead(SPIKES_AHEAD) {
                self.prefetch(next, parts);
            }
            let spike = self.spikes[number];
            let mut later = R::of(0.0);
            for (rows, (first, weights, delays)) in self.rows.iter().zip(parts.iter_mut()) {
                let (row, next) = (rows.range(spike.id), ahead(1).map_or(0..0, |next| rows.range(next)));
                for (delay, range) in rows.blocks(spike.id) {
                    let own = range.start - *first..range.end - *first;
                    let gradients = weights[own.clone()].iter_mut().zip(&mut delays[own]);
                    for (at, (weight, delayed)) in range.zip(gradients) {
                        if let Some(ahead) = rows.target_ahead(at, SYNAPSES_AHEAD, &row, &next) {
                            prefetch(&course.near, ahead as usize);
                        }
                        let synapse = rows.synapse(delay, at);
                        let near = &course.near[synapse.target as usize].0;
                        let arrival = spike.step + synapse.delay;
                        let ahead = &near[usize::from(arrival >= near[0].step)];
                        let ahead = if arrival < ahead.step { ahead } else { course.behind(ahead, arrival) };
                        if ahead.step == NEVER {
                            continue;
                        }
                        let decay = &self.decays.0[ahead.kinetics as usize];
                        let (v, current) = ahead.at(decay, arrival, synapse.channel);
                        let own = R::of_fixed(synapse.weight, decay.units[synapse.channel]);
                        let moved = own * (current * decay.rates[synapse.channel] - v * decay.inverse_c);
                        *weight = *weight + current;
                        *delayed = *delayed + moved;
                        later = later + moved;
                    }
                }
            }
            if self.without != Some(GridJump::Arrival) {
                found.push((number as u32, later));
            }
        }
    }

    /// Asks for the row of a source and for its gradients.
    fn prefetch(&self, source: u32, parts: &[(usize, &mut [R], &mut [R])]) {
        for (rows, (first, weights, delays)) in self.rows.iter().zip(parts) {
            rows.prefetch(source);
            for at in rows.range(source).step_by(LINE) {
                prefetch(weights, at - first);
                prefetch(delays, at - first);
            }
        }
    }

    /// Enters the breakpoints of an epoch, the last first.
    fn enter(&self, course: &mut Course<R>, epoch: &Epoch, kicks: &[(u32, u32, f64)], late: &mut [R]) {
        let (mut spikes, mut looks) = (epoch.spikes.clone(), epoch.kicks.clone());
        loop {
            let spike = if spikes.is_empty() { None } else { Some(self.spikes[spikes.end - 1]) };
            let kick = if looks.is_empty() { None } else { Some(kicks[looks.end - 1]) };
            match (spike, kick) {
                (None, None) => return,
                (spike, Some((neuron, step, value))) if spike.is_none_or(|spike| spike.step <= step) => {
                    looks.end -= 1;
                    let ahead = course.near[neuron as usize].0[0];
                    let [v, ex, inh] = self.adjoint(&ahead, step);
                    course.enter(neuron, Ahead { step, v: v + R::of(value), current: [ex, inh], ..ahead });
                }
                (Some(spike), _) => {
                    spikes.end -= 1;
                    self.enter_spike(course, spikes.end, spike, late);
                }
                (None, Some(_)) => return,
            }
        }
    }

    fn enter_spike(&self, course: &mut Course<R>, number: usize, spike: Spike, late: &mut [R]) {
        let Some(held) = self.owner.constants.held_steps(spike.id) else { return };
        let place = self.times.place[number] as usize;
        let ahead = course.near[spike.id as usize].0[0];
        let released = self.adjoint(&ahead, spike.step + held);
        if self.without != Some(GridJump::Release) {
            late[number] = late[number] - released[0] * self.replay.after[place];
        }
        let [v, ex, inh] = self.adjoint(&ahead, spike.step);
        let before = -(late[number] * self.replay.inverse[place]);
        let v = if self.without == Some(GridJump::Held) { before + v } else { before };
        let free = if self.without == Some(GridJump::Held) { 0 } else { self.free_before(spike.id, spike.step) };
        course.enter(spike.id, Ahead { step: spike.step, free, v, current: [ex, inh], ..ahead });
    }

    /// dL/dV and dL/dI of both channels at the end of `step`, before the breakpoint `ahead`.
    fn adjoint(&self, ahead: &Ahead<R>, step: u32) -> [R; 3] {
        if ahead.step == NEVER {
            return [R::of(0.0); 3];
        }
        let decay = &self.decays.0[ahead.kinetics as usize];
        let (v, ex) = ahead.at(decay, step, 0);
        [v, ex, ahead.at(decay, step, 1).1]
    }
}

impl<R: Number> Course<R> {
    /// The first breakpoint after an arrival, which is none of those that are near.
    #[inline(never)]
    fn behind(&self, ahead: &Ahead<R>, arrival: u32) -> &Ahead<R> {
        let mut place = ahead.place as usize;
        while self.all[place].step <= arrival {
            place += 1;
        }
        &self.all[place]
    }

    /// Makes `own` the breakpoint that is ahead of a neuron.
    fn enter(&mut self, neuron: u32, own: Ahead<R>) {
        let own = Ahead { place: own.place - 1, ..own };
        self.all[own.place as usize] = own;
        let near = &mut self.near[neuron as usize].0;
        *near = [own, near[0]];
    }
}

impl<R: Number> Ahead<R> {
    /// dL/dV and dL/dI of a channel at the end of `step`, with the input that arrives then.
    #[inline(always)]
    fn at(&self, decay: &Decay<R>, step: u32, channel: usize) -> (R, R) {
        if step < self.free {
            return self.at_held(decay, step, channel);
        }
        let left = decay.after(channel, self.step - step);
        (left.potential * self.v, left.current * self.current[channel] + left.response * self.v)
    }

    /// While the potential is held, which then answers nothing.
    #[inline(never)]
    fn at_held(&self, decay: &Decay<R>, step: u32, channel: usize) -> (R, R) {
        let left = decay.after(channel, self.step - self.free);
        let released = left.current * self.current[channel] + left.response * self.v;
        (R::of(0.0), decay.after(channel, self.free - step).current * released)
    }
}

/// Spikes and kicks of the steps of an epoch, as ranges of both lists.
struct Epoch {
    spikes: Range<usize>,
    kicks: Range<usize>,
}

/// The epochs in which something happens, the last first.
struct Epochs<'a> {
    spikes: &'a [Spike],
    kicks: &'a [(u32, u32, f64)],
    length: u32,
}

impl<'a> Epochs<'a> {
    fn new<R: Number>(backward: &Backward<'a, R>, kicks: &'a [(u32, u32, f64)]) -> Epochs<'a> {
        Epochs { spikes: backward.spikes, kicks, length: backward.owner.plan.min_delay.max(1) }
    }
}

impl Iterator for Epochs<'_> {
    type Item = Epoch;

    fn next(&mut self) -> Option<Epoch> {
        let (spike, kick) = (self.spikes.last().map(|s| s.step), self.kicks.last().map(|k| k.1));
        let before = spike.max(kick)?.saturating_sub(self.length);
        let count = |from: &[Spike]| from.iter().rev().take_while(|s| s.step > before).count();
        let spikes = self.spikes.len() - count(self.spikes)..self.spikes.len();
        let looks = self.kicks.iter().rev().take_while(|k| k.1 > before).count();
        let kicks = self.kicks.len() - looks..self.kicks.len();
        self.spikes = &self.spikes[..spikes.start];
        self.kicks = &self.kicks[..kicks.start];
        Some(Epoch { spikes, kicks })
    }
}
