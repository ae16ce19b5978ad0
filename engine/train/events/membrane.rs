//! The membrane of `iaf_psc_exp` between two events, in closed form: its potential, when it reaches threshold, when it
//! peaks.
//!
//! With v = V_m - E_L: v' = -v/τ_m + (I_ex + I_in + I_e)/C, I' = -I/τ_syn. Roots are searched for in intervals in which
//! the function is monotone; the ends of these intervals are roots of a function with one exponential less, and so on
//! down to one that is solved by a logarithm. Nothing divides by τ_m - τ_syn.

use crate::models::IafPscExp;

/// The parameters of a neuron that its membrane needs; potentials are relative to E_L.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Membrane {
    /// Membrane time constant, ms.
    pub tau_m: f64,
    /// Synaptic time constants of excitation and of inhibition, ms.
    pub tau_syn: [f64; 2],
    /// Membrane capacitance, pF.
    pub c_m: f64,
    /// The potential that I_e alone leads to, mV.
    pub rest: f64,
    /// V_th, mV.
    pub threshold: f64,
    /// V_reset, mV.
    pub reset: f64,
    /// Refractory period, ms.
    pub t_ref: f64,
    /// E_L, which the other potentials are relative to, mV.
    pub e_l: f64,
}

/// The state of a neuron at one time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Point {
    /// Potential, mV, relative to E_L.
    pub v: f64,
    /// Synaptic currents of excitation and of inhibition, pA.
    pub current: [f64; 2],
}

impl Membrane {
    /// The membrane of a neuron with these parameters, which must be within their bounds.
    pub fn new(neuron: &IafPscExp) -> Membrane {
        let IafPscExp { E_L, C_m, tau_m, t_ref, V_th, V_reset, tau_syn_ex, tau_syn_in, I_e } = *neuron;
        Membrane {
            tau_m,
            tau_syn: [tau_syn_ex, tau_syn_in],
            c_m: C_m,
            rest: I_e * tau_m / C_m,
            threshold: V_th - E_L,
            reset: V_reset - E_L,
            t_ref,
            e_l: E_L,
        }
    }

    /// What is left of 1 pA of a synaptic current after `dt` ms, pA, and the potential that it has caused by then, mV.
    pub fn response(&self, channel: usize, dt: f64) -> (f64, f64) {
        let (slow, fast) = (dt / self.tau_m, dt / self.tau_syn[channel]);
        let apart = (slow - fast).abs();
        let mean = if apart == 0.0 { 1.0 } else { -(-apart).exp_m1() / apart };
        ((-fast).exp(), dt / self.c_m * (-slow.min(fast)).exp() * mean)
    }

    /// The integral over `dt` ms of the potential that 1 pA of a synaptic current causes, mV·ms/pA.
    pub fn response_area(&self, channel: usize, dt: f64) -> f64 {
        let tau = self.tau_syn[channel];
        self.tau_m * (-tau * (-dt / tau).exp_m1() / self.c_m - self.response(channel, dt).1)
    }

    /// The state `dt` ms after `from`, without input and without a spike.
    pub fn after(&self, from: &Point, dt: f64) -> Point {
        let (ex, in_) = (self.response(0, dt), self.response(1, dt));
        let decayed = (-dt / self.tau_m).exp();
        let v = from.v * decayed + from.current[0] * ex.1 + from.current[1] * in_.1;
        let drive = -self.rest * (-dt / self.tau_m).exp_m1();
        Point { v: v + drive, current: [from.current[0] * ex.0, from.current[1] * in_.0] }
    }

    /// The state `dt` ms after `from` while the potential is held, as in the refractory period.
    pub fn after_held(&self, from: &Point, dt: f64) -> Point {
        let decay = |channel: usize| from.current[channel] * (-dt / self.tau_syn[channel]).exp();
        Point { v: from.v, current: [decay(0), decay(1)] }
    }

    /// dV/dt at the potential `v` with these synaptic currents, mV/ms.
    pub fn slope(&self, v: f64, current: [f64; 2]) -> f64 {
        (self.rest - v) / self.tau_m + (current[0] + current[1]) / self.c_m
    }

    /// The integral of the potential, relative to E_L, over `dt` ms from `from` on, mV·ms.
    pub fn area(&self, from: &Point, dt: f64) -> f64 {
        let held = -self.tau_m * (-dt / self.tau_m).exp_m1();
        let currents = from.current[0] * self.response_area(0, dt) + from.current[1] * self.response_area(1, dt);
        from.v * held + currents + self.rest * (dt - held)
    }

    /// When, within `until` ms after `from`, the potential first reaches threshold from below, ms.
    pub fn crossing(&self, from: &Point, until: f64) -> Option<f64> {
        // (v - threshold) e^(t/τ_m) rises where this is above 0.
        let level = (self.rest - self.threshold) / self.tau_m;
        let scale = |channel: usize| from.current[channel] / self.c_m;
        let turns = roots_with_level(level, [scale(0), scale(1)], self.tau_syn, until);
        let above = |t: f64| self.after(from, t).v - self.threshold;
        let mut start = 0.0;
        for end in turns.into_iter().flatten().chain([until]) {
            if above(end) >= 0.0 {
                let slope = |t: f64| {
                    let point = self.after(from, t);
                    self.slope(point.v, point.current)
                };
                return Some(root(above, slope, start, end));
            }
            start = end;
        }
        None
    }

