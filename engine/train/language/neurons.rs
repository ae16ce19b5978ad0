//! The operation of spiking neurons with astrocytes: all steps of a layer, forward and backward.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::law::{Advance, Back, Law, Nature, Trace};
use crate::error::{Error, Result};
use crate::train::array::words;
use crate::train::gemm::Float;
use crate::train::share;
use crate::train::tape::{Datum, Given, Operation};
use crate::train::{Array, Spikes};

/// The state of a layer of neurons and astrocytes between two steps, for texts side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Carried<T> {
    /// The potential after resets, [samples, units].
    pub potential: Vec<T>,
    /// The slow trace of each domain, [samples, domains].
    pub trace: Vec<T>,
}

impl<T: Float> Carried<T> {
    /// The state at rest: all 0.
    pub fn rest(samples: usize, units: usize, domains: usize) -> Carried<T> {
        Carried { potential: vec![T::of(0.0); samples * units], trace: vec![T::of(0.0); samples * domains] }
    }
}

/// All steps of a layer of neurons by [`Law`], from a carried state on.
///
/// Inputs: the drive, [samples, steps, units]; for each unit the logit of β, \[units\]; and its κ, \[units\]. The
/// output is spikes of the shape of the drive, or numbers for [`Nature::Smooth`].
#[derive(Debug, Clone)]
pub struct Neurons<T> {
    law: Law,
    /// The state: the forward pass starts from it and leaves its last one there.
    carried: Arc<Mutex<Carried<T>>>,
    /// What the forward pass keeps for the backward pass, by group of samples.
    kept: Vec<Kept<T>>,
}

/// What the backward pass needs of a group of samples that are stepped together, each [sample, step, ...].
#[derive(Debug, Clone)]
struct Kept<T> {
    samples: Range<usize>,
    /// Potential less threshold.
    margins: Vec<T>,
    /// Potentials before each step.
    potential: Vec<T>,
    /// The traces that move thresholds in each step.
    trace: Vec<T>,
}

const NAME: &str = "neurons with astrocytes";

/// The groups of samples that are stepped together: pairs, the last group of an odd number with three, so that each
/// sample has another in its group.
fn groups(samples: usize) -> Vec<Range<usize>> {
    let count = (samples / 2).max(1);
    (0..count).map(|group| 2 * group..if group + 1 == count { samples } else { 2 * group + 2 }).collect()
}

/// The sample of a group of `count` whose trace moves the thresholds of `sample`.
fn felt_sample(trace: Trace, sample: usize, count: usize) -> usize {
    if trace == Trace::Shuffled { (sample + 1) % count } else { sample }
}

/// The sizes of a layer and its input.
#[derive(Clone, Copy)]
struct Dimensions {
    samples: usize,
    steps: usize,
    units: usize,
    domains: usize,
}

impl<T: Float> Neurons<T> {
    /// A layer of neurons by `law`, from the state in `carried` on, where it also leaves its last state.
    pub fn new(law: Law, carried: &Arc<Mutex<Carried<T>>>) -> Neurons<T> {
        Neurons { law, carried: Arc::clone(carried), kept: Vec::new() }
    }

    /// The dimensions of inputs, after a check that all of them and the state fit each other.
    fn checked_dimensions(&self, inputs: &[&Datum<T>]) -> Result<Dimensions> {
        let wrong = |problem: String| Err(Error::invalid(NAME, problem));
        let [drive, decay, kappa] = inputs else {
            return wrong(format!(
                "it was given {} inputs, and takes what arrives, decays and sensitivities",
                inputs.len()
            ));
        };
        let [samples, steps, units] = *drive.shape() else {
            return wrong(format!(
                "what arrives has the shape {}, and must be [samples, steps, units]",
                words(drive.shape())
            ));
        };
        let domains = self.law.domains(units)?;
        for (name, array) in [("decays", decay), ("sensitivities", kappa)] {
            if array.shape() != [units] {
                return wrong(format!("the {name} have the shape {}, and must be [{units}]", words(array.shape())));
            }
        }
        if self.law.trace == Trace::Shuffled && samples == 1 {
            return wrong("a shuffled trace is that of another text; give two or more side by side".into());
        }
        let carried = self.carried.lock().unwrap_or_else(PoisonError::into_inner);
        if carried.potential.len() != samples * units || carried.trace.len() != samples * domains {
            return wrong(format!("what is carried on is not of {samples} samples of {units} units; begin at rest"));
        }
        Ok(Dimensions { samples, steps, units, domains })
    }

