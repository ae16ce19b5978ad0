//! The results of a run: spikes and traces as plain data, their statistics, their files and their pictures.
//!
//! Nothing here knows networks, plans or devices. [`SpikeRecord`] and [`TraceRecord`] are plain data; [`analysis`] is
//! pure; [`spikes_csv`], [`traces_csv`] and [`summary`] write and read files, all through
//! [`atomic_write`](crate::files::atomic_write); `pictures` draws. A [`WeightRecord`] holds weights of synapses over
//! time, a [`SendRecord`] the spikes that they send, a [`SeriesRecord`] the activity of populations; [`bold`] and
//! [`functional`] compute from it what imaging would measure. [`stream`] writes spikes while a run goes on, and
//! [`spike_counter`] counts spikes that are not kept.

pub mod analysis;
pub mod bold;
pub mod functional;
#[cfg(feature = "pictures")]
pub mod pictures;
mod rows;
mod sends;
mod series;
pub mod spike_counter;
mod spikes;
pub mod spikes_csv;
pub mod stream;
pub mod summary;
mod trace;
pub mod traces_csv;
mod weights;

pub use sends::{SendRecord, SentSpike};
pub use series::SeriesRecord;
pub use spike_counter::SpikeCounter;
pub use spikes::{PopulationLabel, Rows, SpikeRecord};
pub use summary::Summary;
pub use trace::TraceRecord;
pub use weights::WeightRecord;

/// The name of the summary in an output folder.
const SUMMARY: &str = "summary.json";

/// Bytes of memory that the results of a run take: `spikes` spikes that are kept, and computing their statistics. The
/// network has `neurons` neurons, `largest` of them in its largest population.
pub fn memory(neurons: u32, largest: u32, spikes: u64) -> u64 {
    let share = |of: u32| (spikes as f64 * f64::from(of) / f64::from(neurons.max(1))) as u64;
    // The spikes are first copied population by population.
    let by_population = kept_bytes(spikes).saturating_add(analysis::statistics_bytes(largest, share(largest)));
    let statistics = if spikes > 0 { by_population.max(analysis::statistics_bytes(neurons, spikes)) } else { 0 };
    kept_bytes(spikes).saturating_add(statistics)
}

/// Bytes of memory of `spikes` spikes that are kept.
fn kept_bytes(spikes: u64) -> u64 {
    spikes.saturating_mul(8)
}
