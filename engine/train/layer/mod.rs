//! Layers of neurons: the whole loop over time as one operation, there and back.
//!
//! The way there plays the very programs that the engine's interpreter plays, so the bits are the engine's; the way back
//! plays the adjoint of the same equations, made from their graph. [`Neurons`] is what a layer is, [`Steps`] the operation.
//! State is kept every so many steps only, and stepped again in between on the way back.

mod neurons;
mod recurrent;
mod sides;
mod steps;
mod walk;

pub use neurons::{Neurons, Options, Shows};
pub use recurrent::Recurrent;
pub use steps::Steps;
pub use walk::{Walk, WayBack};
