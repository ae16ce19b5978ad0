//! The roofline: the bytes that must be moved, those that are moved, and the limit that binds (Williams, Waterman &
//! Patterson 2009).

use serde::Serialize;

use super::projection::{Projection, projections};
use super::{Measurement, median};

/// Bytes that a spike moves: the id of its neuron, written once and read once.
const SPIKE: f64 = 8.0;
/// Share of a plain copy's bandwidth from which on memory is the limit.
const BOUND: f64 = 0.5;

/// The limit of a run: what it spends most of its time on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Moving bytes between memory and processor.
    MemoryBandwidth,
    /// Advancing neurons, their stimuli included.
    NeuronUpdates,
    /// Delivering spikes.
    SynapticEvents,
    /// Exchange between threads, or dispatches.
    Synchronisation,
}

impl Limit {
    /// The name of the limit, for people.
    pub fn name(self) -> &'static str {
        match self {
            Limit::MemoryBandwidth => "memory bandwidth",
            Limit::NeuronUpdates => "neuron updates",
            Limit::SynapticEvents => "synaptic events",
            Limit::Synchronisation => "synchronisation",
        }
    }
}

/// Traffic and costs of a second of biological time.
///
/// Updates and delivery are timed pass by pass ([`super::Costs`]); synchronisation is what remains of the median wall
/// time. Memory bandwidth binds where the network does not fit into the last-level cache and the bytes
/// moved as played reach half the rate of a plain copy; else the largest of the three shares does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Roofline {
    /// Bytes that any layout of these synapses moves: each delivered synapse read once at its packed size, each state
    /// read and written once per epoch, each spike written and read once.
    pub needed_bytes: f64,
    /// Bytes that this layout moves: derived values that differ, row starts, inboxes (an event written and read), and the
    /// input ring (a sum read and written for each event, a slot read and cleared in each step) as well.
    pub moved_bytes: f64,
    /// `moved_bytes` per second of wall time, relative to the copy.
    pub share_of_copy: Option<f64>,
    /// Wall over biological time if moving `needed_bytes` at the speed of the copy were all.
    pub floor: Option<f64>,
    /// Whether the network is larger than the last-level cache, as far as that is known.
    pub beyond_cache: bool,
    /// Share of synchronisation in the wall time.
    pub synchronisation: f64,
    /// Share of neuron updates in the wall time.
    pub updates: f64,
    /// Share of synaptic events in the wall time.
    pub events: f64,
    /// Time of one thread for one update of one neuron, ns.
    pub ns_per_update: f64,
    /// Time of one thread for one synaptic event, ns; `None` without events.
    pub ns_per_event: Option<f64>,
    /// Wall time of one step's synchronisation, µs.
    pub us_per_step: f64,
    /// The limit that binds.
    pub limit: Limit,
    /// The expected wall time of other GPUs; empty where the CPU was measured.
    pub projections: Vec<Projection>,
}

impl Roofline {
    /// The roofline of a measurement.
    pub fn of(measured: &Measurement) -> Roofline {
        let (traffic, steps) = (&measured.traffic, measured.steps_per_second());
        let events = measured.events_per_second();
        let spikes = measured.mean_rate_hz() * f64::from(measured.neurons);
        let state = 2.0 * traffic.state as f64;
        let epochs = steps / f64::from(measured.epoch_steps.max(1));
        let needed_bytes = events * traffic.synapse + spikes * SPIKE + epochs * state;
        let moved_bytes = events * (traffic.synapse + 2.0 * (traffic.sum + traffic.bucket) as f64)
            + spikes * (SPIKE + traffic.row_starts as f64)
            + epochs * (state + traffic.derived as f64)
            + steps * 2.0 * traffic.slot as f64;

        let wall = median(&measured.ratios());
        let share = |seconds: f64| (seconds / wall).clamp(0.0, 1.0);
        let synchronisation = share(measured.costs.synchronisation_s);
        let updates = share(measured.costs.update_s) - synchronisation;
        let shares = [synchronisation, updates.max(0.0), 1.0 - synchronisation - updates.max(0.0)];
        let [synchronisation, updates, delivery] = shares;
        let busy_ns = wall * 1e9 * f64::from(measured.threads.unwrap_or(1).max(1));

        let share_of_copy = measured.copy_bytes_per_second.map(|copy| moved_bytes / wall / copy);
        let beyond_cache = measured.last_level_cache.is_none_or(|cache| measured.network_bytes > cache);
        Roofline {
            needed_bytes,
            moved_bytes,
            share_of_copy,
            floor: measured.copy_bytes_per_second.map(|copy| needed_bytes / copy),
            beyond_cache,
            synchronisation,
            updates,
            events: delivery,
            ns_per_update: updates * busy_ns / (steps * f64::from(measured.neurons.max(1))),
            ns_per_event: (events > 0.0).then(|| delivery * busy_ns / events),
            us_per_step: synchronisation * wall * 1e6 / steps,
            limit: limit(shares, share_of_copy.filter(|_| beyond_cache)),
            projections: projections(measured, moved_bytes),
        }
    }
}

/// The limit that binds, from the shares of synchronisation, updates and events in the wall time, and the share of the
/// copy's bandwidth.
fn limit([synchronisation, updates, events]: [f64; 3], share_of_copy: Option<f64>) -> Limit {
    if share_of_copy.is_some_and(|share| share >= BOUND) {
        Limit::MemoryBandwidth
    } else if events >= updates && events >= synchronisation {
        Limit::SynapticEvents
    } else if updates >= synchronisation {
        Limit::NeuronUpdates
    } else {
        Limit::Synchronisation
    }
}
