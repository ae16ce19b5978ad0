//! How the GPU plays: any packing, rows drawn at each spike, neurons at rest left out; and what a step costs it.

use super::{first_difference, gpu};
use crate::layout::{calm, constant, every_rule, restless};
use crate::networks::network;
use crate::support::{mixed, run};
use neuropil::device::gpu::{Adapter, Gpu};
use neuropil::device::{Counts, Player};
use neuropil::plan::{Plan, Storage, SynapseFormat};
use neuropil::prelude::*;
use neuropil::schedule;

fn assert_same(net: &Network, options: &PlanOptions, reference: &(Vec<Spike>, Vec<f64>), ms: f64, what: &str) {
    let found = run(net, Device::gpu(), options, ms);
    assert!(found.0 == reference.0, "spikes, {what}: {}", first_difference(&found.0, &reference.0));
    assert!(found.1 == reference.1, "samples, {what}");
}

#[test]
fn spikes_are_the_same_for_any_packing_on_gpu() {
    if !gpu() {
        return;
    }
    for (net, forms) in
        [(mixed(200), &[SynapseFormat::Narrow, SynapseFormat::Wide][..]), (constant(), &SynapseFormat::ALL[..])]
    {
        let reference = run(&net, Device::cpu(), &PlanOptions::default(), 60.0);
        assert!(reference.0.len() > 100, "{} spikes", reference.0.len());
        for (&format, block) in forms.iter().flat_map(|format| [(format, None), (format, Some(1))]) {
            let options = PlanOptions { format: Some(format), block, ..default() };
            assert_same(&net, &options, &reference, 60.0, &format!("{format:?}, block {block:?}"));
        }
    }
}

#[test]
fn rows_drawn_at_each_spike_are_the_same_on_gpu() {
    if !gpu() {
        return;
    }
    for net in [mixed(200), every_rule()] {
        let reference = run(&net, Device::cpu(), &PlanOptions::default(), 60.0);
        assert!(reference.0.len() > 100, "{} spikes", reference.0.len());
        for (shard_bytes, block) in [(1 << 30, None), (20_000, Some(1)), (1 << 30, Some(8)), (1 << 30, Some(256))] {
            let options = PlanOptions { storage: Storage::Procedural, shard_bytes, block, ..default() };
            assert_same(&net, &options, &reference, 60.0, &format!("{shard_bytes} bytes, block {block:?}"));
        }
    }
    // Some rows stored and some drawn, as memory allows.
    let mut net = every_rule();
    let all = net.population("all", "test").unwrap();
    net.connect(&all, &all, FixedTotalNumber(400_000), Static::new(0.05, Value::uniform(0.4, 2.0))).unwrap();
    let options = PlanOptions { memory: Some(1_000_000), ..default() };
    let plan = Plan::<i32>::new(&net, 7, &options).unwrap();
    assert!(plan.connectivity.is_some() && plan.shards.iter().any(|s| !s.rows.is_empty()));
    let reference = run(&net, Device::cpu(), &PlanOptions::default(), 20.0);
    assert_same(&net, &options, &reference, 20.0, "some of each");
    // Another weight is seen.
    net.connect(&all, &all, FixedTotalNumber(400), Static::new(40.0, 1.0)).unwrap();
    assert!(run(&net, Device::gpu(), &options, 20.0).0 != reference.0);
}

#[test]
fn neurons_left_out_change_nothing_on_gpu() {
    if !gpu() {
        return;
    }
    let reference = run(&calm(), Device::cpu(), &PlanOptions { skip_idle: false, ..default() }, 330.0);
    assert!(reference.0.len() > 300, "{} spikes", reference.0.len());
    for (skip_idle, shards, block) in [(true, 1, None), (true, 7, Some(4)), (false, 1, None)] {
        let options = PlanOptions { skip_idle, shards, block, ..default() };
        assert_same(&calm(), &options, &reference, 330.0, &format!("skip_idle {skip_idle}, {shards} shards"));
    }
    assert_eq!(run(&restless(), Device::gpu(), &PlanOptions::default(), 30.0).0.len(), 5 * 300);
    // One more pulse is seen by neurons that were at rest.
    let mut other = calm();
    let all = other.population("all", "test").unwrap();
    let pulse = DcGenerator { amplitude: 900.0, start: 250.0, stop: 300.0 };
    other.stimulate(all.slice(2_500..2_510), pulse, Static::new(1.0, 1.0)).unwrap();
    assert!(run(&other, Device::gpu(), &PlanOptions::default(), 330.0).0 != reference.0);
}

