//! A player that goes on where another stopped.

use crate::device::gpu::compose::{SPIKES_DONE, SPIKES_ENDS, SPIKES_TAIL};
use crate::device::gpu::{Gpu, Scope, Step};
use crate::error::{Error, Result};

/// Sets step, states and spike list, and fills the rings by the pass `propagate` of the last B steps; before it ran for
/// step t the list ended with t's spikes. What so arrives in steps that are over is left out.
pub(super) fn restore(gpu: &mut Gpu, step: u64, state: &[Vec<Vec<f64>>], recent: &[(u32, u32)]) -> Result<()> {
    let scope = Scope::open(&gpu.adapter.device);
    for (shard, rows) in gpu.shards.iter().zip(&gpu.plan.shards) {
        let mut words: Vec<f32> = Vec::new();
        for segment in &rows.segments {
            let from = (segment.first - gpu.plan.populations[segment.population].first) as usize;
            for values in &state[segment.population] {
                words.extend(values[from..from + segment.count as usize].iter().map(|&v| v as f32));
            }
        }
        if !words.is_empty() {
            gpu.adapter.queue.write_buffer(&shard.state, 0, bytemuck::cast_slice(&words));
        }
    }
    write_list(gpu, step, recent)?;
    let block = u64::from(gpu.plan.block);
    let mut encoder = gpu.adapter.device.create_command_encoder(&Default::default());
    gpu.shards.iter().for_each(|shard| encoder.clear_buffer(&shard.ring, 0, None));
    gpu.adapter.queue.submit([encoder.finish()]);
    for due in step.saturating_sub(block) + 1..=step {
        let tail = recent.partition_point(|&(fired, _)| u64::from(fired) <= due) as u32;
        gpu.adapter.queue.write_buffer(&gpu.spikes.buffer, u64::from(SPIKES_TAIL) * 4, &tail.to_le_bytes());
        gpu.uniforms.write(&gpu.adapter.queue, &[Step { step: due as u32, to: step as u32, ..Step::default() }]);
        let mut encoder = gpu.adapter.device.create_command_encoder(&Default::default());
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            gpu.shards.iter().for_each(|shard| shard.propagate(&mut pass, &gpu.kernels, 0, gpu.groups));
        }
        gpu.adapter.queue.submit([encoder.finish()]);
    }
    gpu.step = step;
    scope.close()?;
    gpu.adapter.check()
}

/// The list of spikes: `recent` from its start, and where each of the last steps ends in it.
fn write_list(gpu: &Gpu, step: u64, recent: &[(u32, u32)]) -> Result<()> {
    let list = gpu.spikes.list;
    if recent.len() as u64 > u64::from(list.capacity) {
        return Err(Error::DeviceLimit {
            what: "spikes kept on the device".into(),
            needed: recent.len() as u64,
            offered: u64::from(list.capacity),
            hint: "use --device cpu".into(),
        });
    }
    let mut words = vec![0u32; list.start() as usize];
    words[SPIKES_TAIL as usize] = recent.len() as u32;
    words[SPIKES_DONE as usize] = step as u32;
    for ended in step.saturating_sub(u64::from(list.steps) - 1)..=step {
        let end = recent.partition_point(|&(fired, _)| u64::from(fired) <= ended) as u32;
        words[(u64::from(SPIKES_ENDS) + (ended & u64::from(list.steps - 1))) as usize] = end;
    }
    words.extend(recent.iter().map(|&(_, id)| id));
    gpu.adapter.queue.write_buffer(&gpu.spikes.buffer, 0, bytemuck::cast_slice(&words));
    Ok(())
}
