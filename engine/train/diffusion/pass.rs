//! One forward pass through a [`UNet`](super::UNet), part by part.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::design::Design;
use super::shift::Shift;
use super::temporal::Temporal;
use super::unet::{Seen, Statistics, UNet};
use crate::error::{Error, Result};
use crate::number::math::sine;
use crate::train::Array;
use crate::train::gemm::Float;
use crate::train::tape::{
    Add, BatchNorm, Block, Concat, Conv2d, Curve, Datum, Linear, Pointwise, Readout, Repeat, Reshape, Scale, Steps,
    Tape, Upsample, Value,
};

/// What the normalisations add to variances.
pub(super) const EPSILON: f64 = 1e-5;
/// The share of its value that the output's membrane keeps from one step to the next.
const KEPT: f64 = 0.8;
/// The longest wavelength of the embedding of diffusion steps, divided by 2π.
const LONGEST: f64 = 10_000.0;

impl<T: Float> UNet<T> {
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
        let down0 = pass.residual("down0", &[x], time)?;
        let x = pass.layer("smaller0", down0, 2)?;
        let down1 = pass.residual("down1", &[x], time)?;
        let x = pass.layer("smaller1", down1, 2)?;
        let down2 = pass.residual("down2", &[x], time)?;
        // A value of its own, so that adjoints are added in one order whether blocks are recomputed or not.
        let x = pass.tape.apply(Reshape(pass.tape.datum(down2).shape().to_vec()), &[down2])?;
        let x = pass.residual("middle", &[x], time)?;
        let x = pass.residual("up2", &[x, down2], time)?;
        let x = pass.upsampling_layer("larger2", x)?;
        let x = pass.residual("up1", &[x, down1], time)?;
        let x = pass.upsampling_layer("larger1", x)?;
        let x = pass.residual("up0", &[x, down0], time)?;
        let x = pass.tail(x, samples)?;
        Ok((x, pass.activity))
    }
}

/// One forward pass through the net.
pub(super) struct Pass<'a, T> {
    pub(super) net: &'a UNet<T>,
    pub(super) tape: &'a mut Tape<T>,
    pub(super) weights: &'a BTreeMap<String, Value>,
    pub(super) statistics: &'a Statistics,
    pub(super) training: bool,
    pub(super) activity: Seen,
}

impl<T: Float> Pass<'_, T> {
    /// The weight of this name on the tape.
    pub(super) fn weight(&self, name: String) -> Result<Value> {
        let value = self.weights.get(&name).copied();
        value.ok_or_else(|| Error::invalid("U-Net", format!("there is no weight '{name}'; give all of the net's")))
    }

    /// The embedding of diffusion steps: sines and cosines through two linear layers, [samples, 1, 4 channels] (Vaswani
    /// et al. 2017, Ho et al. 2020).
    pub(super) fn embed_steps(&mut self, steps: &[u32]) -> Result<Value> {
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
    pub(super) fn linear(&mut self, name: &str, x: Value) -> Result<Value> {
        let [weight, bias] = [self.weight(format!("{name}.weight"))?, self.weight(format!("{name}.bias"))?];
        let samples = self.tape.datum(x).shape().first().copied().unwrap_or(0) as u64;
        let weights = self.tape.datum(weight).shape().iter().product::<usize>() as u64;
        self.activity.operations.multiplications += samples * weights;
        self.tape.apply(Linear::new(0), &[x, weight, bias])
    }

    /// A convolution of 3 x 3 without a bias; its multiplications are counted.
    pub(super) fn convolve(&mut self, name: &str, x: Value, stride: usize) -> Result<Value> {
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
    pub(super) fn norm(&mut self, name: &str, x: Value) -> Result<Value> {
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
    pub(super) fn layer(&mut self, name: &str, x: Value, stride: usize) -> Result<Value> {
        self.neuron_layer(name, x, [stride, 1])
    }

    /// A layer of neurons up to the next level.
    pub(super) fn upsampling_layer(&mut self, name: &str, x: Value) -> Result<Value> {
        self.neuron_layer(name, x, [1, 2])
    }

    /// A residual block on values whose channels are concatenated: two layers beside a shortcut, with the embedding of
    /// diffusion steps, `time`, added in between. Where the net recomputes, all of it is one operation.
    pub(super) fn residual(&mut self, name: &str, from: &[Value], time: Value) -> Result<Value> {
        if !self.net.recompute {
            return self.residual_block(name, from, time);
        }
        let own = self.weights.iter().filter(|(weight, _)| weight.split('.').next() == Some(name));
        let (names, weights): (Vec<String>, Vec<Value>) = own.map(|(name, &value)| (name.clone(), value)).unzip();
        let inputs = [&[time], from, &weights].concat();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let body = {
            let (net, statistics, training) = (self.net.clone(), self.statistics.clone(), self.training);
            let (name, count, seen) = (name.to_owned(), from.len(), Arc::clone(&seen));
            move |tape: &mut Tape<T>, inputs: &[Value]| {
                let (from, weights) = inputs[1..].split_at(count);
                let weights = names.iter().cloned().zip(weights.iter().copied()).collect();
                let (net, weights, statistics, activity) = (&net, &weights, &statistics, Seen::default());
                let mut pass = Pass { net, tape, weights, statistics, training, activity };
                let y = pass.residual_block(&name, from, inputs[0])?;
                *seen.lock().unwrap_or_else(PoisonError::into_inner) = pass.activity;
                Ok(y)
            }
        };
        let y = self.tape.apply(Block::new(body), &inputs)?;
        let seen = *seen.lock().unwrap_or_else(PoisonError::into_inner);
        self.activity.spikes += seen.spikes;
        self.activity.operations.add(&seen.operations);
        Ok(y)
    }

    /// The operations of [`Pass::residual`].
    fn residual_block(&mut self, name: &str, from: &[Value], time: Value) -> Result<Value> {
        let x = match *from {
            [x] => x,
            _ => self.tape.apply(Concat::new(2), from)?,
        };
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

    /// The output: normalised, reduced over steps (see [`UNet::converted`]), and convolved to one channel.
    pub(super) fn tail(&mut self, x: Value, samples: usize) -> Result<Value> {
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
