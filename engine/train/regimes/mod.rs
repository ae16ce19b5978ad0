//! Rich and lazy learning: how far a network moves from where it began, by its initial wiring and by its curve.
//!
//! [`Rnn`] is a leaky network of rates that learns a choice ([`Choice`]); [`measures`] say what moved; [`run`] trains
//! over ranks, connectomes and seeds (Liu et al. 2024), [`geometry`] over curves on states of the world (Alleman et al.
//! 2024). What may not live here: gradients, which are those of the tape.

mod choice;
pub mod geometry;
mod learn;
pub mod measures;
mod picture;
mod rnn;
mod start;
mod study;

pub use choice::{Choice, STEPS, Trials};
pub use learn::{Moved, Training, correlation_with_rank, run};
pub use rnn::{Judged, KEEPS, Rnn};
pub use start::{Start, connections_of_busiest, truncated_to_rank};
pub use study::STUDY;
