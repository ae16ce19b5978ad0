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

/// What y' = f(y, z(t - delay)) does at 1, 2, ... 20 ms, z being `seen` of y: by the method of steps, Runge-Kutta of fourth order on a grid so
/// fine that what it leaves out does not count.
fn delayed(start: [f64; 2], delay: f64, f: impl Fn([f64; 2], [f64; 2]) -> [f64; 2]) -> Vec<f64> {
    let per_ms = 2000;
    let h = 1.0 / f64::from(per_ms);
    let back = (delay * f64::from(per_ms)).round() as usize;
    let mut past = vec![start];
    for k in 0..20 * per_ms as usize {
        // Half a step on, the value between is good to the square of a step, as is all that it enters.
        let seen = |k: usize| past[k.saturating_sub(back)];
        let (begin, end) = (seen(k), seen(k + 1));
        let middle = [0, 1].map(|c| 0.5 * (begin[c] + end[c]));
        let add = |y: [f64; 2], slope: [f64; 2], h: f64| [0, 1].map(|c| y[c] + h * slope[c]);
        let y = past[k];
        let a = f(y, begin);
        let b = f(add(y, a, 0.5 * h), middle);
        let c = f(add(y, b, 0.5 * h), middle);
        let d = f(add(y, c, h), end);
        past.push([0, 1].map(|i| y[i] + h / 6.0 * (a[i] + 2.0 * b[i] + 2.0 * c[i] + d[i])));
    }
    (1..=20).map(|ms| past[ms * per_ms as usize][0] - 70.0).collect()
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn delayed_couplings_follow_the_equation_with_delay() {
    let joined = |delay: f64| {
        move |net: &mut Network, pair: &Selection| {
            net.couple(pair.slice(0..1), pair.slice(1..2), OneToOne, GapJunction::new(G).delayed(delay)).unwrap();
        }
    };
    // The first is reached by the second, which is left to itself.
    let graded = |delay: f64| {
        move |net: &mut Network, pair: &Selection| {
            let synapse = Graded::new(200.0, -73.0, 2.0).delayed(delay);
            net.couple(pair.slice(1..2), pair.slice(0..1), OneToOne, synapse).unwrap();
        }
    };
    let exact_joined =
        delayed([10.0, -10.0], 2.0, |y, seen| [0, 1].map(|i| -y[i] / TAU + G / C * (seen[1 - i] - y[i])));
    let exact_graded = delayed([10.0, -10.0], 2.0, |y, seen| {
        [-y[0] / TAU + 200.0 / C / (1.0 + ((-3.0 - seen[1]) / 2.0).exp()), -y[1] / TAU]
    });
    for (name, model) in [("native", native()), ("text", read(LEAKY))] {
        let far = |dt: f64| {
            let junction = distance(&pair(model.clone(), dt, joined(2.0)), &exact_joined);
            (junction, distance(&pair(model.clone(), dt, graded(2.0)), &exact_graded))
        };
        let (long, short) = (far(0.1), far(0.05));
        println!("{name}: {long:?} mV at 0.1 ms, {short:?} at 0.05");
        assert!(long.0 < 5e-4 && long.0 / short.0 > 3.0, "{name}: junction {long:?}, {short:?}");
        assert!(long.1 < 5e-4 && long.1 / short.1 > 3.0, "{name}: graded {long:?}, {short:?}");
        // A step later, and without delay.
        for delay in [2.1, 0.0] {
            assert!(distance(&pair(model.clone(), 0.1, joined(delay)), &exact_joined) > 1e-3, "{name}, {delay}");
            assert!(distance(&pair(model.clone(), 0.1, graded(delay)), &exact_graded) > 1e-3, "{name}, {delay}");
        }
    }
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
