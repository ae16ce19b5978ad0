//! Synapses that learn in the GPU player: the passes `remember` and `learn`, room for the spikes that have to be kept,
//! and reading and writing what synapses hold.

use crate::device::gpu::bind::bind_plastic;
use crate::device::gpu::buffers::read;
use crate::device::gpu::passes::Passes;
use crate::device::gpu::pipeline::PlasticKernels;
use crate::device::gpu::plastic::{self, GpuPlastic};
use crate::device::gpu::room::{self, Room};
use crate::device::gpu::shard::GpuShard;
use crate::device::gpu::shared::Step;
use crate::device::gpu::{Gpu, Scope};
use crate::device::plastic::held::Held;
use crate::device::plastic::memory::Pending;
use crate::error::Result;

/// What the synapses of each plastic plan hold, shard by shard.
pub(super) type AllHeld = Vec<Vec<Held<f32>>>;

impl GpuShard {
    /// Records the pass `remember`, which keeps the spikes of targets since step [`Step::start`].
    pub fn remember(&self, passes: &mut Passes<'_>, kernels: &[PlasticKernels], entry: u32, groups: u32) {
        for (own, kernels) in self.plastic.iter().zip(kernels) {
            passes.dispatch(&kernels.remember, &own.remember, entry, groups);
        }
    }

    /// Records the pass `learn`.
    pub fn learn(&self, passes: &mut Passes<'_>, kernels: &[PlasticKernels], entry: u32, groups: u32) {
        for (own, kernels) in self.plastic.iter().zip(kernels) {
            passes.dispatch(&kernels.learn, &own.learn, entry, groups);
        }
    }
}

impl Gpu {
    /// Makes sure that the spikes of the next `steps` steps fit beside those that synapses have yet to see.
    ///
    /// # Errors
    /// A device that fails, or that cannot bind so much.
    pub(super) async fn make_room(&mut self, steps: u32) -> Result<()> {
        for index in 0..self.plan.plastic.len() {
            let growth = room::growth(&self.plan, &self.plan.plastic[index], steps.into());
            for shard in 0..self.shards.len() {
                let own = &self.shards[shard].plastic[index];
                if fits(own, growth) {
                    add_growth(&mut self.shards[shard].plastic[index].bound, growth);
                    continue;
                }
                self.recount_spikes(shard, index, growth).await?;
            }
        }
        Ok(())
    }

    /// Counts the spikes that are still needed in a shard by the synapses of plan `index`, and replaces the buffers by
    /// larger ones where these and `growth` do not fit.
    async fn recount_spikes(&mut self, shard: usize, index: usize, growth: [u64; 2]) -> Result<()> {
        let (planned, own) = (&self.plan.shards[shard], &self.shards[shard].plastic[index]);
        let held = own.held(&self.adapter, &self.plan, planned).await?;
        let mut bound = room::needed_spikes(&held, &planned.plastic[index], own.uniform.first_place as usize);
        // Spikes of the last steps are added with the next epoch.
        let late = room::growth(&self.plan, &self.plan.plastic[index], u64::from(self.plan.longest_epoch()));
        add_growth(&mut bound, late);
        add_growth(&mut bound, growth);
        if bound[0] <= own.uniform.capacity.into() && bound[1] <= own.uniform.modulated_capacity.into() {
            self.shards[shard].plastic[index].bound = bound;
            return Ok(());
        }
        self.replace_buffers(shard, index, &held, bound)
    }

    /// Replaces the buffers of plan `index` in a shard by new ones that hold `held`, with room for `bound` spikes.
    fn replace_buffers(&mut self, shard: usize, index: usize, held: &Held<f32>, bound: [u64; 2]) -> Result<()> {
        let own = &self.shards[shard].plastic[index].uniform;
        let room = |bound: u64, now: u32| bound.next_power_of_two().max(now.into()).min(1 << 31) as u32;
        let room = Room { target: room(bound[0], own.capacity), modulator: room(bound[1], own.modulated_capacity) };
        let (uniform, buffers) =
            plastic::upload_plastic(&self.adapter, &self.plan, index, &self.plan.shards[shard], (held, room))?;
        let context = (&self.adapter, &self.kernels.plastic[index], &self.uniforms, &self.spikes.buffer);
        let made = bind_plastic(context, &self.shards[shard].buffers(), (index, uniform, buffers, bound));
        self.shards[shard].plastic[index] = made;
        Ok(())
    }

