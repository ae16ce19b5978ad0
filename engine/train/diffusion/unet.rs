//! A U-Net whose hidden units are spiking neurons, and its twin of ReLUs, by the same code.
//!
//! Cao et al. 2024, "Spiking denoising diffusion probabilistic models": blocks whose residuals are real numbers, and
//! whose neurons stand before the convolutions, so that spikes are convolved; batch normalisation over time x batch;
//! the output is a weighted sum over steps, as a leaky membrane would hold it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::design::{Design, Neuron};
use super::neurons::{self, Fire};
use crate::error::Result;
use crate::train::Array;
use crate::train::fit::{Initial, Operations, Parameter, Parameters};
use crate::train::gemm::Float;
use crate::train::tape::{Datum, Running, Tape, Value};

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
    pub(super) design: Design,
    /// The hidden units.
    pub(super) fire: Arc<Fire<T>>,
    /// Whether the output is made of the mean over steps, and not of the weighted sum of a leaky membrane.
    pub(super) mean: bool,
    /// Whether residual blocks are computed again on the way back, and only their outputs kept.
    pub(super) recompute: bool,
}

impl<T> Clone for UNet<T> {
    fn clone(&self) -> UNet<T> {
        UNet { fire: Arc::clone(&self.fire), ..*self }
    }
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
        Ok(UNet { design, fire, mean: false, recompute: false })
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
        Ok(UNet { design, fire: Arc::new(move |tape, _, x| Ok((fire(tape, x)?, 1.0))), mean: false, recompute: false })
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
        Ok(UNet { design, fire: Arc::new(fire), mean: true, recompute: false })
    }

    /// The net whose residual blocks are computed again on the way back, and of which only outputs are kept until then
    /// (Chen et al. 2016, "Training deep nets with sublinear memory cost"), or, with `false`, the one that keeps all.
    /// Outputs and gradients have the same bits.
    #[must_use]
    pub fn recomputing(self, recompute: bool) -> UNet<T> {
        UNet { recompute, ..self }
    }

    /// Bytes that a pass with `samples` images keeps for the way back, weights included.
    ///
    /// # Errors
    /// As [`UNet::forward`].
    pub fn kept(&self, samples: u64) -> Result<u64> {
        let size = self.design.size;
        let of = |count: usize| {
            let mut tape = Tape::new(1);
            let parameters = self.parameters(1)?;
            let values = parameters.iter().map(|own| (own.name().to_owned(), tape.variable(own.value().clone())));
            let values = values.collect();
            let x = tape.constant(Datum::Numbers(Array::zeros("images", &[count, 1, 1, size, size])?));
            self.forward(&mut tape, &values, x, &vec![0; count], (&self.statistics(), true))?;
            Ok(tape.bytes())
        };
        // Each image takes as much as any other.
        let [one, two] = [of(1)?, of(2)?];
        Ok(one.saturating_add((two - one).saturating_mul(samples.saturating_sub(1))))
    }

    /// Sizes and neurons of the net.
    pub fn design(&self) -> &Design {
        &self.design
    }

    /// The net's initial weights, drawn from `seed`.
    ///
    /// # Errors
    /// [`crate::Error::Internal`] alone.
    pub fn parameters(&self, seed: u64) -> Result<Parameters<T>> {
        let mut parameters = Parameters::new();
        for (number, (name, shape, initial)) in (0..).zip(self.weight_specs()) {
            let value = initial.array(&name, &shape, seed, number)?;
            let parameter = Parameter::new(&name, value)?;
            parameters.add(if shape.len() > 1 { parameter } else { parameter.unpenalised() })?;
        }
        Ok(parameters)
    }

    /// Weights of time steps, \[steps\] for each layer that convolves spikes, initially 1: see [`super::Temporal`]. They are
    /// optional: [`UNet::forward`] applies them where they are among the weights.
    ///
    /// # Errors
    /// [`crate::Error::Internal`] alone.
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
}
