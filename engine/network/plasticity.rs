//! Synapses that learn: a rule, its parameters, and the initial state.

use std::sync::Arc;

use crate::equations::text;
use crate::error::{Error, Result};
use crate::models;
use crate::network::rule::value_problem;
use crate::network::{Delay, Domains, Receptor, Rule, Selection, Synapse, SynapseModel, Value};
use crate::tile::SynapseRule;
use crate::time::Grid;

/// A rule of plasticity with its parameters, and the initial state of its synapses.
#[derive(Debug, Clone, PartialEq)]
pub struct Plasticity {
    /// The rule.
    pub rule: Arc<SynapseRule>,
    /// Parameters, in the order of the rule's text.
    pub parameters: Vec<Value>,
    /// Initial values of state variables but the weight, in the order of the rule's text; as the text says where
    /// absent.
    pub start: Vec<Option<Value>>,
    /// The largest magnitude of a weight that sums have room for, in its unit; if absent that of the rule's range, or
    /// 16 times the largest initial weight.
    pub most: Option<f64>,
    /// The third factor of a rule that has one.
    pub modulator: Option<Modulator>,
}

/// Neurons whose spikes reach synapses of a projection: NEST's volume transmitter, or astrocytes that release.
#[derive(Debug, Clone, PartialEq)]
pub struct Modulator {
    /// The neurons.
    pub from: Selection,
    /// The delay after which their spikes reach synapses, ms.
    pub delay: f64,
    /// Which synapses the spikes of each neuron reach.
    pub domains: Domains,
}

/// Synapses that learn: NEST's `stdp_synapse`, `tsodyks2_synapse`..., or a rule of the user's.
///
/// ```
/// use neuropil::prelude::*;
///
/// let mut net = Network::new(0.1.ms());
/// let neurons = net.add("neurons", 100, IafPscExp::default())?;
/// let synapse = Plastic::new("stdp_synapse", 40.0, 1.5)?.with("lambda", 0.05)?.with("Wmax", 80.0)?;
/// net.connect(&neurons, &neurons, FixedIndegree(10), synapse)?;
/// # Ok::<(), neuropil::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Plastic {
    /// Initial weights, in the unit of the target's channel: pA, nS or mV.
    pub weight: Value,
    /// Delays, wholly dendritic as NEST's: a spike of the target reaches the synapse a delay later.
    pub delay: Delay,
    /// The receptor of the target.
    pub receptor: Receptor,
    /// The rule of plasticity.
    pub plasticity: Plasticity,
}

impl Plastic {
    /// Synapses of the built-in rule `rule` with its default parameters, an initial weight and a delay in ms.
    ///
    /// # Errors
    /// [`Error::Unknown`], with the nearest known name.
    pub fn new(rule: &str, weight: impl Into<Value>, delay_ms: impl Into<Value>) -> Result<Plastic> {
        Ok(Plastic::of(models::synapse(rule, "synapse")?, weight, delay_ms))
    }

    /// Synapses of any rule with its default parameters, an initial weight and a delay in ms.
    pub fn of(rule: Arc<SynapseRule>, weight: impl Into<Value>, delay_ms: impl Into<Value>) -> Plastic {
        let text = rule.text();
        let parameters = text.parameters.iter().map(|parameter| Value::Constant(parameter.default)).collect();
        let plasticity =
            Plasticity { parameters, start: vec![None; text.state.len()], most: None, modulator: None, rule };
        Plastic { weight: weight.into(), delay: Delay::Value(delay_ms.into()), receptor: Receptor::BySign, plasticity }
    }

    /// The same synapses with `value` for parameter `name`, or as the initial value of state variable `name`.
    ///
    /// # Errors
    /// [`Error::Unknown`], with the nearest known name.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Result<Plastic> {
        if name == "weight" {
            self.weight = value.into();
            return Ok(self);
        }
        self.plasticity.set(name, value.into(), "synapse")?;
        Ok(self)
    }

    /// The same synapses with another delay, such as one by distance.
    #[must_use]
    pub fn with_delay(mut self, delay: Delay) -> Plastic {
        self.delay = delay;
        self
    }

    /// The same synapses at the receptor called `name`.
    #[must_use]
    pub fn at_receptor(mut self, name: &str) -> Plastic {
        self.receptor = Receptor::Named(name.to_owned());
        self
    }

    /// The same synapses with spikes of `from`, which reach all synapses `delay_ms` later, as the third factor.
    #[must_use]
    pub fn modulated_by(self, from: impl Into<Selection>, delay_ms: f64) -> Plastic {
        self.modulated_in(Domains::All, from, delay_ms)
    }

    /// The same synapses with spikes of `from`, each of which reaches the synapses of its neuron's domain `delay_ms`
    /// later, as the third factor.
    #[must_use]
    pub fn modulated_in(mut self, domains: Domains, from: impl Into<Selection>, delay_ms: f64) -> Plastic {
        self.plasticity.modulator = Some(Modulator { from: from.into(), delay: delay_ms, domains });
        self
    }

    /// The same synapses with room for weights up to the magnitude `most`.
    #[must_use]
    pub fn with_room_for(mut self, most: f64) -> Plastic {
        self.plasticity.most = Some(most);
        self
    }
}

