//! Recorders: what is kept of a run.

use crate::error::{Error, Result};
use crate::network::{Network, Selection};
use crate::time::short;

/// Record every spike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spikes;

/// Record a state variable at the end of every `interval`.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// NEST name, such as "V_m".
    pub name: String,
    /// ms between samples.
    pub interval: f64,
}

impl Variable {
    /// The variable `name`, every `interval_ms`.
    pub fn every(name: &str, interval_ms: f64) -> Variable {
        Variable { name: name.to_owned(), interval: interval_ms }
    }
}

/// What a recorder keeps.
#[derive(Debug, Clone, PartialEq)]
pub enum Probe {
    /// Spikes.
    Spikes,
    /// Samples of a state variable.
    Variable(Variable),
}

impl From<Spikes> for Probe {
    fn from(_: Spikes) -> Probe {
        Probe::Spikes
    }
}
impl From<Variable> for Probe {
    fn from(variable: Variable) -> Probe {
        Probe::Variable(variable)
    }
}

/// What is recorded from whom.
#[derive(Debug, Clone)]
pub struct Recorder {
    /// Neurons.
    pub from: Selection,
    /// What is kept.
    pub probe: Probe,
}

impl Recorder {
    /// Steps between samples of a variable.
    ///
    /// # Errors
    /// An interval that is not a whole number of steps from 1 on.
    pub fn interval_steps(&self, network: &Network) -> Result<u32> {
        let Probe::Variable(variable) = &self.probe else { return Ok(1) };
        let steps = network.grid().on(variable.interval).filter(|steps| *steps >= 1);
        steps.and_then(|steps| u32::try_from(steps).ok()).ok_or_else(|| {
            let (interval, dt) = (short(variable.interval), network.dt());
            self.error(network, format!("interval = {interval} ms is not a whole number of steps of {dt} ms"))
        })
    }

    pub(crate) fn check(&self, network: &Network) -> Result<()> {
        self.interval_steps(network)?;
        let Probe::Variable(variable) = &self.probe else { return Ok(()) };
        if self.from.parts().len() != 1 {
            return Err(self.error(network, "a state variable is recorded from one population at a time".into()));
        }
        let population = &network.populations()[self.from.parts()[0].population];
        let state = population.model.declaration().state;
        if !state.iter().any(|v| v.name == variable.name) {
            let known: Vec<&str> = state.iter().map(|v| v.name).collect();
            let place = format!("recorder of '{}' ({})", population.name, population.model.declaration().name);
            return Err(Error::unknown("state variable", &variable.name, place, &known));
        }
        Ok(())
    }

    fn error(&self, network: &Network, problem: String) -> Error {
        Error::Network { place: format!("recorder of {}", network.describe(&self.from)), problem }
    }
}
