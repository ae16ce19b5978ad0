//! Restoring a player: continuing where another stopped.

use crate::device::PopulationState;
use crate::device::gpu::Gpu;
use crate::device::gpu::buffers::read;
use crate::device::gpu::passes::Passes;
use crate::device::gpu::shared::{SPIKES_STARTS, SPIKES_TAIL, Step};
use crate::device::gpu::wait::{Scope, block_on};
use crate::device::processes::ProcessWords;
use crate::error::{Error, Result};
use crate::plan::Shard;
use crate::spike::Spike;

/// Restores a player at the end of `step`, as [`Player::restore`](crate::device::Player::restore) describes it; no
/// batch may be under way. Sets step, states and spike list, and fills the rings; events that arrived up to `step` are
/// left out.
pub(super) async fn restore(gpu: &mut Gpu, step: u64, state: &[PopulationState], recent: &[Spike]) -> Result<()> {
    let scope = Scope::open(&gpu.adapter.device);
    for (shard, rows) in gpu.shards.iter().zip(&gpu.plan.shards) {
        let mut words: Vec<f32> = Vec::new();
        for slice in &rows.slices {
            let from = (slice.first - gpu.plan.populations[slice.population].first) as usize;
            for values in &state[slice.population] {
                words.extend(values[from..from + slice.count as usize].iter().map(|&v| v as f32));
            }
        }
        if !words.is_empty() {
            gpu.adapter.queue.write_buffer(&shard.state, 0, bytemuck::cast_slice(&words));
        }
    }
    write_list(gpu, step, recent)?;
    gpu.deliver_again(step);
    gpu.shards.iter().for_each(|shard| shard.wake(&gpu.adapter, step as u32));
    gpu.step = step;
    let held = gpu.initial_held();
    gpu.set_held(&held)?;
    scope.close().await?;
    gpu.adapter.check()
}

impl Gpu {
    /// The words of all processes of stimuli, at the places that [`ProcessWords`] gives them.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn process_words(&self) -> Result<Vec<u64>> {
        let places = ProcessWords::new(&self.plan);
        let mut words = vec![0; places.len];
        for (shard, planned) in self.shards.iter().zip(&self.plan.shards).filter(|_| places.len > 0) {
            let (from, end) = (state_bytes(planned), shard.state.size());
            let read = read(&self.adapter, &shard.state, &[(from, end - from)]);
            let mut own = block_on(Some(&self.adapter.device), read)?.into_iter().map(f32::from_bits);
            for target in planned.slices.iter().flat_map(|slice| &slice.poisson) {
                words[places.of(target)].iter_mut().zip(&mut own).for_each(|(word, own)| *word = own as u64);
            }
        }
        Ok(words)
    }

    /// Sets the processes of stimuli from the words of a checkpoint, and returns the rest of these.
    ///
    /// # Errors
    /// As [`ProcessWords::split`].
    pub(super) fn set_processes<'a>(&self, words: &'a [u64]) -> Result<&'a [u64]> {
        let places = ProcessWords::new(&self.plan);
        let (processes, rest) = places.split(words)?;
        for (shard, planned) in self.shards.iter().zip(&self.plan.shards).filter(|_| places.len > 0) {
            let targets = planned.slices.iter().flat_map(|slice| &slice.poisson);
            let own: Vec<f32> =
                targets.flat_map(|target| &processes[places.of(target)]).map(|&own| own as f32).collect();
            self.adapter.queue.write_buffer(&shard.state, state_bytes(planned), bytemuck::cast_slice(&own));
        }
        Ok(rest)
    }

    /// Clears the rings, and fills them, by the pass `propagate` for the last B steps up to `step` (B is the length of
    /// a delay block), with events that arrive after `step`. Synapses that learn do not send again.
    pub(super) fn deliver_again(&mut self, step: u64) {
        let first = step.saturating_sub(u64::from(self.plan.block));
        let again = Step {
            first: first as u32,
            steps: (step - first) as u32,
            noted: step as u32,
            to: step as u32,
            ..Step::default()
        };
        self.uniforms.write(&self.adapter.queue, &[again]);
        let mut encoder = self.adapter.device.create_command_encoder(&Default::default());
        self.shards.iter().for_each(|shard| encoder.clear_buffer(&shard.ring, 0, None));
        let mut passes = Passes::new(&mut encoder, None);
        self.shards.iter().for_each(|shard| shard.propagate(&mut passes, &self.kernels, 0, self.groups));
        drop(passes);
        self.adapter.queue.submit([encoder.finish()]);
    }
}

/// The size of the states of a shard's neurons, bytes; the phases of processes lie behind them.
fn state_bytes(shard: &Shard<i32>) -> u64 {
    shard.slices.iter().map(|slice| slice.state.len() as u64 * 4).sum()
}

/// Writes the list of spikes: `recent` from its start, and where each of the last steps starts and ends in it.
///
/// # Errors
/// [`Error::DeviceLimit`] where the list cannot hold all of `recent`.
fn write_list(gpu: &Gpu, step: u64, recent: &[Spike]) -> Result<()> {
    let shape = gpu.spikes.shape;
    if recent.len() as u64 > u64::from(shape.capacity) {
        return Err(Error::DeviceLimit {
            what: "spikes kept on the device".into(),
            needed: recent.len() as u64,
            offered: u64::from(shape.capacity),
            hint: "use --device cpu".into(),
        });
    }
    let mut words = vec![0u32; shape.list() as usize];
    words[SPIKES_TAIL as usize] = recent.len() as u32;
    let before = |step: u64| recent.partition_point(|spike| u64::from(spike.step) < step) as u32;
    for noted in step.saturating_sub(u64::from(shape.steps) - 1)..=step {
        let at = (noted & u64::from(shape.steps - 1)) as usize;
        words[SPIKES_STARTS as usize + at] = before(noted);
        words[shape.ends() as usize + at] = before(noted + 1);
    }
    words.extend_from_slice(bytemuck::cast_slice(recent));
    gpu.adapter.queue.write_buffer(&gpu.spikes.buffer, 0, bytemuck::cast_slice(&words));
    Ok(())
}
