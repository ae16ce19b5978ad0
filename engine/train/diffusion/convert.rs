//! Conversion of a trained net of ReLUs to spiking neurons, without further training.
//!
//! Rueckauer et al. 2017, "Conversion of continuous-valued deep networks to efficient event-driven networks for image
//! classification": a ReLU becomes an integrate-and-fire neuron whose rate stands for the output of the ReLU; the
//! threshold is a value that this output hardly ever exceeds, and a spike subtracts it from the potential. Potentials
//! start at half the threshold, so that rates are rounded and not cut off (Bu et al. 2022, "Optimal ANN-SNN conversion
//! for high-accuracy and ultra-low-latency spiking neural networks").

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::design::Neuron;
use super::model::Model;
use super::unet::UNet;
use crate::error::{Error, Result};
use crate::train::gemm::Float;
use crate::train::share;
use crate::train::tape::{Curve, Datum, Given, Operation, Pointwise, Tape};
use crate::train::{Array, Spikes};

const NAME: &str = "conversion";
/// Images that are drawn to measure the outputs of ReLUs, and in how many steps back each.
const SEEN: (usize, u32) = (64, 50);
/// About how many outputs of a layer a percentile is taken of, in each step back.
const KEPT: usize = 8192;

/// Integrate-and-fire neurons that start at half the threshold θ and lose θ at a spike, at most one a step: for a
/// constant drive, the number of spikes times θ, divided by the number of steps, is [`clipped`].
///
/// Input: drives, [samples, steps, units...]. Output: spikes, of the same shape.
#[derive(Debug, Clone)]
pub struct SoftReset {
    threshold: f64,
}

impl SoftReset {
    /// Neurons with this threshold, in the units of their drives.
    ///
    /// # Errors
    /// A threshold that is not a number above 0.
    pub fn new(threshold: f64) -> Result<SoftReset> {
        if threshold > 0.0 && threshold.is_finite() {
            return Ok(SoftReset { threshold });
        }
        Err(Error::invalid(NAME, format!("a threshold of {threshold} must be a number above 0")))
    }
}

/// The output that the rate of a converted neuron stands for under a constant drive x: the ReLU of x, clipped at the
/// threshold θ and rounded to whole spikes in T steps, θ/T · clip(⌊T·x/θ + ½⌋, 0, T).
pub fn clipped(drive: f64, threshold: f64, steps: usize) -> f64 {
    let all = steps as f64;
    threshold / all * (all * drive / threshold + 0.5).floor().clamp(0.0, all)
}

impl<T: Float> Operation<T> for SoftReset {
    fn name(&self) -> &str {
        NAME
    }

    fn forward(&mut self, inputs: &[&Datum<T>], threads: usize) -> Result<Datum<T>> {
        let [input] = inputs else {
            return Err(Error::invalid(NAME, format!("it was given {} inputs, and takes one", inputs.len())));
        };
        let input = input.numbers(NAME)?;
        let mut spikes = Spikes::silent(NAME, input.shape())?;
        let (steps, units, row) = (spikes.steps(), spikes.units(), spikes.row_words());
        let threshold = T::of(self.threshold);
        share::blocks(threads, spikes.words_mut(), steps * row, |sample, words| {
            let mut potential = vec![T::of(self.threshold / 2.0); units];
            for (step, words) in words.chunks_mut(row.max(1)).enumerate() {
                let drives = &input.data()[(sample * steps + step) * units..][..units];
                for (unit, (potential, &drive)) in potential.iter_mut().zip(drives).enumerate() {
                    *potential += drive;
                    if *potential >= threshold {
                        *potential -= threshold;
                        words[unit / 64] |= 1 << (unit % 64);
                    }
                }
            }
            Ok(())
        })?;
        Ok(Datum::Spikes(spikes))
    }

    fn backward(&mut self, _: Given<'_, T>, _: usize) -> Result<Vec<Option<Array<T>>>> {
        Err(Error::invalid(NAME, "a net that was converted does not learn; train its twin and convert that anew"))
    }
}

