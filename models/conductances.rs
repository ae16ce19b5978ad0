//! A step of a membrane whose conductances are known functions of time.

use crate::number::Real;

/// A synaptic conductance g over one step, time u running from 0 to 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Conductance<R> {
    /// ∫₀¹ g(u) du, nS.
    pub mean: R,
    /// ∫₀¹ (u - ½)·g(u) du, nS.
    pub tilt: R,
    /// Reversal potential, mV.
    pub reversal: R,
}

/// The potential (mV) after one step from `v` of C_m·dV/dt = current - g_L·V + Σ g(t)·(reversal - V), by the
/// fourth-order Magnus expansion (Magnus 1954; Iserles & Nørsett 1999) of dV/dt = drive(t) - leak(t)·V. Potentials are
/// relative to that at which no current flows through g_L; `dt_over_c` is dt/C_m (ms/pF).
///
/// V + (a - z·V)·φ(z), where z = ∫leak, a = ∫drive + ∫leak·tilt(drive) - tilt(leak)·∫drive and φ(z) = (1 - e^-z)/z:
/// exact where the conductances are constant. φ takes + - * only: its series to (z/4)⁴ at z/4, doubled twice by
/// φ(2y) = φ(y)·(1 - y·φ(y)/2); stable while z is below 12.8.
#[inline(always)]
pub(crate) fn magnus<R: Real>(v: R, current: R, g_l: R, dt_over_c: R, [ex, inh]: [Conductance<R>; 2]) -> R {
    let drive = (current + ex.mean * ex.reversal + inh.mean * inh.reversal) * dt_over_c;
    let drive_tilt = (ex.tilt * ex.reversal + inh.tilt * inh.reversal) * dt_over_c;
    let z = (g_l + ex.mean + inh.mean) * dt_over_c;
    let z_tilt = (ex.tilt + inh.tilt) * dt_over_c;
    let a = drive + (z * drive_tilt - z_tilt * drive);
    let y = z * R::of(0.25);
    let tail = R::of(1.0 / 6.0) - y * (R::of(1.0 / 24.0) - y * R::of(1.0 / 120.0));
    let phi_quarter = R::of(1.0) - y * (R::of(0.5) - y * tail);
    let phi_half = phi_quarter * (R::of(1.0) - y * phi_quarter * R::of(0.5));
    let phi = phi_half * (R::of(1.0) - y * phi_half);
    v + (a - z * v) * phi
}
