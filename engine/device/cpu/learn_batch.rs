//! What targets have done between the last two spikes of each source of a batch: rows side by side, so that the rounds in which
//! their synapses take one spike each are few and long.

use std::ops::Range;

use crate::device::cpu::learn_rows::{Moment, Window};
use crate::device::plastic::past::Past;
use crate::number::Number;
use crate::plan::plastic::RECENT;
use crate::plan::plastic_rows::PlasticRows;
use crate::simd::{Level, Work as Task, prefetch};

/// No spike of the source before.
const NEVER: i64 = i64::MIN;

/// Synapses with spikes of their targets that are yet to be taken, and the next one of each. They lie among the target's last.
#[derive(Debug)]
pub struct Batch<R> {
    /// The number of synapses.
    pub len: usize,
    /// Each synapse's index among those of the plan.
    pub at: Vec<u32>,
    /// The index, in the batch, of each one's source.
    source: Vec<u16>,
    /// The step in which each one's next target spike arrives.
    arrival: Vec<u32>,
    /// The spikes after the next, a bit for each place among the target's last; above these bits the place of the next.
    left: Vec<u32>,
    /// The synapses with more spikes after the next, `open` of them.
    more: Vec<u32>,
    open: usize,
    /// Per source, its last spike, and the state that its synapses share.
    last: Vec<i64>,
    traces: Vec<Vec<R>>,
}

/// Synapses whose targets' last spikes are fetched ahead.
const AHEAD: usize = 16;

/// A bit that stands for none.
const NONE: u32 = 1 << (RECENT - 1);

impl<R: Number> Batch<R> {
    /// Room for `most` synapses, of sources with `states` variables.
    pub fn new(most: usize, states: usize) -> Batch<R> {
        Batch {
            len: 0,
            at: vec![0; most],
            source: vec![0; most],
            arrival: vec![0; most],
            left: vec![0; most],
            more: vec![0; most],
            open: 0,
            last: Vec::new(),
            traces: vec![Vec::new(); states],
        }
    }

    /// Empties the batch.
    pub fn clear(&mut self) {
        (self.len, self.open) = (0, 0);
        self.last.clear();
        self.traces.iter_mut().for_each(Vec::clear);
    }

    /// A source, whose synapses come next.
    pub fn source(&mut self, last: Option<i64>, trace: &[R]) {
        self.last.push(last.unwrap_or(NEVER));
        self.traces.iter_mut().zip(trace).for_each(|(column, &value)| column.push(value));
    }
}

/// The next of some spikes and those behind it: by a bit for each place among the last, and above these the place of the next.
#[inline(always)]
fn next(left: u32) -> (usize, u32) {
    let place = (left | NONE).trailing_zeros();
    (place as usize, left & left.wrapping_sub(1) | place << RECENT)
}

/// Looks for them among some synapses of the source that was named last; those that have more than lie among the last go to
/// `windows`.
pub struct Open<'a, 'b, R> {
    pub moment: &'a Moment<'b, R>,
    pub past: &'a Past<R>,
    pub synapses: Range<usize>,
    pub batch: &'a mut Batch<R>,
    pub windows: &'a mut Vec<Window>,
    /// States of all synapses, and those that come after these.
    pub state: &'a [Vec<R>],
    pub next: Range<usize>,
}

impl<R: Number> Task for Open<'_, '_, R> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        if self.moment.rows.delays.len() == 1 { self.look::<L, true>() } else { self.look::<L, false>() }
    }
}

impl<R: Number> Open<'_, '_, R> {
    #[inline(always)]
    fn look<L: Level, const SAME: bool>(self) {
        let Open { moment, past, synapses, batch, windows, state, next: others } = self;
        windows.clear();
        let (rows, first_target, recent) = (moment.rows, moment.first_target, past.all_recent());
        let (begin, mut k, mut open, most) = (batch.len, batch.len, batch.open, batch.at.len());
        let [ats, arrivals, lefts, more] = [&mut batch.at, &mut batch.arrival, &mut batch.left, &mut batch.more];
        let (ats, arrivals, lefts, more) =
            (&mut ats[..most], &mut arrivals[..most], &mut lefts[..most], &mut more[..most]);
        let same = if SAME { Ends::new(moment, rows.delay(0)) } else { Ends::default() };
        let targets = &rows.targets[synapses.clone()];
        for (i, &target) in targets.iter().enumerate() {
            if i % AHEAD == 0 && others.start + i < others.end {
                prefetch(&rows.targets, others.start + i);
                state.iter().for_each(|column| prefetch(column, others.start + i));
            }
            if let Some(&ahead) = targets.get(i + AHEAD) {
                prefetch(recent, ahead as usize - first_target);
            }
            let (at, n) = (synapses.start + i, target as usize - first_target);
            let ends = if SAME { same } else { Ends::new(moment, rows.delay(at)) };
            let steps = recent[n].steps();
            let [later, left] = L::within(steps, ends.after, ends.until);
            if later & 1 == 1 {
                windows.extend(ends.window(past, n, i));
                continue;
            }
            let (place, behind) = next(left);
            // Written whether there is one or not: which it is is as good as random.
            (ats[k], arrivals[k], lefts[k]) = (at as u32, steps[place] + ends.delay, behind);
            more[open] = k as u32;
            open += usize::from(behind & (NONE | (NONE - 1)) != 0);
            k += usize::from(left != 0);
        }
        batch.source[begin..k].fill((batch.last.len() - 1) as u16);
        (batch.len, batch.open) = (k, open);
    }
}

