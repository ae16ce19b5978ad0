//! Learning to see noise in images.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use super::images::Images;
use super::model::{Model, Recipe};
use super::sample::{Noise, draws, normal};
use super::schedule;
use super::unet::{Seen, UNet};
use super::weights::Arrays;
use crate::error::{Error, Result};
use crate::train::Array;
use crate::train::fit::{
    AdamW, Batch, Clip, Cosine, Method, Parameter, Parameters, Schedule, Settings, Split, Tally, Task,
};
use crate::train::tape::{Datum, MeanSquare, Tape, Value};

/// Names of means over steps begin with this.
const MEAN: &str = "mean.";
/// The parameter that counts what the means hold.
const COUNT: &str = "mean";
/// How much a mean keeps of itself in a step.
const KEPT: f64 = 0.999;
/// Batches of noisy images that statistics are taken of, at most: as many images as there are.
const BATCHES: u64 = 40;
/// The same for who watches.
const GLIMPSE: u64 = 4;

/// A tape with weights by their names, the loss, and what came of it.
type Passed = (Tape<f32>, BTreeMap<String, Value>, Value, Tally);
/// Called with what was learned so far, every so many batches.
type Watch<'a> = dyn FnMut(&Model) -> Result<()> + 'a;

/// The task of a [`Trainer`](crate::train::fit::Trainer): noise is added to images, each to a step of its own, and the net should
/// tell what was added (Ho et al. 2020, algorithm 1).
pub struct Learn<'a> {
    net: UNet<f32>,
    recipe: Recipe,
    schedule: schedule::Schedule,
    images: &'a Images,
    threads: usize,
    /// Images of a whole batch.
    batch: u32,
    batches: u64,
    watch: Option<(u64, Box<Watch<'a>>)>,
    /// Weights that are gone on from, whatever there is of them.
    begun: Arrays,
    /// Whether what steps weigh is learned, too.
    temporal: bool,
}

impl<'a> Learn<'a> {
    /// Of images of the recipe's size, so many of them in a batch.
    ///
    /// # Errors
    /// A recipe out of its bounds; images of another size, or none.
    pub fn new(recipe: Recipe, images: &'a Images, (batch, threads): (u32, usize)) -> Result<Learn<'a>> {
        if images.is_empty() || images.size() != recipe.design.size {
            let (own, size) = (images.size(), recipe.design.size);
            let problem = format!("{} images of {own} pixels are not what a net of {size} learns from", images.len());
            return Err(Error::invalid("diffusion", problem));
        }
        let (net, schedule) = (UNet::new(recipe.design)?, schedule::Schedule::new(recipe.betas, recipe.noise_steps)?);
        let (begun, temporal) = (Arrays::new(), false);
        Ok(Learn { net, recipe, schedule, images, threads, batch, batches: 0, watch: None, begun, temporal })
    }

    /// Goes on from what was learned before; with `temporal`, what each step weighs is learned along, see [`UNet::temporal`].
    ///
    /// # Errors
    /// A net of another design, or one that predicts something else; `temporal` where there is one step alone.
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
        Ok(Learn { recipe, begun: model.weights().clone(), temporal, ..self })
    }

