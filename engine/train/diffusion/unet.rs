//! A U-Net whose hidden units are spiking neurons, and its twin of ReLUs, by the same code.
//!
//! Cao et al. 2024, "Spiking denoising diffusion probabilistic models": blocks whose residuals are real numbers, and
//! whose neurons stand before the convolutions, so that spikes are convolved; batch normalisation over time x batch;
//! the output is a weighted sum over steps, as a leaky membrane would hold it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::design::{Design, Neuron};
use super::neurons::{self, Fire};
use super::shift::Shift;
use super::temporal::Temporal;
use crate::error::{Error, Result};
use crate::number::math::sine;
use crate::train::Array;
use crate::train::fit::{Initial, Operations, Parameter, Parameters};
use crate::train::gemm::Float;
use crate::train::tape::{
    Add, BatchNorm, Concat, Conv2d, Curve, Datum, Linear, Pointwise, Readout, Repeat, Reshape, Running, Scale, Steps,
    Tape, Upsample, Value,
};

/// What the normalisations add to variances.
const EPSILON: f64 = 1e-5;
/// The share of its value that the output's membrane keeps from one step to the next.
const KEPT: f64 = 0.8;
/// The longest wavelength of the embedding of diffusion steps, divided by 2π.
const LONGEST: f64 = 10_000.0;

/// A block: its name, and channels in and out, in multiples of those of the first level.
type Residual = (&'static str, usize, usize);

/// The residual blocks: down, in the middle, up.
const RESIDUALS: [Residual; 7] =
    [("down0", 1, 1), ("down1", 1, 2), ("down2", 2, 2), ("middle", 2, 2), ("up2", 4, 2), ("up1", 4, 2), ("up0", 3, 1)];
/// The layers from one level to the next: a name, and channels in multiples of those of the first level.
const BETWEEN: [(&str, usize); 4] = [("smaller0", 1), ("smaller1", 2), ("larger2", 2), ("larger1", 2)];
/// The sizes of layers of neurons that occur: channels, in multiples of those of the first level, and the level.
const FIRING: [(usize, u32); 7] = [(1, 0), (3, 0), (1, 1), (2, 1), (4, 1), (2, 2), (4, 2)];

/// Running statistics of a net's normalisations, by their names, for use without a batch.
#[derive(Debug, Clone, Default)]
pub struct Statistics(pub(super) BTreeMap<String, Arc<Mutex<Running>>>);

/// Spikes and operations of a net in one or more passes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Seen {
    /// Spikes of all neurons.
    pub spikes: u64,
    /// Operations of convolutions and linear layers.
    pub operations: Operations,
}

/// A U-Net without its weights: a design and the hidden units.
pub struct UNet<T> {
    design: Design,
    /// The hidden units.
    fire: Arc<Fire<T>>,
    /// Whether the output is made of the mean over steps, and not of the weighted sum of a leaky membrane.
    mean: bool,
}

impl<T: Float> UNet<T> {
    /// The net of a design, with its neurons.
    ///
    /// # Errors
    /// A design out of its bounds.
    pub fn new(design: Design) -> Result<UNet<T>> {
        design.check()?;
        let unit =
            |(times, level): (usize, u32)| times * design.channels * (design.size >> level) * (design.size >> level);
        let fire = match design.neuron {
            Neuron::Ann => neurons::relu(),
            Neuron::Spiking => neurons::spiking(FIRING.map(unit).into_iter(), design.threshold)?,
        };
        Ok(UNet { design, fire, mean: false })
    }

    /// The net of a design with `fire` in the place of its neurons, a function of [samples, steps, channels, rows,
    /// columns] to the same shape.
    ///
    /// # Errors
    /// As [`UNet::new`].
    pub fn with(
        design: Design,
        fire: impl Fn(&mut Tape<T>, Value) -> Result<Value> + Send + Sync + 'static,
    ) -> Result<UNet<T>> {
        design.check()?;
        Ok(UNet { design, fire: Arc::new(move |tape, _, x| Ok((fire(tape, x)?, 1.0))), mean: false })
    }

    /// A net of ReLUs with `fire` in their place, run for `steps` steps; its output is made of the mean over them.
    /// `fire` is given the layer's name and input, and returns its output and the height of a spike.
    ///
    /// # Errors
    /// A design out of its bounds, also with these steps.
    pub(super) fn converted(
        design: Design,
        steps: usize,
        fire: impl Fn(&mut Tape<T>, &str, Value) -> Result<(Value, f64)> + Send + Sync + 'static,
    ) -> Result<UNet<T>> {
        design.check()?;
        let design = Design { steps, neuron: Neuron::Spiking, ..design };
        design.check()?;
        Ok(UNet { design, fire: Arc::new(fire), mean: true })
    }

