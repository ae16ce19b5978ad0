//! How good images are, in one line.

use serde::Serialize;

use super::frechet::Gaussian;
use super::images::Images;
use super::judge::Judge;
use super::sample::{Noise, draws, normal};
use super::unet::Seen;
use crate::error::Result;

/// The probability from which the judge counts as sure.
const SURE: f64 = 0.9;

/// What is said of images.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What they are.
    pub name: String,
    /// How many.
    pub images: usize,
    /// The Fréchet distance of the judge's features from those of real images.
    pub frechet: f64,
    /// The share of images of which the judge gives a class a probability of 0.9 or more.
    pub sure: f64,
    /// The share of each class.
    pub classes: [f64; 10],
    /// Spikes of an image, in all steps back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spikes: Option<f64>,
    /// Energy of an image in all steps back, mJ, see [`crate::train::fit::energy`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub energy: Option<f64>,
}

/// A row of images beside real ones, and of what a net did to draw them.
///
/// # Errors
/// Fewer than two images.
pub fn row(
    name: &str,
    images: &Images,
    seen: Option<Seen>,
    (judge, real): (&Judge, &Gaussian),
    threads: usize,
) -> Result<Row> {
    let opinion = judge.look(images, threads)?;
    let count = images.len() as f64;
    Ok(Row {
        name: name.to_owned(),
        images: images.len(),
        frechet: opinion.gaussian()?.distance(real)?,
        sure: opinion.confident(SURE),
        classes: opinion.shares(),
        spikes: seen.filter(|seen| seen.spikes > 0).map(|seen| seen.spikes as f64 / count),
        energy: seen.map(|seen| 1e3 * seen.operations.energy() / count),
    })
}

/// Nothing but noise, normal as what images are made of: the worst that there is.
///
/// # Errors
/// No size.
pub fn noise(count: usize, size: usize, seed: u64) -> Result<Images> {
    let mut pixels = vec![0.0f32; count * size * size];
    for (number, image) in (0..).zip(pixels.chunks_mut((size * size).max(1))) {
        normal(image, &mut draws(seed, Noise::Picture, number));
    }
    pixels.iter_mut().for_each(|pixel| *pixel = pixel.clamp(-1.0, 1.0));
    Images::new(size, pixels)
}
