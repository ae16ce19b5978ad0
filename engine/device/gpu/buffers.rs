//! Creating, filling and reading buffers on the device.

use crate::device::gpu::Adapter;
use crate::device::gpu::wait::Mapped;

/// A storage buffer called `label` that holds `bytes`, padded to whole words.
pub(super) fn upload(adapter: &Adapter, label: &str, bytes: &[u8]) -> wgpu::Buffer {
    let buffer = empty(adapter, label, bytes.len().next_multiple_of(4) as u64);
    let whole = bytes.len() & !3;
    if whole > 0 {
        adapter.queue.write_buffer(&buffer, 0, &bytes[..whole]);
    }
    if whole < bytes.len() {
        // Copies are of whole words.
        let mut last = [0u8; 4];
        last[..bytes.len() - whole].copy_from_slice(&bytes[whole..]);
        adapter.queue.write_buffer(&buffer, whole as u64, &last);
    }
    buffer
}

/// A storage buffer called `label` of `bytes` bytes, zeros, 16 at least.
pub(super) fn empty(adapter: &Adapter, label: &str, bytes: u64) -> wgpu::Buffer {
    adapter.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some(label),
        // A binding may not be empty.
        size: bytes.max(16),
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

/// A uniform buffer that holds `bytes`.
pub(super) fn uniform_buffer(adapter: &Adapter, bytes: &[u8]) -> wgpu::Buffer {
    let buffer = adapter.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("uniform"),
        size: bytes.len() as u64,
        usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    adapter.queue.write_buffer(&buffer, 0, bytes);
    buffer
}

/// Requests the bytes of `ranges`, (first byte, number of bytes) each, of `buffer`; the words come one range after
/// another.
pub(super) fn read(adapter: &Adapter, buffer: &wgpu::Buffer, ranges: &[(u64, u64)]) -> Mapped {
    let total: u64 = ranges.iter().map(|r| r.1).sum();
    let staging = adapter.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("staging"),
        size: total.max(4),
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
    Mapped::ask(&staging)
}
