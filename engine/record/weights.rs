//! Weights of plastic synapses over time, as plain data and as the table `time_ms,source,target,weight`.

use std::io::Write;
use std::path::Path;

use crate::error::Result;
use crate::files::atomic_write;
use crate::record::rows::Sampling;
use crate::time::Grid;

/// The weights of some synapses of one projection, at equal intervals.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightRecord {
    /// Index of the projection in the network.
    pub projection: usize,
    /// Source and target populations, such as "exc -> inh".
    pub place: String,
    /// Name of the synapse model.
    pub synapse: String,
    /// Unit of the weights; empty for pure numbers.
    pub unit: String,
    /// Length of a step, ms.
    pub dt_ms: f64,
    /// Steps between samples.
    pub interval_steps: u32,
    /// Step of the first sample.
    pub first_step: u64,
    /// Source and target of each synapse: indices in the projection's sources and targets.
    pub ends: Vec<(u32, u32)>,
    /// Weights, time-major: at `row * ends.len() + synapse`.
    pub samples: Vec<f64>,
}

impl WeightRecord {
    /// Checks that the record is consistent.
    ///
    /// # Errors
    /// A dt or interval that is not above zero, samples that are not a whole number of rows.
    pub fn check(&self) -> Result<()> {
        self.sampling().check(&format!("weights of {}", self.place), "sample", "synapse")
    }

    /// The times and the shape of the rows.
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

    /// The weights of all synapses at one of the sampling times.
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

    /// Writes all weights as a CSV table; times in ms, the synapses of each time in the order of the record.
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
