//! Loops over the synapses of a row: what a spike of their source finds at each, and what it sends. These are [`Task`]s, since
//! compilers use no wide instructions elsewhere.

use std::ops::Range;

use crate::device::plastic::held::ms;
use crate::device::plastic::past::Past;
use crate::number::{Fixed, Number};
use crate::plan::plastic::{PlasticPlan, PlasticRows};
use crate::simd::{Level, Work as Task};
use crate::spike::Spike;
use crate::tile::ring::{Ring, Sum};

/// What lies between the last two spikes of a source for one of its synapses: spikes of the target, from the end, by the first and
/// the one behind the last, and those of the third factor, from the start.
#[derive(Debug, Clone, Copy, Default)]
pub struct Window {
    pub synapse: u32,
    pub target: [u32; 2],
    pub modulator: [u32; 2],
}

/// One of these: the synapse, the next spike of the target, counted from the end, and when it happens.
#[derive(Debug, Clone, Copy)]
pub struct Between {
    pub synapse: u32,
    pub back: u32,
    pub step: u32,
}

/// Where and when a spike is taken.
pub struct Moment<'a, R> {
    pub plan: &'a PlasticPlan,
    pub rows: &'a PlasticRows,
    /// The plan's first target in this shard, counted from the shard's first neuron.
    pub first_target: usize,
    /// The source's spike, and the one before; none where states begin with the first.
    pub step: i64,
    pub last: Option<i64>,
    /// State at the source after the spike before.
    pub trace: &'a [R],
    pub dt: f64,
}

/// Sums of what arrives at a shard.
pub struct Arrivals<'a, R: Number> {
    /// Where they are.
    pub ring: &'a mut Ring<R::Fixed>,
    /// Slots - 1.
    pub mask: u32,
    /// Neurons of the shard.
    pub neurons: usize,
    /// Sums of a slot.
    pub accumulators: usize,
    /// The shard's first neuron.
    pub first: u32,
}

impl<R: Number> Moment<'_, R> {
    /// The place of the target of synapse `at` among the plan's in this shard.
    #[inline(always)]
    pub fn target(&self, at: usize) -> usize {
        self.rows.targets[at] as usize - self.first_target
    }

    /// Of spikes of the third factor those that arrive between the last two of the source.
    #[inline(always)]
    pub fn between(&self, arrivals: &[u32]) -> [u32; 2] {
        let place = |until: i64| arrivals.partition_point(|&at| i64::from(at) <= until) as u32;
        [self.last.map_or(0, place), place(self.step)]
    }

    /// Steps as ms.
    #[inline(always)]
    pub fn ms(&self, steps: i64) -> R {
        ms(steps, self.dt)
    }
}

/// Synapses whose targets' last spikes are fetched ahead.
const AHEAD: usize = 16;

/// The spikes of the targets between the last two of the source, and what the last of these sees of each target.
pub struct Look<'a, 'b, R> {
    pub moment: &'a Moment<'b, R>,
    pub past: &'a Past<R>,
    pub synapses: Range<usize>,
    /// Whether spikes of the target do anything by themselves.
    pub posts: bool,
    /// Whether what the source's spike does depends on the target's state.
    pub target: bool,
    /// When spikes of the third factor arrive, domain by domain, and those in between where there is one.
    pub modulated: &'a [Vec<u32>],
    pub same: Option<[u32; 2]>,
    pub windows: &'a mut Vec<Window>,
    pub seen: &'a mut [Vec<R>],
}

impl<R: Number> Task for Look<'_, '_, R> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let Look { moment, past, synapses, posts, target: sees, modulated, same, windows, seen } = self;
        let Some((since, target)) = seen.split_last_mut() else { return };
        windows.clear();
        if !posts && !sees && same.is_some_and(|modulator| modulator[0] == modulator[1]) {
            return;
        }
        windows.resize(synapses.len(), Window::default());
        let (last_of_all, mut open) = (synapses.end, 0);
        for (i, at) in synapses.enumerate() {
            if at + AHEAD < last_of_all {
                past.fetch(moment.target(at + AHEAD));
            }
            let (n, delay) = (moment.target(at), i64::from(moment.rows.delay(at)));
            let until = moment.step - delay;
            let after = |step: i64| past.later::<L>(n, step.max(0) as u32);
            let end = after(until);
            let start = if posts { after(moment.last.map_or(0, |last| last - delay)) } else { end };
            let of_domain = || moment.between(&modulated[moment.rows.domain(n)]);
            let modulator = same.unwrap_or_else(of_domain);
            // Written whether it counts or not: which it is is as good as random.
            windows[open] = Window { synapse: i as u32, target: [start, end], modulator };
            open += usize::from((start > end) | (modulator[0] < modulator[1]));
            if sees {
                let (last, known) = past.at(n, after(until - 1) + 1);
                for (column, &value) in target.iter_mut().zip(known) {
                    column[i] = value;
                }
                since[i] = moment.ms((until - i64::from(last)).max(0));
            }
        }
        windows.truncate(open);
    }
}

