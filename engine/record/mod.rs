//! What a run leaves behind: spikes and traces as plain data, their statistics, their files and their pictures.
//!
//! Nothing here knows networks, plans or devices. [`SpikeRecord`] and [`TraceRecord`] are plain data; [`analysis`] is pure;
//! [`spikes_csv`], [`traces_csv`] and [`summary`] write and read files, all through [`atomic_write`](crate::files::atomic_write); [`raster`] and
//! [`traces`] draw a [`Picture`]. [`stream`] writes spikes while they come, and [`tally`] counts them as they pass.

pub mod analysis;
mod axis;
mod canvas;
mod palette;
pub mod raster;
mod spikes;
pub mod spikes_csv;
pub mod stream;
pub mod summary;
pub mod tally;
mod trace;
pub mod traces;
pub mod traces_csv;

pub use canvas::Picture;
pub use spikes::{PopulationLabel, Rows, SpikeRecord};
pub use summary::Summary;
pub use tally::SpikeTally;
pub use trace::TraceRecord;
