//! Propagators of linear membranes driven by synaptic currents (Rotter & Diesmann 1999, "Exact digital simulation of
//! time-invariant linear systems"), stable where a synaptic time constant equals the membrane's.

/// Response of the membrane after `dt` ms to an exponential current of 1 pA: mV/pA.
///
/// (τs·τm / (C·(τm - τs))) · (e^(-dt/τm) - e^(-dt/τs)), written with expm1 so that it stays accurate as τs → τm.
pub fn exponential(tau_syn: f64, tau_m: f64, c_m: f64, dt: f64) -> f64 {
    dt / c_m * (-dt / tau_m).exp() * relative_expm1(dt * (1.0 / tau_m - 1.0 / tau_syn))
}

/// Response of the membrane after `dt` ms to the rising part (dI, pA/ms) of an alpha current: mV·ms/pA.
///
/// ∫₀^dt u·e^(-u/τs)·e^(-(dt-u)/τm) du / C.
pub fn alpha(tau_syn: f64, tau_m: f64, c_m: f64, dt: f64) -> f64 {
    let x = dt * (1.0 / tau_m - 1.0 / tau_syn);
    dt * dt / c_m * (-dt / tau_m).exp() * first_moment(x)
}

/// (e^x - 1) / x, which is 1 at x = 0.
fn relative_expm1(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { x.exp_m1() / x }
}

/// ∫₀¹ u·e^(x·u) du = (1 + (x - 1)·e^x) / x²; a series near 0, where the closed form cancels.
fn first_moment(x: f64) -> f64 {
    if x.abs() > 0.5 {
        return (1.0 + (x - 1.0) * x.exp()) / (x * x);
    }
    // Σ xᵏ / (k!·(k + 2)); 20 terms reach 1e-25 at |x| = 0.5.
    let mut term = 1.0;
    let mut sum = 0.0;
    for k in 0..20 {
        sum += term / f64::from(k + 2);
        term *= x / f64::from(k + 1);
    }
    sum
}
