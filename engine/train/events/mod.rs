//! Gradients that cost what spikes cost: exact ones of spike times (EventProp), and e-prop, which runs forward in time.
//!
//! | part | what it does |
//! |---|---|
//! | `loss` | losses of spike times and potentials, the same for the referee and for the engine |
//! | `membrane` | the potential of a LIF neuron between events, in closed form: where it crosses, where it peaks |
//! | [`grid`] | the adjoint over the plan of a network that the engine has run |
//! | `eprop` | gradients that run forward in time with the network |
//! | [`referee`] | networks without a grid in `f64`: every spike at its own time, and the exact gradient |
//!
//! The equations are on the page `docs/train/gradients.md`. What may not live here: surrogates and tapes, another form of
//! the engine's synapses, files.

mod eprop;
pub mod grid;
mod loss;
mod membrane;
pub mod referee;

pub use eprop::{Eprop, EpropStep};
pub use grid::{EventProp, GridGradient, GridJump, ProjectionGradient, Sensitivity};
pub use loss::{Loss, Term};
pub use referee::{Connection, EventGradient, EventNetwork, EventRun, Jump, Source};
