//! A shard on the device: its buffers, bind groups and dispatches.

use std::cell::Cell;
use std::num::NonZeroU64;

use crate::device::gpu::compose::WORKGROUP;
use crate::device::gpu::layout::{Layout, RowsUniform, SegmentEntry};
use crate::device::gpu::pipeline::{Kernels, UNIFORM_STRIDE, Uniforms};
use crate::device::gpu::spikes::SpikeBuffer;
use crate::device::gpu::{Adapter, Step, read};
use crate::error::{Error, Result};
use crate::plan::{Plan, Segment, Shard, Words};

/// A shard on the device.
#[derive(Debug)]
pub struct GpuShard {
    pub(super) state: wgpu::Buffer,
    pub(super) ring: wgpu::Buffer,
    values: wgpu::Buffer,
    segments: Vec<GpuSegment>,
    models: Vec<GpuModel>,
    propagate: wgpu::BindGroup,
    stimulate: Option<wgpu::BindGroup>,
    probes: Vec<GpuProbe>,
}

/// The segments of one model, which one dispatch integrates.
#[derive(Debug)]
struct GpuModel {
    group: wgpu::BindGroup,
    name: &'static str,
    neurons: u32,
}

#[derive(Debug)]
struct GpuSegment {
    /// Where its currents start in `values`, or none.
    current: u32,
    amplitudes: Vec<f64>,
}

/// A probe's part in a shard.
#[derive(Debug)]
struct GpuProbe {
    /// Index in the plan.
    index: usize,
    interval: u64,
    /// Words of `state` that are sampled.
    start: u32,
    count: u32,
    samples: wgpu::Buffer,
    group: wgpu::BindGroup,
    taken: Cell<u32>,
}

impl GpuShard {
    /// Uploads shard `index`.
    ///
    /// # Errors
    /// None of its own; what the device refuses is found by the scope round it.
    pub fn new(
        adapter: &Adapter,
        kernels: &Kernels,
        uniforms: &Uniforms,
        spikes: &SpikeBuffer,
        plan: &Plan<i32>,
        index: usize,
        most_steps: u32,
    ) -> Result<GpuShard> {
        let shard = &plan.shards[index];
        let layout = Layout::new(plan, shard);
        let state = upload(adapter, "state", bytemuck::cast_slice(&layout.state));
        let values = upload(adapter, "values", bytemuck::cast_slice(&layout.values));
        let tables = upload(adapter, "tables", bytemuck::cast_slice(&layout.tables));
        let ring = empty(adapter, "ring", u64::from(plan.slots()) * u64::from(plan.lanes(shard)) * 4);
        let segments = shard.segments.iter().zip(&layout.segments);
        let segments = segments
            .map(|(segment, entry)| GpuSegment {
                current: entry.current,
                amplitudes: vec![0.0; segment.currents.len()],
            })
            .collect();
        let models = layout.models(plan, shard).into_iter().map(|(name, entries)| {
            let own = upload(adapter, "segments", bytemuck::cast_slice(&entries));
            let buffers = [&spikes.buffer, &own, &state, &values, &ring, &tables];
            GpuModel {
                group: group(adapter, &kernels.integrate_layout, uniforms, &buffers),
                name,
                neurons: entries.iter().map(|e| e.count).sum(),
            }
        });
        let models = models.collect();
        let rows = RowsUniform {
            lanes: plan.lanes(shard),
            blocks: if shard.rows.offsets.is_empty() { 0 } else { plan.blocks },
            block: plan.block,
            closes: u32::from(index == 0),
            min_delay: plan.min_delay,
            mask: plan.slots() - 1,
            lane_bits: plan.packing.lane_bits,
            unused: 0,
        };
        let Words::Four(targets) = &shard.rows.words else {
            return Err(Error::Internal("the GPU reads words of 4 bytes".into()));
        };
        let own = uniform_buffer(adapter, bytemuck::bytes_of(&rows));
        let offsets = upload(adapter, "offsets", bytemuck::cast_slice(&shard.rows.offsets));
        let targets = upload(adapter, "targets", bytemuck::cast_slice(targets));
        let weights = upload(adapter, "weights", bytemuck::cast_slice(&shard.rows.weights));
        let buffers = [&spikes.buffer, &own, &offsets, &targets, &weights, &ring];
        let propagate = group(adapter, &kernels.propagate_layout, uniforms, &buffers);
        let stimulate = (!shard.events.is_empty()).then(|| {
            let words: Vec<u32> = shard.events.iter().flat_map(|e| [e.lane, e.weight as u32]).collect();
            let events = upload(adapter, "events", bytemuck::cast_slice(&words));
            group(adapter, &kernels.small_layout, uniforms, &[&spikes.buffer, &events, &ring])
        });
        let mut probes = Vec::new();
        for (segment, entry) in shard.segments.iter().zip(&layout.segments) {
            probes.extend(probes_of(adapter, kernels, uniforms, spikes, plan, segment, entry, &state, most_steps));
        }
        Ok(GpuShard { state, ring, values, segments, models, propagate, stimulate, probes })
    }

