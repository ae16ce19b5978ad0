//! The pass `stimulate`: drawn spikes of a step into the input of a tile. One random block serves eight neighbours.

use std::ops::Range;

use crate::number::Number;
use crate::random::{CountTable, poisson_word, thinned};
use crate::simd::{Level, Wide, Work};
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
    /// The targets whose stimulus is on in step `k` of the epoch, with their weights.
    #[inline(always)]
    pub fn reaching(&self, k: usize) -> impl Iterator<Item = (&PoissonTarget, &[R])> {
        let on = move |t: &PoissonTarget| self.plans[t.stimulus as usize].steps.contains(&(self.step + k as u64));
        self.targets
            .iter()
            .zip(self.weights)
            .filter(move |(t, _)| on(t))
            .map(|(target, weights)| (target, &weights[..]))
    }

    /// Adds the counts of a target in step `k` of the epoch to the input of `neurons`, places in the slice, of which the
    /// first has global id `low`; `input` begins with the block that has it. Where they are `all` that it holds, numbers
    /// before and behind do not matter.
    #[inline(always)]
    pub fn add<L: Level>(
        &self,
        (k, target, weights): (usize, &PoissonTarget, &[R]),
        (low, neurons): (u32, Range<usize>),
        all: bool,
        input: &mut [R],
    ) {
        let train = &self.plans[target.stimulus as usize];
        match (train.own_table(), &train.thinning) {
            (Some(table), None) => {
                let own = (table, train.stream);
                self.add_own::<L>((k, target, weights), own, (low, neurons), all, input, |_, _, counts| counts);
            }
            (Some(table), Some(thinning)) => {
                let place = (low, neurons);
                L::out_of_line(AddThinned { stimuli: self, k, target, weights, table, thinning, place, all, input });
            }
            (None, _) => self.add_common((k, target, weights), (low, neurons), input),
        }
    }

    /// Those that each target draws for itself, of which `keep` leaves some: from the group of eight that a block begins with,
    /// and which of the block are targets, of which the first is that of an item.
    #[inline(always)]
    fn add_own<L: Level>(
        &self,
        (k, target, weights): (usize, &PoissonTarget, &[R]),
        (table, stream): (&CountTable, u32),
        (low, neurons): (u32, Range<usize>),
        all: bool,
        input: &mut [R],
        keep: impl Fn(u32, (usize, Range<usize>), [u16; BLOCK]) -> [u16; BLOCK],
    ) {
        let step = (self.step + k as u64) as u32;
        let before = low as usize % BLOCK;
        let mut done = 0;
        while done < before + neurons.len() {
            let group = (low - before as u32 + done as u32) >> 3;
            let own = before.max(done)..(before + neurons.len()).min(done + BLOCK);
            let place = neurons.start - target.neurons.start as usize + own.start - before;
            let within = own.start - done..own.end - done;
            let counts = self.counts::<L>((table, stream), step, group);
            let counts = keep(group, (target.item as usize + place, within.clone()), counts);
            if let (true, &[weight]) = (all, weights) {
                add(&mut input[done..done + BLOCK], &counts, std::iter::repeat(weight));
            } else {
                match weights {
                    &[weight] => add(&mut input[own], &counts[within], std::iter::repeat(weight)),
                    each => add(&mut input[own], &counts[within], each[place..].iter().copied()),
                }
            }
            done += BLOCK;
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

    /// Of the counts of a block, what thinning leaves of those in `own`, of which the first is that of target `item`. By value,
    /// as [`Stimuli::left`].
    #[cold]
    #[inline(never)]
    fn kept(
        &self,
        (thinning, word): (&Thinning, u32),
        (stream, first, step): (u32, u32, u32),
        (item, own): (usize, Range<usize>),
        mut counts: [u16; BLOCK],
    ) -> [u16; BLOCK] {
        let key = self.key();
        for ((place, count), item) in (0u32..).zip(&mut counts).skip(own.start).take(own.len()).zip(item..) {
            if *count > 0 {
                let threshold = thinning.threshold(word, item);
                *count = thinned(key, (stream, first + place, step), (*count).into(), threshold) as u16;
            }
        }
        counts
    }

    /// The seed.
    fn key(&self) -> [u32; 2] {
        [self.rounds[0][0], self.rounds[1][0]]
    }

    /// Counts of the neurons from `8 * group` on.
    #[inline(always)]
    fn counts<L: Level>(&self, (table, stream): (&CountTable, u32), step: u32, group: u32) -> [u16; BLOCK] {
        let numbers = L::philox([step, 0, group, stream], self.rounds);
        let mut counts = [table.least as u16; BLOCK];
        if L::count(&numbers, &table.thresholds, &mut counts) {
            counts = self.left((table, stream), step, group, numbers, counts);
        }
        counts
    }

    /// With the counts of the numbers that are left. By value, so that they are in memory only here.
    #[cold]
    fn left(
        &self,
        (table, stream): (&CountTable, u32),
        step: u32,
        group: u32,
        numbers: [u16; BLOCK],
        mut counts: [u16; BLOCK],
    ) -> [u16; BLOCK] {
        let key = self.key();
        for (id, (number, count)) in (group << 3..).zip(numbers.into_iter().zip(&mut counts)) {
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
        let keep =
            |group: u32, own, counts| stimuli.kept((thinning, word), (stream, group << 3, step as u32), own, counts);
        stimuli.add_own::<L>((k, target, weights), (table, stream), place, all, input, keep);
    }
}

/// Adds counts times weights.
#[inline(always)]
fn add<R: Number>(input: &mut [R], counts: &[u16], weights: impl Iterator<Item = R>) {
    for ((sum, &count), weight) in input.iter_mut().zip(counts).zip(weights) {
        *sum = *sum + R::of_count(count.into()) * weight;
    }
}
