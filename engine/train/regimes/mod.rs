//! Rich and lazy learning: how far a network moves from where it began, by how it is wired at first and by its curve.
//!
//! [`Rnn`] is a leaky network of rates that learns a choice ([`Choice`]); [`measures`] say what moved; [`run`] goes over ranks,
//! connectomes and seeds (Liu et al. 2024), [`geometry`] learns states of the world with another curve (Alleman et al. 2024). What may
//! not live here: gradients, which are those of the tape.

mod choice;
pub mod geometry;
mod learn;
pub mod measures;
mod picture;
mod rnn;
mod start;
mod study;

pub use choice::{Choice, STEPS, Trials};
pub use learn::{Moved, Plan, by_rank, run};
pub use rnn::{Judged, KEEPS, Rnn};
pub use start::{Start, busiest, of_rank};
pub use study::STUDY;
