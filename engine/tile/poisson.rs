//! The pass `stimulate`: drawn spikes of a step into the input of a tile. One random block serves eight neighbours.

use std::ops::Range;

use crate::number::Number;
use crate::random::{CountTable, poisson_word, thinned};
use crate::simd::{Halves, Level, Wide, Work};
use crate::tile::noise::normals;
use crate::tile::superposed::Processes;
use crate::tile::trains::{PoissonPlan, Thinning};

/// Neurons that eight random blocks serve, which are drawn together.
pub const BLOCK: usize = 64;

/// Where a Poisson stimulus reaches a slice.
#[derive(Debug, Clone)]
pub struct PoissonTarget {
    /// Index among those of the plan.
    pub stimulus: u32,
    /// Which of its targets the first of `neurons` is.
    pub item: u32,
    /// Channel.
    pub channel: u32,
    /// Neurons of the slice, by index.
    pub neurons: Range<u32>,
    /// Weight in the unit of the channel: one for all, or one each.
    pub weights: Vec<f64>,
}

impl PoissonTarget {
    /// Those of some neurons of the slice that it reaches.
    #[inline]
    pub fn among(&self, neurons: &Range<usize>) -> Option<Range<usize>> {
        let low = neurons.start.max(self.neurons.start as usize);
        let high = neurons.end.min(self.neurons.end as usize);
        (low < high).then_some(low..high)
    }
}

/// Poisson stimuli of a slice.
#[derive(Debug)]
pub struct Stimuli<'a, R> {
    /// The seed, round by round.
    pub rounds: &'a [[u32; 10]; 2],
    /// All of the plan.
    pub plans: &'a [PoissonPlan],
    /// Where some reach the slice.
    pub targets: &'a [PoissonTarget],
    /// Per target, one weight for all or one for each.
    pub weights: &'a [Vec<R>],
    /// Per target, its processes, where it has some.
    pub processes: &'a [Processes],
    /// The first step of the epoch.
    pub step: u64,
}

