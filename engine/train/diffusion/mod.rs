//! Images out of noise, by spiking neurons.
//!
//! A [`UNet`] of spiking neurons learns what was added to noisy images ([`Learn`]), and then takes it away step by step
//! ([`Model::draw`]) by a [`Schedule`] in closed form. Beside it stands a net of ReLUs by the same code. A [`Judge`] says how
//! good the images are: a small classifier whose features are compared by their Fréchet distance ([`Gaussian`]).

mod frechet;
mod half;
mod images;
mod judge;
mod learn;
mod model;
mod neurons;
#[cfg(feature = "pictures")]
pub mod picture;
mod sample;
mod schedule;
mod shift;
mod table;
mod unet;
mod weights;

pub use frechet::Gaussian;
pub use images::Images;
pub use judge::{Judge, Judging, Opinion, judging};
pub use learn::{Learn, plan};
pub use model::{Model, Recipe};
pub use sample::Sampler;
pub use schedule::{Back, Betas, Posterior, Prediction, Schedule};
pub use shift::Shift;
pub use table::{Row, noise, row};
pub use unet::{Design, Neuron, Seen, Statistics, UNet};
