//! Checkpoints: the whole state of a simulation between two steps, so that it can continue later and on another device.
//!
//! A [`Checkpoint`] depends on no layout: states are listed by neuron, and input that has not arrived yet is kept as
//! the spikes that cause it, which a player delivers again. Random numbers are functions of seed, purpose, neuron and
//! step, so there is no generator to keep. `file` writes and reads it. What may not live here: players, plans, and how
//! networks are built.

use serde::{Deserialize, Serialize};

use crate::device::PopulationState;
use crate::error::{Error, Result};
use crate::network::Network;
use crate::record::stream::Position;
use crate::seed::Trial;
use crate::spike::Spike;

mod file;

pub use file::FORMAT;

/// What must be the same for a simulation to continue from a checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// A digest of the network, see [`Network::digest`].
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
    /// Name of the population.
    pub name: String,
    /// NEST name of its model.
    pub model: String,
    /// Number of neurons.
    pub size: u32,
    /// Names of the state variables, in order.
    pub variables: Vec<String>,
}

/// The whole state of a simulation between two steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// What must be the same for a simulation to continue.
    pub identity: Identity,
    /// Number of steps simulated so far.
    pub step: u64,
    /// Wall time that running these steps took, s.
    pub run_time_s: f64,
    /// The state by population and state variable, as players hold it.
    pub state: Vec<PopulationState>,
    /// The memory of plastic synapses, as [`crate::device::Player::memory`] gives it.
    pub memory: Vec<u64>,
    /// All spikes of the last steps, as many as the longest delay has, sorted.
    pub recent: Vec<Spike>,
    /// Number of all spikes so far.
    pub emitted: u64,
    /// All recorded spikes so far; empty where spikes are streamed or only counted.
    pub spikes: Vec<Spike>,
    /// Number of spikes of each neuron so far, where spikes are streamed or only counted; else empty.
    pub counts: Vec<u64>,
    /// The samples of each recorder so far, in the unit of its variable.
    pub samples: Vec<Vec<f64>>,
    /// Signals of continuous couplings at the end of the last steps, as players hold them; see [`crate::device::Player::signals`].
    pub signals: Vec<Vec<f64>>,
    /// The position of a stream of spikes; `None` without a stream.
    pub stream: Option<Position>,
    /// A value that the program which writes the checkpoint wants back.
    pub note: serde_json::Value,
}

/// The longest wall time that is accepted, s: about 30,000 years.
const MAX_SECONDS: f64 = 1e12;

impl Checkpoint {
    /// Whether the parts are consistent: times in range, sorted spikes of existing neurons and steps, and no more
    /// spikes than were counted.
    pub(crate) fn is_consistent(&self) -> bool {
        let neurons: u64 = self.identity.populations.iter().map(|p| u64::from(p.size)).sum();
        let possible = |&Spike { step, id }: &Spike| (1..=self.step).contains(&step.into()) && u64::from(id) < neurons;
        let valid = |spikes: &[Spike]| spikes.is_sorted() && spikes.iter().all(possible);
        let ran = self.step <= u64::from(u32::MAX) && (0.0..=MAX_SECONDS).contains(&self.run_time_s);
        let counted = match self.counts.iter().try_fold(0u64, |sum, &count| sum.checked_add(count)) {
            _ if self.counts.is_empty() => self.stream.is_none(),
            sum => self.counts.len() as u64 == neurons && sum.is_some_and(|sum| sum <= self.emitted),
        };
        let enough = self.emitted >= self.recent.len().max(self.spikes.len()) as u64;
        let streamed = self.stream.is_none_or(|position| position.spikes <= self.emitted);
        ran && valid(&self.recent) && valid(&self.spikes) && counted && enough && streamed
    }
}

/// Whether `trial` is 0, which the file leaves out.
fn is_first(trial: &u64) -> bool {
    *trial == 0
}

impl Identity {
    /// The identity of a run of `trial` of `network`, whose state has numbers of `bits` bits.
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

    /// Checks that a simulation with the identity `wanted` can continue from a checkpoint with this one.
    ///
    /// # Errors
    /// Another network, seed, trial or precision.
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
