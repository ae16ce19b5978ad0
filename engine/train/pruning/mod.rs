//! Dynamic pruning: of a hidden layer only the units are computed that are predicted to fire.
//!
//! A [`Predictor`] of low rank looks at the input and predicts what units will do; the rest of them is left out for
//! that sample ([`gate`]), which costs what [`gate::Cost`] counts, the predictor's own operations among it. [`Judge`]
//! makes curves of accuracy against operations. What may not live here: how networks are trained.

mod curve;
pub mod gate;
mod hidden;
mod picture;
mod predictor;
mod study;

pub use curve::{Judge, Point, Rule, accuracy_at};
pub use hidden::{Hidden, Network, Relus, Spiking};
pub use predictor::Predictor;
pub use study::{SHARES, STUDY};
