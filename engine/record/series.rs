//! A quantity of several populations over time, such as their rates, as plain data and as the table `time_ms, NAME,
//! ...`.

use std::path::Path;

use crate::error::Result;
use crate::files::atomic_write;
use crate::record::rows::Sampling;
use crate::time::Grid;

/// One quantity of several populations, or of regions, at equal intervals.
#[derive(Debug, Clone, PartialEq)]
pub struct SeriesRecord {
    /// Name of the quantity, such as "rate".
    pub quantity: String,
    /// Unit of the values, such as "spikes/s".
    pub unit: String,
    /// Length of a step, ms.
    pub dt_ms: f64,
    /// Steps between rows.
    pub interval_steps: u32,
    /// Step of the first row; for quantities in bins, the last step of the first bin.
    pub first_step: u64,
    /// Name of the population or region of each column.
    pub names: Vec<String>,
    /// Values, row by row: at `row * names.len() + column`.
    pub values: Vec<f64>,
}

impl SeriesRecord {
    /// Checks that the record is consistent.
    ///
    /// # Errors
    /// A dt or interval that is not above zero, values that are not a whole number of rows.
    pub fn check(&self) -> Result<()> {
        self.sampling().check(&format!("series of {}", self.quantity), "value", "column")
    }

    /// The times and the shape of the rows.
    fn sampling(&self) -> Sampling {
        Sampling {
            dt_ms: self.dt_ms,
            interval_steps: self.interval_steps,
            first_step: self.first_step,
            values: self.values.len(),
            width: self.names.len(),
        }
    }

    /// Whether a value is that of all steps since the row before, as a rate is, and not of one moment.
    pub fn is_binned(&self) -> bool {
        self.quantity == "rate"
    }

    /// Number of rows.
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

    /// The values of a column over time.
    pub fn column(&self, column: usize) -> impl Iterator<Item = f64> + '_ {
        self.values.iter().skip(column).step_by(self.names.len().max(1)).copied()
    }

    /// A record of these `rows` alone; rows beyond the end are left out.
    pub fn slice(&self, rows: std::ops::Range<usize>) -> SeriesRecord {
        let width = self.names.len();
        let (from, to) = (rows.start.min(self.rows()), rows.end.min(self.rows()));
        let first_step = self.sampling().step(from);
        SeriesRecord { first_step, values: self.values[from * width..to.max(from) * width].to_vec(), ..self.clone() }
    }

    /// Writes the record as a CSV table with a column of times, in ms, and one for each name.
    ///
    /// # Errors
    /// A record that is not consistent ([`SeriesRecord::check`]), a file that cannot be written; nothing is left
    /// behind.
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
