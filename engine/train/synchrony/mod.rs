//! Synchrony: how alike the pasts of two neurons are, for a readout to learn from (Darlow et al. 2025, "Continuous
//! thought machines").
//!
//! [`Synchrony`] of given traces; [`Ticking`], a network whose neurons have small networks of their own, which learns
//! through synchrony; and [`Features`] of a spiking reservoir. What may not live here: reservoirs and their readouts,
//! which are those of [`super::reservoir`].

mod net;
mod pairs;
mod private;
mod reservoir;
mod study;

pub use net::{Read, Ticking};
pub use pairs::Synchrony;
pub use reservoir::{Features, Scores, readout_scores};
pub use study::STUDY;
