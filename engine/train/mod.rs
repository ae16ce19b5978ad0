//! Training: gradients through the same equations, rows and delays that the simulator plays.
//!
//! What is trained here runs on the engine spike for spike. A [`tape::Tape`] records operations on arrays and spikes
//! for reverse-mode differentiation; [`layer`] steps neurons by the same programs that the players run. What may not
//! live here: another form of a model, a second random generator, printing.

pub mod array;
pub mod control;
pub mod diffusion;
#[cfg_attr(not(feature = "pictures"), path = "undrawn.rs")]
mod drawn;
pub mod elm;
pub mod endless;
pub mod events;
pub mod exit;
pub mod files;
pub mod fit;
pub mod gemm;
pub mod language;
pub mod layer;
pub mod motion;
pub mod net;
pub mod nir;
pub mod pruning;
pub mod regimes;
pub mod reservoir;
pub mod sequence;
mod share;
pub mod spikes;
pub mod studies;
pub mod study;
pub mod synchrony;
pub mod tape;
pub mod tasks;

pub use array::Array;
pub use spikes::Spikes;
