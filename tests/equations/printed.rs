//! A model in text as Rust: the printed file is the one that lies here, and what it compiles to has the bits of the text.

use neuropil::equations::text::{Functions, Model};
use neuropil::equations::{evaluate, rust};
use neuropil::models::{Columns, Neuron, Parameters};
use neuropil::number::Number;
use neuropil::random::Draws;

use super::models::same;
use super::text::AEIF;

#[path = "printed/aeif_printed.rs"]
pub mod aeif_printed;

use aeif_printed::AeifPrinted;

/// The example of the format with a rule between parameters, and so many parts of a step, a loop.
pub fn model(parts: u32) -> Model {
    let text = AEIF.replace("aeif_mine", "aeif_printed").replace("-60 mV:", "-60 mV < V_th:");
    let text = text.replace("refractory = \"", &format!("substeps = {parts}\nrefractory = \""));
    Model::of_file("test", &text).unwrap().remove(0)
}

/// Inputs of a step at random: derived values of the defaults with this refractory period, state, input and current.
fn inputs<R: Number>(draws: &mut Draws) -> Vec<R> {
    let own = AeifPrinted { t_ref: 0.3, ..AeifPrinted::default() };
    let mut inputs: Vec<R> = own.derive(0.1).list().into_iter().map(R::of).collect();
    let state = [
        60.0 * draws.uniform(),
        100.0 * draws.uniform(),
        20.0 * draws.uniform(),
        20.0 * draws.uniform(),
        f64::from(draws.below(3)),
    ];
    inputs.extend(state.into_iter().chain([draws.uniform(), draws.uniform(), 800.0 * draws.uniform()]).map(R::of));
    inputs
}

/// For how many of so many random states the text gives other bits than the compiled Rust, and how many spikes there are.
fn differing<R: Number<Word: PartialEq>>(step: &neuropil::equations::Function, count: usize) -> (usize, usize) {
    let Functions::Neuron { reset, .. } = model(9).functions else { panic!("no neuron") };
    let mut draws = Draws::new(4, 1, 0);
    let (mut differing, mut spikes) = (0, 0);
    let derived = AeifPrinted::DECLARATION.derived.len();
    for _ in 0..count {
        let inputs = inputs::<R>(&mut draws);
        let mut expected = evaluate(step, &inputs);
        let after: Vec<R> = inputs[..derived].iter().chain(&expected[..5]).copied().collect();
        expected.extend(evaluate(&reset, &after));
        let d = aeif_printed::Derived::gather(&inputs, 1, 0);
        let kept: Vec<R> = inputs[derived..derived + 5].iter().copied().chain([R::of(-1.0)]).collect();
        let mut s = aeif_printed::State::gather(&kept, 1, 0);
        AeifPrinted::advance(&d, &mut s, &inputs[derived + 5..derived + 7], inputs[derived + 7]);
        let mut found = s.list();
        found[5] = AeifPrinted::margin(&d, &s);
        spikes += usize::from(found[5] >= R::of(0.0));
        AeifPrinted::reset(&d, &mut s);
        found.extend(&s.list()[..5]);
        differing += usize::from(!found.iter().zip(expected).all(|(&a, b)| same(a, b)));
    }
    (differing, spikes)
}

#[test]
fn the_printed_file_is_the_one_that_is_compiled() {
    let printed = rust::neuron(&model(9)).unwrap();
    assert_eq!(printed, include_str!("printed/aeif_printed.rs"));
}

#[test]
fn printed_rust_has_the_bits_of_the_text() {
    let Functions::Neuron { step, .. } = model(9).functions else { panic!("no neuron") };
    let (differ, spikes) = differing::<f32>(&step, 5000);
    assert!(differ == 0 && spikes > 100, "{differ} of 5000 differ, {spikes} spikes");
    assert_eq!(differing::<f64>(&step, 5000).0, 0);
    let Functions::Neuron { step, .. } = model(10).functions else { panic!("no neuron") };
    assert!(differing::<f32>(&step, 500).0 > 400, "ten parts of a step are not nine");
}

#[test]
fn printed_derived_values_and_rules_are_those_of_the_text() {
    let (model, mut own) = (model(9), AeifPrinted::default());
    let defaults: Vec<f64> = model.parameters.iter().map(|parameter| parameter.default).collect();
    assert_eq!(own.list(), defaults);
    for (g_l, t_ref) in [(30.0, 0.0), (7.1, 2.05), (0.0, 1.0)] {
        (own.g_L, own.t_ref) = (g_l, t_ref);
        for dt in [0.1, 0.25, 1.0] {
            let steps = model.refractory_steps(&own.list(), dt).unwrap() as f64;
            let found = own.derive(dt).list();
            let expected = evaluate(&model.derive, &[own.list(), vec![dt, steps]].concat());
            assert!(found.iter().zip(&expected).all(|(a, b)| a.to_bits() == b.to_bits()), "{found:?}, {expected:?}");
            assert_eq!(Some(own.refractory_steps(dt)), model.refractory_steps(&own.list(), dt));
        }
    }
    assert_eq!(own.broken_rule(), None);
    own.V_reset = own.V_th;
    assert_eq!(own.broken_rule(), Some(("V_reset", "< V_th".to_owned())));
    let kept = evaluate(&model.parameter_rules.function, &own.list());
    let broken = kept.iter().position(|kept| *kept == 0.0).unwrap();
    assert_eq!(model.parameter_rules.rules[broken].name, "V_reset");
}

#[test]
fn what_rust_has_no_name_for_is_refused() {
    let said = |from: &str, to: &str| {
        let text = AEIF.replace(from, to);
        rust::neuron(&Model::of_file("test", &text).unwrap()[0]).unwrap_err().to_string()
    };
    assert_eq!(said("tau_w", "move"), "model aeif_mine: move is no name in Rust; rename it");
    let [stdp, other] = [include_str!("texts/stdp.toml"), include_str!("texts/astrocyte.toml")];
    for text in [stdp, other] {
        let said = rust::neuron(&Model::of_file("test", text).unwrap()[0]).unwrap_err().to_string();
        assert!(said.ends_with("it is no neuron; only neurons are declared in Rust"), "{said}");
    }
}
