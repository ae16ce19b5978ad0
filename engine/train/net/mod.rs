//! Networks that are trained: layers of neurons one behind the other, and what comes of them.
//!
//! A [`Net`] is put on a tape ([`Net::forward`]), learned ([`Classify`]), played by the engine ([`play`]) and written as an
//! experiment that anyone runs ([`files`]). What may not live here: how gradients are made, how they become updates.

mod classify;
pub mod files;
pub mod play;

use std::sync::Arc;

pub use classify::{Classify, Code};

use crate::error::{Error, Result};
use crate::network::Population;
use crate::seed::Seed;
use crate::train::fit::grid::{Incoming, Targets};
use crate::train::fit::{Initial, Parameter, Parameters};
use crate::train::gemm::Float;
use crate::train::layer::{Neurons, Options, Steps};
use crate::train::tape::{Linear, Tape, Value};

/// A layer of neurons, and the weights onto it from all units of the layer before.
#[derive(Debug, Clone)]
pub struct Layer<T> {
    /// Who they are.
    pub population: Population,
    /// The same, stepped there and back.
    pub neurons: Arc<Neurons<T>>,
    /// The parameter that holds the weights [units before, units], in the receptor's unit.
    pub weights: usize,
    /// From a spike to its arrival, in steps, at least 1.
    pub delay: usize,
}

/// Layers one behind the other, the first behind `inputs` units that are given.
#[derive(Debug, Clone)]
pub struct Net<T> {
    dt: f64,
    inputs: usize,
    layers: Vec<Layer<T>>,
}

/// Of a value on a tape, what a layer has shown.
pub type Shown = Vec<Value>;

impl<T: Float> Net<T> {
    /// No layers yet, behind so many input units, stepped by `dt` ms.
    ///
    /// # Errors
    /// No inputs; a step that is none.
    pub fn new(dt: f64, inputs: usize) -> Result<Net<T>> {
        if inputs == 0 || !(dt.is_finite() && dt > 0.0) {
            let problem = format!("{inputs} inputs in steps of {dt} ms; give at least one input and a step above 0");
            return Err(Error::invalid("network to train", problem));
        }
        Ok(Net { dt, inputs, layers: Vec::new() })
    }

    /// Adds a layer behind the last, with weights drawn by `initial` that reach it after `delay` steps at the one receptor that
    /// `options` name; the weights become a parameter called "weights NAME" that lies on the layer's grid.
    ///
    /// # Errors
    /// A name that is taken; a delay below one step; what [`Neurons::new`] refuses.
    pub fn layer(
        &mut self,
        population: Population,
        (delay, options): (usize, &Options),
        initial: Initial,
        (parameters, seed): (&mut Parameters<T>, Seed),
    ) -> Result<()> {
        let place = format!("layer '{}'", population.name);
        if delay == 0 {
            let problem = "its delay is 0 steps; spikes take at least one from layer to layer, as in the engine";
            return Err(Error::invalid(place, problem));
        }
        if self.layers.iter().any(|layer| layer.population.name == population.name) || population.name == INPUT {
            return Err(Error::invalid(place, "there is a layer of this name; give each its own"));
        }
        if options.receptors.len() != 1 {
            return Err(Error::invalid(place, "its weights go to one receptor; name one"));
        }
        let neurons = Arc::new(Neurons::new(&population, self.dt, seed, options)?);
        let (before, units) = (self.units(), population.size as usize);
        let name = format!("weights {}", population.name);
        let weights = initial.array(&name, &[before, units], seed.0, self.layers.len() as u32)?;
        let incoming = Incoming { neurons: population.name.clone(), targets: Targets::Last };
        let weights = parameters.add(Parameter::new(&name, weights)?.onto(incoming)?)?;
        self.layers.push(Layer { population, neurons, weights, delay });
        Ok(())
    }

    /// Step, ms.
    pub fn dt(&self) -> f64 {
        self.dt
    }

    /// Input units.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The layers, the last of which is read out.
    pub fn layers(&self) -> &[Layer<T>] {
        &self.layers
    }

    /// Units that the next layer would be behind.
    fn units(&self) -> usize {
        self.layers.last().map_or(self.inputs, |layer| layer.neurons.units())
    }

    /// Puts it on a tape behind `input`, [samples, steps, inputs]; `weights` are those of its layers. What each layer shows:
    /// layer l's answer to step k comes l · delay steps later.
    ///
    /// # Errors
    /// Input of another shape, a state that is no longer finite.
    pub fn forward(&self, tape: &mut Tape<T>, input: Value, weights: &[Value]) -> Result<Shown> {
        let mut shown = Vec::new();
        let mut from = input;
        for (layer, &weights) in self.layers.iter().zip(weights) {
            let drive = tape.apply(Linear::new(layer.delay), &[from, weights])?;
            from = tape.apply(Steps::new(layer.neurons.clone()), &[drive])?;
            shown.push(from);
        }
        Ok(shown)
    }
}

/// The population that gives a network its input.
pub const INPUT: &str = "input";
