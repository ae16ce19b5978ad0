//! Bind groups: which buffers a kernel sees under which numbers.

use std::num::NonZeroU64;

use crate::device::gpu::Adapter;
use crate::device::gpu::pipeline::{Kernel, PlasticKernels, Uniforms};
use crate::device::gpu::plastic::{GpuPlastic, PlasticBuffers};
use crate::device::gpu::plastic_entries::PlasticUniform;
use crate::device::gpu::shared::Step;

/// Buffers for bindings 1, 2, 3...
pub fn numbered<'a>(buffers: &[&'a wgpu::Buffer]) -> Vec<(u32, &'a wgpu::Buffer)> {
    (1..).zip(buffers.iter().copied()).collect()
}

/// The buffers of a kernel, and the uniforms of its dispatches.
pub fn group(
    adapter: &Adapter,
    kernel: &Kernel,
    uniforms: &Uniforms,
    buffers: &[(u32, &wgpu::Buffer)],
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
        .map(|(binding, buffer)| wgpu::BindGroupEntry { binding: *binding, resource: buffer.as_entire_binding() });
    let entries: Vec<wgpu::BindGroupEntry<'_>> = std::iter::once(step).chain(rest).collect();
    let layout = &kernel.layout;
    adapter.device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout, entries: &entries })
}

/// What of a shard lies round its synapses that learn: its uniforms, tiles and ring.
#[derive(Debug, Clone)]
pub struct Around {
    pub own: wgpu::Buffer,
    pub tiles: wgpu::Buffer,
    pub ring: wgpu::Buffer,
}

/// Bind groups of the synapses of plan `index`, of which so many spikes of targets are kept at most.
pub fn bind(
    (adapter, kernels, uniforms, spikes): (&Adapter, &PlasticKernels, &Uniforms, &wgpu::Buffer),
    Around { own, tiles, ring }: &Around,
    (index, uniform, buffers, bound): (usize, PlasticUniform, PlasticBuffers, [u64; 2]),
) -> GpuPlastic {
    let parts = [
        (1, spikes),
        (3, own),
        (4, &buffers.uniform),
        (5, &buffers.rows),
        (6, &buffers.held),
        (7, &buffers.past),
        (2, tiles),
        (8, ring),
    ];
    let remember = group(adapter, &kernels.remember, uniforms, &parts[..6]);
    let learn = group(adapter, &kernels.learn, uniforms, &parts);
    GpuPlastic { index, uniform, buffers, bound, remember, learn }
}
