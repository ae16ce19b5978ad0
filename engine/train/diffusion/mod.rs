//! Images out of noise, by spiking neurons.
//!
//! A [`UNet`] of spiking neurons learns to predict the noise in noisy images ([`Learn`]), and then removes it step by
//! step ([`Model::draw`]) by a [`Schedule`] in closed form. Beside it stands a net of ReLUs by the same code. A
//! [`Judge`] measures how good the images are: a small classifier whose features are compared by their Fréchet distance
//! ([`Gaussian`]). [`Model::play`] has the engine play the neurons of a net, spike for spike.

mod convert;
mod design;
mod fold;
mod frechet;
mod half;
mod images;
mod judge;
mod learn;
mod model;
mod neurons;
mod pass;
#[cfg(feature = "pictures")]
pub mod picture;
mod play;
mod sample;
mod schedule;
mod shift;
mod spread;
mod stream;
mod table;
mod temporal;
mod unet;
mod weights;

pub use convert::{SoftReset, clipped, convert, thresholds};
pub use design::{Design, Neuron};
pub use frechet::Gaussian;
pub use images::Images;
pub use judge::{Judge, Judging, Opinion, judging};
pub use learn::{Learn, plan};
pub use model::{Model, Recipe};
pub use play::Played;
pub use sample::{Sampler, Way};
pub use schedule::{Back, Betas, Posterior, Prediction, Schedule};
pub use shift::Shift;
pub use spread::Spread;
pub use table::{Row, noise, row};
pub use temporal::Temporal;
pub use unet::{Seen, Statistics, UNet};