    /// What synapses hold at the end of the last step, with the spikes of their targets up to then.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) async fn held(&mut self) -> Result<AllHeld> {
        self.remember_until_now();
        let mut all = Vec::new();
        for (shard, planned) in self.shards.iter().zip(&self.plan.shards) {
            let mut held = Vec::new();
            for own in &shard.plastic {
                held.push(own.held(&self.adapter, &self.plan, planned).await?);
            }
            all.push(held);
        }
        Ok(all)
    }

    /// Runs the pass `remember` alone, up to the end of the last step.
    fn remember_until_now(&mut self) {
        let now =
            Step { first: self.step as u32, noted: self.step as u32, start: self.remembered as u32, ..Step::default() };
        self.uniforms.write(&self.adapter.queue, &[now]);
        let mut encoder = self.adapter.device.create_command_encoder(&Default::default());
        let mut passes = Passes::new(&mut encoder, None);
        self.shards.iter().for_each(|shard| shard.remember(&mut passes, &self.kernels.plastic, 0, self.groups[1]));
        drop(passes);
        self.adapter.queue.submit([encoder.finish()]);
        self.remembered = self.step;
    }

    /// Sets what synapses hold at the end of the last step.
    ///
    /// # Errors
    /// More than the device can bind.
    pub(super) fn set_held(&mut self, all: &[Vec<Held<f32>>]) -> Result<()> {
        for (shard, held) in all.iter().enumerate() {
            for (index, held) in held.iter().enumerate() {
                let (rows, first) =
                    (&self.plan.shards[shard].plastic[index], self.shards[shard].plastic[index].uniform);
                let bound = room::needed_spikes(held, rows, first.first_place as usize);
                let most = (0..held.past.targets()).map(|n| held.past.count(n) as u64).max().unwrap_or(0);
                let modulated = held.modulated.iter().map(|steps| steps.len() as u64).max().unwrap_or(0);
                self.replace_buffers(shard, index, held, [bound[0].max(most), bound[1].max(modulated)])?;
            }
        }
        self.remembered = self.step;
        Ok(())
    }

    /// What synapses hold at time 0.
    pub(super) fn initial_held(&self) -> AllHeld {
        let held = |shard: &GpuShard, planned: &crate::plan::Shard<i32>| -> Vec<Held<f32>> {
            let own = |own: &GpuPlastic| {
                let (plan, rows) = (&self.plan.plastic[own.index], &planned.plastic[own.index]);
                Held::new(plan, rows, own.uniform.target_count as usize)
            };
            shard.plastic.iter().map(own).collect()
        };
        self.shards.iter().zip(&self.plan.shards).map(|(shard, planned)| held(shard, planned)).collect()
    }

    /// What synapses that learn have sent and that has yet to arrive, as words of [`Pending`]: the sums in the rings
    /// less those that other synapses alone would give.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) async fn pending(&mut self) -> Result<Vec<u64>> {
        let scope = Scope::open(&self.adapter.device);
        let rings = self.rings().await?;
        self.deliver_again(self.step);
        let others = self.rings().await?;
        let mut words = Vec::new();
        for ((shard, planned), (all, others)) in
            self.shards.iter().zip(&self.plan.shards).zip(rings.iter().zip(&others))
        {
            self.adapter.queue.write_buffer(&shard.ring, 0, bytemuck::cast_slice(all));
            let (neurons, accumulators) = (planned.neurons(), self.plan.accumulators(planned));
            for arrival in self.step + 1..=self.step + u64::from(self.plan.slots()) {
                let slot = (arrival as u32 & (self.plan.slots() - 1)) as usize * accumulators as usize;
                for sum in 0..accumulators {
                    let at = slot + sum as usize;
                    let sent = all[at].wrapping_sub(others[at]) as i32;
                    if sent != 0 {
                        let (id, channel) = (planned.ids.start + sum % neurons, sum / neurons);
                        words.extend(Pending { step: arrival as u32, id, channel, sum: sent }.words());
                    }
                }
            }
        }
        scope.close().await?;
        Ok(words)
    }

    /// The words of each shard's ring.
    async fn rings(&self) -> Result<Vec<Vec<u32>>> {
        let mut rings = Vec::new();
        for shard in &self.shards {
            rings.push(read(&self.adapter, &shard.ring, &[(0, shard.ring.size())]).await?);
        }
        Ok(rings)
    }

    /// Adds sums that have yet to arrive, (index of the shard, sum) each, to the rings.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) async fn add_pending(&mut self, pending: &[(usize, Pending<i32>)]) -> Result<()> {
        if pending.is_empty() {
            return Ok(());
        }
        let mut rings = self.rings().await?;
        for &(shard, Pending { step, id, channel, sum }) in pending {
            let planned = &self.plan.shards[shard];
            let slot = (step & (self.plan.slots() - 1)) * self.plan.accumulators(planned);
            let at = (slot + channel * planned.neurons() + id - planned.ids.start) as usize;
            rings[shard][at] = rings[shard][at].wrapping_add(sum as u32);
        }
        for (shard, ring) in self.shards.iter().zip(&rings) {
            self.adapter.queue.write_buffer(&shard.ring, 0, bytemuck::cast_slice(ring));
        }
        Ok(())
    }
}

/// Whether `growth` more spikes, of a target and of the third factor in a domain, have room.
fn fits(own: &GpuPlastic, growth: [u64; 2]) -> bool {
    own.bound[0] + growth[0] <= own.uniform.capacity.into()
        && own.bound[1] + growth[1] <= own.uniform.modulated_capacity.into()
}

/// Adds `growth` to `bound`, both of a target and of the third factor.
fn add_growth(bound: &mut [u64; 2], growth: [u64; 2]) {
    bound.iter_mut().zip(growth).for_each(|(bound, growth)| *bound += growth);
}
