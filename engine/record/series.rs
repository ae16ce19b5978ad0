//! A quantity of several populations over time as plain data, such as their rates, and as the table `time_ms, NAME, ...`.

use std::path::Path;

use crate::error::Result;
use crate::files::atomic_write;
use crate::record::rows::Sampling;
use crate::time::Grid;

/// One quantity of several populations, or of regions, at equal intervals.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesRecord {
    /// What it is: "rate".
    pub quantity: String,
    /// Its unit: "spikes/s".
    pub unit: String,
    /// Length of a step, ms.
    pub dt_ms: f64,
    /// Steps between rows.
    pub interval_steps: u32,
    /// Step of the first row; of what is counted in bins, with which the first bin ends.
    pub first_step: u64,
    /// Whose they are, a column each.
    pub names: Vec<String>,
    /// Row by row: `row * names + column`.
    pub values: Vec<f64>,
}

impl SeriesRecord {
    /// Whether the record means something.
    ///
    /// # Errors
    /// A dt or interval that is not above zero, values that are not a whole number of rows.
    pub fn check(&self) -> Result<()> {
        self.sampling().check(&format!("series of {}", self.quantity), "value", "column")
    }

    fn sampling(&self) -> Sampling {
        Sampling {
            dt_ms: self.dt_ms,
            interval_steps: self.interval_steps,
            first_step: self.first_step,
            values: self.values.len(),
            width: self.names.len(),
        }
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.sampling().rows()
    }

    /// Time between rows, ms.
    pub fn interval_ms(&self) -> f64 {
        self.sampling().interval_ms()
    }

    /// Time of each row, ms.
    pub fn times_ms(&self) -> Vec<f64> {
        self.sampling().times_ms()
    }

    /// A column over time.
    pub fn column(&self, column: usize) -> impl Iterator<Item = f64> + '_ {
        self.values.iter().skip(column).step_by(self.names.len().max(1)).copied()
    }

    /// Some rows of it.
    pub fn slice(&self, rows: std::ops::Range<usize>) -> SeriesRecord {
        let width = self.names.len();
        let (from, to) = (rows.start.min(self.rows()), rows.end.min(self.rows()));
        let first_step = self.sampling().step(from);
        SeriesRecord { first_step, values: self.values[from * width..to.max(from) * width].to_vec(), ..self.clone() }
    }

    /// Writes it.
    ///
    /// # Errors
    /// A broken record, a file that cannot be written; nothing is left behind.
    pub fn write(&self, path: &Path) -> Result<()> {
        self.check()?;
        let (clock, sampling) = (Grid::new(self.dt_ms), self.sampling());
        atomic_write(path, |file| {
            let mut table = csv::Writer::from_writer(file);
            table.write_field("time_ms")?;
            table.write_record(&self.names)?;
            for (row, values) in self.values.chunks(self.names.len().max(1)).enumerate() {
                table.write_field(clock.text(sampling.step(row)))?;
                table.write_record(values.iter().map(f64::to_string))?;
            }
            table.flush()
        })
    }
}
