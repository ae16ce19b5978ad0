//! What a plan moves when it is played: out-degrees, and bytes per event, spike and step.

use serde::{Deserialize, Serialize};

use crate::number::Fixed;
use crate::plan::{Plan, Shard};

/// Bytes that playing a plan moves, by what moves them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Traffic {
    /// Of one packed synapse, its weight included, B; the mean where some are drawn at each spike.
    pub synapse: f64,
    /// Of one sum of the input ring, B.
    pub sum: u64,
    /// Of an event in a bucket, B; nothing where events are not sorted.
    #[serde(rename = "inbox")]
    pub bucket: u64,
    /// Of the row starts that are read for one spike, B.
    pub row_starts: u64,
    /// Of the state of all neurons, B.
    pub state: u64,
    /// Of the derived values that differ from neuron to neuron, B.
    pub derived: u64,
    /// Of one slot of the input ring over all shards, B.
    pub slot: u64,
    /// Slots of the input ring.
    pub slots: u32,
}

impl<F: Fixed> Plan<F> {
    /// Bytes that playing it moves.
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
