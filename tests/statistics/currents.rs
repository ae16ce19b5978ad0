//! Currents that change from step to step: swings, noise, Ornstein-Uhlenbeck processes.

use super::measures::{ACCEPT, REJECT, correlation, kolmogorov_smirnov, moments, normal};
use neuropil::network::{AcGenerator, Drive, NoiseGenerator, OuCurrentGenerator, RecorderId};
use neuropil::prelude::*;

/// The current into each of `targets` in the update of each step, a row per step: 1 pA makes 1 mV at once, and all is gone after a
/// step. With the shortest delay, what a generator gives at time s is in row s + 1.
fn flowing(drive: impl Into<Drive>, targets: u32, ms: f64) -> Vec<Vec<f64>> {
    let tiny = 1e-3;
    let still = IafPscExp { E_L: 0.0, V_reset: 0.0, V_th: 1e9, tau_m: tiny, C_m: tiny, ..default() };
    let mut net = Network::new(0.1.ms());
    let all = net.add("a", targets, still).unwrap();
    net.record(&all, Variable::every("V_m", 0.1)).unwrap();
    net.stimulate(&all, drive, Static::new(1.0, 0.1)).unwrap();
    let mut sim = net.build(Device::cpu().precision(Precision::F64), Seed(21)).unwrap();
    sim.run(ms.ms()).unwrap();
    sim.samples(RecorderId(0)).unwrap().chunks(targets as usize).map(<[f64]>::to_vec).collect()
}

fn swing() -> AcGenerator {
    AcGenerator { amplitude: 70.0, offset: -20.0, frequency: 130.0, phase: 40.0, start: 3.0, stop: 17.0 }
}

/// What a swing gives at step `s`.
fn at(own: &AcGenerator, s: usize) -> f64 {
    let turns = own.frequency * 1e-4 * s as f64 + own.phase / 360.0;
    own.offset + own.amplitude * (std::f64::consts::TAU * turns).sin()
}

#[test]
fn a_swinging_current_is_that_of_each_step() {
    let found = flowing(swing(), 3, 20.0);
    let far = |own: &AcGenerator| (30..170).map(|s| (found[s + 1][2] - at(own, s)).abs()).fold(0.0, f64::max);
    assert!(far(&swing()) < 1e-9, "{}", far(&swing()));
    assert!(far(&AcGenerator { phase: 40.0 + 130.0 * 1e-4 * 360.0, ..swing() }) > 1.0, "a step is seen");
    let outside = found[..31].iter().chain(&found[171..]);
    assert!(outside.flatten().all(|v| v.abs() < 1e-30), "time is counted from 0, and start and stop cut a window");
    assert!(found[31][0] != 0.0 && found[170][0] != 0.0);
}

#[test]
fn noise_is_drawn_anew_for_each_target_at_the_same_times() {
    let noise = NoiseGenerator {
        mean: 30.0,
        std: 10.0,
        dt: 0.7,
        std_mod: 0.0,
        frequency: 0.0,
        phase: 0.0,
        start: 1.0,
        stop: 71.0,
    };
    let found = flowing(noise, 150, 80.0);
    let drawn: Vec<&[Vec<f64>]> = found[11..711].chunks(7).collect();
    assert!(drawn.iter().all(|kept| kept.iter().all(|row| *row == kept[0])), "kept for 7 steps");
    assert!(!found[10..710].chunks(7).all(|kept| kept.iter().all(|row| *row == kept[0])), "from the first on");
    let numbers: Vec<f64> = drawn.iter().flat_map(|kept| kept[0].iter().map(|v| (v - 30.0) / 10.0)).collect();
    let (mean, variance) = moments(&numbers);
    let n = numbers.len() as f64;
    assert!(mean.abs() < 4.0 / n.sqrt() && (variance - 1.0).abs() < 4.0 * (2.0 / n).sqrt(), "{mean} {variance}");
    assert!(kolmogorov_smirnov(numbers.iter().copied(), normal) > ACCEPT);
    assert!(kolmogorov_smirnov(numbers.iter().map(|x| x * 1.15), normal) < REJECT);
    for lag in [1, 2, 150, 300] {
        let z = correlation(&numbers[lag..], &numbers[..numbers.len() - lag]);
        assert!(z.abs() < 4.0, "lag {lag}: {z}");
    }
    assert!(found[..11].iter().chain(&found[711..]).flatten().all(|v| v.abs() < 1e-30));
}

#[test]
fn modulated_noise_has_the_variance_of_its_time() {
    // A turn in 40 draws of one step each.
    let noise = NoiseGenerator {
        mean: 0.0,
        std: 10.0,
        dt: 0.1,
        std_mod: 9.0,
        frequency: 250.0,
        phase: 0.0,
        start: 0.0,
        stop: f64::INFINITY,
    };
    let found = flowing(noise, 400, 40.2);
    let variance = |k: usize, shift: f64| {
        // NEST's oscillator has made a step before the first draw.
        100.0 + 81.0 * (std::f64::consts::TAU * 0.025 * (k as f64 + 1.0 + shift)).sin()
    };
    let worst = |shift: f64| {
        let score = |k: usize| {
            let rows = found[2..].iter().skip(k).step_by(40).take(10).flatten();
            let mean = rows.map(|v| v * v).sum::<f64>() / 4000.0;
            (mean / variance(k, shift) - 1.0) / (2.0f64 / 4000.0).sqrt()
        };
        (0..40).map(score).fold(0.0, |most: f64, z| most.max(z.abs()))
    };
    assert!(worst(0.0) < 4.5, "{}", worst(0.0));
    assert!(worst(1.0) > 6.0, "a step is seen");
}

