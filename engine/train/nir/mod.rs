//! NIR in and out: networks as the Neuromorphic Intermediate Representation exchanges them (Pedersen et al. 2024).
//!
//! A [`Graph`] is what a file holds, no more: differential equations without a step. [`Graph::discretise`] makes steps of
//! them, [`play`] plays those plainly in f64, and [`network`] makes a network of the engine that does the same, spike for
//! spike; [`from_network`] is the way back. What may not live here: gradients, devices, a step of a neuron that is not that
//! of the file's own equations.

mod check;
mod data;
mod describe;
mod discretise;
mod flat;
mod fold;
mod from_network;
mod graph;
mod kind;
mod made;
mod map;
mod network;
mod neurons;
mod options;
mod order;
mod play;
#[cfg(feature = "formats")]
mod read;
mod shape;
mod tools;
#[cfg(feature = "formats")]
mod write;

pub use data::{Data, Entry, Metadata, Values};
pub use discretise::{Discretised, Reset, euler_as_exact};
pub use from_network::{Written, from_network};
pub use graph::{Graph, Node};
pub use kind::Kind;
pub use network::{Exported, Placed, Tells, Told, network};
pub use options::{Current, Integration, Options, Timing};
pub use play::{Signals, play};
#[cfg(feature = "formats")]
pub use read::read;
pub use tools::Tool;
#[cfg(feature = "formats")]
pub use write::write;
