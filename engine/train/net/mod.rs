//! Networks that are trained: layers of neurons one behind the other.
//!
//! A [`Net`] is put on a tape ([`Net::forward`]), trained ([`Classify`]), played by the engine ([`play`]) and written
//! as an experiment that anyone runs ([`files`]). What may not live here: how gradients are made, how they become
//! updates.

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
    /// The population that the layer is in the engine.
    pub population: Population,
    /// Its neurons as the tape steps them, forward and backward.
    pub neurons: Arc<Neurons<T>>,
    /// The parameter that holds the weights [units before, units], in the receptor's unit.
    pub weights: usize,
    /// Steps from a spike of the layer before to its arrival, at least 1.
    pub delay: usize,
    /// Synapses among its neurons, if there are any.
    pub among: Option<RecurrentSynapses>,
}

impl<T: Float> Layer<T> {
    /// The receptor that all weights onto it go to, whatever their sign.
    pub fn receptor(&self) -> &str {
        self.neurons.receptors().first().map_or("", String::as_str)
    }
}

/// Synapses among the neurons of a layer.
#[derive(Debug, Clone)]
pub struct RecurrentSynapses {
    /// The connections.
    pub synapses: Recurrent,
    /// The parameter that holds their weights, \[synapses\].
    pub weights: usize,
    /// The one that holds their delays in steps, \[synapses\].
    pub delays: usize,
}

/// A synapse among the neurons of a layer, as [`Net::join`] takes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ListedSynapse {
    /// The sending unit.
    pub source: u32,
    /// The receiving unit.
    pub target: u32,
    /// Its initial weight, in the receptor's unit; training keeps the sign.
    pub weight: f64,
    /// Its initial delay, in steps.
    pub delay: f64,
}

/// The longest delay that training may reach, in steps.
pub const LONGEST: f64 = 16.0;

/// The learning rate of delays, which are in steps, by that of weights.
const DELAY_RATE: f64 = 20.0;

/// Layers of neurons one behind the other, the first behind input units whose spikes are given.
#[derive(Debug, Clone)]
pub struct Net<T> {
    dt: f64,
    inputs: usize,
    layers: Vec<Layer<T>>,
}

/// What each layer shows, as values on a tape: spikes or a state variable, [samples, steps, units].
pub type Shown = Vec<Value>;

impl<T: Float> Net<T> {
    /// A network without layers yet, with `inputs` input units and steps of `dt` ms.
    ///
    /// # Errors
    /// No inputs; a step that is not a finite number above 0.
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
        let (before, units) = (self.source_units(), population.size as usize);
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
    pub fn join(&mut self, synapses: &[ListedSynapse], parameters: &mut Parameters<T>) -> Result<()> {
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
        if let Some(wrong) = sorted.iter().find(|synapse| !(1.0..=LONGEST).contains(&synapse.delay)) {
            let (source, target, delay) = (wrong.source, wrong.target, wrong.delay);
            let problem = format!(
                "the synapse from unit {source} to {target} takes {delay} steps; give delays from 1 to {LONGEST} steps"
            );
            return Err(Error::invalid(format!("synapses among layer '{name}'"), problem));
        }
        let starts =
            (0..=units).map(|unit| sorted.partition_point(|synapse| (synapse.source as usize) < unit)).collect();
        let targets: Vec<u32> = sorted.iter().map(|synapse| synapse.target).collect();
        let delays: Vec<u32> = sorted.iter().map(|synapse| synapse.delay.round_ties_even() as u32).collect();
        let connections = Arc::new(Connections::new(units, starts, targets.clone(), delays)?);
        let list = |of: fn(&ListedSynapse) -> f64| sorted.iter().map(|synapse| T::of(of(synapse))).collect();
        let shape = [sorted.len()];
        let sign = |synapse: &ListedSynapse| if synapse.weight < 0.0 { Sign::Negative } else { Sign::Positive };
        let signs = Signs::Each(sorted.iter().map(sign).collect());
        let onto = Incoming { neurons: name.clone(), targets: Targets::Each { targets, neurons: units as u32 } };
        let parameter_name = format!("weights among {name}");
        let weights =
            Parameter::new(&parameter_name, Array::new(&parameter_name, &shape, list(|synapse| synapse.weight))?)?;
        let weights = parameters.add(weights.signed(signs)?.onto(onto)?)?;
        let parameter_name = format!("delays among {name}");
        let delays =
            Parameter::new(&parameter_name, Array::new(&parameter_name, &shape, list(|synapse| synapse.delay))?)?;
        let delays = parameters.add(delays.unpenalised().bounded(1.0, LONGEST)?.at_rate(DELAY_RATE)?)?;
        let synapses = Recurrent::new(connections, 0).with_delays();
        layer.among = Some(RecurrentSynapses { synapses, weights, delays });
        Ok(())
    }

    /// The step, in ms.
    pub fn dt(&self) -> f64 {
        self.dt
    }

    /// The number of input units.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// The layers, the last of which is read out.
    pub fn layers(&self) -> &[Layer<T>] {
        &self.layers
    }

    /// The number of units of the last layer, or of inputs where there is no layer: the sources of the next one.
    fn source_units(&self) -> usize {
        self.layers.last().map_or(self.inputs, |layer| layer.neurons.units())
    }

    /// Puts the network on a tape behind `input`, [samples, steps, inputs]; `values` are its parameters, in their
    /// order. Gives what each layer shows. Layer l answers the input of step k as many steps later as the delays up to
    /// it add up to.
    ///
    /// # Errors
    /// Input of another shape, parameters of another network, a state that is no longer finite.
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

/// The name of the population that gives a network its input.
pub const INPUT: &str = "input";
