//! The synapses of a plan, read back from its rows.

use neuropil::number::Fixed;
use neuropil::plan::{LANE_BITS, Plan};
use neuropil::prelude::*;

/// One synapse, by global ids.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Synapse {
    pub source: u32,
    pub target: u32,
    /// Steps.
    pub delay: u32,
    pub weight: f64,
    /// Index of the input channel of the target.
    pub channel: u32,
}

/// All synapses, shard by shard, by (source, delay block), in the order of the row.
pub fn decode<F: Fixed>(plan: &Plan<F>) -> Vec<Synapse> {
    let mut synapses = Vec::new();
    for shard in &plan.shards {
        for (segment, range) in shard.offsets.windows(2).enumerate() {
            let (source, block) = (segment as u32 / plan.blocks, segment as u32 % plan.blocks);
            for at in range[0] as usize..range[1] as usize {
                let (lane, within) = (shard.targets[at] & ((1 << LANE_BITS) - 1), shard.targets[at] >> LANE_BITS);
                let reached = shard.segments.iter().rfind(|s| s.lane <= lane).unwrap();
                let channel = (lane - reached.lane) / reached.count;
                let unit = plan.populations[reached.population].units[channel as usize];
                synapses.push(Synapse {
                    source,
                    target: reached.first + (lane - reached.lane) % reached.count,
                    delay: block * plan.block + within + 1,
                    weight: shard.weights[at].value(unit),
                    channel,
                });
            }
        }
    }
    synapses
}

/// The synapses of `net` as 64-bit sums hold them, sorted.
pub fn synapses(net: &Network, seed: u64) -> Vec<Synapse> {
    sorted(decode(&Plan::<i64>::new(net, seed, &PlanOptions::default()).unwrap()))
}

/// Sorted by target, source, delay and weight, so that two layouts can be compared.
pub fn sorted(mut synapses: Vec<Synapse>) -> Vec<Synapse> {
    synapses.sort_by_key(|s| (s.target, s.source, s.delay, s.channel, s.weight.to_bits()));
    synapses
}
