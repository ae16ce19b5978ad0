//! Events that are sorted by time and group of neurons before they are added give the spikes of those that are not.

use super::{calm, constant, every_rule};
use crate::support::{mixed, run};
use neuropil::plan::{Delivery, Plan, Storage};
use neuropil::prelude::*;

fn sorted(shards: u32, block: Option<u32>, storage: Storage) -> PlanOptions {
    PlanOptions { delivery: Delivery::Sorted, shards, block, storage, ..default() }
}

fn direct() -> PlanOptions {
    PlanOptions { delivery: Delivery::Direct, ..default() }
}

/// More neurons than a group has, of two populations.
fn wide(weight: f64) -> Network {
    let mut net = Network::new(0.1.ms());
    let exc = net.add("exc", 9_111, IafPscExp { I_e: 390.0, ..default() }).unwrap();
    let inh = net.add("inh", 2_222, IafPscExp { I_e: 370.0, ..default() }).unwrap();
    let all = exc.and(&inh);
    net.connect(&exc, &all, FixedIndegree(8), Static::new(weight, Value::uniform(1.0, 20.0))).unwrap();
    net.connect(&inh, &all, FixedIndegree(2), Static::new(-5.0 * weight, Value::uniform(2.0, 9.0))).unwrap();
    let bursts = SpikeGenerator::at(&[3.0, 3.7, 31.0]);
    net.stimulate(all.slice(7_000..9_000), bursts, Static::new(300.0, 0.1)).unwrap();
    net.record(&all, Spikes).unwrap();
    net.record(exc.slice(4_000..4_200), Variable::every("V_m", 0.7)).unwrap();
    net
}

#[test]
fn groups_are_as_many_as_the_cache_needs() {
    let plan = Plan::<i32>::new(&wide(12.0), 7, &sorted(1, None, Storage::Stored)).unwrap();
    assert!(plan.group.is_some_and(|group| plan.shards.iter().all(|s| s.neurons() > 2 * group)), "{:?}", plan.group);
    let other = run(&wide(12.5), Device::cpu(), &sorted(1, None, Storage::Stored), 60.0);
    assert!(other != run(&wide(12.0), Device::cpu(), &direct(), 60.0), "another weight goes unnoticed");
}

#[test]
fn sorted_events_give_the_same_spikes() {
    for (index, net) in [mixed(200), wide(12.0), constant(), every_rule(), calm()].into_iter().enumerate() {
        let reference = run(&net, Device::cpu().threads(1), &direct(), 80.0);
        assert!(reference.0.len() > 150, "network {index}: {} spikes", reference.0.len());
        for (threads, shards, block) in [(1, 1, None), (2, 2, Some(1)), (3, 7, Some(8)), (2, 3, Some(256))] {
            for storage in [Storage::Stored, Storage::Procedural] {
                let options = sorted(shards, block, storage);
                let found = run(&net, Device::cpu().threads(threads), &options, 80.0);
                assert!(
                    found == reference,
                    "network {index}: {threads} threads, {shards} shards, {block:?}, {storage:?}"
                );
            }
        }
    }
}

#[test]
fn sorted_events_survive_batches_that_cut_epochs() {
    let reference = run(&mixed(200), Device::cpu().threads(1), &direct(), 120.0);
    for batch in [1, 7, 100] {
        let options = sorted(3, None, Storage::Stored);
        let mut sim = Simulation::new(mixed(200), Device::cpu().threads(2), Seed(7), &options).unwrap();
        sim.set_batch(batch);
        for ms in [0.1, 33.3, 0.4, 86.2] {
            sim.run(ms.ms()).unwrap();
        }
        assert!(sim.all_spikes() == reference.0, "batch {batch}");
    }
}

#[test]
fn sorted_events_of_f64_keep_their_weights() {
    let f64 = Device::cpu().precision(Precision::F64);
    let reference = run(&mixed(200), f64.clone().threads(1), &direct(), 120.0);
    let found = run(&mixed(200), f64.threads(2), &sorted(2, None, Storage::Stored), 120.0);
    assert!(found == reference);
}

#[test]
fn large_weights_are_sorted_too() {
    // Weights of more counts than an event of one word has room for.
    let net = |largest: f64| {
        let mut net = mixed(200);
        let exc = net.population("exc", "test").unwrap();
        let spread = Static::new(Value::uniform(0.001, largest), Value::uniform(0.4, 2.0));
        net.connect(exc.slice(0..100), exc.slice(50..160), FixedIndegree(9), spread).unwrap();
        net.connect(exc.slice(0..9), &exc, AllToAll, Static::new(0.001, 1.0)).unwrap();
        net
    };
    let plan = Plan::<i32>::new(&net(90.0), 7, &direct()).unwrap();
    assert!(plan.largest_weight > 1e6, "{}", plan.largest_weight);
    let reference = run(&net(90.0), Device::cpu(), &direct(), 120.0);
    assert!(run(&net(90.0), Device::cpu().threads(2), &sorted(2, None, Storage::Stored), 120.0) == reference);
    assert!(run(&net(91.0), Device::cpu(), &sorted(2, None, Storage::Stored), 120.0) != reference, "another weight");
}

#[test]
fn more_buckets_than_are_quick_are_refused() {
    let net = |longest: f64| {
        let mut net = Network::new(0.1.ms());
        let all = net.add("all", 2_000, IafPscExp::default()).unwrap();
        net.connect(&all, &all, FixedIndegree(20), Static::new(12.0, Value::uniform(0.1, longest))).unwrap();
        net
    };
    let plan = |longest| Plan::<i32>::new(&net(longest), 7, &sorted(1, None, Storage::Stored));
    assert!(plan(100.0).is_ok());
    let error = plan(900.0).err().unwrap();
    assert_eq!(error.exit_code(), 2);
    let text = error.to_string();
    assert!(
        text.contains("sorted events need") && text.contains("buckets for a shard") && text.contains("use direct"),
        "{text}"
    );
    assert!(Plan::<i32>::new(&net(900.0), 7, &direct()).is_ok());
}

#[test]
fn sorting_is_chosen_where_the_ring_is_beyond_the_caches() {
    let net = |neurons: u32| {
        let mut net = Network::new(0.1.ms());
        let all = net.add("all", neurons, IafPscExp::default()).unwrap();
        net.connect(&all, &all, FixedIndegree(20), Static::new(12.0, Value::uniform(1.0, 20.0))).unwrap();
        net
    };
    let plan = |neurons| Plan::<i32>::new(&net(neurons), 7, &PlanOptions::default()).unwrap();
    assert_eq!(plan(2_000).group, None);
    let large = plan(200_000);
    assert!(large.group.is_some_and(|group| group.is_power_of_two() && group >= 256), "{:?}", large.group);
}
