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
pub mod spike_counter;
mod spikes;
pub mod spikes_csv;
pub mod stream;
pub mod summary;
mod trace;
pub mod traces;
pub mod traces_csv;

pub use canvas::Picture;
pub use spike_counter::SpikeCounter;
pub use spikes::{PopulationLabel, Rows, SpikeRecord};
pub use summary::Summary;
pub use trace::TraceRecord;

/// Memory that a run of so many neurons, of which `largest` are in one population, takes for what it leaves behind, B: for
/// `spikes` spikes that are kept, and for their statistics or a picture, whichever is larger.
pub fn memory(neurons: u32, largest: u32, spikes: u64, picture: bool) -> u64 {
    let share = |of: u32| (spikes as f64 * f64::from(of) / f64::from(neurons.max(1))) as u64;
    let kept = spikes.saturating_mul(8);
    // Those of each population are taken apart first.
    let apart = kept.saturating_add(analysis::bytes(largest, share(largest)));
    let statistics = if spikes > 0 { apart.max(analysis::bytes(neurons, spikes)) } else { 0 };
    kept.saturating_add(statistics.max(if picture { raster::BYTES } else { 0 }))
}
