//! Networks of the engine made of graphs: spike for spike what the plain player plays.

use neuropil::prelude::*;
use neuropil::train::nir::{
    Current, Data, Exported, Graph, Integration, Kind, Options, Signals, Timing, Values, network, play,
};

use super::{graph, input, lif, linear, node, output};

const STEPS: usize = 120;

/// A stream of numbers, the same everywhere.
fn draws(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    }
}

/// Weights that are whole multiples of 1/16.
fn grid(rows: usize, columns: usize, seed: u64) -> Node_ {
    let mut draw = draws(seed);
    let weights = (0..rows * columns).map(|_| (draw() % 48) as f64 / 16.0 - 1.0).collect();
    node(Kind::Linear, [("weight", Data::new(&[rows, columns], Values::F64(weights)).unwrap())])
}

type Node_ = neuropil::train::nir::Node;

/// Spikes of an input, [step, unit].
fn spikes(units: usize, seed: u64) -> Vec<f64> {
    let mut draw = draws(seed);
    (0..STEPS * units).map(|_| f64::from(u8::from(draw().is_multiple_of(3)))).collect()
}

/// What the engine makes of an input: the spikes or potentials of each population, [step, unit] in the graph's steps.
fn run(exported: Exported, inputs: &Signals, device: Device) -> Signals {
    let names: Vec<String> = exported.populations.iter().map(|placed| placed.name.clone()).collect();
    exported.play(STEPS, inputs, &names.iter().map(String::as_str).collect::<Vec<_>>(), device).unwrap()
}

