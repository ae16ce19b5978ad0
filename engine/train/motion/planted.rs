//! Planted kernels: known kernels that label random movies, and are recovered by learning from these labels.

use super::kernel::{Extent, Kernel};
use super::learn::{Learner, Loss, add_weights, softmax};
use super::movie::{Field, RandomUse, check_memory, draws};
use super::patch::{Movie, Patches, Place};
use crate::error::{Error, Result};
use crate::random::Draws;
use crate::train::Spikes;

/// Movies of a batch.
const BATCH: u64 = 4;

/// A kernel of few synapses: each class has `synapses` of them at different places and polarities, each with one random
/// delay and a random weight from 1.5 to 3. Biases make the mean evidence of all classes equal in movies of this
/// `density`, events per pixel, polarity and step.
///
/// # Errors
/// More synapses than places of both polarities; no classes; an extent out of its bounds.
pub fn planted(classes: usize, extent: Extent, synapses: usize, density: f64, seed: u64) -> Result<Kernel> {
    let places = 2 * extent.check()?.height * extent.width;
    if synapses > places {
        let problem = format!("{synapses} synapses of a class do not find room in {places} places and polarities");
        return Err(Error::invalid("planted kernel", problem));
    }
    let empty = Kernel::zeros(classes, extent)?;
    let (mut weights, mut bias) = (empty.weights().data().to_vec(), vec![0.0f32; classes]);
    let mut draws = draws(seed, RandomUse::Planted, 0);
    for class in 0..classes {
        let mut order: Vec<usize> = (0..places).collect();
        for to in 0..synapses {
            let other = to + draws.below((places - to) as u32) as usize;
            order.swap(to, other);
            let (polarity, place) = (order[to] % 2, order[to] / 2);
            let delay = draws.below(extent.delays as u32) as usize;
            let weight = (1.5 + 1.5 * draws.uniform()) as f32;
            let feature = extent.feature(polarity, delay, [place / extent.width, place % extent.width]);
            weights[class * extent.features() + feature] = weight;
            bias[class] -= weight * density as f32;
        }
    }
    empty.with_weights(weights, bias)
}

/// A movie of random events, [1, steps, 2, height, width]: each pixel and polarity has an event with the probability
/// `density` in each step.
///
/// # Errors
/// A field beyond 4,096 pixels or steps; a density that is not from 0 to 1.
pub fn chance(field: Field, density: f64, seed: u64, number: u64) -> Result<Spikes> {
    let Field { height, width, steps } = field.check()?;
    if !(0.0..=1.0).contains(&density) {
        return Err(Error::invalid("movie", format!("a density of {density} is no probability; give one from 0 to 1")));
    }
    check_memory("movie", &[steps, 2, height, width], 1)?;
    let mut events = Spikes::silent("events", &[1, steps, 2, height, width])?;
    let mut draws = draws(seed, RandomUse::Events, number);
    let below = (density * 2.0f64.powi(32)) as u64;
    for step in 0..steps {
        for unit in 0..2 * height * width {
            if u64::from(draws.word()) < below {
                events.set(0, step, unit);
            }
        }
    }
    Ok(events)
}

/// A class for each patch, drawn with the probabilities of the softmax of a kernel's evidence.
///
/// # Errors
/// Patches of a larger kernel.
pub fn sample_classes(kernel: &Kernel, patches: &Patches, draws: &mut Draws) -> Result<Vec<u32>> {
    if patches.largest_feature() >= kernel.extent().features() {
        return Err(Error::invalid("patches", "they are of a larger kernel; take them with this one's".to_owned()));
    }
    let columns = kernel.columns();
    let mut evidence = vec![0.0; kernel.classes()];
    let one = |number: usize| {
        evidence.copy_from_slice(kernel.bias());
        add_weights(&mut evidence, &columns, patches.patch(number));
        softmax(&mut evidence);
        let mut left = draws.uniform() as f32;
        let found = evidence.iter().position(|&own| {
            left -= own;
            left < 0.0
        });
        found.unwrap_or(kernel.classes() - 1) as u32
    };
    Ok((0..patches.len()).map(one).collect())
}

