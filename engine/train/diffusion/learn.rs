//! Training a net to predict the noise in images.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use super::images::Images;
use super::model::{Model, Recipe};
use super::sample::{Noise, draws, fill_normal};
use super::schedule;
use super::unet::{Seen, UNet};
use super::weights::{Arrays, constants};
use crate::error::{Error, Result};
use crate::train::Array;
use crate::train::fit::{
    AdamW, Batch, Clip, Cosine, Method, Parameter, Parameters, Schedule, Settings, Split, Tally, Task,
};
use crate::train::tape::{Datum, MeanSquare, Tape, Value};

/// Names of the moving averages of weights begin with this.
const MEAN: &str = "mean.";
/// The parameter that counts the steps that the moving averages hold.
const COUNT: &str = "mean";
/// How much a moving average keeps of itself in a step, at most.
const KEPT: f64 = 0.999;
/// Batches of up to 64 noisy images that the normalisations' statistics are taken of, at most; fewer where there are
/// fewer images.
const BATCHES: u64 = 40;
/// Residual blocks are computed again on the way back where a batch would keep more than so many bytes.
const ROOM: u64 = 1 << 30;
/// The same as [`BATCHES`] for models that are shown while training goes on.
const GLIMPSE: u64 = 4;

/// A tape, the weights on it by their names, the loss, and the batch's tally.
type Passed = (Tape<f32>, BTreeMap<String, Value>, Value, Tally);
/// A function that is shown the model learned so far.
type Watch<'a> = dyn FnMut(&Model) -> Result<()> + 'a;

/// The task of a [`Trainer`](crate::train::fit::Trainer): noise is added to images, to each that of a random step of
/// the diffusion, and the net should predict what was added (Ho et al. 2020, algorithm 1).
pub struct Learn<'a> {
    net: UNet<f32>,
    recipe: Recipe,
    schedule: schedule::Schedule,
    images: &'a Images,
    threads: usize,
    /// Images of a whole batch.
    batch: u32,
    /// Batches learned from so far.
    batches: u64,
    /// Who is shown the model, and every how many batches.
    watch: Option<(u64, Box<Watch<'a>>)>,
    /// Weights to start from in place of drawn ones, by their names; all or none of a net.
    start: Arrays,
    /// Whether the weights of time steps are learned, too: see [`UNet::temporal`].
    temporal: bool,
    /// Bytes that the forward pass of the last batch kept.
    kept: u64,
}

impl<'a> Learn<'a> {
    /// The task of training a net by `recipe` on `images`, which have the recipe's size, `batch` of them in a batch, on
    /// `threads` threads.
    ///
    /// # Errors
    /// A recipe out of its bounds; no images, or images of another size.
    pub fn new(recipe: Recipe, images: &'a Images, (batch, threads): (u32, usize)) -> Result<Learn<'a>> {
        if images.is_empty() || images.size() != recipe.design.size {
            let (own, size) = (images.size(), recipe.design.size);
            let problem = format!("{} images of {own} pixels are not what a net of {size} learns from", images.len());
            return Err(Error::invalid("diffusion", problem));
        }
        let (net, schedule) = (UNet::new(recipe.design)?, schedule::Schedule::new(recipe.betas, recipe.noise_steps)?);
        let recompute = net.kept(batch.into())? > ROOM;
        let (net, start) = (net.recomputing(recompute), Arrays::new());
        let (batches, watch, temporal, kept) = (0, None, false, 0);
        Ok(Learn { net, recipe, schedule, images, threads, batch, batches, watch, start, temporal, kept })
    }

    /// The task whose net computes residual blocks again on the way back, or keeps all: see [`UNet::recomputing`].
    /// Unless it is called, blocks are computed again where a batch would keep more than 1 GiB. What is learned has the
    /// same bits.
    #[must_use]
    pub fn recomputing(self, recompute: bool) -> Learn<'a> {
        Learn { net: self.net.recomputing(recompute), ..self }
    }

    /// Whether residual blocks are computed again on the way back.
    pub fn recomputes(&self) -> bool {
        self.net.recompute
    }