/// Values of a population that the engine and the player have otherwise, and spikes in all.
fn compared(
    graph: &Graph,
    options: Options,
    inputs: &Signals,
    device: Device,
    change: fn(&mut Exported),
) -> (usize, usize) {
    let steps = graph.discretise(options).unwrap();
    let mut exported = network(&steps).unwrap();
    change(&mut exported);
    let names: Vec<String> = exported.populations.iter().map(|placed| placed.name.clone()).collect();
    let expected = play(&steps, STEPS, inputs, &names.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
    let (mut differ, mut spikes) = (0, 0);
    for (name, values) in run(exported, inputs, device) {
        let expected = &expected[&name];
        assert_eq!(values.len(), expected.len());
        differ += values.iter().zip(expected).filter(|(a, b)| (*a - *b).abs() > 2e-5 * (1.0 + b.abs())).count();
        spikes += expected.iter().filter(|value| **value == 1.0).count();
    }
    (differ, spikes)
}

fn euler(timing: Timing) -> Options {
    Options {
        dt: Some(1e-3),
        integration: Some(Integration::Euler),
        timing: Some(timing),
        current: Some(Current::First),
    }
}

/// Two layers and a readout, over one of which a connection leaps.
fn layers() -> Graph {
    let li = [("tau", 2e-2), ("r", 20.0), ("v_leak", 0.0)].map(|(name, value)| (name, Data::list(&[value; 2])));
    graph(
        vec![
            ("in", input(4)),
            ("a", grid(6, 4, 1)),
            ("one", lif(6, 5e-3, 5.0, 2.25)),
            ("b", grid(5, 6, 2)),
            ("two", lif(5, 1e-2, 10.0, 1.5)),
            ("c", grid(2, 5, 3)),
            ("leap", grid(2, 6, 4)),
            ("read", node(Kind::Li, li)),
            ("out", output(2)),
        ],
        &[
            ("in", "a"),
            ("a", "one"),
            ("one", "b"),
            ("b", "two"),
            ("two", "c"),
            ("c", "read"),
            ("one", "leap"),
            ("leap", "read"),
            ("read", "out"),
        ],
    )
    .unwrap()
}

fn check(graph: &Graph, options: Options, input: &str, units: usize) {
    let inputs: Signals = [(input.to_owned(), spikes(units, 9))].into();
    for device in [Device::cpu(), Device::cpu().precision(Precision::F64)] {
        let (differ, spikes) = compared(graph, options, &inputs, device, |_| {});
        assert_eq!(differ, 0, "{options:?}");
        assert!(spikes > STEPS, "{spikes}");
    }
}

#[test]
fn layers_spike_for_spike_and_leaps_wait_for_what_they_leap_over() {
    check(&layers(), euler(Timing::SameStep), "in", 4);
    check(&layers(), euler(Timing::NextStep), "in", 4);
    check(&layers(), Options { integration: Some(Integration::Exact), ..euler(Timing::SameStep) }, "in", 4);
}

#[test]
fn a_quicker_leap_and_another_threshold_are_seen() {
    let inputs: Signals = [("in".to_owned(), spikes(4, 9))].into();
    let (differ, _) = compared(&layers(), euler(Timing::SameStep), &inputs, Device::cpu(), |exported| {
        exported.network.set("two", "V_th", 2.0).unwrap();
    });
    assert!(differ > 10, "{differ}");
    let (differ, _) = compared(&layers(), euler(Timing::SameStep), &inputs, Device::cpu(), |exported| {
        let late = exported.populations.iter_mut().find(|placed| placed.name == "read").unwrap();
        late.later -= 1;
    });
    assert!(differ > 10, "{differ}");
}

#[test]
fn whole_weights_that_meet_the_threshold_are_no_spikes() {
    let all = |value: f64| Data::list(&[value; 5]);
    let neurons = node(
        Kind::If,
        [("r", all(1e3)), ("v_threshold", Data::list(&[1.0, 2.0, 3.0, 4.0, 5.0])), ("v_reset", all(-1.0))],
    );
    let mut draw = draws(5);
    let weights = (0..20).map(|_| (draw() % 4) as f64).collect();
    let whole = node(Kind::Linear, [("weight", Data::new(&[5, 4], Values::F64(weights)).unwrap())]);
    let net = graph(
        vec![("in", input(4)), ("w", whole), ("if", neurons), ("out", output(5))],
        &[("in", "w"), ("w", "if"), ("if", "out")],
    )
    .unwrap();
    check(&net, euler(Timing::SameStep), "in", 4);
    let inputs: Signals = [("in".to_owned(), spikes(4, 9))].into();
    let (differ, _) = compared(&net, euler(Timing::SameStep), &inputs, Device::cpu(), |exported| {
        // At the threshold itself, as the engine has it.
        exported.network.set("if", "V_th", Value::each([1.0, 2.0, 3.0, 4.0, 5.0])).unwrap();
    });
    assert!(differ > 10, "{differ}");
}

#[test]
fn recurrent_graphs_biases_and_current_based_neurons() {
    let all = |value: f64| Data::list(&[value; 5]);
    let data = [
        ("tau_syn", 4e-3),
        ("tau_mem", 8e-3),
        ("r", 8.0),
        ("v_leak", 0.1),
        ("v_threshold", 3.0),
        ("v_reset", -0.2),
        ("w_in", 4.0),
    ];
    let cuba = node(Kind::CubaLif, data.map(|(name, value)| (name, all(value))));
    let affine = |bias: f64| {
        let linear = grid(5, 5, 7);
        node(Kind::Affine, [("weight", linear.get("weight").unwrap().clone()), ("bias", all(bias))])
    };
    let net = |neurons: Node_| {
        graph(
            vec![
                ("in", input(3)),
                ("w", grid(5, 3, 6)),
                ("n", neurons),
                ("back", affine(0.125)),
                ("v", grid(4, 5, 8)),
                ("last", lif(4, 4e-3, 4.0, 2.0)),
                ("out", output(4)),
            ],
            &[("in", "w"), ("w", "n"), ("n", "back"), ("back", "n"), ("n", "v"), ("v", "last"), ("last", "out")],
        )
        .unwrap()
    };
    check(&net(lif(5, 6e-3, 6.0, 2.5)), euler(Timing::SameStep), "in", 3);
    check(&net(lif(5, 6e-3, 6.0, 2.5)), euler(Timing::NextStep), "in", 3);
    let last = Options { current: Some(Current::Last), ..euler(Timing::SameStep) };
    check(&net(cuba.clone()), last, "in", 3);
    check(&net(cuba.clone()), Options { timing: Some(Timing::NextStep), ..last }, "in", 3);
    let first = network(&net(cuba).discretise(euler(Timing::SameStep)).unwrap()).unwrap_err().to_string();
    assert!(first.contains("'n' lead back in fewer steps than the engine needs"), "{first}");
    let two = |delay: f64| {
        let wait = node(Kind::Delay, [("delay", all(delay))]);
        let nodes = vec![
            ("in", input(3)),
            ("w", grid(5, 3, 6)),
            ("one", lif(5, 6e-3, 6.0, 2.5)),
            ("up", grid(5, 5, 1)),
            ("two", lif(5, 6e-3, 6.0, 2.5)),
            ("wait", wait),
            ("down", grid(5, 5, 2)),
            ("out", output(5)),
        ];
        let edges = [
            ("in", "w"),
            ("w", "one"),
            ("one", "up"),
            ("up", "two"),
            ("two", "wait"),
            ("wait", "down"),
            ("down", "one"),
            ("two", "out"),
        ];
        graph(nodes, &edges).unwrap()
    };
    let back = network(&two(0.0).discretise(euler(Timing::SameStep)).unwrap()).unwrap_err().to_string();
    assert!(back.contains("'one', 'two' lead back in fewer steps"), "{back}");
    check(&two(2e-3), euler(Timing::SameStep), "in", 3);
    check(&two(0.0), euler(Timing::NextStep), "in", 3);
}

#[test]
fn resets_by_subtraction() {
    let subtract = |node: Node_| node.with_metadata("reset", Data::text("subtract"));
    let all = |value: f64| Data::list(&[value; 5]);
    let data = [("tau_syn", 4e-3), ("tau_mem", 8e-3), ("r", 8.0), ("v_leak", 0.0), ("v_threshold", 3.0), ("w_in", 4.0)];
    let cuba = node(Kind::CubaLif, data.map(|(name, value)| (name, all(value))));
    let integrator = node(Kind::If, [("r", all(1e3)), ("v_threshold", all(4.0))]);
    for (neurons, steps) in [(lif(5, 6e-3, 6.0, 2.5), 0), (integrator, 0), (cuba, 1)] {
        let net = |neurons: Node_| {
            let nodes = vec![("in", input(4)), ("w", grid(5, 4, 6)), ("n", neurons), ("out", output(5))];
            graph(nodes, &[("in", "w"), ("w", "n"), ("n", "out")]).unwrap()
        };
        check(&net(subtract(neurons.clone())), euler(Timing::SameStep), "in", 4);
        let later = network(&net(subtract(neurons.clone())).discretise(euler(Timing::SameStep)).unwrap()).unwrap();
        assert_eq!(later.placed("n").unwrap().later, 2 + steps);
        let played = |neurons: Node_| {
            let steps = net(neurons).discretise(euler(Timing::SameStep)).unwrap();
            play(&steps, STEPS, &[("in".to_owned(), spikes(4, 9))].into(), &[]).unwrap()["out"].clone()
        };
        assert_ne!(played(subtract(neurons.clone())), played(neurons), "a reset to a value is another network");
    }
}

#[test]
fn delays_thresholds_scales_and_sums_without_a_neuron() {
    let delay = node(Kind::Delay, [("delay", Data::list(&[0.0, 2e-3, 5e-3, 1e-3]))]);
    let scale = node(Kind::Scale, [("scale", Data::list(&[1.0, 2.0, -1.0, 0.5]))]);
    let gate = node(Kind::Threshold, [("threshold", Data::list(&[0.0, 1.0, 2.0]))]);
    let net = graph(
        vec![
            ("in", input(4)),
            ("scale", scale),
            ("delay", delay),
            ("a", grid(5, 4, 11)),
            ("one", lif(5, 5e-3, 5.0, 1.5)),
            ("b", grid(3, 5, 12)),
            ("gate", gate),
            ("c", linear([[1.0, 2.0, -1.0]])),
            ("out", output(3)),
            ("sum", output(1)),
        ],
        &[
            ("in", "scale"),
            ("scale", "delay"),
            ("delay", "a"),
            ("a", "one"),
            ("one", "b"),
            ("b", "gate"),
            ("gate", "out"),
            ("gate", "c"),
            ("c", "sum"),
        ],
    )
    .unwrap();
    check(&net, euler(Timing::SameStep), "in", 4);
    check(&net, euler(Timing::NextStep), "in", 4);
    let exported = network(&net.discretise(euler(Timing::SameStep)).unwrap()).unwrap();
    assert_eq!(exported.outputs["out"].node, "gate");
    assert_eq!(exported.outputs["sum"].node, "sum");
}

#[cfg(feature = "formats")]
#[test]
fn files_of_the_python_package_spike_for_spike() {
    for (name, input, units) in
        [("recurrent", "input", 3), ("convolution", "input", 60), ("delays", "input", 3), ("lif", "input", 3)]
    {
        let graph = neuropil::train::nir::read(super::golden(&format!("{name}.nir"))).unwrap();
        check(&graph, euler(Timing::SameStep), input, units);
    }
    for (name, dt) in [("snntorch", 1e-4), ("norse", 1e-3)] {
        let graph = neuropil::train::nir::read(super::golden(&format!("{name}.nir"))).unwrap();
        check(&graph, Options { dt: Some(dt), ..euler(Timing::SameStep) }, "input", 6);
    }
    let deep = neuropil::train::nir::read(super::golden("deep.nir")).unwrap();
    check(&deep, Options { dt: None, ..euler(Timing::SameStep) }, "in", 5);
}
