//! L2: every model from the same random state under the same random input, f32 on both players bit-equal, f64 as referee.

use std::sync::Arc;

use neuropil::models::Model;
use neuropil::prelude::*;

use super::gpu;
use crate::couplings::gain::driven;
use crate::support::altered::Altered;
pub use crate::support::neurons::outcome;
use crate::support::neurons::random_of;

/// Neurons of one model in random states with random input to every channel.
fn random(name: &str) -> Network {
    random_of(&neuropil::models::named(name, "test").unwrap())
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
        // A graded neuron and a readout do not spike, and an astrocyte not so soon.
        let silent = outcome(&net, Device::cpu(), 40.0).0.is_empty();
        assert_eq!(
            silent,
            ["li_neuron", "li_readout", "astrocyte_release"].contains(&name),
            "{name}: whether it is silent"
        );
    }
}

#[test]
fn models_in_text_are_the_same_on_gpu() {
    if !gpu() {
        return;
    }
    for name in ["adex", "hodgkin_huxley", "izhikevich"] {
        let path = format!("{}/examples/models/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        let setup = neuropil::experiment::Experiment::read(path).unwrap().setup().unwrap();
        let played = |device: Device| {
            let mut simulation = Simulation::new(setup.network.clone(), device, Seed(3), &setup.options).unwrap();
            simulation.run(40.0.ms()).unwrap();
            let samples = (1..setup.network.recorders().len())
                .map(|recorder| simulation.samples(neuropil::network::RecorderId(recorder)).unwrap().to_vec());
            let samples: Vec<Vec<f64>> = samples.collect();
            (simulation.all_spikes().to_vec(), samples)
        };
        let (cpu, gpu) = (played(Device::cpu()), played(Device::gpu()));
        assert!(cpu.0.len() > 10, "{name}: {} spikes", cpu.0.len());
        assert!(cpu == gpu, "{name} differs");
    }
}

#[test]
fn a_gain_by_gliotransmitter_is_the_same_on_gpu() {
    if !gpu() {
        return;
    }
    let net = |gain: f64| driven(&neuropil::models::named("iaf_psc_exp_glia", "test").unwrap(), gain);
    let cpu = outcome(&net(0.5), Device::cpu(), 60.0);
    assert!(cpu.0.len() > 200, "{} spikes", cpu.0.len());
    assert!(outcome(&net(0.5), Device::gpu(), 60.0) == cpu);
    assert!(outcome(&net(0.51), Device::gpu(), 60.0) != cpu, "another gain must show");
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

/// A model whose GPU code is changed on purpose.
pub fn mutant(inner: &Arc<dyn Model>, from: &str, to: &str) -> Altered {
    let text = inner.wgsl().unwrap();
    let wgsl = text.replace(from, to);
    assert_ne!(wgsl, text, "{}", inner.declaration().name);
    Altered { wgsl: Some(wgsl), ..Altered::new(inner) }
}

#[test]
fn a_flipped_sign_in_the_shader_is_noticed() {
    if !gpu() {
        return;
    }
    for model in neuropil::models::all() {
        let name = model.declaration().name;
        let net = random_of(&(Arc::new(mutant(&model, "input[0]", "(-input[0])")) as Arc<dyn Model>));
        let (cpu, gpu) = (outcome(&net, Device::cpu(), 1.0), outcome(&net, Device::gpu(), 1.0));
        assert!(cpu.1 != gpu.1, "{name}: a flipped sign goes unnoticed");
    }
}
