//! Synchrony: how alike two neurons' pasts are, as what is read of a network (Darlow et al. 2025, "Continuous thought machines").
//!
//! [`Synchrony`] of given traces; [`Ticking`], a network whose neurons have small networks of their own, which learns through it; and
//! [`Features`] of a spiking reservoir. What may not live here: reservoirs and their readouts, which are those of [`super::reservoir`].

mod net;
mod pairs;
mod reservoir;
mod study;

pub use net::{Read, Ticking};
pub use pairs::Synchrony;
pub use reservoir::{Features, Reached, reach};
pub use study::STUDY;
