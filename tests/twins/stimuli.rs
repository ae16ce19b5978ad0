//! Stimuli that change from step to step bring the same on a GPU.

use super::{first_difference, gpu};
use crate::support::run;
use crate::support::stimulated::stimulated;
use neuropil::network::AcGenerator;
use neuropil::prelude::*;

#[test]
fn stimuli_are_the_same_on_gpu() {
    if !gpu() {
        return;
    }
    let cpu = run(&stimulated(100), Device::cpu(), &PlanOptions::default(), 50.0);
    assert!(cpu.0.len() > 500, "{} spikes", cpu.0.len());
    for (shards, batch) in [(1, 512), (3, 37)] {
        let options = PlanOptions { shards, ..default() };
        let mut sim = Simulation::new(stimulated(100), Device::gpu(), Seed(7), &options).unwrap();
        sim.set_batch(batch);
        sim.run(20.3.ms()).unwrap();
        sim.run(29.7.ms()).unwrap();
        assert!(sim.all_spikes() == cpu.0, "{shards} shards: {:?}", first_difference(sim.all_spikes(), &cpu.0));
        assert!(sim.samples(neuropil::network::RecorderId(1)).unwrap() == cpu.1, "{shards} shards");
        let mut other = Simulation::new(stimulated(100), Device::gpu(), Seed(7).trial(1), &options).unwrap();
        other.run(50.0.ms()).unwrap();
        assert!(other.all_spikes() != cpu.0, "another trial is seen");
    }
}

#[test]
fn currents_that_change_reach_coupled_neurons_on_gpu() {
    if !gpu() {
        return;
    }
    let net = |amplitude: f64| {
        let mut net = Network::new(0.1.ms());
        let all = net.add("a", 30, IafPscExp { I_e: 350.0, ..default() }).unwrap();
        net.couple(&all, &all, PairwiseBernoulli(0.2), GapJunction::new(0.5)).unwrap();
        let swing =
            AcGenerator { amplitude, offset: 60.0, frequency: 90.0, phase: 0.0, start: 2.0, stop: f64::INFINITY };
        net.stimulate(all.slice(0..20), swing, Static::new(1.0, 0.5)).unwrap();
        net.record(&all, Spikes).unwrap();
        net.record(&all, Variable::every("V_m", 0.7)).unwrap();
        net
    };
    let cpu = run(&net(100.0), Device::cpu(), &PlanOptions::default(), 50.0);
    assert!(cpu.0.len() > 30, "{} spikes", cpu.0.len());
    assert!(run(&net(100.0), Device::gpu(), &PlanOptions::default(), 50.0) == cpu);
    assert!(run(&net(101.0), Device::gpu(), &PlanOptions::default(), 50.0) != cpu, "another amplitude is seen");
}
