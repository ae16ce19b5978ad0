//! From noise to images, step by step back.

use super::schedule::{Prediction, Schedule};
use crate::error::{Error, Result};
use crate::number::math;
use crate::random::{Draws, Purpose, stream};
use crate::train::gemm::Float;

/// What a stream of normal numbers is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Noise {
    /// That images which are learned from are drowned in.
    Learned = 0,
    /// Steps that they are drowned to.
    Step = 1,
    /// That images are made of.
    First = 2,
    /// New noise of steps back.
    Fresh = 3,
    /// Pictures of nothing but noise.
    Picture = 4,
}

/// The draws of (seed, use, id).
pub(super) fn draws(seed: u64, noise: Noise, id: u64) -> Draws {
    Draws::new(seed, stream(Purpose::Diffusion, noise as u32), id)
}

/// Standard normal numbers, portable to the last bit.
pub(super) fn normal<T: Float>(to: &mut [T], draws: &mut Draws) {
    for number in to {
        let (high, low) = (draws.word(), draws.word());
        let low = f64::from(high & 0xffff) + (f64::from(low) + 0.5) / 4_294_967_296.0;
        *number = T::of(math::normal(f64::from(high >> 16), low));
    }
}

/// How images are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampler {
    /// What the net predicts.
    pub prediction: Prediction,
    /// Steps back, of all that there are: the net is asked once in each.
    pub steps: u32,
    /// New noise: 0 for none (DDIM), 1 for as much as DDPM, which takes all steps.
    pub eta: f64,
    /// Whether the image that is seen is kept between -1 and 1 in each step.
    pub clip: bool,
    /// Seed of all noise: an image is a function of it and of its own number.
    pub seed: u64,
}

impl Sampler {
    /// `count` images of `pixels` numbers, from the image of number `first` on, all at once. `net` makes predictions of such
    /// numbers behind a step.
    ///
    /// # Errors
    /// Steps or `eta` out of range; what `net` says; a prediction that is not finite.
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
            normal(image, &mut draws(self.seed, Noise::First, number));
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
                    normal(&mut fresh, &mut draws(self.seed, Noise::Fresh, number << 20 | u64::from(step)));
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