    /// Sizes and neurons of the net.
    pub fn design(&self) -> &Design {
        &self.design
    }

    /// The net's initial weights, drawn from `seed`.
    ///
    /// # Errors
    /// [`Error::Internal`] alone.
    pub fn parameters(&self, seed: u64) -> Result<Parameters<T>> {
        let mut parameters = Parameters::new();
        for (number, (name, shape, initial)) in (0..).zip(self.weight_specs()) {
            let value = initial.array(&name, &shape, seed, number)?;
            let parameter = Parameter::new(&name, value)?;
            parameters.add(if shape.len() > 1 { parameter } else { parameter.unpenalised() })?;
        }
        Ok(parameters)
    }

    /// Weights of time steps, \[steps\] for each layer that convolves spikes, initially 1: see [`Temporal`]. They are
    /// optional: [`UNet::forward`] applies them where they are among the weights.
    ///
    /// # Errors
    /// [`Error::Internal`] alone.
    pub fn temporal(&self) -> Result<Vec<Parameter<T>>> {
        let residuals = RESIDUALS.iter().flat_map(|(name, ..)| [format!("{name}.1"), format!("{name}.2")]);
        let others = BETWEEN.iter().map(|(name, _)| (*name).to_owned());
        let names = std::iter::once("stem2".to_owned()).chain(residuals).chain(others);
        let one = |name: String| {
            let name = format!("{name}.temporal");
            let ones = Array::new(&name, &[self.design.steps], vec![T::of(1.0); self.design.steps])?;
            Ok(Parameter::new(&name, ones)?.unpenalised())
        };
        names.map(one).collect()
    }

    /// Statistics of all normalisations, before any batch was seen.
    pub fn statistics(&self) -> Statistics {
        let norms = self.weight_specs().into_iter().filter_map(|(name, shape, _)| {
            let name = name.strip_suffix(".gamma")?.to_owned();
            Some((name, Arc::new(Mutex::new(Running::new(shape[0])))))
        });
        Statistics(norms.collect())
    }

    /// The name, shape and initial distribution of each weight array.
    fn weight_specs(&self) -> Vec<(String, Vec<usize>, Initial)> {
        let c = self.design.channels;
        let mut all = Vec::new();
        let (zero, one) = (Initial::Constant(0.0), Initial::Constant(1.0));
        fn kaiming(fan_in: usize, gain: f64) -> Initial {
            Initial::Kaiming { fan_in: fan_in as u32, gain }
        }
        let linear = |all: &mut Vec<_>, name: &str, from: usize, to: usize| {
            all.push((format!("{name}.weight"), vec![from, to], kaiming(from, 1.0)));
            all.push((format!("{name}.bias"), vec![to], zero));
        };
        let convolution = |all: &mut Vec<_>, name: &str, from: usize, to: usize| {
            all.push((format!("{name}.weight"), vec![to, from, 3, 3], kaiming(9 * from, 1.0)));
        };
        let norm = |all: &mut Vec<_>, name: &str, channels: usize| {
            all.push((format!("{name}.gamma"), vec![channels], one));
            all.push((format!("{name}.beta"), vec![channels], zero));
        };
        linear(&mut all, "time1", c, 4 * c);
        linear(&mut all, "time2", 4 * c, 4 * c);
        for (name, from) in [("stem1", 1), ("stem2", c)] {
            convolution(&mut all, name, from, c);
            norm(&mut all, name, c);
        }
        for (name, from, to) in RESIDUALS.map(|(name, from, to)| (name, from * c, to * c)) {
            for (part, from) in [("1", from), ("2", to)] {
                convolution(&mut all, &format!("{name}.{part}"), from, to);
                norm(&mut all, &format!("{name}.{part}"), to);
            }
            linear(&mut all, &format!("{name}.time"), 4 * c, to);
            if from != to {
                all.push((format!("{name}.shortcut.weight"), vec![to, from, 1, 1], kaiming(from, 1.0)));
            }
        }
        for (name, times) in BETWEEN {
            convolution(&mut all, name, times * c, times * c);
            norm(&mut all, name, times * c);
        }
        norm(&mut all, "tail", c);
        all.push(("tail.weight".into(), vec![1, c, 3, 3], kaiming(9 * c, 0.1)));
        all.push(("tail.bias".into(), vec![1], zero));
        all
    }

