//! `iaf_cond_exp`: leaky integrate-and-fire with exponential synaptic conductances.
//!
//! C_m·dV/dt = -g_L·(V - E_L) - g_ex·(V - E_ex) - g_in·(V - E_in) + I_e + I, dg/dt = -g/τ_syn (Meffin, Burkitt &
//! Grayden 2004). A spike of weight w (nS) raises g_ex, or g_in by |w| where w < 0, at the end of the step of arrival.
//!
//! **Method.** The conductances follow their propagators exactly, so their mean and first moment over a step are known;
//! V takes one fourth-order Magnus step of dt between them, which is exact where the conductances are constant. NEST
//! integrates with adaptive Runge-Kutta steps instead; its potential counts as V_th in dV/dt while it is above, which
//! differs only within a step that ends in a spike. The step is stable while (g_L + g_ex + g_in)·dt / C_m < 12.8.

use crate::models::Start::{At, Parameter};
use crate::models::conductances::{Conductance, magnus};
use crate::models::{propagators, refractory_steps, reset_below_threshold};
use crate::neuron;
use crate::number::Real;

neuron! {
    /// Leaky integrate-and-fire with exponential synaptic conductances.
    IafCondExp = "iaf_cond_exp", "leaky integrate-and-fire, exponential conductances, fourth-order Magnus steps";
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
        V_m: "mV" = Parameter("E_L"), Some("E_L"), Any, "membrane potential";
        g_ex: "nS" = At(0.0), None, NonNegative, "excitatory synaptic conductance";
        g_in: "nS" = At(0.0), None, NonNegative, "inhibitory synaptic conductance";
        refractory: "steps" = At(0.0), None, Steps, "steps left of the refractory period";
    }
    derived {
        g_L, dt_over_C, E_ex, E_in, mean_ex, mean_in, tilt_ex, tilt_in, P11_ex, P11_in, I_e, theta, reset, refractory,
    }
    channels {
        "ex": "nS", NonNegative;
        "in": "nS", Magnitude;
    }
    multiple = false;
    impl {
        fn derive(&self, dt: f64) -> Derived<f64> {
            let (mean_ex, tilt_ex) = propagators::exponential_moments(self.tau_syn_ex, dt);
            let (mean_in, tilt_in) = propagators::exponential_moments(self.tau_syn_in, dt);
            Derived {
                g_L: self.g_L,
                dt_over_C: dt / self.C_m,
                E_ex: self.E_ex - self.E_L,
                E_in: self.E_in - self.E_L,
                mean_ex,
                mean_in,
                tilt_ex,
                tilt_in,
                P11_ex: (-dt / self.tau_syn_ex).exp(),
                P11_in: (-dt / self.tau_syn_in).exp(),
                I_e: self.I_e,
                theta: self.V_th - self.E_L,
                reset: self.V_reset - self.E_L,
                refractory: refractory_steps(self.t_ref, dt),
            }
        }

        #[inline(always)]
        fn advance<R: Real>(d: &Derived<R>, s: &mut State<R>, input: &[R], current: R) {
            let (ex_end, in_end) = (s.g_ex * d.P11_ex, s.g_in * d.P11_in);
            let silent = s.refractory.above(R::of(0.0));
            let ex = Conductance {
                mean: s.g_ex * d.mean_ex,
                tilt: s.g_ex * d.tilt_ex,
                reversal: d.E_ex,
            };
            let inh = Conductance {
                mean: s.g_in * d.mean_in,
                tilt: s.g_in * d.tilt_in,
                reversal: d.E_in,
            };
            let v = magnus(s.V_m, d.I_e + current, d.g_L, d.dt_over_C, [ex, inh]);
            s.V_m = R::choose(silent, d.reset, v);
            s.refractory = R::choose(silent, s.refractory - R::of(1.0), s.refractory);
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
            reset_below_threshold(self.V_reset, self.V_th)
        }

        fn refractory_steps(&self, dt: f64) -> u64 {
            refractory_steps(self.t_ref, dt) as u64
        }
    }
}
