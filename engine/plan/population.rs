//! What a plan keeps of populations and of the recorders of their state.

use std::ops::Range;
use std::sync::Arc;

use crate::error::Result;
use crate::network::{Network, Probe};
use crate::plan::PopulationSlice;
use crate::plan::resolve::Resolved;
use crate::tile::Model;

/// What a plan needs to know of a population.
#[derive(Debug, Clone)]
pub struct PopulationPlan {
    /// Name.
    pub name: String,
    /// Model.
    pub model: Arc<dyn Model>,
    /// Global id of the first neuron.
    pub first: u32,
    /// Neurons.
    pub size: u32,
    /// Value of one count of each input channel: a power of two, or what all weights are multiples of.
    pub units: Vec<f64>,
    /// Most spikes one neuron can emit in one step.
    pub most: u32,
    /// Steps for which a neuron is silent after a spike, at least.
    pub silent: u64,
    /// Per state variable, what is added to the stored value: nothing, one value, or one each.
    pub offset: Vec<Vec<f64>>,
    /// Whether its model has a conductance behind its parameters; see [`Model::with_conductance`].
    pub conductance: bool,
}

impl PopulationPlan {
    /// What is added to the stored value of a state variable of neuron `i`.
    pub fn offset_of(&self, variable: usize, i: u32) -> f64 {
        match self.offset[variable].as_slice() {
            [] => 0.0,
            [one] => *one,
            each => each[i as usize],
        }
    }
}

/// A recorded state variable.
#[derive(Debug, Clone)]
pub struct ProbePlan {
    /// Index of the recorder in the network.
    pub recorder: usize,
    /// Index of the population.
    pub population: usize,
    /// Index of the state variable.
    pub variable: usize,
    /// Steps between samples.
    pub interval: u32,
    /// Global ids sampled.
    pub ids: Range<u32>,
}

impl ProbePlan {
    /// Whether it samples any of these neurons of a slice.
    pub fn reaches(&self, slice: &PopulationSlice, neurons: &Range<usize>) -> bool {
        let first = slice.first as usize;
        slice.population == self.population
            && (self.ids.start as usize) < first + neurons.end
            && first + neurons.start < self.ids.end as usize
    }
}

/// All populations of a network, whose channels count in `units`.
///
/// # Errors
/// Parameters out of bounds.
pub(crate) fn populations(network: &Resolved<'_>, units: Vec<Vec<f64>>, seed: u64) -> Result<Vec<PopulationPlan>> {
    let all = network.populations.iter().zip(units).zip(&network.max_emitted);
    let plans = all.map(|((population, units), &most)| {
        let declaration = population.model.declaration();
        let column = |name: &str| declaration.parameters.iter().position(|p| p.name == name);
        let offset = declaration.state.iter().map(|variable| match variable.relative_to.and_then(column) {
            None => Ok(Vec::new()),
            Some(index) if population.parameters[index].is_constant() => {
                Ok(vec![population.parameters_of(0, seed)?[index]])
            }
            Some(index) => (0..population.size).map(|i| Ok(population.parameters_of(i, seed)?[index])).collect(),
        });
        let different = if population.uniform() { 1 } else { population.size };
        let mut silent = u64::MAX;
        for i in 0..different {
            let parameters = population.parameters_of(i, seed)?;
            silent = silent.min(population.model.refractory_steps(&parameters, network.grid.dt()));
        }
        Ok(PopulationPlan {
            silent,
            name: population.name.clone(),
            model: population.model.clone(),
            first: population.first,
            size: population.size,
            units,
            most,
            offset: offset.collect::<Result<_>>()?,
            conductance: false,
        })
    });
    plans.collect()
}

/// All recorders of state variables of a network.
///
/// # Errors
/// An interval that is not a whole number of steps.
pub(crate) fn probes(network: &Network) -> Result<Vec<ProbePlan>> {
    let mut probes = Vec::new();
    for (index, recorder) in network.recorders().iter().enumerate() {
        let Probe::Variable(variable) = &recorder.probe else { continue };
        let part = recorder.from.parts()[0];
        let state = network.populations()[part.population].model.declaration().state;
        probes.push(ProbePlan {
            recorder: index,
            population: part.population,
            variable: state.iter().position(|v| v.name == variable.name).unwrap_or(0),
            interval: recorder.interval_steps(network)?,
            ids: part.first..part.first + part.count,
        });
    }
    Ok(probes)
}