    /// Brings the injected currents up to `step`.
    pub fn set_currents(&mut self, adapter: &Adapter, plan: &Plan<i32>, index: usize, step: u64) {
        for (own, segment) in self.segments.iter_mut().zip(&plan.shards[index].segments) {
            let now: Vec<f64> =
                segment.currents.iter().map(|t| plan.currents[t.stimulus as usize].amplitude(step)).collect();
            if now != own.amplitudes {
                let current: Vec<f32> = segment.current_at(plan, step).into_iter().map(|v| v as f32).collect();
                adapter.queue.write_buffer(&self.values, u64::from(own.current) * 4, bytemuck::cast_slice(&current));
                own.amplitudes = now;
            }
        }
    }

    /// The pass `stimulate` for listed input.
    pub fn stimulate(&self, pass: &mut wgpu::ComputePass<'_>, kernels: &Kernels, entry: u32, groups: u32) {
        if let Some(group) = &self.stimulate {
            dispatch(pass, &kernels.stimulate, group, entry, groups);
        }
    }

    /// The pass `integrate`, a dispatch for each model.
    pub fn integrate(&self, pass: &mut wgpu::ComputePass<'_>, kernels: &Kernels, entry: u32) {
        for model in &self.models {
            if let Some(pipeline) = kernels.integrate.get(model.name) {
                dispatch(pass, pipeline, &model.group, entry, model.neurons.div_ceil(WORKGROUP));
            }
        }
    }

    /// Dispatches of a step without samples and listed input.
    pub fn dispatches(&self) -> u32 {
        self.models.len() as u32 + 1
    }

    /// The pass `propagate`.
    pub fn propagate(&self, pass: &mut wgpu::ComputePass<'_>, kernels: &Kernels, entry: u32, groups: u32) {
        dispatch(pass, &kernels.propagate, &self.propagate, entry, groups);
    }

    /// Probes of this shard that are due in `step`, by place.
    pub fn due_samples(&self, step: u64) -> Vec<usize> {
        (0..self.probes.len()).filter(|&p| step.is_multiple_of(self.probes[p].interval)).collect()
    }

    /// The uniforms of the next sample of a probe.
    pub fn next_sample(&self, probe: usize, base: Step) -> Step {
        let probe = &self.probes[probe];
        let taken = probe.taken.get();
        probe.taken.set(taken + 1);
        Step { start: probe.start, end: probe.start + probe.count, to: taken * probe.count, ..base }
    }

    /// The pass `record`.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, kernels: &Kernels, entry: u32, probe: usize) {
        let probe = &self.probes[probe];
        dispatch(pass, &kernels.record, &probe.group, entry, probe.count.div_ceil(WORKGROUP));
    }

    /// Forgets the samples of the last batch.
    pub fn start_samples(&self) {
        self.probes.iter().for_each(|p| p.taken.set(0));
    }

    /// A state variable of this shard's part of a population.
    ///
    /// # Errors
    /// A device that fails.
    pub fn state(&self, adapter: &Adapter, shard: &Shard<i32>, population: usize, variable: usize) -> Result<Vec<f64>> {
        let mut values = Vec::new();
        let mut base = 0u64;
        for segment in &shard.segments {
            if segment.population == population {
                let from = base + variable as u64 * u64::from(segment.count);
                let words = read(adapter, &self.state, &[(from * 4, u64::from(segment.count) * 4)])?;
                values.extend(words.into_iter().map(|w| f64::from(f32::from_bits(w))));
            }
            base += segment.state.len() as u64;
        }
        Ok(values)
    }
}

