//! The judge of images of digits: a small convolutional classifier, the same for all nets that are compared.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::frechet::Gaussian;
use super::images::Images;
use super::sample::{Noise, draws};
use super::weights::{self, Arrays};
use crate::error::{Error, Result};
use crate::number::math;
use crate::quote;
use crate::train::Array;
use crate::train::array::argmax;
use crate::train::fit::{
    AdamW, Batch, Initial, Method, OneCycle, Parameter, Parameters, Schedule, Settings, Tally, Task,
};
use crate::train::tape::{Conv2d, CrossEntropy, Curve, Datum, Linear, Pointwise, Reshape, Tape, Value};

/// The key in a file's metadata under which the judge says what its weights are of.
const KEY: &str = "neuropil.judge";
/// The weights that come with the library, see `engine/train/diffusion/data/README.md`.
const OWN: &[u8] = include_bytes!("data/judge.safetensors");
/// Rows and columns of the images that it looks at; others are resized.
const SIZE: usize = 28;
/// Features of an image, in which Fréchet distances are taken.
const FEATURES: usize = 64;
/// Classes: the ten digits.
const CLASSES: usize = 10;
/// Images that it looks at in one pass.
const BESIDE: usize = 250;
/// Channels before and after each convolution of 3 x 3 with stride 2: on 28, 14, 7 and 4 rows and columns.
const CHANNELS: [usize; 4] = [1, 16, 32, 32];
/// Rows and columns behind the last convolution.
const LEFT: usize = 4;

/// The metadata of a file of weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    /// Where the weights came from, in words.
    about: String,
}

/// The name, shape and initial distribution of each weight array.
fn weight_specs() -> Vec<(String, Vec<usize>, Initial)> {
    let gain = std::f64::consts::SQRT_2;
    let mut all = Vec::new();
    for (layer, pair) in CHANNELS.windows(2).enumerate() {
        let initial = Initial::Kaiming { fan_in: 9 * pair[0] as u32, gain };
        all.push((format!("convolution{layer}.weight"), vec![pair[1], pair[0], 3, 3], initial));
        all.push((format!("convolution{layer}.bias"), vec![pair[1]], Initial::Constant(0.0)));
    }
    let seen = CHANNELS[3] * LEFT * LEFT;
    for (name, from, to) in [("features", seen, FEATURES), ("classes", FEATURES, CLASSES)] {
        all.push((format!("{name}.weight"), vec![from, to], Initial::Kaiming { fan_in: from as u32, gain }));
        all.push((format!("{name}.bias"), vec![to], Initial::Constant(0.0)));
    }
    all
}

/// The features [samples, 1, 64] and the logits of the classes [samples, 10] of images `x` [samples, 1, 1, 28, 28];
/// `values` are the weights on the tape, by their names.
fn forward(tape: &mut Tape<f32>, values: &BTreeMap<String, Value>, mut x: Value) -> Result<[Value; 2]> {
    let value = |name: &str, part: &str| {
        let found = values.get(&format!("{name}.{part}")).copied();
        found.ok_or_else(|| Error::Internal(format!("judge: no {part} of {name}")))
    };
    for layer in 0..3 {
        let name = format!("convolution{layer}");
        let convolution = Conv2d::new(0).stride([2; 2]).padding([1; 2]);
        x = tape.apply(convolution, &[x, value(&name, "weight")?, value(&name, "bias")?])?;
        x = tape.apply(Pointwise(Curve::Relu), &[x])?;
    }
    x = tape.apply(Linear::new(0), &[x, value("features", "weight")?, value("features", "bias")?])?;
    let features = tape.apply(Pointwise(Curve::Relu), &[x])?;
    let classes = tape.apply(Linear::new(0), &[features, value("classes", "weight")?, value("classes", "bias")?])?;
    let samples = tape.datum(classes).shape()[0];
    Ok([features, tape.apply(Reshape(vec![samples, CLASSES]), &[classes])?])
}

/// A classifier of digits with its weights.
#[derive(Debug, Clone)]
pub struct Judge {
    weights: Arrays,
}

/// What a judge says of images.
#[derive(Debug, Clone)]
pub struct Opinion {
    /// The features of each image, [images, 64].
    pub features: Vec<f64>,
    /// The most probable class of each image.
    pub classes: Vec<usize>,
    /// The probability of that class, for each image.
    pub confidence: Vec<f64>,
}

impl Judge {
    /// The judge that comes with the library, which was trained on the digits of MNIST.
    ///
    /// # Errors
    /// [`Error::Internal`] alone.
    pub fn own() -> Result<Judge> {
        Judge::read(OWN, "the judge that comes along")
    }

