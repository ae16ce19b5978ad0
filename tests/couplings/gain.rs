//! Gliotransmitter that moves how much the synaptic currents of a neuron count.

use std::sync::Arc;

use super::read;
use crate::support::neurons::outcome;
use neuropil::models::Model;
use neuropil::network::RecorderId;
use neuropil::prelude::*;

/// The text of the model.
const TEXT: &str = include_str!("../../models/neurons/iaf_psc_exp_glia.toml");
/// How long a gain of 1 lasts here, ms.
const TAU_GLIA: f64 = 40.0;
/// Spikes of excitation, inhibition and gliotransmitter: weight, and times in ms.
const SPIKES: [(&str, f64, &[f64]); 3] =
    [("ex", 400.0, &[5.0, 6.0, 20.0, 41.0]), ("in", -250.0, &[12.0, 30.0]), ("glia", 0.5, &[3.0, 4.0, 25.0])];

fn built_in() -> Arc<dyn Model> {
    neuropil::models::named("iaf_psc_exp_glia", "test").unwrap()
}

/// The model whose excitation counts `share` of what it was at the start of a step, in what gliotransmitter adds.
fn altered(share: &str) -> Arc<dyn Model> {
    let exact = "share_ex = held * exprel((1 / tau_m - 1 / tau_syn_ex - 1 / tau_glia) * dt)";
    assert!(TEXT.contains(exact));
    read(&TEXT.replace(exact, &format!("share_ex = {share}")))
}

/// The potential at each ms of 60, in steps of `dt` ms, below a threshold that is never reached.
fn potential(model: &Arc<dyn Model>, gain_glia: f64, dt: f64) -> Vec<f64> {
    let mut cell = Population::new("cell", 1, model.clone()).unwrap();
    let parameters =
        [("V_th", 1e6), ("I_e", 100.0), ("tau_syn_in", 5.0), ("tau_glia", TAU_GLIA), ("gain_glia", gain_glia)];
    parameters.into_iter().for_each(|(name, value)| cell.set(name, value).unwrap());
    let mut net = Network::new(dt.ms());
    let cell = net.add_population(cell).unwrap();
    for (receptor, weight, times) in SPIKES {
        net.stimulate(&cell, SpikeGenerator::at(times), Static::new(weight, 1.0).at_receptor(receptor)).unwrap();
    }
    net.record(&cell, Variable::every("V_m", 1.0)).unwrap();
    let mut sim = net.build(Device::cpu().precision(Precision::F64), Seed(1)).unwrap();
    sim.run(60.0.ms()).unwrap();
    sim.samples(RecorderId(0)).unwrap().to_vec()
}

/// The same by Runge-Kutta steps of 0.01 ms.
fn solution(gain_glia: f64) -> Vec<f64> {
    let rate = |[v, ex, inh, gain]: [f64; 4]| {
        let current = (1.0 + gain_glia * gain) * (ex + inh) + 100.0;
        [-(v + 70.0) / 10.0 + current / 250.0, -ex / 2.0, -inh / 5.0, -gain / TAU_GLIA]
    };
    let moved = |x: [f64; 4], by: [f64; 4], h: f64| std::array::from_fn(|k| x[k] + h * by[k]);
    let h = 0.01;
    let mut x = [-70.0, 0.0, 0.0, 0.0];
    let mut all = Vec::new();
    for now in 1..=60 {
        for _ in 0..100 {
            let first = rate(x);
            let second = rate(moved(x, first, h / 2.0));
            let third = rate(moved(x, second, h / 2.0));
            let fourth = rate(moved(x, third, h));
            x = std::array::from_fn(|k| x[k] + h / 6.0 * (first[k] + 2.0 * (second[k] + third[k]) + fourth[k]));
        }
        for (k, (_, weight, times)) in SPIKES.iter().enumerate() {
            // A spike takes 1 ms.
            x[k + 1] += if times.contains(&(f64::from(now) - 1.0)) { *weight } else { 0.0 };
        }
        all.push(x[0]);
    }
    all
}

