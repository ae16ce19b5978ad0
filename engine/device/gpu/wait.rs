//! Where the host waits for the device: for errors, and for what it reads back.

use crate::device::gpu::Adapter;
use crate::error::{Error, Result};

/// An error scope round a group of calls: wgpu's default handler panics.
pub(super) struct Scope {
    validation: wgpu::ErrorScopeGuard,
    memory: wgpu::ErrorScopeGuard,
}

impl Scope {
    pub fn open(device: &wgpu::Device) -> Scope {
        let memory = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        Scope { memory, validation: device.push_error_scope(wgpu::ErrorFilter::Validation) }
    }

    pub fn close(self) -> Result<()> {
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
pub(super) fn read(adapter: &Adapter, buffer: &wgpu::Buffer, ranges: &[(u64, u64)]) -> Result<Vec<u32>> {
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
