//! `iaf_psc_delta`: leaky integrate-and-fire whose potential jumps when a spike arrives, integrated exactly.
//!
//! dV/dt = -(V - E_L)/τ_m + (I_e + I)/C_m, and V += w for each arriving spike (Diesmann, Gewaltig, Rotter & Aertsen
//! 2001; exact integration: Rotter & Diesmann 1999). Spikes that arrive while the neuron is refractory are lost, or,
//! with `refractory_input`, saved: each decays with τ_m until the period ends and is then added to V. The saved sum is
//! multiplied by the membrane's own propagator once per refractory step, which is NEST's factor
//! exp(-remaining·dt/τ_m) without an exponential at run time.

use crate::models::Start::{At, Parameter};
use crate::models::{refractory_steps, relative_floor, reset_below_threshold};
use crate::neuron;
use crate::number::Real;

neuron! {
    /// Leaky integrate-and-fire with delta-shaped post-synaptic currents.
    IafPscDelta = "iaf_psc_delta", "leaky integrate-and-fire, the potential jumps with each spike, exact integration";
    parameters {
        E_L: "mV" = -70.0, Any, "resting potential";
        C_m: "pF" = 250.0, Positive, "membrane capacitance";
        tau_m: "ms" = 10.0, Positive, "membrane time constant";
        t_ref: "ms" = 2.0, NonNegative, "refractory period";
        V_th: "mV" = -55.0, Any, "threshold";
        V_reset: "mV" = -70.0, Any, "potential after a spike";
        V_min: "mV" = f64::MIN, Any, "lowest potential";
        I_e: "pA" = 0.0, Any, "constant input current";
        refractory_input: "" = 0.0, Flag, "whether spikes that arrive while refractory are saved for its end";
    }
    state {
        V_m: "mV" = Parameter("E_L"), Some("E_L"), Any, "membrane potential";
        refr_spikes_buffer: "mV" = At(0.0), None, Any, "spikes saved while refractory, decayed to the present";
        refractory: "steps" = At(0.0), None, Steps, "steps left of the refractory period";
    }
    derived { P33, P30, I_e, theta, reset, V_min, refractory, refractory_input }
    channels {
        "in": "mV", All;
    }
    multiple = false;
    impl {
        fn derive(&self, dt: f64) -> Derived<f64> {
            Derived {
                P33: (-dt / self.tau_m).exp(),
                P30: -self.tau_m / self.C_m * (-dt / self.tau_m).exp_m1(),
                I_e: self.I_e,
                theta: self.V_th - self.E_L,
                reset: self.V_reset - self.E_L,
                V_min: relative_floor(self.V_min, self.E_L),
                refractory: refractory_steps(self.t_ref, dt),
                refractory_input: self.refractory_input,
            }
        }

        #[inline(always)]
        fn advance<R: Real>(d: &Derived<R>, s: &mut State<R>, input: &[R], current: R) {
            let silent = s.refractory.above(R::of(0.0));
            let v = s.V_m * d.P33 + (d.I_e + current) * d.P30 + input[0] + s.refr_spikes_buffer;
            let v = R::choose(d.V_min.above(v), d.V_min, v);
            let kept = (s.refr_spikes_buffer + input[0] * d.refractory_input) * d.P33;
            s.V_m = R::choose(silent, s.V_m, v);
            s.refr_spikes_buffer = R::choose(silent, kept, R::of(0.0));
            s.refractory = R::choose(silent, s.refractory - R::of(1.0), s.refractory);
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
