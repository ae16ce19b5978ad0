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
use crate::train::Array;
use crate::train::fit::grid::{Incoming, Targets};
use crate::train::fit::{Initial, Parameter, Parameters, Sign, Signs};
use crate::train::gemm::Float;
use crate::train::layer::{Neurons, Options, Recurrent, Steps};
use crate::train::tape::{Connections, Linear, Tape, Value};

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
    /// Synapses among its neurons.
    pub among: Option<Among>,
}

/// Synapses among the neurons of a layer.
#[derive(Debug, Clone)]
pub struct Among {
    /// Who is joined with whom.
    pub synapses: Recurrent,
    /// The parameter that holds their weights, \[synapses\].
    pub weights: usize,
    /// The one that holds their delays in steps, \[synapses\].
    pub delays: usize,
}

/// A synapse of a list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Listed {
    /// The sending unit.
    pub source: u32,
    /// The receiving unit.
    pub target: u32,
    /// Its weight at first; its sign is kept.
    pub weight: f64,
    /// Its delay at first, in steps.
    pub delay: f64,
}

/// The longest delay that is learned, in steps.
pub const LONGEST: f64 = 16.0;

/// How much faster delays, which are steps, are learned than weights.
const FASTER: f64 = 20.0;

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
        self.layers.push(Layer { population, neurons, weights, delay, among: None });
        Ok(())
    }

    /// Joins the neurons of the last layer with each other: weights, whose signs are kept, become a parameter called
    /// "weights among NAME", and delays, from 1 step to [`LONGEST`], one called "delays among NAME".
    ///
    /// # Errors
    /// No layer; a unit that is not there; a delay out of its bounds.
    pub fn join(&mut self, synapses: &[Listed], parameters: &mut Parameters<T>) -> Result<()> {
        let Some(layer) = self.layers.last_mut() else {
            return Err(Error::invalid("synapses", "there is no layer whose neurons they could join; add one first"));
        };
        let (name, units) = (layer.population.name.clone(), layer.neurons.units());
        let mut sorted = synapses.to_vec();
        sorted.sort_by_key(|synapse| (synapse.source, synapse.target));
        if let Some(wrong) = sorted.iter().find(|synapse| synapse.source as usize >= units) {
            let problem = format!("a synapse begins at unit {}, and there are {units}", wrong.source);
            return Err(Error::invalid(format!("synapses among layer '{name}'"), problem));
        }
        let starts =
            (0..=units).map(|unit| sorted.partition_point(|synapse| (synapse.source as usize) < unit)).collect();
        let targets: Vec<u32> = sorted.iter().map(|synapse| synapse.target).collect();
        let delays: Vec<u32> = sorted.iter().map(|synapse| synapse.delay.round_ties_even() as u32).collect();
        let connections = Arc::new(Connections::new(units, starts, targets.clone(), delays)?);
        let list = |of: fn(&Listed) -> f64| sorted.iter().map(|synapse| T::of(of(synapse))).collect();
        let shape = [sorted.len()];
        let sign = |synapse: &Listed| if synapse.weight < 0.0 { Sign::Negative } else { Sign::Positive };
        let signs = Signs::Each(sorted.iter().map(sign).collect());
        let onto = Incoming { neurons: name.clone(), targets: Targets::Each { targets, neurons: units as u32 } };
        let called = format!("weights among {name}");
        let weights = Parameter::new(&called, Array::new(&called, &shape, list(|synapse| synapse.weight))?)?;
        let weights = parameters.add(weights.signed(signs)?.onto(onto)?)?;
        let called = format!("delays among {name}");
        let delays = Parameter::new(&called, Array::new(&called, &shape, list(|synapse| synapse.delay))?)?;
        let delays = parameters.add(delays.unpenalised().bounded(1.0, LONGEST)?.at_rate(FASTER)?)?;
        let synapses = Recurrent::new(connections, 0).with_delays();
        layer.among = Some(Among { synapses, weights, delays });
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

    /// Puts it on a tape behind `input`, [samples, steps, inputs]; `values` are its parameters, in their order. What each layer shows:
    /// layer l's answer to step k comes l · delay steps later.
    ///
    /// # Errors
    /// Input of another shape, a state that is no longer finite.
    pub fn forward(&self, tape: &mut Tape<T>, input: Value, values: &[Value]) -> Result<Shown> {
        let mut shown = Vec::new();
        let mut from = input;
        let value = |index: usize| {
            let own = values.get(index).copied();
            own.ok_or_else(|| Error::invalid("parameters", "they are those of another network; give its own"))
        };
        for layer in &self.layers {
            let drive = tape.apply(Linear::new(layer.delay), &[from, value(layer.weights)?])?;
            let steps = Steps::new(layer.neurons.clone());
            from = match &layer.among {
                None => tape.apply(steps, &[drive])?,
                Some(among) => {
                    let inputs = [drive, value(among.weights)?, value(among.delays)?];
                    tape.apply(steps.with(among.synapses.clone()), &inputs)?
                }
            };
            shown.push(from);
        }
        Ok(shown)
    }
}

/// The population that gives a network its input.
pub const INPUT: &str = "input";
