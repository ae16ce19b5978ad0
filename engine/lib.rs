//! Neuropil: a spiking brain simulator.
pub mod error;
pub mod units;
#[path = "../connectomes/mod.rs"]
pub mod connectomes;
pub use error::{Error, Result};
