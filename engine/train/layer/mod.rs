//! Layers of neurons: the whole loop over time as one operation, forward and backward.
//!
//! The forward pass plays the very programs that the engine's interpreter plays, so the bits are the engine's; the
//! backward pass plays the adjoint of the same equations, made from their graph. [`Neurons`] describes a layer,
//! [`Steps`] is the operation. The state is kept at intervals only, and the steps in between are played again in the
//! backward pass.

mod neurons;
mod recurrent;
mod sides;
mod steps;
mod walk;

pub use neurons::{Neurons, Options, Shows};
pub use recurrent::Recurrent;
pub use steps::Steps;
pub use walk::{Walk, WayBack};
