//! Probes: what recorders need of the state of neurons.

use std::ops::Range;

use crate::error::Result;
use crate::network::{Currents, Network, Probe};

/// A state variable that a recorder samples from one population.
#[derive(Debug, Clone)]
pub struct ProbePlan {
    /// Index of the recorder in the network.
    pub recorder: usize,
    /// Index of the population.
    pub population: usize,
    /// Index of the state variable.
    pub variable: usize,
    /// Number of steps from one sample to the next.
    pub interval: u32,
    /// Global ids of the neurons.
    pub ids: Range<u32>,
}

/// The probes of all recorders of `network`.
///
/// # Errors
/// [`Error::Invalid`](crate::Error::Invalid) for an interval that is not a whole number of steps.
pub(crate) fn probes(network: &Network) -> Result<Vec<ProbePlan>> {
    let mut probes = Vec::new();
    for (index, recorder) in network.recorders().iter().enumerate() {
        let interval = recorder.interval_steps(network)?;
        for part in recorder.from.parts() {
            let declaration = network.populations()[part.population].model.declaration();
            let variables: Vec<usize> = match &recorder.probe {
                Probe::Spikes | Probe::Rate(_) | Probe::Bold(_) | Probe::Weights(_) | Probe::Sends(_) => Vec::new(),
                Probe::Variable(variable) => {
                    declaration.state.iter().position(|v| v.name == variable.name).into_iter().collect()
                }
                Probe::Lfp(_) => {
                    Currents::of(declaration).into_iter().flatten().flat_map(Currents::variables).collect()
                }
            };
            let (population, ids) = (part.population, part.first..part.first + part.count);
            let probe = |variable| ProbePlan { recorder: index, population, variable, interval, ids: ids.clone() };
            probes.extend(variables.into_iter().map(probe));
        }
    }
    Ok(probes)
}
