//! The samples of a state variable as plain data.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::record::rows::Sampling;
use crate::text::counted;

/// Samples of one state variable of some neurons of one population.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceRecord {
    /// Name of the population.
    pub population: String,
    /// NEST name of the variable, such as "V_m".
    pub variable: String,
    /// Unit of the variable, such as "mV"; empty for a pure number.
    pub unit: String,
    /// Steps between samples.
    pub interval_steps: u32,
    /// Length of a step, ms.
    pub dt_ms: f64,
    /// The recorded neurons: indices in the population.
    pub neurons: Vec<u32>,
    /// A name for each entry of `neurons`, where neurons have names.
    pub names: Option<Vec<String>>,
    /// Samples, time-major: at `row * neurons.len() + n`.
    pub samples: Vec<f64>,
    /// Step of the first sample.
    pub first_step: u64,
}

impl TraceRecord {
    /// Checks that the record is consistent.
    ///
    /// # Errors
    /// A dt or interval that is not above zero, samples that are not a whole number of rows, names that do not match
    /// the neurons.
    pub fn check(&self) -> Result<()> {
        let place = format!("trace of {}", self.quantity());
        self.sampling().check(&place, "sample", "neuron")?;
        let neurons = self.neurons.len();
        match &self.names {
            Some(names) if names.len() != neurons => {
                let (names, neurons) = (counted(names.len(), "name"), counted(neurons, "neuron"));
                Err(Error::invalid(place, format!("{names} for {neurons}")))
            }
            _ => Ok(()),
        }
    }

    /// The times and the shape of the rows.
    fn sampling(&self) -> Sampling {
        Sampling {
            dt_ms: self.dt_ms,
            interval_steps: self.interval_steps,
            first_step: self.first_step,
            values: self.samples.len(),
            width: self.neurons.len(),
        }
    }

    /// Number of sampling times.
    pub fn rows(&self) -> usize {
        self.sampling().rows()
    }

    /// Step of a row.
    pub fn step(&self, row: usize) -> u64 {
        self.sampling().step(row)
    }

    /// Time of each row, ms.
    pub fn times_ms(&self) -> Vec<f64> {
        self.sampling().times_ms()
    }

    /// The samples of the `n`-th recorded neuron, over time.
    pub fn series(&self, n: usize) -> impl Iterator<Item = f64> + '_ {
        self.samples.iter().skip(n).step_by(self.neurons.len().max(1)).copied()
    }

    /// What the `n`-th recorded neuron is called: its name, or `population[index]`.
    pub fn label(&self, n: usize) -> String {
        match self.names.as_ref().and_then(|names| names.get(n)) {
            Some(name) => name.clone(),
            None => format!("{}[{}]", self.population, self.neurons.get(n).copied().unwrap_or_default()),
        }
    }

    /// Population and variable, such as "exc.V_m".
    pub fn quantity(&self) -> String {
        format!("{}.{}", self.population, self.variable)
    }
}

/// The description of a trace table: all of a [`TraceRecord`] but its samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TraceEntry {
    /// Name of the file.
    pub file: String,
    /// Name of the population.
    pub population: String,
    /// NEST name of the variable.
    pub variable: String,
    /// Unit of the variable.
    pub unit: String,
    /// Steps between samples.
    pub interval_steps: u32,
    /// Step of the first sample.
    pub first_step: u64,
    /// The recorded neurons: indices in the population.
    pub neurons: Vec<u32>,
    /// A name for each entry of `neurons`, where neurons have names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<String>>,
}

impl TraceEntry {
    /// The record without its samples.
    pub(super) fn record(&self, dt_ms: f64) -> TraceRecord {
        TraceRecord {
            population: self.population.clone(),
            variable: self.variable.clone(),
            unit: self.unit.clone(),
            interval_steps: self.interval_steps,
            dt_ms,
            neurons: self.neurons.clone(),
            names: self.names.clone(),
            samples: Vec::new(),
            first_step: self.first_step,
        }
    }
}
