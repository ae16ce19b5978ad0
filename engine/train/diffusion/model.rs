//! A trained net: its weights, their files, and images out of noise.

use std::path::Path;
use std::sync::PoisonError;

use serde::{Deserialize, Serialize};

use super::design::{Design, Neuron};
use super::images::Images;
use super::sample::{Sampler, Way};
use super::schedule::{Betas, Prediction, Schedule};
use super::unet::{Seen, Statistics, UNet};
use super::weights::{self, Arrays};
use crate::error::{Error, Result};
use crate::quote;
use crate::train::Array;
use crate::train::tape::{Datum, Tape};

/// The key in a file's metadata under which the recipe stands.
const KEY: &str = "neuropil.diffusion";
/// Names of the weights of time steps end so.
const TEMPORAL: &str = ".temporal";
/// Images that are drawn in one pass.
const BESIDE: usize = 64;

/// The weights that come with the library, of a spiking net: see `engine/train/diffusion/data/README.md`.
const SPIKING: &[u8] = include_bytes!("data/spiking.safetensors");
/// The weights of its twin of ReLUs.
const ANN: &[u8] = include_bytes!("data/ann.safetensors");

/// What a net is, what it predicts, and what it was trained on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Sizes and neurons of the net.
    pub design: Design,
    /// What the net predicts.
    pub prediction: Prediction,
    /// How the variance of the added noise grows over steps.
    pub betas: Betas,
    /// The number of steps in which noise is added.
    pub noise_steps: u32,
    /// Images that the net learned from so far; one that was met several times counts as often.
    pub images: u64,
    /// Where the images came from, and when the net was trained, in words.
    pub about: String,
}

impl Recipe {
    /// A recipe for a net that predicts v, with noise in 1,000 steps along a cosine; nothing learned yet.
    pub fn new(design: Design) -> Recipe {
        let (prediction, betas) = (Prediction::Velocity, Betas::Cosine);
        Recipe { design, prediction, betas, noise_steps: 1000, images: 0, about: String::new() }
    }
}

/// A net with its weights and the statistics of its normalisations.
pub struct Model {
    recipe: Recipe,
    net: UNet<f32>,
    schedule: Schedule,
    weights: Arrays,
    statistics: Statistics,
}

impl Model {
    /// The model of a recipe with these weights and statistics, which must be those of the recipe's net: they are not
    /// checked here.
    ///
    /// # Errors
    /// A recipe out of its bounds.
    pub(super) fn new(recipe: Recipe, weights: Arrays, statistics: Statistics) -> Result<Model> {
        // Drawing goes no way back, so that blocks need not be kept.
        let net = UNet::new(recipe.design)?.recomputing(true);
        let schedule = Schedule::new(recipe.betas, recipe.noise_steps)?;
        Ok(Model { recipe, net, schedule, weights, statistics })
    }

    /// The model that comes with the library, which was trained on digits, of this kind of neurons.
    ///
    /// # Errors
    /// [`Error::Internal`] alone.
    pub fn own(neuron: Neuron) -> Result<Model> {
        match neuron {
            Neuron::Spiking => Model::read(SPIKING, "the spiking net that comes along"),
            Neuron::Ann => Model::read(ANN, "the net of ReLUs that comes along"),
        }
    }

    /// The model in a file.
    ///
    /// # Errors
    /// A file that cannot be read, that [`Model::save`] has not written, or that is damaged.
    pub fn load(path: &Path) -> Result<Model> {
        Model::read(&weights::content(path)?, &quote::path(path))
    }

    /// The model in the content of a file; `place` names the file in messages.
    fn read(content: &[u8], place: &str) -> Result<Model> {
        let (recipe, mut arrays): (Recipe, Arrays) = weights::read(content, KEY, place)?;
        let net = UNet::<f32>::new(recipe.design)?;
        let mut own = Arrays::new();
        let temporal = match arrays.keys().any(|name| name.ends_with(TEMPORAL)) {
            true => net.temporal()?,
            false => Vec::new(),
        };
        for parameter in net.parameters(1)?.iter().chain(&temporal) {
            let (name, shape) = (parameter.name(), parameter.value().shape());
            own.insert(name.to_owned(), weights::take(&mut arrays, name, shape, place)?);
        }
        let statistics = net.statistics();
        for (name, running) in &statistics.0 {
            let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
            let shape = [running.mean.len()];
            let mut numbers = |part: &str| -> Result<Vec<f64>> {
                let array = weights::take(&mut arrays, &format!("{name}.{part}"), &shape, place)?;
                Ok(array.data().iter().map(|&number| number.into()).collect())
            };
            (running.mean, running.variance) = (numbers("mean")?, numbers("variance")?);
            if running.variance.iter().any(|&variance| variance < 0.0) {
                return Err(Error::invalid(place, format!("a variance of '{name}' is below 0; take a whole copy")));
            }
        }
        match arrays.keys().next() {
            None => Model::new(recipe, own, statistics),
            Some(name) => {
                let problem = format!("it has an array '{}', which is none of the net's", quote::name(name));
                Err(Error::invalid(place, problem))
            }
        }
    }

