//! `iaf_cond_alpha`: leaky integrate-and-fire with alpha-shaped synaptic conductances.
//!
//! C_m·dV/dt = -g_L·(V - E_L) - g_ex·(V - E_ex) - g_in·(V - E_in) + I_e + I; a spike of weight w (nS) adds the
//! conductance |w|·(e/τ_syn)·t·exp(-t/τ_syn), which peaks at |w| after τ_syn, to g_ex, or to g_in where w < 0 (Meffin,
//! Burkitt & Grayden 2004). Each conductance is the pair dg' = -dg/τ_syn, g' = dg - g/τ_syn, and input that arrives in
//! a step raises dg at its end.
//!
//! **Method.** That of [`iaf_cond_exp`](crate::models::iaf_cond_exp): exact conductances, one Magnus step of dt for V.

use std::f64::consts::E;

use crate::models::Start::{At, Parameter};
use crate::models::conductances::{Conductance, magnus};
use crate::models::{propagators, refractory_steps, reset_below_threshold};
use crate::neuron;
use crate::number::Real;

neuron! {
    /// Leaky integrate-and-fire with alpha-shaped synaptic conductances.
    IafCondAlpha = "iaf_cond_alpha",
        "leaky integrate-and-fire, alpha-shaped conductances, fourth-order Magnus steps";
    parameters {
        E_L: "mV" = -70.0, Any, "resting potential";
        C_m: "pF" = 250.0, Positive, "membrane capacitance";
        g_L: "nS" = 16.6667, NonNegative, "leak conductance";
        t_ref: "ms" = 2.0, NonNegative, "refractory period";
        V_th: "mV" = -55.0, Any, "threshold";
        V_reset: "mV" = -60.0, Any, "potential after a spike";
        E_ex: "mV" = 0.0, Any, "excitatory reversal potential";
        E_in: "mV" = -85.0, Any, "inhibitory reversal potential";
        tau_syn_ex: "ms" = 0.2, Positive, "rise time of excitatory conductances";
        tau_syn_in: "ms" = 2.0, Positive, "rise time of inhibitory conductances";
        I_e: "pA" = 0.0, Any, "constant input current";
    }
    state {
        V_m: "mV" = Parameter("E_L"), Some("E_L"), Any, "membrane potential";
        dg_ex: "nS/ms" = At(0.0), None, Any, "rising part of the excitatory conductance";
        g_ex: "nS" = At(0.0), None, NonNegative, "excitatory synaptic conductance";
        dg_in: "nS/ms" = At(0.0), None, Any, "rising part of the inhibitory conductance";
        g_in: "nS" = At(0.0), None, NonNegative, "inhibitory synaptic conductance";
        refractory: "steps" = At(0.0), None, Steps, "steps left of the refractory period";
    }
    derived {
        g_L, dt_over_C, E_ex, E_in, mean_ex, mean_in, tilt_ex, tilt_in, mean_rise_ex, mean_rise_in, tilt_rise_ex, tilt_rise_in,
        P11_ex, P11_in, P21_ex, P21_in, rise_ex, rise_in, I_e, theta, reset, refractory,
    }
    channels {
        "ex": "nS", NonNegative;
        "in": "nS", Magnitude;
    }
    multiple = false;
    impl {
        fn derive(&self, dt: f64) -> Derived<f64> {
            let (ex, inh) = (self.tau_syn_ex, self.tau_syn_in);
            let (mean_ex, tilt_ex) = propagators::exponential_moments(ex, dt);
            let (mean_in, tilt_in) = propagators::exponential_moments(inh, dt);
            let (mean_rise_ex, tilt_rise_ex) = propagators::alpha_moments(ex, dt);
            let (mean_rise_in, tilt_rise_in) = propagators::alpha_moments(inh, dt);
            Derived {
                g_L: self.g_L,
                dt_over_C: dt / self.C_m,
                E_ex: self.E_ex - self.E_L,
                E_in: self.E_in - self.E_L,
                mean_ex,
                mean_in,
                tilt_ex,
                tilt_in,
                mean_rise_ex,
                mean_rise_in,
                tilt_rise_ex,
                tilt_rise_in,
                P11_ex: (-dt / ex).exp(),
                P11_in: (-dt / inh).exp(),
                P21_ex: dt * (-dt / ex).exp(),
                P21_in: dt * (-dt / inh).exp(),
                rise_ex: E / ex,
                rise_in: E / inh,
                I_e: self.I_e,
                theta: self.V_th - self.E_L,
                reset: self.V_reset - self.E_L,
                refractory: refractory_steps(self.t_ref, dt),
            }
        }

        #[inline(always)]
        fn advance<R: Real>(d: &Derived<R>, s: &mut State<R>, input: &[R], current: R) {
            let ex_end = s.g_ex * d.P11_ex + s.dg_ex * d.P21_ex;
            let in_end = s.g_in * d.P11_in + s.dg_in * d.P21_in;
            let silent = s.refractory.above(R::of(0.0));
            let ex = Conductance {
                mean: s.g_ex * d.mean_ex + s.dg_ex * d.mean_rise_ex,
                tilt: s.g_ex * d.tilt_ex + s.dg_ex * d.tilt_rise_ex,
                reversal: d.E_ex,
            };
            let inh = Conductance {
                mean: s.g_in * d.mean_in + s.dg_in * d.mean_rise_in,
                tilt: s.g_in * d.tilt_in + s.dg_in * d.tilt_rise_in,
                reversal: d.E_in,
            };
            let v = magnus(s.V_m, d.I_e + current, d.g_L, d.dt_over_C, [ex, inh]);
            s.V_m = R::choose(silent, d.reset, v);
            s.refractory = R::choose(silent, s.refractory - R::of(1.0), s.refractory);
            s.g_ex = ex_end;
            s.dg_ex = s.dg_ex * d.P11_ex + input[0] * d.rise_ex;
            s.g_in = in_end;
            s.dg_in = s.dg_in * d.P11_in + input[1] * d.rise_in;
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
