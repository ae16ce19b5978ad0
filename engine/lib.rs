//! Neuropil: a spiking brain simulator.
#[path = "../connectomes/mod.rs"]
pub mod connectomes;
pub mod device;
pub mod error;
#[path = "../models/mod.rs"]
pub mod models;
pub mod network;
pub mod number;
pub mod plan;
pub mod prelude;
pub mod random;
pub mod schedule;
pub mod simulation;
pub mod units;

pub use error::{Error, Result};
