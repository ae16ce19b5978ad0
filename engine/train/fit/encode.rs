//! Samples as input of neurons: a spike each, the earlier the brighter; spikes at random, the more the brighter; currents.

use super::samples::Samples;
use crate::error::{Error, Result};
use crate::network::Latency;
use crate::number::Number;
use crate::random::{Purpose, key, philox, stream};
use crate::text::counted;
use crate::time::Grid;
use crate::train::{Array, Spikes};

/// The spike of each pixel: at the step nearest to its latency, and at least the first, as an `image_generator` of an
/// experiment has it, and none where that is beyond the last step. Shape [sample, step, unit axes...]; what happens in step 1
/// stands at place 0.
///
/// # Errors
/// Samples that are no brightness or are not there; no steps; times that make no sense.
pub fn latency(samples: &Samples, wanted: &[u32], latency: Latency, steps: usize, dt: f64) -> Result<Spikes> {
    let what = "latency code";
    let Latency { tau, threshold, .. } = latency;
    if !(tau > 0.0 && tau.is_finite() && threshold > 0.0 && threshold < 1.0 && dt > 0.0 && dt.is_finite()) {
        let problem =
            format!("tau = {tau} ms and dt = {dt} ms must be above 0, and threshold = {threshold} from 0 to 1");
        return Err(Error::invalid(what, problem));
    }
    let grid = Grid::new(dt);
    let (mut spikes, values) = begin(what, samples, wanted, steps)?;
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

/// What rates are drawn by: another draw gives other spikes, and nothing else does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// The seed.
    pub seed: u64,
    /// Which draw, such as the epoch.
    pub number: u32,
}

/// Spikes at random: in each step a pixel of brightness x has one with the probability `most` · x. A spike is a function of
/// (seed, draw, sample, step, unit), whichever samples stand beside it. Shape [sample, step, unit axes...].
///
/// # Errors
/// Samples that are no brightness or are not there; no steps; a probability that is none.
pub fn rate(samples: &Samples, wanted: &[u32], most: f64, steps: usize, draw: Draw) -> Result<Spikes> {
    let what = "rate code";
    if !(0.0..=1.0).contains(&most) {
        let problem = format!("the brightest pixel cannot have a spike in {most} of all steps; give 0 to 1");
        return Err(Error::invalid(what, problem));
    }
    let (key, stream) = (key(draw.seed), stream(Purpose::Encode, draw.number));
    let (mut spikes, values) = begin(what, samples, wanted, steps)?;
    let mut thresholds: Vec<u64> = Vec::new();
    for (place, (sample, &number)) in values.zip(wanted).enumerate() {
        thresholds.clear();
        thresholds.extend(sample.iter().map(|&x| (f64::from(x) * most * 4_294_967_296.0).round() as u64));
        for step in 0..steps {
            for (group, thresholds) in (0u32..).zip(thresholds.chunks(4)) {
                if thresholds.iter().all(|&threshold| threshold == 0) {
                    continue;
                }
                // A block serves four neighbours.
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

/// Images moved by up to `most` pixels up or down and to a side, each by a draw of its own, a function of (seed, draw, sample);
/// what leaves an image is gone. The same as if the samples had been moved before they became spikes of [sample, step, row,
/// column].
///
/// # Errors
/// Spikes of other axes; another number of samples.
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
    // Beside the blocks of a rate code, which count groups of pixels.
    let (key, stream) = (key(draw.seed), stream(Purpose::Encode, draw.number));
    for (place, &number) in wanted.iter().enumerate() {
        let words = philox([0, number, u32::MAX, stream], key);
        // From 0 to twice `most`, whose middle is no move.
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

/// Each pixel as a current: its brightness times `gain`, the same in every step. Shape [sample, step, unit axes...].
///
/// # Errors
/// Samples that are not there; more numbers than memory has addresses.
pub fn current<T: Number>(samples: &Samples, wanted: &[u32], gain: f64, steps: usize) -> Result<Array<T>> {
    let what = "current code";
    check(what, samples, wanted, steps)?;
    let mut currents = Array::zeros(what, &shape(samples, wanted, steps))?;
    let block = samples.units() * steps;
    for (block, &sample) in currents.data_mut().chunks_mut(block.max(1)).zip(wanted) {
        for row in block.chunks_mut(samples.units().max(1)) {
            let values = row.iter_mut().zip(samples.sample(sample));
            values.for_each(|(current, &x)| *current = T::of(f64::from(x) * gain));
        }
    }
    Ok(currents)
}

/// The shape of what is made of samples.
fn shape(samples: &Samples, wanted: &[u32], steps: usize) -> Vec<usize> {
    [wanted.len(), steps].into_iter().chain(samples.shape().iter().copied()).collect()
}

/// Refuses samples that are not there, and no steps.
fn check(what: &str, samples: &Samples, wanted: &[u32], steps: usize) -> Result<()> {
    if let Some(sample) = wanted.iter().find(|sample| **sample as usize >= samples.len()) {
        let held = counted(samples.len() as u64, "sample");
        return Err(Error::invalid(what, format!("sample {sample} is none of {held}, counted from 0")));
    }
    match steps > 0 && u32::try_from(steps).is_ok() {
        true => Ok(()),
        false => Err(Error::invalid(what, format!("{steps} steps are no time; give at least one"))),
    }
}

/// Silent spikes, and the samples to make them of.
fn begin<'a>(
    what: &str,
    samples: &'a Samples,
    wanted: &'a [u32],
    steps: usize,
) -> Result<(Spikes, impl Iterator<Item = &'a [f32]>)> {
    check(what, samples, wanted, steps)?;
    samples.check_brightness(wanted)?;
    let spikes = Spikes::silent(what, &shape(samples, wanted, steps))?;
    Ok((spikes, wanted.iter().map(|&sample| samples.sample(sample))))
}
