//! Bind groups: which buffers a kernel sees under which binding numbers.

use std::num::NonZeroU64;

use crate::device::gpu::Adapter;
use crate::device::gpu::pipeline::{Kernel, PlasticKernels, Uniforms};
use crate::device::gpu::plastic::{GpuPlastic, PlasticBuffers};
use crate::device::gpu::plastic_entries::PlasticUniform;
use crate::device::gpu::shared::Step;

/// `buffers` with their binding numbers: 1, 2, 3...
pub fn numbered<'a>(buffers: &[&'a wgpu::Buffer]) -> Vec<(u32, &'a wgpu::Buffer)> {
    (1..).zip(buffers.iter().copied()).collect()
}

/// The bind group of `kernel` with `uniforms` as binding 0, at a dynamic offset, and `buffers` by their binding
/// numbers.
pub fn bind_group(
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

/// The buffers of a shard that the kernels of its synapses that learn use, too.
#[derive(Debug, Clone)]
pub struct ShardBuffers {
    /// The shard's [`ShardUniform`](crate::device::gpu::layout::ShardUniform).
    pub own: wgpu::Buffer,
    /// Where tiles are at rest; see `shaders/tiles.wgsl`.
    pub tiles: wgpu::Buffer,
    /// Input sums.
    pub ring: wgpu::Buffer,
}

/// The synapses of plastic plan `index` in a shard, with the bind groups of their kernels; `bound` is
/// [`GpuPlastic::bound`].
pub fn bind_plastic(
    (adapter, kernels, uniforms, spikes): (&Adapter, &PlasticKernels, &Uniforms, &wgpu::Buffer),
    ShardBuffers { own, tiles, ring }: &ShardBuffers,
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
    // `remember` adds nothing into the ring, and wakes no tile.
    let remember = bind_group(adapter, &kernels.remember, uniforms, &parts[..6]);
    let learn = bind_group(adapter, &kernels.learn, uniforms, &parts);
    GpuPlastic { index, uniform, buffers, bound, remember, learn }
}
