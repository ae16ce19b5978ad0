//! What a plan leaves to its user.

use crate::plan::cost::model::CostModel;
use crate::plan::storage::encoding::SynapseFormat;
use crate::tile::SumWidth;

/// Where synapses are while a network runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Storage {
    /// In memory as long as they fit, else drawn at each spike, the largest projections first.
    #[default]
    Auto,
    /// In memory.
    Stored,
    /// Drawn again from the seed at each spike, where their rule allows it.
    Procedural,
}

/// How events reach the sums of the neurons that they arrive at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Delivery {
    /// As is expected to be faster.
    #[default]
    Auto,
    /// Added into an input ring shortly before they arrive.
    Direct,
    /// Sorted by time and group of neurons once their spike is known, and added into a small ring when they arrive.
    Sorted,
}

/// Choices a plan leaves to its user.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanOptions {
    /// Steps per delay block, a power of two up to 256; chosen if absent.
    pub block: Option<u32>,
    /// How a synapse is packed; chosen if absent.
    pub format: Option<SynapseFormat>,
    /// What rings sum in; as narrow as it can be if absent. A narrower one is refused.
    pub sum_width: Option<SumWidth>,
    /// Whether synapses are stored.
    pub storage: Storage,
    /// How events are delivered; players that cannot sort do not.
    pub delivery: Delivery,
    /// Whether neurons at rest are left out of a step.
    pub skip_idle: bool,
    /// At least this many shards.
    pub shards: u32,
    /// Whether the fewest shards are the best, whatever they cost in memory.
    pub few_shards: bool,
    /// No array of a shard exceeds this many bytes.
    pub shard_bytes: u64,
    /// Threads that build.
    pub threads: u32,
    /// Memory the network may use, bytes. No limit if absent; a [`crate::simulation::Simulation`] then takes up to 85 % of
    /// what the system has free, where it says how much that is.
    pub memory: Option<u64>,
    /// Trials side by side, at most: each has a state and rings of its own.
    pub copies: u32,
    /// Which of the shards are laid out; all if absent.
    pub part: Option<PlanPart>,
    /// What the machine costs, which choices depend on.
    pub cost: CostModel,
}

/// The shards of one of several players that play a network together, each with rows, states and stimuli of its own alone.
/// All are given the same network, seed and options but for `index`; players own neurons in the order of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanPart {
    /// Which player, from 0.
    pub index: u32,
    /// Players in all.
    pub of: u32,
}

impl PlanPart {
    /// Its items of a list.
    pub(crate) fn range(self, items: usize) -> std::ops::Range<usize> {
        let until = |player: u32| items * player.min(self.of) as usize / self.of.max(1) as usize;
        until(self.index)..until(self.index + 1)
    }
}

impl PlanOptions {
    /// Players that share the network, of which each has some shards.
    pub(crate) fn players(&self) -> u64 {
        self.part.map_or(1, |part| u64::from(part.of.max(1)))
    }

    /// Bytes that the whole network may use: players that share it take about equal parts of it.
    pub(crate) fn offered(&self) -> Option<u64> {
        self.memory.map(|own| own.saturating_mul(self.players()))
    }
}

impl Default for PlanOptions {
    fn default() -> PlanOptions {
        PlanOptions {
            block: None,
            format: None,
            sum_width: None,
            storage: Storage::Auto,
            delivery: Delivery::Auto,
            skip_idle: true,
            shards: 1,
            few_shards: false,
            shard_bytes: 16 << 30,
            threads: 1,
            memory: None,
            copies: 1,
            part: None,
            cost: CostModel::ZEN4,
        }
    }
}
