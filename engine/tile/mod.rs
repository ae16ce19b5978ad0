//! The step of some neurons: what a model is, what arrives at a tile of neurons, and how a tile is stepped.
//!
//! This is what models and players agree on. A [`Neuron`] is a model in Rust, a [`Model`] what networks hold; a
//! [`TileTask`] is a tile of one population in one shard, with its input rings and Poisson stimuli, and `integrate`
//! steps it. What may not live here: a given model, networks, plans, threads, devices.

pub mod course;
mod declaration;
pub mod dirty;
mod equations;
pub mod input;
mod integrate;
mod interpret;
mod interpreted;
mod model;
mod neuron;
pub mod noise;
pub mod poisson;
pub mod ring;
mod signals;
pub mod superposed;
mod synapse;
mod task;
pub mod trains;

pub use crate::equations::{Draw, Takes};
pub use declaration::{Bound, Channel, Declaration, Parameter, Start, Variable};
pub use equations::{Equations, equations};
pub use input::Arriving;
pub use integrate::integrate;
pub use interpret::Programs;
pub use interpreted::Interpreted;
pub use model::{Model, Of, Stepped};
pub use neuron::{Columns, Neuron, Parameters};
pub use poisson::PoissonTarget;
pub use ring::{MARGIN, SumWidth};
pub use signals::{Piece, SignalColumns, Signals};
pub use synapse::SynapseRule;
pub use task::{Out, Scratch, TileTask};
pub use trains::PoissonPlan;

/// The most channels that a neuron may have: plans store the number of a channel in a byte.
pub const MAX_CHANNELS: usize = u8::MAX as usize;
/// The most steps of an epoch: longer ones gain nothing more.
pub const MAX_EPOCH: u32 = 16;
