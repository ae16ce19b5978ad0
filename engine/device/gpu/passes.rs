//! Recording and counting dispatches, and timing them where this is asked for.

use crate::device::PassTime;
use crate::device::gpu::Adapter;
use crate::device::gpu::pipeline::{Kernel, UNIFORM_STRIDE};
use crate::error::{Error, Result};

/// The largest number of queries of a set: WebGPU's limit.
const MAX_QUERIES: u32 = 4096;

/// A recorder of the dispatches of a batch.
pub struct Passes<'a> {
    encoder: &'a mut wgpu::CommandEncoder,
    /// The one compute pass of a batch that is not timed; with a timer, each dispatch has a pass of its own.
    pass: Option<wgpu::ComputePass<'static>>,
    timer: Option<&'a mut Timer>,
    /// Number of dispatches so far.
    pub dispatches: u64,
}

impl<'a> Passes<'a> {
    /// A recorder into `encoder`; each dispatch is timed if there is a timer.
    pub fn new(encoder: &'a mut wgpu::CommandEncoder, timer: Option<&'a mut Timer>) -> Passes<'a> {
        let pass = timer.is_none().then(|| encoder.begin_compute_pass(&Default::default()).forget_lifetime());
        Passes { encoder, pass, timer, dispatches: 0 }
    }

    /// Records a dispatch of `groups` workgroups (1 to 65,535) of `kernel` with its bind group, and with uniforms
    /// `entry`.
    pub fn dispatch(&mut self, kernel: &Kernel, group: &wgpu::BindGroup, entry: u32, groups: u32) {
        self.dispatches += 1;
        match (&mut self.pass, &mut self.timer) {
            (Some(pass), _) => record(pass, kernel, group, entry, groups),
            (None, Some(timer)) => {
                let timestamp_writes = timer.next(&kernel.name);
                let descriptor = wgpu::ComputePassDescriptor { label: Some(&kernel.name), timestamp_writes };
                record(&mut self.encoder.begin_compute_pass(&descriptor), kernel, group, entry, groups);
            }
            (None, None) => {}
        }
    }
}

fn record(pass: &mut wgpu::ComputePass<'_>, kernel: &Kernel, group: &wgpu::BindGroup, entry: u32, groups: u32) {
    pass.set_pipeline(&kernel.pipeline);
    pass.set_bind_group(0, group, &[entry * UNIFORM_STRIDE as u32]);
    // At most WebGPU's limit of workgroups per dimension; the kernels loop over what is left, with the grid as stride.
    pass.dispatch_workgroups(groups.clamp(1, 65_535), 1, 1);
}

/// Time stamps round every dispatch of a batch.
#[derive(Debug)]
pub struct Timer {
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    /// Names of the kernels of this batch's dispatches.
    names: Vec<String>,
    /// Duration of a tick of the device's clock, s.
    tick: f64,
    /// The times measured so far, by kernel.
    pub times: Vec<PassTime>,
}

impl Timer {
    /// A timer for `adapter`.
    ///
    /// # Errors
    /// [`Error::Device`] where the adapter has no time stamps.
    pub fn new(adapter: &Adapter) -> Result<Timer> {
        if !adapter.device.features().contains(wgpu::Features::TIMESTAMP_QUERY) {
            let name = &adapter.facts.name;
            return Err(Error::Device(format!(
                "{name} has no time stamps, which timing passes needs; use --device cpu"
            )));
        }
        let queries = adapter.device.create_query_set(&wgpu::QuerySetDescriptor {
            label: Some("time stamps"),
            ty: wgpu::QueryType::Timestamp,
            count: MAX_QUERIES,
        });
        let resolved = adapter.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("time stamps"),
            size: u64::from(MAX_QUERIES) * 8,
            usage: wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        });
        let tick = f64::from(adapter.queue.get_timestamp_period()) * 1e-9;
        Ok(Timer { queries, resolved, names: Vec::new(), tick, times: Vec::new() })
    }

    /// The largest number of dispatches of a batch that can be timed.
    pub fn most_dispatches() -> u32 {
        MAX_QUERIES / 2
    }

    /// The time stamps round the next dispatch, of kernel `name`; `None` where there are no queries left.
    fn next(&mut self, name: &str) -> Option<wgpu::ComputePassTimestampWrites<'_>> {
        let at = 2 * self.names.len() as u32;
        if at + 1 >= MAX_QUERIES {
            return None;
        }
        self.names.push(name.to_owned());
        Some(wgpu::ComputePassTimestampWrites {
            query_set: &self.queries,
            beginning_of_pass_write_index: Some(at),
            end_of_pass_write_index: Some(at + 1),
        })
    }

    /// Records, at the end of a batch's commands, that its time stamps are written to a buffer.
    pub fn resolve(&self, encoder: &mut wgpu::CommandEncoder) {
        if !self.names.is_empty() {
            encoder.resolve_query_set(&self.queries, 0..2 * self.names.len() as u32, &self.resolved, 0);
        }
    }

    /// Records that the time stamps of the batch, 16 bytes for each dispatch, are copied to `staging` from byte `at`
    /// on, and returns the names of their kernels.
    pub fn copy_stamps(&mut self, encoder: &mut wgpu::CommandEncoder, staging: &wgpu::Buffer, at: u64) -> Vec<String> {
        let names = std::mem::take(&mut self.names);
        if !names.is_empty() {
            encoder.copy_buffer_to_buffer(&self.resolved, 0, staging, at, 16 * names.len() as u64);
        }
        names
    }

    /// The size of the batch's time stamps, bytes.
    pub fn bytes(&self) -> u64 {
        16 * self.names.len() as u64
    }

    /// Adds the times of a batch that is done: `names` are those of [`Timer::copy_stamps`], `words` the time stamps.
    pub fn add_up(&mut self, names: &[String], words: &[u32]) {
        let stamp = |at: usize| u64::from(words[2 * at]) | u64::from(words[2 * at + 1]) << 32;
        for (k, name) in names.iter().enumerate() {
            let seconds = stamp(2 * k + 1).saturating_sub(stamp(2 * k)) as f64 * self.tick;
            PassTime::add(&mut self.times, name, seconds);
        }
    }
}
