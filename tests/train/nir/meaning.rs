//! What graphs mean in steps: closed forms, delays, circles, resets.

use neuropil::train::nir::{Data, Integration, Kind, Options, Timing, euler_as_exact, play};

use super::{graph, input, lif, linear, node, output, signals};

fn options(integration: Integration) -> Options {
    Options { dt: Some(1e-3), integration: Some(integration), ..Options::default() }
}

fn list(value: f64) -> Data {
    Data::list(&[value])
}

#[test]
fn exact_steps_are_the_closed_form_and_eulers_are_not() {
    let (tau, r, leak) = (7e-3, 3.0, -0.4);
    let li = node(Kind::Li, [("tau", list(tau)), ("r", list(r)), ("v_leak", list(leak))]);
    let net = graph(vec![("in", input(1)), ("li", li), ("out", output(1))], &[("in", "li"), ("li", "out")]).unwrap();
    let given = signals("in", &[0.5; 20]);
    let exact = play(&net.discretise(options(Integration::Exact)).unwrap(), 20, &given, &[]).unwrap();
    let euler = play(&net.discretise(options(Integration::Euler)).unwrap(), 20, &given, &[]).unwrap();
    let closed = |t: f64| leak + r * 0.5 * (1.0 - (-t / tau).exp());
    for (k, v) in exact["out"].iter().enumerate() {
        assert!((v - closed(1e-3 * (k + 1) as f64)).abs() < 1e-14);
    }
    assert!(euler["out"].iter().zip(&exact["out"]).any(|(a, b)| (a - b).abs() > 0.01));
}

#[test]
fn euler_is_exact_with_another_time_constant_and_the_same_r() {
    let of = |tau: f64, integration: Integration| {
        let li = node(Kind::Li, [("tau", list(tau)), ("r", list(2.0)), ("v_leak", list(0.1))]);
        let net =
            graph(vec![("in", input(1)), ("li", li), ("out", output(1))], &[("in", "li"), ("li", "out")]).unwrap();
        let given: Vec<f64> = (0..30).map(|k| f64::from(k % 4)).collect();
        play(&net.discretise(options(integration)).unwrap(), 30, &signals("in", &given), &[]).unwrap()["out"].clone()
    };
    let near = |one: &[f64], other: &[f64]| one.iter().zip(other).all(|(a, b)| (a - b).abs() < 1e-13);
    let euler = of(5e-3, Integration::Euler);
    assert!(near(&euler, &of(euler_as_exact(5e-3, 1e-3), Integration::Exact)));
    assert!(!near(&euler, &of(5e-3, Integration::Exact)));
}

#[test]
fn an_exact_current_based_neuron_is_the_closed_form() {
    let (tau_syn, tau_mem, w, r) = (4e-3, 9e-3, 2.0, 1.5);
    let data = [("tau_syn", tau_syn), ("tau_mem", tau_mem), ("r", r), ("v_leak", 0.0), ("w_in", w)];
    let neuron = node(Kind::CubaLi, data.map(|(name, value)| (name, list(value))));
    let net = graph(vec![("in", input(1)), ("n", neuron), ("out", output(1))], &[("in", "n"), ("n", "out")]).unwrap();
    let played =
        play(&net.discretise(options(Integration::Exact)).unwrap(), 40, &signals("in", &[1.0; 40]), &[]).unwrap();
    // A constant input from time 0: v = r w (1 - (tau_m e^(-t/tau_m) - tau_s e^(-t/tau_s)) / (tau_m - tau_s)).
    let closed = |t: f64| {
        let decays = tau_mem * (-t / tau_mem).exp() - tau_syn * (-t / tau_syn).exp();
        r * w * (1.0 - decays / (tau_mem - tau_syn))
    };
    for (k, v) in played["out"].iter().enumerate() {
        assert!((v - closed(1e-3 * (k + 1) as f64)).abs() < 1e-13, "{k}");
    }
    assert!((played["out"][0] - closed(2e-3)).abs() > 1e-3, "a step off is seen");
}

