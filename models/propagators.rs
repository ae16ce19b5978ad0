//! Propagators of linear membranes driven by synaptic currents (Rotter & Diesmann 1999, "Exact digital simulation of
//! time-invariant linear systems"), stable where a synaptic time constant equals the membrane's.

/// The response of the membrane after `dt` ms to an exponential current of 1 pA at the start, in mV/pA; times in ms,
/// capacitance in pF.
///
/// (τs·τm / (C·(τm - τs))) · (e^(-dt/τm) - e^(-dt/τs)), written with expm1 so that it stays accurate as τs → τm.
pub fn exponential(tau_syn: f64, tau_m: f64, c_m: f64, dt: f64) -> f64 {
    dt / c_m * (-dt / tau_m).exp() * moment(0, dt * (1.0 / tau_m - 1.0 / tau_syn))
}

/// The response of the membrane after `dt` ms to the rising part of an alpha current, dI = 1 pA/ms at the start, in
/// mV·ms/pA; times in ms, capacitance in pF.
///
/// ∫₀^dt u·e^(-u/τs)·e^(-(dt-u)/τm) du / C.
pub fn alpha(tau_syn: f64, tau_m: f64, c_m: f64, dt: f64) -> f64 {
    let x = dt * (1.0 / tau_m - 1.0 / tau_syn);
    dt * dt / c_m * (-dt / tau_m).exp() * moment(1, x)
}

/// The mean of e^(-t/τs) over `dt` ms, and its first moment ∫₀¹ (u - ½)·e^(-u·dt/τs) du, both without a unit.
pub fn exponential_moments(tau_syn: f64, dt: f64) -> (f64, f64) {
    let x = -dt / tau_syn;
    (moment(0, x), moment(1, x) - 0.5 * moment(0, x))
}

/// As [`exponential_moments`], of t·e^(-t/τs), the response to the rising part of an alpha function; both in ms.
pub fn alpha_moments(tau_syn: f64, dt: f64) -> (f64, f64) {
    let x = -dt / tau_syn;
    (dt * moment(1, x), dt * (moment(2, x) - 0.5 * moment(1, x)))
}

/// ∫₀¹ uⁿ·e^(x·u) du = (e^x - n·∫₀¹ uⁿ⁻¹·e^(x·u) du) / x; a series near 0, where the closed form cancels.
fn moment(n: u32, x: f64) -> f64 {
    if n == 0 {
        return if x == 0.0 { 1.0 } else { x.exp_m1() / x };
    }
    if x.abs() > 0.5 {
        return (x.exp() - f64::from(n) * moment(n - 1, x)) / x;
    }
    // Σ xᵏ / (k!·(k + n + 1)); 20 terms reach 1e-25 at |x| = 0.5.
    let mut term = 1.0;
    let mut sum = 0.0;
    for k in 0..20 {
        sum += term / f64::from(k + n + 1);
        term *= x / f64::from(k + 1);
    }
    sum
}
