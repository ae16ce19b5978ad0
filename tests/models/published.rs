//! Neurons in text that are not NEST's, against closed forms and the published scheme.

use std::sync::Arc;

use neuropil::equations::text;
use neuropil::models::{self, Model};
use neuropil::network::RecorderId;
use neuropil::prelude::*;
use neuropil::tile::Interpreted;

/// Spikes that are emitted to one neuron: receptor, weight, times in ms.
type Input<'a> = (&'a str, f64, &'a [f64]);

/// A variable of one neuron after each step in f64, and its spikes in steps.
fn played(
    model: Arc<dyn Model>,
    set: &[(&str, f64)],
    inputs: &[Input<'_>],
    what: &str,
    dt: f64,
    ms: f64,
) -> (Vec<f64>, Vec<u32>) {
    let mut population = Population::new("neuron", 1, model).unwrap();
    set.iter().for_each(|(name, value)| population.set(name, *value).unwrap());
    let mut network = Network::new(dt.ms());
    let neuron = network.add_population(population).unwrap();
    for (receptor, weight, times) in inputs {
        network.stimulate(&neuron, SpikeGenerator::at(times), Static::new(*weight, 1.0).at_receptor(receptor)).unwrap();
    }
    network.record(&neuron, Spikes).unwrap();
    network.record(&neuron, Variable::every(what, dt)).unwrap();
    let mut simulation = network.build(Device::cpu().precision(Precision::F64), Seed(1)).unwrap();
    simulation.run(ms.ms()).unwrap();
    let spikes = simulation.all_spikes().iter().map(|spike| spike.step).collect();
    (simulation.samples(RecorderId(1)).unwrap().to_vec(), spikes)
}

fn named(name: &str) -> Arc<dyn Model> {
    models::named(name, "test").unwrap()
}

/// How far a trace is from a function of the time in ms.
fn farthest(trace: &[f64], dt: f64, wanted: impl Fn(f64) -> f64) -> f64 {
    let times = (1..).map(|step| f64::from(step) * dt);
    times.zip(trace).map(|(time, value)| (value - wanted(time)).abs()).fold(0.0, f64::max)
}

#[test]
fn contacts_of_the_fly_add_up_as_published() {
    // 60 contacts that arrive at 3 ms.
    let response = |time: f64| {
        let u = (time - 3.0).max(0.0);
        -52.0 + 60.0 * 0.275 * 5.0 / 15.0 * ((-u / 20.0).exp() - (-u / 5.0).exp())
    };
    let (trace, spikes) = played(named("shiu_2024"), &[], &[("contacts", 60.0, &[2.0])], "V_m", 0.1, 60.0);
    assert!(spikes.is_empty() && farthest(&trace, 0.1, response) < 1e-8);
    assert!(farthest(&trace, 0.1, |time| response(time - 0.1)) > 0.01);
    // A kick of Poisson input is enough for a spike, in the step in which it arrives.
    let (_, spikes) = played(named("shiu_2024"), &[], &[("kick", 68.75, &[2.0])], "V_m", 0.1, 60.0);
    assert_eq!(spikes, [30]);
    let (_, spikes) = played(named("shiu_2024"), &[], &[("kick", 7.0, &[2.0])], "V_m", 0.1, 3.0);
    assert!(spikes.is_empty(), "the threshold itself is not above it");
}

#[test]
fn what_reaches_a_refractory_neuron_of_the_fly_is_lost() {
    let text = include_str!("../../models/neurons/shiu_2024.toml");
    let keeps = text.replace(" and g at 0 mV", "");
    assert_ne!(keeps, text);
    let keeps = text::Model::of_file("keeps.toml", &keeps).unwrap().remove(0);
    let keeps: Arc<dyn Model> = Arc::new(Interpreted::new(keeps).unwrap());
    // The first fires at 3 ms, the second reaches it 2.2 ms later, at the last of 22 steps.
    for (model, lost) in [(named("shiu_2024"), true), (keeps, false)] {
        let one: &[Input<'_>] = &[("kick", 20.0, &[2.0])];
        let two: &[Input<'_>] = &[one[0], ("contacts", 50.0, &[4.2])];
        let late: &[Input<'_>] = &[one[0], ("contacts", 50.0, &[4.3])];
        let [alone, within, after] =
            [one, two, late].map(|inputs| played(model.clone(), &[], inputs, "V_m", 0.1, 30.0));
        assert_eq!(alone.1, [30]);
        assert_eq!(alone.0 == within.0, lost);
        assert!(alone.0 != after.0);
    }
}

#[test]
fn the_digital_twin_brain_steps_as_published() {
    let inputs: [Input<'_>; 4] = [
        ("AMPA", 40.0, &[2.0, 9.0, 30.0]),
        ("NMDA", 60.0, &[4.0, 33.0]),
        ("GABAa", -6.0, &[12.0]),
        ("GABAb", -40.0, &[21.0]),
    ];
    let (trace, spikes) =
        played(named("digital_twin_brain"), &[("sd_bg", 0.0), ("I_bg", 0.6)], &inputs, "V_m", 1.0, 80.0);
    let (g, reversal) = ([5.0 / 275.0, 5.0 / 4000.0, 3.0 / 30.0, 3.0 / 730.0], [0.0, 0.0, -70.0, -100.0]);
    let tau = [2.0, 40.0, 10.0, 50.0];
    let (mut v, mut j, mut last, mut fired) = (-57.5f64, [0.0f64; 4], -100.0, Vec::new());
    let mut wanted = Vec::new();
    for step in 1..=80 {
        let synapses: f64 = (0..4).map(|u| g[u] * (reversal[u] - v) * j[u]).sum();
        let silent = f64::from(step) - last <= 5.0;
        v = if silent { -65.0 } else { v + (-0.03 * (v + 75.0) + synapses + 0.6) };
        if v >= -50.0 {
            v = -50.0;
            last = f64::from(step);
            fired.push(step as u32);
        }
        for (u, (_, weight, times)) in inputs.iter().enumerate() {
            j[u] *= (-1.0f64 / tau[u]).exp();
            j[u] += times.iter().filter(|&&time| time + 1.0 == f64::from(step)).count() as f64 * weight.abs();
        }
        wanted.push(v);
    }
    assert_eq!(spikes, fired);
    assert!(fired.len() > 2, "{fired:?}");
    let off = trace.iter().zip(&wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(off < 1e-9, "{off}");
    let (other, _) =
        played(named("digital_twin_brain"), &[("sd_bg", 0.0), ("tau_NMDA", 39.0)], &inputs, "V_m", 1.0, 80.0);
    assert!(other.iter().zip(&wanted).any(|(a, b)| (a - b).abs() > 1e-3));
}

#[test]
fn the_background_of_the_digital_twin_brain_has_its_mean_and_deviation() {
    for dt in [1.0, 0.1] {
        let mut network = Network::new(dt.ms());
        network.add_population(Population::new("neurons", 4000, named("digital_twin_brain")).unwrap()).unwrap();
        let mut simulation = network.build(Device::cpu().threads(1), Seed(2)).unwrap();
        simulation.run(50.0.ms()).unwrap();
        let background = simulation.state("neurons", "I_bg").unwrap();
        let n = background.len() as f64;
        let mean = background.iter().sum::<f64>() / n;
        let sd = (background.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt();
        // Five standard errors: 0.2 / √4000 and 0.2 / √8000.
        assert!((mean - 0.6).abs() < 5.0 * 0.0032 && (sd - 0.2).abs() < 5.0 * 0.0023, "{mean} {sd} at {dt} ms");
    }
}

#[test]
fn a_graded_neuron_comes_to_rest_where_its_equations_say() {
    let s = |i: f64| played(named("li_neuron"), &[("I_e", i)], &[], "s", 1.0, 4000.0);
    let v = |i: f64| played(named("li_neuron"), &[("I_e", i)], &[], "V_m", 1.0, 4000.0).0[3999];
    for (i, wanted) in [(0.1, -25.0), (-0.2, -55.0)] {
        assert!((v(i) - wanted).abs() < 1e-9, "{}", v(i));
        let open = 0.001 / (1.0 + (-0.125f64 * (wanted + 35.0)).exp());
        let (trace, spikes) = s(i);
        assert!((trace[3999] - open / (open + 0.005)).abs() < 1e-6 && spikes.is_empty(), "{}", trace[3999]);
    }
}

#[test]
fn a_segment_answers_a_coincidence_and_nothing_less() {
    let model = || named("iaf_psc_exp_dendrites");
    let play = |inputs: &[Input<'_>]| played(model(), &[], inputs, "V_m", 0.1, 200.0);
    let (few, _) = play(&[("1", 1.0, &[10.0; 9])]);
    assert!(few.iter().all(|v| *v == -70.0));
    let (apart, _) = play(&[("1", 5.0, &[10.0, 14.0])]);
    assert!(apart.iter().all(|v| *v == -70.0), "half of a spike is forgotten in 4 ms");
    let (trace, spikes) = play(&[("1", 1.0, &[10.0; 10])]);
    // It lasts for 50 ms from 11 ms on, and does not make a neuron fire.
    let plateau = |time: f64| {
        let after = |t: f64| 10.0 * (1.0 - (-t.max(0.0) / 10.0).exp());
        -70.0 + after(time - 11.0) - after(time - 61.0)
    };
    assert!(spikes.is_empty() && farthest(&trace, 0.1, plateau) < 0.11, "{}", farthest(&trace, 0.1, plateau));
    // What is too weak alone fires a neuron that expects it.
    let soma: Input<'_> = ("ex", 1000.0, &[40.0]);
    assert!(play(&[soma]).1.is_empty());
    assert_eq!(play(&[soma, ("1", 1.0, &[10.0; 10])]).1.len(), 1);
    assert!(play(&[soma, ("1", 1.0, &[10.0; 9])]).1.is_empty());
}
