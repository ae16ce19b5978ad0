//! Sampling: from noise to images, step by step.

use serde::Serialize;

use super::schedule::{Prediction, Schedule};
use crate::error::{Error, Result};
use crate::number::math;
use crate::random::{Draws, Purpose, stream};
use crate::train::gemm::Float;

/// What a stream of random numbers is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Noise {
    /// Noise in images that are learned from.
    Learned = 0,
    /// Steps of the diffusion up to which it is added, and the images that statistics are taken of.
    Step = 1,
    /// Noise that images are made of.
    First = 2,
    /// New noise that is added in steps back.
    Fresh = 3,
    /// Images of nothing but noise, and the random variations of images that a judge learns from.
    Picture = 4,
}

/// The stream of random numbers of a seed and a use, for the image or batch `id`.
pub(super) fn draws(seed: u64, noise: Noise, id: u64) -> Draws {
    Draws::new(seed, stream(Purpose::Diffusion, noise as u32), id)
}

/// Fills `to` with standard normal numbers, the same on all platforms to the last bit.
pub(super) fn fill_normal<T: Float>(to: &mut [T], draws: &mut Draws) {
    for number in to {
        let (high, low) = (draws.word(), draws.word());
        let low = f64::from(high & 0xffff) + (f64::from(low) + 0.5) / 4_294_967_296.0;
        *number = T::of(math::normal(f64::from(high >> 16), low));
    }
}

/// Which steps back are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// Without new noise, so that an image follows from the noise that it begins with (Song, Meng & Ermon 2021).
    Ddim,
    /// With new noise in each step: a draw of what may have been before it ("ancestral"; Ho, Jain & Abbeel 2020).
    Ddpm,
}

impl Way {
    /// Both ways.
    pub const ALL: [Way; 2] = [Way::Ddim, Way::Ddpm];

    /// The way's name: `ddim` or `ddpm`.
    pub fn name(self) -> &'static str {
        match self {
            Way::Ddim => "ddim",
            Way::Ddpm => "ddpm",
        }
    }

    /// The share of new noise, η.
    pub fn eta(self) -> f64 {
        match self {
            Way::Ddim => 0.0,
            Way::Ddpm => 1.0,
        }
    }
}

/// How images are drawn out of noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampler {
    /// What the net predicts.
    pub prediction: Prediction,
    /// The number of steps back, at most that of the schedule: each takes one prediction of the net.
    pub steps: u32,
    /// The share of new noise, η: 0 for none (DDIM), 1 for as much as DDPM, whose step it is where `steps` are all of
    /// the schedule's.
    pub eta: f64,
    /// Whether the predicted image is clipped to -1 to 1 in each step.
    pub clip: bool,
    /// The seed of all noise: an image is a function of the seed and of the image's number.
    pub seed: u64,
}

impl Sampler {
    /// `count` images of `pixels` numbers each, from the image of number `first` on, all in one pass: [count, pixels].
    /// `net` gives its predictions for all noisy images, of the same shape, behind a step of the schedule.
    ///
    /// # Errors
    /// Steps or `eta` out of range; the error of `net`; a prediction that is not finite.
    pub fn draw<T: Float>(
        &self,
        schedule: &Schedule,
        (first, count, pixels): (u64, usize, usize),
        mut net: impl FnMut(&[T], u32) -> Result<Vec<T>>,
    ) -> Result<Vec<T>> {
        if !(0.0..=1.0).contains(&self.eta) {
            let problem = format!("eta = {} is not from 0 to 1; take 0 for DDIM, 1 for DDPM", self.eta);
            return Err(Error::invalid("sampling", problem));
        }
        let steps = schedule.thinned(self.steps)?;
        let mut images = vec![T::of(0.0); count * pixels];
        for (image, number) in images.chunks_mut(pixels.max(1)).zip(first..) {
            fill_normal(image, &mut draws(self.seed, Noise::First, number));
        }
        let mut fresh = vec![T::of(0.0); pixels];
        for (place, &step) in steps.iter().enumerate() {
            let predicted = net(&images, step)?;
            if let Some(pixel) = predicted.iter().position(|number| !number.finite()) {
                let problem = format!("the prediction of image {} at step {step} is not finite", pixel / pixels.max(1));
                return Err(Error::invalid("sampling", format!("{problem}; its weights are of no use")));
            }
            let back = schedule.back(step, steps.get(place + 1).copied(), self.eta);
            let all = images.chunks_mut(pixels.max(1)).zip(predicted.chunks(pixels.max(1))).zip(first..);
            for ((image, predicted), number) in all {
                if back.fresh > 0.0 {
                    fill_normal(&mut fresh, &mut draws(self.seed, Noise::Fresh, number << 20 | u64::from(step)));
                }
                for ((pixel, &predicted), &fresh) in image.iter_mut().zip(predicted).zip(&fresh) {
                    let (noisy, predicted) = (pixel.value(), predicted.value());
                    let mut seen = schedule.image(self.prediction, noisy, predicted, step);
                    if self.clip {
                        seen = seen.clamp(-1.0, 1.0);
                    }
                    let noise = schedule.noise(noisy, seen, step);
                    *pixel = T::of(back.image * seen + back.noise * noise + back.fresh * fresh.value());
                }
            }
        }
        Ok(images)
    }
}