/// The next spike of the target of each synapse that has one, where there is no third factor, and what it meets.
pub struct Next<'a, 'b, R> {
    pub moment: &'a Moment<'b, R>,
    pub past: &'a Past<R>,
    pub first: usize,
    pub windows: &'a mut Vec<Window>,
    pub which: &'a mut Vec<Between>,
    pub meet: Meet<'a, R>,
}

impl<R: Number> Task for Next<'_, '_, R> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let Next { moment, past, first, windows, which, mut meet } = self;
        let mut open = 0;
        which.reserve(windows.len());
        for k in 0..windows.len() {
            let Window { synapse, target: [back, end], modulator } = windows[k];
            let at = first + synapse as usize;
            let n = moment.target(at);
            let step = past.at(n, back).0 + moment.rows.delay(at);
            let event = Between { synapse, back, step };
            meet.put(moment, past, (at, n), (k, event));
            which.push(event);
            // As in `Look`: written whether there are more or not.
            windows[open] = Window { synapse, target: [back - 1, end], modulator };
            open += usize::from(back - 1 > end);
        }
        windows.truncate(open);
    }
}

/// What events between two spikes of a source meet: when each synapse was brought up to date, the state at the target and
/// the times since.
pub struct Meet<'a, R> {
    pub updated: &'a mut [u32],
    /// Empty where the event's program does not need it.
    pub target: &'a mut [Vec<R>],
    pub elapsed: &'a mut [Vec<R>; 3],
}

impl<R: Number> Meet<'_, R> {
    /// What event `k` meets, of synapse `at`, whose target is `n`.
    #[inline(always)]
    fn put(&mut self, moment: &Moment<'_, R>, past: &Past<R>, (at, n): (usize, usize), (k, event): (usize, Between)) {
        let arrival = i64::from(event.step);
        if !self.target.is_empty() {
            let (before, known) = past.at(n, event.back + 1);
            for (column, &value) in self.target.iter_mut().zip(known) {
                column[k] = value;
            }
            let seen = arrival - i64::from(moment.rows.delay(at));
            self.elapsed[2][k] = moment.ms((seen - i64::from(before)).max(0));
        }
        if let Some(updated) = self.updated.get_mut(at) {
            self.elapsed[0][k] = moment.ms(arrival - i64::from(*updated));
            *updated = event.step;
        }
        self.elapsed[1][k] = moment.ms(arrival - moment.last.unwrap_or(arrival));
    }
}

/// What events that were chosen meet.
pub struct Gather<'a, 'b, R> {
    pub moment: &'a Moment<'b, R>,
    pub past: &'a Past<R>,
    pub first: usize,
    pub which: &'a [Between],
    pub meet: Meet<'a, R>,
}

impl<R: Number> Task for Gather<'_, '_, R> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let Gather { moment, past, first, which, mut meet } = self;
        for (k, &event) in which.iter().enumerate() {
            let at = first + event.synapse as usize;
            meet.put(moment, past, (at, moment.target(at)), (k, event));
        }
    }
}

/// What synapses send, into the sums of their targets; the first that sends more than these have room for.
pub struct Send<'a, 'b, 'c, R: Number> {
    pub moment: &'a Moment<'b, R>,
    pub synapses: Range<usize>,
    pub sent: &'a [R],
    pub arrivals: &'a mut Arrivals<'c, R>,
}

impl<R: Number> Task for Send<'_, '_, '_, R> {
    type Out = Option<Spike>;

    #[inline(always)]
    fn run<L: Level>(self) -> Option<Spike> {
        let Send { moment, synapses, sent, arrivals } = self;
        let Arrivals { ring, mask, neurons, accumulators, first } = arrivals;
        let place = Place {
            moment,
            synapses,
            sent,
            mask: *mask,
            neurons: *neurons,
            accumulators: *accumulators,
            first: *first,
        };
        match &mut **ring {
            Ring::I8(sums) => place.add(sums),
            Ring::I16(sums) => place.add(sums),
            Ring::Full(sums) => place.add(sums),
        }
    }
}

struct Place<'a, 'b, R> {
    moment: &'a Moment<'b, R>,
    synapses: Range<usize>,
    sent: &'a [R],
    mask: u32,
    neurons: usize,
    accumulators: usize,
    first: u32,
}

impl<R: Number> Place<'_, '_, R> {
    #[inline(always)]
    fn add<C: Sum<R::Fixed>>(self, sums: &mut [C]) -> Option<Spike> {
        let Moment { plan, rows, step, .. } = self.moment;
        let most = plan.most * (1.0 + 1e-6);
        let mut fault = None;
        for (at, &sent) in self.synapses.zip(self.sent) {
            let sent = sent.value();
            let (n, channel, arrival) = (rows.targets[at], rows.channel(at), *step as u32 + rows.delay(at));
            // A NaN is in no range.
            if !(-most..=most).contains(&sent) {
                fault = fault.or(Some(Spike::new(arrival, self.first + n)));
                continue;
            }
            let (unit, sign) = plan.channels[channel];
            let slot = (arrival & self.mask) as usize * self.accumulators;
            let sum = &mut sums[slot + channel * self.neurons + n as usize];
            *sum = sum.plus(R::Fixed::quantise(sent * sign, unit));
        }
        fault
    }
}
