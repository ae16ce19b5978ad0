//! Synapses that learn do the same on both players, bit for bit.

use super::gpu;
use crate::plasticity::invariance::{networks, outcome, run};
use crate::plasticity::recorded::{played, recorded, recorded_up_to_date};
use crate::plasticity::{sent, signs};
use neuropil::checkpoint::Checkpoint;
use neuropil::prelude::*;

#[test]
fn synapses_learn_the_same_on_gpu() {
    if !gpu() {
        return;
    }
    for (name, net) in networks() {
        let ms = 60.0;
        let cpu = run(&net, Device::cpu(), &PlanOptions::default(), ms);
        assert!(cpu.0.len() > 10, "{name} is silent");
        let shards = if name == "drawn" { 20_000 } else { 1 << 30 };
        let found = run(&net, Device::gpu(), &PlanOptions { shard_bytes: shards, ..default() }, ms);
        assert!(found.0 == cpu.0, "{name}: spikes");
        assert!(found.1 == cpu.1, "{name}: synapses");
    }
}

/// Sources and targets that fire several times in a step and in an epoch, and a third factor that does.
fn bursts(lambda: f64) -> Network {
    let mut net = Network::new(0.1.ms());
    let parrots = |net: &mut Network, name: &str| net.add(name, 12, ParrotNeuron {}).unwrap();
    let (sources, targets) = (parrots(&mut net, "sources"), parrots(&mut net, "targets"));
    let cells = net.add("cells", 12, IafPscExp { t_ref: 0.1, ..default() }).unwrap();
    let stdp = |wmax: f64| {
        let synapse = Plastic::new("stdp_synapse", wmax / 2.0, Value::uniform(1.0, 3.0)).unwrap();
        synapse.with("Wmax", wmax).unwrap().with("lambda", lambda).unwrap()
    };
    net.connect(&sources, &cells, AllToAll, stdp(200.0)).unwrap();
    net.connect(&targets, &sources, FixedIndegree(4), Static::new(1.0, 1.0)).unwrap();
    net.connect(&sources, &targets, FixedIndegree(4), stdp(2.0)).unwrap();
    net.stimulate(&sources, PoissonGenerator::new(3000.0), Static::new(1.0, 1.0)).unwrap();
    net.stimulate(&cells, PoissonGenerator::new(9000.0), Static::new(300.0, 1.0)).unwrap();
    net.record(sources.and(&targets).and(&cells), Spikes).unwrap();
    net
}

#[test]
fn bursts_within_an_epoch_are_taken_in_order_on_gpu() {
    if !gpu() {
        return;
    }
    let ms = 6.0;
    let cpu = run(&bursts(0.01), Device::cpu(), &PlanOptions::default(), ms);
    assert!(cpu.0.windows(2).any(|pair| pair[0] == pair[1]), "several in a step");
    let found = run(&bursts(0.01), Device::gpu(), &PlanOptions::default(), ms);
    assert!(found.0 == cpu.0, "{}", super::first_difference(&found.0, &cpu.0));
    assert!(found == cpu);
    assert!(run(&bursts(0.02), Device::gpu(), &PlanOptions::default(), ms).1 != cpu.1, "another rate of learning");
}

/// Targets that fire for long before their sources do: their spikes take more and more room.
#[test]
fn spikes_that_synapses_have_yet_to_see_have_room_on_gpu() {
    if !gpu() {
        return;
    }
    let mut net = Network::new(0.1.ms());
    let sources = net.add("sources", 3, ParrotNeuron {}).unwrap();
    let targets = net.add("targets", 4, IafPscExp { I_e: 12000.0, t_ref: 0.5, ..default() }).unwrap();
    let synapse = Plastic::new("stdp_synapse", 50.0, Value::uniform(1.0, 2.0)).unwrap();
    net.connect(&sources, &targets, AllToAll, synapse).unwrap();
    net.stimulate(sources.slice(0..2), SpikeGenerator::at(&[420.0, 421.0, 430.0]), Static::new(1.0, 1.0)).unwrap();
    net.record(&targets, Spikes).unwrap();
    let played = |device| {
        let mut sim = Simulation::new(net.clone(), device, Seed(1), &PlanOptions::default()).unwrap();
        sim.set_batch(7);
        sim.run(440.0.ms()).unwrap();
        outcome(&mut sim)
    };
    let cpu = played(Device::cpu());
    assert!(cpu.0.len() > 1200, "{} spikes", cpu.0.len());
    assert!(played(Device::gpu()) == cpu);
}

