//! Training, apart from the model: [`Parameters`] with their constraints, optimisers and schedules, the training loop,
//! its checkpoints, and the samples that are learned from.
//!
//! A [`Trainer`] runs over the batches of a [`Split`], lets a [`Task`] add gradients, and updates parameters by an
//! [`optimiser`]. All of it is a function of [`Settings`], parameters and data: a training that was saved and resumed
//! has the bits of one that was not. What may not live here: layers, losses, derivatives of a model.

mod batches;
pub mod checkpoint;
pub mod encode;
pub mod energy;
mod finite;
mod gradient;
pub mod grid;
mod history;
mod identity;
mod incoming;
mod initial;
pub mod optimiser;
mod parameter;
mod parameters;
#[cfg(feature = "pictures")]
pub mod picture;
mod progress;
pub mod recordings;
mod samples;
mod schedule;
mod table;
mod trainer;

pub use batches::{Batch, Split, order};
pub use energy::Operations;
pub use gradient::{Clip, Penalty, norm};
pub use history::{EarlyStopping, Epoch, Monitor, Tally};
pub use initial::Initial;
pub use optimiser::{Adam, AdamW, Method, Optimiser, Sgd};
pub use parameter::{Parameter, Sign, Signs};
pub use parameters::{Parameters, Snapshot};
pub use progress::{Moment, Progress, Unwatched};
pub use recordings::Recordings;
pub use samples::Samples;
pub use schedule::{Cosine, OneCycle, Rate, Schedule};
pub use trainer::{Ended, Saving, Settings, Task, Trainer};
