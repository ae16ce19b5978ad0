//! Neuropil simulates spiking neural networks wired as real brains are, on the GPU or natively on the CPU, with the
//! same spikes on both.
//!
//! A [`network::Network`] is plain data. A [`plan::Plan`] is its layout in shards, rows and tables. A player of
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
//! A room imports only rooms above it; a test compares the sources with this table.
//!
//! | room | what lives there | what may not |
//! |---|---|---|
//! | [`text`] | numbers as people read them | everything else |
//! | [`quote`] | what is shown of a text that somebody else wrote | everything else |
//! | [`error`] | the one error type: what is wrong, where, what to do | types of wgpu |
//! | [`host`] | what the machine says of itself | everything else |
//! | `threads` | how many cores are free; work that several threads do at once | what the work is |
//! | [`random`] | counter-based random numbers | everything else |
//! | [`seed`] | seeds and trials: what makes one run differ from another | everything else |
//! | [`spike`] | a spike: who fired, and when | everything else |
//! | [`number`] | number types and their fixed-point sums; elementary functions with the same bits everywhere | everything else |
//! | [`balloon`] | the balloon model: from activity to the BOLD signal | everything else |
//! | [`time`] | spans of time, and the grid of steps | everything else |
//! | [`simd`] | vector instructions by run-time detection, prefetching, huge pages: all that is unsafe | what is computed |
//! | [`files`] | opening within limits, writing whole or not at all, checksums | what files hold |
//! | `data` | numbers as files hold them: tables, arrays, events | what they mean |
//! | [`equations`] | one form of a model, from which players, derivatives and documentation are made | devices, networks, files |
//! | [`tile`] | the step of some neurons: what a model is, what arrives at a tile, how it is stepped | a given model, networks, plans |
//! | [`models`] | neuron models, declared once for `f32`, `f64` and WGSL, in Rust or as text | devices, networks, files |
//! | [`network`] | populations, projections, rules, stimuli, recorders: what to simulate, checked as it is added | devices, files, layouts |
//! | [`plan`] | a network laid out, with its fixed-point units and its memory predicted | devices, files, clocks, what the machine says |
//! | [`schedule`] | epochs and batches: when spikes are exchanged, and when the host looks | state |
//! | [`exchange`] | spikes between those who own shards: threads, players with shards of their own | what a shard does with them |
//! | [`device`] | the players: `cpu` with threads, `gpu` with wgpu | rules, files, the user's units |
//! | [`record`] | what a run leaves behind: statistics, files, streams, pictures | networks, plans, devices |
//! | [`checkpoint`] | a simulation between two steps, as data and as a file | players, plans |
//! | [`simulation`] | a plan in the hands of a player, and what was recorded | layouts, files |
//! | [`mod@bench`] | measuring: segments timed, what their parts cost, the machine, which limit binds | printing, other programs |
//! | [`connectomes`] | connectomes as data: readers, committed data sets, published networks | devices, players |
//! | [`train`] | gradients through the simulator's own equations, rows and delays; optimisers, data to learn from | printing, players |
//! | [`experiment`] | experiment files: parsed by their declarations, turned into networks | printing |
//!
//! Beside these, `shaders/` holds one WGSL file per kernel, and `tests/` the test-suite, a module per kind of proof.
//!
//! # Features
//!
//! All are on by default; with `default-features = false` only the core of the library is compiled, and features are
//! asked for one by one.
//!
//! | feature | what it adds |
//! |---|---|
//! | `cli` | the program `neuropil`; nothing of the library. Needs `pictures` |
//! | `pictures` | rasters and traces as pictures: `record::pictures`, `Simulation::raster` |
//! | `formats` | readers and writers of Excel, Parquet, Arrow, HDF5, GraphML, GEXF, tar, bzip2 and zstd files |
//! | `gpu` | the GPU player, by wgpu |
//! | `train` | training by gradients: the room `train` |
// Printing is for the program, the examples and the tests.
#![warn(clippy::print_stdout, clippy::print_stderr)]

pub mod balloon;
pub mod bench;
pub mod checkpoint;
#[path = "../connectomes/mod.rs"]
pub mod connectomes;
mod data;
pub mod device;
pub mod equations;
pub mod error;
pub mod exchange;
pub mod experiment;
pub mod files;
pub mod host;
#[path = "../models/mod.rs"]
pub mod models;
pub mod network;
pub mod number;
pub mod plan;
pub mod prelude;
pub mod quote;
pub mod random;
pub mod record;
pub mod schedule;
pub mod seed;
pub mod simd;
pub mod simulation;
pub mod spike;
pub mod text;
mod threads;
pub mod tile;
pub mod time;
#[cfg(feature = "train")]
pub mod train;

pub use error::{Error, Result};
pub use number::math;

#[cfg(doctest)]
#[path = "../docs/pages.rs"]
mod pages;
