//! The layout leaves no trace in the results: threads, shards, delay blocks, batches, recorders.

#[cfg(feature = "gpu")]
mod shaders;

use crate::support::{mixed, run};
use neuropil::prelude::*;

fn reference() -> (Vec<(u32, u32)>, Vec<f64>) {
    let found = run(&mixed(200), Device::cpu().threads(1), &PlanOptions::default(), 120.0);
    assert!(found.0.len() > 300, "{} spikes", found.0.len());
    found
}

#[test]
fn spikes_are_the_same_for_any_threads_and_shards() {
    let reference = reference();
    for threads in [1, 2, 3] {
        for shards in [1, 2, 3, 7, 200] {
            let options = PlanOptions { shards, ..default() };
            let found = run(&mixed(200), Device::cpu().threads(threads), &options, 120.0);
            assert!(found == reference, "{threads} threads, {shards} shards");
        }
    }
}

#[test]
fn spikes_are_the_same_for_any_delay_block() {
    let reference = reference();
    for block in [1, 2, 4, 8, 16, 64, 256] {
        let options = PlanOptions { block: Some(block), ..default() };
        assert!(run(&mixed(200), Device::cpu().threads(2), &options, 120.0) == reference, "block {block}");
    }
}

#[test]
fn f64_spikes_are_the_same_for_any_layout() {
    let f64 = Device::cpu().precision(Precision::F64);
    let reference = run(&mixed(200), f64.clone().threads(1), &PlanOptions::default(), 120.0);
    for (threads, shards, block) in [(2, 5, 4), (3, 3, 32)] {
        let options = PlanOptions { shards, block: Some(block), ..default() };
        assert!(run(&mixed(200), f64.clone().threads(threads), &options, 120.0) == reference);
    }
}

#[test]
fn small_shards_are_cut_by_bytes() {
    let options = PlanOptions { shard_bytes: 20_000, ..default() };
    let mut sim = Simulation::new(mixed(200), Device::cpu().threads(1), Seed(7), &options).unwrap();
    assert!(sim.facts().shards > 1, "{:?}", sim.facts());
    sim.run(120.0.ms()).unwrap();
    assert!(sim.all_spikes() == reference().0);
}

#[test]
fn two_runs_are_one_run() {
    let reference = reference();
    let mut sim = Simulation::new(mixed(200), Device::cpu(), Seed(7), &PlanOptions::default()).unwrap();
    for ms in [0.1, 33.3, 0.4, 86.2] {
        sim.run(ms.ms()).unwrap();
    }
    assert!(sim.all_spikes() == reference.0);
}

#[test]
fn batches_and_recorders_do_not_matter() {
    let reference = reference();
    for batch in [1, 13, 100] {
        let mut sim = Simulation::new(mixed(200), Device::cpu(), Seed(7), &PlanOptions::default()).unwrap();
        sim.set_batch(batch);
        sim.run(120.0.ms()).unwrap();
        assert!(sim.all_spikes() == reference.0, "batch {batch}");
    }
    let mut more = mixed(200);
    let inh = more.population("inh", "test").unwrap();
    more.record(&inh, Variable::every("I_syn_in", 0.1)).unwrap();
    assert!(run(&more, Device::cpu(), &PlanOptions::default(), 120.0) == reference);
}

#[test]
fn another_seed_or_one_weight_gives_other_spikes() {
    let reference = reference();
    let mut sim = Simulation::new(mixed(200), Device::cpu(), Seed(8), &PlanOptions::default()).unwrap();
    sim.run(120.0.ms()).unwrap();
    assert!(sim.all_spikes() != reference.0);
    let mut net = mixed(200);
    let exc = net.population("exc", "test").unwrap();
    net.connect(exc.slice(0..1), exc.slice(1..160), AllToAll, Static::new(30.0, 1.0)).unwrap();
    assert!(run(&net, Device::cpu(), &PlanOptions::default(), 120.0).0 != reference.0);
}
