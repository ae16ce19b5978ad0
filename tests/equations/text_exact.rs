//! What is linear is followed exactly, and the rest to the order of its method.

use neuropil::equations::text::{Functions, Model};
use neuropil::equations::{Op, evaluate};
use neuropil::models::{Columns, IafCondExp, IafPscAlpha, IafPscDelta, IafPscExp, Neuron};
use neuropil::random::Draws;

use super::text::{AEIF, COND_EXP, HH, PSC_ALPHA, PSC_EXP, Played, model};

/// What arrives at two receptors, and a current, in each of some steps.
fn drive(steps: u32, size: f64, sign: f64) -> Vec<([f64; 2], f64)> {
    let mut draws = Draws::new(5, 1, 0);
    let mut arriving = |size: f64| if draws.uniform() < 0.05 { size * draws.uniform() } else { 0.0 };
    (0..steps)
        .map(|step| ([arriving(size), sign * arriving(size)], if step < steps / 2 { 100.0 } else { 450.0 }))
        .collect()
}

/// The potential and the steps left of the refractory period of a built-in model, after each step.
fn built_in<N: Neuron>(neuron: &N, rest: f64, drive: &[([f64; 2], f64)]) -> Vec<[f64; 2]> {
    let derived = neuron.derive(0.1);
    let zeros = vec![0.0; N::DECLARATION.state.len()];
    let mut state = N::State::<f64>::gather(&zeros, 1, 0);
    let step = |(arriving, current): &([f64; 2], f64)| {
        N::advance(&derived, &mut state, arriving, *current);
        if N::margin(&derived, &state) >= 0.0 {
            N::reset(&derived, &mut state);
        }
        let list = state.list();
        [list[0] + rest, list[list.len() - 1]]
    };
    drive.iter().map(step).collect()
}

/// The largest difference of the potential, where the refractory periods are the same, and how many spikes there were.
fn difference(text: &str, set: &[(&str, f64)], other: &[[f64; 2]], drive: &[([f64; 2], f64)]) -> (f64, u32) {
    let mut played = Played::new(text, 0.1, set);
    let mut worst: f64 = 0.0;
    let mut spikes = 0;
    for ((arriving, current), [v, refractory]) in drive.iter().zip(other) {
        spikes += played.step(&arriving[..played.model.receptors.len()], *current);
        let same = played.get("refractory") == *refractory;
        worst = worst.max(if same { (played.get("V_m") - v).abs() } else { f64::INFINITY });
    }
    (worst, spikes)
}

#[test]
fn currents_give_the_potentials_of_the_built_in_models() {
    let drive = drive(5000, 900.0, -0.03);
    for (tau_syn_ex, tau_syn_in) in [(2.0, 2.0), (0.5, 10.0), (9.999_999, 5.0)] {
        let set = [("tau_syn_ex", tau_syn_ex), ("tau_syn_in", tau_syn_in)];
        let exp = IafPscExp { tau_syn_ex, tau_syn_in, ..IafPscExp::default() };
        let (worst, spikes) = difference(PSC_EXP, &set, &built_in(&exp, -70.0, &drive), &drive);
        assert!(worst < 1e-11 && spikes > 10, "{worst} {spikes}");
        let alpha = IafPscAlpha { tau_syn_ex, tau_syn_in, ..IafPscAlpha::default() };
        let (worst, spikes) = difference(PSC_ALPHA, &set, &built_in(&alpha, -70.0, &drive), &drive);
        assert!(worst < 1e-11 && spikes > 10, "{worst} {spikes}");
        let other = IafPscExp { tau_m: 10.001, ..exp };
        assert!(difference(PSC_EXP, &set, &built_in(&other, -70.0, &drive), &drive).0 > 1e-4);
    }
}

#[test]
fn spikes_that_move_the_potential_at_once_do_so_but_where_it_is_held() {
    let delta = PSC_EXP
        .replace("I_syn_ex' = -I_syn_ex / tau_syn_ex\nI_syn_in' = -I_syn_in / tau_syn_in\n", "")
        .replace("(I_syn_ex + I_syn_in + I_e + I)", "(I_e + I)")
        .replace(
            "ex = \"pA positive: I_syn_ex += ex\", in = \"pA negative: I_syn_in += in\"",
            "in = \"mV all: V_m += in\"",
        );
    let drive = drive(5000, 20.0, 1.0);
    let (worst, spikes) = difference(&delta, &[], &built_in(&IafPscDelta::default(), -70.0, &drive), &drive);
    assert!(worst < 1e-12 && spikes > 20, "{worst} {spikes}");
    let other = built_in(&IafPscDelta { t_ref: 2.1, ..IafPscDelta::default() }, -70.0, &drive);
    assert!(difference(&delta, &[], &other, &drive).0 > 1.0);
}

