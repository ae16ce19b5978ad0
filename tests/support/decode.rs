//! The synapses of a plan, read back from its rows.

use neuropil::number::Fixed;
use neuropil::plan::Plan;
use neuropil::prelude::*;

pub use neuropil::plan::SynapseRecord;

/// All synapses, shard by shard, by (source, delay block), in the order of the row.
pub fn decode<F: Fixed>(plan: &Plan<F>) -> Vec<SynapseRecord> {
    let mut synapses = Vec::new();
    plan.each_synapse(&mut |synapse| synapses.push(synapse));
    synapses
}

/// The synapses of `net` as 64-bit sums hold them, sorted.
pub fn synapses(net: &Network, seed: u64) -> Vec<SynapseRecord> {
    sorted(decode(&Plan::<i64>::new(net, seed, &PlanOptions::default()).unwrap()))
}

/// Sorted by target, source, delay and weight, so that two layouts can be compared.
pub fn sorted(mut synapses: Vec<SynapseRecord>) -> Vec<SynapseRecord> {
    synapses.sort_by_key(|s| (s.target, s.source, s.delay, s.channel, s.weight.to_bits()));
    synapses
}
