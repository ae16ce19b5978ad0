//! Neuropil simulates spiking neural networks wired as real brains are, on the GPU or natively on the CPU, with the same
//! spikes on both.
//!
//! A [`network::Network`] is plain data. A [`plan::Plan`] lays it out in shards, rows and tables. A player of
//! [`device`] plays the plan, and a [`simulation::Simulation`] keeps what was recorded:
//!
//! ```
//! use neuropil::prelude::*;
//!
//! let mut net = Network::new(0.1.ms());
//! let neurons = net.add("neurons", 100, IafPscExp { I_e: 400.0, ..default() })?;
//! let spikes = net.record(&neurons, Spikes)?;
//! let mut sim = net.build(Device::cpu(), Seed(1))?;
//! sim.run(100.0.ms())?;
//! assert!(sim.rate(spikes)? > 10.0);
//! # Ok::<(), neuropil::Error>(())
//! ```
//!
//! # Rooms
//!
//! | room | what lives there | what may not |
//! |---|---|---|
//! | [`network`] | populations, projections, rules, stimuli, recorders: what to simulate, checked as it is added | devices, files, layouts |
//! | [`models`] | neuron models, declared once for `f32`, `f64` and WGSL | devices, networks, files |
//! | [`connectomes`] | connectomes as data: readers, committed data sets, published networks | devices, players |
//! | [`plan`] | a network laid out, with its fixed-point units and its memory predicted; pure | devices, files, clocks |
//! | [`schedule`] | epochs and batches: when spikes are exchanged, and when the host looks | state |
//! | [`device`] | the players: `cpu` with threads, `gpu` with wgpu | rules, files, the user's units |
//! | [`simulation`] | a plan in the hands of a player, and what was recorded | layouts, files |
//! | [`mod@bench`] | measuring: segments timed, what their parts cost, the machine, which limit binds | printing, other programs |
//! | [`checkpoint`] | a simulation between two steps, as data and as a file | players, plans |
//! | [`files`] | opening within limits, writing whole or not at all, checksums, what is shown of a text | what files hold |
//! | [`record`] | what a run leaves behind: statistics, files, streams, pictures | networks, plans, devices |
//! | [`equations`] | one form of a model, from which players, derivatives and documentation are made | devices, networks, files |
//! | [`random`], [`number`], [`math`], [`units`], [`time`] | counter-based random numbers; number types and fixed-point sums; elementary functions with the same bits everywhere; spans of time, and the grid of steps | everything else |
//! | [`simd`] | vector instructions by run-time detection, prefetching, huge pages | everything safe |
//! | [`error`] | the one error type: what is wrong, where, what to do | types of wgpu |
//!
//! Beside these, `shaders/` holds one WGSL file per kernel, and `tests/` the test-suite, a module per kind of proof.
//!
//! # Features
//!
//! `gpu` (default): the GPU player. `formats` (default): readers of Excel, Parquet, GraphML and bzip2 files.
// Printing is for the program, the examples and the tests.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod bench;
pub mod checkpoint;
#[path = "../connectomes/mod.rs"]
pub mod connectomes;
pub mod device;
pub mod equations;
pub mod error;
pub mod experiment;
pub mod files;
pub mod math;
#[path = "../models/mod.rs"]
pub mod models;
pub mod network;
pub mod number;
pub mod plan;
pub mod prelude;
pub mod random;
pub mod record;
pub mod schedule;
pub mod simd;
pub mod simulation;
mod threads;
pub mod time;
pub mod units;

pub use error::{Error, Result};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
