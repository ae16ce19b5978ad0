//! Courses: the set points that a loop should follow, and the perturbations of its drive.

use rand_distr::{Distribution as _, StandardNormal};

use crate::error::{Error, Result};
use crate::random::{Draws, Purpose, stream};

/// Set points and perturbations, window by window.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// The set point of each window, spikes/s.
    pub targets: Vec<f64>,
    /// The perturbation of each window, added to the drive.
    pub pushes: Vec<f64>,
}

/// Windows for which a set point holds.
const HOLD: usize = 15;
/// The range that set points are drawn from, spikes/s.
const RANGE: [f64; 2] = [10.0, 50.0];
/// Windows for which a perturbation holds.
const PUSHED: usize = 11;
/// The largest perturbation, in units of drive.
const PUSH: f64 = 0.15;
/// The standard deviation of the noise that is added to the perturbation in each window.
const JITTER: f64 = 0.02;

impl Course {
    /// A course of `windows` windows, drawn from `seed`: every 15 windows a new set point from 10 to 50 spikes/s, every
    /// 11 a new perturbation of up to ±0.15 (none in the first 11), with normal noise on it.
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

    /// The root mean squared distance of `rates`, one for each window, from their set points, spikes/s.
    ///
    /// # Errors
    /// Another number of rates than of windows.
    pub fn error(&self, rates: &[f64]) -> Result<f64> {
        if rates.len() != self.targets.len() {
            let problem = format!("{} rates for {} windows; give one for each", rates.len(), self.targets.len());
            return Err(Error::invalid("course", problem));
        }
        let squares: f64 = rates.iter().zip(&self.targets).map(|(rate, target)| (rate - target).powi(2)).sum();
        Ok((squares / rates.len() as f64).sqrt())
    }
}
