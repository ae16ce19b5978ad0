//! The step of some neurons: what a model is, what arrives at a tile of neurons, and how a tile is stepped.
//!
//! This is what models and players agree on. A [`Neuron`] is a model in Rust, a [`Model`] what networks hold; a [`Patch`] is
//! a tile of one population in one shard, with its input rings and Poisson stimuli, and `integrate` steps it. What may not
//! live here: a given model, networks, plans, threads, devices.

mod declaration;
mod equations;
pub mod input;
mod integrate;
mod interpret;
mod interpreted;
mod model;
mod neuron;
pub mod poisson;
pub mod ring;
pub mod touched;

pub use crate::equations::Takes;
pub use declaration::{Bound, Channel, Declaration, Parameter, Start, Variable};
pub use equations::{Equations, equations};
pub use integrate::{Arriving, Out, Patch, Stepped, integrate};
pub use interpret::{Programs, Scratch};
pub use interpreted::Interpreted;
pub use model::{Model, Of};
pub use neuron::{Columns, Neuron, Parameters};
pub use poisson::{PoissonPlan, PoissonTarget};
pub use ring::{Cell, MARGIN};

/// Channels a neuron may have at most.
pub const MOST_CHANNELS: usize = 4;
/// Steps of an epoch, at most: longer ones gain nothing more.
pub const MOST_EPOCH: u32 = 16;