    /// Bytes that the forward pass of the last batch kept for the way back.
    pub fn kept(&self) -> u64 {
        self.kept
    }

    /// The task that starts from the weights of `model`; with `temporal`, a weight for each time step is learned along,
    /// see [`UNet::temporal`].
    ///
    /// # Errors
    /// A model of another recipe (design, prediction, betas, steps); `temporal` where there is one time step alone.
    pub fn from(self, model: &Model, temporal: bool) -> Result<Learn<'a>> {
        let other = model.recipe();
        let own = Recipe { images: other.images, about: other.about.clone(), ..self.recipe.clone() };
        if own != *other {
            let problem = "what was learned is of another net than what is to be learned; leave size, channels, steps, neuron \
                           and prediction as they were";
            return Err(Error::invalid("diffusion", problem.to_owned()));
        }
        if temporal && own.design.steps < 2 {
            let problem =
                "a net of one step has nothing to weigh it against; leave out --temporal, or go on from a net of more";
            return Err(Error::invalid("diffusion", problem.to_owned()));
        }
        let recipe = Recipe { about: self.recipe.about.clone(), ..own };
        let temporal = temporal || model.temporal();
        Ok(Learn { recipe, start: model.weights().clone(), temporal, ..self })
    }

    /// The task that shows `watch` the model learned so far, every `every` batches.
    #[must_use]
    pub fn watched(self, every: u64, watch: impl FnMut(&Model) -> Result<()> + 'a) -> Learn<'a> {
        Learn { watch: Some((every.max(1), Box::new(watch))), ..self }
    }

    /// Initial weights, drawn from `seed` or those of [`Learn::from`], and their moving averages, which are no trained
    /// parameters.
    ///
    /// # Errors
    /// [`Error::Internal`] alone.
    pub fn parameters(&self, seed: u64) -> Result<Parameters<f32>> {
        let mut parameters = self.net.parameters(seed)?;
        if self.temporal {
            self.net.temporal()?.into_iter().try_for_each(|steps| parameters.add(steps).map(|_| ()))?;
        }
        for (name, array) in &self.start {
            parameters.named_mut(name)?.value_mut().data_mut().copy_from_slice(array.data());
        }
        let means: Vec<Parameter<f32>> = parameters
            .iter()
            .map(|own| Ok(Parameter::new(&format!("{MEAN}{}", own.name()), own.value().clone())?.frozen()))
            .collect::<Result<_>>()?;
        means.into_iter().try_for_each(|mean| parameters.add(mean).map(|_| ()))?;
        parameters.add(Parameter::new(COUNT, Array::zeros(COUNT, &[1])?)?.frozen())?;
        Ok(parameters)
    }

    /// The model with the moving averages of the weights, and statistics of batches that are drawn from `seed`.
    ///
    /// # Errors
    /// Parameters of another net.
    pub fn model(&self, parameters: &Parameters<f32>, seed: u64) -> Result<Model> {
        self.model_of(parameters, seed, BATCHES)
    }

    /// As [`Learn::model`], with statistics of `most` batches, at most.
    fn model_of(&self, parameters: &Parameters<f32>, seed: u64, most: u64) -> Result<Model> {
        let mut weights = BTreeMap::new();
        let (count, share) = averaging_share(parameters)?;
        for own in parameters.iter().filter(|own| own.is_trained()) {
            let mut mean = parameters.named(&format!("{MEAN}{}", own.name()))?.value().clone();
            move_towards(mean.data_mut(), own.value().data(), share);
            weights.insert(own.name().to_owned(), mean);
        }
        let statistics = self.net.statistics();
        let size = 64.min(self.images.len());
        for batch in 0..most.min(self.images.len().div_ceil(size) as u64) {
            let mut draws = draws(seed, Noise::Step, u64::MAX - batch);
            let samples: Vec<u32> = (0..size).map(|_| draws.below(self.images.len() as u32)).collect();
            let batch_of = Batch { samples: &samples, epoch: Some(u32::MAX - batch as u32), seed };
            let mut tape = Tape::new(self.threads);
            let values = constants(&mut tape, &weights);
            let noisy_batch = self.add_noise(&batch_of)?;
            let x = tape.constant(Datum::Numbers(noisy_batch.noisy));
            self.net.forward(&mut tape, &values, x, &noisy_batch.steps, (&statistics, true))?;
            for running in statistics.0.values() {
                running.lock().unwrap_or_else(PoisonError::into_inner).settle(1.0 / (batch + 1) as f64);
            }
        }
        let images = self.recipe.images + count as u64 * u64::from(self.batch);
        Model::new(Recipe { images, ..self.recipe.clone() }, weights, statistics)
    }

    /// The forward pass of a batch, up to the loss.
    fn pass(&self, parameters: &Parameters<f32>, batch: &Batch<'_>) -> Result<Passed> {
        let noisy_batch = self.add_noise(batch)?;
        let mut tape = Tape::new(self.threads);
        let weights = parameters.iter().filter(|own| own.is_trained());
        let values: BTreeMap<String, Value> =
            weights.map(|own| (own.name().to_owned(), tape.variable(own.value().clone()))).collect();
        let x = tape.constant(Datum::Numbers(noisy_batch.noisy));
        let (y, activity) =
            self.net.forward(&mut tape, &values, x, &noisy_batch.steps, (&self.net.statistics(), true))?;
        let target = tape.constant(Datum::Numbers(noisy_batch.target));
        let loss = tape.apply(MeanSquare, &[y, target])?;
        let mean = tape.datum(loss).numbers("loss")?.data().first().copied().unwrap_or(f32::NAN);
        Ok((tape, values, loss, tally(batch.samples.len(), mean, activity)))
    }

    /// The images of a batch with noise added: a function of seed, epoch and image.
    fn add_noise(&self, batch: &Batch<'_>) -> Result<NoisyBatch> {
        let (size, pixels) = (self.images.size(), self.images.size() * self.images.size());
        let shape = [batch.samples.len(), 1, 1, size, size];
        let (mut noisy, mut target) = (Array::zeros("noisy images", &shape)?, Array::zeros("noise", &shape)?);
        let (mut noise, mut steps) = (vec![0f32; pixels], Vec::new());
        let both = noisy.data_mut().chunks_mut(pixels).zip(target.data_mut().chunks_mut(pixels));
        for (&sample, (noisy, target)) in batch.samples.iter().zip(both) {
            let id = u64::from(batch.epoch.unwrap_or(u32::MAX)) << 32 | u64::from(sample);
            let step = draws(batch.seed, Noise::Step, id).below(self.schedule.steps());
            fill_normal(&mut noise, &mut draws(batch.seed, Noise::Learned, id));
            let image = self.images.image(sample as usize);
            for (((noisy, target), &image), &noise) in noisy.iter_mut().zip(target).zip(image).zip(&noise) {
                let (image, noise) = (image.into(), noise.into());
                *noisy = self.schedule.noisy(image, noise, step) as f32;
                *target = self.schedule.target(self.recipe.prediction, image, noise, step) as f32;
            }
            steps.push(step);
        }
        Ok(NoisyBatch { noisy, target, steps })
    }
}