#[test]
fn a_run_that_learns_goes_on_on_the_other_device() {
    if !gpu() {
        return;
    }
    let timeless = |checkpoint: Checkpoint| Checkpoint { run_time_s: 0.0, ..checkpoint };
    let some = ["pl", "dopamine", "domains", "tsodyks", "drawn"];
    for (name, net) in networks().into_iter().filter(|(name, _)| some.contains(name)) {
        let whole = |ms: f64| {
            let mut sim = Simulation::new(net.clone(), Device::cpu(), Seed(1), &PlanOptions::default()).unwrap();
            sim.run(ms.ms()).unwrap();
            timeless(sim.checkpoint().unwrap())
        };
        let go_on = |device: Device, from: &Checkpoint, ms: f64| {
            let mut sim = Simulation::resume(net.clone(), device, Seed(1), &PlanOptions::default(), from).unwrap();
            sim.run(ms.ms()).unwrap();
            let checkpoint = timeless(sim.checkpoint().unwrap());
            // And whoever made the checkpoint goes on as if nothing had been.
            sim.run(3.1.ms()).unwrap();
            (checkpoint, outcome(&mut sim))
        };
        let (middle, _) = go_on(Device::gpu(), &whole(40.3), 31.2);
        assert!(middle == whole(71.5), "{name}: from the CPU to the GPU");
        let (end, after) = go_on(Device::gpu(), &middle, 28.5);
        assert!(end == whole(100.0), "{name}: on the GPU");
        assert!(go_on(Device::cpu(), &middle, 28.5) == (end, after), "{name}: and back");
    }
}

#[test]
fn weights_are_recorded_the_same_on_gpu() {
    if !gpu() {
        return;
    }
    let names = ["guetig", "dopamine", "drawn"];
    let all = names.iter().flat_map(|name| [recorded, recorded_up_to_date].map(|with| (*name, with(name))));
    for (name, (net, recorder)) in all {
        let options = PlanOptions { shard_bytes: if name == "drawn" { 20_000 } else { 1 << 30 }, ..default() };
        let cpu = played(&net, recorder, Device::cpu(), &PlanOptions::default(), u32::MAX);
        for batch in [13, u32::MAX] {
            assert!(played(&net, recorder, Device::gpu(), &options, batch) == cpu, "{name}, batches of {batch}");
        }
        assert!(cpu.row(0) != cpu.row(3), "{name} learns nothing");
    }
}

#[test]
fn what_is_sent_is_the_same_on_gpu() {
    if !gpu() {
        return;
    }
    for name in ["guetig", "dopamine", "tsodyks", "drawn"] {
        let (net, recorder) = sent::recorded(name);
        let play = |device, batch| sent::played(&net, recorder, device, &PlanOptions::default(), batch);
        let cpu = play(Device::cpu(), u32::MAX);
        for batch in [13, u32::MAX] {
            assert!(play(Device::gpu(), batch) == cpu, "{name}, batches of {batch}");
        }
        let options = PlanOptions::default();
        let mut first = Simulation::new(net.clone(), Device::gpu(), Seed(1), &options).unwrap();
        first.run(70.3.ms()).unwrap();
        let kept = first.checkpoint().unwrap();
        for device in [Device::cpu(), Device::gpu()] {
            let mut rest = Simulation::resume(net.clone(), device, Seed(1), &options, &kept).unwrap();
            rest.run(79.7.ms()).unwrap();
            assert!(rest.sends(recorder).unwrap() == cpu, "{name} stopped");
        }
        let other = play(Device::cpu().precision(Precision::F64), u32::MAX);
        assert!(cpu.sends.len() > 50 && other != cpu, "{name}: {}", cpu.sends.len());
    }
}

#[test]
fn weights_that_cross_zero_are_the_same_on_gpu() {
    if !gpu() {
        return;
    }
    let net = signs::dopamine();
    let cpu = run(&net, Device::cpu(), &PlanOptions::default(), 80.0);
    assert!(run(&net, Device::gpu(), &PlanOptions::default(), 80.0) == cpu);
}
