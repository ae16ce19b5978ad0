//! Weights of synapses that learn over time as plain data, and as the table `time_ms,source,target,weight`.

use std::io::Write;
use std::path::Path;

use crate::error::Result;
use crate::files::atomic_write;
use crate::record::rows::Sampling;
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
        self.sampling().check(&format!("weights of {}", self.place), "sample", "synapse")
    }

    fn sampling(&self) -> Sampling {
        Sampling {
            dt_ms: self.dt_ms,
            interval_steps: self.interval_steps,
            first_step: self.first_step,
            values: self.samples.len(),
            width: self.ends.len(),
        }
    }

    /// Number of sampling times.
    pub fn rows(&self) -> usize {
        self.sampling().rows()
    }

    /// All weights at one of them.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.samples[row * self.ends.len()..(row + 1) * self.ends.len()]
    }

    /// Time between rows, ms.
    pub fn interval_ms(&self) -> f64 {
        self.sampling().interval_ms()
    }

    /// Time of each row, ms.
    pub fn times_ms(&self) -> Vec<f64> {
        self.sampling().times_ms()
    }

    /// Writes every sample, the synapses of each time in the order of the record.
    ///
    /// # Errors
    /// A broken record ([`WeightRecord::check`]) or a file that cannot be written; nothing is left behind.
    pub fn write(&self, path: &Path) -> Result<()> {
        self.check()?;
        let (clock, sampling) = (Grid::new(self.dt_ms), self.sampling());
        atomic_write(path, |file| {
            writeln!(file, "time_ms,source,target,weight")?;
            for row in 0..sampling.rows() {
                let time = clock.text(sampling.step(row));
                for ((source, target), weight) in self.ends.iter().zip(self.row(row)) {
                    writeln!(file, "{time},{source},{target},{weight}")?;
                }
            }
            Ok(())
        })
    }
}
