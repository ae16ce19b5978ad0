//! Perturbed networks give the same bits for any threads, shards, batches, stops and trials.

use crate::support::mixed;
use neuropil::network::{Perturb, RecorderId};
use neuropil::plan::{Delivery, Storage};
use neuropil::prelude::*;

pub type Found = (Vec<Spike>, Vec<f64>);

/// A network of everything, with everything done to it.
pub fn perturbed() -> Network {
    let mut net = mixed(200);
    let exc = net.population("exc", "").unwrap();
    let inh = net.population("inh", "").unwrap();
    net.perturb(exc.slice(20..60), Perturb::Silence, 12.3..31.0).unwrap();
    net.perturb(exc.slice(50..90).and(inh.slice(0..5)), Perturb::Disconnect(inh.slice(0..25)), 10.0..44.0).unwrap();
    net.perturb(inh.slice(10..40), Perturb::Disconnect(exc.slice(0..70)), 20.0..).unwrap();
    net.perturb(exc.slice(3..7), Perturb::Clamp { variable: "V_m".into(), value: -62.0 }, 8.0..26.5).unwrap();
    let spread = Value::uniform(-62.0, -56.0);
    let set = |value: Value| Perturb::Set { parameter: "V_th".into(), value };
    net.perturb(exc.slice(70..160), set(spread), 5.0..25.0).unwrap();
    net.perturb(inh.slice(0..20), set((-57.0).into()), 15.0..35.0).unwrap();
    net.perturb(exc.slice(100..130), Perturb::Drive(200.0), 18.0..33.0).unwrap();
    net.perturb(inh.slice(36..38), Perturb::Ablate, ..).unwrap();
    net
}

pub fn found(sim: &Simulation) -> Found {
    (sim.all_spikes().to_vec(), sim.samples(RecorderId(1)).unwrap().to_vec())
}

pub fn run(net: &Network, (device, options): &(Device, PlanOptions), batch: u32) -> Found {
    let mut sim = Simulation::new(net.clone(), device.clone(), Seed(7), options).unwrap();
    sim.set_batch(batch);
    sim.run(50.0.ms()).unwrap();
    found(&sim)
}

fn ways() -> Vec<(Device, PlanOptions)> {
    let options = |shards, delivery, storage| PlanOptions { shards, delivery, storage, ..default() };
    vec![
        (Device::cpu().threads(1), options(1, Delivery::Direct, Storage::Stored)),
        (Device::cpu().threads(3), options(7, Delivery::Direct, Storage::Stored)),
        (Device::cpu().threads(2), options(3, Delivery::Sorted, Storage::Stored)),
        (Device::cpu().threads(2), options(2, Delivery::Direct, Storage::Procedural)),
        (Device::cpu().threads(1), PlanOptions { shards: 2, skip_idle: false, block: Some(4), ..default() }),
    ]
}

#[test]
fn threads_shards_and_batches_do_not_matter_to_perturbations() {
    for precision in [Precision::F32, Precision::F64] {
        let ways = ways().into_iter().map(|(device, options)| (device.precision(precision), options));
        let all: Vec<Found> =
            ways.zip([1000, 37, 5, 1000, 1]).map(|(way, batch)| run(&perturbed(), &way, batch)).collect();
        assert!(all[0].0.len() > 200, "{} spikes", all[0].0.len());
        for (k, other) in all.iter().enumerate() {
            assert!(*other == all[0], "way {k}, {precision:?}");
        }
        assert!(run(&mixed(200), &(Device::cpu().precision(precision), default()), 1000) != all[0], "they are seen");
    }
}

#[test]
fn a_perturbed_run_goes_on_where_it_stopped() {
    let ways = ways();
    let whole = run(&perturbed(), &ways[0], 1000);
    for (stop, way) in [(9.9, 1), (20.0, 2), (25.7, 3), (31.0, 4)] {
        let mut sim = Simulation::new(perturbed(), ways[way].0.clone(), Seed(7), &ways[way].1).unwrap();
        sim.run(stop.ms()).unwrap();
        let kept = sim.checkpoint().unwrap();
        let (device, options) = &ways[way - 1];
        let mut sim = Simulation::resume(perturbed(), device.clone(), Seed(7), options, &kept).unwrap();
        sim.run((50.0 - stop).ms()).unwrap();
        assert!(found(&sim) == whole, "stopped at {stop} ms");
        let other = Simulation::resume(mixed(200), device.clone(), Seed(7), options, &kept).unwrap_err();
        assert!(other.to_string().contains("another network"), "{other}");
    }
}

#[test]
fn trials_and_rows_that_are_shared_know_their_own_perturbations() {
    let options = PlanOptions::default();
    let key = |net: &Network| Trials::key(net, &Device::cpu(), Seed(7), &options).unwrap();
    let plain = Trials::new(mixed(200), Device::cpu(), Seed(7), &options).unwrap();
    let shared = plain.vary(perturbed(), &key(&perturbed())).unwrap();
    for trial in [0, 3] {
        let mut own = Simulation::new(perturbed(), Device::cpu(), Seed(7).trial(trial), &options).unwrap();
        let mut varied = shared.simulation(trial, None).unwrap();
        let mut other = plain.simulation(trial, None).unwrap();
        [&mut own, &mut varied, &mut other].into_iter().for_each(|sim| sim.run(50.0.ms()).unwrap());
        assert!(found(&varied) == found(&own) && found(&other) != found(&own), "trial {trial}");
    }
}