impl<R: Wide> Stimuli<'_, R> {
    /// Those of some steps of the epoch in which the stimulus of a target is on.
    #[inline(always)]
    pub fn on(&self, target: &PoissonTarget, steps: &Range<usize>) -> Range<usize> {
        let Range { start, end } = self.plans[target.stimulus as usize].steps;
        let place = |step: u64| step.saturating_sub(self.step).min(steps.end as u64) as usize;
        steps.start.max(place(start))..place(end)
    }

    /// Adds the counts of a target in some steps of the epoch to the input of `neurons`, places in the slice, of which the
    /// first has global id `low`; each row of `input`, which are so far apart, begins with the block that has it. Where they
    /// are `all` that a row holds, numbers before and behind do not matter.
    #[inline(always)]
    pub fn add<L: Level>(
        &self,
        (steps, target, weights): (Range<usize>, &PoissonTarget, &[R]),
        (low, neurons): (u32, Range<usize>),
        all: bool,
        (input, stride): (&mut [R], usize),
    ) {
        let train = &self.plans[target.stimulus as usize];
        if let (Some(table), None) = (train.own_table(), &train.thinning) {
            let own = (table, train.stream);
            let rows = (input, stride);
            return self.add_own::<L>((steps, target, weights), own, (low, neurons), all, rows, |_, _, _| {});
        }
        for k in steps {
            let (input, place) = (&mut input[k * stride..], (low, neurons.clone()));
            match (train.own_table(), &train.thinning) {
                (Some(table), Some(thinning)) => {
                    L::out_of_line(AddThinned {
                        stimuli: self,
                        k,
                        target,
                        weights,
                        table,
                        thinning,
                        place,
                        all,
                        input,
                    });
                }
                _ => self.add_common((k, target, weights), place, input),
            }
        }
    }

    /// Those that each target draws for itself, of which `keep` leaves some: from the group of eight that a block begins with,
    /// and which of the block are targets, of which the first is that of an item.
    #[inline(always)]
    fn add_own<L: Level>(
        &self,
        (steps, target, weights): (Range<usize>, &PoissonTarget, &[R]),
        (table, stream): (&CountTable, u32),
        (low, neurons): (u32, Range<usize>),
        all: bool,
        (input, stride): (&mut [R], usize),
        keep: impl Fn(u32, (usize, Range<usize>), &mut Halves),
    ) {
        let before = low as usize % BLOCK;
        let end = before + neurons.len();
        let next = |(k, done): (usize, usize)| if done + BLOCK < end { (k, done + BLOCK) } else { (k + 1, 0) };
        let counter = |(k, done): (usize, usize)| {
            [(self.step + k as u64) as u32, 0, (low - before as u32 + done as u32) >> 3, stream]
        };
        let mut first = (steps.start, 0);
        while first.0 < steps.end {
            // Two blocks side by side, be it of two steps.
            let two = [first, next(first)];
            let numbers = L::philox([counter(two[0]), counter(two[1])], self.rounds);
            first = next(two[1]);
            for ((k, done), numbers) in two.into_iter().zip(numbers) {
                if k >= steps.end {
                    break;
                }
                let [step, _, group, _] = counter((k, done));
                let row = &mut input[k * stride..];
                let own = before.max(done)..end.min(done + BLOCK);
                let place = neurons.start - target.neurons.start as usize + own.start - before;
                let within = own.start - done..own.end - done;
                let mut counts = self.counts::<L>((table, stream), (step, group), numbers);
                keep(group, (target.item as usize + place, within.clone()), &mut counts);
                let Halves(counts) = &counts;
                match weights {
                    &[weight] if all => add(&mut row[done..done + BLOCK], counts, std::iter::repeat(weight)),
                    &[weight] => add(&mut row[own], &counts[within], std::iter::repeat(weight)),
                    each => add(&mut row[own], &counts[within], each[place..].iter().copied()),
                }
            }
        }
    }

    /// The same of spikes that come to all targets, some of which each may leave out, or of processes that have been drawn.
    #[cold]
    #[inline(never)]
    fn add_common(
        &self,
        (k, target, weights): (usize, &PoissonTarget, &[R]),
        (low, neurons): (u32, Range<usize>),
        input: &mut [R],
    ) {
        let train = &self.plans[target.stimulus as usize];
        let (key, step) = (self.key(), self.step + k as u64);
        if let Some(noise) = train.white(step) {
            return self.add_white((noise, train.stream, step), (target, weights), (low, neurons), input);
        }
        let word = train.word(step).unwrap_or_default();
        let common = train.common(key, step, word);
        if common == Some(0) {
            return;
        }
        let of_target = |(own, _): &(&PoissonTarget, &Processes)| std::ptr::eq(*own, target);
        let processes = self.targets.iter().zip(self.processes).find(of_target).map(|(_, own)| own);
        let thinning = train.thinning.as_ref().filter(|thinning| thinning.own);
        let input = &mut input[low as usize % BLOCK..];
        for ((sum, id), place) in input.iter_mut().zip(low..).zip(neurons) {
            let place = place - target.neurons.start as usize;
            let count = match (common, processes) {
                (Some(count), _) => thinning.map_or(count, |thinning| {
                    let threshold = thinning.threshold(word, target.item as usize + place);
                    thinned(key, (train.stream, id, step as u32), count, threshold)
                }),
                (None, Some(processes)) => processes.fired(k, place),
                (None, None) => 0,
            };
            let weight = weights[if weights.len() == 1 { 0 } else { place }];
            *sum = *sum + R::of_count(count) * weight;
        }
    }

    /// White noise of a mean and a standard deviation.
    fn add_white(
        &self,
        ([mean, deviation], stream, step): ([f64; 2], u32, u64),
        (target, weights): (&PoissonTarget, &[R]),
        (low, neurons): (u32, Range<usize>),
        input: &mut [R],
    ) {
        let mut numbers = vec![R::default(); neurons.len()];
        normals(self.rounds, stream, step as u32, low, &mut numbers);
        let (mean, deviation) = (R::of(mean), R::of(deviation));
        let input = &mut input[low as usize % BLOCK..];
        for ((sum, number), place) in input.iter_mut().zip(numbers).zip(neurons) {
            let weight = weights[if weights.len() == 1 { 0 } else { place - target.neurons.start as usize }];
            *sum = *sum + (mean + deviation * number) * weight;
        }
    }

    /// Of the counts of a block, what thinning leaves of those in `own`, of which the first is that of target `item`.
    #[cold]
    #[inline(never)]
    fn kept(
        &self,
        (thinning, word): (&Thinning, u32),
        (stream, first, step): (u32, u32, u32),
        (item, own): (usize, Range<usize>),
        counts: &mut Halves,
    ) {
        let key = self.key();
        for ((place, count), item) in (0u32..).zip(&mut counts.0).skip(own.start).take(own.len()).zip(item..) {
            if *count > 0 {
                let threshold = thinning.threshold(word, item);
                *count = thinned(key, (stream, first + place, step), (*count).into(), threshold) as u16;
            }
        }
    }

    /// The seed.
    fn key(&self) -> [u32; 2] {
        [self.rounds[0][0], self.rounds[1][0]]
    }

    /// Counts of the neurons from `8 * group` on, by their random numbers.
    #[inline(always)]
    fn counts<L: Level>(
        &self,
        (table, stream): (&CountTable, u32),
        (step, group): (u32, u32),
        numbers: L::Halves,
    ) -> Halves {
        let (counts, more) = L::count(numbers, &table.thresholds, table.least as u16);
        match more {
            true => self.left((table, stream), step, group, L::halves(numbers), L::halves(counts)),
            false => L::halves(counts),
        }
    }

    /// With the counts of the numbers that are left. By value, so that they are in memory only here.
    #[cold]
    fn left(
        &self,
        (table, stream): (&CountTable, u32),
        step: u32,
        group: u32,
        Halves(numbers): Halves,
        mut counts: Halves,
    ) -> Halves {
        let key = self.key();
        for (id, (number, count)) in (group << 3..).zip(numbers.into_iter().zip(&mut counts.0)) {
            if table.thresholds.last().is_none_or(|&last| number >= last) {
                *count = table.left(poisson_word(key, stream, id, step)) as u16;
            }
        }
        counts
    }
}

