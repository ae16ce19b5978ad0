//! Samples that are perturbed so that they are looked at longer.

use crate::error::{Error, Result};
use crate::random::{Draws, Purpose, stream};
use crate::train::exit::policy::Exits;
use crate::train::fit::Samples;

/// Some samples with noise: to each number one from -`size` to `size` is added, all as likely, within 0 and 1.
///
/// # Errors
/// A size that is not from 0 to 1; a sample that is not there.
pub fn noisy(samples: &Samples, which: &[u32], size: f64, seed: u64) -> Result<Samples> {
    check_size(size)?;
    let chosen = samples.chosen(which)?;
    let mut values = Vec::with_capacity(chosen.values().len());
    for (place, &sample) in (0..).zip(which) {
        let mut draws = Draws::new(seed, stream(Purpose::Shuffle, 2), sample.into());
        let noise = |value: &f32| {
            let uniform = f64::from(draws.word()) / f64::from(u32::MAX);
            (value + (size * (2.0 * uniform - 1.0)) as f32).clamp(0.0, 1.0)
        };
        values.extend(chosen.sample(place).iter().map(noise));
    }
    chosen.with_values(values)
}

/// Refuses a size that numbers cannot be changed by.
pub(super) fn check_size(size: f64) -> Result<()> {
    match (0.0..=1.0).contains(&size) {
        true => Ok(()),
        false => Err(Error::invalid("change of samples", format!("its size is {size}; give one from 0 to 1"))),
    }
}

/// What perturbation does to when samples are left.
#[derive(Debug, Clone, PartialEq)]
pub struct Perturbed {
    /// The size of the noise.
    pub size: f64,
    /// Steps of a sample, and the share of right answers, over all draws.
    pub steps: f64,
    /// See `steps`.
    pub accuracy: f64,
    /// Steps of a sample in the draw of which it was looked at longest: what somebody reaches who tries as often.
    pub longest: f64,
}

impl Perturbed {
    /// Of some draws of noise of one size.
    ///
    /// # Errors
    /// No draws, or draws of different samples.
    pub fn of(size: f64, draws: &[Exits]) -> Result<Perturbed> {
        let samples = draws.first().map_or(0, |exits| exits.steps.len());
        if samples == 0 || draws.iter().any(|exits| exits.steps.len() != samples) {
            return Err(Error::invalid("perturbed samples", "there are none, or not as many in each draw"));
        }
        let mean = |of: fn(&Exits) -> f64| draws.iter().map(of).sum::<f64>() / draws.len() as f64;
        let longest = |sample: usize| draws.iter().map(|exits| exits.steps[sample]).max().unwrap_or(0);
        Ok(Perturbed {
            size,
            steps: mean(Exits::mean_steps),
            accuracy: mean(Exits::accuracy),
            longest: (0..samples).map(|sample| f64::from(longest(sample))).sum::<f64>() / samples as f64,
        })
    }
}