/// The probes that sample a segment.
#[allow(clippy::too_many_arguments)]
fn probes_of(
    adapter: &Adapter,
    kernels: &Kernels,
    uniforms: &Uniforms,
    spikes: &SpikeBuffer,
    plan: &Plan<i32>,
    segment: &Segment,
    entry: &SegmentEntry,
    state: &wgpu::Buffer,
    most_steps: u32,
) -> Vec<GpuProbe> {
    let mut probes = Vec::new();
    for (index, probe) in plan.probes.iter().enumerate().filter(|(_, p)| p.population == segment.population) {
        let low = probe.ids.start.max(segment.first);
        let high = probe.ids.end.min(segment.first + segment.count);
        if low < high {
            let count = high - low;
            let most = u64::from(most_steps.div_ceil(probe.interval)) + 1;
            let samples = empty(adapter, "samples", most * u64::from(count) * 4);
            probes.push(GpuProbe {
                index,
                interval: u64::from(probe.interval),
                start: entry.state + probe.variable as u32 * segment.count + (low - segment.first),
                count,
                group: group(adapter, &kernels.small_layout, uniforms, &[&spikes.buffer, state, &samples]),
                samples,
                taken: Cell::new(0),
            });
        }
    }
    probes
}

/// Samples of probe `p` of the last batch from all shards, time-major.
///
/// # Errors
/// A device that fails.
pub fn join_samples(adapter: &Adapter, shards: &[GpuShard], p: usize) -> Result<Vec<f64>> {
    let mut parts = Vec::new();
    for probe in shards.iter().flat_map(|s| &s.probes).filter(|probe| probe.index == p) {
        let bytes = u64::from(probe.taken.get()) * u64::from(probe.count) * 4;
        parts.push((probe.count as usize, read(adapter, &probe.samples, &[(0, bytes)])?));
    }
    let times = parts.first().map_or(0, |(count, words)| words.len() / count);
    let mut joined = Vec::new();
    for t in 0..times {
        for (count, words) in &parts {
            joined.extend(words[t * count..(t + 1) * count].iter().map(|&w| f64::from(f32::from_bits(w))));
        }
    }
    Ok(joined)
}

fn dispatch(
    pass: &mut wgpu::ComputePass<'_>,
    pipeline: &wgpu::ComputePipeline,
    group: &wgpu::BindGroup,
    entry: u32,
    groups: u32,
) {
    pass.set_pipeline(pipeline);
    pass.set_bind_group(0, group, &[entry * UNIFORM_STRIDE as u32]);
    // WebGPU's most workgroups per dimension; the kernels stride over the grid.
    pass.dispatch_workgroups(groups.clamp(1, 65_535), 1, 1);
}

fn upload(adapter: &Adapter, label: &str, bytes: &[u8]) -> wgpu::Buffer {
    let buffer = empty(adapter, label, bytes.len() as u64);
    if !bytes.is_empty() {
        adapter.queue.write_buffer(&buffer, 0, bytes);
    }
    buffer
}

fn empty(adapter: &Adapter, label: &str, bytes: u64) -> wgpu::Buffer {
    adapter.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        // A binding may not be empty.
        size: bytes.max(16),
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

fn uniform_buffer(adapter: &Adapter, bytes: &[u8]) -> wgpu::Buffer {
    let buffer = adapter.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("uniform"),
        size: bytes.len() as u64,
        usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    adapter.queue.write_buffer(&buffer, 0, bytes);
    buffer
}

fn group(
    adapter: &Adapter,
    layout: &wgpu::BindGroupLayout,
    uniforms: &Uniforms,
    buffers: &[&wgpu::Buffer],
) -> wgpu::BindGroup {
    let step = wgpu::BindGroupEntry {
        binding: 0,
        resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: &uniforms.buffer,
            offset: 0,
            size: NonZeroU64::new(std::mem::size_of::<Step>() as u64),
        }),
    };
    let rest = buffers
        .iter()
        .enumerate()
        .map(|(i, buffer)| wgpu::BindGroupEntry { binding: i as u32 + 1, resource: buffer.as_entire_binding() });
    let entries: Vec<wgpu::BindGroupEntry<'_>> = std::iter::once(step).chain(rest).collect();
    adapter.device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout, entries: &entries })
}
