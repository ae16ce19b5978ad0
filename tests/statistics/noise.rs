//! Random numbers that neurons take: their laws, and those of an Ornstein-Uhlenbeck current and of escape noise.

use std::sync::Arc;

use super::measures::{ACCEPT, REJECT, correlation, kolmogorov_smirnov, normal};
use neuropil::equations::{Draw, text};
use neuropil::math;
use neuropil::number::Number;
use neuropil::prelude::*;
use neuropil::random::{key, philox, rounds};
use neuropil::simd::Wide;
use neuropil::tile::Interpreted;
use neuropil::tile::noise::{Noise, noise_stream};

const SEED: u64 = 21;

/// Random numbers of `count` neurons from global id `first` on.
fn drawn<R: Wide>(draw: Draw, k: usize, step: u64, first: u32, count: usize) -> Vec<R> {
    let rounds = rounds(key(SEED));
    let mut numbers = vec![R::default(); count];
    // Somewhere within an epoch.
    Noise { rounds: &rounds, step: step - 2 }.fill((k, draw), 2, first, &mut numbers);
    numbers
}

fn values(draw: Draw, k: usize, step: u64) -> Vec<f64> {
    drawn::<f32>(draw, k, step, 0, 100_000).into_iter().map(|v| v.value()).collect()
}

#[test]
fn random_numbers_of_neurons_follow_their_laws() {
    for (draw, law) in [(Draw::Normal, normal as fn(f64) -> f64), (Draw::Uniform, |x| x.clamp(0.0, 1.0))] {
        let found = values(draw, 0, 7);
        assert!(kolmogorov_smirnov(found.iter().copied(), law) > ACCEPT, "{draw:?}");
        assert!(kolmogorov_smirnov(found.iter().map(|v| 1.1 * v), law) < REJECT, "{draw:?}");
        let own = found.iter().map(|&v| law(v) - 0.5).collect::<Vec<f64>>();
        let fits = |other: &[f64]| correlation(&own, other).abs() < 4.0;
        // The next step, the next number of a step, another seed's first: all apart from it.
        for other in [values(draw, 0, 8), values(draw, 1, 7)] {
            assert!(fits(&other), "{draw:?}");
        }
        assert!(fits(&[&found[1..], &found[..1]].concat()), "{draw:?}: neighbours");
        assert!(!fits(&found), "{draw:?}");
    }
}

#[test]
fn normal_numbers_have_the_moments_of_their_law() {
    let all: Vec<f64> = (3..=12).flat_map(|step| values(Draw::Normal, 0, step)).collect();
    let moment = |power: i32| all.iter().map(|v| v.powi(power)).sum::<f64>() / all.len() as f64;
    // Four standard errors of each: n⁻½ times √(E x²ᵖ - (E xᵖ)²).
    for (power, is, spread) in [(1, 0.0, 1.0f64), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)] {
        let off = (moment(power) - is).abs();
        assert!(off < 4.0 * (spread / 1e6).sqrt(), "moment {power}: {off} off");
    }
    let furthest = all.iter().fold(0.0f64, |most, v| most.max(v.abs()));
    assert!((4.4..6.0).contains(&furthest), "{furthest}");
}

#[test]
fn a_random_number_is_a_function_of_seed_neuron_step_and_number_alone() {
    let plain = |draw: Draw, k: u32, step: u32, id: u32| {
        let word = philox([step, 2 * k, id >> 2, noise_stream()], key(SEED))[id as usize & 3];
        match draw {
            Draw::Normal => math::normal((word >> 16) as f32, (word & 0xFFFF) as f32 + 0.5),
            Draw::Uniform => (word >> 8) as f32 / 16_777_216.0,
        }
    };
    for draw in [Draw::Normal, Draw::Uniform] {
        for (k, step, first, count) in [(0, 5, 0, 300), (3, 90_000, 77, 41), (1, 12, 31, 2), (0, 6, 1_000_001, 512)] {
            let found = drawn::<f32>(draw, k, step, first, count);
            for (id, number) in (first..).zip(&found) {
                let expected = plain(draw, k as u32, step as u32, id);
                assert_eq!(number.to_bits(), expected.to_bits(), "{draw:?} {k} of neuron {id} in step {step}");
            }
            // In f64 the same, with more digits.
            let long = drawn::<f64>(draw, k, step, first, count);
            let apart = found.iter().zip(&long).map(|(&a, b)| (f64::from(a) - b).abs()).fold(0.0, f64::max);
            assert!(apart > 0.0 && apart < 3e-6, "{draw:?}: {apart}");
            assert_ne!(found, drawn::<f32>(draw, k, step + 1, first, count));
        }
    }
}

