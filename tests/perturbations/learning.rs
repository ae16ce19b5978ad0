//! Synapses that learn, cut for a while: they send nothing, and go on learning.

use neuropil::network::{Perturb, RecorderId};
use neuropil::prelude::*;

use crate::plasticity::invariance::outcome;

/// Two populations, the second of which is cut off from half of the first in some windows, ms.
pub fn learns(windows: &[(f64, f64)]) -> Network {
    let mut net = Network::new(0.1.ms());
    let from = net.add("from", 40, IafPscExp { I_e: 450.0, ..default() }).unwrap();
    let to = net.add("to", 30, IafPscExp { I_e: 300.0, ..default() }).unwrap();
    let synapse = Plastic::new("stdp_synapse", Value::uniform(40.0, 80.0), Value::uniform(0.5, 3.0)).unwrap();
    let synapse = synapse.with("Wmax", 120.0).unwrap().with("lambda", 0.1).unwrap();
    net.connect(&from, from.and(&to), FixedIndegree(10), synapse).unwrap();
    net.connect(&to, &from, FixedIndegree(5), Static::new(-50.0, 1.0)).unwrap();
    net.stimulate(&from, PoissonGenerator::new(5000.0), Static::new(30.0, 1.0)).unwrap();
    net.record(from.and(&to), Spikes).unwrap();
    for &(start, stop) in windows {
        net.perturb(from.slice(0..20), Perturb::Disconnect(to.slice(5..30)), start..stop).unwrap();
    }
    net
}

/// Spikes, and the state of all synapses.
pub fn learning(net: &Network, device: Device, shards: u32) -> (Vec<Spike>, Vec<Vec<u64>>) {
    let options = PlanOptions { shards, ..default() };
    let mut sim = Simulation::new(net.clone(), device, Seed(3), &options).unwrap();
    sim.run(70.0.ms()).unwrap();
    outcome(&mut sim)
}

#[test]
fn threads_shards_and_stops_do_not_matter_to_cuts_of_synapses_that_learn() {
    let net = learns(&[(10.0, 30.0), (45.0, 60.0)]);
    let whole = learning(&net, Device::cpu().threads(1), 1);
    assert!(whole.0.len() > 50, "{} spikes", whole.0.len());
    for shards in [2, 5] {
        assert!(learning(&net, Device::cpu().threads(2), shards) == whole, "{shards} shards");
    }
    for stop in [9.9, 25.0, 50.3] {
        let mut sim = net.build(Device::cpu(), Seed(3)).unwrap();
        sim.run(stop.ms()).unwrap();
        let kept = sim.checkpoint().unwrap();
        let mut sim = Simulation::resume(net.clone(), Device::cpu(), Seed(3), &default(), &kept).unwrap();
        sim.run((70.0 - stop).ms()).unwrap();
        assert!(outcome(&mut sim) == whole, "stopped at {stop} ms");
    }
    assert!(learning(&learns(&[(10.0, 30.0)]), Device::cpu(), 1) != whole);
    assert!(learning(&learns(&[]), Device::cpu(), 1) != whole);
}

/// The potential of a target in steps of 0.1 ms, and the weight at the end, where a spike of its source every 10 ms passes or
/// is cut.
fn one(cut: Option<(f64, f64)>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let mut net = Network::new(0.1.ms());
    let source = net.add("source", 1, ParrotNeuron {}).unwrap();
    let target = net.add("target", 1, IafPscDelta { V_th: 1e6, tau_m: 10.0, ..default() }).unwrap();
    let synapse = Plastic::new("tsodyks2_synapse", 8.0, 1.5).unwrap().with("tau_rec", 50.0).unwrap();
    net.connect(&source, &target, OneToOne, synapse).unwrap();
    let times: Vec<f64> = (1..=8).map(|k| 10.0 * f64::from(k)).collect();
    net.stimulate(&source, SpikeGenerator::at(&times), Static::new(1.0, 1.0)).unwrap();
    net.record(&target, Variable::every("V_m", 0.1)).unwrap();
    if let Some((start, stop)) = cut {
        net.perturb(&source, Perturb::Disconnect(target.clone()), start..stop).unwrap();
    }
    let mut sim = net.build(Device::cpu().precision(Precision::F64), Seed(1)).unwrap();
    sim.run(100.0.ms()).unwrap();
    (sim.samples(RecorderId(0)).unwrap().to_vec(), sim.synapses(0).unwrap().state)
}

#[test]
fn a_synapse_that_is_cut_sends_nothing_and_goes_on_learning() {
    let (plain, cut) = (one(None), one(Some((30.0, 50.0))));
    // Spikes leave the source at 11, 21... and are felt 1.5 ms later.
    let jumps = |potential: &[f64]| -> Vec<usize> {
        let risen = (1..potential.len()).filter(|&k| potential[k] > potential[k - 1] + 0.1);
        risen.map(|k| k + 1).collect()
    };
    assert_eq!(jumps(&plain.0), [125, 225, 325, 425, 525, 625, 725, 825]);
    assert_eq!(jumps(&cut.0), [125, 225, 525, 625, 725, 825]);
    assert!(cut.1 == plain.1, "resources are used all the same");
    // One that has left before it is cut arrives.
    assert_eq!(jumps(&one(Some((31.0, 40.0))).0), jumps(&plain.0));
    assert_eq!(jumps(&one(Some((30.9, 40.0))).0).len(), 7);
}
