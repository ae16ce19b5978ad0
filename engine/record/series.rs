//! A quantity of several populations over time as plain data, such as their rates, and as the table `time_ms, NAME, ...`.

use std::path::Path;

use crate::error::{Error, Result};
use crate::files::atomic_write;
use crate::text::counted;
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
        let broken = |problem| Err(Error::invalid(format!("series of {}", self.quantity), problem));
        if !(self.dt_ms.is_finite() && self.dt_ms > 0.0 && self.interval_steps > 0) {
            return broken(format!("dt = {} ms and the interval must be above 0", self.dt_ms));
        }
        match self.values.len().checked_rem(self.names.len()).unwrap_or(self.values.len()) {
            0 => Ok(()),
            _ => broken(format!(
                "{values} are not a whole number of rows of {columns}",
                values = counted(self.values.len(), "value"),
                columns = self.names.len()
            )),
        }
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.values.len().checked_div(self.names.len()).unwrap_or(0)
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

    /// A column over time.
    pub fn column(&self, column: usize) -> impl Iterator<Item = f64> + '_ {
        self.values.iter().skip(column).step_by(self.names.len().max(1)).copied()
    }

    /// Some rows of it.
    pub fn slice(&self, rows: std::ops::Range<usize>) -> SeriesRecord {
        let width = self.names.len();
        let (from, to) = (rows.start.min(self.rows()), rows.end.min(self.rows()));
        let first_step = self.step(from);
        SeriesRecord { first_step, values: self.values[from * width..to.max(from) * width].to_vec(), ..self.clone() }
    }

    /// Writes it.
    ///
    /// # Errors
    /// A broken record, a file that cannot be written; nothing is left behind.
    pub fn write(&self, path: &Path) -> Result<()> {
        self.check()?;
        let clock = Grid::new(self.dt_ms);
        atomic_write(path, |file| {
            let mut table = csv::Writer::from_writer(file);
            table.write_field("time_ms")?;
            table.write_record(&self.names)?;
            for (row, values) in self.values.chunks(self.names.len().max(1)).enumerate() {
                table.write_field(clock.text(self.step(row)))?;
                table.write_record(values.iter().map(f64::to_string))?;
            }
            table.flush()
        })
    }
}
