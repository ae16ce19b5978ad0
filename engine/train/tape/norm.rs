//! Batch normalisation.

use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, Result};
use crate::train::Array;
use crate::train::gemm::Float;
use crate::train::share;
use crate::train::tape::needs;
use crate::train::tape::rows::total;
use crate::train::tape::{Datum, Given, Operation};

/// The most partial sums over images, whatever the number of threads.
const BLOCKS: usize = 32;
const NAME: &str = "batch norm";

/// The running mean and variance of each channel over the batches of training, for use outside training.
#[derive(Debug, Clone, PartialEq)]
pub struct Running {
    /// The mean of each channel.
    pub mean: Vec<f64>,
    /// The unbiased variance of each channel.
    pub variance: Vec<f64>,
    /// Mean and variance of the last batch, until [`Running::settle`] takes them in.
    last: Option<[Vec<f64>; 2]>,
}

impl Running {
    /// Statistics with mean 0 and variance 1 for `channels` channels.
    pub fn new(channels: usize) -> Running {
        Running { mean: vec![0.0; channels], variance: vec![1.0; channels], last: None }
    }

    /// Moves mean and variance by `share` of the way to those of the last batch that was normalised. It counts once,
    /// however often it was computed.
    pub fn settle(&mut self, share: f64) {
        let Some([means, variances]) = self.last.take() else { return };
        let pairs = self.mean.iter_mut().zip(means).chain(self.variance.iter_mut().zip(variances));
        pairs.for_each(|(kept, new)| *kept += share * (new - *kept));
    }
}

/// (x - mean) / √(variance + epsilon) · γ + β, where mean and variance of each channel are those over all samples, steps and
/// places of the batch, or, outside training, the running ones (Ioffe, Szegedy 2015).
///
/// Inputs: x, [samples, steps, channels, places...], numbers or spikes; γ and β, \[channels\].
#[derive(Debug, Clone)]
pub struct BatchNorm {
    running: Arc<Mutex<Running>>,
    epsilon: f64,
    training: bool,
    /// Mean and 1 / √(variance + epsilon) of each channel, from the forward pass.
    saved: Option<[Vec<f64>; 2]>,
}

/// The sizes of an input.
#[derive(Clone, Copy)]
struct Sizes {
    /// Samples times steps.
    images: usize,
    channels: usize,
    /// Numbers of a channel of an image.
    plane: usize,
}

impl BatchNorm {
    /// Normalisation by the statistics of the batch in `training`, which `running` keeps until [`Running::settle`];
    /// else by the running statistics.
    pub fn new(running: &Arc<Mutex<Running>>, epsilon: f64, training: bool) -> BatchNorm {
        BatchNorm { running: Arc::clone(running), epsilon, training, saved: None }
    }

    /// The sizes of the inputs, which are checked.
    fn sizes<T: Float>(&self, inputs: &[&Datum<T>]) -> Result<Sizes> {
        let [input, ..] = needs::exactly::<_, 3>(NAME, inputs, "an input, gamma and beta")?;
        let [samples, steps, channels, places @ ..] = input.shape() else {
            return Err(needs::shape(NAME, "input", input.shape(), "[samples, steps, channels, places...]"));
        };
        let sizes = Sizes { images: samples * steps, channels: *channels, plane: places.iter().product() };
        if self.training && sizes.images * sizes.plane == 0 && sizes.channels > 0 {
            return Err(Error::invalid(
                NAME,
                "the batch is empty, and has no mean; give at least one sample".to_owned(),
            ));
        }
        for (place, name) in [(1, "gamma"), (2, "beta")] {
            needs::numbers(NAME, name, inputs[place], &[*channels])?;
        }
        let kept = self.running.lock().unwrap_or_else(PoisonError::into_inner).mean.len();
        if kept != *channels {
            let problem = format!("the running statistics are of {kept} channels, and the input has {channels}");
            return Err(Error::invalid(NAME, format!("{problem}; both must be the same")));
        }
        Ok(sizes)
    }

    /// Mean and 1 / √(variance + epsilon) of each channel.
    fn statistics<T: Float>(&self, sizes: Sizes, input: &[T], threads: usize) -> Result<[Vec<f64>; 2]> {
        let inverse = |variance: &f64| 1.0 / (variance + self.epsilon).sqrt();
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.training {
            return Ok([running.mean.clone(), running.variance.iter().map(inverse).collect()]);
        }
        let count = (sizes.images * sizes.plane) as f64;
        let sums = sizes.sums(threads, |channel, image| [total(sizes.plane(input, image, channel))])?;
        let mean: Vec<f64> = sums.iter().map(|[sum]| sum.value() / count).collect();
        let squares = sizes.sums(threads, |channel, image| {
            let centre = T::of(mean[channel]);
            let mut sums = [T::of(0.0); 16];
            for some in sizes.plane(input, image, channel).chunks(16) {
                for (sum, &number) in sums.iter_mut().zip(some) {
                    *sum += (number - centre) * (number - centre);
                }
            }
            [total(&sums)]
        })?;
        let variance: Vec<f64> = squares.iter().map(|[sum]| sum.value() / count).collect();
        let unbiased = variance.iter().map(|variance| variance * count / (count - 1.0).max(1.0)).collect();
        running.last = Some([mean.clone(), unbiased]);
        Ok([mean, variance.iter().map(inverse).collect()])
    }
}

/// Adds sums to sums.
fn add<T: Float, const N: usize>(sums: &mut [T; N], others: &[T; N]) {
    sums.iter_mut().zip(others).for_each(|(sum, &other)| *sum += other);
}

