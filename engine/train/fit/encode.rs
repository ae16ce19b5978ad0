//! Encoding of samples as input of neurons: latency code (a spike for each pixel, the earlier the brighter), rate code
//! (random spikes, the more the brighter), and currents.

use super::samples::Samples;
use crate::error::{Error, Result};
use crate::network::Latency;
use crate::number::Number;
use crate::random::{Purpose, key, philox, stream};
use crate::text::counted;
use crate::time::Grid;
use crate::train::{Array, Spikes};

/// Latency code of the samples with the numbers `wanted`: each pixel has a spike in the step nearest to its latency,
/// but not before the first, as an `image_generator` of an experiment has it, and none where that is beyond the last
/// step. `dt` is the duration of a step, ms. Shape [sample, step, unit axes...]; a spike in step 1 stands at place 0 of
/// the axis.
///
/// # Errors
/// Samples that are no brightness or do not exist; no steps; `tau`, `threshold` or `dt` out of range.
pub fn latency(samples: &Samples, wanted: &[u32], latency: Latency, steps: usize, dt: f64) -> Result<Spikes> {
    let what = "latency code";
    let Latency { tau, threshold, .. } = latency;
    if !(tau > 0.0 && tau.is_finite() && threshold > 0.0 && threshold < 1.0 && dt > 0.0 && dt.is_finite()) {
        let problem =
            format!("tau = {tau} ms and dt = {dt} ms must be above 0, and threshold = {threshold} from 0 to 1");
        return Err(Error::invalid(what, problem));
    }
    let grid = Grid::new(dt);
    let (mut spikes, values) = silent_spikes(what, samples, wanted, steps)?;
    for (place, sample) in values.enumerate() {
        for (unit, &x) in sample.iter().enumerate() {
            let step = latency.of(x.into()).and_then(|after| grid.nearest(after));
            let step = step.map(|step| step.max(1)).filter(|&step| step <= steps as u64);
            if let Some(step) = step {
                spikes.set(place, step as usize - 1, unit);
            }
        }
    }
    Ok(spikes)
}

/// What the random spikes of a rate code depend on beside the sample: another draw gives other spikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// The seed.
    pub seed: u64,
    /// The number of the draw, such as the epoch.
    pub number: u32,
}

/// Rate code of the samples with the numbers `wanted`: in each step a pixel of brightness x has a spike with the
/// probability `most` · x. A spike is a function of (seed, draw, sample, step, unit), whatever other samples are
/// encoded with it. Shape [sample, step, unit axes...].
///
/// # Errors
/// Samples that are no brightness or do not exist; no steps; `most` not from 0 to 1.
pub fn rate(samples: &Samples, wanted: &[u32], most: f64, steps: usize, draw: Draw) -> Result<Spikes> {
    let what = "rate code";
    if !(0.0..=1.0).contains(&most) {
        let problem = format!("the brightest pixel cannot have a spike in {most} of all steps; give 0 to 1");
        return Err(Error::invalid(what, problem));
    }
    let (key, stream) = (key(draw.seed), stream(Purpose::Encode, draw.number));
    let (mut spikes, values) = silent_spikes(what, samples, wanted, steps)?;
    let mut thresholds: Vec<u64> = Vec::new();
    for (place, (sample, &number)) in values.zip(wanted).enumerate() {
        thresholds.clear();
        thresholds.extend(sample.iter().map(|&x| (f64::from(x) * most * 4_294_967_296.0).round() as u64));
        for step in 0..steps {
            for (group, thresholds) in (0u32..).zip(thresholds.chunks(4)) {
                if thresholds.iter().all(|&threshold| threshold == 0) {
                    continue;
                }
                // A block of four random words serves four neighbouring pixels.
                let words = philox([step as u32, number, group, stream], key);
                for (lane, (&threshold, word)) in thresholds.iter().zip(words).enumerate() {
                    if u64::from(word) < threshold {
                        spikes.set(place, step, 4 * group as usize + lane);
                    }
                }
            }
        }
    }
    Ok(spikes)
}

