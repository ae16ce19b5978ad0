//! The model of Izhikevich (2003).

use neuropil::models::Start::At;
use neuropil::number::Real;

neuropil::neuron! {
    /// Izhikevich (2003), "Simple model of spiking neurons", with forward Euler steps of dt as in NEST.
    Izhikevich = "izhikevich", "two variables, many firing patterns, forward Euler";
    parameters {
        a: "1/ms" = 0.02, Any, "rate of recovery";
        b: "" = 0.2, Any, "sensitivity of recovery to the potential";
        c: "mV" = -65.0, Any, "potential after a spike";
        d: "mV" = 8.0, Any, "recovery added by a spike";
        V_th: "mV" = 30.0, Any, "peak of a spike";
        I_e: "pA" = 0.0, Any, "constant input current";
    }
    state {
        V_m: "mV" = At(-65.0), None, Any, "membrane potential";
        U_m: "mV" = At(-13.0), None, Any, "recovery";
    }
    derived { h, h_a, b, c, d, theta, I_e, k0, k1, k2 }
    channels { "in": "mV", All; }
    multiple = false;
    impl {
        fn derive(&self, dt: f64) -> Derived<f64> {
            let Izhikevich { a, b, c, d, V_th, I_e } = *self;
            Derived { h: dt, h_a: dt * a, b, c, d, theta: V_th, I_e, k0: 140.0, k1: 5.0, k2: 0.04 }
        }

        #[inline(always)]
        fn advance<R: Real>(d: &Derived<R>, s: &mut State<R>, input: &[R], current: R) {
            let (v, u) = (s.V_m, s.U_m);
            let slope = d.k2 * v * v + d.k1 * v + d.k0 - u + (d.I_e + current);
            s.V_m = v + d.h * slope + input[0];
            s.U_m = u + d.h_a * (d.b * v - u);
        }

        #[inline(always)]
        fn margin<R: Real>(d: &Derived<R>, s: &State<R>) -> R {
            s.V_m - d.theta
        }

        fn reset<R: Real>(d: &Derived<R>, s: &mut State<R>) {
            s.V_m = d.c;
            s.U_m = s.U_m + d.d;
        }
    }
}
