//! The test-suite: one binary, a module per room.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod bench;
mod errors;
mod experiment;
mod formats;
mod golden;
mod layout;
mod models;
mod networks;
mod record;
mod statistics;
mod support;
mod twins;
