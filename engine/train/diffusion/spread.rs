//! Mean and spread of measurements with several seeds, and whether two of them differ.

use serde::Serialize;

use crate::error::{Error, Result};

/// Mean and standard deviation of a figure that was measured with several seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// The mean.
    pub mean: f64,
    /// The standard deviation of a sample (divided by n - 1).
    pub sd: f64,
}

impl Spread {
    /// The spread of measured numbers.
    ///
    /// # Errors
    /// Fewer than two numbers, or one that is not finite.
    pub fn of(numbers: &[f64]) -> Result<Spread> {
        let wrong = |problem: &str| Err(Error::invalid("spread", problem.to_owned()));
        if numbers.len() < 2 {
            return wrong("one number has no spread; measure with two seeds or more");
        }
        if numbers.iter().any(|number| !number.is_finite()) {
            return wrong("a number of those that were measured is not finite");
        }
        let count = numbers.len() as f64;
        let mean = numbers.iter().sum::<f64>() / count;
        let squares: f64 = numbers.iter().map(|number| (number - mean) * (number - mean)).sum();
        Ok(Spread { mean, sd: (squares / (count - 1.0)).sqrt() })
    }

    /// Whether two means differ by more than √(sd² + sd'²), the standard deviation of a difference: less may be chance.
    pub fn differs(&self, other: &Spread) -> bool {
        (self.mean - other.mean).abs() > self.sd.hypot(other.sd)
    }
}
