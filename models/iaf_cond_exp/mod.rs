//! `iaf_cond_exp`: leaky integrate-and-fire with exponential synaptic conductances.
//!
//! C_m·dV/dt = -g_L·(V - E_L) - g_ex·(V - E_ex) - g_in·(V - E_in) + I_e + I, dg/dt = -g/τ_syn (Meffin, Burkitt &
//! Grayden 2004). A spike of weight w (nS) raises g_ex, or g_in by |w| where w < 0, at the end of the step it arrives in.
//!
//! **Method.** The conductances decay exactly, by propagators, so their values at the start, the middle and the end of
//! a step are known; V takes one classical fourth-order Runge-Kutta step of dt between them. As in NEST, V counts as
//! V_th in dV/dt while it is above, and as V_reset while refractory. The step is stable while
//! (g_L + g_ex + g_in)·dt / C_m stays below 2.78.

use crate::models::Start::{At, Parameter};
use crate::models::{refractory_steps, runge_kutta};
use crate::neuron;
use crate::number::Real;

neuron! {
    /// Leaky integrate-and-fire with exponential synaptic conductances.
    IafCondExp = "iaf_cond_exp", "leaky integrate-and-fire, exponential conductances, fourth-order Runge-Kutta";
    parameters {
        E_L: "mV" = -70.0, Any, "resting potential";
        C_m: "pF" = 250.0, Positive, "membrane capacitance";
        g_L: "nS" = 16.6667, NonNegative, "leak conductance";
        t_ref: "ms" = 2.0, NonNegative, "refractory period";
        V_th: "mV" = -55.0, Any, "threshold";
        V_reset: "mV" = -60.0, Any, "potential after a spike";
        E_ex: "mV" = 0.0, Any, "excitatory reversal potential";
        E_in: "mV" = -85.0, Any, "inhibitory reversal potential";
        tau_syn_ex: "ms" = 0.2, Positive, "time constant of excitatory conductances";
        tau_syn_in: "ms" = 2.0, Positive, "time constant of inhibitory conductances";
        I_e: "pA" = 0.0, Any, "constant input current";
    }
    state {
        V_m: "mV" = Parameter("E_L"), Some("E_L"), "membrane potential";
        g_ex: "nS" = At(0.0), None, "excitatory synaptic conductance";
        g_in: "nS" = At(0.0), None, "inhibitory synaptic conductance";
        refractory: "steps" = At(0.0), None, "steps left of the refractory period";
    }
    derived {
        g_L, dt_over_C, E_ex, E_in, half_ex, half_in, whole_ex, whole_in, I_e, theta, reset, refractory,
    }
    channels {
        "ex": "nS", Positive;
        "in": "nS", Magnitude;
    }
    multiple = false;
    impl {
        fn derive(&self, dt: f64) -> Derived<f64> {
            Derived {
                g_L: self.g_L,
                dt_over_C: dt / self.C_m,
                E_ex: self.E_ex - self.E_L,
                E_in: self.E_in - self.E_L,
                half_ex: (-0.5 * dt / self.tau_syn_ex).exp(),
                half_in: (-0.5 * dt / self.tau_syn_in).exp(),
                whole_ex: (-dt / self.tau_syn_ex).exp(),
                whole_in: (-dt / self.tau_syn_in).exp(),
                I_e: self.I_e,
                theta: self.V_th - self.E_L,
                reset: self.V_reset - self.E_L,
                refractory: refractory_steps(self.t_ref, dt),
            }
        }

        #[inline(always)]
        fn advance<R: Real>(d: &Derived<R>, s: &mut State<R>, input: &[R], current: R) {
            let (ex_end, in_end) = (s.g_ex * d.whole_ex, s.g_in * d.whole_in);
            if s.refractory > R::of(0.0) {
                s.refractory = s.refractory - R::of(1.0);
                s.V_m = d.reset;
            } else {
                let start = (s.g_ex, s.g_in);
                let middle = (s.g_ex * d.half_ex, s.g_in * d.half_in);
                let total = d.I_e + current;
                s.V_m = runge_kutta(s.V_m, start, middle, (ex_end, in_end), |v, (g_ex, g_in)| {
                    let v = if v > d.theta { d.theta } else { v };
                    (total - d.g_L * v + g_ex * (d.E_ex - v) + g_in * (d.E_in - v)) * d.dt_over_C
                });
            }
            s.g_ex = ex_end + input[0];
            s.g_in = in_end + input[1];
        }

        #[inline(always)]
        fn margin<R: Real>(d: &Derived<R>, s: &State<R>) -> R {
            s.V_m - d.theta
        }

        #[inline(always)]
        fn reset<R: Real>(d: &Derived<R>, s: &mut State<R>) {
            s.V_m = d.reset;
            s.refractory = d.refractory;
        }

        fn broken_rule(&self) -> Option<(&'static str, String)> {
            (self.V_reset >= self.V_th).then(|| ("V_reset", format!("below V_th = {} mV", self.V_th)))
        }

        fn silent_steps(&self, dt: f64) -> u64 {
            refractory_steps(self.t_ref, dt) as u64
        }
    }
}
