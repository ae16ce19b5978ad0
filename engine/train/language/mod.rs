//! A language model of spiking neurons, whose thresholds astrocytes move.
//!
//! A net reads characters: input neurons reach layers of neurons over several delays, layers reach each other, and all reach what is
//! said of the next character. Astrocytes follow how much their neurons fire, slowly, and lower or raise thresholds by it ([`Law`]).
//! Training goes over all steps of a window at once; a [`Reader`] goes on step by step at constant memory with the same bits.
//! [`WittenBell`] is what it must be better than. What may not live here: another tape, optimiser or generator.

mod comparison;
mod law;
mod learn;
mod model;
mod neurons;
mod ngram;
mod picture;
mod reader;
mod runs;
mod study;
mod text;
mod weights;

pub use comparison::Comparison;
pub use law::{Law, Nature, Trace};
pub use learn::{Plan, Update, bits, learn};
pub use model::{Design, States, pairs};
pub use neurons::{Carried, Neurons};
pub use ngram::WittenBell;
pub use reader::{Model, Reader, State};
pub use study::STUDY;
pub use text::Text;