    /// The judge whose weights are in a file.
    ///
    /// # Errors
    /// A file that cannot be read, that [`Judge::save`] has not written, or that is damaged.
    pub fn load(path: &Path) -> Result<Judge> {
        Judge::read(&weights::content(path)?, &quote::path(path))
    }

    /// The judge in the content of a file; `place` names the file in messages.
    fn read(content: &[u8], place: &str) -> Result<Judge> {
        let (_, mut arrays): (About, Arrays) = weights::read(content, KEY, place)?;
        let own = weight_specs().into_iter().map(|(name, shape, _)| {
            let array = weights::take(&mut arrays, &name, &shape, place)?;
            Ok((name, array))
        });
        Ok(Judge { weights: own.collect::<Result<_>>()? })
    }

    /// A judge with weights that were learned by [`Judging`].
    ///
    /// # Errors
    /// Parameters of another net.
    pub fn new(parameters: &Parameters<f32>) -> Result<Judge> {
        let own = weight_specs().into_iter().map(|(name, _, _)| {
            let value = parameters.named(&name)?.value().clone();
            Ok((name, value))
        });
        Ok(Judge { weights: own.collect::<Result<_>>()? })
    }

    /// Writes the weights as a safetensors file of 16-bit numbers, with `about`, words on where they came from.
    ///
    /// # Errors
    /// A weight beyond ±65,504; a file that cannot be written.
    pub fn save(&self, path: &Path, about: &str) -> Result<()> {
        weights::write(path, KEY, &About { about: about.to_owned() }, &self.weights)
    }

    /// Features, classes and confidence for images of any size, which are resized to 28 x 28.
    ///
    /// # Errors
    /// [`Error::Internal`] alone.
    pub fn look(&self, images: &Images, threads: usize) -> Result<Opinion> {
        let images = images.resized(SIZE)?;
        let mut opinion = Opinion { features: Vec::new(), classes: Vec::new(), confidence: Vec::new() };
        for pixels in images.pixels().chunks(BESIDE * SIZE * SIZE) {
            let mut tape = Tape::new(threads);
            let values = weights::constants(&mut tape, &self.weights);
            let shape = [pixels.len() / (SIZE * SIZE), 1, 1, SIZE, SIZE];
            let x = tape.constant(Datum::Numbers(Array::new("images", &shape, pixels.to_vec())?));
            let [features, classes] = forward(&mut tape, &values, x)?;
            opinion.features.extend(tape.datum(features).numbers("judge")?.data().iter().map(|&f| f64::from(f)));
            for row in tape.datum(classes).numbers("judge")?.data().chunks(CLASSES) {
                let class = argmax(row);
                let sum: f64 = row.iter().map(|&number| math::exp(f64::from(number - row[class]))).sum();
                opinion.classes.push(class);
                opinion.confidence.push(1.0 / sum);
            }
        }
        Ok(opinion)
    }
}

impl Opinion {
    /// Mean and covariance of the features.
    ///
    /// # Errors
    /// Fewer than two images.
    pub fn gaussian(&self) -> Result<Gaussian> {
        Gaussian::of(&self.features, FEATURES)
    }

    /// The share of images whose class has at least the probability `least`.
    pub fn confident(&self, least: f64) -> f64 {
        self.confidence.iter().filter(|&&own| own >= least).count() as f64 / self.confidence.len().max(1) as f64
    }

    /// The share of images in each class.
    pub fn shares(&self) -> [f64; CLASSES] {
        let mut shares = [0.0; CLASSES];
        self.classes.iter().for_each(|&class| shares[class] += 1.0 / self.classes.len() as f64);
        shares
    }

    /// The share of images whose class is that in `labels`.
    pub fn accuracy(&self, labels: &[u32]) -> f64 {
        let right = self.classes.iter().zip(labels).filter(|(class, label)| **class == **label as usize).count();
        right as f64 / labels.len().max(1) as f64
    }
}

/// The task of training a judge: digits of 28 x 28 pixels, shifted by up to two pixels, half of them blurred by
/// resizing to 16 x 16 and back, so that the judge also knows smaller images that were enlarged for it.
pub struct Judging<'a> {
    images: &'a Images,
    labels: &'a [u32],
    threads: usize,
}

