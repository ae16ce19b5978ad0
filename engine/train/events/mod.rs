//! Gradients whose cost follows the number of spikes: exact ones of spike times (EventProp), and e-prop, which runs
//! forward in time.
//!
//! | part | what it does |
//! |---|---|
//! | `loss` | losses of spike times and potentials, the same for the reference and for the engine |
//! | `membrane` | the potential of a LIF neuron between events, in closed form: when it reaches threshold, when it
//! peaks |
//! | [`grid`] | the adjoint over the plan of a network that the engine has run |
//! | `eprop` | gradients that run forward in time with the network |
//! | [`referee`] | the reference: networks in continuous time, in `f64`, with the exact gradient |
//!
//! The equations are on the page `docs/train/gradients.md`. What may not live here: surrogates and tapes, another form
//! of the engine's synapses, files.

mod eprop;
pub mod grid;
mod loss;
mod membrane;
pub mod referee;

pub use eprop::{Eprop, EpropStep};
pub use grid::{EventProp, GridGradient, GridJump, ProjectionGradient, Sensitivity};
pub use loss::{Loss, Term};
pub use referee::{Connection, EventGradient, EventNetwork, EventRun, Jump, Source};
