//! `parrot_neuron`: a relay that emits one spike for every spike that arrives, in the step of its arrival.
//!
//! The weights of the connections that reach it do not matter, as in NEST; each spike counts as one.

use crate::models::Start::At;
use crate::neuron;
use crate::number::Real;

neuron! {
    /// Relay that repeats every arriving spike.
    ParrotNeuron = "parrot_neuron", "relay, one spike for every arriving spike";
    parameters {}
    state {
        n_spikes: "spikes" = At(0.0), None, NonNegative, "spikes repeated in this step";
    }
    derived { theta }
    channels {
        "in": "spikes", Count;
    }
    multiple = true;
    impl {
        fn derive(&self, _dt: f64) -> Derived<f64> {
            Derived { theta: 1.0 }
        }

        #[inline(always)]
        fn advance<R: Real>(_d: &Derived<R>, s: &mut State<R>, input: &[R], _current: R) {
            s.n_spikes = input[0];
        }

        #[inline(always)]
        fn margin<R: Real>(d: &Derived<R>, s: &State<R>) -> R {
            s.n_spikes - d.theta
        }

        #[inline(always)]
        fn reset<R: Real>(_d: &Derived<R>, _s: &mut State<R>) {}
    }
}
