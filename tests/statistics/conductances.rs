//! Conductances that follow an Ornstein-Uhlenbeck process.

use super::measures::{ACCEPT, REJECT, correlation, kolmogorov_smirnov, moments, normal};
use neuropil::network::{OuConductanceGenerator, RecorderId};
use neuropil::prelude::*;

const TAU: f64 = 3.0;

fn drive(mean: f64, std: f64) -> OuConductanceGenerator {
    OuConductanceGenerator { mean, std, tau: TAU, start: 4.0, stop: 104.0 }
}

/// The conductances of a receptor of each of so many neurons after each step, a row per step.
fn conductances(drive: OuConductanceGenerator, weight: f64, of: &str, neurons: u32) -> Vec<Vec<f64>> {
    let mut net = Network::new(0.1.ms());
    let cells = IafCondExp { tau_syn_ex: TAU, tau_syn_in: TAU, V_th: 1e9, ..default() };
    let all = net.add("a", neurons, cells).unwrap();
    net.record(&all, Variable::every(of, 0.1)).unwrap();
    net.stimulate(&all, drive, Static::new(weight, 0.1)).unwrap();
    let mut sim = net.build(Device::cpu().precision(Precision::F64), Seed(5)).unwrap();
    sim.run(120.0.ms()).unwrap();
    sim.samples(RecorderId(0)).unwrap().chunks(neurons as usize).map(<[f64]>::to_vec).collect()
}

#[test]
fn a_conductance_has_mean_deviation_and_time_constant_from_its_first_step_on() {
    let (mean, std, n) = (20.0, 4.0, 2000);
    let found = conductances(drive(mean, std), 1.0, "g_ex", n);
    // A spike of the first step, 4.1 ms, would arrive one step later.
    assert!(found[..41].iter().flatten().all(|g| *g == 0.0) && found[41].iter().all(|g| *g != 0.0));
    for row in [41, 42, 100, 1040] {
        let (own_mean, variance) = moments(&found[row]);
        let n = f64::from(n);
        assert!((own_mean - mean).abs() < 4.0 * std / n.sqrt(), "{row}: {own_mean}");
        assert!((variance / (std * std) - 1.0).abs() < 4.0 * (2.0 / n).sqrt(), "{row}: {variance}");
        assert!(kolmogorov_smirnov(found[row].iter().map(|g| (g - mean) / std), normal) > ACCEPT, "{row}");
        assert!(kolmogorov_smirnov(found[row].iter().map(|g| (g - mean) / std / 1.6), normal) < REJECT, "{row}");
    }
    for lag in [1, 10, 30, 90] {
        let expected = (-0.1 * lag as f64 / TAU).exp();
        let own = correlation(&found[500], &found[500 + lag]) / f64::from(n).sqrt();
        assert!((own - expected).abs() < 4.0 * (1.0 - expected * expected) / f64::from(n).sqrt(), "{lag}: {own}");
        assert!((own - (-0.1 * lag as f64 / (2.0 * TAU)).exp()).abs() > 0.01 || lag == 1, "{lag}: another constant");
    }
    // It decays when the stimulus has ended.
    let decayed = found[1041].iter().zip(&found[1051]).all(|(a, b)| (b / a - (-1.0 / TAU).exp()).abs() < 1e-7);
    assert!(decayed, "it ends");
    assert!(found[500][0] != found[500][1], "each has its own");
}

#[test]
fn a_conductance_below_zero_is_as_frequent_as_a_normal_number() {
    let found = conductances(drive(2.0, 2.0), -1.5, "g_in", 2000);
    let (mean, variance) = moments(&found[800]);
    assert!((mean - 3.0).abs() < 0.3 && (variance - 9.0).abs() < 1.2, "a factor of 1.5: {mean} {variance}");
    let below = found[800].iter().filter(|g| **g < 0.0).count() as f64 / 2000.0;
    assert!((below - 0.158_655).abs() < 0.033, "{below}");
    // A checkpoint holds it, and other numbers that cannot be are still refused.
    let mut net = Network::new(0.1.ms());
    let all = net.add("a", 50, IafCondExp { tau_syn_in: TAU, V_th: 1e9, ..default() }).unwrap();
    net.stimulate(&all, drive(2.0, 2.0), Static::new(-1.0, 0.1)).unwrap();
    let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
    sim.run(50.0.ms()).unwrap();
    let mut kept = sim.checkpoint().unwrap();
    let resumed = |kept: &_| Simulation::resume(net.clone(), Device::cpu(), Seed(1), &PlanOptions::default(), kept);
    let g_in = 2;
    assert!(kept.state[0][g_in].iter().any(|value| *value < -0.1), "{:?}", kept.identity.populations[0].variables);
    resumed(&kept).unwrap();
    kept.state[0][g_in][0] = f64::NAN;
    assert!(resumed(&kept).unwrap_err().to_string().contains("a.g_in = NaN"));
}

#[test]
fn receptors_of_currents_are_told() {
    let mut net = Network::new(0.1.ms());
    let cells = net.add("cells", 3, IafPscExp::default()).unwrap();
    let other = net.add("other", 3, IafCondExp::default()).unwrap();
    let said = net.stimulate(cells, drive(1.0, 1.0), Static::new(1.0, 1.0)).unwrap_err().to_string();
    assert!(said.contains("'cells' is of iaf_psc_exp, whose receptor 'ex' takes pA and no conductance"), "{said}");
    let said = net.stimulate(&other, drive(1.0, -1.0), Static::new(1.0, 1.0)).unwrap_err().to_string();
    assert!(said.contains("std = -1 nS must be 0 or more"), "{said}");
    let said = net
        .stimulate(&other, OuConductanceGenerator { tau: 0.0, ..drive(1.0, 1.0) }, Static::new(1.0, 1.0))
        .unwrap_err()
        .to_string();
    assert!(said.contains("tau = 0 ms must be greater than 0"), "{said}");
}
