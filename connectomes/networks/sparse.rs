#![doc = include_str!("sparse.md")]

use super::vogels_abbott::{CURRENT_NEURON, populate};
use super::{Preset, PresetOptions, record_all};
use crate::error::Result;
use crate::network::{FixedIndegree, Network, Static, Value};
use crate::time::TimeUnits;

pub(super) const PRESET: Preset = Preset {
    name: "sparse-1m",
    title: "Standard workload: 1,000,000 neurons, 100 M synapses, a delay of 1-20 ms of its own for each",
    documentation: include_str!("sparse.md"),
    build,
    seconds: 1.0,
    dt: 0.1,
};

/// Neurons at full size; four fifths are excitatory.
const NEURONS: u32 = 1_000_000;
/// Excitatory and inhibitory inputs of each neuron.
const INDEGREES: (u32, u32) = (80, 20);
/// Excitatory and inhibitory weight, pA.
const WEIGHTS: (f64, f64) = (12.96, -72.0);
/// Shortest and longest delay, ms.
const DELAYS: (f64, f64) = (1.0, 20.0);

/// A million neurons with few synapses each: the preset in which neurons, not synapses, cost the time.
fn build(options: &PresetOptions) -> Result<Network> {
    let mut network = Network::new(PRESET.dt.ms());
    let (excitatory, inhibitory) =
        populate(&mut network, PRESET.name, options, NEURONS, "iaf_psc_exp", &CURRENT_NEURON)?;
    let all = excitatory.and(&inhibitory);
    let delay = || Value::uniform(DELAYS.0, DELAYS.1);
    network.connect(&excitatory, &all, FixedIndegree(INDEGREES.0), Static::new(WEIGHTS.0, delay()))?;
    network.connect(&inhibitory, &all, FixedIndegree(INDEGREES.1), Static::new(WEIGHTS.1, delay()))?;
    record_all(&mut network, &all)?;
    Ok(network)
}
