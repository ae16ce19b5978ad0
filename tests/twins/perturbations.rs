//! Perturbations do the same on both players, bit for bit.

use super::gpu;
use crate::perturbations::coupled::{ablated, plain, played};
use crate::perturbations::invariance::{Found, found, perturbed, run};
use crate::perturbations::learning::{learning, learns};
use crate::support::mixed;
use neuropil::network::Perturb;
use neuropil::plan::Storage;
use neuropil::prelude::*;

fn on(device: Device, net: &Network) -> Found {
    run(net, &(device, PlanOptions::default()), 1000)
}

#[test]
fn perturbations_are_the_same_on_gpu() {
    if !gpu() {
        return;
    }
    let cpu = on(Device::cpu(), &perturbed());
    assert!(cpu.0.len() > 200, "{} spikes", cpu.0.len());
    let stored = PlanOptions { storage: Storage::Stored, ..default() };
    let ways = [
        (PlanOptions::default(), 1000),
        (PlanOptions { shard_bytes: 20_000, skip_idle: false, ..stored.clone() }, 37),
        (PlanOptions { block: Some(4), ..stored }, 5),
        (PlanOptions { storage: Storage::Procedural, ..default() }, 1000),
    ];
    for (k, (options, batch)) in ways.into_iter().enumerate() {
        assert!(run(&perturbed(), &(Device::gpu(), options), batch) == cpu, "way {k}");
    }
    assert!(on(Device::gpu(), &mixed(200)) != cpu, "they are seen");
}

/// One thing done to neurons of the mixed network.
fn with(what: Perturb, (start, stop): (f64, f64)) -> Network {
    let mut net = mixed(200);
    let exc = net.population("exc", "").unwrap();
    net.perturb(exc.slice(0..60), what, start..stop).unwrap();
    net
}

#[test]
fn each_perturbation_is_the_same_on_gpu_and_another_is_not() {
    if !gpu() {
        return;
    }
    let exc = mixed(200).population("exc", "").unwrap();
    let held = |value| Perturb::Clamp { variable: "V_m".into(), value };
    let set = |value: Value| Perturb::Set { parameter: "V_th".into(), value };
    let cases = [
        (Perturb::Silence, Perturb::Ablate, true),
        (Perturb::Silence, Perturb::Drive(20.0), false),
        (held(-60.0), held(-61.0), false),
        (set((-58.0).into()), set((-57.0).into()), false),
        (Perturb::Disconnect(exc.slice(0..80)), Perturb::Disconnect(exc.slice(0..70)), false),
    ];
    for (k, (one, other, same)) in cases.into_iter().enumerate() {
        let window = (10.0, 30.5);
        let cpu = on(Device::cpu(), &with(one.clone(), window));
        assert!(on(Device::gpu(), &with(one.clone(), window)) == cpu, "case {k}");
        assert!((on(Device::gpu(), &with(other, window)) == cpu) == same, "case {k}: another");
        assert!(on(Device::gpu(), &with(one, (10.0, 35.0))) != cpu, "case {k}: another window");
    }
}

/// Neurons that come to rest are woken.
#[test]
fn neurons_at_rest_are_perturbed_the_same_on_gpu() {
    if !gpu() {
        return;
    }
    let mut net = Network::new(0.1.ms());
    let cells = net.add("cells", 200, IafPscExp::default()).unwrap();
    net.record(&cells, Spikes).unwrap();
    net.record(&cells, Variable::every("V_m", 0.1)).unwrap();
    let rest = net.clone();
    let clamp = Perturb::Clamp { variable: "V_m".into(), value: -60.0 };
    net.perturb(cells.slice(0..3).and(cells.slice(150..152)), clamp, 13.0..14.5).unwrap();
    let driven = Perturb::Set { parameter: "I_e".into(), value: 700.0.into() };
    net.perturb(cells.slice(60..70), driven, 20.0..31.0).unwrap();
    let cpu = on(Device::cpu(), &net);
    assert!(cpu.0.len() >= 10);
    assert!(on(Device::gpu(), &net) == cpu && on(Device::gpu(), &rest) != cpu);
}

#[test]
fn coupled_neurons_are_ablated_the_same_on_gpu() {
    if !gpu() {
        return;
    }
    for ((name, net), plain) in ablated().into_iter().zip(plain()) {
        let cpu = played(&net, Device::cpu(), &PlanOptions::default(), 1000);
        for (shard_bytes, batch) in [(1 << 30, 1000), (3_000, 37)] {
            let options = PlanOptions { shard_bytes, ..default() };
            assert!(played(&net, Device::gpu(), &options, batch) == cpu, "{name}, {shard_bytes} bytes");
        }
        assert!(played(&plain, Device::gpu(), &PlanOptions::default(), 1000) != cpu, "{name}: they are seen");
    }
}

#[test]
fn synapses_that_learn_are_cut_the_same_on_gpu() {
    if !gpu() {
        return;
    }
    let [cpu, gpu] = [Device::cpu(), Device::gpu()].map(|device| learning(&learns(&[(10.0, 40.0)]), device, 1));
    assert!(cpu.0.len() > 50 && gpu == cpu);
    assert!(learning(&learns(&[(10.0, 45.0)]), Device::gpu(), 1) != cpu);
}

#[test]
fn a_perturbed_run_goes_on_on_the_other_device() {
    if !gpu() {
        return;
    }
    let whole = on(Device::cpu(), &perturbed());
    let go_on = |from: Device, to: Device, stop: f64| {
        let mut sim = Simulation::new(perturbed(), from, Seed(7), &PlanOptions::default()).unwrap();
        sim.run(stop.ms()).unwrap();
        let kept = sim.checkpoint().unwrap();
        let mut sim = Simulation::resume(perturbed(), to, Seed(7), &PlanOptions::default(), &kept).unwrap();
        sim.run((50.0 - stop).ms()).unwrap();
        found(&sim)
    };
    for stop in [9.9, 20.0, 25.7] {
        assert!(go_on(Device::cpu(), Device::gpu(), stop) == whole, "to the GPU at {stop} ms");
        assert!(go_on(Device::gpu(), Device::cpu(), stop) == whole, "to the CPU at {stop} ms");
    }
}