#[test]
fn noise_moves_a_membrane_as_far_as_theory_says() {
    let neuron = IafPscExp { E_L: 0.0, V_reset: 0.0, V_th: 1e9, C_m: 250.0, tau_m: 10.0, ..default() };
    let mut net = Network::new(0.1.ms());
    let all = net.add("a", 2000, neuron).unwrap();
    let noise = NoiseGenerator {
        mean: 0.0,
        std: 500.0,
        dt: 1.0,
        std_mod: 0.0,
        frequency: 0.0,
        phase: 0.0,
        start: 0.1,
        stop: f64::INFINITY,
    };
    net.stimulate(&all, noise, Static::new(1.0, 0.1)).unwrap();
    let mut sim = net.build(Device::cpu(), Seed(4)).unwrap();
    // Draws begin to act in step 3: after step 1002 one is at its end.
    sim.run(100.2.ms()).unwrap();
    let (mean, variance) = moments(&sim.state("a", "V_m").unwrap());
    let a = (-0.1f64).exp();
    let expected = (500.0f64 * 10.0 / 250.0).powi(2) * (1.0 - a) / (1.0 + a);
    assert!((variance / expected - 1.0).abs() < 4.0 * (2.0f64 / 2000.0).sqrt(), "{variance}, expected {expected}");
    assert!(mean.abs() < 4.0 * (expected / 2000.0).sqrt());
    assert!((variance / (expected * 1.2) - 1.0).abs() > 4.0 * (2.0f64 / 2000.0).sqrt(), "a fifth more is refused");
}

#[test]
fn an_ornstein_uhlenbeck_current_is_stationary_and_forgets_as_its_time_constant_says() {
    // Bridges of 512 steps: two ends lie within the run.
    let path = OuCurrentGenerator { mean: 40.0, std: 5.0, tau: 1.0, start: 0.0, stop: f64::INFINITY };
    let found = flowing(path, 1000, 120.0);
    let rows: Vec<Vec<f64>> = found[2..].iter().map(|row| row.iter().map(|v| (v - 40.0) / 5.0).collect()).collect();
    for (step, row) in rows.iter().enumerate() {
        let (mean, variance) = moments(row);
        let scores = [mean * 1000f64.sqrt(), (variance - 1.0) * 500f64.sqrt()];
        assert!(scores.iter().all(|z| z.abs() < 4.8), "step {step}: {scores:?}");
    }
    assert!(kolmogorov_smirnov(rows[0].iter().copied(), normal) > ACCEPT, "from the first step on");
    let together = |one: &[f64], other: &[f64]| one.iter().zip(other).map(|(a, b)| a * b).sum::<f64>() / 1000.0;
    for lag in [1, 4, 10, 25] {
        let expected = (-0.1 * lag as f64).exp();
        let worst = |expected: f64| {
            let score = |k: usize| {
                (together(&rows[k], &rows[k + lag]) - expected) / ((1.0 + expected * expected) / 1000.0).sqrt()
            };
            (0..rows.len() - lag).map(score).fold(0.0, |most: f64, z| most.max(z.abs()))
        };
        assert!(worst(expected) < 5.0, "lag {lag}: {}", worst(expected));
        let mean = (0..rows.len() - lag).map(|k| together(&rows[k], &rows[k + lag])).sum::<f64>();
        let mean = mean / (rows.len() - lag) as f64;
        assert!((mean - expected).abs() < 0.01, "lag {lag}: {mean}, expected {expected}");
        assert!((mean - (-0.13 * lag as f64).exp()).abs() > 0.012, "another time constant is refused");
    }
    let neighbours = together(&rows[500][1..], &rows[500]);
    assert!(neighbours.abs() < 4.0 / 1000f64.sqrt(), "targets have nothing in common");
}

#[test]
fn what_flows_from_step_to_step_cuts_no_epochs() {
    let plan = |drive: Option<Drive>| {
        let mut net = Network::new(0.1.ms());
        let all = net.add("a", 20, IafPscExp::default()).unwrap();
        net.connect(&all, &all, FixedIndegree(2), Static::new(1.0, 1.6)).unwrap();
        drive.into_iter().for_each(|drive| net.stimulate(&all, drive, Static::new(1.0, 0.1)).unwrap());
        neuropil::plan::Plan::<i32>::new(&net, 7, &PlanOptions::default()).unwrap()
    };
    let (with, without) = (plan(Some(swing().into())), plan(None));
    assert_eq!((with.longest_epoch(), without.longest_epoch()), (16, 16));
    let batch = |plan: &neuropil::plan::Plan<i32>| neuropil::schedule::batch(0, 5000, 1000, &plan.currents);
    assert_eq!((batch(&with), batch(&without)), (1000, 1000));
    let stairs = StepCurrentGenerator { times: vec![1.0, 2.0], amplitudes: vec![1.0, 2.0] };
    assert!(batch(&plan(Some(stairs.into()))) < 20, "a change that is to be waited for is seen");
}
