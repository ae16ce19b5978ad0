//! A row of the table that says how good images are.

use serde::Serialize;

use super::frechet::Gaussian;
use super::images::Images;
use super::judge::Judge;
use super::sample::{Noise, draws, fill_normal};
use super::unet::Seen;
use crate::error::Result;

/// The probability from which the judge counts as sure.
const SURE: f64 = 0.9;

/// The judge's figures for some images.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// What the images are of.
    pub name: String,
    /// The number of images.
    pub images: usize,
    /// The Fréchet distance of the judge's features from those of real images.
    pub frechet: f64,
    /// The share of images whose most probable class has a probability of 0.9 or more.
    pub sure: f64,
    /// The share of images in each class.
    pub classes: [f64; 10],
    /// Spikes for one image, all steps back together; absent where nothing fired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spikes: Option<f64>,
    /// Energy for one image, all steps back together, mJ, see [`crate::train::fit::energy`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub energy: Option<f64>,
}

/// The row of `images`, called `name`: `judge` compares them with the distribution `real` of real images; `activity`
/// are the spikes and operations of the net that drew them, if one did.
///
/// # Errors
/// Fewer than two images.
pub fn row(
    name: &str,
    images: &Images,
    activity: Option<Seen>,
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
        spikes: activity.filter(|activity| activity.spikes > 0).map(|activity| activity.spikes as f64 / count),
        energy: activity.map(|activity| 1e3 * activity.operations.energy() / count),
    })
}

/// `count` images of nothing but standard normal noise, clipped to -1 to 1: the worst case for a judge.
///
/// # Errors
/// A size of 0.
pub fn noise(count: usize, size: usize, seed: u64) -> Result<Images> {
    let mut pixels = vec![0.0f32; count * size * size];
    for (number, image) in (0..).zip(pixels.chunks_mut((size * size).max(1))) {
        fill_normal(image, &mut draws(seed, Noise::Picture, number));
    }
    pixels.iter_mut().for_each(|pixel| *pixel = pixel.clamp(-1.0, 1.0));
    Images::new(size, pixels)
}
