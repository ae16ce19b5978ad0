#![doc = include_str!("larva.md")]

use super::wiring::{Cell, FLY_NEURON, Groups};
use super::{Preset, PresetOptions, record_all};
use crate::connectomes::{Connectome, Node};
use crate::error::Result;
use crate::network::{Network, PoissonGenerator, Static, Value};
use crate::time::TimeUnits;

pub(super) const PRESET: Preset = Preset {
    name: "larva",
    title: "Drosophila larva: 2,952 neurons of the brain and their 110,677 connections",
    documentation: include_str!("larva.md"),
    build,
    seconds: 1.0,
    dt: 0.1,
};

/// The populations in the order of the raster: input, brain, mushroom body, output, and neurons without a class.
const GROUPS: [&str; 18] = [
    "sensory",
    "ascending",
    "PN",
    "PN-somato",
    "LN",
    "LHN",
    "CN",
    "KC",
    "MBIN",
    "MBON",
    "MB-FBN",
    "MB-FFN",
    "pre-DN-SEZ",
    "pre-DN-VNC",
    "DN-SEZ",
    "DN-VNC",
    "RGN",
    "unclassified",
];
/// Populations that bring input to the brain.
const INPUTS: u32 = 2;
/// Classes that are excitatory, and classes that are inhibitory.
const EXCITATORY: [&str; 5] = ["sensory", "ascending", "PN", "PN-somato", "KC"];
const INHIBITORY: [&str; 2] = ["LN", "MBIN"];
/// Of all other neurons, those whose identifier is a multiple of this are inhibitory.
const ONE_IN: u64 = 3;
/// Excitatory and inhibitory weight per synapse, pA.
const PER_SYNAPSE: (f64, f64) = (0.5, -1.0);
/// Delay of all synapses, ms (Shiu et al. 2024).
const DELAY: f64 = 1.8;
/// Poisson drive of input neurons and of all others, spikes/s, and its weight, pA.
const DRIVE: (f64, f64, f64) = (40.0, 12.0, 25.0);

/// Wires the larva of Winding et al. 2023; the sign of a synapse follows from the class of its source.
fn build(options: &PresetOptions) -> Result<Network> {
    options.fixed_size(PRESET.name)?;
    let wiring = Connectome::named("winding2023")?;
    let groups = Groups::new(&wiring, &GROUPS, |node| {
        let kind = node.kind.as_deref().unwrap_or_default();
        Some(GROUPS.iter().position(|&name| name == kind).unwrap_or(GROUPS.len() - 1))
    });
    let mut network = Network::new(PRESET.dt.ms());
    let cell = Cell { model: "iaf_psc_exp", parameters: &FLY_NEURON, start: Value::uniform(-52.0, -45.0) };
    let all = groups.populate(&mut network, &cell, None)?;
    groups.wire(&mut network, &all, DELAY, |edge| {
        let source = &wiring.nodes[edge.source as usize];
        Some(edge.weight * if is_excitatory(source) { PER_SYNAPSE.0 } else { PER_SYNAPSE.1 })
    })?;
    let inputs: u32 = network.populations().iter().take(INPUTS as usize).map(|p| p.size).sum();
    for (neurons, rate) in [(all.slice(0..inputs), DRIVE.0), (all.slice(inputs..all.len()), DRIVE.1)] {
        network.stimulate(neurons, PoissonGenerator::new(rate), Static::new(DRIVE.2, DELAY))?;
    }
    record_all(&mut network, &all)?;
    Ok(network)
}

/// Dale's sign of a neuron by its class.
fn is_excitatory(node: &Node) -> bool {
    let kind = node.kind.as_deref().unwrap_or_default();
    let multiple = node.name.parse::<u64>().is_ok_and(|id| id.is_multiple_of(ONE_IN));
    EXCITATORY.contains(&kind) || !INHIBITORY.contains(&kind) && !multiple
}
