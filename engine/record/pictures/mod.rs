//! Pictures of a record: [`raster`] draws spikes, [`traces`] samples, [`curves`] one
//! quantity over another, [`panels`] the same side by side, [`map`] numbers as colours, [`tiles`] small pictures side by side and [`weights`] their histograms, each as a [`Picture`]; [`grey`] reads pictures. Needs the feature `pictures`.
//!
//! Numbers to draw come from [`analysis`](crate::record::analysis); nothing here computes statistics.

mod axis;
mod canvas;
pub mod curves;
pub mod grey;
pub mod map;
mod palette;
pub mod panels;
pub mod raster;
pub mod tiles;
pub mod traces;
pub mod weights;

pub use canvas::Picture;

/// Bytes of memory that the results of a run take, as [`record::memory`](crate::record::memory) gives them, and drawing them if
/// there is a `picture`.
pub fn memory(neurons: u32, largest: u32, spikes: u64, picture: bool) -> u64 {
    let drawn = if picture { crate::record::kept_bytes(spikes).saturating_add(raster::BYTES) } else { 0 };
    // Pictures are drawn after statistics are computed, so the larger of both counts.
    crate::record::memory(neurons, largest, spikes).max(drawn)
}
