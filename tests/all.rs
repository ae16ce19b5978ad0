//! All tests, in one binary; see the folders beside this file.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod models;