    /// The net's prediction for noisy images `x`, [samples, 1, 1, rows, columns], of the same shape, and its spikes and
    /// operations. `steps` holds the diffusion step that each image is behind. `weights` are the values on `tape` of
    /// [`UNet::parameters`], and of [`UNet::temporal`] if these shall count, by their names. Normalisations use the
    /// statistics of the batch and note them in `statistics` (`training`), or use those in `statistics`.
    ///
    /// # Errors
    /// Values that do not fit.
    pub fn forward(
        &self,
        tape: &mut Tape<T>,
        weights: &BTreeMap<String, Value>,
        x: Value,
        steps: &[u32],
        (statistics, training): (&Statistics, bool),
    ) -> Result<(Value, Seen)> {
        let mut pass = Pass { net: self, tape, weights, statistics, training, activity: Seen::default() };
        let Design { channels, size, steps: times, .. } = self.design;
        let samples = steps.len();
        let time = pass.embed_steps(steps)?;
        let x = pass.convolve("stem1", x, 1)?;
        let x = pass.norm("stem1", x)?;
        let x = pass.tape.apply(Repeat(vec![samples, times, channels, size, size]), &[x])?;
        let x = pass.layer("stem2", x, 1)?;
        let down0 = pass.residual("down0", x, time)?;
        let x = pass.layer("smaller0", down0, 2)?;
        let down1 = pass.residual("down1", x, time)?;
        let x = pass.layer("smaller1", down1, 2)?;
        let down2 = pass.residual("down2", x, time)?;
        let x = pass.residual("middle", down2, time)?;
        let x = pass.residual_with_skip("up2", [x, down2], time)?;
        let x = pass.upsampling_layer("larger2", x)?;
        let x = pass.residual_with_skip("up1", [x, down1], time)?;
        let x = pass.upsampling_layer("larger1", x)?;
        let x = pass.residual_with_skip("up0", [x, down0], time)?;
        let x = pass.tail(x, samples)?;
        Ok((x, pass.activity))
    }
}

/// One forward pass through the net.
struct Pass<'a, T> {
    net: &'a UNet<T>,
    tape: &'a mut Tape<T>,
    weights: &'a BTreeMap<String, Value>,
    statistics: &'a Statistics,
    training: bool,
    activity: Seen,
}

