//! Active dendrites (Ahmad & Hawkins 2016): how often a segment answers by chance, by the exact law
//! ([`false_positive`]) and counted on the engine ([`Setting`]); a memory of sequences ([`Memory`]) whose cells are the
//! engine's neurons with active dendrites.
//!
//! What may not live here: another model of the neuron; it is `iaf_psc_exp_dendrites`.

mod evaluate;
mod law;
mod memory;
mod picture;
mod play;
mod segments;
mod study;
mod wide;

pub use evaluate::{Evaluation, Pairs, Recalled, Unknown, evaluate_memory, memory_false_positives};
pub use law::{exact_union_false_positive, false_positive, union_false_positive};
pub use memory::{Memory, Moment, Shape};
pub use play::{Played, Shown};
pub use segments::{Counted, Setting};
pub use study::STUDY;
