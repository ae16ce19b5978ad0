//! Time at the edges of the library: milliseconds as `f64`, written `0.1.ms()` or `1.5.s()`.

use crate::error::Result;
use crate::time::Grid;

/// A span of biological time, held in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Time(f64);

impl Time {
    /// A span of `ms` milliseconds.
    pub const fn from_ms(ms: f64) -> Time {
        Time(ms)
    }
    /// The span in milliseconds.
    pub const fn as_ms(self) -> f64 {
        self.0
    }
    /// The number of steps of `dt_ms` in this span; `what` names the span in the error.
    ///
    /// # Errors
    /// As [`Grid::steps`].
    pub fn steps(self, dt_ms: f64, what: &str) -> Result<u64> {
        Grid::new(dt_ms).steps(self, what)
    }
}

/// `0.1.ms()`, `1.0.s()`: numbers as times.
pub trait TimeUnits {
    /// This many milliseconds.
    fn ms(self) -> Time;
    /// This many seconds.
    fn s(self) -> Time;
}

impl TimeUnits for f64 {
    fn ms(self) -> Time {
        Time(self)
    }
    fn s(self) -> Time {
        Time(self * 1000.0)
    }
}
