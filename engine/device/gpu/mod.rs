//! The GPU player, the only place that names wgpu: WebGPU's core limits, one command buffer per batch, no host traffic
//! inside it.
//!
//! Per step: `integrate` for each model (Poisson input fused in), `record` where a sample is due, `stimulate` where
//! listed input arrives, `propagate` for each shard. Spikes are appended to one list on the device; their order within a
//! step is the device's affair, since input sums are integers, and the host sorts what it records.

use std::time::{Duration, Instant};

use crate::device::{Played, Player};
use crate::error::{Error, Result};
use crate::plan::Plan;

mod adapter;
mod compose;
mod layout;
mod pipeline;
mod restore;
mod shard;
mod spikes;

pub use adapter::{Adapter, AdapterFacts, adapters, expected_faster};
pub use compose::{Composed, SpikeList, compose};

use pipeline::{Kernels, Uniforms};
use shard::GpuShard;
use spikes::SpikeBuffer;

/// Wall time a batch should take: short enough for displays and watchdogs, long enough to hide the read-back.
const BATCH_TIME: Duration = Duration::from_millis(30);
/// Most steps of a batch.
const MOST_STEPS: u32 = 512;

/// The GPU player of a plan.
#[derive(Debug)]
pub struct Gpu {
    plan: Plan<i32>,
    adapter: Adapter,
    kernels: Kernels,
    shards: Vec<GpuShard>,
    spikes: SpikeBuffer,
    uniforms: Uniforms,
    step: u64,
    longest: u32,
    groups: u32,
}

/// A struct that host and shader share: where the Rust declaration puts each field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedStruct {
    /// Kernel that holds it.
    pub kernel: &'static str,
    /// Its name in WGSL.
    pub name: &'static str,
    /// Fields and their byte offsets, in order.
    pub fields: Vec<(&'static str, u32)>,
}

/// The fields and offsets of a shared struct.
macro_rules! shared {
    ($kernel:literal, $wgsl:literal, $rust:ty { $($field:ident),* $(,)? }) => {
        $crate::device::gpu::SharedStruct {
            kernel: $kernel,
            name: $wgsl,
            fields: vec![$((stringify!($field), std::mem::offset_of!($rust, $field) as u32)),*],
        }
    };
}
use shared;

/// Every struct that host and shaders share; a test holds the shaders against it.
pub fn shared_structs() -> Vec<SharedStruct> {
    let step = shared!("record", "Step", Step { step, slot, within, zero, start, end, to, unused });
    let mut all = layout::shared_structs();
    all.push(step);
    all
}

/// What changes from dispatch to dispatch; `shaders/step.wgsl`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, bytemuck::Pod, bytemuck::Zeroable)]
struct Step {
    step: u32,
    slot: u32,
    within: u32,
    zero: u32,
    start: u32,
    end: u32,
    to: u32,
    unused: u32,
}

impl Gpu {
    /// Uploads a plan.
    ///
    /// # Errors
    /// Shaders that are rejected, buffers beyond the adapter's limits or memory.
    pub fn new(mut plan: Plan<i32>, adapter: Adapter) -> Result<Gpu> {
        let scope = Scope::open(&adapter.device);
        let most_steps = MOST_STEPS.min(u32::MAX / plan.neurons.max(1)).max(1);
        let spikes = SpikeBuffer::new(&adapter, &plan, most_steps)?;
        let kernels = Kernels::new(&adapter, &plan, spikes.list)?;
        let uniforms = Uniforms::new(&adapter, dispatches_with_own_uniforms(&plan, most_steps));
        let shards: Vec<GpuShard> = (0..plan.shards.len())
            .map(|index| GpuShard::new(&adapter, &kernels, &uniforms, &spikes, &plan, index, most_steps))
            .collect::<Result<_>>()?;
        scope.close()?;
        // The rows live on the device now.
        for shard in &mut plan.shards {
            shard.rows = Default::default();
        }
        let groups = if adapter.facts.software { 8 } else { 1024 };
        Ok(Gpu { plan, adapter, kernels, shards, spikes, uniforms, step: 0, longest: most_steps.min(64), groups })
    }

    /// Records the batch and submits it.
    fn submit(&mut self, steps: u32) {
        let first = self.step + 1;
        for (index, shard) in self.shards.iter_mut().enumerate() {
            shard.set_currents(&self.adapter, &self.plan, index, first);
        }
        let mut entries: Vec<Step> = Vec::new();
        let mut encoder = self.adapter.device.create_command_encoder(&Default::default());
        self.spikes.clear_fault(&self.adapter.queue);
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            for within in 0..steps {
                let step = first + u64::from(within);
                let slot = step as u32 & (self.plan.slots() - 1);
                let base = Step { step: step as u32, slot, within, ..Step::default() };
                let at = push(&mut entries, base);
                let kernels = &self.kernels;
                for (index, shard) in self.shards.iter().enumerate() {
                    let rows = &self.plan.shards[index];
                    for (start, end) in [due_events(rows, step)].into_iter().filter(|r| r.0 < r.1) {
                        let own = push(&mut entries, Step { start, end, to: self.plan.lanes(rows), ..base });
                        shard.stimulate(&mut pass, kernels, own, (end - start).div_ceil(compose::WORKGROUP));
                    }
                    shard.integrate(&mut pass, kernels, at);
                    for probe in shard.due_samples(step) {
                        let own = push(&mut entries, shard.next_sample(probe, base));
                        shard.record(&mut pass, kernels, own, probe);
                    }
                }
                for shard in &self.shards {
                    shard.propagate(&mut pass, kernels, at, self.groups);
                }
            }
        }
        self.uniforms.write(&self.adapter.queue, &entries);
        self.adapter.queue.submit([encoder.finish()]);
    }
}

