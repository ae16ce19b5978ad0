//! What a loop is asked to follow, and what disturbs it.

use rand_distr::{Distribution as _, StandardNormal};

use crate::error::{Error, Result};
use crate::random::{Draws, Purpose, stream};

/// Set points and perturbations, window by window.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// Rates that are asked for, spikes/s.
    pub targets: Vec<f64>,
    /// What is added to the drive.
    pub pushes: Vec<f64>,
}

/// Windows between two set points, and the range of these, spikes/s.
const HOLD: usize = 15;
const RANGE: [f64; 2] = [10.0, 50.0];
/// Windows between two steps of the perturbation, its largest step, and the deviation of what is drawn anew in each window.
const PUSHED: usize = 11;
const PUSH: f64 = 0.15;
const JITTER: f64 = 0.02;

impl Course {
    /// So many windows: a set point every 15, a step of the perturbation every 11, and noise on it.
    ///
    /// # Errors
    /// No windows.
    pub fn drawn(windows: usize, seed: u64) -> Result<Course> {
        if windows == 0 {
            return Err(Error::invalid("course", "it has no windows; give it some"));
        }
        let mut draws = Draws::new(seed, stream(Purpose::Current, 1), 0);
        let (mut target, mut push) = (0.0, 0.0);
        let mut course = Course { targets: Vec::new(), pushes: Vec::new() };
        for window in 0..windows {
            if window % HOLD == 0 {
                target = RANGE[0] + (RANGE[1] - RANGE[0]) * draws.uniform();
            }
            if window % PUSHED == 0 {
                push = if window == 0 { 0.0 } else { PUSH * (2.0 * draws.uniform() - 1.0) };
            }
            let noise: f64 = StandardNormal.sample(&mut draws);
            course.targets.push(target);
            course.pushes.push(push + JITTER * noise);
        }
        Ok(course)
    }

    /// The root of the mean squared distance of rates from their set points, spikes/s.
    ///
    /// # Errors
    /// Another number of windows.
    pub fn error(&self, rates: &[f64]) -> Result<f64> {
        if rates.len() != self.targets.len() {
            let problem = format!("{} rates for {} windows; give one for each", rates.len(), self.targets.len());
            return Err(Error::invalid("course", problem));
        }
        let squares: f64 = rates.iter().zip(&self.targets).map(|(rate, target)| (rate - target).powi(2)).sum();
        Ok((squares / rates.len() as f64).sqrt())
    }
}
