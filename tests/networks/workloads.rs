//! Standard workloads: sizes, and activity that lasts.

use neuropil::network::{Delay, Shape, Value};
use neuropil::prelude::*;

use super::{altered, network, spikes};

/// Spikes per neuron and second from `from` to `to` ms.
fn rate(net: &Network, (from, to): (f64, f64)) -> f64 {
    let late = spikes(net, to, 1).iter().filter(|spike| spike.0 > from).count();
    late as f64 / f64::from(net.neurons()) / (to - from) * 1e3
}

#[test]
fn four_thousand_neurons_are_those_of_vogels_and_abbott() {
    for (workload, model) in [("cuba-4k", "vogels-abbott"), ("coba-4k", "vogels-abbott-coba")] {
        let first = spikes(&network(workload, 1.0), 100.0, 1);
        assert!(!first.is_empty() && first == spikes(&network(model, 1.0), 100.0, 1));
        assert_ne!(first, spikes(&network(model, 0.99), 100.0, 1));
    }
}

#[test]
fn cuba_fires_alike_at_ten_times_the_size() {
    // NEST: 5.13 spikes/s, and the same with 4,000 neurons.
    let net = network("cuba-40k", 1.0);
    let alike = |net: &Network| (rate(net, (200.0, 500.0)) / 5.13 - 1.0).abs() < 0.1;
    assert!(alike(&net));
    let louder = altered(
        &net,
        |old| {
            let mut synapse = old.synapse.clone();
            let Value::Constant(weight) = synapse.weight else { panic!() };
            synapse.weight = Value::Constant(if weight > 0.0 { 1.2 * weight } else { weight });
            Some(synapse)
        },
        |drive| Some(drive.clone()),
    );
    assert!(!alike(&louder));
}

#[test]
fn coba_outlives_its_kick() {
    let net = network("coba-4k", 1.0);
    assert!(rate(&net, (900.0, 1000.0)) > 5.0);
    // Without the kick only what V_m starts with fires, and that dies away.
    let unkicked = altered(&net, |old| Some(old.synapse.clone()), |_| None);
    assert!(rate(&unkicked, (900.0, 1000.0)) < 0.1);
}

#[test]
fn sparse_has_its_weights_and_a_delay_for_each_synapse() {
    let net = network("sparse-1m", 1.0);
    let projections: Vec<(u32, u64, &Value)> =
        net.projections().iter().map(|p| (p.from.len(), super::size_of(p), &p.synapse.weight)).collect();
    let weights = (Value::Constant(12.96), Value::Constant(-72.0));
    assert_eq!(projections, [(800_000, 80_000_000, &weights.0), (200_000, 20_000_000, &weights.1)]);
    let spread = Delay::Value(Shape::Uniform { low: 1.0, high: 20.0 }.into());
    assert!(net.projections().iter().all(|p| p.synapse.delay == spread));
    let small = rate(&network("sparse-1m", 0.01), (300.0, 600.0));
    assert!((small / 5.06 - 1.0).abs() < 0.2, "{small}, NEST 5.06");
}