fn simulation(text: &str, size: u32, dt: f64, device: Device) -> Simulation {
    let model = Interpreted::new(text::Model::of_file("noisy.toml", text).unwrap().remove(0)).unwrap();
    let mut net = Network::new(dt.ms());
    let all = net.add_population(Population::new("n", size, Arc::new(model)).unwrap()).unwrap();
    net.record(&all, Spikes).unwrap();
    net.build(device, Seed(SEED)).unwrap()
}

/// A current of standard deviation `sigma`, as the documentation writes it.
const OU: &str = r#"
[model.ou]
kind = "neuron"
about = "an Ornstein-Uhlenbeck current"
parameters = { tau = "5 ms > 0: decay of the current", sigma = "200 pA >= 0: its standard deviation" }
state = { I_noise = "0 pA: current" }
[model.ou.dynamics]
equations = "I_noise' = -I_noise / tau + sigma * sqrt(2 / tau / dt) * normal()"
"#;

/// The mean and the variance of the current over sigma², and its correlation over one time constant.
fn current(text: &str, dt: f64) -> [f64; 3] {
    let mut sim = simulation(text, 2000, dt, Device::cpu());
    sim.run(50.0.ms()).unwrap();
    let mut all = Vec::new();
    let (mut product, mut before) = (0.0, sim.state("n", "I_noise").unwrap());
    for _ in 0..40 {
        sim.run(5.0.ms()).unwrap();
        let now = sim.state("n", "I_noise").unwrap();
        product += before.iter().zip(&now).map(|(a, b)| a * b).sum::<f64>();
        all.extend_from_slice(&now);
        before = now;
    }
    let n = all.len() as f64;
    let variance = all.iter().map(|v| v * v).sum::<f64>() / n / 200f64.powi(2);
    [all.iter().sum::<f64>() / n / 200.0, variance, product / n / 200f64.powi(2)]
}

#[test]
fn a_noise_current_has_the_variance_and_the_memory_that_it_should() {
    for dt in [0.1f64, 1.0] {
        // Held over a step, white noise gives a little less.
        let variance = 10.0 / dt * (dt / 10.0).tanh();
        let [mean, found, memory] = current(OU, dt);
        assert!(mean.abs() < 0.03, "dt {dt}: mean {mean}");
        assert!((found / variance - 1.0).abs() < 0.03, "dt {dt}: variance {found}");
        assert!((memory - variance * (-1.0f64).exp()).abs() < 0.03, "dt {dt}: memory {memory}");
    }
    let [_, once, _] = current(&OU.replace("sqrt(2 / tau", "sqrt(1 / tau"), 1.0);
    assert!((once - 0.5).abs() < 0.03, "{once}");
}

/// Escape noise at a constant rate, as the documentation writes it; the state never moves.
const POISSON: &str = r#"
[model.escape]
kind = "neuron"
about = "spikes at random, at a rate"
parameters = { rate = "50 Hz >= 0: rate of spikes" }
state = { V_m = "0 mV: potential" }
[model.escape.dynamics]
equations = "V_m' = -V_m / 10 ms"
spike = "uniform() < 1 - exp(-rate * dt)"
"#;

#[test]
fn escape_noise_makes_a_poisson_process() {
    let intervals = |text: &str| {
        let mut sim = simulation(text, 500, 0.1, Device::cpu());
        sim.run(1000.0.ms()).unwrap();
        let mut last = vec![None; 500];
        let mut found = Vec::new();
        for &Spike { step, id } in sim.all_spikes() {
            if let Some(before) = last[id as usize].replace(step) {
                found.push(f64::from(step - before));
            }
        }
        (sim.spike_count() as f64, found)
    };
    let p = -(-0.005f64).exp_m1();
    let (mean, spread) = (500.0 * 10_000.0 * p, (500.0 * 10_000.0 * p * (1.0 - p)).sqrt());
    let (spikes, found) = intervals(POISSON);
    assert!((spikes - mean).abs() < 4.0 * spread, "{spikes} spikes, {mean} expected");
    // Intervals are geometric; those that are cut off at the end, mostly long ones, are few.
    let (n, sum) = (found.len() as f64, found.iter().sum::<f64>());
    let cv = (found.iter().map(|v| v * v).sum::<f64>() / n - (sum / n).powi(2)).sqrt() / (sum / n);
    assert!((cv - 1.0).abs() < 0.03, "CV {cv}");
    let (more, _) = intervals(&POISSON.replace("1 - exp(-rate * dt)", "1 - exp(-1.1 * rate * dt)"));
    assert!((more - mean).abs() > 10.0 * spread, "{more}");
}