    /// The forward pass of a group of samples: what the backward pass needs, the last state, and spikes or smooth
    /// numbers, [sample, step, unit]. `inputs` are the data of drive, decays and sensitivities.
    fn forward_group(
        &self,
        dims: Dimensions,
        inputs: [&[T]; 3],
        samples: Range<usize>,
        carried: &Carried<T>,
    ) -> (Kept<T>, Carried<T>, Vec<T>) {
        let (count, Dimensions { steps, units, domains, .. }) = (samples.len(), dims);
        let [drive, decay, kappa] = inputs;
        let [beta, gain, _] = self.law.leak(decay);
        let room = || vec![T::of(0.0); count * steps * units];
        let traces = vec![T::of(0.0); count * steps * domains];
        let mut kept = Kept { samples: samples.clone(), margins: room(), potential: room(), trace: traces };
        let mut next = Carried {
            potential: carried.potential[samples.start * units..samples.end * units].to_vec(),
            trace: carried.trace[samples.start * domains..samples.end * domains].to_vec(),
        };
        let mut spikes = room();
        for step in 0..steps {
            let before = next.trace.clone();
            for sample in 0..count {
                let place = sample * steps + step;
                let (own, domain) = (place * units..(place + 1) * units, place * domains..(place + 1) * domains);
                let potential = &mut next.potential[sample * units..][..units];
                kept.potential[own.clone()].copy_from_slice(potential);
                let felt = &before[felt_sample(self.law.trace, sample, count) * domains..][..domains];
                kept.trace[domain].copy_from_slice(felt);
                let from = (samples.start * steps + place) * units;
                self.law.advance(Advance {
                    drive: &drive[from..from + units],
                    beta: &beta,
                    gain: &gain,
                    kappa,
                    felt,
                    potential,
                    trace: &mut next.trace[sample * domains..][..domains],
                    margins: &mut kept.margins[own.clone()],
                    spikes: &mut spikes[own],
                });
            }
        }
        (kept, next, spikes)
    }

    /// The backward pass of a group from `bar`, the adjoint of the output: the adjoint of the drive is written to `to`,
    /// those of decays and sensitivities are returned.
    fn backward_group(
        &self,
        dims: Dimensions,
        kept: &Kept<T>,
        inputs: [&[T]; 3],
        bar: &[T],
        to: &mut [T],
    ) -> [Vec<T>; 2] {
        let (count, Dimensions { steps, units, domains, .. }) = (kept.samples.len(), dims);
        let [drive, decay, kappa] = inputs;
        let [beta, gain, slope] = self.law.leak(decay);
        let mut of_beta = vec![T::of(0.0); units];
        let mut of_kappa = vec![T::of(0.0); units];
        let mut of_potential = vec![T::of(0.0); count * units];
        let mut of_trace = vec![T::of(0.0); count * domains];
        for step in (0..steps).rev() {
            // The adjoints of the traces before the step include those of the traces behind it, times λ.
            let behind = of_trace.clone();
            of_trace.iter_mut().for_each(|bar| *bar *= T::of(self.law.keeps));
            for sample in 0..count {
                let place = sample * steps + step;
                let own = place * units..(place + 1) * units;
                let from = (kept.samples.start * steps + place) * units;
                let felt = felt_sample(self.law.trace, sample, count) * domains;
                self.law.back(Back {
                    drive: &drive[from..from + units],
                    bar: &bar[from..from + units],
                    leak: [&beta, &gain, &slope],
                    kappa,
                    margins: &kept.margins[own.clone()],
                    potential: &kept.potential[own.clone()],
                    felt: &kept.trace[place * domains..(place + 1) * domains],
                    of_trace: &behind[sample * domains..][..domains],
                    of_felt: &mut of_trace[felt..felt + domains],
                    of_potential: &mut of_potential[sample * units..][..units],
                    of_drive: &mut to[own],
                    of_beta: &mut of_beta,
                    of_kappa: &mut of_kappa,
                });
            }
        }
        // By the logit of β: dβ / dlogit = β · (1 - β).
        of_beta.iter_mut().zip(&beta).for_each(|(bar, &beta)| *bar *= beta * (T::of(1.0) - beta));
        [of_beta, of_kappa]
    }
}

/// Splits an array into the parts of groups of samples, `each` numbers for a sample.
fn split_by_group<'a, T>(mut data: &'a mut [T], groups: &[Range<usize>], each: usize) -> Vec<&'a mut [T]> {
    let mut parts = Vec::new();
    for group in groups {
        let (part, left) = data.split_at_mut(group.len() * each);
        parts.push(part);
        data = left;
    }
    parts
}

impl<T: Float> Operation<T> for Neurons<T> {
    fn name(&self) -> &str {
        NAME
    }