impl<'a> Judging<'a> {
    /// The task with these images and their labels, on `threads` threads.
    ///
    /// # Errors
    /// Images that are not of 28 x 28 pixels; another number of labels; labels beyond 9.
    pub fn new(images: &'a Images, labels: &'a [u32], threads: usize) -> Result<Judging<'a>> {
        let wrong = |problem: String| Err(Error::invalid("judge", problem));
        if images.size() != SIZE || images.len() != labels.len() {
            return wrong(format!("{} images and {} labels do not fit; give digits of 28", images.len(), labels.len()));
        }
        match labels.iter().find(|label| **label as usize >= CLASSES) {
            Some(label) => wrong(format!("the label {label} is no digit")),
            None => Ok(Judging { images, labels, threads }),
        }
    }

    /// Initial weights, drawn from `seed`.
    ///
    /// # Errors
    /// [`Error::Internal`] alone.
    pub fn parameters(&self, seed: u64) -> Result<Parameters<f32>> {
        let mut parameters = Parameters::new();
        for (number, (name, shape, initial)) in (0..).zip(weight_specs()) {
            parameters.add(Parameter::new(&name, initial.array(&name, &shape, seed, number)?)?)?;
        }
        Ok(parameters)
    }

    /// An image shifted and perhaps blurred at random, as it is learned from in this epoch.
    fn augmented(&self, sample: u32, epoch: u32, seed: u64) -> Result<Vec<f32>> {
        let mut draws = draws(seed, Noise::Picture, u64::from(epoch) << 32 | u64::from(sample));
        let [down, right] = [draws.below(5) as isize - 2, draws.below(5) as isize - 2];
        let blurred = draws.below(2) == 1;
        let image = self.images.image(sample as usize);
        let mut moved = vec![-1.0; image.len()];
        for (place, pixel) in moved.iter_mut().enumerate() {
            let [row, column] = [(place / SIZE) as isize - down, (place % SIZE) as isize - right];
            if (0..SIZE as isize).contains(&row) && (0..SIZE as isize).contains(&column) {
                *pixel = image[row as usize * SIZE + column as usize];
            }
        }
        match blurred {
            true => Ok(Images::new(SIZE, moved)?.resized(16)?.resized(SIZE)?.image(0).to_vec()),
            false => Ok(moved),
        }
    }
}

impl Task<f32> for Judging<'_> {
    fn learn(&mut self, parameters: &mut Parameters<f32>, batch: &Batch<'_>) -> Result<Tally> {
        let mut pixels = Vec::with_capacity(batch.samples.len() * SIZE * SIZE);
        for &sample in batch.samples {
            pixels.extend(self.augmented(sample, batch.epoch.unwrap_or(0), batch.seed)?);
        }
        let labels: Vec<u32> = batch.samples.iter().map(|&sample| self.labels[sample as usize]).collect();
        let mut tape = Tape::new(self.threads);
        let values: BTreeMap<String, Value> =
            parameters.iter().map(|own| (own.name().to_owned(), tape.variable(own.value().clone()))).collect();
        let shape = [labels.len(), 1, 1, SIZE, SIZE];
        let x = tape.constant(Datum::Numbers(Array::new("images", &shape, pixels)?));
        let [_, classes] = forward(&mut tape, &values, x)?;
        let loss = tape.apply(CrossEntropy::new(labels.clone()), &[classes])?;
        let mean = tape.datum(loss).numbers("loss")?.data().first().copied().unwrap_or(f32::NAN);
        let mut adjoints = tape.backward(loss)?;
        for (name, value) in values {
            if let Some(adjoint) = adjoints.take(value) {
                parameters.named_mut(&name)?.gradient_mut().add(&name, &adjoint)?;
            }
        }
        let samples = labels.len() as u64;
        Ok(Tally { samples, loss: f64::from(mean) * samples as f64, ..Tally::default() })
    }

    fn judge(&mut self, parameters: &Parameters<f32>, batch: &Batch<'_>) -> Result<Tally> {
        let pixels: Vec<f32> =
            batch.samples.iter().flat_map(|&sample| self.images.image(sample as usize)).copied().collect();
        let labels: Vec<u32> = batch.samples.iter().map(|&sample| self.labels[sample as usize]).collect();
        let opinion = Judge::new(parameters)?.look(&Images::new(SIZE, pixels)?, self.threads)?;
        let samples = labels.len() as u64;
        let correct = (opinion.accuracy(&labels) * samples as f64).round() as u64;
        let loss = -opinion.confidence.iter().map(|confidence| confidence.ln()).sum::<f64>();
        Ok(Tally { samples, loss, judged: samples, correct, ..Tally::default() })
    }
}

/// The settings of training a judge: `epochs` passes over all images, AdamW, and the one-cycle learning rate.
pub fn judging(epochs: u32) -> Settings {
    Settings {
        model: "judge of digits".into(),
        epochs,
        batch_size: 128,
        optimiser: Method::AdamW(AdamW { lr: 3e-3, ..AdamW::default() }),
        schedule: Schedule::OneCycle(OneCycle::default()),
        grid: false,
        ..Settings::default()
    }
}
