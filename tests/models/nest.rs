//! Traces and spikes of single neurons against NEST 3.10.0.

use super::drive::{Run, run, run_twisted};
use super::golden::{Case, DT, cases};
use neuropil::models;

/// Linear models are integrated exactly by both, so only rounding is left.
const EXACT: f64 = 1e-9;
/// NEST takes adaptive Runge-Kutta-Fehlberg 4(5) steps of up to dt with an absolute tolerance of 1e-3 on each variable,
/// conductances included; `conductance_traces_are_near_the_solution` measures how far that leaves it from the solution
/// (1.1e-5 mV at worst) and how far the Magnus step is (1.0e-5 mV). The two add up.
const CONDUCTANCE: f64 = 3e-5;

fn tolerance(case: &Case) -> f64 {
    if case.model.starts_with("iaf_cond") { CONDUCTANCE } else { EXACT }
}

/// The first way in which a run is not what NEST recorded.
fn difference(case: &Case, run: &Run) -> Option<String> {
    if run.spikes != case.spikes {
        let ours = run.spikes.len();
        return Some(format!("{}: {ours} spikes, NEST has {} or other times", case.name, case.spikes.len()));
    }
    let trace = run.trace("V_m");
    let far = trace.iter().zip(&case.potential).position(|(a, b)| (a - b).abs().total_cmp(&tolerance(case)).is_gt());
    far.map(|i| format!("{}: step {}: V_m = {} mV, NEST has {}", case.name, i + 1, trace[i], case.potential[i]))
}

#[test]
fn traces_and_spikes_are_nests() {
    for case in cases() {
        let run = run::<f64>(&case.model, &case.parameters, DT, &case.given());
        assert_eq!(difference(&case, &run), None);
        let worst = run.trace("V_m").iter().zip(&case.potential).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        println!("{:34} {:3} spikes, V_m within {worst:.1e} mV", case.name, run.spikes.len());
    }
}

#[test]
fn the_fixture_holds_every_model_that_has_a_potential() {
    let cases = cases();
    for model in models::native().iter().map(|m| m.declaration().name).filter(|name| *name != "parrot_neuron") {
        for input in [false, true] {
            let spikes: usize =
                cases.iter().filter(|c| c.model == model && c.input == input).map(|c| c.spikes.len()).sum();
            assert!(spikes >= 10, "{model} with input {input} has only {spikes} spikes");
        }
    }
}

/// Which derived values may be changed by a factor of 1 + `by` (or to `by`, where 0) without any case noticing.
fn unnoticed(by: f64) -> Vec<String> {
    let cases = cases();
    let mut missed = Vec::new();
    for model in models::native() {
        let declaration = model.declaration();
        for name in declaration.derived {
            let twist = |at: &str, value: f64| match value {
                _ if at != *name => value,
                0.0 => by,
                _ => value * (1.0 + by),
            };
            let noticed = cases.iter().filter(|c| c.model == declaration.name).any(|case| {
                let run = run_twisted::<f64>(&case.model, &case.parameters, DT, &case.given(), &twist);
                difference(case, &run).is_some()
            });
            if !noticed {
                missed.push(format!("{}.{name}", declaration.name));
            }
        }
    }
    missed
}

#[test]
fn a_wrong_derived_value_is_noticed() {
    // V_min binds in no trace and the tilts are corrections (see invariants for both); the relay has no trace.
    let open = |name: &str| !name.ends_with(".V_min") && !name.contains(".tilt") && !name.starts_with("parrot");
    let missed = |by: f64, among: &dyn Fn(&str) -> bool| -> Vec<String> {
        unnoticed(by).into_iter().filter(|name| open(name) && among(name)).collect()
    };
    // A threshold that is off by 1e-6 moves no spike by a step.
    let none: [&str; 0] = [];
    assert_eq!(missed(1e-6, &|name| name.starts_with("iaf_psc") && !name.ends_with(".theta")), none);
    assert_eq!(missed(1e-3, &|name| name.starts_with("iaf_cond") && !name.ends_with(".theta")), none);
    assert_eq!(missed(1e-2, &|_| true), none);
    assert!(missed(0.0, &|_| true).len() > 40, "unchanged models must pass");
}

#[test]
fn a_flipped_sign_or_a_shifted_delay_is_noticed() {
    for case in cases().into_iter().filter(|case| case.input) {
        for (sign, shift) in [(-1.0, 0), (1.0, 1), (1.0, -1)] {
            let run = run::<f64>(&case.model, &case.parameters, DT, &case.input_changed(sign, shift));
            assert!(difference(&case, &run).is_some(), "{} with sign {sign}, delay {shift:+}", case.name);
        }
    }
}

