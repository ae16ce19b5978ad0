//! Rows of numbers at equal intervals: what is the same in every record that has them.

use crate::error::{Error, Result};
use crate::text::counted;
use crate::time::Grid;

/// When the rows of a record were taken, and how many numbers there are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sampling {
    /// Length of a step, ms.
    pub dt_ms: f64,
    /// Steps between rows.
    pub interval_steps: u32,
    /// Step of the first row.
    pub first_step: u64,
    /// Numbers of all rows.
    pub values: usize,
    /// Numbers of a row.
    pub width: usize,
}

impl Sampling {
    /// Whether these are rows; `place` says of what, `value` and `column` what a number and its place in a row are called.
    ///
    /// # Errors
    /// A dt or interval that is not above zero, numbers that are not a whole number of rows.
    pub fn check(&self, place: &str, value: &str, column: &str) -> Result<()> {
        check_dt(place, self.dt_ms)?;
        if self.interval_steps == 0 {
            return Err(Error::invalid(place, "the interval must be one step or more"));
        }
        if self.values.checked_rem(self.width).unwrap_or(self.values) == 0 {
            return Ok(());
        }
        let (values, columns) = (counted(self.values, value), counted(self.width, column));
        Err(Error::invalid(place, format!("{values} are not a whole number of rows of {columns}")))
    }

    /// Whole rows.
    pub fn rows(&self) -> usize {
        self.values.checked_div(self.width).unwrap_or(0)
    }

    /// Step of a row.
    pub fn step(&self, row: usize) -> u64 {
        self.first_step + row as u64 * u64::from(self.interval_steps)
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
}

/// Whether `dt_ms` is the length of a step.
///
/// # Errors
/// One that is not above zero.
pub(super) fn check_dt(place: &str, dt_ms: f64) -> Result<()> {
    match dt_ms.is_finite() && dt_ms > 0.0 {
        true => Ok(()),
        false => Err(Error::invalid(place, format!("dt = {dt_ms} ms must be above 0 ms"))),
    }
}
