//! The facts of a plan that users see.

use crate::number::Fixed;
use crate::plan::{Plan, Traffic};

/// Facts of a plan: sizes, delays, memory and traffic.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanFacts {
    /// Number of synapses.
    pub synapses: u64,
    /// Number of continuous couplings, each from one neuron to another.
    pub couplings: u64,
    /// Number of shards.
    pub shards: u32,
    /// Steps per delay block.
    pub block: u32,
    /// Number of delay blocks.
    pub blocks: u32,
    /// Bytes of rows, rings and states.
    pub bytes: u64,
    /// Shortest and longest delay, steps.
    pub delays: (u32, u32),
    /// Largest relative error that quantisation gives a weight.
    pub weight_error: f64,
    /// Bytes of memory traffic of a run.
    pub traffic: Traffic,
}

impl PlanFacts {
    /// The facts of `plan`.
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
