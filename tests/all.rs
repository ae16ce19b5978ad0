//! The test-suite: one binary, a module per room.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]
//! All tests, in one binary; see the folders beside this file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod golden;
mod layout;
mod models;
mod support;
mod twins;
