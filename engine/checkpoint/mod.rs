//! Checkpoints: all of a simulation between two steps, so that it can go on later, elsewhere, on another device.
//!
//! A [`Checkpoint`] depends on no layout: states are listed by neuron, and input that is under way is kept as the spikes
//! that cause it, which a player delivers again. Random numbers are functions of seed, purpose, neuron and step, so there
//! is no generator to keep. `file` writes and reads it. What may not live here: players, plans, and how networks are built.

use serde::{Deserialize, Serialize};

use crate::device::PopulationState;
use crate::error::{Error, Result};
use crate::network::Network;
use crate::record::stream::Position;
use crate::seed::Trial;
use crate::spike::Spike;

mod file;

pub use file::FORMAT;

/// What must be the same for a simulation to go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// See [`Network::digest`].
    pub network: u32,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Which trial of this seed.
    #[serde(default, skip_serializing_if = "is_first")]
    pub trial: u64,
    /// Bits of the numbers that states are held in: 32 or 64.
    pub bits: u32,
    /// Step, ms.
    pub dt_ms: f64,
    /// Populations, in order.
    pub populations: Vec<StoredPopulation>,
}

/// A population whose states are stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPopulation {
    /// Name.
    pub name: String,
    /// NEST name of its model.
    pub model: String,
    /// Neurons.
    pub size: u32,
    /// State variables, in order.
    pub variables: Vec<String>,
}

/// All of a simulation between two steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// What must be the same.
    pub identity: Identity,
    /// Steps simulated.
    pub step: u64,
    /// Wall time that running them took, s.
    pub run_time_s: f64,
    /// Per population and state variable, the values as players hold them.
    pub state: Vec<PopulationState>,
    /// What synapses that learn hold, as [`crate::device::Player::memory`] gives it.
    pub memory: Vec<u64>,
    /// Every spike of the last max-delay steps, sorted.
    pub recent: Vec<Spike>,
    /// Number of all spikes so far.
    pub emitted: u64,
    /// Every spike so far; empty where they are streamed or only counted.
    pub spikes: Vec<Spike>,
    /// Spikes of each neuron so far, where they are streamed or only counted; else empty.
    pub counts: Vec<u64>,
    /// Per recorder, its samples so far, in the variable's unit.
    pub samples: Vec<Vec<f64>>,
    /// Signals of continuous couplings at the end of the last steps, as players hold them; see [`crate::device::Player::signals`].
    pub signals: Vec<Vec<f64>>,
    /// Where a stream of spikes stands.
    pub stream: Option<Position>,
    /// What the program that writes it wants back.
    pub note: serde_json::Value,
}

/// The longest time that running may have taken, s: 30,000 years.
const MAX_SECONDS: f64 = 1e12;

impl Checkpoint {
    /// Whether its parts agree with each other: times in range, spikes of neurons and steps that there are, and as many as
    /// are counted.
    pub(crate) fn is_consistent(&self) -> bool {
        let neurons: u64 = self.identity.populations.iter().map(|p| u64::from(p.size)).sum();
        let possible = |&Spike { step, id }: &Spike| (1..=self.step).contains(&step.into()) && u64::from(id) < neurons;
        let sound = |spikes: &[Spike]| spikes.is_sorted() && spikes.iter().all(possible);
        let ran = self.step <= u64::from(u32::MAX) && (0.0..=MAX_SECONDS).contains(&self.run_time_s);
        let counted = match self.counts.iter().try_fold(0u64, |sum, &count| sum.checked_add(count)) {
            _ if self.counts.is_empty() => self.stream.is_none(),
            sum => self.counts.len() as u64 == neurons && sum.is_some_and(|sum| sum <= self.emitted),
        };
        let enough = self.emitted >= self.recent.len().max(self.spikes.len()) as u64;
        let streamed = self.stream.is_none_or(|position| position.spikes <= self.emitted);
        ran && sound(&self.recent) && sound(&self.spikes) && counted && enough && streamed
    }
}

/// Whether it is trial 0, which is left out of the file.
fn is_first(trial: &u64) -> bool {
    *trial == 0
}

impl Identity {
    /// The identity of a run of trial `trial` of `network`.
    pub fn of(network: &Network, trial: Trial, bits: u32) -> Identity {
        let populations = network.populations().iter().map(|population| {
            let declaration = population.model.declaration();
            StoredPopulation {
                name: population.name.clone(),
                model: declaration.name.to_owned(),
                size: population.size,
                variables: declaration.state.iter().map(|v| v.name.to_owned()).collect(),
            }
        });
        let populations = populations.collect();
        let (seed, trial) = (trial.seed.0, trial.number);
        Identity { network: network.digest(), seed, trial, bits, dt_ms: network.dt(), populations }
    }

    /// Whether a simulation of `wanted` can go on from a checkpoint of this.
    ///
    /// # Errors
    /// Another network, seed, trial or number type.
    pub fn check(&self, wanted: &Identity) -> Result<()> {
        let differs = if self.bits != wanted.bits {
            format!("holds f{} states, and f{} is asked for; say the same precision", self.bits, wanted.bits)
        } else if self.seed != wanted.seed {
            format!("is of seed {}, and seed {} is asked for; say the same seed", self.seed, wanted.seed)
        } else if self.trial != wanted.trial {
            format!("is of trial {}, and trial {} is asked for; say the same trial", self.trial, wanted.trial)
        } else if self != wanted {
            "is of another network; go on with the network that it was made from".into()
        } else {
            return Ok(());
        };
        Err(Error::invalid("checkpoint", format!("it {differs}")))
    }
}