/// Thresholds for [`convert`]: for each layer of ReLUs of `twin`, by its name, the percentile `percentile` (in percent)
/// of its outputs, the largest over all steps back of 64 images that `twin` draws; 1 for a layer whose percentile is
/// never above 0.
///
/// # Errors
/// A net of other neurons; a percentile that is not above 0 and up to 100.
pub fn thresholds(twin: &Model, percentile: f64, (seed, threads): (u64, usize)) -> Result<BTreeMap<String, f64>> {
    check_relus(twin)?;
    if !(percentile > 0.0 && percentile <= 100.0) {
        let problem = format!("the percentile {percentile} is not above 0 and up to 100; 99.9 is usual");
        return Err(Error::invalid(NAME, problem));
    }
    let found: Arc<Mutex<BTreeMap<String, f64>>> = Arc::default();
    let noted = Arc::clone(&found);
    let net = UNet::converted(twin.recipe().design, 1, move |tape: &mut Tape<f32>, name, x| {
        let y = tape.apply(Pointwise(Curve::Relu), &[x])?;
        let own = percentile_of(tape.datum(y).numbers(NAME)?.data(), percentile);
        let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
        let most = noted.entry(name.to_owned()).or_insert(0.0);
        *most = most.max(own);
        Ok((y, 1.0))
    })?;
    twin.with(net).draw(SEEN, (seed, threads), |_, _| Ok(()))?;
    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
    // A layer whose percentile is never above zero seldom fires whatever its threshold is.
    found.values_mut().filter(|threshold| **threshold <= 0.0).for_each(|threshold| *threshold = 1.0);
    Ok(std::mem::take(&mut *found))
}

/// The percentile `percentile` (in percent) of about [`KEPT`] numbers, chosen evenly from `numbers`.
fn percentile_of(numbers: &[f32], percentile: f64) -> f64 {
    let mut some: Vec<f32> = numbers.iter().copied().step_by((numbers.len() / KEPT).max(1) | 1).collect();
    some.sort_by(f32::total_cmp);
    let place = (percentile / 100.0 * some.len() as f64).ceil() as usize;
    some.get(place.clamp(1, some.len().max(1)) - 1).map_or(0.0, |&number| number.into())
}

/// The net of ReLUs `twin` as one of spiking neurons with the same weights, run for `steps` steps: in each layer
/// neurons of [`SoftReset`] with the threshold under its name in `thresholds`, whose spikes are as high as the
/// threshold; the output of the last block is averaged over steps. [`Model::save`] of the result writes what it writes
/// of `twin`.
///
/// # Errors
/// A net of other neurons; steps that are not from 1 to 64; a layer without a threshold, or one that is not above 0.
pub fn convert(twin: &Model, thresholds: &BTreeMap<String, f64>, steps: usize) -> Result<Model> {
    check_relus(twin)?;
    for parameter in UNet::<f32>::new(twin.recipe().design)?.temporal()? {
        let name = parameter.name().trim_end_matches(".temporal");
        let threshold = thresholds.get(name);
        let threshold = threshold.ok_or_else(|| Error::invalid(NAME, format!("there is no threshold of '{name}'")))?;
        SoftReset::new(*threshold)?;
    }
    let thresholds = thresholds.clone();
    let net = UNet::converted(twin.recipe().design, steps, move |tape: &mut Tape<f32>, name, x| {
        let threshold = thresholds.get(name).copied().unwrap_or(1.0);
        Ok((tape.apply(SoftReset::new(threshold)?, &[x])?, threshold))
    })?;
    Ok(twin.with(net))
}

/// Checks that `twin` is a net of ReLUs.
fn check_relus(twin: &Model) -> Result<()> {
    match twin.recipe().design.neuron {
        Neuron::Ann => Ok(()),
        Neuron::Spiking => Err(Error::invalid(
            NAME,
            "the net has spiking neurons already; name one of ReLUs, which --neuron ann learns",
        )),
    }
}
