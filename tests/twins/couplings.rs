//! Continuous couplings give the same bits on both players.

use super::gpu;
use crate::couplings::invariance::{Found, delayed, found, mixed, tripartite};
use neuropil::checkpoint::Checkpoint;
use neuropil::prelude::*;

fn run(net: &Network, device: Device, options: &PlanOptions) -> Found {
    let mut sim = Simulation::new(net.clone(), device, Seed(7), options).unwrap();
    sim.set_batch(37);
    sim.run(40.0.ms()).unwrap();
    found(&sim)
}

#[test]
fn coupled_networks_are_the_same_on_gpu() {
    if !gpu() {
        return;
    }
    for (name, net) in [("junctions", mixed()), ("astrocytes", tripartite())].into_iter().chain(delayed()) {
        let cpu = run(&net, Device::cpu(), &PlanOptions::default());
        assert!(cpu.0.len() > 60);
        for (shard_bytes, skip_idle) in [(1 << 30, true), (3_000, true), (1 << 30, false)] {
            let options = PlanOptions { shard_bytes, skip_idle, ..default() };
            assert!(run(&net, Device::gpu(), &options) == cpu, "{name}, {shard_bytes} bytes, skip_idle {skip_idle}");
        }
    }
    let mut other = mixed();
    let (native, leaky) = (other.population("native", "").unwrap(), other.population("leaky", "").unwrap());
    other.couple(native.slice(0..1), leaky.slice(0..1), OneToOne, GapJunction::new(0.01)).unwrap();
    let cpu = run(&mixed(), Device::cpu(), &PlanOptions::default());
    assert!(run(&other, Device::gpu(), &PlanOptions::default()) != cpu, "one junction more");
}

/// A model whose potential loses current through junctions is another kernel than the same model without.
#[test]
fn a_model_may_be_coupled_and_not_in_one_network() {
    if !gpu() {
        return;
    }
    let mut net = Network::new(0.1.ms());
    let mut ring = |name: &str| {
        let model = neuropil::models::named("hh_psc_alpha_gap", "test").unwrap();
        let mut cells = Population::new(name, 5, model).unwrap();
        cells.set("V_m", Value::uniform(-75.0, -60.0)).unwrap();
        cells.set("I_e", Value::uniform(0.0, 140.0)).unwrap();
        net.add_population(cells).unwrap()
    };
    let (joined, apart) = (ring("joined"), ring("apart"));
    net.couple(&joined, &joined, AllToAll, GapJunction::new(0.5)).unwrap();
    net.record(joined.and(&apart), Spikes).unwrap();
    net.record(&joined, Variable::every("V_m", 0.5)).unwrap();
    net.record(&apart, Variable::every("V_m", 0.5)).unwrap();
    let cpu = run(&net, Device::cpu(), &PlanOptions::default());
    assert!(run(&net, Device::gpu(), &PlanOptions::default()) == cpu);
}

#[test]
fn a_coupled_run_goes_on_on_the_other_device() {
    if !gpu() {
        return;
    }
    let timeless = |checkpoint: Checkpoint| Checkpoint { run_time_s: 0.0, ..checkpoint };
    for net in [mixed(), tripartite()] {
        let whole = |ms: f64| {
            let mut sim = Simulation::new(net.clone(), Device::cpu(), Seed(7), &PlanOptions::default()).unwrap();
            sim.run(ms.ms()).unwrap();
            timeless(sim.checkpoint().unwrap())
        };
        let go_on = |device: Device, from: &Checkpoint, ms: f64| {
            let mut sim = Simulation::resume(net.clone(), device, Seed(7), &PlanOptions::default(), from)?;
            sim.run(ms.ms())?;
            sim.checkpoint().map(timeless)
        };
        let middle = go_on(Device::gpu(), &whole(9.3), 12.1).unwrap();
        assert!(middle == whole(21.4), "from the CPU to the GPU");
        assert!(go_on(Device::cpu(), &middle, 8.6).unwrap() == whole(30.0), "and back");
        let mut lost = middle.clone();
        lost.signals.pop();
        let said = go_on(Device::gpu(), &lost, 1.0).unwrap_err().to_string();
        assert_eq!(said, "checkpoint: it has not the signals of this network's couplings; take an earlier copy");
    }
}
