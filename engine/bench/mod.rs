//! Measuring: a simulation timed segment by segment, what its parts cost, the machine it runs on, and which limit binds.
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
    /// Biological time before the clock starts: the start of a network is not yet the state that lasts.
    pub warm_up: Time,
    /// Biological time of a segment.
    pub segment: Time,
    /// Segments.
    pub runs: u32,
}

/// One timed segment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Wall time, s.
    pub wall_s: f64,
    /// Spikes of all neurons.
    pub spikes: u64,
    /// Synaptic events that these spikes cause.
    pub events: u64,
}

/// A workload as measured on one device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// What played.
    pub device: String,
    /// Threads of the CPU; nothing where a GPU plays.
    pub threads: Option<u32>,
    /// Step, ms.
    pub dt_ms: f64,
    /// Neurons.
    pub neurons: u32,
    /// Synapses.
    pub synapses: u64,
    /// Wall time of building, s.
    pub build_s: f64,
    /// Bytes of rows, rings and states.
    pub network_bytes: u64,
    /// The most memory the process had until the last segment was over, B, where the system tells.
    pub peak_memory_bytes: Option<u64>,
    /// Biological time before the clock started, s.
    pub warm_up_s: f64,
    /// Biological time of a segment, s.
    pub segment_s: f64,
    /// The segments, in their order.
    pub segments: Vec<Segment>,
    /// Mean number of processes that wanted to run in the last minute, before and after the segments.
    pub load: Option<(f64, f64)>,
    /// Bytes per event, spike and step.
    pub traffic: Traffic,
    /// Steps that are played without an exchange of spikes.
    pub epoch_steps: u32,
    /// Dispatches that one step costs; 0 on the CPU.
    pub dispatches_per_step: f64,
    /// What the parts cost.
    pub costs: Costs,
    /// Bytes that a plain copy on as many threads reads and writes per second; nothing on a GPU.
    pub copy_bytes_per_second: Option<f64>,
    /// Bytes of the last-level cache, where the system tells.
    pub last_level_cache: Option<u64>,
}

impl Protocol {
    /// Steps of the whole protocol at a step of `dt` ms.
    ///
    /// # Errors
    /// Times that are not whole numbers of steps.
    pub fn steps(&self, dt: f64) -> Result<u64> {
        Ok(self.warm_up.steps(dt, "warm-up")? + u64::from(self.runs) * self.segment.steps(dt, "duration")?)
    }

    /// Warms `simulation` up and times its segments; `watch` is told of the steps of the whole protocol, and may stop
    /// it: then there is no result.
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

    /// Bytes of the network, its neurons and rings included, for each synapse.
    pub fn bytes_per_synapse(&self) -> f64 {
        self.network_bytes as f64 / self.synapses.max(1) as f64
    }

    /// Steps per second of biological time.
    pub fn steps_per_second(&self) -> f64 {
        1000.0 / self.dt_ms
    }

    /// Adds the segments of another measurement of the same workload. Of the rest the larger memory and copy, the lower
    /// costs and the later load are kept.
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

    fn per_second(&self, counted: impl Fn(&Segment) -> u64) -> f64 {
        let biological = self.segment_s * self.segments.len().max(1) as f64;
        self.segments.iter().map(counted).sum::<u64>() as f64 / biological
    }
}

/// The middle of a list, or the mean of the middle two; 0 for an empty one.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => 0.0,
        (n, middle) if n % 2 == 1 => sorted[middle],
        (_, middle) => 0.5 * (sorted[middle - 1] + sorted[middle]),
    }
}
