//! Weights of synapses that learn over time as plain data, and as the table `time_ms,source,target,weight`.

use std::io::Write;
use std::path::Path;

use crate::error::{Error, Result};
use crate::files::atomic_write;
use crate::text::counted;
use crate::time::Grid;

/// The weights of some synapses of one projection, at equal intervals.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightRecord {
    /// The projection's number, from 0.
    pub projection: usize,
    /// From whom to whom: "exc -> inh".
    pub place: String,
    /// Model of the synapses.
    pub synapse: String,
    /// Length of a step, ms.
    pub dt_ms: f64,
    /// Steps between samples.
    pub interval_steps: u32,
    /// Step of the first sample.
    pub first_step: u64,
    /// Source and target of each synapse, by index in the projection's sources and targets.
    pub ends: Vec<(u32, u32)>,
    /// Samples, time-major: `row * synapses + synapse`.
    pub samples: Vec<f64>,
}

impl WeightRecord {
    /// Whether the record means something.
    ///
    /// # Errors
    /// A dt or interval that is not above zero, samples that are not a whole number of rows.
    pub fn check(&self) -> Result<()> {
        let broken = |problem| Err(Error::invalid(format!("weights of {}", self.place), problem));
        if !(self.dt_ms.is_finite() && self.dt_ms > 0.0 && self.interval_steps > 0) {
            return broken(format!("dt = {} ms and the interval must be above 0", self.dt_ms));
        }
        match self.samples.len().checked_rem(self.ends.len()).unwrap_or(self.samples.len()) {
            0 => Ok(()),
            _ => broken(format!(
                "{samples} are not a whole number of rows of {synapses}",
                samples = counted(self.samples.len(), "sample"),
                synapses = counted(self.ends.len(), "synapse")
            )),
        }
    }

    /// Number of sampling times.
    pub fn rows(&self) -> usize {
        self.samples.len().checked_div(self.ends.len()).unwrap_or(0)
    }

    /// All weights at one of them.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.samples[row * self.ends.len()..(row + 1) * self.ends.len()]
    }

    /// Time between rows, ms.
    pub fn interval_ms(&self) -> f64 {
        Grid::new(self.dt_ms).time(self.interval_steps.into())
    }

    /// Time of each row, ms.
    pub fn times_ms(&self) -> Vec<f64> {
        let clock = Grid::new(self.dt_ms);
        (0..self.rows()).map(|row| clock.time(self.step(row))).collect()
    }

    fn step(&self, row: usize) -> u64 {
        self.first_step + row as u64 * u64::from(self.interval_steps)
    }

    /// Writes every sample, the synapses of each time in the order of the record.
    ///
    /// # Errors
    /// A broken record ([`WeightRecord::check`]) or a file that cannot be written; nothing is left behind.
    pub fn write(&self, path: &Path) -> Result<()> {
        self.check()?;
        let clock = Grid::new(self.dt_ms);
        atomic_write(path, |file| {
            writeln!(file, "time_ms,source,target,weight")?;
            for row in 0..self.rows() {
                let time = clock.text(self.step(row));
                for ((source, target), weight) in self.ends.iter().zip(self.row(row)) {
                    writeln!(file, "{time},{source},{target},{weight}")?;
                }
            }
            Ok(())
        })
    }
}
