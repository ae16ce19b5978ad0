//! One form of a model: graphs of its functions, from which all players, derivatives and documentation are made.
//!
//! A graph comes from one of two places: traced from Rust that is generic over [`crate::number::Real`], or read from a
//! user's text. Its operations are those of [`graph::Op`], each rounded once in the order written, so that whatever is
//! made of a graph has the same bits. What may not live here: devices, networks, files, and what a given model is.

pub mod derivative;
mod digest;
mod draw;
mod evaluate;
pub mod graph;
mod interpret;
mod machine;
mod margin;
pub mod program;
pub mod rust;
mod statements;
mod takes;
pub mod text;
mod trace;
pub mod wgsl;
pub mod words;

pub use draw::Draw;
pub use evaluate::evaluate;
pub use graph::{Function, Graph, Id, Op, Repeat};
pub use interpret::Interpret;
pub use program::{Program, masked, with_reset};
pub use takes::Takes;
pub use trace::{Traced, trace};