#[test]
fn conductances_give_the_potentials_of_the_built_in_model() {
    let drive = drive(5000, 60.0, 0.3);
    let (worst, spikes) = difference(COND_EXP, &[], &built_in(&IafCondExp::default(), -70.0, &drive), &drive);
    assert!(worst < 5e-4 && spikes > 10, "{worst} {spikes}");
    let euler = COND_EXP.replace("[model.iaf_cond_exp.dynamics]", "[model.iaf_cond_exp.dynamics]\nmethod = \"euler\"");
    assert!(difference(&euler, &[], &built_in(&IafCondExp::default(), -70.0, &drive), &drive).0 > 1e-3);
}

/// x1 drives x2, which drives x3, which drives x4, by rates of these sizes; `steady` is added to the rate of x1.
fn chain(rates: [f64; 4], method: &str, steady: &str) -> String {
    let [a, b, c, d] = rates;
    format!(
        r#"[model.chain]
kind = "neuron"
about = "variables that drive each other"
parameters = {{ a = "{a} 1/ms: rate", b = "{b} 1/ms: rate", c = "{c} 1/ms: rate", d = "{d} 1/ms: rate" }}
state = {{ x1 = "1: first", x2 = "0: second", x3 = "0.5: third", x4 = "0: fourth" }}
[model.chain.dynamics]
{method}
equations = """
x1' = -a * x1 + {steady}
x2' = x1 / ms - b * x2
x3' = 2 * x2 / ms - c * x3
x4' = x3 / ms - d * x4 + 0.1 * x1 / ms
"""
"#
    )
}

fn played(text: &str, dt: f64, steps: u32) -> Vec<f64> {
    let mut played = Played::new(text, dt, &[]);
    assert!(played.spikes(steps, 0.0).is_empty());
    played.model.state.iter().map(|variable| played.get(&variable.name)).collect()
}

