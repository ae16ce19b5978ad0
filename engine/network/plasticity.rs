//! Synapses with memory: a rule, its parameters, and the state it starts from.

use std::sync::Arc;

use crate::equations::text;
use crate::error::{Error, Result};
use crate::models;
use crate::network::rule::value_problem;
use crate::network::{Delay, Domains, Receptor, Rule, Selection, Synapse, SynapseModel, Value};
use crate::tile::SynapseRule;
use crate::time::Grid;

/// A rule of plasticity with its parameters, and the state that its synapses start from.
#[derive(Debug, Clone, PartialEq)]
pub struct Plasticity {
    /// The rule.
    pub rule: Arc<SynapseRule>,
    /// Parameters in the order of the rule's text.
    pub parameters: Vec<Value>,
    /// State at first, but for the weight, in the order of the rule's text; as the text says where absent.
    pub start: Vec<Option<Value>>,
    /// The largest magnitude of a weight that sums have room for, in its unit; absent: that of the rule's range, or 16 times
    /// the largest at first.
    pub most: Option<f64>,
    /// The third factor of a rule that has one.
    pub modulator: Option<Modulator>,
}

/// Neurons whose spikes reach synapses of a projection: NEST's volume transmitter, or astrocytes that release.
#[derive(Debug, Clone, PartialEq)]
pub struct Modulator {
    /// Which.
    pub from: Selection,
    /// How long their spikes take, ms.
    pub delay: f64,
    /// Whose reach which synapses.
    pub domains: Domains,
}

/// Synapses with memory: NEST's `stdp_synapse`, `tsodyks2_synapse`..., or a rule of one's own.
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
    /// Weights at first, in the unit of the target's channel: pA, nS or mV.
    pub weight: Value,
    /// Delays, wholly dendritic as NEST's: a spike of the target reaches the synapse so much later.
    pub delay: Delay,
    /// Receptor.
    pub receptor: Receptor,
    /// The rule.
    pub plasticity: Plasticity,
}

impl Plastic {
    /// Synapses of a built-in rule with its own parameters, of this weight at first and this delay in ms.
    ///
    /// # Errors
    /// [`Error::Unknown`], with the nearest known name.
    pub fn new(rule: &str, weight: impl Into<Value>, delay_ms: impl Into<Value>) -> Result<Plastic> {
        Ok(Plastic::of(models::synapse(rule, "synapse")?, weight, delay_ms))
    }

    /// Synapses of any rule.
    pub fn of(rule: Arc<SynapseRule>, weight: impl Into<Value>, delay_ms: impl Into<Value>) -> Plastic {
        let text = rule.text();
        let parameters = text.parameters.iter().map(|parameter| Value::Constant(parameter.default)).collect();
        let plasticity =
            Plasticity { parameters, start: vec![None; text.state.len()], most: None, modulator: None, rule };
        Plastic { weight: weight.into(), delay: Delay::Value(delay_ms.into()), receptor: Receptor::BySign, plasticity }
    }

    /// The same with a parameter, or a state variable at first.
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

    /// The same with delays by distance.
    #[must_use]
    pub fn with_delay(mut self, delay: Delay) -> Plastic {
        self.delay = delay;
        self
    }

    /// The same at a named receptor.
    #[must_use]
    pub fn at_receptor(mut self, name: &str) -> Plastic {
        self.receptor = Receptor::Named(name.to_owned());
        self
    }

    /// The same under spikes of `from`, which reach all synapses `delay_ms` later: the third factor.
    #[must_use]
    pub fn modulated_by(self, from: impl Into<Selection>, delay_ms: f64) -> Plastic {
        self.modulated_in(Domains::All, from, delay_ms)
    }

    /// The same under spikes of `from`, each of which reaches the synapses of its neuron's domain.
    #[must_use]
    pub fn modulated_in(mut self, domains: Domains, from: impl Into<Selection>, delay_ms: f64) -> Plastic {
        self.plasticity.modulator = Some(Modulator { from: from.into(), delay: delay_ms, domains });
        self
    }

    /// The same with room for weights up to this magnitude.
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
    /// Sets a parameter, or a state variable at first.
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

    /// Parameters that are the same for all; of the others the one at `end` of their range (0 low, 1 high).
    pub(crate) fn at_end(&self, end: usize) -> Vec<f64> {
        let ends = self.parameters.iter().map(Value::range);
        ends.map(|(low, high)| if end == 0 { low } else { high }).collect()
    }

    /// The state of a synapse at first, of which the weight is known, and others where they are given.
    pub(crate) fn state_at_first(
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

    /// Which rule of the text parameters or a state at first break, as (name, value, rule).
    pub(crate) fn broken(&self, parameters: &[f64], state: &[f64]) -> Option<(String, f64, String)> {
        let text = self.rule.text();
        let all = [parameters, state].concat();
        let broken = text.parameter_rules.broken_by(parameters).or_else(|| text.state_rules.broken_by(&all))?;
        let names = text.parameters.iter().map(|p| &p.name).chain(text.state.iter().map(|v| &v.name));
        let value = names.zip(&all).find(|(name, _)| **name == broken.name).map_or(f64::NAN, |(_, value)| *value);
        Some((broken.name.clone(), value, broken.words.clone()))
    }

    /// Checks numbers of values and, where they are the same for all, what they are.
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
            let state = self.state_at_first(weight, &parameters, start);
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
