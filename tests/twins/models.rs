//! L2: every model from the same random state under the same random input, f32 on both players bit-equal, f64 as referee.

use std::sync::Arc;

use neuropil::models::{Declaration, Model};
use neuropil::network::Value;
use neuropil::prelude::*;
use neuropil::random::Draws;
use neuropil::tile::Patch;

use super::gpu;

const NEURONS: u32 = 257;

/// Neurons of one model in random states with random input to every channel.
fn random(name: &str) -> Network {
    random_of(&neuropil::models::named(name, "test").unwrap())
}

fn random_of(model: &Arc<dyn Model>) -> Network {
    let declaration = model.declaration();
    let mut draws = Draws::new(5, 1, 9);
    let mut each = |low: f64, high: f64| {
        Value::each((0..NEURONS).map(|_| low + (high - low) * draws.unit()).collect::<Vec<f64>>())
    };
    let mut population = Population::new("neurons", NEURONS, model.clone()).unwrap();
    for variable in declaration.state {
        match (variable.unit, variable.name) {
            ("mV", "V_m") => population.set("V_m", each(-75.0, -54.0)).unwrap(),
            ("pA" | "nS" | "pA/ms" | "nS/ms", name) => population.set(name, each(0.0, 40.0)).unwrap(),
            _ => {}
        }
    }
    if declaration.parameters.iter().any(|p| p.name == "I_e") {
        population.set("I_e", each(-50.0, 700.0)).unwrap();
    }
    let mut net = Network::new(0.1.ms());
    let all = net.add_population(population).unwrap();
    let (excitation, inhibition) = match declaration.channels[0].unit {
        "mV" => (Value::uniform(0.1, 3.0), Value::uniform(-2.0, -0.1)),
        "nS" => (Value::uniform(0.5, 12.0), Value::uniform(-20.0, -0.5)),
        _ => (Value::uniform(20.0, 400.0), Value::uniform(-300.0, -20.0)),
    };
    net.stimulate(&all, PoissonGenerator::new(3000.0), Static { weight: excitation.clone(), ..Static::new(1.0, 0.1) })
        .unwrap();
    net.stimulate(&all, PoissonGenerator::new(1500.0), Static { weight: inhibition.clone(), ..Static::new(1.0, 0.1) })
        .unwrap();
    // Relays that feed each other would multiply spikes without bound.
    let sources = if declaration.multiple { all.slice(0..1) } else { all.clone() };
    let all = if declaration.multiple { all.slice(1..NEURONS) } else { all };
    net.connect(
        &sources,
        &all,
        FixedIndegree(20),
        Static { weight: excitation, ..Static::new(1.0, Value::uniform(0.1, 3.0)) },
    )
    .unwrap();
    net.connect(
        &sources,
        &all,
        FixedIndegree(10),
        Static { weight: inhibition, ..Static::new(1.0, Value::uniform(0.1, 3.0)) },
    )
    .unwrap();
    net.record(&all, Spikes).unwrap();
    net
}

/// Spikes, and every state variable of every neuron, after `ms`.
pub fn outcome(net: &Network, device: Device, ms: f64) -> (Vec<(u32, u32)>, Vec<Vec<f64>>) {
    let mut sim = Simulation::new(net.clone(), device, Seed(3), &PlanOptions::default()).unwrap();
    sim.run(ms.ms()).unwrap();
    let names: Vec<&str> = net.populations()[0].model.declaration().state.iter().map(|v| v.name).collect();
    let state = names.iter().map(|name| sim.state("neurons", name).unwrap()).collect();
    (sim.all_spikes().to_vec(), state)
}

#[test]
fn every_model_is_the_same_on_gpu() {
    if !gpu() {
        return;
    }
    for model in neuropil::models::all() {
        let name = model.declaration().name;
        let net = random(name);
        for ms in [0.1, 0.2, 40.0] {
            let (cpu, gpu) = (outcome(&net, Device::cpu(), ms), outcome(&net, Device::gpu(), ms));
            assert!(cpu.1 == gpu.1, "{name}: states differ after {ms} ms");
            assert!(cpu.0 == gpu.0, "{name}: spikes differ within {ms} ms");
        }
        assert!(!outcome(&net, Device::cpu(), 40.0).0.is_empty(), "{name} is silent");
    }
}

#[test]
fn f32_is_near_f64_after_one_step() {
    for model in neuropil::models::all() {
        let name = model.declaration().name;
        let net = random(name);
        let single = outcome(&net, Device::cpu(), 0.1).1;
        let double = outcome(&net, Device::cpu().precision(Precision::F64), 0.1).1;
        for (variable, (a, b)) in single.iter().flatten().zip(double.iter().flatten()).enumerate() {
            // Values up to 100 mV or 1000 pA, a handful of roundings of 6e-8 each.
            assert!((a - b).abs() <= 2e-6 * b.abs().max(100.0), "{name}, value {variable}: {a} and {b}");
        }
    }
}

#[test]
fn states_of_another_seed_differ() {
    let net = random("iaf_psc_exp");
    let mut sim = Simulation::new(net.clone(), Device::cpu(), Seed(4), &PlanOptions::default()).unwrap();
    sim.run(1.0.ms()).unwrap();
    assert!(sim.state("neurons", "V_m").unwrap() != outcome(&net, Device::cpu(), 1.0).1[0]);
}

/// A model whose GPU code is wrong on purpose.
#[derive(Debug)]
struct Mutant {
    inner: Arc<dyn Model>,
    declaration: &'static Declaration,
}

impl Mutant {
    fn new(inner: &Arc<dyn Model>, from: &str, to: &str) -> Mutant {
        let d = inner.declaration();
        let wgsl = d.wgsl.replace(from, to);
        assert_ne!(wgsl, d.wgsl, "{}", d.name);
        let Declaration { name, about, parameters, state, derived, channels, multiple, .. } = *d;
        let wgsl: &'static str = wgsl.leak();
        let declaration = Declaration { name, about, parameters, state, derived, channels, multiple, wgsl };
        Mutant { inner: inner.clone(), declaration: Box::leak(Box::new(declaration)) }
    }
}

impl Model for Mutant {
    fn declaration(&self) -> &'static Declaration {
        self.declaration
    }
    fn derive(&self, parameters: &[f64], dt: f64) -> Vec<f64> {
        self.inner.derive(parameters, dt)
    }
    fn broken_rule(&self, parameters: &[f64]) -> Option<(&'static str, String)> {
        self.inner.broken_rule(parameters)
    }
    fn silent_steps(&self, parameters: &[f64], dt: f64) -> u64 {
        self.inner.silent_steps(parameters, dt)
    }
    fn integrate_f32(&self, patch: Patch<'_, f32>) {
        self.inner.integrate_f32(patch);
    }
    fn integrate_f64(&self, patch: Patch<'_, f64>) {
        self.inner.integrate_f64(patch);
    }
}

#[test]
fn a_flipped_sign_in_the_shader_is_noticed() {
    if !gpu() {
        return;
    }
    for model in neuropil::models::all() {
        let name = model.declaration().name;
        let net = random_of(&(Arc::new(Mutant::new(&model, "input[0]", "(-input[0])")) as Arc<dyn Model>));
        let (cpu, gpu) = (outcome(&net, Device::cpu(), 1.0), outcome(&net, Device::gpu(), 1.0));
        assert!(cpu.1 != gpu.1, "{name}: a flipped sign goes unnoticed");
    }
}
