//! The test-suite: one binary, a module per room.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod architecture;
mod bench;
mod checkpoint;
mod couplings;
// Pages convert connectomes into formats of that feature.
#[cfg(all(feature = "cli", feature = "formats"))]
mod docs;
mod equations;
#[cfg(feature = "cli")]
mod errors;
mod experiment;
mod formats;
mod golden;
mod layout;
mod models;
mod networks;
mod perturbations;
mod plasticity;
mod record;
#[cfg(feature = "cli")]
mod regress;
mod statistics;
mod streams;
mod support;
#[cfg(feature = "train")]
mod train;
mod trials;
mod twins;
