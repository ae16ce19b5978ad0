//! Responses that can be written down: constant currents, post-synaptic potentials, propagators.

use neuropil::models::propagators;

use super::drive::{Input, run, values};

const DT: f64 = 0.1;
const E_L: f64 = -70.0;
const C_M: f64 = 250.0;
const TAU_M: f64 = 10.0;

/// ∫₀ᵗ f(u)·e^(-(t-u)/τm) du / C by Simpson's rule: the membrane's answer to any current.
fn membrane(t: f64, f: &dyn Fn(f64) -> f64) -> f64 {
    const PARTS: usize = 2000;
    let h = t / PARTS as f64;
    let at = |i: usize| f(i as f64 * h) * (-(t - i as f64 * h) / TAU_M).exp();
    let inner: f64 = (1..PARTS).map(|i| at(i) * if i % 2 == 1 { 4.0 } else { 2.0 }).sum();
    (at(0) + inner + at(PARTS)) * h / 3.0 / C_M
}

fn worst(trace: &[f64], expected: impl Fn(usize) -> f64) -> f64 {
    trace.iter().enumerate().map(|(i, v)| (v - expected(i + 1)).abs()).fold(0.0, f64::max)
}

#[test]
fn a_constant_current_charges_the_membrane_exponentially() {
    let amplitude = 300.0;
    let input = Input::none(1000).current(amplitude);
    let charged = |resistance: f64, tau: f64| {
        move |step: usize| E_L - amplitude * resistance * (-(step as f64) * DT / tau).exp_m1()
    };
    for model in ["iaf_psc_alpha", "iaf_psc_delta", "iaf_psc_exp"] {
        let trace = run::<f64>(model, &values([]), DT, &input).trace("V_m");
        assert!(worst(&trace, charged(TAU_M / C_M, TAU_M)) < 1e-11, "{model}");
        assert!(worst(&trace, charged(TAU_M / C_M * (1.0 + 1e-6), TAU_M)) > 1e-6, "{model}: a wrong resistance");
    }
    for model in ["iaf_cond_alpha", "iaf_cond_exp"] {
        let trace = run::<f64>(model, &values([("V_th", -40.0)]), DT, &input).trace("V_m");
        let (resistance, tau) = (1.0 / 16.6667, C_M / 16.6667);
        assert!(worst(&trace, charged(resistance, tau)) < 1e-11, "{model}");
        assert!(worst(&trace, charged(resistance, tau * (1.0 + 1e-6))) > 1e-6, "{model}: a wrong time constant");
    }
}

#[test]
fn a_post_synaptic_potential_has_its_shape_and_peak() {
    const TAU_SYN: f64 = 2.0;
    let weight = 100.0;
    let values = values([("tau_syn_ex", TAU_SYN)]);
    let input = Input::none(400).spike(1, weight);
    let exponential = |t: f64| membrane(t, &|u| weight * (-u / TAU_SYN).exp());
    let alpha = |t: f64| membrane(t, &|u| weight * std::f64::consts::E / TAU_SYN * u * (-u / TAU_SYN).exp());
    // The spike changes the current at the end of step 1, so the potential begins there.
    let shapes: [(&str, &dyn Fn(f64) -> f64); 2] = [("iaf_psc_exp", &exponential), ("iaf_psc_alpha", &alpha)];
    for (model, shape) in shapes {
        let trace = run::<f64>(model, &values, DT, &input).trace("V_m");
        assert!(worst(&trace, |step| E_L + shape((step - 1) as f64 * DT)) < 1e-11, "{model}");
        assert!(worst(&trace, |step| E_L + shape(step as f64 * DT)) > 1e-2, "{model}: one step early");
    }
    let trace = run::<f64>("iaf_psc_exp", &values, DT, &input).trace("V_m");
    let peak = trace.iter().copied().fold(f64::MIN, f64::max);
    let time = (TAU_M / TAU_SYN).ln() / (1.0 / TAU_SYN - 1.0 / TAU_M);
    let height = weight / C_M / (1.0 / TAU_SYN - 1.0 / TAU_M) * ((-time / TAU_M).exp() - (-time / TAU_SYN).exp());
    // The peak falls between two steps; its curvature is height / (tau_m * tau_syn).
    let off_grid = height / (TAU_M * TAU_SYN) * (DT / 2.0).powi(2) / 2.0;
    assert!((E_L + height - peak) >= -1e-12 && (E_L + height - peak) < 1.01 * off_grid + 1e-12);
    let step = trace.iter().position(|v| *v == peak).unwrap();
    assert!((step as f64 * DT - time).abs() <= DT);
}

#[test]
fn an_alpha_current_and_conductance_peak_at_the_weight() {
    for (model, variable) in [("iaf_psc_alpha", "I_syn_ex"), ("iaf_cond_alpha", "g_ex")] {
        let input = Input::none(100).spike(1, 4.0);
        let trace = run::<f64>(model, &values([("tau_syn_ex", 2.0)]), DT, &input).trace(variable);
        let peak = trace.iter().copied().fold(f64::MIN, f64::max);
        assert!((peak - 4.0).abs() < 1e-12, "{model}: {peak}");
        assert!((trace[20] - peak).abs() < 1e-12 && trace[19] < peak && trace[21] < peak, "{model}");
    }
}

