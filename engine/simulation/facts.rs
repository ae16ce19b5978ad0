//! Facts of a plan, for people.

use crate::number::Fixed;
use crate::plan::{Plan, Traffic};

/// Facts of a plan, for people.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanFacts {
    /// Synapses.
    pub synapses: u64,
    /// Currents that continuous couplings bring, each from one neuron to one.
    pub couplings: u64,
    /// Shards.
    pub shards: u32,
    /// Steps per delay block.
    pub block: u32,
    /// Delay blocks.
    pub blocks: u32,
    /// Bytes of rows, rings and states.
    pub bytes: u64,
    /// Shortest and longest delay, steps.
    pub delays: (u32, u32),
    /// Largest relative error of a quantised weight.
    pub weight_error: f64,
    /// Bytes that playing moves.
    pub traffic: Traffic,
}

impl PlanFacts {
    pub(super) fn of<F: Fixed>(plan: &Plan<F>) -> PlanFacts {
        PlanFacts {
            synapses: plan.synapses,
            couplings: plan.couplings.pairs,
            shards: plan.shards.len() as u32,
            block: plan.block,
            blocks: plan.blocks,
            bytes: plan.bytes(),
            delays: (plan.min_delay, plan.max_delay),
            weight_error: plan.weight_error,
            traffic: plan.traffic(),
        }
    }
}
