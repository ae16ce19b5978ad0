//! A U-Net whose hidden units are spiking neurons, and its twin of ReLUs, by the same code.
//!
//! Cao et al. 2024, "Spiking denoising diffusion probabilistic models": blocks whose residuals are real numbers, and whose
//! neurons stand before the convolutions, so that what is convolved is spikes; batch normalisation over time x batch; the
//! output is what a membrane would keep of all steps.

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

/// What is added to variances.
const EPSILON: f64 = 1e-5;
/// What a membrane keeps of a step in the next.
const KEPT: f64 = 0.8;
/// The longest wave of the embedding of steps, in steps.
const LONGEST: f64 = 10_000.0;

/// A block: its name, and channels in and out, in multiples of those of the first level.
type Residual = (&'static str, usize, usize);

/// Down, in the middle, up.
const RESIDUALS: [Residual; 7] =
    [("down0", 1, 1), ("down1", 1, 2), ("down2", 2, 2), ("middle", 2, 2), ("up2", 4, 2), ("up1", 4, 2), ("up0", 3, 1)];
/// From one level to the next: a name and multiples of channels.
const BETWEEN: [(&str, usize); 4] = [("smaller0", 1), ("smaller1", 2), ("larger2", 2), ("larger1", 2)];
/// Multiples of channels that fire, and at which level.
const FIRING: [(usize, u32); 7] = [(1, 0), (3, 0), (1, 1), (2, 1), (4, 1), (2, 2), (4, 2)];

/// Statistics of the normalisations of a net, for use without a batch.
#[derive(Debug, Clone, Default)]
pub struct Statistics(pub(super) BTreeMap<String, Arc<Mutex<Running>>>);

/// What a net did with a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Seen {
    /// Spikes of all neurons.
    pub spikes: u64,
    /// Operations of convolutions and products.
    pub operations: Operations,
}

/// The net.
pub struct UNet<T> {
    design: Design,
    fire: Arc<Fire<T>>,
    /// Whether its output is made of the mean over steps, and not of what a membrane keeps.
    mean: bool,
}

impl<T: Float> UNet<T> {
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

    /// With another function in the place of its neurons, of [samples, steps, channels, rows, columns].
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

    /// A net of ReLUs with another function in their place, which is told the name of its layer and tells the height of a spike,
    /// in so many steps; its output is made of the mean over them.
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

    /// What it is.
    pub fn design(&self) -> &Design {
        &self.design
    }

    /// Its weights, drawn.
    ///
    /// # Errors
    /// None that a user can cause.
    pub fn parameters(&self, seed: u64) -> Result<Parameters<T>> {
        let mut parameters = Parameters::new();
        for (number, (name, shape, initial)) in (0..).zip(self.shapes()) {
            let value = initial.array(&name, &shape, seed, number)?;
            let parameter = Parameter::new(&name, value)?;
            parameters.add(if shape.len() > 1 { parameter } else { parameter.unpenalised() })?;
        }
        Ok(parameters)
    }

    /// What each step weighs behind each convolution of spikes, which begins as 1: see [`Temporal`]. They may stand beside the
    /// weights, and count where they do.
    ///
    /// # Errors
    /// None that a user can cause.
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

    /// Statistics of batches not yet seen.
    pub fn statistics(&self) -> Statistics {
        let norms = self.shapes().into_iter().filter_map(|(name, shape, _)| {
            let name = name.strip_suffix(".gamma")?.to_owned();
            Some((name, Arc::new(Mutex::new(Running::new(shape[0])))))
        });
        Statistics(norms.collect())
    }

    /// Names and shapes of all weights, and what they begin as.
    fn shapes(&self) -> Vec<(String, Vec<usize>, Initial)> {
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

    /// What it makes of images `x`, [samples, 1, 1, rows, columns], each behind a step of its own: as many numbers of the same
    /// shape. `weights` are values of [`UNet::parameters`], and of [`UNet::temporal`] if they shall count, by their names.
    /// Normalisations take the statistics of the batch
    /// (`training`), and note them in `statistics`, or those of `statistics`.
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
        let mut pass = Pass { net: self, tape, weights, statistics, training, seen: Seen::default() };
        let Design { channels, size, steps: times, .. } = self.design;
        let samples = steps.len();
        let time = pass.time(steps)?;
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
        let x = pass.joined("up2", [x, down2], time)?;
        let x = pass.larger("larger2", x)?;
        let x = pass.joined("up1", [x, down1], time)?;
        let x = pass.larger("larger1", x)?;
        let x = pass.joined("up0", [x, down0], time)?;
        let x = pass.tail(x, samples)?;
        Ok((x, pass.seen))
    }
}

/// A way through the net.
struct Pass<'a, T> {
    net: &'a UNet<T>,
    tape: &'a mut Tape<T>,
    weights: &'a BTreeMap<String, Value>,
    statistics: &'a Statistics,
    training: bool,
    seen: Seen,
}

