//! The recorders of state variables, as a plan keeps them.

use std::ops::Range;

use crate::error::Result;
use crate::network::{Network, Probe};

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
