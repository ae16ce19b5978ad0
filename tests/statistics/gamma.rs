//! Superposed gamma processes, `examples/models/gamma_sup.toml`.

use super::measures::{ACCEPT, REJECT, kolmogorov_smirnov, moments, upper_gamma};
use neuropil::experiment::Experiment;
use neuropil::prelude::*;

#[test]
fn superposed_gamma_processes_have_gamma_intervals() {
    let path = format!("{}/examples/models/gamma_sup.toml", env!("CARGO_MANIFEST_DIR"));
    let mut experiment = Experiment::read(path).unwrap();
    experiment.set("simulation.duration=2000").unwrap();
    let mut sim = experiment.setup().unwrap().simulation().unwrap();
    sim.run(2000.0.ms()).unwrap();
    let times = |id: u32| sim.all_spikes().iter().filter(move |spike| spike.id == id).map(|spike| spike.step);
    let trains: Vec<Vec<u32>> = (0..400).map(|id| times(id).collect()).collect();
    let intervals: Vec<f64> =
        trains.iter().flat_map(|own| own.windows(2).map(|w| f64::from(w[1] - w[0]) * 0.1)).collect();
    let (mean, variance) = moments(&intervals);
    assert!(intervals.len() > 14_000);
    assert!((mean / 50.0 - 1.0).abs() < 0.03 && (variance / mean / mean - 1.0 / 3.0).abs() < 0.03, "{mean} {variance}");
    // Of intervals that begin early enough none is cut off by the end. Of whole steps: half a step more on average.
    let early = trains.iter().filter_map(|own| Some(f64::from(own.get(2)? - own.get(1)?) * 0.1 - 0.05));
    let early: Vec<f64> = early.collect();
    let gamma = |shape: f64| move |t: f64| 1.0 - upper_gamma(shape, shape * t / 50.0);
    assert!(kolmogorov_smirnov(early.iter().copied(), gamma(3.0)) > ACCEPT);
    assert!(kolmogorov_smirnov(early.iter().copied(), gamma(1.0)) < REJECT, "no Poisson process");
    // Started in any phase, they are stationary: no volley at first.
    let early = trains.iter().flatten().filter(|step| **step <= 1000).count() as f64;
    let expected = 400.0 * 20.0 * 0.1;
    assert!((early - expected).abs() < 4.0 * (expected / 3.0).sqrt() + 0.04 * expected, "{early}");
    let relayed = sim.all_spikes().iter().filter(|spike| spike.id >= 400).count();
    let sent = trains.iter().flatten().filter(|step| **step <= 20_000 - 10).count();
    assert_eq!(relayed, sent, "each target has the spikes of four");
}
