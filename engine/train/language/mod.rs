//! A character language model of spiking neurons, whose thresholds are moved by astrocytes.
//!
//! A net reads characters: input neurons project to layers of neurons over several delays, layers project to later
//! layers, and all of them to the logits of the next character. Astrocytes slowly follow how much their neurons fire,
//! and lower or raise thresholds by it ([`Law`]). Training runs over all steps of a window at once; a [`Reader`] runs
//! step by step at constant memory with the same bits. [`WittenBell`] is the baseline of n-grams. What may not live
//! here: another tape, optimiser or random generator.

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
pub use learn::{Training, Update, bits, learn};
pub use model::{Design, States, pairs};
pub use neurons::{Carried, Neurons};
pub use ngram::WittenBell;
pub use reader::{Model, Reader, State};
pub use study::STUDY;
pub use text::Text;
