//! Active dendrites (Ahmad & Hawkins 2016): how often chance deceives a segment, by the exact law ([`false_positive`]) and counted
//! on the engine ([`Setting`]); a memory of sequences ([`Memory`]) whose cells are the engine's neurons with active dendrites.
//!
//! What may not live here: another model of the neuron; it is `iaf_psc_exp_dendrites`.

mod law;
mod memory;
mod picture;
mod play;
mod segments;
mod study;
mod trial;
mod wide;

pub use law::{exact_union_false_positive, false_positive, union_false_positive};
pub use memory::{Memory, Moment, Shape};
pub use play::{Seen, Shown};
pub use segments::{Counted, Setting};
pub use study::STUDY;
pub use trial::{Pairs, Recalled, Tried, Unknown, try_memory, unknown};
