//! The noise schedule: how noise is added to images step by step, and the steps back, in closed form.
//!
//! Ho, Jain & Abbeel 2020, "Denoising diffusion probabilistic models" (DDPM); Nichol & Dhariwal 2021, "Improved
//! denoising diffusion probabilistic models" (the cosine); Song, Meng & Ermon 2021, "Denoising diffusion implicit
//! models" (DDIM); Salimans & Ho 2022, "Progressive distillation for fast sampling of diffusion models" (v).

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::number::math::sine;

const NAME: &str = "diffusion";
/// The largest variance β that a step may add.
const MAX_BETA: f64 = 0.999;

/// How the variances β that steps add grow from the first step to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Betas {
    /// Linearly from 1e-4 to 0.02 for 1,000 steps (Ho et al. 2020); for T steps 1000 / T times that.
    Linear,
    /// Such that ᾱ falls along cos²((t / T + s) / (1 + s) · π/2), s = 0.008 (Nichol & Dhariwal 2021, eq. 17).
    Cosine,
}

/// What a net predicts of a noisy image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Prediction {
    /// The noise ε in it.
    #[serde(rename = "eps")]
    Noise,
    /// √ᾱ · ε - √(1 - ᾱ) · x₀ (Salimans & Ho 2022).
    #[serde(rename = "v")]
    Velocity,
}

impl Prediction {
    /// Both predictions.
    pub const ALL: [Prediction; 2] = [Prediction::Noise, Prediction::Velocity];

    /// The prediction's name: `eps` or `v`.
    pub fn name(self) -> &'static str {
        match self {
            Prediction::Noise => "eps",
            Prediction::Velocity => "v",
        }
    }
}

/// The coefficients of a step back for one pixel: x' = `image` · x₀ + `noise` · ε + `fresh` · z, z being a new standard
/// normal number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Back {
    /// Coefficient of the predicted image x₀.
    pub image: f64,
    /// Coefficient of the predicted noise ε.
    pub noise: f64,
    /// Coefficient of the new noise z.
    pub fresh: f64,
}

/// The posterior of the earlier x', given the image x₀ and the noisy image x: normal, with mean `image` · x₀ + `noisy`
/// · x.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Posterior {
    /// Coefficient of x₀.
    pub image: f64,
    /// Coefficient of x.
    pub noisy: f64,
    /// β̃, the variance.
    pub variance: f64,
}

/// The noise schedule of a diffusion, whose steps are counted from 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// β, the variance that each step adds.
    betas: Vec<f64>,
    /// ᾱ, the share of the image in the variance behind each step.
    kept: Vec<f64>,
}

impl Schedule {
    /// The schedule of `steps` steps.
    ///
    /// # Errors
    /// No steps, or more than 100,000.
    pub fn new(betas: Betas, steps: u32) -> Result<Schedule> {
        if !(1..=100_000).contains(&steps) {
            return Err(Error::invalid(NAME, format!("{steps} steps are not from 1 to 100000; 1000 are usual")));
        }
        let (all, last) = (f64::from(steps), f64::from(steps.max(2) - 1));
        let cosine = |step: f64| {
            let root = sine((step / all + 0.008) / 1.008 / 4.0 + 0.25);
            root * root
        };
        let beta = |step: u32| match betas {
            Betas::Linear => 1000.0 / all * (1e-4 + (0.02 - 1e-4) * f64::from(step) / last),
            Betas::Cosine => 1.0 - cosine(f64::from(step) + 1.0) / cosine(f64::from(step)),
        };
        let betas: Vec<f64> = (0..steps).map(|step| beta(step).min(MAX_BETA)).collect();
        let mut product = 1.0;
        let kept = betas.iter().map(|beta| {
            product *= 1.0 - beta;
            product
        });
        let kept = kept.collect();
        Ok(Schedule { betas, kept })
    }

    /// The number of steps.
    pub fn steps(&self) -> u32 {
        self.betas.len() as u32
    }

    /// β, the variance that a step adds.
    ///
    /// # Panics
    /// A step that does not exist; the same holds for all methods that take a step.
    pub fn beta(&self, step: u32) -> f64 {
        self.betas[step as usize]
    }

    /// ᾱ, the share of the image in the variance behind a step; 1 for `None`, before the first step.
    pub fn kept(&self, step: Option<u32>) -> f64 {
        step.map_or(1.0, |step| self.kept[step as usize])
    }

    /// √ᾱ and √(1 - ᾱ): the coefficients of x₀ and ε behind a step.
    pub fn shares(&self, step: u32) -> [f64; 2] {
        let kept = self.kept(Some(step));
        [kept.sqrt(), (1.0 - kept).sqrt()]
    }

    /// The noisy x behind a step, from a pixel of an image and standard normal noise (Ho et al. 2020, eq. 4).
    pub fn noisy(&self, image: f64, noise: f64, step: u32) -> f64 {
        let [a, b] = self.shares(step);
        a * image + b * noise
    }

    /// What a net should predict of the noisy x behind a step, given image and noise.
    pub fn target(&self, prediction: Prediction, image: f64, noise: f64, step: u32) -> f64 {
        let [a, b] = self.shares(step);
        match prediction {
            Prediction::Noise => noise,
            Prediction::Velocity => a * noise - b * image,
        }
    }

    /// The image x₀ that a prediction implies, given the noisy x behind a step.
    pub fn image(&self, prediction: Prediction, noisy: f64, predicted: f64, step: u32) -> f64 {
        let [a, b] = self.shares(step);
        match prediction {
            Prediction::Noise => (noisy - b * predicted) / a,
            Prediction::Velocity => a * noisy - b * predicted,
        }
    }

    /// The noise ε in the noisy x behind a step, given the image.
    pub fn noise(&self, noisy: f64, image: f64, step: u32) -> f64 {
        let [a, b] = self.shares(step);
        (noisy - a * image) / b
    }

    /// The posterior of x before `step`, given x behind it (Ho et al. 2020, eq. 6 and 7).
    pub fn posterior(&self, step: u32) -> Posterior {
        let (beta, now, before) = (self.beta(step), self.kept(Some(step)), self.kept(step.checked_sub(1)));
        let rest = 1.0 - now;
        Posterior {
            image: before.sqrt() * beta / rest,
            noisy: (1.0 - beta).sqrt() * (1.0 - before) / rest,
            variance: (1.0 - before) / rest * beta,
        }
    }

    /// The step back from behind `step` to behind the earlier step `to`, or for `None` to the image (Song et al. 2021,
    /// eq. 12 and 16), with the share `eta` of new noise, none at 0; for neighbouring steps and `eta` = 1 it is
    /// [`Schedule::posterior`].
    pub fn back(&self, step: u32, to: Option<u32>, eta: f64) -> Back {
        let (now, then) = (self.kept(Some(step)), self.kept(to));
        let fresh = eta * ((1.0 - then) / (1.0 - now) * (1.0 - now / then)).max(0.0).sqrt();
        Back { image: then.sqrt(), noise: (1.0 - then - fresh * fresh).max(0.0).sqrt(), fresh }
    }

    /// `count` of the steps at even distances, from the last one down.
    ///
    /// # Errors
    /// A `count` of 0, or above the number of steps.
    pub fn thinned(&self, count: u32) -> Result<Vec<u32>> {
        let all = self.steps();
        if !(1..=all).contains(&count) {
            return Err(Error::invalid(NAME, format!("{count} steps back are not from 1 to {all}")));
        }
        let step = |k: u32| ((u64::from(k) * u64::from(all) + u64::from(count) / 2) / u64::from(count)) as u32 - 1;
        Ok((1..=count).rev().map(step).collect())
    }
}