#[test]
fn a_delta_input_jumps_and_decays() {
    let input = Input::none(300).spike(5, 3.0).spike(5, -1.0);
    let trace = run::<f64>("iaf_psc_delta", &values([]), DT, &input).trace("V_m");
    let decayed =
        |tau: f64| move |step: usize| if step < 5 { E_L } else { E_L + 2.0 * (-((step - 5) as f64) * DT / tau).exp() };
    assert!(worst(&trace, decayed(TAU_M)) < 1e-11);
    assert!(worst(&trace, decayed(TAU_M * (1.0 + 1e-6))) > 1e-7);
}

#[test]
fn propagators_agree_with_quadrature() {
    for tau_syn in [0.2, 0.5, 2.0, 9.0, 9.999, TAU_M, 10.001, 11.0, 50.0] {
        for dt in [0.01, 0.1, 1.0] {
            let exponential = membrane(dt, &|u| (-u / tau_syn).exp());
            let alpha = membrane(dt, &|u| u * (-u / tau_syn).exp());
            let off = |value: f64, expected: f64| (value / expected - 1.0).abs();
            assert!(off(propagators::exponential(tau_syn, TAU_M, C_M, dt), exponential) < 1e-11, "{tau_syn} {dt}");
            assert!(off(propagators::alpha(tau_syn, TAU_M, C_M, dt), alpha) < 1e-11, "{tau_syn} {dt}");
            let wrong = tau_syn * (1.0 + 1e-3);
            assert!(off(propagators::exponential(wrong, TAU_M, C_M, dt), exponential) > 1e-8, "{tau_syn} {dt}");
            assert!(off(propagators::alpha(wrong, TAU_M, C_M, dt), alpha) > 1e-8, "{tau_syn} {dt}");
        }
    }
}

#[test]
fn moments_of_conductances_agree_with_quadrature() {
    const PARTS: usize = 2000;
    let integral = |f: &dyn Fn(f64) -> f64| {
        let at = |i: usize| f(i as f64 / PARTS as f64);
        let inner: f64 = (1..PARTS).map(|i| at(i) * if i % 2 == 1 { 4.0 } else { 2.0 }).sum();
        (at(0) + inner + at(PARTS)) / (3.0 * PARTS as f64)
    };
    for tau in [0.2, 0.5, 2.0, 50.0] {
        for dt in [0.01, 0.1, 0.1001, 1.0] {
            let exponential = |u: f64| (-u * dt / tau).exp();
            let alpha = |u: f64| u * dt * (-u * dt / tau).exp();
            let pairs = [
                (propagators::exponential_moments(tau, dt), &exponential as &dyn Fn(f64) -> f64),
                (propagators::alpha_moments(tau, dt), &alpha),
            ];
            for ((mean, tilt), shape) in pairs {
                let off = |mean: f64, tilt: f64| {
                    (mean - integral(shape)).abs() + (tilt - integral(&|u| (u - 0.5) * shape(u))).abs()
                };
                assert!(off(mean, tilt) < 1e-13, "{tau} {dt}");
                assert!(off(mean * (1.0 + 1e-6), tilt) > 1e-9 && off(mean, tilt * (1.0 + 1e-3)) > 1e-9, "{tau} {dt}");
            }
        }
    }
}

/// The textbook form, which cancels where the time constants are near each other.
fn textbook(tau_syn: f64, dt: f64) -> f64 {
    let factor = tau_syn * TAU_M / (C_M * (TAU_M - tau_syn));
    factor * ((-dt / TAU_M).exp() - (-dt / tau_syn).exp())
}

#[test]
fn nearly_equal_time_constants_give_nearly_equal_propagators() {
    let mut textbook_strays = false;
    for exponent in 2..16 {
        let near = TAU_M * (1.0 + 10f64.powi(-exponent));
        for (name, propagator) in [
            ("exponential", propagators::exponential as fn(f64, f64, f64, f64) -> f64),
            ("alpha", propagators::alpha as fn(f64, f64, f64, f64) -> f64),
        ] {
            let equal = propagator(TAU_M, TAU_M, C_M, DT);
            let change = (propagator(near, TAU_M, C_M, DT) / equal - 1.0).abs();
            // d ln P / d ln tau_syn is dt/(2 tau) and 2 dt/(3 tau): below 0.01 here.
            assert!(change <= 0.01 * 10f64.powi(-exponent) + 4e-16, "{name} at 1e-{exponent}: {change}");
        }
        let equal = propagators::exponential(TAU_M, TAU_M, C_M, DT);
        textbook_strays |= (textbook(near, DT) / equal - 1.0).abs() > 1e-6 && exponent > 8;
    }
    assert!(textbook_strays, "the textbook form was expected to fail this");
}
