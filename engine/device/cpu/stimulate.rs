//! The pass `stimulate`: Poisson counts of a step into the input of a tile. One random block serves four neighbours.

use std::ops::Range;

use crate::number::Number;
use crate::random::philox_lanes;
use crate::simd::{INTERLEAVED, Level, Work};

/// Blocks drawn together.
const LANES: usize = 16;

/// A Poisson stimulus on some neurons of a tile in one step.
pub struct Stimulate<'a, R> {
    pub key: [u32; 2],
    pub stream: u32,
    pub step: u32,
    /// Global id of the tile's first neuron.
    pub first: u32,
    /// Neurons of the tile that are reached.
    pub neurons: Range<usize>,
    pub thresholds: &'a [u32],
    /// One for all, or one for each of `neurons`.
    pub weights: &'a [R],
    pub input: &'a mut [R],
}

impl<R: Number> Work for Stimulate<'_, R> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let low = self.first + self.neurons.start as u32;
        let high = self.first + self.neurons.end as u32;
        let mut group = low >> 2;
        while group << 2 < high {
            let counts = self.counts::<L>(group);
            let from = low.max(group << 2);
            let until = high.min((group + LANES as u32) << 2);
            let counts = &counts[(from - (group << 2)) as usize..(until - (group << 2)) as usize];
            let input = &mut self.input[(from - self.first) as usize..(until - self.first) as usize];
            match self.weights {
                [weight] => input.iter_mut().zip(counts).for_each(|(sum, &n)| *sum = *sum + R::of_count(n) * *weight),
                each => {
                    let weights = &each[(from - low) as usize..];
                    let all = input.iter_mut().zip(counts).zip(weights);
                    all.for_each(|((sum, &n), &weight)| *sum = *sum + R::of_count(n) * weight);
                }
            }
            group += LANES as u32;
        }
    }
}

impl<R> Stimulate<'_, R> {
    /// Counts of the neurons from `4 * group` on.
    #[inline(always)]
    fn counts<L: Level>(&self, group: u32) -> [u32; 4 * LANES] {
        let groups: [u32; LANES] = std::array::from_fn(|lane| group + INTERLEAVED[lane]);
        let words = philox_lanes([[self.step; LANES], [0; LANES], groups, [self.stream; LANES]], self.key);
        let words = L::interleave(&words);
        let largest = L::largest(&words);
        let mut counts = [0u32; 4 * LANES];
        for &threshold in self.thresholds.iter().take_while(|&&threshold| threshold <= largest) {
            for i in 0..4 * LANES {
                counts[i] += u32::from(words[i] >= threshold);
            }
        }
        counts
    }
}
