//! The bytes that playing a plan moves per event, spike and step.

use serde::{Deserialize, Serialize};

use crate::number::Fixed;
use crate::plan::{Plan, Shard};

/// Sizes of what playing a plan moves, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// Size of one packed synapse with its weight; the mean where some are drawn at each spike, which have none.
    pub synapse: f64,
    /// Size of one sum of the input ring.
    pub sum: u64,
    /// Size of an event in a bucket; 0 where events are not sorted.
    #[serde(rename = "inbox")]
    pub bucket: u64,
    /// Size of the row starts that are read for one spike.
    pub row_starts: u64,
    /// Size of the state of all neurons.
    pub state: u64,
    /// Size of all derived values that differ from neuron to neuron.
    pub derived: u64,
    /// Size of one slot of the input rings of all shards.
    pub slot: u64,
    /// Number of slots of the input ring.
    pub slots: u32,
}

impl<F: Fixed> Plan<F> {
    /// The sizes of what playing this plan moves.
    pub fn traffic(&self) -> Traffic {
        let sum = std::mem::size_of::<F>() as u64;
        let over = |bytes: &dyn Fn(&Shard<F>) -> u64| self.shards.iter().map(bytes).sum::<u64>();
        let stored = over(&|s| s.rows.len() as u64) as f64;
        let own = |derived: &[f64], stride: u32| if stride == 1 { 0 } else { derived.len() as u64 };
        Traffic {
            synapse: self.encoding.bytes(sum) as f64 * stored / (self.synapses as f64).max(1.0),
            sum: self.sum_width.bytes::<F>(),
            bucket: match self.group {
                None => 0,
                Some(_) if self.shards.iter().all(|shard| self.event_bits(shard).is_some()) => 4,
                Some(_) => 2 * sum,
            },
            row_starts: if stored > 0.0 { 8 * u64::from(self.blocks) * self.shards.len() as u64 } else { 0 },
            state: over(&|s| s.slices.iter().map(|g| g.state.len() as u64 * sum).sum()),
            derived: over(&|s| s.slices.iter().map(|g| own(&g.derived, g.derived_stride) * sum).sum()),
            slot: over(&|s| u64::from(self.accumulators(s)) * self.sum_width.bytes::<F>()),
            slots: self.slots(),
        }
    }
}
