//! Neurons that spike several times in a step: the adaptive exponential models without a refractory period, against
//! their equations followed in steps of 10 ns.

use neuropil::device::Precision;
use neuropil::equations::text;
use neuropil::models;
use neuropil::prelude::*;
use neuropil::tile::{Interpreted, Model};
use std::sync::Arc;

const V_TH: f64 = -50.4;

/// How often a neuron with default parameters fires in `ms` under the current `i` (pA), followed in steps of 10 ns by
/// the rule of Runge and Kutta; `sharp`: Delta_T = 0, a threshold at V_th.
fn followed(i: f64, ms: f64, sharp: bool) -> u64 {
    const H: f64 = 1e-5;
    let rates = |v: f64, w: f64| {
        let at = v.min(0.0);
        let upswing = if sharp { 0.0 } else { 30.0 * 2.0 * ((at - V_TH) / 2.0).exp() };
        ((-30.0 * (at + 70.6) + upswing - w + i) / 281.0, (4.0 * (at + 70.6) - w) / 144.0)
    };
    let (mut v, mut w, mut spikes) = (-70.6, 0.0, 0);
    for _ in 0..(ms / H).round() as u64 {
        let a = rates(v, w);
        let b = rates(v + 0.5 * H * a.0, w + 0.5 * H * a.1);
        let c = rates(v + 0.5 * H * b.0, w + 0.5 * H * b.1);
        let d = rates(v + H * c.0, w + H * c.1);
        v += H / 6.0 * (a.0 + 2.0 * b.0 + 2.0 * c.0 + d.0);
        w += H / 6.0 * (a.1 + 2.0 * b.1 + 2.0 * c.1 + d.1);
        if v >= if sharp { V_TH } else { 0.0 } {
            (v, w, spikes) = (-60.0, w + 80.5, spikes + 1);
        }
    }
    spikes
}

/// How often a neuron of `model` fires.
fn played(model: Arc<dyn Model>, i: f64, ms: f64, sharp: bool) -> u64 {
    let mut net = Network::new(0.1.ms());
    let mut cell = Population::new("cell", 1, model).unwrap();
    cell.set("I_e", i).unwrap();
    if sharp {
        cell.set("Delta_T", 0.0).unwrap();
    }
    let cell = net.add_population(cell).unwrap();
    net.record(&cell, Spikes).unwrap();
    let mut sim = net.build(Device::cpu().threads(1).precision(Precision::F64), Seed(1)).unwrap();
    sim.run(ms.ms()).unwrap();
    sim.spike_count()
}

#[test]
fn several_spikes_in_a_step_are_all_found() {
    for (i, ms) in [(5e4, 10.0), (1e5, 3.0), (3e5, 3.0)] {
        for name in ["aeif_cond_exp", "aeif_psc_exp", "aeif_cond_alpha"] {
            for sharp in [false, true] {
                let found = played(models::named(name, "test").unwrap(), i, ms, sharp);
                let expected = followed(i, ms, sharp);
                // Spikes move by some parts of a ten thousandth of a step each.
                assert!(found.abs_diff(expected) <= 1 + expected / 50, "{name} {i} {sharp}: {found}, not {expected}");
            }
        }
    }
}

#[test]
fn too_few_parts_lose_spikes() {
    let text = include_str!("../../models/neurons/aeif_cond_exp.toml");
    let coarse = text.replace("substeps = 1000", "substeps = 12").replace("aeif_cond_exp", "aeif_coarse");
    assert_ne!(coarse, text.replace("aeif_cond_exp", "aeif_coarse"));
    let model = text::Model::of_file("test", &coarse).unwrap().remove(0);
    let found = played(Arc::new(Interpreted::new(model).unwrap()), 3e5, 3.0, false);
    assert!(found < followed(3e5, 3.0, false) * 9 / 10, "{found}");
}

#[test]
fn more_spikes_than_a_model_may_have_stop_the_run() {
    let mut net = Network::new(0.1.ms());
    let mut cell = Population::new("cell", 1, models::named("aeif_cond_exp", "test").unwrap()).unwrap();
    cell.set("I_e", 3e6).unwrap();
    net.add_population(cell).unwrap();
    let mut sim = net.build(Device::cpu().threads(1), Seed(1)).unwrap();
    let said = sim.run(3.0.ms()).unwrap_err().to_string();
    assert!(said.contains("it had more spikes in a step than its model may"), "{said}");
}
