//! What joins a source and a target.

use crate::error::{Error, Result};
use crate::network::{Plasticity, Value};
use crate::time::{Grid, short};

/// Which input channel of the target a synapse reaches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Receptor {
    /// By the sign of its weight, as NEST's two-channel models do.
    #[default]
    BySign,
    /// The channel of this name.
    Named(String),
}

impl Receptor {
    /// The name, where it has one.
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
        /// What is added to each, ms.
        offset: f64,
    },
}

impl Delay {
    /// A delay in ms as steps, the nearest, halves rounded up.
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
    /// Synapses of this weight and this delay in ms; either may be a distribution.
    pub fn new(weight: impl Into<Value>, delay_ms: impl Into<Value>) -> Static {
        Static { weight: weight.into(), delay: Delay::Value(delay_ms.into()), receptor: Receptor::BySign }
    }
    /// The same with delays by distance.
    pub fn with_delay(mut self, delay: Delay) -> Static {
        self.delay = delay;
        self
    }
    /// The same at a named receptor.
    pub fn at_receptor(mut self, name: &str) -> Static {
        self.receptor = Receptor::Named(name.to_owned());
        self
    }
}

/// What joins a source and a target, of any model: where and when it acts, with which weight at first, and what becomes of
/// that.
#[derive(Debug, Clone, PartialEq)]
pub struct Synapse {
    /// Weights in the unit of the target's channel: pA, nS or mV.
    pub weight: Value,
    /// Delays.
    pub delay: Delay,
    /// Receptor.
    pub receptor: Receptor,
    /// What becomes of the weight.
    pub model: SynapseModel,
}

/// What becomes of the weight of a synapse.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum SynapseModel {
    /// Nothing: NEST's `static_synapse`, [`Static`].
    #[default]
    Static,
    /// It, or what it sends, changes with the spikes at both ends: [`crate::network::Plastic`].
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

    /// Its rule of plasticity.
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
