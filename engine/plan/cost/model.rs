//! The cost model: the times that parts of playing take, and how often neurons are expected to fire. Choices of layouts
//! depend on it, spikes never do.

use crate::equations::words::{Cost, Counts};
use crate::tile::Model;

/// Figures of a machine, from which choices of layouts follow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CostModel {
    /// Rate of a neuron for which a layout is chosen, spikes/s: large networks fire at a few, and many neurons less.
    pub rate_low: f64,
    /// Mean rate of a neuron that is expected of a run, spikes/s.
    pub rate_expected: f64,
    /// Mean rate of a neuron in the highest wave of activity, which is often the first, spikes/s.
    pub rate_bound: f64,
    /// Time to add one synapse into a ring, ns, as (largest ring, time) by the size of the ring in bytes: in the
    /// first-level cache, in half of the second beside the rows that pass through it, in all of it, in a share of the
    /// third, beyond.
    pub event_ns: [(f64, f64); 5],
    /// Time to sort one synapse and add it into the ring of a group, ns.
    pub sorted_ns: f64,
    /// Size of the ring of a group where events are sorted, bytes: the smallest, which takes little of the second-level
    /// cache, and the largest, which takes most of it.
    pub group_ring: (u64, u64),
    /// The largest number of neurons of such a group.
    pub most_of_group: u64,
    /// Number of event buckets whose last lines fit into the first-level cache.
    pub few_buckets: u64,
    /// The largest number of event buckets of a shard: their last lines fit into the second-level cache.
    pub most_buckets: u64,
    /// Time to read and clear a byte of a ring, ns, beyond what it takes in the second-level cache, as (largest ring,
    /// time).
    pub ring_ns: [(f64, f64); 4],
    /// Time to find one row block, ns, as (largest size of all row starts, time).
    pub row_block_ns: [(f64, f64); 2],
    /// Time to read a byte of a row, ns.
    pub byte_ns: f64,
    /// Time to draw a synapse, ns: 5 where all have one weight and one delay, 8 where both come from tables.
    pub draw_ns: f64,
    /// Time of the update that counts as 1, that of `iaf_psc_exp`, ns by [`Cost`].
    pub update_ns: f64,
    /// Work per update of a neuron in a step, in units of the work per synapse onto it (3 spikes/s at a step of 0.1 ms
    /// and about 2 ns a synapse, that is 0.6 ps a step).
    pub neuron_work: f64,
    /// Work per neuron with Poisson input in a step, in the same unit.
    pub poisson_work: f64,
    /// Work per threshold of the counts of that input and neuron, in the same unit.
    pub threshold_work: f64,
    /// Work per population in a step, however small it is, in the same unit.
    pub population_work: f64,
    /// Mean time of an update that counts as 1, with all that comes with it, s of one core.
    pub neuron_s: f64,
    /// Mean time of a synaptic event, s of one core.
    pub event_s: f64,
    /// Time for which each thread makes the others wait in a step, s.
    pub thread_s: f64,
    /// Exponent of the gain by threads: n threads are n to this power times faster than one. 16 cores of a Xeon were
    /// 5.6 times faster for the cortical microcircuit, which gives about 2/3.
    pub thread_gain: f64,
    /// Time of a dispatch on a GPU and of the wait for its end, s.
    pub dispatch_s: f64,
    /// How many times faster than one core a GPU is where it is busy.
    pub gpu_cores: f64,
}

impl CostModel {
    /// A Zen 4 EPYC with caches of 32 KiB, 1 MiB and 32 MiB: rings and rows by microcircuit and sparse-1m with
    /// `plan.block` from 1 to 128, neurons and events by `neuropil bench` (0.3 to 1.4 ns and 0.5 to 3, but 9 where
    /// delays are long and neurons many). Dispatches by an H200 with networks too small to keep it busy; how fast a GPU
    /// is lies between what is expected of a desktop card and the thirty cores that an H200 was measured to be worth
    /// for the microcircuit.
    pub const ZEN4: CostModel = CostModel {
        rate_low: 2.0,
        rate_expected: 5.0,
        rate_bound: 12.0,
        event_ns: [(32e3, 0.8), (400e3, 1.6), (1.5e6, 2.7), (8e6, 3.4), (f64::INFINITY, 17.0)],
        sorted_ns: 9.0,
        group_ring: (128 << 10, 768 << 10),
        most_of_group: 1 << 16,
        few_buckets: 384,
        most_buckets: 4096,
        ring_ns: [(400e3, 0.0), (1.5e6, 0.04), (16e6, 0.05), (f64::INFINITY, 0.1)],
        row_block_ns: [(64e6, 6.0), (f64::INFINITY, 30.0)],
        byte_ns: 0.08,
        draw_ns: 6.5,
        update_ns: 0.32,
        neuron_work: 1200.0,
        poisson_work: 700.0,
        threshold_work: 30.0,
        population_work: 500e3,
        neuron_s: 1e-9,
        event_s: 2e-9,
        thread_s: 1e-6,
        thread_gain: 2.0 / 3.0,
        dispatch_s: 6e-6,
        gpu_cores: 20.0,
    };

    /// The work of an update of `model`, in updates of `iaf_psc_exp`, 1 at least.
    pub fn update(&self, model: &dyn Model) -> f64 {
        (Cost::ZEN4.of(&Counts::of(&model.equations().step)) / self.update_ns).max(1.0)
    }

    /// The expected time of a step of `dt` ms on one core, s, with `updates` updates and `synapses` synapses.
    pub fn seconds_per_step(&self, updates: f64, synapses: u128, dt: f64) -> f64 {
        self.neuron_s * updates + self.event_s * synapses as f64 * self.rate_expected * dt * 1e-3
    }

    /// The number of threads that play a step fastest that takes one core `step` seconds: `n` threads take an `n`th of
    /// that, and `n` times what each makes the others wait.
    pub fn threads(&self, step: f64) -> u32 {
        (step / self.thread_s).sqrt().round().max(1.0) as u32
    }

    /// The time to deliver one synapse, ns, where events are `sorted`, or else into a ring of `ring` bytes.
    pub fn event(&self, sorted: bool, ring: u64) -> f64 {
        if sorted { self.sorted_ns } else { by_size(&self.event_ns, ring) }
    }

    /// The time to read and clear a byte of a ring of `ring` bytes, ns.
    pub fn ring_byte(&self, ring: u64) -> f64 {
        by_size(&self.ring_ns, ring)
    }

    /// The time to find a row block where all row starts have `row_starts` bytes, ns.
    pub fn row_block(&self, row_starts: u64) -> f64 {
        by_size(&self.row_block_ns, row_starts)
    }
}

/// The time that `table` of (largest size, time) gives for `bytes` bytes.
fn by_size(table: &[(f64, f64)], bytes: u64) -> f64 {
    let found = table.iter().find(|(most, _)| bytes as f64 <= *most);
    found.or(table.last()).map_or(0.0, |entry| entry.1)
}