    /// With somebody who is shown what was learned every so many batches.
    #[must_use]
    pub fn watched(self, every: u64, watch: impl FnMut(&Model) -> Result<()> + 'a) -> Learn<'a> {
        Learn { watch: Some((every.max(1), Box::new(watch))), ..self }
    }

    /// Weights, and means over steps of them, which nothing trains.
    ///
    /// # Errors
    /// None that a user can cause.
    pub fn parameters(&self, seed: u64) -> Result<Parameters<f32>> {
        let mut parameters = self.net.parameters(seed)?;
        if self.temporal {
            self.net.temporal()?.into_iter().try_for_each(|steps| parameters.add(steps).map(|_| ()))?;
        }
        for (name, array) in &self.begun {
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

    /// The net with the means of its weights, and statistics of batches that are drawn from `seed`.
    ///
    /// # Errors
    /// Parameters of another net.
    pub fn model(&self, parameters: &Parameters<f32>, seed: u64) -> Result<Model> {
        self.model_of(parameters, seed, BATCHES)
    }

    /// As [`Learn::model`], of so many batches, at most.
    fn model_of(&self, parameters: &Parameters<f32>, seed: u64, most: u64) -> Result<Model> {
        let mut weights = BTreeMap::new();
        let (count, share) = share(parameters)?;
        for own in parameters.iter().filter(|own| own.is_trained()) {
            let mut mean = parameters.named(&format!("{MEAN}{}", own.name()))?.value().clone();
            towards(mean.data_mut(), own.value().data(), share);
            weights.insert(own.name().to_owned(), mean);
        }
        let statistics = self.net.statistics();
        let size = 64.min(self.images.len());
        for batch in 0..most.min(self.images.len().div_ceil(size) as u64) {
            let mut draws = draws(seed, Noise::Step, u64::MAX - batch);
            let samples: Vec<u32> = (0..size).map(|_| draws.below(self.images.len() as u32)).collect();
            let batch_of = Batch { samples: &samples, epoch: Some(u32::MAX - batch as u32), seed };
            let mut tape = Tape::new(self.threads);
            let values =
                weights.iter().map(|(name, array)| (name.clone(), tape.constant(Datum::Numbers(array.clone()))));
            let values = values.collect();
            let drowned = self.drowned(&batch_of)?;
            let x = tape.constant(Datum::Numbers(drowned.noisy));
            self.net.forward(&mut tape, &values, x, &drowned.steps, (&statistics, true))?;
            for running in statistics.0.values() {
                running.lock().unwrap_or_else(PoisonError::into_inner).settle(1.0 / (batch + 1) as f64);
            }
        }
        let images = self.recipe.images + count as u64 * u64::from(self.batch);
        Model::new(Recipe { images, ..self.recipe.clone() }, weights, statistics)
    }

    /// The way to the loss: a tape, weights on it by their names, the loss, and what came of it.
    fn pass(&self, parameters: &Parameters<f32>, batch: &Batch<'_>) -> Result<Passed> {
        let drowned = self.drowned(batch)?;
        let mut tape = Tape::new(self.threads);
        let weights = parameters.iter().filter(|own| own.is_trained());
        let values: BTreeMap<String, Value> =
            weights.map(|own| (own.name().to_owned(), tape.variable(own.value().clone()))).collect();
        let x = tape.constant(Datum::Numbers(drowned.noisy));
        let (y, seen) = self.net.forward(&mut tape, &values, x, &drowned.steps, (&self.net.statistics(), true))?;
        let target = tape.constant(Datum::Numbers(drowned.target));
        let loss = tape.apply(MeanSquare, &[y, target])?;
        let mean = tape.datum(loss).numbers("loss")?.data().first().copied().unwrap_or(f32::NAN);
        Ok((tape, values, loss, tally(batch.samples.len(), mean, seen)))
    }

    /// Images of a batch with noise in them: a function of seed, epoch and image.
    fn drowned(&self, batch: &Batch<'_>) -> Result<Drowned> {
        let (size, pixels) = (self.images.size(), self.images.size() * self.images.size());
        let shape = [batch.samples.len(), 1, 1, size, size];
        let (mut noisy, mut target) = (Array::zeros("noisy images", &shape)?, Array::zeros("noise", &shape)?);
        let (mut noise, mut steps) = (vec![0f32; pixels], Vec::new());
        let both = noisy.data_mut().chunks_mut(pixels).zip(target.data_mut().chunks_mut(pixels));
        for (&sample, (noisy, target)) in batch.samples.iter().zip(both) {
            let id = u64::from(batch.epoch.unwrap_or(u32::MAX)) << 32 | u64::from(sample);
            let step = draws(batch.seed, Noise::Step, id).below(self.schedule.steps());
            normal(&mut noise, &mut draws(batch.seed, Noise::Learned, id));
            let image = self.images.image(sample as usize);
            for (((noisy, target), &image), &noise) in noisy.iter_mut().zip(target).zip(image).zip(&noise) {
                let (image, noise) = (image.into(), noise.into());
                *noisy = self.schedule.noisy(image, noise, step) as f32;
                *target = self.schedule.target(self.recipe.prediction, image, noise, step) as f32;
            }
            steps.push(step);
        }
        Ok(Drowned { noisy, target, steps })
    }
}

/// How `images` images are learned in batches of so many, each image of `samples` as often as the others, and in whole batches;
/// by AdamW at this rate, which rises for the first hundredth of all steps and falls along a cosine.
///
/// # Errors
/// Fewer images than a batch, or none to learn from.
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

/// Noisy images, what a net should make of them, and the steps behind which they are.
struct Drowned {
    noisy: Array<f32>,
    target: Array<f32>,
    steps: Vec<u32>,
}

/// Steps that the means hold, and the share that the next one gets: 1 / (steps + 1) at first, so that the beginning is forgotten.
fn share(parameters: &Parameters<f32>) -> Result<(f32, f32)> {
    let count = parameters.named(COUNT)?.value().data().first().copied().unwrap_or(0.0);
    let kept = KEPT.min((1.0 + f64::from(count)) / (10.0 + f64::from(count)));
    Ok((count, (1.0 - kept) as f32))
}

fn towards(mean: &mut [f32], values: &[f32], share: f32) {
    mean.iter_mut().zip(values).for_each(|(mean, &value)| *mean += share * (value - *mean));
}

/// Takes the weights that a step begins with into their means.
fn follow(parameters: &mut Parameters<f32>) -> Result<()> {
    let (count, share) = share(parameters)?;
    let weights: Vec<(String, Array<f32>)> = parameters
        .iter()
        .filter(|own| own.is_trained())
        .map(|own| (format!("{MEAN}{}", own.name()), own.value().clone()))
        .collect();
    for (name, value) in weights {
        towards(parameters.named_mut(&name)?.value_mut().data_mut(), value.data(), share);
    }
    parameters.named_mut(COUNT)?.value_mut().data_mut().fill(count + 1.0);
    Ok(())
}

impl Task<f32> for Learn<'_> {
    fn learn(&mut self, parameters: &mut Parameters<f32>, batch: &Batch<'_>) -> Result<Tally> {
        follow(parameters)?;
        let (tape, values, loss, tally) = self.pass(parameters, batch)?;
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

fn tally(samples: usize, loss: f32, seen: Seen) -> Tally {
    let Seen { spikes, operations } = seen;
    let samples = samples as u64;
    Tally { samples, loss: f64::from(loss) * samples as f64, spikes, operations, ..Tally::default() }
}
