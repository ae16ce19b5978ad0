//! The way there of layers against the engine, spike for spike.

use std::sync::Arc;

use neuropil::models;
use neuropil::prelude::*;
use neuropil::train::layer::{Neurons, Shows, Steps};
use neuropil::train::tape::{Datum, Operation};
use neuropil::train::{Array, Spikes as Bits};

use super::{noise, options, population};

/// Weights on a grid of 1/64, so that every sum of them is exact.
fn grid(sources: usize, targets: usize, size: f64, seed: u64) -> Vec<f64> {
    let mut random = noise(seed);
    (0..sources * targets).map(|_| (random() * size * 64.0).round() / 64.0).collect()
}

/// Weights times the spikes of the step before.
fn delayed(spikes: &Bits, weights: &[f64], targets: usize) -> Array<f32> {
    let mut drive = Array::zeros("test", &[1, spikes.steps(), targets]).unwrap();
    for step in 1..spikes.steps() {
        for source in spikes.firing(0, step - 1) {
            let row = &weights[source * targets..][..targets];
            let sums = &mut drive.data_mut()[step * targets..][..targets];
            sums.iter_mut().zip(row).for_each(|(sum, &weight)| *sum += weight as f32);
        }
    }
    drive
}

/// Sources and targets of all pairs.
fn pairs(sources: u32, targets: u32) -> Explicit {
    let pairs = (0..sources).flat_map(|source| (0..targets).map(move |target| (source, target)));
    let (from, to): (Vec<u32>, Vec<u32>) = pairs.unzip();
    Explicit::new(from, to)
}

/// Spikes of two layers in the engine, (step from 1, layer, unit).
fn simulated(input: &Bits, layers: [(&Population, &[f64]); 2]) -> Vec<(usize, usize, usize)> {
    let mut net = Network::new(0.1.ms());
    let sources = net.add("input", input.units() as u32, models::ParrotNeuron {}).unwrap();
    let times =
        (0..input.steps()).flat_map(|step| input.firing(0, step).map(move |unit| (unit as u32, step as f64 * 0.1)));
    net.stimulate(&sources, SpikeGenerator::listed(times), Static::new(1.0, 0.1)).unwrap();
    let mut from = sources;
    for (k, (layer, weights)) in layers.into_iter().enumerate() {
        let layer = Population { name: format!("layer {k}"), ..layer.clone() };
        let (count, size) = (from.len(), layer.size);
        let to = net.add_population(layer).unwrap();
        let receptor = net.populations()[k + 1].model.declaration().channels[0].name;
        let synapse = Static::new(Value::each(weights.to_vec()), 0.1).at_receptor(receptor);
        net.connect(&from, &to, pairs(count, size), synapse).unwrap();
        net.record(&to, neuropil::prelude::Spikes).unwrap();
        from = to;
    }
    let mut sim = net.build(Device::cpu(), Seed(1)).unwrap();
    sim.run(((input.steps() as f64) * 0.1).ms()).unwrap();
    let (first, second) = (input.units(), layers[0].0.size as usize);
    let place = |id: usize| if id < first + second { (0, id - first) } else { (1, id - first - second) };
    let mut spikes: Vec<(usize, usize, usize)> = sim
        .all_spikes()
        .iter()
        .filter(|spike| spike.id as usize >= first)
        .map(|spike| (spike.step as usize, place(spike.id as usize).0, place(spike.id as usize).1))
        .collect();
    spikes.sort_unstable();
    spikes
}

#[test]
fn a_layer_fires_as_the_engine_does_spike_for_spike() {
    let (steps, sizes) = (400, [20usize, 30, 10]);
    for (model, values, scale) in [
        ("lif_neuron", &[][..], 0.6),
        ("lif_neuron", &[("subtract", 1.0), ("t_ref", 0.3)], 0.6),
        ("if_neuron", &[("subtract", 1.0)], 0.4),
        ("cuba_lif_neuron", &[], 1.5),
        ("adlif_neuron", &[], 0.7),
        ("alif_neuron", &[], 0.6),
        ("iaf_psc_delta", &[("V_th", -69.0), ("t_ref", 0.5)], 0.6),
        ("iaf_psc_exp", &[("V_th", -69.0), ("t_ref", 0.5), ("tau_syn_in", 5.0)], 60.0),
    ] {
        let mut random = noise(11);
        let mut input = Bits::silent("test", &[1, steps, sizes[0]]).unwrap();
        for (step, unit) in (1..steps).flat_map(|step| (0..sizes[0]).map(move |unit| (step, unit))) {
            if random() > 0.8 {
                input.set(0, step, unit);
            }
        }
        let layers: Vec<(Population, Vec<f64>)> = (0..2)
            .map(|k| (population(model, sizes[k + 1] as u32, values), grid(sizes[k], sizes[k + 1], scale, k as u64)))
            .collect();
        let receptor = layers[0].0.model.declaration().channels[0].name;
        let (mut spikes, mut expected) = (input.clone(), Vec::new());
        for (k, (layer, weights)) in layers.iter().enumerate() {
            let options = options(&[receptor], true, Shows::Spikes);
            let neurons = Neurons::<f32>::new(layer, 0.1, Seed(1), &options).unwrap();
            let drive = Datum::Numbers(delayed(&spikes, weights, sizes[k + 1]));
            let Datum::Spikes(shown) = Steps::new(Arc::new(neurons)).forward(&[&drive], 1).unwrap() else { panic!() };
            expected.extend(
                (0..steps)
                    .flat_map(|step| shown.firing(0, step).map(move |unit| (step + 1, k, unit)).collect::<Vec<_>>()),
            );
            spikes = shown;
        }
        expected.sort_unstable();
        let both = [(&layers[0].0, &layers[0].1[..]), (&layers[1].0, &layers[1].1[..])];
        assert!(expected.iter().filter(|spike| spike.1 == 1).count() > 20, "{model}: {} spikes", expected.len());
        assert_eq!(simulated(&input, both), expected, "{model}");
        let mut other = layers[1].1.clone();
        other.iter_mut().step_by(7).for_each(|weight| *weight += 0.25 * f64::max(scale, 1.0));
        assert_ne!(simulated(&input, [both[0], (both[1].0, &other)]), expected, "{model}: other weights are not seen");
    }
}