/// One neuron that takes 1 in the first step: when it spikes, and what it says when reset so.
fn reset(metadata: Option<(&str, &str)>) -> Vec<f64> {
    let mut neuron = node(Kind::If, [("r", list(1e3)), ("v_threshold", list(1.0)), ("v_reset", list(0.0))]);
    if let Some((name, word)) = metadata {
        neuron = neuron.with_metadata(name, Data::text(word));
    }
    let net =
        graph(vec![("in", input(1)), ("if", neuron), ("out", output(1))], &[("in", "if"), ("if", "out")]).unwrap();
    let given = signals("in", &[3.5, 0.0, 0.0, 0.0, 0.0]);
    play(&net.discretise(options(Integration::Euler)).unwrap(), 5, &given, &[]).unwrap()["out"].clone()
}

#[test]
fn a_reset_is_to_a_value_unless_metadata_say_subtract() {
    assert_eq!(reset(None), [1.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(reset(Some(("reset_mechanism", "zero"))), [1.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(reset(Some(("reset_mechanism", "subtract"))), [1.0, 1.0, 1.0, 0.0, 0.0]);
    assert_eq!(reset(Some(("reset", "subtract"))), [1.0, 1.0, 1.0, 0.0, 0.0]);
}

#[test]
fn a_threshold_that_is_met_is_no_spike_and_the_number_above_is() {
    let spikes = |value: f64| {
        let gate = node(Kind::Threshold, [("threshold", list(0.7))]);
        let net = graph(vec![("in", input(1)), ("t", gate), ("out", output(1))], &[("in", "t"), ("t", "out")]).unwrap();
        play(&net.discretise(options(Integration::Euler)).unwrap(), 1, &signals("in", &[value]), &[]).unwrap()["out"][0]
    };
    assert_eq!((spikes(0.7), spikes(0.7f64.next_up())), (0.0, 1.0));
}

#[test]
fn a_circle_takes_a_step_where_it_leaves_the_neuron() {
    // A pulse that goes round a neuron for ever, a step a round.
    let net = graph(
        vec![("in", input(1)), ("a", lif(1, 1e-3, 1.0, 0.5)), ("w", linear([[1.0]])), ("out", output(1))],
        &[("in", "a"), ("a", "w"), ("w", "a"), ("a", "out")],
    )
    .unwrap();
    let played =
        play(&net.discretise(options(Integration::Euler)).unwrap(), 4, &signals("in", &[1.0, 0.0, 0.0, 0.0]), &["w"]);
    let played = played.unwrap();
    assert_eq!((&played["out"][..], &played["w"][..]), (&[1.0; 4][..], &[0.0, 1.0, 1.0, 1.0][..]));
}

#[test]
fn every_connection_takes_a_step_if_asked() {
    let net = graph(
        vec![
            ("in", input(1)),
            ("a", lif(1, 1e-3, 1.0, 0.5)),
            ("w", linear([[2.0]])),
            ("b", lif(1, 1e-3, 1.0, 0.5)),
            ("out", output(1)),
        ],
        &[("in", "a"), ("a", "w"), ("w", "b"), ("b", "out")],
    )
    .unwrap();
    let outputs = |timing: Timing| {
        let options = Options { timing: Some(timing), ..options(Integration::Euler) };
        let given = signals("in", &[1.0, 0.0, 0.0, 0.0, 0.0]);
        play(&net.discretise(options).unwrap(), 5, &given, &["b"]).unwrap()["b"].clone()
    };
    assert_eq!(outputs(Timing::SameStep), [1.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(outputs(Timing::NextStep), [0.0, 0.0, 1.0, 0.0, 0.0]);
}

#[test]
fn delays_that_are_no_whole_steps_are_rounded_and_told() {
    let of = |delay: f64| {
        let wait = node(Kind::Delay, [("delay", list(delay))]);
        let net = graph(vec![("in", input(1)), ("d", wait), ("out", output(1))], &[("in", "d"), ("d", "out")]).unwrap();
        let steps = net.discretise(options(Integration::Euler)).unwrap();
        let played = play(&steps, 4, &signals("in", &[1.0, 2.0, 3.0, 4.0]), &[]).unwrap();
        (played["out"].clone(), steps.warnings().len())
    };
    assert_eq!(of(2e-3), (vec![0.0, 0.0, 1.0, 2.0], 0));
    assert_eq!(of(1.6e-3), (vec![0.0, 0.0, 1.0, 2.0], 1));
}
