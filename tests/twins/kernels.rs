//! L1: kernels on edge sizes and random inputs; integers bit-equal.

use neuropil::network::Value;
use neuropil::prelude::*;

use super::gpu;
use crate::support::run;

/// Neurons of given numbers that drive each other through every pass, with listed input to all of them.
fn sized(sources: u32, targets: u32) -> Network {
    let mut net = Network::new(0.1.ms());
    let eager = IafPscExp { t_ref: 0.3, tau_syn_ex: 0.5, ..default() };
    let a = net.add("a", sources, eager).unwrap();
    let b = net.add("b", targets, eager).unwrap();
    net.stimulate(&a, SpikeGenerator::at(&[0.1, 0.5, 0.6, 2.0]), Static::new(80_000.0, 0.2)).unwrap();
    let weights = Value::uniform(20_000.0 / f64::from(sources), 60_000.0 / f64::from(sources));
    net.connect(&a, &b, AllToAll, Static::new(weights, Value::uniform(0.1, 1.9))).unwrap();
    net.connect(&b, &a, FixedIndegree(1), Static::new(-300.0, 0.4)).unwrap();
    net.record(a.and(&b), Spikes).unwrap();
    net.record(&b, Variable::every("I_syn_ex", 0.1)).unwrap();
    net
}

#[test]
fn edge_sizes_are_the_same_on_gpu() {
    if !gpu() {
        return;
    }
    for (sources, targets) in [(1, 1), (1, 63), (2, 64), (3, 65), (63, 1), (64, 64), (65, 63), (129, 127)] {
        let net = sized(sources, targets);
        let cpu = run(&net, Device::cpu(), &PlanOptions::default(), 6.0);
        assert!(cpu.0.len() as u32 >= sources, "{sources}, {targets}: {}", cpu.0.len());
        assert!(run(&net, Device::gpu(), &PlanOptions::default(), 6.0) == cpu, "{sources} -> {targets}");
    }
}

#[test]
fn a_silent_network_stays_silent_on_gpu() {
    if !gpu() {
        return;
    }
    let mut net = Network::new(0.1.ms());
    let one = net.add("one", 1, IafPscExp::default()).unwrap();
    net.record(&one, Spikes).unwrap();
    net.record(&one, Variable::every("V_m", 1.0)).unwrap();
    let gpu = run(&net, Device::gpu(), &PlanOptions::default(), 20.0);
    assert!(gpu == run(&net, Device::cpu(), &PlanOptions::default(), 20.0));
    assert!(gpu.0.is_empty() && gpu.1 == vec![-70.0; 20]);
}

#[test]
fn more_neurons_than_one_grid_of_workgroups() {
    if !gpu() {
        return;
    }
    // 65,535 workgroups of 64 threads and one neuron more; the last neurons must be stepped too.
    let neurons = 65_535 * 64 + 1;
    let mut net = Network::new(0.1.ms());
    let all = net.add("all", neurons, IafPscExp { I_e: 500.0, ..default() }).unwrap();
    net.record(all.slice(neurons - 2..neurons), Variable::every("V_m", 0.1)).unwrap();
    let options = PlanOptions::default();
    let mut values = Vec::new();
    for device in [Device::cpu(), Device::gpu()] {
        let mut sim = Simulation::new(net.clone(), device, Seed(1), &options).unwrap();
        sim.run(0.2.ms()).unwrap();
        values.push(sim.samples(neuropil::network::RecorderId(0)).unwrap().to_vec());
    }
    assert_eq!(values[0], values[1]);
    assert!(values[0].iter().all(|&v| v > -70.0), "{values:?}");
}

#[test]
fn faults_are_found_by_both_players() {
    if !gpu() {
        return;
    }
    for model in neuropil::models::all() {
        if model.declaration().parameters.iter().any(|p| p.name == "I_e") {
            fault_is_found(model);
        }
    }
}

fn fault_is_found(model: std::sync::Arc<dyn neuropil::models::Model>) {
    let mut net = Network::new(0.1.ms());
    net.add("calm", 100, IafPscExp::default()).unwrap();
    let name = model.declaration().name;
    let mut wild = Population::new("wild", 50, model).unwrap();
    // Infinite in f32 after one step, in neurons 7 and 31.
    let each =
        |bad: f64, good: f64| Value::each((0..50).map(|i| if i % 24 == 7 { bad } else { good }).collect::<Vec<_>>());
    wild.set("I_e", each(-3e38, 0.0)).unwrap();
    if wild.model.declaration().parameters.iter().any(|p| p.name == "tau_m") {
        wild.set("C_m", 1e-3).unwrap();
    }
    net.add_population(wild).unwrap();
    let errors = [Device::cpu(), Device::gpu()].map(|device| {
        let mut sim = net.build(device, Seed(1)).unwrap();
        sim.run(1.0.ms()).expect_err(name).to_string()
    });
    assert_eq!(errors[0], errors[1]);
    assert!(errors[0].starts_with("wild[7] became NaN or infinite"), "{}", errors[0]);
    assert!(errors[0].contains("at step 1 "), "{}", errors[0]);
}
