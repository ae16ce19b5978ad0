//! L3 and L5 on every preset: the same spikes for any threads, shards, batches, and on both players.

use neuropil::connectomes::networks::{self, PresetOptions};
use neuropil::prelude::*;

use super::{first_difference, gpu};

/// Presets with synapses that learn; `plasticity.rs` compares both players on their rules.
const LEARNING: [&str; 4] = ["hpc-benchmark", "stdp-balance", "astrocyte-brunel", "working-memory"];

/// Each preset, the scale it is tested at and the biological time, ms: short enough for a software GPU.
const TESTED: [(&str, f64, f64); 21] = [
    ("c-elegans", 1.0, 300.0),
    ("c-elegans-gap", 1.0, 150.0),
    ("larva", 1.0, 40.0),
    ("optic-lobe", 1.0, 12.0),
    ("human-dti", 0.25, 30.0),
    ("brunel", 0.1, 60.0),
    ("vogels-abbott", 0.5, 60.0),
    ("vogels-abbott-coba", 0.5, 60.0),
    ("cuba-4k", 0.5, 60.0),
    ("coba-4k", 0.5, 60.0),
    ("cuba-40k", 0.05, 60.0),
    ("coba-hh", 0.25, 60.0),
    ("hpc-benchmark", 0.1, 60.0),
    ("stdp-balance", 0.1, 60.0),
    ("astrocyte-brunel", 0.1, 120.0),
    ("working-memory", 0.2, 150.0),
    ("microcircuit", 0.03, 60.0),
    ("microcircuit-thalamic", 0.01, 720.0),
    ("sparse-1m", 0.003, 60.0),
    ("fly-scale", 0.02, 100.0),
    ("multi-area", 0.003, 60.0),
];

fn network(name: &str, scale: f64) -> Network {
    let options = PresetOptions { scale, ..default() };
    networks::named(name).unwrap().network(&options).unwrap()
}

fn spikes(net: &Network, device: Device, options: &PlanOptions, ms: f64, batch: u32) -> (Vec<Spike>, u32) {
    let mut sim = Simulation::new(net.clone(), device, Seed(11), options).unwrap();
    sim.set_batch(batch);
    sim.run((0.3 * ms).ms()).unwrap();
    sim.run((0.7 * ms).ms()).unwrap();
    (sim.all_spikes().to_vec(), sim.facts().shards)
}

#[test]
fn every_preset_is_tested() {
    let mut names: Vec<&str> = networks::all().iter().map(|p| p.name).collect();
    // Cells that do not spike, or once in many seconds: `couplings.rs` compares both players on what moves them.
    let mut tested: Vec<&str> = TESTED.iter().map(|t| t.0).chain(["c-elegans-graded", "calcium-waves"]).collect();
    names.sort_unstable();
    tested.sort_unstable();
    assert_eq!(names, tested);
}

#[test]
fn presets_are_the_same_for_any_layout_and_player() {
    for (name, scale, ms) in TESTED {
        let net = network(name, scale);
        let one = PlanOptions::default();
        let (reference, _) = spikes(&net, Device::cpu().threads(1), &one, ms, 1000);
        assert!(reference.len() > 50, "{name}: {} spikes", reference.len());
        for (threads, shards, batch) in [(2, 2, 1000), (3, 7, 13)] {
            let options = PlanOptions { shards, ..default() };
            let (found, _) = spikes(&net, Device::cpu().threads(threads), &options, ms, batch);
            assert!(found == reference, "{name}, {threads} threads: {}", first_difference(&found, &reference));
        }
        if !gpu() || LEARNING.contains(&name) {
            continue;
        }
        for (shard_bytes, batch) in [(1 << 30, 512), (1 << 20, 37)] {
            let options = PlanOptions { shard_bytes, ..default() };
            let (found, shards) = spikes(&net, Device::gpu(), &options, ms, batch);
            // 1 MiB holds 262,144 weights: the larger networks are truly cut.
            let cut = shard_bytes == 1 << 20 && ["optic-lobe", "brunel", "human-dti"].contains(&name);
            assert!(!cut || shards > 1 || net_is_small(&net), "{name}: {shards} shards");
            assert!(found == reference, "{name}, GPU, {shards} shards: {}", first_difference(&found, &reference));
        }
    }
}

/// Whether 1 MiB arrays hold all synapses.
fn net_is_small(net: &Network) -> bool {
    net.synapses_at_most() <= 262_144
}

#[test]
fn another_seed_is_noticed() {
    let net = network("c-elegans", 1.0);
    let mut sim = Simulation::new(net.clone(), Device::cpu(), Seed(12), &PlanOptions::default()).unwrap();
    sim.run(300.0.ms()).unwrap();
    let (reference, _) = spikes(&net, Device::cpu(), &PlanOptions::default(), 300.0, 1000);
    assert!(sim.all_spikes() != reference);
}
