//! Poisson stimuli as neurons receive them, and Campbell's theorem.

use super::measures::poisson;
use super::measures::{ACCEPT, REJECT, chi_square, correlation, counts, expected, kolmogorov_smirnov, moments, normal};
use neuropil::network::RecorderId;
use neuropil::prelude::*;
use neuropil::random::{CountTable, Purpose, key, poisson_halves, poisson_word, stream};

/// Neurons whose excitatory current is what arrived in the step: its time constant is a hundredth of a step.
fn counters(size: u32) -> (Network, Selection) {
    let mut net = Network::new(0.1.ms());
    let all = net.add("a", size, IafPscExp { V_th: 1e9, tau_syn_ex: 1e-3, ..default() }).unwrap();
    net.record(&all, Variable::every("I_syn_ex", 0.1)).unwrap();
    (net, all)
}

/// What is recorded in `ms`, a row per step.
fn samples(net: &Network, ms: f64) -> Vec<f64> {
    let mut sim = net.build(Device::cpu().precision(Precision::F64), Seed(21)).unwrap();
    sim.run(ms.ms()).unwrap();
    sim.samples(RecorderId(0)).unwrap().iter().map(|v| v.round()).collect()
}

fn fit(drawn: &[f64], mean: f64) -> f64 {
    let found = counts(drawn.iter().map(|&n| n as usize), 30);
    chi_square(&found, &expected(drawn.len() as f64, 30, |k| poisson(k, mean)))
}

fn arrivals() -> Vec<f64> {
    let (mut net, all) = counters(200);
    net.stimulate(&all, PoissonGenerator::new(8000.0), Static::new(1.0, 0.1)).unwrap();
    samples(&net, 100.0).split_off(200)
}

#[test]
fn arrivals_per_step_are_poisson() {
    let drawn = arrivals();
    assert!(fit(&drawn, 0.8) > ACCEPT, "p = {}", fit(&drawn, 0.8));
    assert!(fit(&drawn, 0.83) < REJECT);
    let n = drawn.len() as f64;
    let (mean, _) = moments(&drawn);
    assert!((mean - 0.8).abs() < 4.0 * (0.8 / n).sqrt(), "8000 spikes/s, found {}", mean * 1e4);
}

#[test]
fn arrivals_are_the_counts_of_their_seed_neuron_and_step() {
    let table = CountTable::poisson(0.8);
    let drawn = |seed: u64| {
        let (key, stream) = (key(seed), stream(Purpose::Poisson, 0));
        let count = |step: u32, id: u32| {
            let half = poisson_halves(key, stream, id >> 3, step)[(id & 7) as usize];
            f64::from(table.count(half, || poisson_word(key, stream, id, step)))
        };
        (2..=1000)
            .flat_map(|step| (0..200).map(move |id| (step, id)))
            .map(|(step, id)| count(step, id))
            .collect::<Vec<_>>()
    };
    let found = arrivals();
    assert_eq!(found, drawn(21));
    assert!(correlation(&found, &drawn(22)).abs() < 4.0, "another seed gives other trains");
}

#[test]
fn arrivals_are_independent_between_neurons_and_steps() {
    let drawn = arrivals();
    for lag in [1, 2, 3, 4, 5, 200, 201, 400] {
        let z = correlation(&drawn[lag..], &drawn[..drawn.len() - lag]);
        assert!(z.abs() < 4.0, "lag {lag}: {z}");
    }
    // Sums over time of each neuron, sums over neurons of each step: normal in the limit, with the Poisson variance.
    let steps = drawn.len() / 200;
    let by_neuron = (0..200).map(|i| drawn.iter().skip(i).step_by(200).sum::<f64>());
    let by_step = drawn.chunks(200).map(|row| row.iter().sum::<f64>());
    let standard = |sum: f64, n: usize| (sum - 0.8 * n as f64) / (0.8 * n as f64).sqrt();
    assert!(kolmogorov_smirnov(by_neuron.map(|sum| standard(sum, steps)), normal) > ACCEPT);
    assert!(kolmogorov_smirnov(by_step.map(|sum| standard(sum, 200)), normal) > ACCEPT);
    // One train shared by all would give sums that vary 200 times as much.
    let shared = drawn.iter().step_by(200).map(|n| standard(200.0 * n, 200));
    assert!(kolmogorov_smirnov(shared, normal) < REJECT);
}

#[test]
fn generators_are_independent_of_each_other() {
    let (mut net, all) = counters(200);
    net.stimulate(&all, PoissonGenerator::new(8000.0), Static::new(1.0, 0.1)).unwrap();
    net.stimulate(&all, PoissonGenerator::new(8000.0), Static::new(1000.0, 0.1)).unwrap();
    let both = samples(&net, 100.0).split_off(200);
    let one: Vec<f64> = both.iter().map(|n| n % 1000.0).collect();
    let other: Vec<f64> = both.iter().map(|n| (n / 1000.0).floor()).collect();
    assert!(fit(&one, 0.8) > ACCEPT && fit(&other, 0.8) > ACCEPT);
    assert!(correlation(&one, &other).abs() < 4.0);
    assert_eq!(one, arrivals(), "a second generator leaves the first as it was");
}

#[test]
fn start_and_stop_are_kept_to_the_step() {
    let (mut net, all) = counters(200);
    let generator = PoissonGenerator { rate: 50_000.0, start: 10.0, stop: 20.0 };
    net.stimulate(&all, generator, Static::new(1.0, 1.5)).unwrap();
    let drawn = samples(&net, 40.0);
    // Trains fire at times in (start, stop], here steps 101..=200, and arrive 15 steps later.
    let busy: Vec<usize> =
        drawn.chunks(200).enumerate().filter(|(_, r)| r.iter().any(|&n| n > 0.0)).map(|r| r.0 + 1).collect();
    assert_eq!(busy, (116..=215).collect::<Vec<_>>());
    assert_ne!(busy, (115..=214).collect::<Vec<_>>());
    assert!(fit(&drawn[115 * 200..215 * 200], 5.0) > ACCEPT);
    assert!(fit(&drawn[115 * 200..217 * 200], 5.0) < REJECT);
}