/// Those of which thinning leaves some. By itself, so that it costs the others nothing.
struct AddThinned<'a, 'b, R> {
    stimuli: &'b Stimuli<'a, R>,
    k: usize,
    target: &'b PoissonTarget,
    weights: &'b [R],
    table: &'b CountTable,
    thinning: &'b Thinning,
    place: (u32, Range<usize>),
    all: bool,
    input: &'b mut [R],
}

impl<R: Wide> Work for AddThinned<'_, '_, R> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let AddThinned { stimuli, k, target, weights, table, thinning, place, all, input } = self;
        let stream = stimuli.plans[target.stimulus as usize].stream;
        let step = stimuli.step + k as u64;
        let word = thinning.word(step);
        if thinning.keeps_none(word) {
            return;
        }
        let keep = |group: u32, own, counts: &mut Halves| {
            stimuli.kept((thinning, word), (stream, group << 3, step as u32), own, counts)
        };
        let rows = (input, 0);
        stimuli.add_own::<L>((k..k + 1, target, weights), (table, stream), place, all, rows, keep);
    }
}

/// Adds counts times weights.
#[inline(always)]
fn add<R: Number>(input: &mut [R], counts: &[u16], weights: impl Iterator<Item = R>) {
    for ((sum, &count), weight) in input.iter_mut().zip(counts).zip(weights) {
        *sum = *sum + R::of_count(count.into()) * weight;
    }
}
