//! The pass `stimulate`: Poisson counts of a step into the input of a block. One random block serves eight neighbours.

use std::ops::Range;

use crate::number::Number;
use crate::plan::{PoissonPlan, PoissonTarget};
use crate::random::poisson_word;
use crate::simd::Level;

/// Neurons that eight random blocks serve, which are drawn together.
const BLOCK: usize = 64;

/// Poisson stimuli of a segment.
#[derive(Debug)]
pub struct Stimuli<'a, R> {
    /// The seed, round by round.
    pub rounds: &'a [[u32; 2]; 10],
    /// All of the plan.
    pub plans: &'a [PoissonPlan],
    /// Where some reach the segment.
    pub targets: &'a [PoissonTarget],
    /// Per target, one weight for all or one for each.
    pub weights: &'a [Vec<R>],
    /// The first step of the epoch.
    pub step: u64,
    /// Global id of the segment's first neuron.
    pub first: u32,
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

    /// Adds the counts of step `k` of the epoch to the input of `neurons`, places in the segment.
    #[inline(always)]
    pub fn add<L: Level>(
        &self,
        k: usize,
        target: &PoissonTarget,
        weights: &[R],
        neurons: Range<usize>,
        input: &mut [R],
    ) {
        let poisson = &self.plans[target.stimulus as usize];
        let step = (self.step + k as u64) as u32;
        let (low, high) = (self.first + neurons.start as u32, self.first + neurons.end as u32);
        let skipped = neurons.start - target.neurons.start as usize;
        let mut group = low >> 3;
        while group << 3 < high {
            let counts = self.counts::<L>(poisson, step, group);
            let from = low.max(group << 3);
            let until = high.min((group << 3) + BLOCK as u32);
            let input = &mut input[(from - low) as usize..(until - low) as usize];
            match (input.as_chunks_mut::<BLOCK>(), weights) {
                // The usual case, whose length the compiler knows.
                (([input], _), &[weight]) => add(input, &counts, std::iter::repeat(weight)),
                (_, &[weight]) => add(input, &counts[(from - (group << 3)) as usize..], std::iter::repeat(weight)),
                (_, each) => {
                    let each = each[skipped + (from - low) as usize..].iter().copied();
                    add(input, &counts[(from - (group << 3)) as usize..], each);
                }
            }
            group += BLOCK as u32 >> 3;
        }
    }

    /// Counts of the neurons from `8 * group` on.
    #[inline(always)]
    fn counts<L: Level>(&self, poisson: &PoissonPlan, step: u32, group: u32) -> [u16; BLOCK] {
        let table = &poisson.table;
        let numbers = L::philox([step, 0, group, poisson.stream], self.rounds);
        let mut counts = [table.least as u16; BLOCK];
        if L::count(&numbers, &table.thresholds, &mut counts) {
            self.left(poisson, step, group, &numbers, &mut counts);
        }
        counts
    }

    /// Counts of the numbers that are left.
    #[cold]
    fn left(&self, poisson: &PoissonPlan, step: u32, group: u32, numbers: &[u16; BLOCK], counts: &mut [u16; BLOCK]) {
        for (id, (&number, count)) in (group << 3..).zip(numbers.iter().zip(counts)) {
            if poisson.table.thresholds.last().is_none_or(|&last| number >= last) {
                *count = poisson.table.left(poisson_word(self.rounds[0], poisson.stream, id, step)) as u16;
            }
        }
    }
}

/// Adds counts times weights.
#[inline(always)]
fn add<R: Number>(input: &mut [R], counts: &[u16], weights: impl Iterator<Item = R>) {
    for ((sum, &count), weight) in input.iter_mut().zip(counts).zip(weights) {
        *sum = *sum + R::of_count(count.into()) * weight;
    }
}