/// Spikes [sample, step, row, column] of images shifted by up to `most` pixels vertically and horizontally, each by a
/// random shift that is a function of (seed, draw, sample); what leaves an image is dropped. `wanted` holds the numbers
/// of the samples. For a latency code the result is as if the samples had been shifted before they were encoded.
///
/// # Errors
/// Spikes of other axes; another number of samples than of their numbers.
pub fn moved(spikes: &Spikes, wanted: &[u32], most: u32, draw: Draw) -> Result<Spikes> {
    let what = "moved images";
    let &[samples, steps, height, width] = spikes.shape() else {
        return Err(Error::invalid(what, "images have rows and columns; give spikes of [sample, step, row, column]"));
    };
    if samples != wanted.len() {
        let problem = format!("there are {samples} samples and {} numbers of samples; give one each", wanted.len());
        return Err(Error::invalid(what, problem));
    }
    let mut moved = Spikes::silent(what, spikes.shape())?;
    // The group u32::MAX keeps these random words apart from those of a rate code, whose groups count pixels.
    let (key, stream) = (key(draw.seed), stream(Purpose::Encode, draw.number));
    for (place, &number) in wanted.iter().enumerate() {
        let words = philox([0, number, u32::MAX, stream], key);
        // From 0 to twice `most`: `most` itself is no shift.
        let [down, across] = [words[0], words[1]].map(|word| (u64::from(word) * (2 * u64::from(most) + 1)) >> 32);
        for step in 0..steps {
            for unit in spikes.firing(place, step) {
                let (row, column) = ((unit / width) as u64 + down, (unit % width) as u64 + across);
                let to = row.checked_sub(most.into()).zip(column.checked_sub(most.into()));
                let to = to.filter(|&(row, column)| row < height as u64 && column < width as u64);
                if let Some((row, column)) = to {
                    moved.set(place, step, row as usize * width + column as usize);
                }
            }
        }
    }
    Ok(moved)
}

/// Constant currents for the samples with the numbers `wanted`: the value of each pixel times `gain` in every step.
/// Shape [sample, step, unit axes...].
///
/// # Errors
/// Samples that do not exist; no steps; more numbers than memory has addresses.
pub fn current<T: Number>(samples: &Samples, wanted: &[u32], gain: f64, steps: usize) -> Result<Array<T>> {
    let what = "current code";
    check_request(what, samples, wanted, steps)?;
    let mut currents = Array::zeros(what, &encoded_shape(samples, wanted, steps))?;
    let block = samples.units() * steps;
    for (block, &sample) in currents.data_mut().chunks_mut(block.max(1)).zip(wanted) {
        for row in block.chunks_mut(samples.units().max(1)) {
            let values = row.iter_mut().zip(samples.sample(sample));
            values.for_each(|(current, &x)| *current = T::of(f64::from(x) * gain));
        }
    }
    Ok(currents)
}

/// The shape of encoded samples: [sample, step, unit axes...].
fn encoded_shape(samples: &Samples, wanted: &[u32], steps: usize) -> Vec<usize> {
    [wanted.len(), steps].into_iter().chain(samples.shape().iter().copied()).collect()
}

/// Checks that all samples exist, and that there are steps.
fn check_request(what: &str, samples: &Samples, wanted: &[u32], steps: usize) -> Result<()> {
    if let Some(sample) = wanted.iter().find(|sample| **sample as usize >= samples.len()) {
        let held = counted(samples.len() as u64, "sample");
        return Err(Error::invalid(what, format!("sample {sample} is none of {held}, counted from 0")));
    }
    match steps > 0 && u32::try_from(steps).is_ok() {
        true => Ok(()),
        false => Err(Error::invalid(what, format!("{steps} steps are no time; give at least one"))),
    }
}

/// Spikes without any set yet, and the values of the wanted samples, after a check of both.
fn silent_spikes<'a>(
    what: &str,
    samples: &'a Samples,
    wanted: &'a [u32],
    steps: usize,
) -> Result<(Spikes, impl Iterator<Item = &'a [f32]>)> {
    check_request(what, samples, wanted, steps)?;
    samples.check_brightness(wanted)?;
    let spikes = Spikes::silent(what, &encoded_shape(samples, wanted, steps))?;
    Ok((spikes, wanted.iter().map(|&sample| samples.sample(sample))))
}
