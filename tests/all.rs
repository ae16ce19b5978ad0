//! The test-suite: one binary, a module per room.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod formats;
mod golden;
mod layout;
mod models;
mod support;
mod twins;
