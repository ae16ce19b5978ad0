//! Measures simulations: the time of segments, the costs of parts, the machine, and which limit binds.
//!
//! A [`Measurement`] is plain data that one process can hand to another; [`Roofline`] is arithmetic on it. What may not
//! live here: printing, options, other simulators.

use std::ops::ControlFlow;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::plan::Traffic;
use crate::simulation::{Progress, Simulation};
use crate::time::Time;

mod costs;
pub mod machine;
mod projection;
mod roofline;
mod updates;

pub use costs::Costs;
pub use projection::Projection;
pub use roofline::{Limit, Roofline};
pub use updates::{Throughput, Update};

/// How to measure: `runs` consecutive segments of the same length, after a warm-up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Protocol {
    /// Biological time before timing starts, in which the network settles.
    pub warm_up: Time,
    /// Biological time of a segment.
    pub segment: Time,
    /// Number of segments.
    pub runs: u32,
}

/// One timed segment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Wall time, s.
    pub wall_s: f64,
    /// Number of spikes of all neurons.
    pub spikes: u64,
    /// Number of synaptic events that these spikes cause.
    pub events: u64,
}

/// A workload as measured on one device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// A description of the device.
    pub device: String,
    /// Number of threads of the CPU; `None` on a GPU.
    pub threads: Option<u32>,
    /// Step, ms.
    pub dt_ms: f64,
    /// Number of neurons.
    pub neurons: u32,
    /// Number of synapses.
    pub synapses: u64,
    /// Wall time of building, s.
    pub build_s: f64,
    /// Bytes of rows, rings and states.
    pub network_bytes: u64,
    /// The peak of the process's memory up to the end of the last segment, bytes; `None` where the system does not give
    /// it.
    pub peak_memory_bytes: Option<u64>,
    /// Biological time before timing started, s.
    pub warm_up_s: f64,
    /// Biological time of a segment, s.
    pub segment_s: f64,
    /// The segments, in their order.
    pub segments: Vec<Segment>,
    /// Mean number of processes that were ready to run in the last minute, before and after the segments.
    pub load: Option<(f64, f64)>,
    /// Memory traffic of events, spikes and steps, bytes.
    pub traffic: Traffic,
    /// Number of steps between exchanges of spikes.
    pub epoch_steps: u32,
    /// Number of GPU dispatches in a step; 0 on the CPU.
    pub dispatches_per_step: f64,
    /// The costs of the parts of a run.
    pub costs: Costs,
    /// Bytes that a plain copy on as many threads reads and writes per second; `None` on a GPU.
    pub copy_bytes_per_second: Option<f64>,
    /// Bytes of the last-level cache; `None` where the system does not give them.
    pub last_level_cache: Option<u64>,
}

impl Protocol {
    /// Number of steps of the whole protocol for steps of `dt` ms.
    ///
    /// # Errors
    /// Times that are not whole numbers of steps.
    pub fn steps(&self, dt: f64) -> Result<u64> {
        Ok(self.warm_up.steps(dt, "warm-up")? + u64::from(self.runs) * self.segment.steps(dt, "duration")?)
    }

    /// Warms `simulation` up and times its segments. `watch` is called with the progress of the whole protocol and may
    /// stop it, which gives `None`.
    ///
    /// # Errors
    /// As [`Simulation::run`].
    pub fn time(
        &self,
        simulation: &mut Simulation,
        watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Result<Option<Vec<Segment>>> {
        let (first, of) = (simulation.steps(), self.steps(simulation.network().dt())?);
        let mut stopped = false;
        let mut play = |simulation: &mut Simulation, time: Time| {
            let before = simulation.steps() - first;
            simulation.run_with(time, &mut |progress| {
                let flow = watch(Progress { done: before + progress.done, of, ..progress });
                stopped |= flow.is_break();
                flow
            })?;
            Ok(stopped)
        };
        if play(simulation, self.warm_up)? {
            return Ok(None);
        }
        let mut segments = Vec::new();
        for _ in 0..self.runs {
            let (spikes, events) = (simulation.spike_count(), simulation.events());
            let started = Instant::now();
            if play(simulation, self.segment)? {
                return Ok(None);
            }
            let wall_s = started.elapsed().as_secs_f64();
            let (spikes, events) = (simulation.spike_count() - spikes, simulation.events() - events);
            segments.push(Segment { wall_s, spikes, events });
        }
        Ok(Some(segments))
    }
}

impl Measurement {
    /// Wall time over biological time of each segment.
    pub fn ratios(&self) -> Vec<f64> {
        self.segments.iter().map(|segment| segment.wall_s / self.segment_s).collect()
    }

    /// Spikes per neuron and second of biological time.
    pub fn mean_rate_hz(&self) -> f64 {
        self.per_second(|segment| segment.spikes) / f64::from(self.neurons)
    }

    /// Synaptic events per second of biological time.
    pub fn events_per_second(&self) -> f64 {
        self.per_second(|segment| segment.events)
    }

    /// Bytes of the network, including its neurons and rings, for each synapse.
    pub fn bytes_per_synapse(&self) -> f64 {
        self.network_bytes as f64 / self.synapses.max(1) as f64
    }

    /// Steps per second of biological time.
    pub fn steps_per_second(&self) -> f64 {
        1000.0 / self.dt_ms
    }

    /// Adds the segments of another, later measurement of the same workload. Keeps the larger peak of memory and speed
    /// of a copy, the lower costs, and the load before the first and after the last.
    pub fn join(&mut self, other: Measurement) {
        self.segments.extend(other.segments);
        self.peak_memory_bytes = self.peak_memory_bytes.max(other.peak_memory_bytes);
        self.load = self.load.zip(other.load).map(|(mine, theirs)| (mine.0, theirs.1));
        self.copy_bytes_per_second = match (self.copy_bytes_per_second, other.copy_bytes_per_second) {
            (Some(mine), Some(theirs)) => Some(mine.max(theirs)),
            (mine, theirs) => mine.or(theirs),
        };
        self.costs.synchronisation_s = self.costs.synchronisation_s.min(other.costs.synchronisation_s);
        self.costs.update_s = self.costs.update_s.min(other.costs.update_s);
    }

    /// The sum of a count over all segments per second of biological time.
    fn per_second(&self, counted: impl Fn(&Segment) -> u64) -> f64 {
        let biological = self.segment_s * self.segments.len().max(1) as f64;
        self.segments.iter().map(counted).sum::<u64>() as f64 / biological
    }
}

/// The median of a list: the middle value, or the mean of the middle two; 0 for an empty list.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => 0.0,
        (n, middle) if n % 2 == 1 => sorted[middle],
        (_, middle) => 0.5 * (sorted[middle - 1] + sorted[middle]),
    }
}