impl<T: Float> Pass<'_, T> {
    /// The weight of this name on the tape.
    fn weight(&self, name: String) -> Result<Value> {
        let value = self.weights.get(&name).copied();
        value.ok_or_else(|| Error::invalid("U-Net", format!("there is no weight '{name}'; give all of the net's")))
    }

    /// The embedding of diffusion steps: sines and cosines through two linear layers, [samples, 1, 4 channels] (Vaswani
    /// et al. 2017, Ho et al. 2020).
    fn embed_steps(&mut self, steps: &[u32]) -> Result<Value> {
        let half = self.net.design.channels / 2;
        let mut waves = Array::zeros("embedding of steps", &[steps.len(), 1, 2 * half])?;
        for (waves, &step) in waves.data_mut().chunks_mut(2 * half).zip(steps) {
            for wave in 0..half {
                let share = wave as f64 / (half as f64 - 1.0).max(1.0);
                let turns = f64::from(step) * LONGEST.powf(-share) / std::f64::consts::TAU;
                (waves[wave], waves[half + wave]) = (T::of(sine(turns)), T::of(sine(turns + 0.25)));
            }
        }
        let waves = self.tape.constant(Datum::Numbers(waves));
        let hidden = self.linear("time1", waves)?;
        let hidden = self.tape.apply(Pointwise(Curve::Silu), &[hidden])?;
        let hidden = self.linear("time2", hidden)?;
        self.tape.apply(Pointwise(Curve::Silu), &[hidden])
    }

    /// A linear layer with bias; its multiplications are counted.
    fn linear(&mut self, name: &str, x: Value) -> Result<Value> {
        let [weight, bias] = [self.weight(format!("{name}.weight"))?, self.weight(format!("{name}.bias"))?];
        let samples = self.tape.datum(x).shape().first().copied().unwrap_or(0) as u64;
        let weights = self.tape.datum(weight).shape().iter().product::<usize>() as u64;
        self.activity.operations.multiplications += samples * weights;
        self.tape.apply(Linear::new(0), &[x, weight, bias])
    }

    /// A convolution of 3 x 3 without a bias; its multiplications are counted.
    fn convolve(&mut self, name: &str, x: Value, stride: usize) -> Result<Value> {
        let weight = self.weight(format!("{name}.weight"))?;
        let y = self.tape.apply(Conv2d::new(0).stride([stride; 2]).padding([1; 2]), &[x, weight])?;
        self.count_multiplications(weight, y);
        Ok(y)
    }

    /// Counts the multiplications of a convolution with output `y`: at each place of it one for each weight of its
    /// channel.
    fn count_multiplications(&mut self, weight: Value, y: Value) {
        let places: usize = self.tape.datum(y).shape().iter().product();
        let weights: usize = self.tape.datum(weight).shape()[1..].iter().product();
        self.activity.operations.multiplications += (places * weights) as u64;
    }

    /// The batch normalisation of this name.
    fn norm(&mut self, name: &str, x: Value) -> Result<Value> {
        let [gamma, beta] = [self.weight(format!("{name}.gamma"))?, self.weight(format!("{name}.beta"))?];
        let running = self.statistics.0.get(name);
        let running = running.ok_or_else(|| Error::Internal(format!("U-Net: no statistics of '{name}'")))?;
        self.tape.apply(BatchNorm::new(running, EPSILON, self.training), &[x, gamma, beta])
    }

    /// Neurons, a convolution with this stride, and a normalisation; before the convolution, rows and columns are
    /// upsampled `larger` times.
    fn neuron_layer(&mut self, name: &str, x: Value, [stride, larger]: [usize; 2]) -> Result<Value> {
        let fire = Arc::clone(&self.net.fire);
        let (mut fired, height) = fire(self.tape, name, x)?;
        let spikes = match self.tape.datum(fired) {
            Datum::Spikes(spikes) => Some(spikes.count()),
            Datum::Numbers(_) => None,
        };
        if larger > 1 {
            fired = self.tape.apply(Upsample::new([larger; 2]), &[fired])?;
        }
        let before = self.activity.operations.multiplications;
        let mut y = self.convolve(name, fired, stride)?;
        if let Some(spikes) = spikes {
            self.activity.spikes += spikes;
            // A spike reaches 9 places of each output channel, or with a stride of 2 a quarter of that.
            let outs = self.tape.datum(y).shape()[2] as u64;
            let additions = spikes * (larger * larger) as u64 * 9 * outs / (stride * stride) as u64;
            self.activity.operations.multiplications = before;
            self.activity.operations.additions += additions;
        }
        if height != 1.0 {
            y = self.tape.apply(Scale(height), &[y])?;
        }
        if let Some(&weights) = self.weights.get(&format!("{name}.temporal")) {
            y = self.tape.apply(Temporal, &[y, weights])?;
        }
        self.norm(name, y)
    }

    /// A layer of neurons on the same level, or with a stride of 2 down to the next.
    fn layer(&mut self, name: &str, x: Value, stride: usize) -> Result<Value> {
        self.neuron_layer(name, x, [stride, 1])
    }

    /// A layer of neurons up to the next level.
    fn upsampling_layer(&mut self, name: &str, x: Value) -> Result<Value> {
        self.neuron_layer(name, x, [1, 2])
    }

    /// A residual block: two layers beside a shortcut, with the embedding of diffusion steps, `time`, added in between.
    fn residual(&mut self, name: &str, x: Value, time: Value) -> Result<Value> {
        let y = self.layer(&format!("{name}.1"), x, 1)?;
        let by = self.linear(&format!("{name}.time"), time)?;
        let y = self.tape.apply(Shift, &[y, by])?;
        let y = self.layer(&format!("{name}.2"), y, 1)?;
        let shortcut = match self.weights.get(&format!("{name}.shortcut.weight")) {
            None => x,
            Some(&weight) => {
                let shortcut = self.tape.apply(Conv2d::new(0), &[x, weight])?;
                self.count_multiplications(weight, shortcut);
                shortcut
            }
        };
        self.tape.apply(Add, &[y, shortcut])
    }

    /// A residual block on the concatenated channels of the level below and of the skip connection.
    fn residual_with_skip(&mut self, name: &str, from: [Value; 2], time: Value) -> Result<Value> {
        let x = self.tape.apply(Concat::new(2), &from)?;
        self.residual(name, x, time)
    }

    /// The output: normalised, reduced over steps (see [`UNet::converted`]), and convolved to one channel.
    fn tail(&mut self, x: Value, samples: usize) -> Result<Value> {
        let Design { channels, size, steps, .. } = self.net.design;
        let shape = vec![samples, 1, channels, size, size];
        let x = if self.net.mean {
            let x = self.tape.apply(Readout(Steps::Mean), &[x])?;
            let x = self.tape.apply(Reshape(shape), &[x])?;
            let x = self.norm("tail", x)?;
            self.tape.apply(Pointwise(Curve::Silu), &[x])?
        } else {
            let x = self.norm("tail", x)?;
            let x = self.tape.apply(Pointwise(Curve::Silu), &[x])?;
            let weights = (0..steps).rev().map(|left| KEPT.powi(left as i32)).collect();
            let x = self.tape.apply(Readout(Steps::Weighted(weights)), &[x])?;
            self.tape.apply(Reshape(shape), &[x])?
        };
        let [weight, bias] = [self.weight("tail.weight".into())?, self.weight("tail.bias".into())?];
        let y = self.tape.apply(Conv2d::new(0).padding([1; 2]), &[x, weight, bias])?;
        self.count_multiplications(weight, y);
        Ok(y)
    }
}
