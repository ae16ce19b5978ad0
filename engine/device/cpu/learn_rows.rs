//! Loops over the synapses of a row: what a spike of their source finds at each, and what it sends. These are [`Task`]s, since
//! compilers use no wide instructions elsewhere.

use std::ops::Range;

use crate::device::cpu::learn_seen::Seen;
use crate::device::plastic::held::ms;
use crate::device::plastic::past::Past;
use crate::number::{Fixed, Number};
use crate::plan::plastic::PlasticPlan;
use crate::plan::plastic_rows::PlasticRows;
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

/// The spikes of the targets and of the third factor between the last two of the source.
pub struct Look<'a, 'b, R> {
    pub moment: &'a Moment<'b, R>,
    pub past: &'a Past<R>,
    pub synapses: Range<usize>,
    /// Whether spikes of the target do anything by themselves.
    pub posts: bool,
    /// When spikes of the third factor arrive, domain by domain, and those in between where there is one.
    pub modulated: &'a [Vec<u32>],
    pub same: Option<[u32; 2]>,
    pub windows: &'a mut Vec<Window>,
}

impl<R: Number> Task for Look<'_, '_, R> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let Look { moment, past, synapses, posts, modulated, same, windows } = self;
        windows.clear();
        if !posts && same.is_some_and(|modulator| modulator[0] == modulator[1]) {
            return;
        }
        windows.resize(synapses.len(), Window::default());
        let mut open = 0;
        for (i, at) in synapses.enumerate() {
            let (n, delay) = (moment.target(at), i64::from(moment.rows.delay(at)));
            let after = |step: i64| past.later::<L>(n, step.max(0) as u32);
            let end = after(moment.step - delay);
            let start = if posts { after(moment.last.map_or(0, |last| last - delay)) } else { end };
            let of_domain = || moment.between(&modulated[moment.rows.domain(n)]);
            let modulator = same.unwrap_or_else(of_domain);
            // Written whether it counts or not: which it is is as good as random.
            windows[open] = Window { synapse: i as u32, target: [start, end], modulator };
            open += usize::from((start > end) | (modulator[0] < modulator[1]));
        }
        windows.truncate(open);
    }
}

/// What the source's spike sees of each target, state by state, and the time since then, ms.
pub struct See<'a, 'b, R> {
    pub moment: &'a Moment<'b, R>,
    pub past: &'a Past<R>,
    /// The same of all targets, where all synapses have one delay.
    pub seen: Option<&'a Seen<R>>,
    pub synapses: Range<usize>,
    pub state: &'a mut [Vec<R>],
    pub since: &'a mut [R],
}

impl<R: Number> Task for See<'_, '_, R> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let See { moment, past, seen, synapses, state, since } = self;
        let delay = |at: usize| i64::from(moment.rows.delay(at));
        let Some(seen) = seen else {
            for (i, at) in synapses.enumerate() {
                let (n, until) = (moment.target(at), moment.step - delay(at));
                let (before, known) = past.at(n, past.later::<L>(n, (until - 1).max(0) as u32) + 1);
                for (column, &value) in state.iter_mut().zip(known) {
                    column[i] = value;
                }
                since[i] = moment.ms((until - i64::from(before)).max(0));
            }
            return;
        };
        let until = (moment.step - delay(synapses.start)).max(0) as u32;
        let (targets, first) = (&moment.rows.targets[synapses], moment.first_target);
        for (column, of_targets) in state.iter_mut().zip(&seen.state) {
            column.iter_mut().zip(targets).for_each(|(to, &target)| *to = of_targets[target as usize - first]);
        }
        let dt = R::of(moment.dt);
        for (to, &target) in since.iter_mut().zip(targets) {
            *to = R::of(f64::from(until.saturating_sub(seen.before[target as usize - first]))) * dt;
        }
    }
}

/// What events that were chosen meet: when each synapse was brought up to date, the state at the target and the times since.
pub struct Gather<'a, 'b, R> {
    pub moment: &'a Moment<'b, R>,
    pub past: &'a Past<R>,
    pub first: usize,
    pub which: &'a [Between],
    pub updated: &'a mut [u32],
    /// Empty where the event's program does not need it.
    pub target: &'a mut [Vec<R>],
    pub elapsed: &'a mut [Vec<R>; 3],
}

