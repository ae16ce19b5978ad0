//! Optimisers against plain ones, constraints, grids of weights, the loop and its checkpoints, samples and their encodings.

mod batches;
mod checkpoints;
mod encode;
mod energy;
mod events;
mod gradients;
mod grid;
mod initial;
mod optimisers;
mod parameters;
#[cfg(feature = "pictures")]
mod pictures;
mod samples;
mod training;

use neuropil::train::Array;
use neuropil::train::fit::{Batch, Operations, Parameter, Parameters, Samples, Split, Tally, Task};

/// A parameter of a list of numbers.
pub fn parameter(name: &str, values: &[f64]) -> Parameter<f64> {
    Parameter::new(name, Array::new(name, &[values.len()], values.to_vec()).unwrap()).unwrap()
}

/// One such parameter alone.
pub fn single(values: &[f64]) -> Parameters<f64> {
    let mut parameters = Parameters::new();
    parameters.add(parameter("w", values)).unwrap();
    parameters
}

/// The sentence of an error.
pub fn told<T: std::fmt::Debug>(result: neuropil::Result<T>) -> String {
    result.unwrap_err().to_string()
}

/// Softmax regression on samples: a weight from each pixel onto each class, and a bias.
pub struct Regression {
    pub samples: Samples,
    /// The step, counted from 1, in which the loss is NaN, or the gradient of a weight infinite.
    pub broken: Option<(u64, Broken)>,
    pub steps: u64,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Broken {
    Loss,
    Gradient,
    Layer,
    Validation,
}

impl Regression {
    pub fn new(samples: Samples) -> Regression {
        Regression { samples, broken: None, steps: 0 }
    }

    /// The digits, with a fifth for validation.
    pub fn digits() -> (Regression, Split) {
        let samples = Samples::digits().unwrap();
        let split = Split::new(samples.labels(), 0.2, 0.0, 3).unwrap();
        (Regression::new(samples), split)
    }

    pub fn parameters(&self) -> Parameters<f64> {
        let (units, classes) = (self.samples.units(), self.samples.classes() as usize);
        let mut parameters = Parameters::new();
        let weights = Array::zeros("weight", &[units, classes]).unwrap();
        let onto = neuropil::train::fit::grid::Incoming {
            neurons: "out".into(),
            targets: neuropil::train::fit::grid::Targets::Last,
        };
        parameters.add(Parameter::new("weight", weights).unwrap().onto(onto).unwrap()).unwrap();
        let bias = Array::zeros("bias", &[classes]).unwrap();
        parameters.add(Parameter::new("bias", bias).unwrap().unpenalised()).unwrap();
        parameters
    }

    /// The loss of a sample, whether it is right, and the derivative by each output.
    fn sample(&self, weights: &[f64], bias: &[f64], sample: u32) -> (f64, bool, Vec<f64>) {
        let classes = self.samples.classes() as usize;
        let mut out = bias.to_vec();
        for (&x, weights) in self.samples.sample(sample).iter().zip(weights.chunks(classes)) {
            out.iter_mut().zip(weights).for_each(|(out, weight)| *out += f64::from(x) * weight);
        }
        let label = self.samples.labels()[sample as usize] as usize;
        let most = out.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = out.iter().map(|out| (out - most).exp()).sum();
        let loss = sum.ln() + most - out[label];
        let right = out.iter().position(|&out| out == most) == Some(label);
        let by = out.iter().enumerate().map(|(k, out)| (out - most).exp() / sum - f64::from(u8::from(k == label)));
        (loss, right, by.collect())
    }

    fn tally(&self, loss: f64, right: bool) -> Tally {
        let operations = Operations::dense(self.samples.units() as u64, self.samples.classes().into(), 1);
        Tally { samples: 1, loss, judged: 1, correct: right.into(), spikes: 2, operations }
    }
}

impl Task<f64> for Regression {
    fn learn(&mut self, parameters: &mut Parameters<f64>, batch: &Batch<'_>) -> neuropil::Result<Tally> {
        self.steps += 1;
        let seen = ["weight", "bias"].map(|name| parameters.named(name).unwrap().seen().into_data());
        let (classes, size) = (self.samples.classes() as usize, batch.samples.len() as f64);
        let mut tally = Tally::default();
        for &sample in batch.samples {
            let (loss, right, by) = self.sample(&seen[0], &seen[1], sample);
            tally.add(&self.tally(loss, right));
            let weights = parameters.named_mut("weight")?.gradient_mut().data_mut();
            for (&x, weights) in self.samples.sample(sample).iter().zip(weights.chunks_mut(classes)) {
                weights.iter_mut().zip(&by).for_each(|(weight, by)| *weight += f64::from(x) * by / size);
            }
            let bias = parameters.named_mut("bias")?.gradient_mut().data_mut();
            bias.iter_mut().zip(&by).for_each(|(bias, by)| *bias += by / size);
        }
        match self.broken.filter(|(step, _)| *step == self.steps) {
            Some((_, Broken::Loss | Broken::Layer)) => tally.loss = f64::NAN,
            Some((_, Broken::Gradient)) => {
                parameters.named_mut("weight")?.gradient_mut().data_mut()[32] = f64::INFINITY
            }
            Some((_, Broken::Validation)) | None => {}
        }
        Ok(tally)
    }

    fn judge(&mut self, parameters: &Parameters<f64>, batch: &Batch<'_>) -> neuropil::Result<Tally> {
        let seen = ["weight", "bias"].map(|name| parameters.named(name).unwrap().seen().into_data());
        let mut tally = Tally::default();
        for &sample in batch.samples {
            let (loss, right, _) = self.sample(&seen[0], &seen[1], sample);
            tally.add(&self.tally(loss, right));
        }
        if self.broken == Some((self.steps, Broken::Validation)) {
            tally.loss = f64::NAN;
        }
        Ok(tally)
    }

    fn broken_layer(&self) -> Option<String> {
        self.broken.filter(|(step, kind)| *step == self.steps && *kind == Broken::Layer).map(|_| "layer 'out'".into())
    }
}
