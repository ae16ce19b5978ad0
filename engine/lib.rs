//! Neuropil: a spiking brain simulator.
#[path = "../connectomes/mod.rs"]
pub mod connectomes;
pub mod device;
pub mod error;
#[path = "../models/mod.rs"]
pub mod models;
pub mod network;
pub mod number;
pub mod random;
pub mod units;

pub use error::{Error, Result};
