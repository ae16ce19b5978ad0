//! The same spikes and weights, bit for bit, whatever the threads, the shards and the stops.

use neuropil::device::PlasticSynapses;
use neuropil::network::{Domains, Explicit};
use neuropil::prelude::*;

use super::nest::{stdp50, tsodyks60};

/// Spikes, and the state of all synapses of projection 0 as bits.
pub fn outcome(sim: &mut Simulation) -> (Vec<Spike>, Vec<Vec<u64>>) {
    let synapses = sim.synapses(0).unwrap();
    (sim.all_spikes().to_vec(), bits(&synapses))
}

pub fn bits(synapses: &PlasticSynapses) -> Vec<Vec<u64>> {
    synapses.state.iter().map(|column| column.iter().map(|value| value.to_bits()).collect()).collect()
}

pub fn run(net: &Network, device: Device, options: &PlanOptions, ms: f64) -> (Vec<Spike>, Vec<Vec<u64>>) {
    let mut sim = Simulation::new(net.clone(), device, Seed(1), options).unwrap();
    sim.run(ms.ms()).unwrap();
    outcome(&mut sim)
}

/// Networks that learn in ways of their own.
pub fn networks() -> Vec<(&'static str, Network)> {
    let mut all: Vec<_> = ["guetig", "pl", "triplet", "vogels", "dopamine", "mixed"]
        .into_iter()
        .map(|name| (name, stdp50(name)))
        .collect();
    all.push(("tsodyks", tsodyks60(|k| 1 + k % 2)));
    all.push(("drawn", drawn(0.05)));
    // Each target hears one to three of eight.
    let (heard, targets): (Vec<u32>, Vec<u32>) = (0..150).map(|k| (k * 7 % 8, k * k % 60)).unzip();
    all.push(("domains", domains(Domains::Listed(Explicit::new(heard, targets)))));
    all
}

/// Synapses onto 60 neurons under eight others that fire, too.
pub fn domains(domains: Domains) -> Network {
    let mut net = Network::new(0.1.ms());
    let neurons = net.add("neurons", 60, IafPscExp::default()).unwrap();
    let glia = net.add("glia", 8, IafPscExp::default()).unwrap();
    let synapse = Plastic::new("stdp_dopamine_synapse", 60.0, Value::uniform(0.5, 4.0)).unwrap();
    let synapse = synapse.with("tau_n", 20.0).unwrap().with("A_minus", 0.8).unwrap();
    net.connect(&neurons, &neurons, FixedIndegree(10), synapse.modulated_in(domains, &glia, 1.5)).unwrap();
    net.connect(&neurons, &neurons, FixedIndegree(4), Static::new(-200.0, 1.5)).unwrap();
    net.stimulate(neurons.and(&glia), PoissonGenerator::new(9000.0), Static::new(45.0, 1.0)).unwrap();
    net.record(neurons.and(&glia), Spikes).unwrap();
    net
}

/// Rows, weights, delays and parameters that are drawn.
fn drawn(lambda: f64) -> Network {
    let mut net = Network::new(0.1.ms());
    let neurons = net.add("neurons", 150, IafPscExp::default()).unwrap();
    let synapse = Plastic::new("stdp_synapse", Value::normal(60.0, 10.0).within(20.0, 100.0), Value::uniform(0.5, 4.0));
    let synapse = synapse.unwrap().with("lambda", Value::uniform(0.0, lambda)).unwrap().with("Wmax", 120.0).unwrap();
    net.connect(&neurons, &neurons, FixedIndegree(20), synapse).unwrap();
    net.connect(&neurons, &neurons, FixedIndegree(5), Static::new(-200.0, 1.5)).unwrap();
    net.stimulate(&neurons, PoissonGenerator::new(9000.0), Static::new(40.0, 1.0)).unwrap();
    net.record(&neurons, Spikes).unwrap();
    net
}

#[test]
fn threads_and_shards_change_nothing() {
    for (name, net) in networks() {
        for precision in Precision::ALL {
            let device = || Device::cpu().precision(precision);
            let one = run(&net, device().threads(1), &PlanOptions::default(), 300.0);
            assert!(one.0.len() > 50, "{name} is silent");
            for (threads, shards) in [(1, 3), (2, 2), (2, 7)] {
                let options = PlanOptions { shards, ..PlanOptions::default() };
                let other = run(&net, device().threads(threads), &options, 300.0);
                assert!(one == other, "{name}, {precision:?}: {threads} threads, {shards} shards");
            }
        }
    }
}