    /// Writes the model as a safetensors file of 16-bit numbers.
    ///
    /// # Errors
    /// A weight beyond ±65,504; a file that cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut arrays = self.weights.clone();
        for (name, running) in &self.statistics.0 {
            let running = running.lock().unwrap_or_else(PoisonError::into_inner);
            for (part, numbers) in [("mean", &running.mean), ("variance", &running.variance)] {
                let numbers = numbers.iter().map(|&number| number as f32).collect();
                let array = Array::new(name, &[running.mean.len()], numbers)?;
                arrays.insert(format!("{name}.{part}"), array);
            }
        }
        weights::write(path, KEY, &self.recipe, &arrays)
    }

    /// What the net is, and how it was trained.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The number of trained weights, all arrays together.
    pub fn parameters(&self) -> usize {
        self.weights.values().map(|array| array.data().len()).sum()
    }

    /// The same model with another threshold of its neurons, mV (Cao et al. 2024, "threshold guidance").
    ///
    /// # Errors
    /// A threshold that is not a number above 0.
    pub fn with_threshold(self, threshold: f64) -> Result<Model> {
        let design = Design { threshold, ..self.recipe.design };
        let net = UNet::new(design)?.recomputing(true);
        Ok(Model { recipe: Recipe { design, ..self.recipe }, net, ..self })
    }

    /// The same weights and statistics in another net, which must have the same layers.
    pub(super) fn with(&self, net: UNet<f32>) -> Model {
        let (recipe, schedule, weights) = (self.recipe.clone(), self.schedule.clone(), self.weights.clone());
        Model { recipe, net: net.recomputing(true), schedule, weights, statistics: self.statistics.clone() }
    }

    /// The weights by their names.
    pub(super) fn weights(&self) -> &Arrays {
        &self.weights
    }

    /// The net without its weights.
    pub(super) fn net(&self) -> &UNet<f32> {
        &self.net
    }

    /// How noise is added and taken away.
    pub(super) fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// The statistics of the normalisations.
    pub(super) fn statistics(&self) -> &Statistics {
        &self.statistics
    }

    /// Whether the model has weights of time steps, see [`UNet::temporal`].
    pub fn temporal(&self) -> bool {
        self.weights.keys().any(|name| name.ends_with(TEMPORAL))
    }

    /// The net's prediction for noisy images [images, size, size], all behind step `step` of the diffusion, as as many
    /// numbers; and the spikes and operations that it took.
    ///
    /// # Errors
    /// Numbers that do not fill whole images.
    pub fn predict(&self, noisy: &[f32], step: u32, threads: usize) -> Result<(Vec<f32>, Seen)> {
        let size = self.recipe.design.size;
        let count = noisy.len() / (size * size);
        let mut tape = Tape::new(threads);
        let values = weights::constants(&mut tape, &self.weights);
        let x = Array::new("noisy images", &[count, 1, 1, size, size], noisy.to_vec())?;
        let x = tape.constant(Datum::Numbers(x));
        let (y, activity) = self.net.forward(&mut tape, &values, x, &vec![step; count], (&self.statistics, false))?;
        match tape.into_datum(y)? {
            Datum::Numbers(array) => Ok((array.into_data(), activity)),
            Datum::Spikes(_) => Err(Error::Internal("a U-Net gives numbers".into())),
        }
    }

    /// `count` images out of noise drawn from `seed`, in `steps` steps back (DDIM), and the spikes and operations of
    /// the net in all of them. After each step `each` is called with the number of steps done and the number of all,
    /// and may stop by an error.
    ///
    /// # Errors
    /// Steps out of range; predictions that are not finite; the error of `each`.
    pub fn draw(
        &self,
        (count, steps): (usize, u32),
        (seed, threads): (u64, usize),
        each: impl FnMut(u64, u64) -> Result<()>,
    ) -> Result<(Images, Seen)> {
        self.draw_by(&self.sampler(Way::Ddim, steps, seed), (count, threads), each)
    }

    /// A sampler for this model, with clipped images.
    pub fn sampler(&self, way: Way, steps: u32, seed: u64) -> Sampler {
        Sampler { prediction: self.recipe.prediction, steps, eta: way.eta(), clip: true, seed }
    }

    /// As [`Model::draw`], step by step as `sampler` says.
    ///
    /// # Errors
    /// As [`Model::draw`].
    pub fn draw_by(
        &self,
        sampler: &Sampler,
        (count, threads): (usize, usize),
        mut each: impl FnMut(u64, u64) -> Result<()>,
    ) -> Result<(Images, Seen)> {
        let size = self.recipe.design.size;
        let (mut pixels, mut all) = (Vec::new(), Seen::default());
        let (mut done, of) = (0, count.div_ceil(BESIDE) as u64 * u64::from(sampler.steps));
        while pixels.len() < count * size * size {
            let first = pixels.len() / (size * size);
            let some = BESIDE.min(count - first);
            pixels.extend(sampler.draw(&self.schedule, (first as u64, some, size * size), |noisy: &[f32], step| {
                let (predicted, activity) = self.predict(noisy, step, threads)?;
                all.spikes += activity.spikes;
                all.operations.add(&activity.operations);
                done += 1;
                each(done, of)?;
                Ok(predicted)
            })?);
        }
        Ok((Images::new(size, pixels)?, all))
    }
}