impl<R: Number> Task for Gather<'_, '_, R> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let Gather { moment, past, first, which, updated, target, elapsed } = self;
        for (k, event) in which.iter().enumerate() {
            let (at, arrival) = (first + event.synapse as usize, i64::from(event.step));
            if !target.is_empty() {
                let (before, known) = past.at(moment.target(at), event.back + 1);
                for (column, &value) in target.iter_mut().zip(known) {
                    column[k] = value;
                }
                let seen = arrival - i64::from(moment.rows.delay(at));
                elapsed[2][k] = moment.ms((seen - i64::from(before)).max(0));
            }
            if let Some(updated) = updated.get_mut(at) {
                elapsed[0][k] = moment.ms(arrival - i64::from(*updated));
                *updated = event.step;
            }
            elapsed[1][k] = moment.ms(arrival - moment.last.unwrap_or(arrival));
        }
    }
}

/// What synapses send, into the sums of their targets; the first that sends more than these have room for.
pub struct Send<'a, 'b, 'c, R: Number> {
    pub moment: &'a Moment<'b, R>,
    pub synapses: Range<usize>,
    pub sent: &'a [R],
    /// Room for what these are in counts.
    pub counts: &'a mut [R::Fixed],
    pub arrivals: &'a mut Arrivals<'c, R>,
}

impl<R: Number> Task for Send<'_, '_, '_, R> {
    type Out = Option<Spike>;

    #[inline(always)]
    fn run<L: Level>(self) -> Option<Spike> {
        let Send { moment, synapses, sent, counts, arrivals } = self;
        let alike = fill_counts(moment, sent, counts);
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
        match (&mut **ring, alike) {
            (Ring::I8(sums), false) => place.add(sums),
            (Ring::I16(sums), false) => place.add(sums),
            (Ring::Full(sums), false) => place.add(sums),
            (Ring::I8(sums), true) => place.add_alike(sums, counts),
            (Ring::I16(sums), true) => place.add_alike(sums, counts),
            (Ring::Full(sums), true) => place.add_alike(sums, counts),
        }
    }
}

/// Writes what is `sent` to `counts`, in units of the channel. Whether these can be added as they are: if not all goes to
/// one channel after one delay, if the unit is no power of two, or if one is larger than sums have room for or of the other
/// sign, it is false,
/// and `counts` is not to be used.
#[inline(always)]
fn fill_counts<R: Number>(moment: &Moment<'_, R>, sent: &[R], counts: &mut [R::Fixed]) -> bool {
    let Moment { plan, rows, .. } = moment;
    if rows.channels.len() != 1 || rows.delays.len() != 1 {
        return false;
    }
    let ((unit, sign), (low, high)) = (plan.channels[rows.channel(0)], plan.sent_to(rows.channel(0)));
    // Only of a power of two have products with its reciprocal the same bits as quotients.
    let per = unit.recip();
    if unit.to_bits() << 12 != 0 || !unit.is_normal() || !per.is_normal() {
        return false;
    }
    let (most, mut within) = (plan.most_sent(), true);
    if most * per >= f64::from(i32::MAX) && R::Fixed::BITS < 32 {
        return false;
    }
    for (count, &sent) in counts.iter_mut().zip(sent) {
        let sent = sent.value();
        // A NaN is in no range.
        within &= (sent >= low) & (sent <= high);
        *count = R::Fixed::nearest(sent * sign * per);
    }
    within
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
    fn add_alike<C: Sum<R::Fixed>>(self, sums: &mut [C], counts: &[R::Fixed]) -> Option<Spike> {
        let Moment { rows, step, .. } = self.moment;
        let slot = ((*step as u32 + rows.delay(0)) & self.mask) as usize * self.accumulators;
        let sums = &mut sums[slot + rows.channel(0) * self.neurons..][..self.neurons];
        for (&n, &count) in rows.targets[self.synapses].iter().zip(counts) {
            let sum = &mut sums[n as usize];
            *sum = sum.plus(count);
        }
        None
    }

    #[inline(always)]
    fn add<C: Sum<R::Fixed>>(self, sums: &mut [C]) -> Option<Spike> {
        let Moment { plan, rows, step, .. } = self.moment;
        let most = plan.most_sent();
        let mut fault = None;
        for (at, &sent) in self.synapses.zip(self.sent) {
            let sent = sent.value();
            let (n, arrival) = (rows.targets[at], *step as u32 + rows.delay(at));
            // A NaN is in no range.
            let within = Some(sent).filter(|sent| (-most..=most).contains(sent));
            let Some(channel) = within.and_then(|sent| plan.channel_of(sent, rows.channel(at))) else {
                fault = fault.or(Some(Spike::new(arrival, self.first + n)));
                continue;
            };
            let (unit, sign) = plan.channels[channel];
            let slot = (arrival & self.mask) as usize * self.accumulators;
            let sum = &mut sums[slot + channel * self.neurons + n as usize];
            *sum = sum.plus(R::Fixed::quantise(sent * sign, unit));
        }
        fault
    }
}