impl<T: Float> Pass<'_, T> {
    fn weight(&self, name: String) -> Result<Value> {
        let value = self.weights.get(&name).copied();
        value.ok_or_else(|| Error::invalid("U-Net", format!("there is no weight '{name}'; give all of the net's")))
    }

    /// Waves of steps through two layers, [samples, 1, 4 channels] (Vaswani et al. 2017, Ho et al. 2020).
    fn time(&mut self, steps: &[u32]) -> Result<Value> {
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

    fn linear(&mut self, name: &str, x: Value) -> Result<Value> {
        let [weight, bias] = [self.weight(format!("{name}.weight"))?, self.weight(format!("{name}.bias"))?];
        let samples = self.tape.datum(x).shape().first().copied().unwrap_or(0) as u64;
        let weights = self.tape.datum(weight).shape().iter().product::<usize>() as u64;
        self.seen.operations.multiplications += samples * weights;
        self.tape.apply(Linear::new(0), &[x, weight, bias])
    }

    /// A convolution of 3 x 3 without a bias, with what it costs.
    fn convolve(&mut self, name: &str, x: Value, stride: usize) -> Result<Value> {
        let weight = self.weight(format!("{name}.weight"))?;
        let y = self.tape.apply(Conv2d::new(0).stride([stride; 2]).padding([1; 2]), &[x, weight])?;
        self.multiplied(weight, y);
        Ok(y)
    }

    /// Each place of an output takes a multiplication for each weight that reaches it.
    fn multiplied(&mut self, weight: Value, y: Value) {
        let places: usize = self.tape.datum(y).shape().iter().product();
        let weights: usize = self.tape.datum(weight).shape()[1..].iter().product();
        self.seen.operations.multiplications += (places * weights) as u64;
    }

    fn norm(&mut self, name: &str, x: Value) -> Result<Value> {
        let [gamma, beta] = [self.weight(format!("{name}.gamma"))?, self.weight(format!("{name}.beta"))?];
        let running = self.statistics.0.get(name);
        let running = running.ok_or_else(|| Error::Internal(format!("U-Net: no statistics of '{name}'")))?;
        self.tape.apply(BatchNorm::new(running, EPSILON, self.training), &[x, gamma, beta])
    }

    /// Neurons, a convolution, a normalisation; images are `larger` times as large for the convolution.
    fn fired(&mut self, name: &str, x: Value, [stride, larger]: [usize; 2]) -> Result<Value> {
        let fire = Arc::clone(&self.net.fire);
        let (mut fired, height) = fire(self.tape, name, x)?;
        let spikes = match self.tape.datum(fired) {
            Datum::Spikes(spikes) => Some(spikes.count()),
            Datum::Numbers(_) => None,
        };
        if larger > 1 {
            fired = self.tape.apply(Upsample::new([larger; 2]), &[fired])?;
        }
        let before = self.seen.operations.multiplications;
        let mut y = self.convolve(name, fired, stride)?;
        if let Some(spikes) = spikes {
            self.seen.spikes += spikes;
            // A spike reaches 9 places of each output channel, or, of every second row and column, a quarter of that.
            let outs = self.tape.datum(y).shape()[2] as u64;
            let seen = spikes * (larger * larger) as u64 * 9 * outs / (stride * stride) as u64;
            self.seen.operations.multiplications = before;
            self.seen.operations.additions += seen;
        }
        if height != 1.0 {
            y = self.tape.apply(Scale(height), &[y])?;
        }
        if let Some(&weights) = self.weights.get(&format!("{name}.temporal")) {
            y = self.tape.apply(Temporal, &[y, weights])?;
        }
        self.norm(name, y)
    }

    fn layer(&mut self, name: &str, x: Value, stride: usize) -> Result<Value> {
        self.fired(name, x, [stride, 1])
    }

    fn larger(&mut self, name: &str, x: Value) -> Result<Value> {
        self.fired(name, x, [1, 2])
    }

    /// Two layers beside a shortcut, shifted by the step of the diffusion in between.
    fn residual(&mut self, name: &str, x: Value, time: Value) -> Result<Value> {
        let y = self.layer(&format!("{name}.1"), x, 1)?;
        let by = self.linear(&format!("{name}.time"), time)?;
        let y = self.tape.apply(Shift, &[y, by])?;
        let y = self.layer(&format!("{name}.2"), y, 1)?;
        let shortcut = match self.weights.get(&format!("{name}.shortcut.weight")) {
            None => x,
            Some(&weight) => {
                let shortcut = self.tape.apply(Conv2d::new(0), &[x, weight])?;
                self.multiplied(weight, shortcut);
                shortcut
            }
        };
        self.tape.apply(Add, &[y, shortcut])
    }

    /// A block of what comes from below and what comes across.
    fn joined(&mut self, name: &str, from: [Value; 2], time: Value) -> Result<Value> {
        let x = self.tape.apply(Concat::new(2), &from)?;
        self.residual(name, x, time)
    }

    /// What a membrane keeps of real numbers of all steps, convolved.
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
        self.multiplied(weight, y);
        Ok(y)
    }
}
