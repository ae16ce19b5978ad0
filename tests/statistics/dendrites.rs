//! Dendritic segments answer patterns that they do not know as often as chance has it: false positives against the
//! hypergeometric law (Ahmad and Hawkins 2016, arXiv 1601.00720).

use neuropil::network::RecorderId;
use neuropil::prelude::*;
use neuropil::random::{Draws, Purpose, stream};

/// Cells, how many of them a pattern makes active, and synapses of a segment.
const CELLS: u32 = 160;
const ACTIVE: u32 = 16;
const SYNAPSES: u32 = 20;
const SEGMENTS: u32 = 300;
const PATTERNS: u32 = 150;
/// From a pattern to the next, ms.
const APART: f64 = 20.0;

/// C(n, k).
fn choose(n: u32, k: u32) -> f64 {
    (0..k).map(|i| f64::from(n - i) / f64::from(i + 1)).product()
}

/// The probability that of `a` active cells of `n` a segment has `theta` or more among its `s`.
fn false_positive(n: u32, a: u32, s: u32, theta: u32) -> f64 {
    (theta..=s.min(a)).map(|b| choose(s, b) * choose(n - s, a - b) / choose(n, a)).sum()
}

/// The share of (segment, pattern) in which a segment of so many random cells answers a random pattern.
fn answered(synapses: u32, theta: u32, seed: u64) -> f64 {
    let mut net = Network::new(1.0.ms());
    let cells = net.add("cells", CELLS, ParrotNeuron {}).unwrap();
    let model = neuropil::models::named("iaf_psc_exp_dendrites", "test").unwrap();
    let mut neurons = Population::new("neurons", SEGMENTS, model).unwrap();
    for (name, value) in [("theta_1", f64::from(theta)), ("tau_dend", 0.5), ("tau_plateau", 5.0)] {
        neurons.set(name, value).unwrap();
    }
    let neurons = net.add_population(neurons).unwrap();
    let rule = neuropil::network::Rule::from(FixedIndegree(synapses)).allow_multapses(false);
    net.connect(&cells, &neurons, rule, Static::new(1.0, 1.0).at_receptor("1")).unwrap();
    let mut active = Vec::new();
    for pattern in 0..PATTERNS {
        let mut draws = Draws::new(seed, stream(Purpose::Rule, 7), pattern.into());
        let mut chosen: Vec<u32> = Vec::new();
        while chosen.len() < ACTIVE as usize {
            let cell = draws.below(CELLS);
            if !chosen.contains(&cell) {
                chosen.push(cell);
            }
        }
        // One step to the cells and one to the segments.
        active.extend(chosen.into_iter().map(|cell| (cell, APART * f64::from(pattern + 1) - 2.0)));
    }
    net.stimulate(&cells, SpikeGenerator::listed(active), Static::new(1.0, 1.0)).unwrap();
    net.record(&neurons, Variable::every("p_1", APART)).unwrap();
    let mut sim = net.build(Device::cpu().threads(2), Seed(seed)).unwrap();
    sim.run((APART * f64::from(PATTERNS)).ms()).unwrap();
    let left = sim.samples(RecorderId(0)).unwrap();
    assert_eq!(left.len() as u32, SEGMENTS * PATTERNS);
    left.iter().filter(|part| **part == 1.0).count() as f64 / left.len() as f64
}

/// How many standard deviations the share of segments of `synapses` lies from the law for [`SYNAPSES`]. Any two pairs of segment
/// and pattern are independent, though not all together, so that the deviation is that of a binomial.
fn deviations(synapses: u32, theta: u32, seed: u64) -> f64 {
    let exact = false_positive(CELLS, ACTIVE, SYNAPSES, theta);
    let deviation = (exact * (1.0 - exact) / f64::from(SEGMENTS * PATTERNS)).sqrt();
    (answered(synapses, theta, seed) - exact) / deviation
}

#[test]
fn the_law_is_that_of_the_paper() {
    for (n, a, s, theta, exact) in [
        (200_000, 2000, 10, 10, 9.779e-21),
        (200_000, 2000, 20, 10, 1.650e-15),
        (200_000, 2000, 30, 15, 1.280e-22),
        (2048, 40, 20, 10, 3.911e-13),
        (2048, 40, 40, 20, 2.491e-26),
    ] {
        let ratios = (theta..=s.min(a)).map(|b| {
            // C(n - s, a - b) / C(n, a), factor by factor: both overflow.
            let lost = (0..s).map(|i| f64::from(n - i)).product::<f64>();
            let kept = (0..b).map(|i| f64::from(a - i)).product::<f64>();
            let others = (0..s - b).map(|i| f64::from(n - a - i)).product::<f64>();
            choose(s, b) * kept * others / lost
        });
        let found = ratios.sum::<f64>();
        assert!((found / exact - 1.0).abs() < 1e-3, "n {n}, a {a}, s {s}, theta {theta}: {found:e}, {exact:e}");
    }
    let small: f64 =
        (0..=SYNAPSES.min(ACTIVE)).map(|b| choose(SYNAPSES, b) * choose(CELLS - SYNAPSES, ACTIVE - b)).sum();
    assert!((small / choose(CELLS, ACTIVE) - 1.0).abs() < 1e-12, "probabilities add up");
}

#[test]
fn segments_answer_unknown_patterns_as_often_as_the_hypergeometric_law_says() {
    for (theta, seeds) in [(2, 1..=3), (4, 4..=6), (6, 7..=9)] {
        for seed in seeds {
            let off = deviations(SYNAPSES, theta, seed);
            assert!(off.abs() < 4.0, "theta {theta}, seed {seed}: {off} standard deviations");
        }
    }
}

#[test]
fn a_synapse_or_a_spike_more_is_another_law() {
    for seed in 1..=2 {
        let more = deviations(SYNAPSES + 1, 4, seed);
        assert!(more > 6.0, "a synapse more: {more}");
        let exact = [3, 4, 5].map(|theta| false_positive(CELLS, ACTIVE, SYNAPSES, theta));
        let found = answered(SYNAPSES, 4, seed);
        assert!(found < exact[0] / 2.0 && found > exact[2] * 1.5, "{found} of {exact:?}");
    }
}