/// Between which steps spikes of a target are looked for.
#[derive(Clone, Copy, Default)]
struct Ends {
    after: u32,
    until: u32,
    delay: u32,
}

impl Ends {
    #[inline(always)]
    fn new<R>(moment: &Moment<'_, R>, delay: u32) -> Ends {
        let before = |step: i64| (step - i64::from(delay)).max(0) as u32;
        Ends { after: before(moment.last.unwrap_or(0)), until: before(moment.step), delay }
    }

    #[cold]
    fn window<R: Number>(self, past: &Past<R>, n: usize, synapse: usize) -> Option<Window> {
        let target = [past.since(n, self.after), past.since(n, self.until)];
        (target[0] > target[1]).then_some(Window { synapse: synapse as u32, target, modulator: [0, 0] })
    }
}

/// Goes to the next such spike of each synapse, and to those that have one.
pub struct Later<'a, R> {
    pub rows: &'a PlasticRows,
    pub first_target: usize,
    pub past: &'a Past<R>,
    pub batch: &'a mut Batch<R>,
}

impl<R: Number> Task for Later<'_, R> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let Later { rows, first_target, past, batch } = self;
        let (recent, all) = (past.all_recent(), std::mem::take(&mut batch.open));
        let target = |at: u32| rows.targets[at as usize] as usize - first_target;
        batch.len = all;
        for j in 0..all {
            if let Some(&ahead) = batch.more[..all].get(j + AHEAD) {
                prefetch(recent, target(batch.at[ahead as usize]));
            }
            let k = batch.more[j] as usize;
            let (at, source, left) = (batch.at[k], batch.source[k], batch.left[k] & ((1 << RECENT) - 1));
            let steps = recent[target(at)].steps();
            let (place, behind) = next(left);
            (batch.at[j], batch.source[j], batch.left[j]) = (at, source, behind);
            batch.arrival[j] = steps[place] + rows.delay(at as usize);
            batch.more[batch.open] = j as u32;
            batch.open += usize::from(behind & (NONE | (NONE - 1)) != 0);
        }
    }
}

/// What these spikes meet: the state at the source, the state at the target before each and the times since.
pub struct Meet<'a, R> {
    pub rows: &'a PlasticRows,
    pub first_target: usize,
    pub past: &'a Past<R>,
    pub batch: &'a Batch<R>,
    pub dt: f64,
    /// When each synapse was brought up to date; empty where that is the source's last spike.
    pub updated: &'a mut [u32],
    pub source: &'a mut [Vec<R>],
    /// Empty where the target's state is not needed.
    pub target: &'a mut [Vec<R>],
    pub elapsed: &'a mut [Vec<R>; 3],
}

impl<R: Number> Task for Meet<'_, R> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let Meet { rows, first_target, past, batch, dt, updated, source, target, elapsed } = self;
        let len = batch.len;
        let ms = |steps: u32| R::of(f64::from(steps)) * R::of(dt);
        let (sources, arrivals) = (&batch.source[..len], &batch.arrival[..len]);
        for (column, traces) in source.iter_mut().zip(&batch.traces) {
            column[..len].iter_mut().zip(sources).for_each(|(to, &source)| *to = traces[usize::from(source)]);
        }
        let [own, since, seen] = elapsed;
        for ((to, &source), &arrival) in since[..len].iter_mut().zip(sources).zip(arrivals) {
            let last = batch.last[usize::from(source)];
            *to = ms(if last == NEVER { 0 } else { arrival - last as u32 });
        }
        if !updated.is_empty() {
            for ((to, &at), &arrival) in own[..len].iter_mut().zip(&batch.at[..len]).zip(arrivals) {
                let updated = &mut updated[at as usize];
                *to = ms(arrival - std::mem::replace(updated, arrival));
            }
        }
        if !target.is_empty() {
            for k in 0..len {
                let (at, place) = (batch.at[k] as usize, batch.left[k] >> RECENT);
                let (before, known) = past.at(rows.targets[at] as usize - first_target, RECENT as u32 + 1 - place);
                for (column, &value) in target.iter_mut().zip(known) {
                    column[k] = value;
                }
                seen[k] = ms(arrivals[k] - rows.delay(at) - before);
            }
        }
    }
}
