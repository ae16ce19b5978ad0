//! Projects the wall time of a workload on other GPUs from bytes and dispatches; nothing here is measured.

use serde::Serialize;

use super::Measurement;
use crate::plan::CostModel;

/// A graphics card by the figures of its data sheet.
struct Card {
    name: &'static str,
    /// Bytes per second between memory and chip.
    bandwidth: f64,
    /// Bytes of the second-level cache.
    cache: f64,
}

/// RTX 3060 (12 GB), RTX 4090 and H100 SXM5, from NVIDIA's data sheets.
const CARDS: [Card; 3] = [
    Card { name: "RTX 3060", bandwidth: 360e9, cache: 3e6 },
    Card { name: "RTX 4090", bandwidth: 1008e9, cache: 72e6 },
    Card { name: "H100", bandwidth: 3350e9, cache: 50e6 },
];
/// Bytes that an addition to a sum outside of the cache moves: a sector of 32, read and written.
const SECTOR: f64 = 64.0;

/// The wall time that is expected of a graphics card.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Projection {
    /// Name of the card.
    pub card: &'static str,
    /// Wall time over biological time.
    pub wall_per_biological: f64,
    /// The share of dispatches in that time.
    pub dispatches: f64,
}

/// Projections of a workload that was measured on a GPU; empty for one that was measured on the CPU.
///
/// The time is that of the dispatches, and of moving the traffic of the layout (`moved` bytes per second of biological
/// time) at full bandwidth; where the input ring does not fit into the cache, an event moves whole sectors.
pub fn projections(measured: &Measurement, moved: f64) -> Vec<Projection> {
    if measured.dispatches_per_step == 0.0 {
        return Vec::new();
    }
    let traffic = &measured.traffic;
    let dispatches = measured.dispatches_per_step * measured.steps_per_second() * CostModel::ZEN4.dispatch_s;
    let ring = traffic.slot as f64 * f64::from(traffic.slots);
    let project = |card: &Card| {
        let beyond = if ring > card.cache { SECTOR - 2.0 * traffic.sum as f64 } else { 0.0 };
        let wall = dispatches + (moved + measured.events_per_second() * beyond) / card.bandwidth;
        Projection { card: card.name, wall_per_biological: wall, dispatches: dispatches / wall }
    };
    CARDS.iter().map(project).collect()
}
