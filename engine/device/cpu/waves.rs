//! The pass `waves`: adds currents that change from step to step to the current of a tile. Twin of
//! `shaders/waves.wgsl`.

use std::ops::Range;

use crate::plan::{Bridges, CurrentTarget, Fluctuation, Path, Plan, PopulationSlice};
use crate::simd::Wide;
use crate::tile::noise::normals;

/// The currents that change from step to step and reach a slice.
#[derive(Debug)]
pub struct Waves<R> {
    /// Current of all stimuli in the step that is played, pA: one entry per neuron.
    pub current: Vec<R>,
    /// Room for the current of a tile in the step before.
    before: Vec<R>,
    /// One entry for each of the slice's waves.
    targets: Vec<Target<R>>,
}

/// A stimulus that reaches some neurons of the slice.
#[derive(Debug)]
struct Target<R> {
    /// Factors of its current: one for all neurons, or one each.
    factors: Vec<R>,
    /// Per tile, the random numbers of its neurons.
    drawn: Vec<Drawn<R>>,
}

/// Random numbers of the neurons of a tile, normally distributed.
#[derive(Debug, Default, Clone)]
struct Drawn<R> {
    /// The step that `numbers` belong to.
    position: Option<u64>,
    numbers: Vec<R>,
    /// The bridges round that step, the widest first.
    bridges: Vec<Bridge<R>>,
}

/// A Brownian bridge: the numbers at both of its ends.
#[derive(Debug, Default, Clone)]
struct Bridge<R> {
    /// The step of its left end.
    first: Option<u64>,
    left: Vec<R>,
    right: Vec<R>,
}

/// What random numbers are drawn by: the key of the seed, round by round, the stream, and the global id of the first
/// neuron.
type Source<'a> = (&'a [[u32; 10]; 2], u32, u32);

impl<R: Wide> Waves<R> {
    /// The currents that reach `slice`, which has `tiles` tiles; `None` where none does.
    pub fn new(slice: &PopulationSlice, tiles: usize) -> Option<Waves<R>> {
        let target = |target: &CurrentTarget| Target {
            factors: target.factors.iter().map(|&factor| R::of(factor)).collect(),
            drawn: vec![Drawn::default(); tiles],
        };
        let targets: Vec<Target<R>> = slice.waves.iter().map(target).collect();
        let current = vec![R::of(0.0); slice.count as usize];
        Some(Waves { current, before: Vec::new(), targets }).filter(|own| !own.targets.is_empty())
    }

    /// Sets the current into the neurons of tile `tile` in `step`: that of `held` and of all waves. Returns whether it
    /// has changed.
    pub fn set_current<F>(
        &mut self,
        (plan, slice): (&Plan<F>, &PopulationSlice),
        rounds: &[[u32; 10]; 2],
        held: &[R],
        (tile, neurons): (usize, &Range<usize>),
        step: u64,
    ) -> bool {
        self.before.clear();
        self.before.extend_from_slice(&self.current[neurons.clone()]);
        match held.get(neurons.clone()) {
            Some(held) => self.current[neurons.clone()].copy_from_slice(held),
            None => self.current[neurons.clone()].fill(R::of(0.0)),
        }
        for (reached, own) in slice.waves.iter().zip(&mut self.targets) {
            let wave = &plan.waves[reached.stimulus as usize];
            let first = neurons.start.max(reached.neurons.start as usize);
            let end = neurons.end.min(reached.neurons.end as usize);
            if first >= end || !wave.steps.contains(&step) {
                continue;
            }
            let level = R::of(wave.level.at(step));
            let sums = self.current[first..end].iter_mut();
            let place = first - reached.neurons.start as usize;
            let factor = |k: usize| own.factors[if own.factors.len() == 1 { 0 } else { place + k }];
            let Some(fluctuation) = &wave.own else {
                sums.enumerate().for_each(|(k, sum)| *sum = *sum + level * factor(k));
                continue;
            };
            let deviation = R::of(fluctuation.deviation(step));
            let source = (rounds, fluctuation.stream, slice.first + first as u32);
            let numbers = own.drawn[tile].at(fluctuation, source, step, end - first);
            for ((k, sum), &number) in sums.enumerate().zip(numbers) {
                *sum = *sum + (level + deviation * number) * factor(k);
            }
        }
        self.current[neurons.clone()] != self.before[..]
    }
}

impl<R: Wide> Drawn<R> {
    /// The numbers of `count` neurons in `step`. They follow from the step alone; what is kept saves drawing it again.
    fn at(&mut self, fluctuation: &Fluctuation, source: Source<'_>, step: u64, count: usize) -> &[R] {
        let position = fluctuation.position(step);
        if self.position != Some(position) {
            self.position = Some(position);
            match &fluctuation.path {
                Path::Kept { .. } => draw(source, position, count, &mut self.numbers),
                Path::Bridged(bridges) => self.bridge(bridges, source, position, count),
            }
        }
        &self.numbers
    }

    /// Sets `numbers` to those of `count` neurons in `step`, from the widest bridge round it down to the one that
    /// starts there.
    fn bridge(&mut self, Bridges { levels }: &Bridges, source: Source<'_>, step: u64, count: usize) {
        self.bridges.resize(levels.len() + 1, Bridge::default());
        let first = step >> levels.len() << levels.len();
        let widest = &mut self.bridges[0];
        if widest.first != Some(first) {
            widest.first = Some(first);
            draw(source, first, count, &mut widest.left);
            draw(source, first + (1 << levels.len()), count, &mut widest.right);
        }
        for (level, &(share, deviation)) in levels.iter().enumerate() {
            let half = levels.len() - 1 - level;
            let first = step >> half << half;
            let (wider, narrower) = self.bridges.split_at_mut(level + 1);
            let (wider, narrower) = (&wider[level], &mut narrower[0]);
            if narrower.first == Some(first) {
                continue;
            }
            narrower.first = Some(first);
            let is_right = step >> half & 1 == 1;
            let middle = (step >> half | 1) << half;
            draw(source, middle, count, &mut self.numbers);
            let (share, deviation) = (R::of(share), R::of(deviation));
            for ((number, &left), &right) in self.numbers.iter_mut().zip(&wider.left).zip(&wider.right) {
                *number = share * (left + right) + deviation * *number;
            }
            narrower.left.clone_from(if is_right { &self.numbers } else { &wider.left });
            narrower.right.clone_from(if is_right { &wider.right } else { &self.numbers });
        }
        self.numbers.clone_from(&self.bridges[levels.len()].left);
    }
}

/// Sets `numbers` to the normal numbers of `count` neurons that are drawn for `step`.
fn draw<R: Wide>((rounds, stream, first): Source<'_>, step: u64, count: usize, numbers: &mut Vec<R>) {
    numbers.resize(count, R::of(0.0));
    normals(rounds, stream, step as u32, first, numbers);
}
