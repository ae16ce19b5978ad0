//! The choices that a plan leaves to its user.

use crate::plan::cost::model::CostModel;
use crate::plan::storage::encoding::SynapseFormat;
use crate::tile::SumWidth;

/// Where the synapses of rules come from while a network runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Storage {
    /// Stored rows where all fit into memory; else the largest projections are drawn at each spike.
    #[default]
    Auto,
    /// Stored rows.
    Stored,
    /// Rows drawn again from the seed at each spike, where their rule allows it.
    Procedural,
}

/// How events reach the sums of the neurons that they arrive at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Delivery {
    /// The one of the following that is expected to be faster.
    #[default]
    Auto,
    /// Added into an input ring shortly before they arrive.
    Direct,
    /// Sorted by time and group of neurons once their spike is known, and added into a small ring when they arrive.
    Sorted,
}

/// The choices that a plan leaves to its user.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanOptions {
    /// Number of steps of a delay block, a power of two up to 256; chosen if absent.
    pub block: Option<u32>,
    /// How a synapse is packed; chosen if absent.
    pub format: Option<SynapseFormat>,
    /// The width of the sums of rings; the narrowest that holds every possible sum if absent. A narrower one is
    /// refused.
    pub sum_width: Option<SumWidth>,
    /// Whether synapses are stored.
    pub storage: Storage,
    /// How events are delivered; players that cannot sort do not.
    pub delivery: Delivery,
    /// Whether tiles of neurons at rest are skipped.
    pub skip_idle: bool,
    /// The least number of shards.
    pub shards: u32,
    /// Whether fewer shards are always better, whatever they cost otherwise.
    pub few_shards: bool,
    /// The size that no array of a shard exceeds, bytes.
    pub shard_bytes: u64,
    /// The number of threads that build the plan.
    pub threads: u32,
    /// Memory the network may use, bytes. No limit if absent; a [`crate::simulation::Simulation`] then takes up to 85 %
    /// of what the system has free, where it says how much that is.
    pub memory: Option<u64>,
    /// The largest number of trials side by side, each of which has states and rings of its own.
    pub copies: u32,
    /// The part of the shards that is laid out; all if absent.
    pub part: Option<PlanPart>,
    /// The cost model by which choices are made.
    pub cost: CostModel,
}

/// The shards of one of several players that play a network together, each with the rows, states and stimuli of its own
/// neurons only. All are given the same network, seed and options but for `index`; players own neurons in the order of
/// their indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanPart {
    /// Index of the player, from 0.
    pub index: u32,
    /// Number of players.
    pub of: u32,
}

impl PlanPart {
    /// The indices of this player's items of a list of `items` items.
    pub(crate) fn range(self, items: usize) -> std::ops::Range<usize> {
        let until = |player: u32| items * player.min(self.of) as usize / self.of.max(1) as usize;
        until(self.index)..until(self.index + 1)
    }
}

impl PlanOptions {
    /// The number of players that share the network.
    pub(crate) fn players(&self) -> u64 {
        self.part.map_or(1, |part| u64::from(part.of.max(1)))
    }

    /// The memory that the whole network may use, bytes: players that share it take about equal parts of it. `None` for
    /// no limit.
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