#[test]
fn each_neuron_has_its_own_weight() {
    let (mut net, all) = counters(3);
    let weights = Static::new(Value::each(vec![1.0, 10.0, 100.0]), 0.1);
    net.stimulate(&all, PoissonGenerator::new(8000.0), weights).unwrap();
    let (mut plain, same) = counters(3);
    plain.stimulate(&same, PoissonGenerator::new(8000.0), Static::new(1.0, 0.1)).unwrap();
    let unweighted = samples(&plain, 50.0);
    let scaled: Vec<f64> = unweighted.iter().enumerate().map(|(k, n)| n * [1.0, 10.0, 100.0][k % 3]).collect();
    assert_eq!(samples(&net, 50.0), scaled);
    assert_ne!(unweighted, scaled);
}

#[test]
fn parrots_repeat_the_arrivals() {
    let mut net = Network::new(0.1.ms());
    let parrots = net.add("a", 200, ParrotNeuron::default()).unwrap();
    net.stimulate(&parrots, PoissonGenerator::new(8000.0), Static::new(1.0, 0.1)).unwrap();
    let mut sim = net.build(Device::cpu(), Seed(21)).unwrap();
    sim.run(100.0.ms()).unwrap();
    let mut repeated = vec![0.0; 1000 * 200];
    sim.all_spikes().iter().for_each(|&Spike { step, id }| repeated[(step as usize - 1) * 200 + id as usize] += 1.0);
    // The same seed, stimulus and ids: the very trains that the counters of the other tests received.
    assert_eq!(repeated.split_off(200), arrivals());
    assert!(sim.all_spikes().len() > 150_000);
}

/// Shot noise: membrane and synaptic time constants (ms), capacitance (pF), rate (spikes/ms), weight (pA).
const TAU_M: f64 = 10.0;
const TAU_SYN: f64 = 2.0;
const C_M: f64 = 250.0;
const RATE: f64 = 8.0;
const WEIGHT: f64 = 20.0;

/// Samples of `variable`, 50 ms apart (five membrane time constants, so that they are all but independent).
fn shot_noise(variable: &str) -> Vec<f64> {
    let neuron =
        IafPscExp { E_L: 0.0, V_reset: 0.0, V_th: 1e9, C_m: C_M, tau_m: TAU_M, tau_syn_ex: TAU_SYN, ..default() };
    let mut net = Network::new(0.1.ms());
    let all = net.add("a", 800, neuron).unwrap();
    net.stimulate(&all, PoissonGenerator::new(RATE * 1e3), Static::new(WEIGHT, 0.1)).unwrap();
    let recorder = net.record(&all, Variable::every(variable, 50.0)).unwrap();
    let mut sim = net.build(Device::cpu().precision(Precision::F64), Seed(22)).unwrap();
    sim.run(1000.0.ms()).unwrap();
    sim.samples(recorder).unwrap()[800 * 3..].to_vec()
}

/// How far mean and variance lie from Campbell's theorem, in standard errors: mean = rate ∫PSP, variance = rate ∫PSP²
/// (Campbell 1909). Sums of many shots are near Gaussian, so the standard error of a variance v is v √(2/n).
fn campbell(samples: &[f64], integral: f64, square: f64) -> (f64, f64) {
    let n = samples.len() as f64;
    let ((mean, variance), expected) = (moments(samples), RATE * square);
    ((mean - RATE * integral) / (expected / n).sqrt(), (variance - expected) / (expected * (2.0 / n).sqrt()))
}

/// ∫PSP and ∫PSP² of a membrane with an exponential synaptic current:
/// PSP(t) = w τs τm / (C (τm - τs)) (e^(-t/τm) - e^(-t/τs)).
fn psp_integrals(tau_m: f64) -> (f64, f64) {
    let area = WEIGHT * TAU_SYN * tau_m / C_M;
    (area, area * area / (2.0 * (TAU_SYN + tau_m)))
}

#[test]
fn membrane_potentials_obey_campbells_theorem() {
    let samples = shot_noise("V_m");
    let (integral, square) = psp_integrals(TAU_M);
    let (mean, variance) = campbell(&samples, integral, square);
    assert!(mean.abs() < 4.0 && variance.abs() < 4.0, "standard errors: mean {mean}, variance {variance}");
    let (integral, square) = psp_integrals(1.1 * TAU_M);
    let (mean, variance) = campbell(&samples, integral, square);
    assert!(mean.abs() > 50.0 && variance.abs() > 5.0, "a membrane 10 % slower is seen: {mean}, {variance}");
}

#[test]
fn synaptic_currents_obey_campbells_theorem() {
    let samples = shot_noise("I_syn_ex");
    // A spike steps the current at the end of its step, so the integrals are sums over the grid.
    let sum = |tau: f64| 0.1 / -(-0.1 / tau).exp_m1();
    let (integral, square) = (WEIGHT * sum(TAU_SYN), WEIGHT * WEIGHT * sum(0.5 * TAU_SYN));
    let (mean, variance) = campbell(&samples, integral, square);
    assert!(mean.abs() < 4.0 && variance.abs() < 4.0, "standard errors: mean {mean}, variance {variance}");
    let (mean, _) = campbell(&samples, 1.05 * integral, square);
    let (_, variance) = campbell(&samples, integral, 1.15 * square);
    assert!(mean.abs() > 15.0 && variance.abs() > 7.0, "{mean} {variance}");
}
