//! The thalamic volley into the column of Potjans & Diesmann 2014: its published counts, and who answers when.

use std::collections::BTreeSet;

use neuropil::network::{Delay, Drive, Shape, Value};
use neuropil::prelude::*;

use super::{altered, network, size_of, spikes};

const PRESET: &str = "microcircuit-thalamic";
/// Synapses of the thalamus onto L4E, L4I, L6E and L6I: ln(1 - C)/ln(1 - 1/(902 N)), rounded.
const SYNAPSES: [(&str, u64); 4] = [("L4E", 2_045_393), ("L4I", 315_791), ("L6E", 682_419), ("L6I", 52_636)];
/// When the first spike of the thalamus reaches the cortex at the earliest, ms: a step of delay after the relay.
const EARLIEST: f64 = 701.1;

/// The projections of the thalamus: whom they reach, and how many synapses they have.
fn projected(net: &Network) -> Vec<(&str, u64)> {
    let own = net.projections().iter().filter(|projection| projection.from.parts()[0].population == 8);
    own.map(|own| (net.populations()[own.to.parts()[0].population].name.as_str(), size_of(own))).collect()
}

fn normal(value: &Value) -> (f64, f64) {
    let Value::Random { shape: Shape::Normal { mean, sd }, .. } = value else { panic!("{value:?}") };
    (*mean, *sd)
}

#[test]
fn the_thalamus_has_its_published_synapses_and_pulse() {
    let net = network(PRESET, 1.0);
    let thalamus = &net.populations()[8];
    assert_eq!((thalamus.name.as_str(), thalamus.size, net.neurons()), ("thalamus", 902, 77_169 + 902));
    assert_eq!(projected(&net), SYNAPSES);
    assert_ne!(projected(&network(PRESET, 0.999)), SYNAPSES);
    for projection in &net.projections()[55..] {
        let Delay::Value(delay) = &projection.synapse.delay else { panic!() };
        assert_eq!((normal(&projection.synapse.weight), normal(delay)), ((87.8085, 0.1 * 87.8085), (1.5, 0.75)));
    }
    // Nothing but the pulse is new, and the cortex is that of the other preset.
    let cortex = network("microcircuit", 1.0);
    assert_eq!((net.projections().len(), net.stimuli().len()), (55 + 4, 8 + 1));
    for (own, other) in net.projections().iter().zip(cortex.projections()) {
        assert_eq!((size_of(own), &own.synapse.weight), (size_of(other), &other.synapse.weight));
    }
    let pulse = PoissonGenerator { rate: 120.0, start: 700.0, stop: 710.0 };
    assert_eq!(net.stimuli()[8].drive, Drive::Poisson(pulse));
}

/// The mean current of the pulse into each neuron of the four populations, pA, and what of it synapses bring.
fn currents(net: &Network) -> Vec<(f64, f64)> {
    let own = net.projections().iter().filter(|projection| projection.from.parts()[0].population == 8);
    let of = |projection: &neuropil::network::Projection| {
        let inputs = size_of(projection) as f64 / f64::from(projection.to.len());
        let brought = 1e-3 * 0.5 * 120.0 * inputs * normal(&projection.synapse.weight).0;
        let more = net.stimuli().iter().find_map(|stimulus| match &stimulus.drive {
            Drive::Dc(current) if stimulus.to == projection.to => Some(current.amplitude),
            _ => None,
        });
        (brought + more.unwrap_or(0.0), brought)
    };
    own.map(of).collect()
}

#[test]
fn a_small_network_gets_the_pulse_of_a_large_one() {
    let (full, small) = (currents(&network(PRESET, 1.0)), currents(&network(PRESET, 0.1)));
    assert!((full[0].0 - 491.7).abs() < 0.1, "{full:?}");
    for (full, small) in full.iter().zip(&small) {
        assert!((small.0 / full.0 - 1.0).abs() < 0.01, "{small:?} {full:?}");
        // Synapses alone do not bring it.
        assert!((small.1 / full.0 - 0.1f64.sqrt()).abs() < 0.01, "{small:?} {full:?}");
    }
    assert_eq!(network(PRESET, 0.1).populations()[8].size, 90);
}

/// Without what begins with the pulse.
fn without_pulse(net: &Network) -> Network {
    let begins = |drive: &Drive| match drive {
        Drive::Poisson(own) => own.start,
        Drive::Dc(own) => own.start,
        _ => 0.0,
    };
    altered(net, |projection| Some(projection.synapse.clone()), |drive| (begins(drive) == 0.0).then(|| drive.clone()))
}

/// When each layer first has a spike that the other network does not have, ms, and how many it has more until 20 ms later.
fn answers(net: &Network, twin: &Network) -> Vec<(&'static str, Option<f64>, i64)> {
    let played = |net: &Network| spikes(net, 730.0, 1);
    let (own, other) = (played(net), played(twin));
    let layers = ["L23", "L4", "L5", "L6"].map(|layer| {
        let of = |all: &[(f64, u32)]| -> BTreeSet<(u64, u32)> {
            let populations = || net.populations().iter().filter(|population| population.name.starts_with(layer));
            let within = |id: u32| populations().any(|p| id.wrapping_sub(p.first) < p.size);
            all.iter().filter(|(_, id)| within(*id)).map(|(time, id)| ((time * 10.0).round() as u64, *id)).collect()
        };
        let (own, other) = (of(&own), of(&other));
        let first = own.symmetric_difference(&other).next().map(|(step, _)| *step as f64 / 10.0);
        (layer, first, own.len() as i64 - other.len() as i64)
    });
    layers.into()
}

/// What is wrong with the order in which layers answer.
fn complaint(net: &Network, twin: &Network) -> Option<String> {
    let answers = answers(net, twin);
    let said = format!("{answers:?}");
    let first: Option<Vec<f64>> = answers.iter().map(|answer| answer.1).collect();
    let Some(&[layer_23, layer_4, layer_5, layer_6]) = first.as_deref() else {
        return Some(format!("no difference: {said}"));
    };
    let early = layer_4.min(layer_6) >= EARLIEST && layer_4.max(layer_6) < layer_23.min(layer_5);
    let most = answers.iter().all(|answer| answer.2 <= answers[1].2);
    (!(early && most && answers[1].2 > 0)).then_some(said)
}

#[test]
fn layers_4_and_6_answer_the_thalamus_before_the_others() {
    let net = network(PRESET, 0.05);
    let silent = without_pulse(&net);
    assert_eq!(complaint(&net, &silent), None);
    // No pulse, no difference; and a pulse into layer 2/3 is another order.
    assert!(complaint(&silent, &without_pulse(&silent)).is_some_and(|said| said.starts_with("no difference")));
    let mut other = silent.clone();
    let upper = other.population("L23E", "the test").unwrap();
    other.stimulate(upper, DcGenerator { amplitude: 500.0, start: 700.0, stop: 710.0 }, Static::new(1.0, 2.5)).unwrap();
    assert!(complaint(&other, &silent).is_some_and(|said| said.starts_with('[')));
}