impl Sizes {
    /// The numbers of a channel of an image.
    fn plane<'a, T>(&self, numbers: &'a [T], image: usize, channel: usize) -> &'a [T] {
        &numbers[(image * self.channels + channel) * self.plane..][..self.plane]
    }

    /// The sums of each channel over images: `of` gives those of one image, and they are added by blocks of images in a
    /// fixed order.
    fn sums<T: Float, const N: usize>(
        &self,
        threads: usize,
        of: impl Fn(usize, usize) -> [T; N] + Sync,
    ) -> Result<Vec<[T; N]>> {
        let together = self.images.div_ceil(BLOCKS).max(1);
        let none = vec![[T::of(0.0); N]; self.channels];
        let mut parts = vec![none.clone(); self.images.div_ceil(together)];
        share::blocks(threads, &mut parts, 1, |block, part| {
            for image in block * together..self.images.min((block + 1) * together) {
                for (channel, sums) in part[0].iter_mut().enumerate() {
                    add(sums, &of(channel, image));
                }
            }
            Ok(())
        })?;
        let mut sums = none;
        for part in parts {
            sums.iter_mut().zip(part).for_each(|(sums, part)| add(sums, &part));
        }
        Ok(sums)
    }

    /// Calls `work` with the place [image, channel] and the numbers of each plane of `to`.
    fn for_each_plane<T: Float>(
        &self,
        threads: usize,
        to: &mut [T],
        work: impl Fn([usize; 2], &mut [T]) + Sync,
    ) -> Result<()> {
        let together = self.images.div_ceil(BLOCKS).max(1);
        share::blocks(threads, to, together * self.channels * self.plane, |block, to| {
            for (place, to) in to.chunks_mut(self.plane).enumerate() {
                work([block * together + place / self.channels, place % self.channels], to);
            }
            Ok(())
        })
    }
}

impl<T: Float> Operation<T> for BatchNorm {
    fn name(&self) -> &str {
        NAME
    }

    fn forward(&mut self, inputs: &[&Datum<T>], threads: usize) -> Result<Datum<T>> {
        let sizes = self.sizes(inputs)?;
        let input = needs::unpacked(NAME, inputs[0])?;
        let [gamma, beta] = [inputs[1].numbers(NAME)?.data(), inputs[2].numbers(NAME)?.data()];
        let [mean, inverse] = self.statistics(sizes, input.data(), threads)?;
        let mut to = Array::zeros(NAME, input.shape())?;
        sizes.for_each_plane(threads, to.data_mut(), |[image, channel], to| {
            let (centre, factor) = (T::of(mean[channel]), T::of(inverse[channel]) * gamma[channel]);
            for (to, &from) in to.iter_mut().zip(sizes.plane(input.data(), image, channel)) {
                *to = (from - centre) * factor + beta[channel];
            }
        })?;
        self.saved = Some([mean, inverse]);
        Ok(Datum::Numbers(to))
    }

    fn backward(&mut self, given: Given<'_, T>, threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let sizes = self.sizes(given.inputs)?;
        let Some([mean, inverse]) = &self.saved else { return Err(needs::no_forward_pass(NAME)) };
        let input = needs::unpacked(NAME, given.inputs[0])?;
        let (gamma, bar) = (given.inputs[1].numbers(NAME)?.data(), given.bar.data());
        let normal = |channel: usize, number: T| (number - T::of(mean[channel])) * T::of(inverse[channel]);
        let sums = sizes.sums(threads, |channel, image| {
            let mut sums = [[T::of(0.0); 16]; 2];
            let numbers = sizes.plane(input.data(), image, channel).chunks(16);
            for (numbers, bars) in numbers.zip(sizes.plane(bar, image, channel).chunks(16)) {
                for (place, (&number, &bar)) in numbers.iter().zip(bars).enumerate() {
                    sums[0][place] += bar;
                    sums[1][place] += normal(channel, number) * bar;
                }
            }
            sums.map(|sums| total(&sums))
        })?;
        let [of_beta, of_gamma] = [0, 1].map(|which| sums.iter().map(|sums| sums[which]).collect::<Vec<T>>());
        let mut to = Array::zeros(NAME, input.shape())?;
        if given.wanted[0] {
            // Means over the batch, through which every number acts on every other; the running ones stand still.
            let share = T::of(if self.training { 1.0 / (sizes.images * sizes.plane) as f64 } else { 0.0 });
            sizes.for_each_plane(threads, to.data_mut(), |[image, channel], to| {
                let [shift, slope] = [of_beta[channel] * share, of_gamma[channel] * share];
                let factor = gamma[channel] * T::of(inverse[channel]);
                let numbers = sizes.plane(input.data(), image, channel).iter().zip(sizes.plane(bar, image, channel));
                for (to, (&number, &bar)) in to.iter_mut().zip(numbers) {
                    *to = factor * (bar - shift - normal(channel, number) * slope);
                }
            })?;
        }
        let channels = [sizes.channels];
        let all = [to, Array::new(NAME, &channels, of_gamma)?, Array::new(NAME, &channels, of_beta)?];
        Ok(all.into_iter().zip(given.wanted).map(|(adjoint, &wanted)| wanted.then_some(adjoint)).collect())
    }

    fn kept(&self) -> usize {
        self.saved.iter().flatten().map(|numbers| size_of_val(numbers.as_slice())).sum()
    }
}