/// A kernel learned from the classes that `kernel` gives at `patches` random places of each of `movies` random movies,
/// numbered from 0, by Adam with the largest rate `rate`. Field, density and seed are those of [`chance`].
///
/// # Errors
/// What [`chance`] refuses; a field smaller than the kernel.
pub fn taught(
    kernel: &Kernel,
    (field, density, seed): (Field, f64, u64),
    (movies, patches): (u64, usize),
    rate: f64,
    threads: usize,
) -> Result<Kernel> {
    let (extent, mut learner) =
        (kernel.extent(), Learner::new(&Kernel::zeros(kernel.classes(), kernel.extent())?, Loss::Softmax, None)?);
    for first in (0..movies).step_by(BATCH as usize) {
        let (mut all, mut classes) = (Patches::default(), Vec::new());
        for number in first..(first + BATCH).min(movies) {
            let events = chance(field, density, seed, number)?;
            let movie = Movie::new(&events)?;
            let mut draws = draws(seed, RandomUse::Places, number);
            let mut seen = Patches::default();
            for _ in 0..patches {
                seen.push(extent, &movie, random_place(&movie, extent, &mut draws)?, false)?;
            }
            classes.extend(sample_classes(kernel, &seen, &mut draws)?);
            all.append(&seen);
        }
        let left = 1.0 - first as f64 / movies as f64;
        learner.step(&all, &classes, (rate * left) as f32, threads)?;
    }
    learner.kernel()
}

/// A random place of a movie that a kernel fits around, in a step by which all its delays have been seen.
///
/// # Errors
/// A field smaller than the kernel; fewer steps than delays.
pub fn random_place(movie: &Movie<'_>, extent: Extent, draws: &mut Draws) -> Result<Place> {
    let ([rows, columns], [down, across]) = (movie.checked_valid(extent)?, extent.reach());
    if movie.steps < extent.delays {
        let problem = format!("{} steps are fewer than {} delays; give more", movie.steps, extent.delays);
        return Err(Error::invalid("movie", problem));
    }
    let mut below = |count: usize| draws.below(count as u32) as usize;
    Ok([extent.delays - 1 + below(movie.steps + 1 - extent.delays), down + below(rows), across + below(columns)])
}

/// How much of a planted kernel was recovered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// The correlation of all weights, each less its mean over classes, which a softmax does not depend on.
    pub correlation: f64,
    /// The number of planted synapses.
    pub synapses: u64,
    /// The number of them whose delay is that of the learned weight of the largest magnitude at their class, polarity
    /// and place.
    pub delays: u64,
}

/// Compares a learned kernel with the planted one.
///
/// # Errors
/// Kernels of other shapes.
pub fn found(planted: &Kernel, learned: &Kernel) -> Result<Found> {
    let (extent, classes) = (planted.extent(), planted.classes());
    if learned.extent() != extent || learned.classes() != classes {
        return Err(Error::invalid("learned kernel", "it has another shape than the planted one".to_owned()));
    }
    let [a, b] = [planted.centred()?, learned.centred()?];
    let (mut synapses, mut delays) = (0, 0);
    for class in 0..classes {
        for (feature, _) in planted.of(class).iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
            let [polarity, own, down, across] = extent.place(feature);
            let at = |delay: usize| b.of(class)[extent.feature(polarity, delay, [down, across])].abs();
            let largest = (0..extent.delays).fold(0, |best, delay| if at(delay) > at(best) { delay } else { best });
            synapses += 1;
            delays += u64::from(largest == own);
        }
    }
    let correlation = correlation(a.weights().data(), b.weights().data());
    Ok(Found { correlation, synapses, delays })
}

/// The Pearson correlation.
fn correlation(a: &[f32], b: &[f32]) -> f64 {
    let mean = |all: &[f32]| all.iter().map(|&own| f64::from(own)).sum::<f64>() / all.len() as f64;
    let (of_a, of_b) = (mean(a), mean(b));
    let mut sums = [0.0; 3];
    for (&a, &b) in a.iter().zip(b) {
        let (a, b) = (f64::from(a) - of_a, f64::from(b) - of_b);
        sums = [sums[0] + a * b, sums[1] + a * a, sums[2] + b * b];
    }
    sums[0] / (sums[1] * sums[2]).sqrt()
}
