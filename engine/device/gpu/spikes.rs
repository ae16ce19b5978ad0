//! The spike list on the device, and how the host reads it.

use crate::device::gpu::compose::{SPIKES_DONE, SPIKES_ENDS, SPIKES_FAULT, SpikeList};
use crate::device::gpu::{Adapter, read};
use crate::error::{Error, Result};
use crate::plan::Plan;

/// The spike list of a player.
#[derive(Debug)]
pub struct SpikeBuffer {
    pub buffer: wgpu::Buffer,
    pub list: SpikeList,
    /// Steps back that delays reach.
    window: u64,
}

/// Spikes, sorted, and the key of the first fault.
type Read = (Vec<(u32, u32)>, Option<u32>);

impl SpikeBuffer {
    /// A list that holds every spike that delays or a batch can still ask for: a neuron is silent after a spike for its
    /// refractory period.
    pub fn new(adapter: &Adapter, plan: &Plan<i32>, batch: u32) -> Result<SpikeBuffer> {
        let window = u64::from(plan.max_delay) + u64::from(plan.block) + u64::from(batch) + 2;
        let spikes =
            |p: &crate::plan::PopulationPlan| u64::from(p.size) * (window / (p.silent + 1) + 1) * u64::from(p.most);
        let needed: u64 = plan.populations.iter().map(spikes).sum::<u64>().next_power_of_two();
        // What a device can bind bounds it; a list that runs over is an error, found when it is read.
        let offered = 1u64 << (adapter.largest_binding() / 8).clamp(1024, 1 << 30).ilog2();
        let list = SpikeList { steps: window.next_power_of_two() as u32, capacity: needed.clamp(64, offered) as u32 };
        let buffer = adapter.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("spikes"),
            size: list.words() * 4,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Ok(SpikeBuffer { buffer, list, window })
    }

    /// No fault so far in this batch.
    pub fn clear_fault(&self, queue: &wgpu::Queue) {
        queue.write_buffer(&self.buffer, u64::from(SPIKES_FAULT) * 4, &u32::MAX.to_le_bytes());
    }

    /// The spikes of the `steps` steps after `done`.
    pub fn read(&self, adapter: &Adapter, done: u64, steps: u32) -> Result<Read> {
        let head = read(adapter, &self.buffer, &[(0, u64::from(self.list.start()) * 4)])?;
        let end = |step: u64| head[(u64::from(SPIKES_ENDS) + (step & u64::from(self.list.steps - 1))) as usize];
        // A watchdog may end a batch without a word.
        let (reached, due) = (head[SPIKES_DONE as usize], (done + u64::from(steps)) as u32);
        if reached != due {
            return Err(Error::Device(format!(
                "it stopped at step {reached} of {due}; use --device cpu or a smaller network"
            )));
        }
        let (first, last) = (end(done), end(done + u64::from(steps)));
        let oldest = end((done + u64::from(steps)).saturating_sub(self.window - 1));
        if last.wrapping_sub(oldest) > self.list.capacity {
            return Err(Error::DeviceLimit {
                what: "spikes kept on the device".into(),
                needed: u64::from(last.wrapping_sub(oldest)),
                offered: u64::from(self.list.capacity),
                hint: "use --device cpu, shorter delays or a longer refractory period".into(),
            });
        }
        let ids = self.ids(adapter, first, last)?;
        let mut spikes = Vec::with_capacity(ids.len());
        for step in done + 1..=done + u64::from(steps) {
            let (from, to) = (end(step - 1).wrapping_sub(first), end(step).wrapping_sub(first));
            let mut fired = ids[from as usize..to as usize].to_vec();
            fired.sort_unstable();
            spikes.extend(fired.into_iter().map(|id| (step as u32, id)));
        }
        let fault = head[SPIKES_FAULT as usize];
        Ok((spikes, (fault != u32::MAX).then_some(fault)))
    }

    /// The ids between two ends of the list, which may wrap round.
    fn ids(&self, adapter: &Adapter, first: u32, last: u32) -> Result<Vec<u32>> {
        let mask = self.list.capacity - 1;
        let (from, count) = (first & mask, last.wrapping_sub(first));
        let straight = count.min(self.list.capacity - from);
        let word = |at: u32| (u64::from(self.list.start()) + u64::from(at)) * 4;
        let ranges = [(word(from), u64::from(straight) * 4), (word(0), u64::from(count - straight) * 4)];
        read(adapter, &self.buffer, &ranges)
    }
}