fn furthest(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn a_chain_of_variables_is_exact_whatever_its_rates() {
    let rates = [
        [0.1, 0.2, 0.3, 0.4],
        [0.5; 4],
        [0.5, 0.5 + 1e-9, 0.5, 0.1],
        [50.0, 0.0, 3.0, 0.0],
        [0.0; 4],
        [-0.5, 0.1, 0.1, 1.0],
    ];
    for rates in rates {
        for steady in ["0", "0.3 / ms"] {
            let whole = played(&chain(rates, "method = \"exact\"", steady), 1.0, 2);
            // In smaller steps, and by a method of steps that is kept from the exact solution.
            let parts = played(&chain(rates, "method = \"exact\"", steady), 0.125, 16);
            assert!(furthest(&whole, &parts) < 1e-12, "{rates:?} {whole:?} {parts:?}");
            let disguised = format!("(0 / ms if x1 < -1000 else {steady})");
            let steps = played(&chain(rates, "substeps = 200", &disguised), 1.0, 2);
            let most = if rates[0] > 1.0 { 1e-4 } else { 1e-11 };
            assert!(furthest(&whole, &steps) < most, "{rates:?} {whole:?} {steps:?}");
        }
    }
}

#[test]
fn the_error_of_a_method_falls_with_its_order() {
    // y' = -y² from 1 is 1/2 after 1 ms.
    let text = |method: &str, substeps: u32| {
        format!(
            r#"[model.decay]
kind = "neuron"
about = "a rate that is not linear"
state = {{ y = "1: a number" }}
dynamics = {{ equations = "y' = -y^2 / ms", method = "{method}", substeps = {substeps} }}
"#
        )
    };
    for (method, order) in [("euler", 1), ("rk2", 2), ("exponential_euler", 2), ("rk4", 4), ("rk5", 5)] {
        let error = |substeps| (played(&text(method, substeps), 1.0, 1)[0] - 0.5).abs();
        let ratio = error(8) / error(16);
        let wanted = f64::from(1 << order);
        assert!((0.7..1.5).contains(&(ratio / wanted)), "{method}: {ratio}");
    }
    // Many parts are a repetition, and mean the same as parts of other steps.
    let Functions::Neuron { step, .. } = model(&text("rk4", 16)).functions else { panic!() };
    assert_eq!(step.graph.repeats().len(), 1);
    assert_eq!(step.graph.repeats()[0].times, 16);
    assert!((played(&text("rk4", 16), 1.0, 1)[0] - played(&text("rk4", 4), 0.25, 4)[0]).abs() < 1e-15);
}

/// The rule of six stages for x' = f(x) over 1 in parts, where stages that spare take f from the first stage.
fn six_stages(f: impl Fn(f64) -> f64, spare: [bool; 6], parts: u32) -> f64 {
    let h = 1.0 / f64::from(parts);
    (0..parts).fold(0.0, |x, _| {
        let at = |stage: usize, change: f64| f(if spare[stage] { x } else { x + h * change });
        let k1 = at(0, 0.0);
        let k2 = at(1, 2.0 / 3.0 * k1);
        let k3 = at(2, (5.0 * k1 + k2) / 27.0);
        let k4 = at(3, (9.0 * k3 - k1) / 16.0);
        let k5 = at(4, (1984.0 * k4 + 1395.0 * k3 - 378.0 * k2 - 61.0 * k1) / 4116.0);
        let k6 = at(5, (16464.0 * k5 - 19840.0 * k4 + 12366.0 * k3 + 3348.0 * k2 + 1302.0 * k1) / 13640.0);
        x + h * (1147.0 * k1 + 6561.0 * k3 + 1984.0 * k4 + 7203.0 * k5 + 1705.0 * k6) / 18600.0
    })
}

#[test]
fn a_second_stage_that_spares_its_exponentials_leaves_fourth_order() {
    // x' = 1 + (1 + x - y) e⁻ˣ, where y follows x: eˣ is 2eᵗ - 1. What is of x alone is held, the other factor is not.
    let text = |method: &str, substeps: u32| {
        format!(
            r#"[model.growth]
kind = "neuron"
about = "an exponential of one variable"
state = {{ x = "0: a number", y = "0: another" }}
[model.growth.dynamics]
equations = """
e = exp(-x)
x' = (1 + (1 + x - y) * e) / ms
y' = (1 + (1 + x - y) * e) / ms
"""
method = "{method}"
substeps = {substeps}
"#
        )
    };
    let of_text = |method: &'static str| move |parts| played(&text(method, parts), 1.0, 1)[0];
    let by_hand = |spare: [bool; 6]| move |parts| six_stages(|x| 1.0 + (-x).exp(), spare, parts);
    let order = |play: &dyn Fn(u32) -> f64| {
        let error = |parts| (play(parts) - (2.0 * 1.0f64.exp() - 1.0).ln()).abs();
        (error(16) / error(32)).log2()
    };
    let (all, second) = ([false; 6], [false, true, false, false, false, false]);
    for (method, spare, wanted) in [("rk5", all, 5.0), ("rk4_held", second, 4.0)] {
        for parts in [1, 2, 7] {
            assert!((of_text(method)(parts) - by_hand(spare)(parts)).abs() < 1e-15, "{method}");
        }
        assert!((order(&of_text(method)) - wanted).abs() < 0.3, "{method}: {}", order(&of_text(method)));
    }
    // No other stage may spare them.
    for stage in 2..6 {
        let mut spare = all;
        spare[stage] = true;
        assert!(order(&by_hand(spare)) < 3.3 && by_hand(spare)(2) != of_text("rk4_held")(2), "{stage}");
    }
    // Two exponentials a part more.
    let exponentials = |method: &str| {
        let Functions::Neuron { step, .. } = model(&text(method, 2)).functions else { panic!() };
        step.graph.ops().iter().filter(|op| matches!(op, Op::Exp(_))).count()
    };
    assert_eq!([exponentials("rk5"), exponentials("rk4_held")], [12, 10]);
    // What is made of two variables is not held.
    let both = |method: &'static str| played(&text(method, 3).replace("exp(-x)", "exp(-(x + y) / 2)"), 1.0, 1)[0];
    assert!((both("rk5") - both("rk4_held")).abs() < 1e-15 && both("rk5") != of_text("rk4_held")(3));
}

#[test]
fn what_is_fixed_is_derived_and_division_by_it_is_a_product() {
    let Model { functions: Functions::Neuron { step, reset, .. }, derive, .. } = model(PSC_EXP) else { panic!() };
    let divides = |op: &Op| matches!(op, Op::Div(..) | Op::Exp(_));
    assert!(!step.graph.ops().iter().any(divides));
    assert!(derive.graph.ops().iter().any(divides));
    let derived = derive.outputs.len();
    assert_eq!(step.inputs[..derived], reset.inputs[..derived]);
    assert_eq!(step.inputs[derived..], ["V_m", "I_syn_ex", "I_syn_in", "refractory", "ex", "in", "I"]);
    assert_eq!(reset.inputs[derived..], ["V_m", "I_syn_ex", "I_syn_in", "refractory"]);
    let names: Vec<&str> = derive.outputs.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(step.inputs[..derived], names);
    // A product with a value that changes stays a product of this order.
    let v = evaluate(&step, &vec![0.0; step.inputs.len()]);
    assert_eq!(v.len(), 5);
}

#[test]
fn units_of_other_sizes_are_converted() {
    let text = |state: &str, unit: &str, tau: &str, step: &str| {
        format!(
            r#"[model.sizes]
kind = "neuron"
about = "a current in other units"
parameters = {{ tau = "{tau} > 0: decay", step = "{step}: of a spike" }}
state = {{ w = "{state} {unit}, from 0 pA to 1 nA: current" }}
receptors = {{ in = "{unit} all: w += in + step" }}
dynamics = {{ equations = "w' = -w / tau + I / (0.01 s)" }}
"#
        )
    };
    let after = |text: &str, arriving: f64, current: f64| {
        let mut played = Played::new(text, 1.0, &[]);
        played.step(&[arriving], current);
        played.get("w")
    };
    let small = after(&text("500", "pA", "20 ms", "20 pA"), 30.0, 100.0);
    let large = after(&text("0.5", "nA", "0.02 s", "0.02 nA"), 0.03, 100.0);
    assert!((small - (500.0 * (-0.05f64).exp() + 50.0 - 200.0 * (-0.05f64).exp_m1())).abs() < 1e-10, "{small}");
    assert!((small / 1000.0 - large).abs() < 1e-13);
    assert_eq!(after(&text("0.5", "nA", "0.02 s", "0.02 nA"), 0.9, 0.0), 1.0);
}

/// The largest difference of the potential in f32 from that in f64, mV, over some steps below threshold.
fn single_precision_error(text: &str) -> f64 {
    let mut double = Played::new(text, 0.1, &[]);
    let Functions::Neuron { step, .. } = model(text).functions else { panic!() };
    let derived: Vec<f32> = double.derived.iter().map(|value| *value as f32).collect();
    let mut single: Vec<f32> = double.state.iter().map(|value| *value as f32).collect();
    let mut worst: f64 = 0.0;
    for _ in 0..2000 {
        assert_eq!(double.step(&[1.0, -0.5], 100.0), 0);
        single = evaluate(&step, &[derived.as_slice(), &single, &[1.0, -0.5, 100.0]].concat());
        single.pop();
        worst = worst.max((f64::from(single[0]) - double.state[0]).abs());
    }
    worst
}

#[test]
fn potentials_are_stored_from_where_they_rest_if_equations_allow_it() {
    let relative = |text: &str| model(text).state[0].relative_to.clone();
    for text in [PSC_EXP, PSC_ALPHA, COND_EXP, AEIF] {
        assert_eq!(relative(text).as_deref(), Some("E_L"));
    }
    assert_eq!(relative(HH), None);
    // What is multiplied as it is stays as it is.
    let multiplied = PSC_EXP.replace("-(V_m - E_L) / tau_m", "-V_m / tau_m + E_L / tau_m");
    assert_eq!(relative(&multiplied), None);
    assert_eq!(played(PSC_EXP, 0.1, 50), [-70.0, 0.0, 0.0, 0.0]);
    assert!(furthest(&played(&multiplied, 0.1, 50), &[-70.0, 0.0, 0.0, 0.0]) < 1e-12);
    // And is less exact in f32.
    let (good, bad) = (single_precision_error(PSC_EXP), single_precision_error(&multiplied));
    assert!(good < 1e-4 && bad > 10.0 * good, "{good} {bad}");
}