    fn forward(&mut self, inputs: &[&Datum<T>], threads: usize) -> Result<Datum<T>> {
        let dims = self.checked_dimensions(inputs)?;
        let Dimensions { samples, steps, units, domains } = dims;
        let arrays =
            [inputs[0].numbers(NAME)?.data(), inputs[1].numbers(NAME)?.data(), inputs[2].numbers(NAME)?.data()];
        let groups = groups(samples);
        let mut carried = self.carried.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let before = carried.clone();
        let mut spikes = Spikes::silent(NAME, inputs[0].shape())?;
        let mut numbers = match self.law.nature {
            Nature::Smooth => Array::zeros(NAME, inputs[0].shape())?.into_data(),
            Nature::Spiking => Vec::new(),
        };
        let row = spikes.row_words();
        let mut made: Vec<Option<Kept<T>>> = vec![None; groups.len()];
        let words = split_by_group(spikes.words_mut(), &groups, steps * row);
        let smooth: Vec<&mut [T]> = match self.law.nature {
            Nature::Smooth => split_by_group(&mut numbers, &groups, steps * units),
            Nature::Spiking => groups.iter().map(|_| Default::default()).collect(),
        };
        let ends = split_by_group(&mut carried.potential, &groups, units);
        let traces = split_by_group(&mut carried.trace, &groups, domains);
        let all = groups
            .iter()
            .cloned()
            .zip(made.iter_mut())
            .zip(words.into_iter().zip(smooth))
            .zip(ends.into_iter().zip(traces));
        share::items(threads, all.collect(), |(((group, made), (words, smooth)), (end, trace))| {
            let (kept, next, spikes) = self.forward_group(dims, arrays, group, &before);
            end.copy_from_slice(&next.potential);
            trace.copy_from_slice(&next.trace);
            match self.law.nature {
                Nature::Smooth => smooth.copy_from_slice(&spikes),
                Nature::Spiking => pack_spikes(&spikes, units, words),
            }
            *made = Some(kept);
            Ok(())
        })?;
        self.kept = made.into_iter().flatten().collect();
        *self.carried.lock().unwrap_or_else(PoisonError::into_inner) = carried;
        match self.law.nature {
            Nature::Smooth => Array::new(NAME, inputs[0].shape(), numbers).map(Datum::Numbers),
            Nature::Spiking => Ok(Datum::Spikes(spikes)),
        }
    }

    fn backward(&mut self, given: Given<'_, T>, threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let dims = self.checked_dimensions(given.inputs)?;
        let inputs = given.inputs;
        let arrays =
            [inputs[0].numbers(NAME)?.data(), inputs[1].numbers(NAME)?.data(), inputs[2].numbers(NAME)?.data()];
        if self.kept.is_empty() {
            return Err(Error::Internal(format!("{NAME}: the way back comes before the way there")));
        }
        let mut of_drive = Array::zeros(NAME, inputs[0].shape())?;
        let groups: Vec<Range<usize>> = self.kept.iter().map(|kept| kept.samples.clone()).collect();
        let mut sums: Vec<[Vec<T>; 2]> = vec![[Vec::new(), Vec::new()]; groups.len()];
        let parts = split_by_group(of_drive.data_mut(), &groups, dims.steps * dims.units);
        let all = self.kept.iter().zip(parts).zip(&mut sums).collect();
        share::items(threads, all, |((kept, to), sums)| {
            *sums = self.backward_group(dims, kept, arrays, given.bar.data(), to);
            Ok(())
        })?;
        let mut of_units = [Array::zeros(NAME, &[dims.units])?, Array::zeros(NAME, &[dims.units])?];
        for sums in &sums {
            for (to, sum) in of_units.iter_mut().zip(sums) {
                to.data_mut().iter_mut().zip(sum).for_each(|(to, &sum)| *to += sum);
            }
        }
        let [of_decay, of_kappa] = of_units;
        Ok([of_drive, of_decay, of_kappa]
            .into_iter()
            .zip(given.wanted)
            .map(|(bar, &wanted)| wanted.then_some(bar))
            .collect())
    }

    fn kept(&self) -> usize {
        let of = |kept: &Kept<T>| [&kept.margins, &kept.potential, &kept.trace].map(|all| size_of_val(all.as_slice()));
        self.kept.iter().flat_map(of).sum()
    }
}

/// Writes rows of `units` numbers as bits, 1 for numbers above 0, each row in whole words.
fn pack_spikes<T: Float>(spikes: &[T], units: usize, words: &mut [u64]) {
    for (row, words) in spikes.chunks(units).zip(words.chunks_mut(units.div_ceil(64))) {
        for (some, word) in row.chunks(64).zip(words) {
            *word = some.iter().rev().fold(0, |bits, &spike| bits << 1 | u64::from(spike > T::of(0.0)));
        }
    }
}