/// How far the potential is off the solution at most, mV.
fn off(model: &Arc<dyn Model>, gain_glia: f64, dt: f64) -> f64 {
    let (found, exact) = (potential(model, gain_glia, dt), solution(gain_glia));
    assert_eq!(found.len(), exact.len());
    found.iter().zip(&exact).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn a_gain_of_synaptic_currents_is_followed_exactly() {
    for gain_glia in [-0.6, 0.0, 0.4, 3.0] {
        for dt in [0.1, 0.25, 1.0] {
            let off = off(&built_in(), gain_glia, dt);
            assert!(off < 1e-8, "{gain_glia}, {dt} ms: {off} mV");
        }
    }
    // Currents that are held where they are at the start of a step are of first order, in its middle of second.
    for (share, order) in [("1", 1.0), ("exp(-dt / 2 * (1 / tau_syn_ex + 1 / tau_glia))", 2.0)] {
        let [coarse, fine] = [0.5, 0.25].map(|dt| off(&altered(share), 3.0, dt));
        assert!(coarse > 1e-4 && ((coarse / fine).log2() - order).abs() < 0.2, "{share}: {coarse}, {fine} mV");
    }
}

#[test]
fn synaptic_currents_never_count_less_than_nothing() {
    let mut cell = Population::new("cell", 1, built_in()).unwrap();
    let parameters = [("gain_glia", -1.0), ("tau_glia", 1e6), ("V_glia", 0.0)];
    parameters.into_iter().for_each(|(name, value)| cell.set(name, value).unwrap());
    let highest = |gain: f64| {
        let mut net = Network::new(0.1.ms());
        let mut cell = cell.clone();
        cell.set("gain", gain).unwrap();
        let cell = net.add_population(cell).unwrap();
        net.stimulate(&cell, SpikeGenerator::at(&[5.0]), Static::new(1000.0, 1.0)).unwrap();
        net.record(&cell, Variable::every("V_m", 0.1)).unwrap();
        let mut sim = net.build(Device::cpu().precision(Precision::F64), Seed(1)).unwrap();
        sim.run(40.0.ms()).unwrap();
        let potential = sim.samples(RecorderId(0)).unwrap().to_vec();
        assert!(potential.iter().all(|v| *v >= -70.0 - 1e-12), "gain {gain}");
        potential.iter().fold(f64::MIN, |a, &b| a.max(b)) + 70.0
    };
    let whole = highest(0.0);
    assert!((highest(0.25) / whole - 0.75).abs() < 1e-4 && whole > 4.0, "{whole} mV");
    assert!(highest(1.0) < 1e-4 && highest(7.0) < 1e-4);
}

/// The spikes of 2 s with a gain of 1, of synapses with this weight that bring one each ms, and a constant current.
fn steps(gain_glia: f64, weight: f64, current: f64) -> Vec<u32> {
    let mut cell = Population::new("cell", 1, built_in()).unwrap();
    let parameters = [("gain_glia", gain_glia), ("tau_glia", 1e12), ("V_glia", 0.0), ("gain", 1.0), ("I_e", current)];
    parameters.into_iter().for_each(|(name, value)| cell.set(name, value).unwrap());
    let mut net = Network::new(0.1.ms());
    let cell = net.add_population(cell).unwrap();
    let times: Vec<f64> = (1..2000).map(f64::from).collect();
    net.stimulate(&cell, SpikeGenerator::at(&times), Static::new(weight, 1.0)).unwrap();
    net.record(&cell, Spikes).unwrap();
    let mut sim = net.build(Device::cpu().precision(Precision::F64), Seed(1)).unwrap();
    sim.run(2000.0.ms()).unwrap();
    sim.all_spikes().iter().map(|spike| spike.step).collect()
}

#[test]
fn a_gain_makes_rates_rise_faster_and_leaves_the_threshold() {
    let count = |gain_glia: f64, weight: f64| steps(gain_glia, weight, 0.0).len();
    for weight in [120.0, 150.0, 250.0, 350.0] {
        let (more, same) = (count(0.5, weight), count(0.0, 1.5 * weight));
        assert!(more.abs_diff(same) <= 1, "{weight} pA: {more} and {same} spikes");
    }
    // From the same rate, 60 pA more bring more.
    let slope = |gain_glia: f64, from: f64| count(gain_glia, from + 60.0) - count(gain_glia, from);
    let (more, without) = (slope(0.5, 250.0 / 1.5), slope(0.0, 250.0));
    assert!(without > 20 && more as f64 > 1.2 * without as f64, "{without} and {more}");
    // 375 pA reach the threshold of -55 mV; no synapse has a part in them.
    for current in [374.0, 376.0, 500.0] {
        assert_eq!(steps(0.5, 0.0, current), steps(0.0, 0.0, current));
        assert_eq!(steps(0.5, 0.0, current).is_empty(), current < 375.0);
    }
    assert_ne!(steps(0.5, 1.0, 500.0), steps(0.0, 1.0, 500.0), "1 pA that counts half as much again");
}

/// Neurons of `model` with gliotransmitter, and each with a gain of its own up to `gain_glia`.
pub fn driven(model: &Arc<dyn Model>, gain_glia: f64) -> Network {
    let mut cells = Population::new("neurons", 90, model.clone()).unwrap();
    cells.set("V_m", Value::uniform(-70.0, -56.0)).unwrap();
    cells.set("I_e", Value::uniform(150.0, 360.0)).unwrap();
    let own = if gain_glia == 0.0 { Value::Constant(0.0) } else { Value::uniform(-0.5 * gain_glia, gain_glia) };
    cells.set("gain_glia", own).unwrap();
    let mut net = Network::new(0.1.ms());
    let cells = net.add_population(cells).unwrap();
    net.stimulate(&cells, PoissonGenerator::new(4000.0), Static::new(Value::uniform(10.0, 60.0), 0.3)).unwrap();
    net.stimulate(&cells, PoissonGenerator::new(2000.0), Static::new(-30.0, 0.3)).unwrap();
    let release = Static::new(Value::uniform(0.1, 0.6), 0.3).at_receptor("glia");
    net.stimulate(&cells, PoissonGenerator::new(100.0), release).unwrap();
    net.connect(&cells, &cells, FixedIndegree(8), Static::new(40.0, Value::uniform(0.3, 2.0))).unwrap();
    net.record(&cells, Spikes).unwrap();
    net
}

#[test]
fn without_a_gain_the_bits_are_those_of_a_model_that_has_none() {
    let of_gain = |line: &&str| !["held =", "share_", "I_glia ="].iter().any(|begin| line.starts_with(begin));
    let text: Vec<&str> = TEXT.lines().filter(of_gain).collect();
    let without = read(&text.join("\n").replace("I_glia + ", ""));
    for precision in [Precision::F32, Precision::F64] {
        let found = |model: &Arc<dyn Model>, gain: f64, threads: u32| {
            outcome(&driven(model, gain), Device::cpu().threads(threads).precision(precision), 60.0)
        };
        let bare = found(&without, 0.0, 1);
        assert!(bare.0.len() > 200, "{} spikes", bare.0.len());
        assert!(found(&built_in(), 0.0, 1) == bare, "{precision:?}");
        assert!(found(&built_in(), 0.01, 1) != bare, "{precision:?}: a gain goes unnoticed");
        assert!(found(&built_in(), 0.5, 1) == found(&built_in(), 0.5, 3), "{precision:?}: threads");
    }
}