fn player(net: &Network, options: &PlanOptions) -> Gpu {
    let plan = Plan::<i32>::new(net, 7, options).unwrap();
    Gpu::new(plan, Adapter::open(&Device::gpu()).unwrap()).unwrap()
}

#[test]
fn a_host_that_never_waits_gets_the_same() {
    if !gpu() {
        return;
    }
    let steps = 565;
    let expected = run(&mixed(200), Device::cpu(), &PlanOptions::default(), 56.5).0;
    assert!(expected.len() > 100, "{} spikes", expected.len());
    let currents = Plan::<i32>::new(&mixed(200), 7, &PlanOptions::default()).unwrap().currents;
    let mut gpu = player(&mixed(200), &PlanOptions::default());
    assert!(gpu.take().unwrap().is_none(), "nothing was submitted");
    let (mut submitted, mut found) = (0, Vec::new());
    while submitted < steps || gpu.under_way() > 0 {
        if submitted < steps && gpu.under_way() < gpu.at_once() {
            let next = schedule::batch(submitted, steps - submitted, 64, &currents);
            gpu.submit(next).unwrap();
            submitted += u64::from(next);
        }
        // A browser would do something else meanwhile.
        found.extend(gpu.take().unwrap());
        std::thread::yield_now();
    }
    assert!(found.len() >= 9 && found.iter().map(|batch| u64::from(batch.steps)).sum::<u64>() == steps);
    let spikes: Vec<Spike> = found.into_iter().flat_map(|batch| batch.spikes).collect();
    assert!(spikes == expected, "{}", first_difference(&spikes, &expected));
    assert!(spikes[..spikes.len() - 1] != expected, "one spike less is seen");
}

#[test]
fn a_step_costs_a_dispatch_per_model_and_one_per_shard() {
    if !gpu() {
        return;
    }
    let dispatches = |net: &Network| player(net, &PlanOptions::default()).dispatches_per_step();
    let mut net = mixed(200);
    assert_eq!(dispatches(&net), 2.0);
    net.add("relay", 3, ParrotNeuron::default()).unwrap();
    assert_eq!(dispatches(&net), 3.0);
}

/// What 300 more steps cost, and in how many batches they were played.
fn cost(net: &Network, options: &PlanOptions) -> (u64, Counts) {
    let mut sim = Simulation::new(net.clone(), Device::gpu(), Seed(7), options).unwrap();
    sim.run(30.0.ms()).unwrap();
    let before = sim.counts();
    let mut batches = 0;
    let mut count = |_| {
        batches += 1;
        std::ops::ControlFlow::Continue(())
    };
    sim.run_with(30.0.ms(), &mut count).unwrap();
    let after = sim.counts();
    let counts = Counts {
        submits: after.submits - before.submits,
        dispatches: after.dispatches - before.dispatches,
        bytes_up: after.bytes_up - before.bytes_up,
        bytes_down: after.bytes_down - before.bytes_down,
    };
    (batches, counts)
}

#[test]
fn the_microcircuit_costs_two_dispatches_a_step_and_one_submit_a_batch() {
    if !gpu() {
        return;
    }
    let (batches, found) = cost(&network("microcircuit", 0.02), &PlanOptions::default());
    // Its shortest delay is one step, so that an epoch is a step: what is due, then the neurons; and one pass a batch.
    assert_eq!((found.submits, found.dispatches), (batches, 2 * 300 + batches));
    // Up: the uniforms of each epoch and of the last pass, 256 bytes each, and the words that forget faults.
    assert_eq!(found.bytes_up, 300 * 256 + batches * (256 + 12));
    // Down: seven words and room for 2,048 spikes, more than twice as many as a batch of a network of this size emits.
    assert_eq!(found.bytes_down, batches * (28 + 8 * 2048));
}

#[test]
fn an_epoch_is_as_long_as_the_shortest_delay() {
    if !gpu() {
        return;
    }
    // Delays of 1.5 ms: 15 steps an epoch, and what a batch has left.
    let net = network("brunel", 1.0);
    let (batches, found) = cost(&net, &PlanOptions { storage: Storage::Procedural, ..default() });
    let least = 2 * (300 / 15) + batches;
    assert_eq!(found.submits, batches);
    assert!((least..=least + 2 * batches).contains(&found.dispatches), "{found:?} in {batches} batches");
}