/// Appends an entry and returns its place.
fn push(entries: &mut Vec<Step>, entry: Step) -> u32 {
    entries.push(entry);
    entries.len() as u32 - 1
}

/// The events of a shard that arrive in `step`.
fn due_events(shard: &crate::plan::Shard<i32>, step: u64) -> (u32, u32) {
    let start = shard.events.partition_point(|e| u64::from(e.step) < step);
    let end = shard.events.partition_point(|e| u64::from(e.step) <= step);
    (start as u32, end as u32)
}

fn dispatches_with_own_uniforms(plan: &Plan<i32>, steps: u32) -> u64 {
    let shards = plan.shards.len() as u64;
    u64::from(steps) * (1 + shards * (1 + plan.probes.len() as u64))
}

impl Player for Gpu {
    fn play(&mut self, steps: u32) -> Result<Played> {
        let started = Instant::now();
        let scope = Scope::open(&self.adapter.device);
        self.shards.iter().for_each(GpuShard::start_samples);
        self.submit(steps);
        scope.close()?;
        let read = self.spikes.read(&self.adapter, self.step, steps);
        self.adapter.check()?;
        let (spikes, fault) = read?;
        let samples = (0..self.plan.probes.len())
            .map(|p| shard::join_samples(&self.adapter, &self.shards, p))
            .collect::<Result<_>>()?;
        let fault = fault.map(|key| {
            let (within, id) = (key / self.plan.neurons, key % self.plan.neurons);
            (self.step as u32 + 1 + within, id)
        });
        self.step += u64::from(steps);
        // The next batch as long as takes BATCH_TIME, but never more than twice this one: the first one compiles.
        let ideal = f64::from(steps) * BATCH_TIME.as_secs_f64() / started.elapsed().as_secs_f64().max(1e-6);
        let most = MOST_STEPS.min(u32::MAX / self.plan.neurons.max(1)).max(1);
        self.longest = (ideal as u32).clamp(1, steps.saturating_mul(2)).clamp(1, most);
        Ok(Played { spikes, samples, fault })
    }

    fn state(&mut self, population: usize, variable: usize) -> Result<Vec<f64>> {
        let mut values = Vec::new();
        for (shard, rows) in self.shards.iter().zip(&self.plan.shards) {
            values.extend(shard.state(&self.adapter, rows, population, variable)?);
        }
        Ok(values)
    }

    fn restore(&mut self, step: u64, state: &[Vec<Vec<f64>>], recent: &[(u32, u32)]) -> Result<()> {
        restore::restore(self, step, state, recent)
    }

    fn longest_batch(&self) -> u32 {
        self.longest
    }

    fn describe(&self) -> String {
        let facts = &self.adapter.facts;
        format!("GPU, {} ({}, {})", facts.name, facts.kind, facts.backend)
    }

    fn dispatches_per_step(&self) -> f64 {
        f64::from(self.shards.iter().map(GpuShard::dispatches).sum::<u32>())
    }
}

/// An error scope round a group of calls: wgpu's default handler panics.
struct Scope {
    validation: wgpu::ErrorScopeGuard,
    memory: wgpu::ErrorScopeGuard,
}

impl Scope {
    fn open(device: &wgpu::Device) -> Scope {
        let memory = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        Scope { memory, validation: device.push_error_scope(wgpu::ErrorFilter::Validation) }
    }

    fn close(self) -> Result<()> {
        // Scopes close in the reverse order of opening.
        let validation = pollster::block_on(self.validation.pop());
        let memory = pollster::block_on(self.memory.pop());
        match (memory, validation) {
            (Some(error), _) => {
                Err(Error::Device(format!("out of GPU memory ({error}); use --device cpu or a smaller network")))
            }
            (_, Some(error)) => Err(Error::Device(error.to_string())),
            _ => Ok(()),
        }
    }
}

/// Reads bytes `range` of a buffer; waits for the device.
fn read(adapter: &Adapter, buffer: &wgpu::Buffer, ranges: &[(u64, u64)]) -> Result<Vec<u32>> {
    let total: u64 = ranges.iter().map(|r| r.1).sum();
    if total == 0 {
        return Ok(Vec::new());
    }
    let staging = adapter.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("staging"),
        size: total,
        usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
        mapped_at_creation: false,
    });
    let mut encoder = adapter.device.create_command_encoder(&Default::default());
    let mut at = 0;
    for &(from, size) in ranges.iter().filter(|r| r.1 > 0) {
        encoder.copy_buffer_to_buffer(buffer, from, &staging, at, size);
        at += size;
    }
    adapter.queue.submit([encoder.finish()]);
    let (sender, receiver) = std::sync::mpsc::channel();
    staging.map_async(wgpu::MapMode::Read, .., move |result| {
        // The receiver waits below; if it is gone there is nobody to tell.
        let _ = sender.send(result);
    });
    let lost = |why: String| Error::Device(format!("reading results back failed: {why}"));
    adapter.device.poll(wgpu::PollType::wait_indefinitely()).map_err(|e| lost(e.to_string()))?;
    receiver.recv().map_err(|e| lost(e.to_string()))?.map_err(|e| lost(e.to_string()))?;
    let view = staging.get_mapped_range(..).map_err(|e| lost(e.to_string()))?;
    Ok(bytemuck::pod_collect_to_vec(&view))
}
