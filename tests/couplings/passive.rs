//! Cells without spikes, whose potentials have closed forms.

use super::read;
use neuropil::models::Model;
use neuropil::network::RecorderId;
use neuropil::prelude::*;
use std::sync::Arc;

const TAU: f64 = 10.0;
const C: f64 = 250.0;
const G: f64 = 5.0;

/// A leaky membrane as text, stored relative to its rest.
pub const LEAKY: &str = r#"
[model.leaky]
kind = "neuron"
about = "a leaky membrane"
parameters = { tau_m = "10 ms > 0: membrane time constant", C_m = "250 pF > 0: capacitance", E_L = "-70 mV: rest" }
state = { V_m = "E_L mV: potential" }
receptors = { in = "mV all: V_m += in" }
dynamics = { equations = "V_m' = -(V_m - E_L) / tau_m + I / C_m", spike = "V_m > 1000 mV" }
"#;

fn native() -> Arc<dyn Model> {
    neuropil::models::named("iaf_psc_exp", "test").unwrap()
}

/// Two cells at -60 and -80 mV, the potential of the first every ms.
fn pair(model: Arc<dyn Model>, dt: f64, couple: impl FnOnce(&mut Network, &Selection)) -> Vec<f64> {
    let mut net = Network::new(dt.ms());
    let mut population = Population::new("pair", 2, model).unwrap();
    population.set("V_m", Value::each([-60.0, -80.0])).unwrap();
    let pair = net.add_population(population).unwrap();
    couple(&mut net, &pair);
    net.record(&pair, Spikes).unwrap();
    net.record(pair.slice(0..1), Variable::every("V_m", 1.0)).unwrap();
    let device = Device::cpu().threads(1).precision(Precision::F64);
    let mut sim = Simulation::new(net, device, Seed(1), &PlanOptions::default()).unwrap();
    sim.run(20.0.ms()).unwrap();
    sim.samples(RecorderId(1)).unwrap().to_vec()
}

/// The largest distance from what two cells that are joined do: their difference decays with 1/tau + 2 g/C.
fn error(trace: &[f64]) -> f64 {
    let exact = |t: f64| -70.0 + 10.0 * (-t * (1.0 / TAU + 2.0 * G / C)).exp();
    trace.iter().enumerate().map(|(k, v)| (v - exact((k + 1) as f64)).abs()).fold(0.0, f64::max)
}

fn joined(net: &mut Network, pair: &Selection) {
    net.couple(pair.slice(0..1), pair.slice(1..2), OneToOne, GapJunction::new(G)).unwrap();
}

#[test]
fn the_error_of_a_junction_falls_with_the_square_of_the_step() {
    for (name, model, most) in [("native", native(), 5e-4), ("text", read(LEAKY), 5e-4)] {
        let [long, short] = [0.1, 0.05].map(|dt| error(&pair(model.clone(), dt, joined)));
        println!("{name}: {long:.1e} mV at 0.1 ms, {short:.1e} at 0.05");
        assert!(long < most && long / short > 3.0, "{name}: {long:e}, {short:e}");
    }
    // Without the junction, and with one that is a tenth stronger.
    assert!(error(&pair(native(), 0.1, |_, _| ())) > 1.0);
    let stronger = |net: &mut Network, pair: &Selection| {
        net.couple(pair.slice(0..1), pair.slice(1..2), OneToOne, GapJunction::new(1.1 * G)).unwrap();
    };
    assert!(error(&pair(native(), 0.1, stronger)) > 0.03);
}

/// A text with the same equations as a model in Rust, one of whose potentials is held within a step, the other not.
#[test]
fn a_potential_that_is_held_is_as_good_as_one_that_runs() {
    let [held, runs] = [native(), read(LEAKY)].map(|model| error(&pair(model, 0.1, joined)));
    assert!(held < 3.0 * runs && runs < 3.0 * held, "{held:e}, {runs:e}");
}

#[test]
fn a_graded_synapse_gives_its_share_of_the_current() {
    // The source does not move, so the target relaxes to what the current holds it at.
    let mut net = Network::new(0.1.ms());
    let source = net.add("source", 1, IafPscExp { E_L: -62.0, V_th: 0.0, ..default() }).unwrap();
    let target = net.add("target", 1, IafPscExp { V_th: 0.0, ..default() }).unwrap();
    net.couple(&source, &target, OneToOne, Graded::new(300.0, -60.0, 4.0)).unwrap();
    net.record(&target, Spikes).unwrap();
    net.record(&target, Variable::every("V_m", 5.0)).unwrap();
    let device = Device::cpu().threads(1).precision(Precision::F64);
    let mut sim = Simulation::new(net, device, Seed(1), &PlanOptions::default()).unwrap();
    sim.run(20.0.ms()).unwrap();
    let share = 1.0 / (1.0 + (2.0f64 / 4.0).exp());
    for (k, v) in sim.samples(RecorderId(1)).unwrap().iter().enumerate() {
        let time = (k + 1) as f64 * 5.0;
        let exact = -70.0 + 300.0 * share * TAU / C * (1.0 - (-time / TAU).exp());
        assert!((v - exact).abs() < 1e-9 && exact > -69.0, "{v} mV, not {exact}");
    }
}
