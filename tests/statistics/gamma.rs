//! Superpositions of gamma processes, `gamma_sup_generator`.

use super::measures::{ACCEPT, REJECT, kolmogorov_smirnov, moments, upper_gamma};
use neuropil::network::GammaSupGenerator;
use neuropil::prelude::*;

/// The spike trains that reach each of so many targets, in steps.
fn trains(drive: GammaSupGenerator, targets: u32, ms: f64) -> Vec<Vec<u32>> {
    let mut net = Network::new(0.1.ms());
    let relays = net.add("relays", targets, ParrotNeuron::default()).unwrap();
    net.stimulate(&relays, drive, Static::new(1.0, 1.0)).unwrap();
    net.record(&relays, Spikes).unwrap();
    let mut sim = net.build(Device::cpu(), Seed(3)).unwrap();
    sim.run(ms.ms()).unwrap();
    let mut trains = vec![Vec::new(); targets as usize];
    sim.all_spikes().iter().for_each(|spike| trains[spike.id as usize].push(spike.step));
    trains
}

#[test]
fn intervals_of_one_process_are_erlang_distributed() {
    for shape in [1, 3, 10] {
        let trains = trains(GammaSupGenerator::new(20.0, shape, 1), 400, 5000.0);
        let intervals: Vec<f64> =
            trains.iter().flat_map(|own| own.windows(2).map(|w| f64::from(w[1] - w[0]) * 0.1)).collect();
        let (mean, variance) = moments(&intervals);
        let (k, cv) = (f64::from(shape), variance.sqrt() / mean);
        assert!(intervals.len() > 38_000 && (mean / 50.0 - 1.0).abs() < 0.03, "{mean}");
        // A phase lasts a whole number of steps: 1 / sqrt(shape) times sqrt(1 - p).
        let expected = ((1.0 - 20.0 * k * 1e-4) / k).sqrt();
        assert!((cv / expected - 1.0).abs() < 0.03, "{cv}, not {expected}");
        // Of intervals that begin early enough none is cut off by the end. Of whole steps: half a step more on average.
        let early = trains.iter().filter_map(|own| Some(f64::from(own.get(2)? - own.get(1)?) * 0.1 - 0.05));
        let early: Vec<f64> = early.collect();
        let gamma = |shape: f64| move |t: f64| 1.0 - upper_gamma(shape, shape * t / 50.0);
        assert!(kolmogorov_smirnov(early.iter().copied(), gamma(k)) > ACCEPT, "shape {shape}");
        assert!(kolmogorov_smirnov(early.iter().copied(), gamma(4.0 * k)) < REJECT, "no other shape than {shape}");
    }
}

/// Mean and variance of the spikes of a target in windows of 20 ms.
fn counts(trains: &[Vec<u32>], windows: usize) -> (f64, f64) {
    let mut counts = vec![0.0; trains.len() * windows];
    for (target, train) in trains.iter().enumerate() {
        train.iter().for_each(|step| counts[target * windows + (*step as usize - 1) / 200] += 1.0);
    }
    moments(&counts)
}

#[test]
fn superposed_processes_are_independent_and_stationary() {
    let (one, mean_of_one) = (trains(GammaSupGenerator::new(20.0, 4, 1), 400, 2000.0), 0.4);
    let (_, variance_of_one) = counts(&one, 100);
    let many = trains(GammaSupGenerator::new(20.0, 4, 50), 200, 1000.0);
    let (mean, variance) = counts(&many, 50);
    assert!((mean / 50.0 / mean_of_one - 1.0).abs() < 0.01, "{mean}");
    assert!((variance / 50.0 / variance_of_one - 1.0).abs() < 0.05, "{variance} of 50 of {variance_of_one}");
    assert!(variance < 0.9 * mean, "more regular than a Poisson train");
    // Spread evenly over phases: no volley at first.
    let early = many.iter().flatten().filter(|step| **step <= 200).count() as f64;
    let expected = 200.0 * 50.0 * mean_of_one;
    assert!((early - expected).abs() < 4.0 * expected.sqrt() + 0.02 * expected, "{early}, not {expected}");
    // Each target has processes of its own.
    assert!(many[0] != many[1] && one[0] != one[1]);
}

#[test]
fn processes_are_on_from_start_to_stop_alone() {
    let drive = GammaSupGenerator { start: 30.0, stop: 60.0, ..GammaSupGenerator::new(50.0, 2, 100) };
    let trains = trains(drive, 20, 100.0);
    let steps = || trains.iter().flatten();
    let (first, last) = (*steps().min().unwrap(), *steps().max().unwrap());
    // A delay of 1 ms.
    assert!(first > 310 && first < 315 && last <= 610 && last > 605, "{first} to {last}");
    assert!(steps().count() > 2000);
}

#[test]
fn processes_that_cannot_be_are_told() {
    let mut net = Network::new(0.1.ms());
    let relays = net.add("relays", 2, ParrotNeuron::default()).unwrap();
    for (rate, shape, processes, told) in [
        (-1.0, 3, 1, "rate = -1 spikes/s must lie between 0 and 3333.3"),
        (4000.0, 3, 1, "rate = 4000 spikes/s must lie between 0 and 3333.3"),
        (1.0, 0, 1, "gamma_shape = 0 must lie between 1 and 1000"),
        (1.0, 3, 0, "n_proc = 0 must lie between 1 and"),
        (100.0, 10, 1_000_000, "gamma_shape * n_proc * rate = 1000000000 spikes/s"),
    ] {
        let drive = GammaSupGenerator::new(rate, shape, processes);
        let said = net.stimulate(&relays, drive, Static::new(1.0, 1.0)).unwrap_err().to_string();
        assert!(said.contains(told) && said.contains("gamma_sup_generator -> relays"), "{said}");
    }
}
