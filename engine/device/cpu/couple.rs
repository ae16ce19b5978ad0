//! The pass `couple`: what flows into neurons by what others were at the end of the last step, and what others will see of
//! them.

use std::ops::Range;

use crate::device::cpu::population_slice::OwnedSlice;
use crate::exchange::{Given, History};
use crate::number::{Fixed, Number, math};
use crate::plan::{Plan, PopulationSlice, Reaching, Shard, Signal};
use crate::tile::{Gives, Piece, Stepped};

/// What reaches a slice.
#[derive(Debug)]
pub struct Coupled<R> {
    weights: Vec<R>,
    constants: Vec<R>,
    /// Current from stimuli and couplings in the step that is played, pA.
    pub current: Vec<R>,
}

impl<R: Number> Coupled<R> {
    /// Nothing where no coupling reaches the slice.
    pub fn new(reaching: &Reaching) -> Option<Coupled<R>> {
        let constants: Vec<R> = reaching.constants.iter().map(|&current| R::of(current)).collect();
        let weights = reaching.links.iter().map(|link| R::of(link.weight)).collect();
        let current = vec![R::of(0.0); constants.len()];
        Some(Coupled { weights, constants, current }).filter(|own| !own.constants.is_empty())
    }

    /// Adds up what flows into some neurons of the slice in `step`, beside the current of stimuli; whether it is other than
    /// it was.
    pub fn couple(
        &mut self,
        slice: &PopulationSlice,
        history: &History,
        stimuli: &[R],
        neurons: &Range<usize>,
        step: u64,
    ) -> bool {
        let Reaching { starts, links, .. } = &slice.couplings;
        let (more, half) = (R::of(1.5), R::of(0.5));
        let mut changed = false;
        for n in neurons.clone() {
            let mut sum = self.constants[n];
            let range = starts[n] as usize..starts[n + 1] as usize;
            for (link, &weight) in links[range.clone()].iter().zip(&self.weights[range]) {
                let last = step.saturating_sub(1 + u64::from(link.back));
                let seen = |step: u64| R::of(history.signals(step)[link.signal as usize]);
                let value = match link.straight {
                    true => more * seen(last) - half * seen(last.saturating_sub(1)),
                    false => seen(last),
                };
                sum = sum + weight * value;
            }
            if let Some(&stimulus) = stimuli.get(n) {
                sum = sum + stimulus;
            }
            changed |= sum != self.current[n];
            self.current[n] = sum;
        }
        changed
    }
}

/// What neurons of a slice give.
#[derive(Debug)]
pub struct Giving {
    /// Index among the sources of the plan.
    source: usize,
    /// By their place in the slice.
    neurons: Range<usize>,
    /// Place of the first signal of the first of them among those of the shard.
    first: usize,
}

/// Per slice of a shard, what its neurons give, and how many signals these are in all.
pub fn giving<F: Fixed>(plan: &Plan<F>, shard: &Shard<F>) -> (Vec<Option<Giving>>, usize) {
    let mut first = 0;
    let of_slice = |slice: &PopulationSlice| {
        let source = plan.couplings.sources.iter().position(|source| source.population == slice.population)?;
        let ids = &plan.couplings.sources[source].ids;
        let (low, high) = (ids.start.max(slice.first), ids.end.min(slice.first + slice.count));
        let own = Giving {
            source,
            first,
            neurons: (low - slice.first) as usize..high.max(low) as usize - slice.first as usize,
        };
        first += own.neurons.len() * plan.couplings.sources[source].signals.len();
        Some(own).filter(|own| !own.neurons.is_empty())
    };
    (shard.slices.iter().map(of_slice).collect(), first)
}

impl Giving {
    /// Puts the signals of those of a tile's neurons that give some to those of step `k` of an epoch, `each` a step.
    pub fn give<R: Stepped>(
        &self,
        plan: &Plan<R::Fixed>,
        slice: &PopulationSlice,
        own: &mut OwnedSlice<R>,
        tile: &Range<usize>,
        (k, each): (usize, usize),
        given: &mut Given,
    ) {
        let source = &plan.couplings.sources[self.source];
        let population = &plan.populations[source.population];
        let neurons = tile.start.max(self.neurons.start)..tile.end.min(self.neurons.end);
        if neurons.is_empty() {
            return;
        }
        if let Some(gives) = population.model.gives() {
            own.fill_signals(gives, slice, &neurons);
        }
        let before = (slice.first - population.first) as usize;
        for (place, signal) in source.signals.iter().enumerate() {
            let to = |n: usize| k * each + self.first + (n - self.neurons.start) * source.signals.len() + place;
            match signal {
                Signal::Given(index) => {
                    let values = &own.signals.values[*index];
                    neurons.clone().zip(values).for_each(|(n, value)| given.signals[to(n)] = value.value());
                }
                Signal::Variable(variable) | Signal::Sigmoid { variable, .. } => {
                    let values = own.state.field(*variable);
                    neurons.clone().for_each(|n| given.signals[to(n)] = shown(signal, values[n], before + n).value());
                }
            }
        }
    }
}

impl<R: Stepped> OwnedSlice<R> {
    /// Computes the signals that a model gives of some neurons.
    fn fill_signals(&mut self, gives: &Gives, slice: &PopulationSlice, neurons: &Range<usize>) {
        let (state, stride) = self.state.numbers();
        let derived_stride = slice.derived_stride as usize;
        gives.fill(Piece { derived: &self.derived, derived_stride, state, stride }, neurons, &mut self.signals);
    }
}

/// What others see of neuron `i` of a population whose variable has a value.
fn shown<R: Number>(signal: &Signal, value: R, i: usize) -> R {
    match signal {
        Signal::Variable(_) | Signal::Given(_) => value,
        Signal::Sigmoid { half, slope, .. } => {
            let half = half[if half.len() == 1 { 0 } else { i }];
            math::sigmoid((value - R::of(half)) * R::of(1.0 / slope))
        }
    }
}

/// The signals of all neurons at time 0.
pub fn at_start<R: Number, F: Fixed>(plan: &Plan<F>) -> Vec<f64> {
    let mut values = plan.couplings.start.iter().map(|&value| R::of(value));
    let mut signals = Vec::new();
    for source in &plan.couplings.sources {
        let before = plan.populations[source.population].first;
        for id in source.ids.clone() {
            let own = source.signals.iter().zip(&mut values);
            signals.extend(own.map(|(signal, value)| shown(signal, value, (id - before) as usize).value()));
        }
    }
    signals
}