/// Settings and split for learning from at most `images` images in whole batches of `batch`: of the `samples` images of
/// the data the first that fill the batches of an epoch, each once an epoch. AdamW's learning rate rises to `lr` in the
/// first hundredth of all steps and then falls along a cosine. `recipe` and `seed` are noted in the settings.
///
/// # Errors
/// Fewer images or samples than a batch; 2³² epochs or more.
pub fn plan(
    recipe: &Recipe,
    (samples, images): (usize, u64),
    (batch, lr): (u32, f64),
    seed: u64,
) -> Result<(Settings, Split)> {
    let batches = images / u64::from(batch.max(1));
    if batch == 0 || batches == 0 || samples < batch as usize {
        let problem =
            format!("{images} images of {samples} are not a batch of {batch}; learn more, or smaller batches");
        return Err(Error::invalid("diffusion", problem));
    }
    let most = samples as u64 / u64::from(batch);
    let epochs = batches.div_ceil(most);
    let each = batches / epochs * u64::from(batch);
    let epochs = u32::try_from(epochs).map_err(|_| Error::invalid("diffusion", "2³² epochs or more; use less"))?;
    let steps = u64::from(epochs) * (each / u64::from(batch));
    let settings = Settings {
        model: format!("diffusion, {recipe:?}"),
        epochs,
        batch_size: batch,
        seed,
        optimiser: Method::AdamW(AdamW { lr, ..AdamW::default() }),
        schedule: Schedule::Cosine(Cosine { warmup_steps: steps / 100, eta_min: 0.0 }),
        clip: Some(Clip::Norm(1.0)),
        grid: false,
        ..Settings::default()
    };
    Ok((settings, Split { train: (0..each as u32).collect(), ..Split::default() }))
}

