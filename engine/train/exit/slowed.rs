//! Samples that are changed on purpose, by derivatives, so that they are looked at longer.

use crate::error::{Error, Result};
use crate::train::exit::answers::running;
use crate::train::exit::perturbed::check_size;
use crate::train::fit::Samples;
use crate::train::tape::Steps;

/// Rounds in which samples are changed.
const ROUNDS: u32 = 10;
/// How far the rounds go in all, in sizes of the change: they may turn back.
const FAR: f64 = 2.5;

/// Some samples, each number changed by at most `size` within 0 and 1, so that what `slopes` gives the derivatives of falls:
/// projected steps along their signs (Madry et al. 2018). It is given the samples as they are and the round, counted from 0, and
/// gives the derivatives by their numbers, \[samples, units\].
///
/// # Errors
/// A size that is not from 0 to 1; a sample that is not there; slopes of another number, or that are none; what `slopes` refuses.
pub fn slowed(
    samples: &Samples,
    which: &[u32],
    size: f64,
    mut slopes: impl FnMut(&Samples, u32) -> Result<Vec<f64>>,
) -> Result<Samples> {
    check_size(size)?;
    let plain = samples.chosen(which)?;
    let mut slow = plain.clone();
    let step = FAR * size / f64::from(ROUNDS);
    for round in 0..ROUNDS {
        let slopes = slopes(&slow, round)?;
        if slopes.len() != plain.values().len() || slopes.iter().any(|slope| !slope.is_finite()) {
            return Err(Error::invalid("slopes", "give one finite derivative for each number of the samples"));
        }
        let changed = slow.values().iter().zip(plain.values()).zip(slopes).map(|((&now, &plain), slope)| {
            let (least, most) = ((plain - size as f32).max(0.0), (plain + size as f32).min(1.0));
            let along = if slope == 0.0 { 0.0 } else { slope.signum() };
            (now - (step * along) as f32).clamp(least.min(plain), most.max(plain))
        });
        let changed = changed.collect();
        slow = slow.with_values(changed)?;
    }
    Ok(slow)
}

/// The derivatives, by what a network shows of a sample, \[steps, units\], of how sure it is: of the mean over steps and classes of
/// -ln softmax(z / T) if the sample ended after each of them ([`running`]). It is least where all classes are alike likely, as those
/// who slow networks down have it (Hong et al. 2021).
///
/// # Errors
/// A temperature that is not above 0; weights for another number of steps.
pub fn sureness(readout: &Steps, shown: &[f64], units: usize, temperature: f64) -> Result<Vec<f64>> {
    if !(temperature.is_finite() && temperature > 0.0) {
        return Err(Error::invalid("temperature", format!("{temperature}; give a number above 0")));
    }
    let mut bars = running(readout, shown, units)?;
    let steps = shown.len() / units.max(1);
    for logits in bars.chunks_exact_mut(units.max(1)) {
        let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logits.iter().map(|logit| ((logit - most) / temperature).exp()).sum();
        for logit in logits {
            let likely = ((*logit - most) / temperature).exp() / sum;
            *logit = (likely - 1.0 / units as f64) / (temperature * steps as f64);
        }
    }
    Ok(before_running(readout, shown, bars, units))
}

/// From derivatives by what [`running`] gives to those by what it is given.
fn before_running(readout: &Steps, shown: &[f64], mut bars: Vec<f64>, units: usize) -> Vec<f64> {
    let steps = shown.len() / units.max(1);
    for unit in 0..units {
        let at = |step: usize| step * units + unit;
        match readout {
            Steps::Last => {}
            Steps::Sum | Steps::Mean | Steps::Weighted(_) => {
                let mut sum = 0.0;
                for step in (0..steps).rev() {
                    let share = if *readout == Steps::Mean { 1.0 / (step + 1) as f64 } else { 1.0 };
                    sum += share * bars[at(step)];
                    let weight = if let Steps::Weighted(weights) = readout { weights[step] } else { 1.0 };
                    bars[at(step)] = weight * sum;
                }
            }
            Steps::Max => {
                let mut largest = 0;
                for step in 1..steps {
                    if shown[at(step)] > shown[at(largest)] {
                        largest = step;
                    } else {
                        bars[at(largest)] += std::mem::take(&mut bars[at(step)]);
                    }
                }
            }
        }
    }
    bars
}
