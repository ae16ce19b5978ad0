//! NIR, read and written: networks as the Neuromorphic Intermediate Representation exchanges them (Pedersen et al.
//! 2024).
//!
//! A [`Graph`] is what a file holds: differential equations without a step. [`Graph::discretise`] makes steps of them,
//! [`play`] plays those plainly in f64, and [`network`] makes a network of the engine that does the same, spike for
//! spike; [`from_network`] makes a graph of a network. What may not live here: gradients, devices, a step of a neuron
//! that is not that of the file's own equations.

mod check;
mod data;
mod describe;
mod discretise;
mod engine_neuron;
mod engine_play;
mod experiment;
mod flat;
mod fold;
mod from_network;
mod graph;
mod kind;
mod map;
mod network;
mod neurons;
mod options;
mod order;
mod play;
#[cfg(feature = "formats")]
mod read;
mod shape;
mod signals_csv;
mod tools;
#[cfg(feature = "formats")]
mod write;

pub use data::{Data, Entry, Metadata, Values};
pub use discretise::{Discretised, Reset, euler_as_exact};
pub use from_network::{Written, from_network};
pub use graph::{Graph, Node};
pub use kind::Kind;
pub use network::{Exported, OutputSource, Placed, Tells, network};
pub use options::{Current, Integration, Options, Timing};
pub use play::{Signals, play};
#[cfg(feature = "formats")]
pub use read::read;
pub use signals_csv::{read_signal, write_signals};
pub use tools::Tool;
#[cfg(feature = "formats")]
pub use write::write;
