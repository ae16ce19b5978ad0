//! `iaf_psc_alpha`: leaky integrate-and-fire with alpha-shaped post-synaptic currents, integrated exactly.
//!
//! dV/dt = -(V - E_L)/τ_m + (I_syn_ex + I_syn_in + I_e + I)/C_m; a spike of weight w adds the current
//! w·(e/τ_syn)·t·exp(-t/τ_syn), which peaks at w after τ_syn (Rotter & Diesmann 1999; Diesmann, Gewaltig, Rotter &
//! Aertsen 2001). Each current is the pair dI_syn' = -dI_syn/τ_syn, I_syn' = dI_syn - I_syn/τ_syn, and input that
//! arrives in a step raises dI_syn at its end. τ_syn = τ_m needs no special case, see [`propagators`].

use std::f64::consts::E;

use crate::models::Start::{At, Parameter};
use crate::models::{propagators, refractory_steps, relative_floor, reset_below_threshold};
use crate::neuron;
use crate::number::Real;

neuron! {
    /// Leaky integrate-and-fire with alpha-shaped post-synaptic currents.
    IafPscAlpha = "iaf_psc_alpha", "leaky integrate-and-fire, alpha-shaped post-synaptic currents, exact integration";
    parameters {
        E_L: "mV" = -70.0, Any, "resting potential";
        C_m: "pF" = 250.0, Positive, "membrane capacitance";
        tau_m: "ms" = 10.0, Positive, "membrane time constant";
        t_ref: "ms" = 2.0, NonNegative, "refractory period";
        V_th: "mV" = -55.0, Any, "threshold";
        V_reset: "mV" = -70.0, Any, "potential after a spike";
        V_min: "mV" = f64::MIN, Any, "lowest potential";
        tau_syn_ex: "ms" = 2.0, Positive, "rise time of excitatory currents";
        tau_syn_in: "ms" = 2.0, Positive, "rise time of inhibitory currents";
        I_e: "pA" = 0.0, Any, "constant input current";
    }
    state {
        V_m: "mV" = Parameter("E_L"), Some("E_L"), Any, "membrane potential";
        dI_syn_ex: "pA/ms" = At(0.0), None, Any, "rising part of the excitatory synaptic current";
        I_syn_ex: "pA" = At(0.0), None, Any, "excitatory synaptic current";
        dI_syn_in: "pA/ms" = At(0.0), None, Any, "rising part of the inhibitory synaptic current";
        I_syn_in: "pA" = At(0.0), None, Any, "inhibitory synaptic current";
        refractory: "steps" = At(0.0), None, Steps, "steps left of the refractory period";
    }
    derived {
        P33, P31_ex, P32_ex, P31_in, P32_in, P30, P11_ex, P21_ex, P11_in, P21_in, rise_ex, rise_in,
        I_e, theta, reset, V_min, refractory,
    }
    channels {
        "ex": "pA", Positive;
        "in": "pA", Negative;
    }
    multiple = false;
    impl {
        fn derive(&self, dt: f64) -> Derived<f64> {
            let (ex, inh) = (self.tau_syn_ex, self.tau_syn_in);
            Derived {
                P33: (-dt / self.tau_m).exp(),
                P31_ex: propagators::alpha(ex, self.tau_m, self.C_m, dt),
                P32_ex: propagators::exponential(ex, self.tau_m, self.C_m, dt),
                P31_in: propagators::alpha(inh, self.tau_m, self.C_m, dt),
                P32_in: propagators::exponential(inh, self.tau_m, self.C_m, dt),
                P30: -self.tau_m / self.C_m * (-dt / self.tau_m).exp_m1(),
                P11_ex: (-dt / ex).exp(),
                P21_ex: dt * (-dt / ex).exp(),
                P11_in: (-dt / inh).exp(),
                P21_in: dt * (-dt / inh).exp(),
                rise_ex: E / ex,
                rise_in: E / inh,
                I_e: self.I_e,
                theta: self.V_th - self.E_L,
                reset: self.V_reset - self.E_L,
                V_min: relative_floor(self.V_min, self.E_L),
                refractory: refractory_steps(self.t_ref, dt),
            }
        }

        #[inline(always)]
        fn advance<R: Real>(d: &Derived<R>, s: &mut State<R>, input: &[R], current: R) {
            let silent = s.refractory.above(R::of(0.0));
            let ex = s.dI_syn_ex * d.P31_ex + s.I_syn_ex * d.P32_ex;
            let inh = s.dI_syn_in * d.P31_in + s.I_syn_in * d.P32_in;
            let v = s.V_m * d.P33 + ex + inh + (d.I_e + current) * d.P30;
            let v = R::choose(d.V_min.above(v), d.V_min, v);
            s.V_m = R::choose(silent, s.V_m, v);
            s.refractory = R::choose(silent, s.refractory - R::of(1.0), s.refractory);
            s.I_syn_ex = s.I_syn_ex * d.P11_ex + s.dI_syn_ex * d.P21_ex;
            s.dI_syn_ex = s.dI_syn_ex * d.P11_ex + input[0] * d.rise_ex;
            s.I_syn_in = s.I_syn_in * d.P11_in + s.dI_syn_in * d.P21_in;
            s.dI_syn_in = s.dI_syn_in * d.P11_in + input[1] * d.rise_in;
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