impl From<Plastic> for Synapse {
    fn from(Plastic { weight, delay, receptor, plasticity }: Plastic) -> Synapse {
        Synapse { weight, delay, receptor, model: SynapseModel::Plastic(plasticity) }
    }
}

impl Plasticity {
    /// Sets parameter `name`, or the initial value of state variable `name`; `place` says where it was given, for the
    /// error.
    ///
    /// # Errors
    /// [`Error::Unknown`], with the nearest known name.
    pub fn set(&mut self, name: &str, value: Value, place: &str) -> Result<()> {
        let text = self.rule.text();
        if let Some(place) = text.parameters.iter().position(|parameter| parameter.name == name) {
            self.parameters[place] = value;
            return Ok(());
        }
        if let Some(place) = text.state.iter().position(|variable| variable.name == name && name != "weight") {
            self.start[place] = Some(value);
            return Ok(());
        }
        let state = text.state.iter().map(|variable| variable.name.as_str()).filter(|name| *name != "weight");
        let known: Vec<&str> = text.parameters.iter().map(|p| p.name.as_str()).chain(state).collect();
        Err(Error::unknown("parameter", name, format!("{place} ({})", text.name), &known))
    }

    /// The parameters, each at one end of its range: the low one where `end` is 0, else the high one.
    pub(crate) fn at_end(&self, end: usize) -> Vec<f64> {
        let ends = self.parameters.iter().map(Value::range);
        ends.map(|(low, high)| if end == 0 { low } else { high }).collect()
    }

    /// The initial state of a synapse with this weight and these parameters; `own` gives the values of other state
    /// variables, by index, where the user has set them.
    pub(crate) fn initial_state(
        &self,
        weight: f64,
        parameters: &[f64],
        own: impl Fn(usize) -> Option<f64>,
    ) -> Vec<f64> {
        let text = self.rule.text();
        let parameter = |name: &str| text.parameters.iter().position(|p| p.name == name);
        let declared = |variable: &text::Variable| match &variable.start {
            text::Start::At(value) => *value,
            text::Start::Parameter(name) => parameter(name).map_or(f64::NAN, |place| parameters[place]),
        };
        let each = text.state.iter().enumerate().map(|(place, variable)| match own(place) {
            _ if place == self.rule.weight() => weight,
            Some(value) => value,
            None => declared(variable),
        });
        each.collect()
    }

    /// The first rule of the text that parameters or an initial state break, as (name, value, rule).
    pub(crate) fn broken(&self, parameters: &[f64], state: &[f64]) -> Option<(String, f64, String)> {
        let text = self.rule.text();
        let all = [parameters, state].concat();
        let broken = text.parameter_rules.broken_by(parameters).or_else(|| text.state_rules.broken_by(&all))?;
        let names = text.parameters.iter().map(|p| &p.name).chain(text.state.iter().map(|v| &v.name));
        let value = names.zip(&all).find(|(name, _)| **name == broken.name).map_or(f64::NAN, |(_, value)| *value);
        Some((broken.name.clone(), value, broken.words.clone()))
    }

    /// Checks how many values there are, the third factor, and, where all synapses share parameters and states, the
    /// values.
    ///
    /// # Errors
    /// [`Error::Invalid`] at `place` where something is wrong.
    pub(crate) fn check(&self, rule: &Rule, weight: &Value, dt: f64, place: &str) -> Result<()> {
        let text = self.rule.text();
        let place = format!("{place} ({})", text.name);
        let named = text.parameters.iter().map(|p| &p.name).zip(self.parameters.iter().map(Some));
        let states = text.state.iter().map(|v| &v.name).zip(self.start.iter().map(Option::as_ref));
        for (name, value) in named.chain(states) {
            if let Some(problem) = value.and_then(|value| value_problem(rule, value)) {
                return Err(Error::invalid(format!("{place}, {name}"), problem));
            }
        }
        match (&self.modulator, self.rule.modulator().is_some()) {
            (None, true) => {
                let problem = "it learns by spikes of a third factor, and none is named; say whose they are, as in modulator = \"dopamine\"";
                return Err(Error::invalid(place, problem));
            }
            (Some(_), false) => {
                return Err(Error::invalid(
                    place,
                    "a modulator is named, and this model has no third factor; leave it out",
                ));
            }
            (Some(modulator), true) => {
                Delay::steps(Grid::new(dt), modulator.delay, &format!("{place}, modulator")).map(drop)?
            }
            (None, false) => {}
        }
        let constant = |value: &Value| value.is_constant();
        if !self.parameters.iter().all(constant) || !self.start.iter().flatten().all(constant) {
            // What differs from synapse to synapse is checked where it is drawn.
            return Ok(());
        }
        let parameters = self.at_end(0);
        let (low, high) = weight.range();
        for weight in [low, high].into_iter().filter(|weight| weight.is_finite()) {
            let start = |place: usize| self.start.get(place)?.as_ref().map(|value| value.range().0);
            let state = self.initial_state(weight, &parameters, start);
            if let Some((name, value, words)) = self.broken(&parameters, &state) {
                return Err(Error::invalid(format!("{place}, {name}"), format!("{value} must be {words}")));
            }
        }
        if self.rule.text().derived(&parameters, dt).iter().any(|value| value.is_nan()) {
            return Err(Error::invalid(place, "its parameters give no number; check those that divide"));
        }
        Ok(())
    }
}
