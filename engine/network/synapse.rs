//! Synapses: what joins a source and a target.

use crate::error::{Error, Result};
use crate::network::{Plasticity, Value};
use crate::time::{Grid, short};

/// Which input channel of the target a synapse reaches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Receptor {
    /// The one that the sign of its weight chooses, as in NEST's two-channel models.
    #[default]
    BySign,
    /// The channel of this name.
    Named(String),
}

impl Receptor {
    /// The name of the channel, where it is given by name.
    pub fn name(&self) -> Option<&str> {
        match self {
            Receptor::BySign => None,
            Receptor::Named(name) => Some(name),
        }
    }
}

/// Delays of synapses.
#[derive(Debug, Clone, PartialEq)]
pub enum Delay {
    /// Given in ms; rounded to the grid. Draws below half a step are drawn again where they are fewer
    /// than one in twenty, and refused where they are more, unless the distribution has a least value.
    Value(Value),
    /// Distance between the neurons' positions (mm) / velocity (mm/ms) + offset (ms), at least one step.
    Distance {
        /// Conduction velocity in mm/ms.
        velocity: f64,
        /// What is added to each delay, ms.
        offset: f64,
    },
}

impl Delay {
    /// The delay `delay_ms` (ms) as the nearest number of steps, halves rounded up; `place` names its owner in the
    /// error.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a delay below a step, or beyond 2³⁰ steps.
    pub(crate) fn steps(grid: Grid, delay_ms: f64, place: &str) -> Result<u32> {
        let problem = match grid.nearest(delay_ms) {
            Some(steps) if (1..=1 << 30).contains(&steps) => return Ok(steps as u32),
            Some(0) | None => {
                format!("delay {} ms is below dt = {} ms; the shortest delay is one step", short(delay_ms), grid.dt())
            }
            Some(_) => format!("delay {} ms is longer than 2^30 steps; is its unit ms?", short(delay_ms)),
        };
        Err(Error::invalid(place, problem))
    }
}

/// Synapses whose weight does not change: NEST's `static_synapse`.
#[derive(Debug, Clone, PartialEq)]
pub struct Static {
    /// Weights in the unit of the target's channel: pA, nS or mV.
    pub weight: Value,
    /// Delays.
    pub delay: Delay,
    /// Receptor.
    pub receptor: Receptor,
}

impl Static {
    /// Synapses with a weight and a delay in ms, at the receptor that the sign of the weight chooses; both may be
    /// distributions.
    pub fn new(weight: impl Into<Value>, delay_ms: impl Into<Value>) -> Static {
        Static { weight: weight.into(), delay: Delay::Value(delay_ms.into()), receptor: Receptor::BySign }
    }
    /// The same synapses with another delay, such as one by distance.
    pub fn with_delay(mut self, delay: Delay) -> Static {
        self.delay = delay;
        self
    }
    /// The same synapses at the receptor called `name`.
    pub fn at_receptor(mut self, name: &str) -> Static {
        self.receptor = Receptor::Named(name.to_owned());
        self
    }
}

/// Synapses of any model: initial weight, delay, receptor, and how the weight changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Synapse {
    /// Weights in the unit of the target's channel: pA, nS or mV.
    pub weight: Value,
    /// Delays.
    pub delay: Delay,
    /// Receptor.
    pub receptor: Receptor,
    /// How the weight changes.
    pub model: SynapseModel,
}

/// How the weight of a synapse changes.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum SynapseModel {
    /// It does not: NEST's `static_synapse`, [`Static`].
    #[default]
    Static,
    /// The weight, or what is sent, changes with the spikes at both ends: [`crate::network::Plastic`].
    Plastic(Plasticity),
}

impl SynapseModel {
    /// NEST's name.
    pub fn name(&self) -> &str {
        match self {
            SynapseModel::Static => "static_synapse",
            SynapseModel::Plastic(plasticity) => &plasticity.rule.text().name,
        }
    }

    /// The rule of plasticity, if there is one.
    pub fn plasticity(&self) -> Option<&Plasticity> {
        match self {
            SynapseModel::Static => None,
            SynapseModel::Plastic(plasticity) => Some(plasticity),
        }
    }
}

impl From<Static> for Synapse {
    fn from(Static { weight, delay, receptor }: Static) -> Synapse {
        Synapse { weight, delay, receptor, model: SynapseModel::Static }
    }
}