    /// The same membrane with `current` pA more of constant current.
    pub fn with_current(&self, current: f64) -> Membrane {
        Membrane { rest: self.rest + current * self.tau_m / self.c_m, ..*self }
    }

    /// dV/dt, mV/ms, at the moment at which the potential reaches threshold, within the `dt` ms before `end`, a state
    /// at or above threshold, without input in between.
    pub fn slope_of_crossing(&self, end: &Point, dt: f64) -> f64 {
        let at = |t: f64| self.after(end, t - dt);
        let above = |t: f64| at(t).v - self.threshold;
        let slope = |t: f64| self.slope(at(t).v, at(t).current);
        // Rounding may put either end on the other side.
        let t = match (above(0.0) < 0.0, above(dt) >= 0.0) {
            (true, true) => root(above, slope, 0.0, dt),
            (true, false) => dt,
            (false, _) => 0.0,
        };
        self.slope(self.threshold, at(t).current)
    }

    /// When, within `until` ms after `from`, the potential is largest, ms, and its value there, mV relative to E_L.
    pub fn peak(&self, from: &Point, until: f64) -> (f64, f64) {
        // v' obeys (v' e^(t/τ_m))' = e^(t/τ_m) Σ I'/C, which is 0 at most once.
        let rate = |channel: usize| -from.current[channel] / (self.c_m * self.tau_syn[channel]);
        let turn = root_of_exponentials([rate(0), rate(1)], self.tau_syn, until);
        let slope = |t: f64| {
            let point = self.after(from, t);
            self.slope(point.v, point.current)
        };
        let bend = |t: f64| {
            let point = self.after(from, t);
            let inward = point.current[0] / self.tau_syn[0] + point.current[1] / self.tau_syn[1];
            -self.slope(point.v, point.current) / self.tau_m - inward / self.c_m
        };
        let mut best = (0.0, from.v);
        let mut start = 0.0;
        for end in turn.into_iter().chain([until]) {
            let mut at = end;
            if slope(start) > 0.0 && slope(end) < 0.0 {
                at = root(|t| -slope(t), |t| -bend(t), start, end);
            }
            for t in [at, end] {
                let v = self.after(from, t).v;
                if v > best.1 {
                    best = (t, v);
                }
            }
            start = end;
        }
        best
    }
}

/// The t between 0 and `until` at which a e^(-t/τ₀) + b e^(-t/τ₁) is 0, if there is one.
fn root_of_exponentials([a, b]: [f64; 2], tau: [f64; 2], until: f64) -> Option<f64> {
    let rate = 1.0 / tau[0] - 1.0 / tau[1];
    let ratio = -b / a;
    if ratio.is_nan() || ratio <= 0.0 || rate == 0.0 {
        return None;
    }
    // e^(-t rate) = -b/a
    let t = -ratio.ln() / rate;
    (t > 0.0 && t < until).then_some(t)
}

/// The up to two t between 0 and `until` at which `level` + a e^(-t/τ₀) + b e^(-t/τ₁) is 0, in rising order.
fn roots_with_level(level: f64, [a, b]: [f64; 2], tau: [f64; 2], until: f64) -> [Option<f64>; 2] {
    let value = |t: f64| level + a * (-t / tau[0]).exp() + b * (-t / tau[1]).exp();
    let slope = |t: f64| -a / tau[0] * (-t / tau[0]).exp() - b / tau[1] * (-t / tau[1]).exp();
    let turn = root_of_exponentials([a / tau[0], b / tau[1]], tau, until);
    let mut roots = [None; 2];
    let mut start = 0.0;
    for (end, found) in turn.into_iter().chain([until]).zip(&mut roots) {
        let (low, high) = (value(start), value(end));
        if low * high < 0.0 {
            let sign = if low < 0.0 { 1.0 } else { -1.0 };
            *found = Some(root(|t| sign * value(t), |t| sign * slope(t), start, end));
        }
        start = end;
    }
    roots
}

/// Iterations of [`root`] at most: one that would leave the bracket halves it instead, and 64 halvings exhaust an f64.
const MAX_ITERATIONS: usize = 200;

/// The root of a function `value` with the derivative `slope`, between `low`, where it is below 0, and `high`, where it
/// is not: Newton's method from the upper end, with a bisection where it would leave the bracket, to the last bit.
fn root(value: impl Fn(f64) -> f64, slope: impl Fn(f64) -> f64, low: f64, high: f64) -> f64 {
    let (mut low, mut high) = (low, high);
    let mut t = high;
    for _ in 0..MAX_ITERATIONS {
        let f = value(t);
        if f == 0.0 {
            return t;
        }
        if f < 0.0 {
            low = t;
        } else {
            high = t;
        }
        let newton = t - f / slope(t);
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        if (next - t).abs() <= f64::EPSILON * t.abs() || next <= low || next >= high {
            return next;
        }
        t = next;
    }
    t
}