/// Noisy images, what the net should predict of them, and the step of the diffusion that each is behind.
struct NoisyBatch {
    noisy: Array<f32>,
    target: Array<f32>,
    steps: Vec<u32>,
}

/// The number n of steps that the moving averages hold, and the share of the next one, 9 / (10 + n) but at least 1 -
/// [`KEPT`]: large at the beginning, so that the initial weights are soon forgotten.
fn averaging_share(parameters: &Parameters<f32>) -> Result<(f32, f32)> {
    let count = parameters.named(COUNT)?.value().data().first().copied().unwrap_or(0.0);
    let kept = KEPT.min((1.0 + f64::from(count)) / (10.0 + f64::from(count)));
    Ok((count, (1.0 - kept) as f32))
}

/// Moves `mean` towards `values` by this share of the distance.
fn move_towards(mean: &mut [f32], values: &[f32], share: f32) {
    mean.iter_mut().zip(values).for_each(|(mean, &value)| *mean += share * (value - *mean));
}

/// Takes the weights that a step begins with into their moving averages.
fn update_averages(parameters: &mut Parameters<f32>) -> Result<()> {
    let (count, share) = averaging_share(parameters)?;
    let weights: Vec<(String, Array<f32>)> = parameters
        .iter()
        .filter(|own| own.is_trained())
        .map(|own| (format!("{MEAN}{}", own.name()), own.value().clone()))
        .collect();
    for (name, value) in weights {
        move_towards(parameters.named_mut(&name)?.value_mut().data_mut(), value.data(), share);
    }
    parameters.named_mut(COUNT)?.value_mut().data_mut().fill(count + 1.0);
    Ok(())
}

impl Task<f32> for Learn<'_> {
    fn learn(&mut self, parameters: &mut Parameters<f32>, batch: &Batch<'_>) -> Result<Tally> {
        update_averages(parameters)?;
        let (tape, values, loss, tally) = self.pass(parameters, batch)?;
        self.kept = tape.bytes();
        let mut adjoints = tape.backward(loss)?;
        for (name, value) in values {
            if let Some(adjoint) = adjoints.take(value) {
                parameters.named_mut(&name)?.gradient_mut().add(&name, &adjoint)?;
            }
        }
        self.batches += 1;
        if let Some((every, mut watch)) = self.watch.take() {
            if self.batches.is_multiple_of(every) {
                watch(&self.model_of(parameters, batch.seed, GLIMPSE)?)?;
            }
            self.watch = Some((every, watch));
        }
        Ok(tally)
    }

    fn judge(&mut self, parameters: &Parameters<f32>, batch: &Batch<'_>) -> Result<Tally> {
        self.pass(parameters, batch).map(|(_, _, _, tally)| tally)
    }
}

/// The tally of a batch of `samples` images whose mean loss is `loss`.
fn tally(samples: usize, loss: f32, activity: Seen) -> Tally {
    let Seen { spikes, operations } = activity;
    let samples = samples as u64;
    Tally { samples, loss: f64::from(loss) * samples as f64, spikes, operations, ..Tally::default() }
}
