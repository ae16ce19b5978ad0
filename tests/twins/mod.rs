//! Twins: what both players make of the same plan, bit for bit. GPU tests without an adapter print SKIPPED, and fail where
//! `NEUROPIL_REQUIRE_GPU=1`.
#![cfg(feature = "gpu")]

mod couplings;
mod custom_model;
mod distributions;
mod functions;
mod kernels;
mod models;
mod perturbations;
mod plasticity;
mod playing;
mod presets;
mod resumed;
mod stimuli;
mod trials;

use crate::support::{mixed, net100, run};
use neuropil::prelude::*;

/// Whether there is an adapter to test on.
pub fn gpu() -> bool {
    let there = !neuropil::device::gpu::adapters().is_empty();
    if !there {
        assert!(
            std::env::var("NEUROPIL_REQUIRE_GPU").as_deref() != Ok("1"),
            "NEUROPIL_REQUIRE_GPU=1, and there is no adapter"
        );
        println!("SKIPPED: no Vulkan, Metal or Direct3D 12 adapter");
    }
    there
}

#[test]
fn mixed_network_is_the_same_on_gpu() {
    if !gpu() {
        return;
    }
    let cpu = run(&mixed(200), Device::cpu(), &PlanOptions::default(), 120.0);
    for (shard_bytes, block) in [(1 << 30, None), (20_000, None), (1 << 30, Some(4)), (1 << 20, Some(256))] {
        let options = PlanOptions { shard_bytes, block, ..default() };
        let found = run(&mixed(200), Device::gpu(), &options, 120.0);
        assert!(found.0.len() > 300);
        assert!(
            found.0 == cpu.0,
            "spikes, {shard_bytes} bytes, block {block:?}: {:?}",
            first_difference(&found.0, &cpu.0)
        );
        assert!(found.1 == cpu.1, "V_m, {shard_bytes} bytes, block {block:?}");
    }
}

#[test]
fn net100_is_the_same_on_gpu() {
    if !gpu() {
        return;
    }
    let cpu = run(&net100(), Device::cpu(), &PlanOptions::default(), 300.0);
    let found = run(&net100(), Device::gpu(), &PlanOptions::default(), 300.0);
    assert!(found.0 == cpu.0, "{:?}", first_difference(&found.0, &cpu.0));
}

#[test]
fn batches_do_not_matter_on_gpu() {
    if !gpu() {
        return;
    }
    let cpu = run(&mixed(200), Device::cpu(), &PlanOptions::default(), 60.0);
    for batch in [1, 7, 512] {
        let mut sim = Simulation::new(mixed(200), Device::gpu(), Seed(7), &PlanOptions::default()).unwrap();
        sim.set_batch(batch);
        sim.run(20.3.ms()).unwrap();
        sim.run(39.7.ms()).unwrap();
        assert!(sim.all_spikes() == cpu.0, "batch {batch}");
    }
}

#[test]
fn gpu_differs_from_another_network() {
    if !gpu() {
        return;
    }
    let cpu = run(&mixed(200), Device::cpu(), &PlanOptions::default(), 120.0);
    let mut other = mixed(200);
    let exc = other.population("exc", "test").unwrap();
    other.connect(exc.slice(0..1), exc.slice(1..160), AllToAll, Static::new(30.0, 1.0)).unwrap();
    assert!(run(&other, Device::gpu(), &PlanOptions::default(), 120.0).0 != cpu.0);
}

fn first_difference(a: &[Spike], b: &[Spike]) -> String {
    match a.iter().zip(b).position(|(x, y)| x != y) {
        Some(at) => format!("spike {at} is {:?} and {:?}", a[at], b[at]),
        None => format!("{} and {} spikes", a.len(), b.len()),
    }
}
