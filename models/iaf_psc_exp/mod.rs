//! `iaf_psc_exp`: leaky integrate-and-fire with exponential post-synaptic currents, integrated exactly.
//!
//! dV/dt = -(V - E_L)/τ_m + (I_syn_ex + I_syn_in + I_e + I)/C_m, dI_syn/dt = -I_syn/τ_syn (Tsodyks, Uziel & Markram
//! 2000; exact integration: Rotter & Diesmann 1999). Input that arrives in a step changes the current at its end.

use crate::models::Start::{At, Parameter};
use crate::models::{propagators, refractory_steps, reset_below_threshold};
use crate::neuron;
use crate::number::Real;

neuron! {
    /// Leaky integrate-and-fire with exponential post-synaptic currents.
    IafPscExp = "iaf_psc_exp", "leaky integrate-and-fire, exponential post-synaptic currents, exact integration";
    parameters {
        E_L: "mV" = -70.0, Any, "resting potential";
        C_m: "pF" = 250.0, Positive, "membrane capacitance";
        tau_m: "ms" = 10.0, Positive, "membrane time constant";
        t_ref: "ms" = 2.0, NonNegative, "refractory period";
        V_th: "mV" = -55.0, Any, "threshold";
        V_reset: "mV" = -70.0, Any, "potential after a spike";
        tau_syn_ex: "ms" = 2.0, Positive, "time constant of excitatory currents";
        tau_syn_in: "ms" = 2.0, Positive, "time constant of inhibitory currents";
        I_e: "pA" = 0.0, Any, "constant input current";
    }
    state {
        V_m: "mV" = Parameter("E_L"), Some("E_L"), Any, "membrane potential";
        I_syn_ex: "pA" = At(0.0), None, Any, "excitatory synaptic current";
        I_syn_in: "pA" = At(0.0), None, Any, "inhibitory synaptic current";
        refractory: "steps" = At(0.0), None, Steps, "steps left of the refractory period";
    }
    derived { P22, P21_ex, P21_in, P20, P11_ex, P11_in, I_e, theta, reset, refractory }
    channels {
        "ex": "pA", Positive;
        "in": "pA", Negative;
    }
    multiple = false;
    impl {
        fn derive(&self, dt: f64) -> Derived<f64> {
            Derived {
                P22: (-dt / self.tau_m).exp(),
                P21_ex: propagators::exponential(self.tau_syn_ex, self.tau_m, self.C_m, dt),
                P21_in: propagators::exponential(self.tau_syn_in, self.tau_m, self.C_m, dt),
                P20: -self.tau_m / self.C_m * (-dt / self.tau_m).exp_m1(),
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
            let silent = s.refractory.above(R::of(0.0));
            let v = s.V_m * d.P22 + s.I_syn_ex * d.P21_ex + s.I_syn_in * d.P21_in + (d.I_e + current) * d.P20;
            s.V_m = R::choose(silent, s.V_m, v);
            s.refractory = R::choose(silent, s.refractory - R::of(1.0), s.refractory);
            s.I_syn_ex = s.I_syn_ex * d.P11_ex + input[0];
            s.I_syn_in = s.I_syn_in * d.P11_in + input[1];
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