#[test]
fn losing_the_input_of_the_refractory_period_is_noticed() {
    let mut changed = cases().into_iter().find(|c| c.name.starts_with("iaf_psc_delta_refr_input")).unwrap();
    changed.parameters.insert("refractory_input".into(), 0.0);
    let run = run::<f64>(&changed.model, &changed.parameters, DT, &changed.given());
    assert!(difference(&changed, &run).is_some());
}

/// The current of a stimulus adds to I_e, in the step it is given for and in no other.
#[test]
fn a_current_acts_as_i_e_does() {
    for mut case in cases().into_iter().filter(|case| !case.input) {
        let amplitude = case.parameters.insert("I_e".into(), 0.0).unwrap();
        let input = case.given().current(amplitude);
        assert_eq!(difference(&case, &run::<f64>(&case.model, &case.parameters, DT, &input)), None);
        let mut late = input;
        late.current[0] = 0.0;
        assert!(difference(&case, &run::<f64>(&case.model, &case.parameters, DT, &late)).is_some());
    }
}

#[test]
fn conductance_traces_are_near_the_solution() {
    let mut worst = 0.0f64;
    for case in cases().into_iter().filter(|case| case.model.starts_with("iaf_cond") && case.input) {
        let solution = solve(&case, 100);
        let ours = run::<f64>(&case.model, &case.parameters, DT, &case.given()).trace("V_m");
        let (ours, nest) = (distance(&ours, &solution), distance(&case.potential, &solution));
        println!("{:34} from the solution: here {ours:.1e} mV, NEST {nest:.1e} mV", case.name);
        assert!(distance(&solve(&case, 50), &solution) < 1e-8, "{}: no solution", case.name);
        assert!(ours < 1.2e-5 && nest < 1.2e-5, "{}", case.name);
        worst = worst.max(distance(&solve(&case, 1), &solution));
    }
    assert!(worst > CONDUCTANCE, "one Runge-Kutta step per dt is too coarse, {worst} mV");
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// V_m of a conductance model with everything, conductances too, integrated in `parts` Runge-Kutta steps per dt.
fn solve(case: &Case, parts: usize) -> Vec<f64> {
    let p = |name: &str| case.parameters[name];
    let alpha = case.model == "iaf_cond_alpha";
    let input = case.given();
    let refractory_steps = (p("t_ref") / DT).round() as usize;
    // V, g_ex, dg_ex, g_in, dg_in; the exponential model leaves dg at 0.
    let mut y = [p("V_m"), 0.0, 0.0, 0.0, 0.0];
    let mut refractory = 0;
    let mut trace = Vec::new();
    for arriving in &input.weights {
        let slope = |y: [f64; 5]| {
            let v = y[0].min(p("V_th"));
            let current = p("I_e") - p("g_L") * (v - p("E_L")) - y[1] * (v - p("E_ex")) - y[3] * (v - p("E_in"));
            let dv = if refractory > 0 { 0.0 } else { current / p("C_m") };
            let (ex, inh) = (p("tau_syn_ex"), p("tau_syn_in"));
            [dv, y[2] - y[1] / ex, -y[2] / ex, y[4] - y[3] / inh, -y[4] / inh]
        };
        for _ in 0..parts {
            y = runge_kutta(y, DT / parts as f64, &slope);
        }
        if refractory > 0 {
            refractory -= 1;
            y[0] = p("V_reset");
        } else if y[0] >= p("V_th") {
            refractory = refractory_steps;
            y[0] = p("V_reset");
        }
        for weight in arriving {
            let (at, tau) = if *weight >= 0.0 { (1, p("tau_syn_ex")) } else { (3, p("tau_syn_in")) };
            y[at + usize::from(alpha)] += weight.abs() * if alpha { std::f64::consts::E / tau } else { 1.0 };
        }
        trace.push(y[0]);
    }
    trace
}

fn runge_kutta(y: [f64; 5], h: f64, slope: &dyn Fn([f64; 5]) -> [f64; 5]) -> [f64; 5] {
    let moved = |k: &[f64; 5], h: f64| std::array::from_fn(|i| y[i] + h * k[i]);
    let a = slope(y);
    let b = slope(moved(&a, h / 2.0));
    let c = slope(moved(&b, h / 2.0));
    let d = slope(moved(&c, h));
    std::array::from_fn(|i| y[i] + h / 6.0 * (a[i] + 2.0 * b[i] + 2.0 * c[i] + d[i]))
}
