//! The pass `stimulate`: Poisson counts of a step into the input of a tile. One random block serves eight neighbours.

use std::ops::Range;

use crate::number::Number;
use crate::random::{CountTable, poisson_word};
use crate::simd::Level;

/// Neurons that eight random blocks serve, which are drawn together.
pub const BLOCK: usize = 64;

/// A Poisson stimulus.
#[derive(Debug, Clone)]
pub struct PoissonPlan {
    /// Random stream.
    pub stream: u32,
    /// Counts per step.
    pub table: CountTable,
    /// Steps in which its spikes arrive.
    pub steps: Range<u64>,
}

/// Where a Poisson stimulus reaches a slice.
#[derive(Debug, Clone)]
pub struct PoissonTarget {
    /// Index among those of the plan.
    pub stimulus: u32,
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
    /// The first step of the epoch.
    pub step: u64,
}

impl<R: Number> Stimuli<'_, R> {
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
        let poisson = &self.plans[target.stimulus as usize];
        let step = (self.step + k as u64) as u32;
        let before = low as usize % BLOCK;
        let mut done = 0;
        while done < before + neurons.len() {
            let counts = self.counts::<L>(poisson, step, (low - before as u32 + done as u32) >> 3);
            if let (true, &[weight]) = (all, weights) {
                add(&mut input[done..done + BLOCK], &counts, std::iter::repeat(weight));
            } else {
                let own = before.max(done)..(before + neurons.len()).min(done + BLOCK);
                let counts = &counts[own.start - done..own.end - done];
                let weighed = neurons.start - target.neurons.start as usize + own.start - before;
                let input = &mut input[own];
                match weights {
                    &[weight] => add(input, counts, std::iter::repeat(weight)),
                    each => {
                        add(input, counts, each[weighed..].iter().copied());
                    }
                }
            }
            done += BLOCK;
        }
    }

    /// Counts of the neurons from `8 * group` on.
    #[inline(always)]
    fn counts<L: Level>(&self, poisson: &PoissonPlan, step: u32, group: u32) -> [u16; BLOCK] {
        let table = &poisson.table;
        let numbers = L::philox([step, 0, group, poisson.stream], self.rounds);
        let mut counts = [table.least as u16; BLOCK];
        if L::count(&numbers, &table.thresholds, &mut counts) {
            counts = self.left(poisson, step, group, numbers, counts);
        }
        counts
    }

    /// With the counts of the numbers that are left. By value, so that they are in memory only here.
    #[cold]
    fn left(
        &self,
        poisson: &PoissonPlan,
        step: u32,
        group: u32,
        numbers: [u16; BLOCK],
        mut counts: [u16; BLOCK],
    ) -> [u16; BLOCK] {
        let key = [self.rounds[0][0], self.rounds[1][0]];
        for (id, (number, count)) in (group << 3..).zip(numbers.into_iter().zip(&mut counts)) {
            if poisson.table.thresholds.last().is_none_or(|&last| number >= last) {
                *count = poisson.table.left(poisson_word(key, poisson.stream, id, step)) as u16;
            }
        }
        counts
    }
}

/// Adds counts times weights.
#[inline(always)]
fn add<R: Number>(input: &mut [R], counts: &[u16], weights: impl Iterator<Item = R>) {
    for ((sum, &count), weight) in input.iter_mut().zip(counts).zip(weights) {
        *sum = *sum + R::of_count(count.into()) * weight;
    }
}
