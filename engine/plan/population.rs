//! Populations in a plan.

use std::sync::Arc;

use crate::error::Result;
use crate::plan::resolve::Resolved;
use crate::tile::Model;

/// Per state variable of a population, what is to be added to the stored value: nothing (empty), one value, or one for
/// each neuron.
pub type Offsets = Vec<Vec<f64>>;

/// A population in a plan.
#[derive(Debug, Clone)]
pub struct PopulationPlan {
    /// Name of the population.
    pub name: String,
    /// The neuron model.
    pub model: Arc<dyn Model>,
    /// Global id of the first neuron.
    pub first: u32,
    /// Number of neurons.
    pub size: u32,
    /// Per input channel, the value of one count: a power of two, or a number of which all weights are multiples.
    pub units: Vec<f64>,
    /// The largest number of spikes that one neuron can emit in one step.
    pub most: u32,
    /// The least number of steps for which a neuron is silent after a spike.
    pub silent: u64,
    /// What is to be added to stored values.
    pub offset: Offsets,
    /// Whether the last parameter of its model is a conductance of couplings; see [`Model::with_conductance`].
    pub conductance: bool,
    /// Whether parameters or couplings change during a run, so that each neuron has derived values of its own.
    pub changes: bool,
}

impl PopulationPlan {
    /// What is to be added to the stored value of state variable `variable` of neuron `i`.
    pub fn offset_of(&self, variable: usize, i: u32) -> f64 {
        match self.offset[variable].as_slice() {
            [] => 0.0,
            [one] => *one,
            each => each[i as usize],
        }
    }
}

/// The populations of `network`, whose channels count in `units`, by population.
///
/// # Errors
/// Parameters that are drawn out of bounds.
pub(crate) fn populations(network: &Resolved<'_>, units: Vec<Vec<f64>>, seed: u64) -> Result<Vec<PopulationPlan>> {
    let all = network.populations.iter().zip(units).zip(&network.max_emitted).enumerate();
    let plans = all.map(|(index, ((population, units), &most))| {
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
            changes: network.changes_parameters(index),
        })
    });
    plans.collect()
}
