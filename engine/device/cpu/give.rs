//! The signals that neurons give others at the end of each step, for continuous couplings.

use std::ops::Range;

use crate::device::cpu::population_slice::OwnedSlice;
use crate::exchange::Given;
use crate::number::Fixed;
use crate::plan::{Plan, PopulationSlice, Shard, Signal};
use crate::tile::{Piece, Signals, Stepped};

/// The neurons of a slice that give signals, and where these go.
#[derive(Debug)]
pub struct Giving {
    /// Index among the sources of the plan's couplings.
    source: usize,
    /// The neurons, by their index in the slice.
    neurons: Range<usize>,
    /// Place of the first signal of the first of them among the signals of the shard in one step.
    first: usize,
}

/// Per slice of a shard, the neurons that give signals, if there are some; and the number of all signals of a step.
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
    /// Writes the signals of those neurons of a tile that give some to `given`, which holds `each` signals per step, as
    /// those of step `k` of the epoch.
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
        if let Some(signals) = population.model.signals() {
            own.fill_signals(signals, slice, &neurons);
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
                    neurons.clone().for_each(|n| given.signals[to(n)] = signal.shown(values[n], before + n).value());
                }
            }
        }
    }
}

impl<R: Stepped> OwnedSlice<R> {
    /// Computes the signals of `neurons` that the model itself gives, into `signals`.
    fn fill_signals(&mut self, signals: &Signals, slice: &PopulationSlice, neurons: &Range<usize>) {
        let (state, stride) = self.state.values_and_stride();
        let derived_stride = slice.derived_stride as usize;
        signals.fill(Piece { derived: &self.derived, derived_stride, state, stride }, neurons, &mut self.signals);
    }
}