#[test]
fn a_stop_between_any_steps_changes_nothing() {
    for (name, net) in networks() {
        let whole = run(&net, Device::cpu(), &PlanOptions::default(), 250.0);
        // In the middle of epochs, of delays and of learning, and from layout to layout.
        for (stop, shards) in [(0.1, 2), (37.3, 1), (100.0, 3), (161.9, 2)] {
            let options = |shards| PlanOptions { shards, ..PlanOptions::default() };
            let mut first = Simulation::new(net.clone(), Device::cpu(), Seed(1), &options(3)).unwrap();
            first.run(stop.ms()).unwrap();
            let checkpoint = first.checkpoint().unwrap();
            let path = std::env::temp_dir().join(format!("neuropil-plastic-{name}-{stop}-{}", std::process::id()));
            checkpoint.write(&path).unwrap();
            let read = neuropil::checkpoint::Checkpoint::read(&path).unwrap();
            std::fs::remove_file(&path).unwrap();
            assert!(read == checkpoint, "{name}: the file holds something else");
            let mut rest = Simulation::resume(net.clone(), Device::cpu(), Seed(1), &options(shards), &read).unwrap();
            rest.run((250.0 - stop).ms()).unwrap();
            assert!(outcome(&mut rest) == whole, "{name} stopped at {stop} ms");
            // And whoever made the checkpoint goes on as if nothing had been.
            first.run((250.0 - stop).ms()).unwrap();
            assert!(outcome(&mut first) == whole, "{name} looked at {stop} ms");
        }
    }
}

#[test]
fn what_synapses_hold_is_missed_where_it_is_lost() {
    let net = stdp50("mult");
    let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
    sim.run(200.0.ms()).unwrap();
    let mut checkpoint = sim.checkpoint().unwrap();
    sim.run(300.0.ms()).unwrap();
    let whole = outcome(&mut sim);
    let resume =
        |checkpoint: &_| Simulation::resume(net.clone(), Device::cpu(), Seed(1), &PlanOptions::default(), checkpoint);
    // A bit of one weight.
    checkpoint.memory[1] ^= 1 << 40;
    let mut other = resume(&checkpoint).unwrap();
    other.run(300.0.ms()).unwrap();
    assert!(outcome(&mut other) != whole);
    checkpoint.memory.clear();
    let problem = resume(&checkpoint).unwrap_err().to_string();
    assert!(problem.contains("what its synapses hold"), "{problem}");
}

#[test]
fn trials_share_rows_and_learn_for_themselves() {
    let net = drawn(0.05);
    let trials = net.trials(2, Device::cpu().threads(2), Seed(3)).unwrap();
    let play = |mut sim: Simulation| {
        sim.run(200.0.ms())?;
        Ok(outcome(&mut sim))
    };
    let all = trials.run(3, play).unwrap();
    for (number, own) in (0..).zip(&all) {
        let mut alone = net.build(Device::cpu(), Seed(3).trial(number)).unwrap();
        alone.run(200.0.ms()).unwrap();
        assert!(outcome(&mut alone) == *own, "trial {number}");
    }
    assert!(all[0].1 != all[1].1, "two trials learn the same");
}

#[test]
fn a_weight_without_room_is_an_error() {
    let mut net = Network::new(0.1.ms());
    let neurons = net.add("neurons", 10, IafPscExp::default()).unwrap();
    let synapse = Plastic::new("stdp_pl_synapse_hom", 40.0, 1.0)
        .unwrap()
        .with("lambda", 50.0)
        .unwrap()
        .with("alpha", 0.0)
        .unwrap();
    net.connect(&neurons, &neurons, AllToAll, synapse.with_room_for(60.0)).unwrap();
    net.stimulate(&neurons, PoissonGenerator::new(20_000.0), Static::new(60.0, 1.0)).unwrap();
    let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
    let problem = sim.run(500.0.ms()).unwrap_err().to_string();
    assert!(problem.contains("than its input has room for"), "{problem}");
}
