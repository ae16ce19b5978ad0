//! What a run leaves behind: spikes and traces as plain data, their statistics, their files and their pictures.
//!
//! Nothing here knows networks, plans or devices. [`SpikeRecord`] and [`TraceRecord`] are plain data; [`analysis`] is pure;
//! [`spikes_csv`], [`traces_csv`] and [`summary`] write and read files, all through [`atomic_write`](crate::files::atomic_write);
//! `pictures` draws. A [`WeightRecord`] is what synapses learned over time, a [`SeriesRecord`] what populations did; [`bold`] and [`functional`] make of it what imaging would see. [`stream`] writes spikes while they come, and [`spike_counter`] counts them as they pass.

pub mod analysis;
pub mod bold;
pub mod functional;
#[cfg(feature = "pictures")]
pub mod pictures;
mod rows;
mod series;
pub mod spike_counter;
mod spikes;
pub mod spikes_csv;
pub mod stream;
pub mod summary;
mod trace;
pub mod traces_csv;
mod weights;

pub use series::SeriesRecord;
pub use spike_counter::SpikeCounter;
pub use spikes::{PopulationLabel, Rows, SpikeRecord};
pub use summary::Summary;
pub use trace::TraceRecord;
pub use weights::WeightRecord;

/// The file of the summary in an output folder.
const SUMMARY: &str = "summary.json";

/// Memory that a run of so many neurons, of which `largest` are in one population, takes for what it leaves behind, B: for
/// `spikes` spikes that are kept, and for their statistics.
pub fn memory(neurons: u32, largest: u32, spikes: u64) -> u64 {
    let share = |of: u32| (spikes as f64 * f64::from(of) / f64::from(neurons.max(1))) as u64;
    // Those of each population are taken apart first.
    let apart = kept_bytes(spikes).saturating_add(analysis::bytes(largest, share(largest)));
    let statistics = if spikes > 0 { apart.max(analysis::bytes(neurons, spikes)) } else { 0 };
    kept_bytes(spikes).saturating_add(statistics)
}

/// Bytes of so many spikes that are kept.
fn kept_bytes(spikes: u64) -> u64 {
    spikes.saturating_mul(8)
}
