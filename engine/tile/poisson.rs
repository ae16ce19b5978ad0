//! The pass `stimulate`: adds the spikes that stimuli draw in a step to the input of a tile. One random block serves
//! eight neighbouring neurons.

use std::ops::Range;

use crate::number::Number;
use crate::random::{CountTable, poisson_word, thinned};
use crate::simd::{Halves, Level, Wide, Work};
use crate::tile::noise::normals;
use crate::tile::superposed::Processes;
use crate::tile::trains::{PoissonPlan, Thinning};

/// Neurons that eight random blocks, which are drawn together, serve.
pub const BLOCK: usize = 64;

/// Neurons of a slice that a Poisson stimulus reaches on one channel.
#[derive(Debug, Clone)]
pub struct PoissonTarget {
    /// The index of the stimulus among those of the plan.
    pub stimulus: u32,
    /// The place of the first of `neurons` among the targets of the stimulus.
    pub item: u32,
    /// The channel that it reaches.
    pub channel: u32,
    /// The neurons, by place in the slice.
    pub neurons: Range<u32>,
    /// Weights in the unit of the channel: one for all neurons, or one for each.
    pub weights: Vec<f64>,
}

impl PoissonTarget {
    /// Those of `neurons`, places in the slice, that the stimulus reaches; `None` if there are none.
    #[inline]
    pub fn among(&self, neurons: &Range<usize>) -> Option<Range<usize>> {
        let low = neurons.start.max(self.neurons.start as usize);
        let high = neurons.end.min(self.neurons.end as usize);
        (low < high).then_some(low..high)
    }
}

/// The Poisson stimuli that reach a slice.
#[derive(Debug)]
pub struct Stimuli<'a, R> {
    /// The key of each round of Philox, its two words apart; made of the seed.
    pub rounds: &'a [[u32; 10]; 2],
    /// All stimuli of the plan.
    pub plans: &'a [PoissonPlan],
    /// The neurons of the slice that they reach.
    pub targets: &'a [PoissonTarget],
    /// For each of `targets`, one weight for all its neurons or one for each.
    pub weights: &'a [Vec<R>],
    /// For each of `targets`, its renewal processes, empty where its stimulus has none; no list where none has any.
    pub processes: &'a [Processes],
    /// The first step of the epoch.
    pub step: u64,
}

impl<R: Wide> Stimuli<'_, R> {
    /// Those of `steps`, counted from the start of the epoch, in which the stimulus of `target` is on.
    #[inline(always)]
    pub fn steps_on(&self, target: &PoissonTarget, steps: &Range<usize>) -> Range<usize> {
        let Range { start, end } = self.plans[target.stimulus as usize].steps;
        let place = |step: u64| step.saturating_sub(self.step).min(steps.end as u64) as usize;
        steps.start.max(place(start))..place(end)
    }

    /// Adds the counts of `target` in `steps` of the epoch, times its weights, to the input of `neurons`, places in the
    /// slice. The first of them has global id `low`. The rows of `input`, one for each step, are `stride` numbers apart
    /// and begin with the block that holds that neuron. Where `all`, a row holds no other neurons of the tile, so that
    /// whole blocks may be added to.
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

    /// Adds counts that each neuron draws for itself by `table`; arguments as those of [`Stimuli::add`]. `keep` may
    /// thin the counts of a block: it takes the number of the block's first group of eight neurons, the place of the
    /// first target among those of the stimulus, the targets by place in the block, and the counts.
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
            // Two blocks side by side; they may be of two steps.
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

    /// Adds the counts of step `k` that are not drawn by each neuron with a table: spikes that come to all targets, of
    /// which each target may leave some out, spikes of renewal processes, and white noise; arguments as those of
    /// [`Stimuli::add`].
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

    /// Adds white noise of a mean and a standard deviation in `step`; arguments as those of [`Stimuli::add`].
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

    /// Thins those counts of a block whose places are in `own`, of which the first is that of target `item`; the
    /// block's first neuron has global id `first`, and the step the thinning word `word`, see [`Thinning::word`].
    #[cold]
    #[inline(never)]
    fn thin(
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

    /// The key of the first round of Philox, which is the seed.
    fn key(&self) -> [u32; 2] {
        [self.rounds[0][0], self.rounds[1][0]]
    }

    /// The counts of the neurons from global id `8 * group` on, by their random numbers of 16 bits.
    #[inline(always)]
    fn counts<L: Level>(
        &self,
        (table, stream): (&CountTable, u32),
        (step, group): (u32, u32),
        numbers: L::Halves,
    ) -> Halves {
        let (counts, more) = L::count_thresholds(numbers, &table.thresholds, table.least as u16);
        match more {
            true => self.add_tails((table, stream), step, group, L::halves(numbers), L::halves(counts)),
            false => L::halves(counts),
        }
    }

    /// The counts, where those of numbers beyond the last threshold of 16 bits are found with a further random word.
    /// `counts` are passed by value, so that they are in memory only here.
    #[cold]
    fn add_tails(
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

/// The work of adding counts that are thinned. Compiled apart from others, so that it costs these nothing.
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
            stimuli.thin((thinning, word), (stream, group << 3, step as u32), own, counts)
        };
        let rows = (input, 0);
        stimuli.add_own::<L>((k..k + 1, target, weights), (table, stream), place, all, rows, keep);
    }
}

/// Adds `counts` times `weights` to `input`, place by place.
#[inline(always)]
fn add<R: Number>(input: &mut [R], counts: &[u16], weights: impl Iterator<Item = R>) {
    for ((sum, &count), weight) in input.iter_mut().zip(counts).zip(weights) {
        *sum = *sum + R::of_count(count.into()) * weight;
    }
}
