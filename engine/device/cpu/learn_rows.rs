//! Loops over the synapses of a row: what a spike of their source finds at each, and what it sends. These are [`Task`]s, since
//! compilers use no wide instructions elsewhere.

use std::ops::Range;

use crate::device::plastic::held::ms;
use crate::device::plastic::past::Past;
use crate::number::{Fixed, Number};
use crate::plan::plastic::{PlasticPlan, PlasticRows};
use crate::simd::{Level, Work as Task, prefetch};
use crate::spike::Spike;
use crate::tile::ring::{Ring, Sum};

/// What lies between the last two spikes of a source for one of its synapses: spikes of the target, and of the third factor,
/// by the first and the one behind the last.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub synapse: u32,
    pub target: [u32; 2],
    pub modulator: [u32; 2],
}

/// One of these: the synapse, how many spikes of the target come before, and when it happens.
#[derive(Debug, Clone, Copy)]
pub struct Between {
    pub synapse: u32,
    pub before: u32,
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

    /// Steps as ms.
    #[inline(always)]
    pub fn ms(&self, steps: i64) -> R {
        ms(steps, self.dt)
    }
}

/// Synapses whose targets, and whose targets' last spikes, are fetched ahead.
const AHEAD: [usize; 2] = [24, 12];

/// The spikes of the targets between the last two of the source, and what the last of these sees of each target.
pub struct Look<'a, 'b, R> {
    pub moment: &'a Moment<'b, R>,
    pub past: &'a [Past<R>],
    pub synapses: Range<usize>,
    /// State at the target at first.
    pub start: &'a [R],
    /// Whether spikes of the target do anything by themselves.
    pub posts: bool,
    /// The spikes of the third factor in between.
    pub modulator: [u32; 2],
    pub windows: &'a mut Vec<Window>,
    pub seen: &'a mut [Vec<R>],
}

impl<R: Number> Task for Look<'_, '_, R> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let Look { moment, past, synapses, start, posts, modulator, windows, seen } = self;
        let Some((since, target)) = seen.split_last_mut() else { return };
        let last_of_all = synapses.end;
        for (i, at) in synapses.enumerate() {
            // Each target is elsewhere in memory, and its spikes still elsewhere.
            if at + AHEAD[0] < last_of_all {
                prefetch(past, moment.target(at + AHEAD[0]));
            }
            if at + AHEAD[1] < last_of_all {
                past[moment.target(at + AHEAD[1])].fetch(start.len());
            }
            let delay = i64::from(moment.rows.delay(at));
            let after = if posts { moment.last.map_or(i64::MIN, |last| last - delay) } else { i64::MAX };
            let until = moment.step - delay;
            let past = &past[moment.target(at)];
            let [from, end, before] = past.window(after, until);
            if from < end || modulator[0] < modulator[1] {
                windows.push(Window { synapse: i as u32, target: [from, end], modulator });
            }
            let (last, known) = past.ahead_of(before as usize, start.len());
            let known = known.unwrap_or(start);
            for (column, &value) in target.iter_mut().zip(known) {
                column[i] = value;
            }
            since[i] = moment.ms((until - i64::from(last)).max(0));
        }
    }
}

/// What spikes of targets meet, one of each.
pub struct Gather<'a, 'b, R> {
    pub moment: &'a Moment<'b, R>,
    pub past: &'a [Past<R>],
    pub first: usize,
    pub which: &'a [Between],
    pub start: &'a [R],
    pub updated: &'a mut [u32],
    pub target: &'a mut [Vec<R>],
    pub elapsed: &'a mut [Vec<R>; 3],
}

impl<R: Number> Task for Gather<'_, '_, R> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let Gather { moment, past, first, which, start, updated, target, elapsed } = self;
        for (k, event) in which.iter().enumerate() {
            let at = first + event.synapse as usize;
            let arrival = i64::from(event.step);
            let (before, known) = past[moment.target(at)].ahead_of(event.before as usize, start.len());
            for (column, &value) in target.iter_mut().zip(known.unwrap_or(start)) {
                column[k] = value;
            }
            if let Some(updated) = updated.get_mut(at) {
                elapsed[0][k] = moment.ms(arrival - i64::from(*updated));
                *updated = event.step;
            }
            elapsed[1][k] = moment.ms(arrival - moment.last.unwrap_or(arrival));
            let seen = arrival - i64::from(moment.rows.delay(at));
            elapsed[2][k] = moment.ms((seen - i64::from(before)).max(0));
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
