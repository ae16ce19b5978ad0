//! Rows of values at equal intervals, which several records have.

use crate::error::{Error, Result};
use crate::text::counted;
use crate::time::Grid;

/// The times of the rows of a record, and the number of values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sampling {
    /// Length of a step, ms.
    pub dt_ms: f64,
    /// Steps between rows.
    pub interval_steps: u32,
    /// Step of the first row.
    pub first_step: u64,
    /// Number of values of all rows.
    pub values: usize,
    /// Number of values of a row.
    pub width: usize,
}

impl Sampling {
    /// Checks that these are rows. For errors, `place` is the record, and `value` and `column` are what a value and its
    /// place in a row are called.
    ///
    /// # Errors
    /// A dt or interval that is not above zero, values that are not a whole number of rows.
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

    /// Number of complete rows.
    pub fn rows(&self) -> usize {
        self.values.checked_div(self.width).unwrap_or(0)
    }

    /// The step of the run at which a row was sampled.
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

/// Checks that `dt_ms` is a valid length of a step; `place` is the record, for errors.
///
/// # Errors
/// One that is not above zero.
pub(super) fn check_dt(place: &str, dt_ms: f64) -> Result<()> {
    match dt_ms.is_finite() && dt_ms > 0.0 {
        true => Ok(()),
        false => Err(Error::invalid(place, format!("dt = {dt_ms} ms must be above 0 ms"))),
    }
}
