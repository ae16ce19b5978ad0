//! A shard on the device: its buffers, bind groups and dispatches.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::device::gpu::Adapter;
use crate::device::gpu::bind::{ShardBuffers, bind_group, bind_plastic, numbered};
use crate::device::gpu::buffers::{empty, read, uniform_buffer, upload};
use crate::device::gpu::layout::{self, Layout, ModelKey, ShardUniform, SliceEntry};
use crate::device::gpu::passes::Passes;
use crate::device::gpu::pipeline::{Kernel, Kernels, Uniforms};
use crate::device::gpu::plastic::{self, GpuPlastic};
use crate::device::gpu::room::initial_room;
use crate::device::gpu::shared::{Step, WORKGROUP};
use crate::device::gpu::stimuli::Varying;
use crate::device::plastic::held::{Held, targets};
use crate::error::{Error, Result};
use crate::plan::{Plan, PopulationSlice, ProbePlan, Shard, Words};

/// A shard on the device: its buffers, and the bind groups of its dispatches.
#[derive(Debug)]
pub struct GpuShard {
    /// See [`Layout`], as for `values` and `tables`.
    pub(super) state: wgpu::Buffer,
    /// Input sums.
    pub(super) ring: wgpu::Buffer,
    /// Where tiles are at rest; see `shaders/tiles.wgsl`.
    tiles: wgpu::Buffer,
    tile_count: u32,
    values: wgpu::Buffer,
    tables: wgpu::Buffer,
    /// Stimuli that have words for each step of a batch, and where these start in `tables`.
    courses: BTreeMap<Varying, u32>,
    /// The largest number of steps of a batch.
    most_steps: u32,
    slices: Vec<GpuSlice>,
    models: Vec<GpuModel>,
    propagate_stored: Option<wgpu::BindGroup>,
    propagate_procedural: Option<wgpu::BindGroup>,
    inject: Option<wgpu::BindGroup>,
    /// For the kernel `take_back`, where connections are cut.
    pub(super) cuts: Option<wgpu::BindGroup>,
    /// Synapses that learn, plan by plan.
    pub(super) plastic: Vec<GpuPlastic>,
    /// The [`ShardUniform`], which kernels that add into the ring read.
    own: wgpu::Buffer,
    pub(super) probes: Vec<GpuProbe>,
}

/// The slices of one model, which one dispatch integrates.
#[derive(Debug)]
struct GpuModel {
    group: wgpu::BindGroup,
    key: ModelKey,
    neurons: u32,
}

/// The injected currents of a slice that stay the same for many steps.
#[derive(Debug)]
struct GpuSlice {
    /// Where its currents start in `values`, or [`NONE`](crate::device::gpu::shared::NONE).
    current: u32,
    /// Per stimulus that reaches the slice, the amplitude from which these were computed, pA.
    amplitudes: Vec<f64>,
}

/// The part of a probe that lies in one slice of a shard.
#[derive(Debug)]
pub(super) struct GpuProbe {
    /// Index of the probe in the plan.
    pub index: usize,
    /// Steps from one sample to the next.
    pub interval: u64,
    /// The first word of `state` that is sampled.
    start: u32,
    /// Number of neurons that are sampled.
    pub count: u32,
    /// Samples of the batch, time-major.
    pub samples: wgpu::Buffer,
    group: wgpu::BindGroup,
    /// Number of samples recorded so far in the batch.
    pub taken: Cell<u32>,
}

/// What all shards of a plan need when they are uploaded.
pub(super) struct Upload<'a> {
    pub adapter: &'a Adapter,
    pub kernels: &'a Kernels,
    pub uniforms: &'a Uniforms,
    pub spikes: &'a wgpu::Buffer,
    pub plan: &'a Plan<i32>,
    /// The procedural connectivity.
    pub connectivity: &'a wgpu::Buffer,
    /// The largest number of steps of a batch.
    pub most_steps: u32,
    /// The signals of continuous couplings, where there are some.
    pub signals: Option<&'a wgpu::Buffer>,
}

impl Upload<'_> {
    /// The bind group of `kernel` with `buffers` by their binding numbers.
    pub(super) fn bind_group(&self, kernel: &Kernel, buffers: &[(u32, &wgpu::Buffer)]) -> wgpu::BindGroup {
        bind_group(self.adapter, kernel, self.uniforms, buffers)
    }

    /// Uploads shard `index`.
    ///
    /// # Errors
    /// As [`plastic::upload_plastic`]; [`Error::Internal`]. What the device refuses is found by the error scope round
    /// this.
    pub fn shard(&self, index: usize) -> Result<GpuShard> {
        let (adapter, kernels, plan) = (self.adapter, self.kernels, self.plan);
        let shard = &plan.shards[index];
        let layout = Layout::new(plan, shard, self.most_steps);
        let state = upload(adapter, "state", bytemuck::cast_slice(&layout.state));
        let values = upload(adapter, "values", bytemuck::cast_slice(&layout.values));
        let tables = upload(adapter, "tables", bytemuck::cast_slice(&layout.tables.words));
        let ring = empty(adapter, "ring", u64::from(plan.slots()) * u64::from(plan.accumulators(shard)) * 4);
        let uniform = ShardUniform::new(plan, index);
        let tiles = empty(adapter, "tiles", u64::from(plan.slots() + 1) * u64::from(uniform.tiles) * 4);
        let own = uniform_buffer(adapter, bytemuck::bytes_of(&uniform));
        let slices = shard.slices.iter().zip(&layout.slices);
        let slices = slices
            .map(|(slice, entry)| GpuSlice { current: entry.current, amplitudes: vec![0.0; slice.currents.len()] })
            .collect();
        let mut models = Vec::new();
        for (key, entries) in layout.by_model(plan, shard) {
            let pieces = upload(adapter, "slices", bytemuck::cast_slice(&entries));
            let mut buffers = vec![self.spikes, &tiles, &pieces, &state, &values, &ring, &tables];
            buffers.extend(self.signals);
            let missing = || Error::Internal(format!("no kernel was compiled for {}", key.0));
            let kernel = kernels.integrate.get(&key).ok_or_else(missing)?;
            let group = self.bind_group(kernel, &numbered(&buffers));
            models.push(GpuModel { group, key, neurons: entries.iter().map(|e| e.count).sum() });
        }
        let propagate_procedural = kernels.propagate_procedural.as_ref();
        let propagate_procedural = propagate_procedural
            .map(|k| self.bind_group(k, &numbered(&[self.spikes, &tiles, &own, self.connectivity, &ring])));
        let inject = (!shard.events.is_empty()).then(|| {
            let words: Vec<u32> = shard.events.iter().flat_map(|e| [e.step, e.accumulator, e.weight as u32]).collect();
            let events = upload(adapter, "events", bytemuck::cast_slice(&words));
            self.bind_group(&kernels.inject, &[(2, &tiles), (3, &own), (4, &events), (5, &ring)])
        });
        let propagate_stored = self.upload_stored_rows(index, &tiles, &own, &ring);
        let mut probes = Vec::new();
        for (slice, entry) in shard.slices.iter().zip(&layout.slices) {
            self.add_probes(slice, entry, &state, &mut probes);
        }
        let tile_count = uniform.tiles;
        let cuts = self.upload_cuts(shard, &own, &ring);
        let buffers = ShardBuffers { own: own.clone(), tiles: tiles.clone(), ring: ring.clone() };
        let plastic =
            (0..plan.plastic.len()).map(|k| self.upload_plastic(k, index, &buffers)).collect::<Result<_>>()?;
        Ok(GpuShard {
            plastic,
            own,
            state,
            ring,
            tiles,
            tile_count,
            values,
            tables,
            courses: layout.tables.courses,
            most_steps: self.most_steps,
            slices,
            models,
            propagate_stored,
            propagate_procedural,
            inject,
            cuts,
            probes,
        })
    }

    /// Uploads the synapses of plastic plan `index` in shard `shard`, in their initial state.
    fn upload_plastic(&self, index: usize, shard: usize, buffers: &ShardBuffers) -> Result<GpuPlastic> {
        let (own, shard) = (&self.plan.plastic[index], &self.plan.shards[shard]);
        let targets = targets(own, shard).len();
        let held = Held::new(own, &shard.plastic[index], targets);
        let room = initial_room(self.plan, own, targets as u64, self.most_steps);
        let (uniform, plastic) = plastic::upload_plastic(self.adapter, self.plan, index, shard, (&held, room))?;
        let context = (self.adapter, &self.kernels.plastic[index], self.uniforms, self.spikes);
        Ok(bind_plastic(context, buffers, (index, uniform, plastic, [0, 0])))
    }

    /// Uploads the stored rows of shard `index`, and binds the kernel `propagate_stored`. `None` where no rows are
    /// stored and another pass or shard notes where epochs lie in the list of spikes.
    fn upload_stored_rows(
        &self,
        index: usize,
        tiles: &wgpu::Buffer,
        own: &wgpu::Buffer,
        ring: &wgpu::Buffer,
    ) -> Option<wgpu::BindGroup> {
        let (adapter, shard) = (self.adapter, &self.plan.shards[index]);
        if shard.rows.topology.offsets.is_empty() && (index > 0 || self.plan.connectivity.is_some()) {
            return None;
        }
        let offsets = upload(adapter, "offsets", bytemuck::cast_slice(&shard.rows.topology.offsets));
        let words = match &shard.rows.topology.words {
            Words::Two(words) => upload(adapter, "words", bytemuck::cast_slice(words)),
            Words::Four(words) => upload(adapter, "words", bytemuck::cast_slice(words)),
        };
        let weights = upload(adapter, "weights", bytemuck::cast_slice(&shard.rows.weights));
        let source_layouts =
            upload(adapter, "source layouts", bytemuck::cast_slice(&layout::source_layouts(self.plan, shard)));
        let buffers = [self.spikes, tiles, own, &offsets, &words, &weights, ring, &source_layouts];
        Some(self.bind_group(&self.kernels.propagate_stored, &numbered(&buffers)))
    }

    /// Appends the probes that sample `slice` to `probes`.
    fn add_probes(
        &self,
        slice: &PopulationSlice,
        entry: &SliceEntry,
        state: &wgpu::Buffer,
        probes: &mut Vec<GpuProbe>,
    ) {
        let of = |(_, p): &(usize, &ProbePlan)| p.population == slice.population;
        for (index, probe) in self.plan.probes.iter().enumerate().filter(of) {
            let low = probe.ids.start.max(slice.first);
            let high = probe.ids.end.min(slice.first + slice.count);
            if low < high {
                let count = high - low;
                let most = u64::from(self.most_steps.div_ceil(probe.interval)) + 1;
                let samples = empty(self.adapter, "samples", most * u64::from(count) * 4);
                probes.push(GpuProbe {
                    index,
                    interval: u64::from(probe.interval),
                    start: entry.state + probe.variable as u32 * slice.count + (low - slice.first),
                    count,
                    group: self.bind_group(&self.kernels.record, &[(1, state), (2, &samples)]),
                    samples,
                    taken: Cell::new(0),
                });
            }
        }
    }
}

impl GpuShard {
    /// Uploads the injected currents that hold in `step`, where they have changed, and wakes all tiles then; `index` is
    /// that of the shard.
    pub fn set_currents(&mut self, adapter: &Adapter, plan: &Plan<i32>, index: usize, step: u64) {
        let mut changed = false;
        for (own, slice) in self.slices.iter_mut().zip(&plan.shards[index].slices) {
            let now: Vec<f64> =
                slice.currents.iter().map(|t| plan.currents[t.stimulus as usize].amplitude(step)).collect();
            if now != own.amplitudes {
                let current: Vec<f32> = slice.current_at(plan, step).into_iter().map(|v| v as f32).collect();
                adapter.queue.write_buffer(&self.values, u64::from(own.current) * 4, bytemuck::cast_slice(&current));
                own.amplitudes = now;
                changed = true;
            }
        }
        if changed {
            self.wake(adapter, step as u32 - 1);
        }
    }

    /// The buffers that kernels of synapses that learn use, too.
    pub(super) fn buffers(&self) -> ShardBuffers {
        ShardBuffers { own: self.own.clone(), tiles: self.tiles.clone(), ring: self.ring.clone() }
    }

    /// Uploads what varying stimuli do in each of the `steps` steps after step `done`, and returns the number of words.
    pub fn set_courses(&self, adapter: &Adapter, plan: &Plan<i32>, done: u64, steps: u32) -> u64 {
        let mut words = 0;
        for (varying, &start) in &self.courses {
            for (row, values) in varying.words(plan, done + 1, steps).iter().enumerate() {
                let at = u64::from(start) + row as u64 * u64::from(self.most_steps);
                adapter.queue.write_buffer(&self.tables, at * 4, bytemuck::cast_slice(values));
                words += values.len() as u64;
            }
        }
        words
    }

    /// Wakes all tiles for the steps after `step`.
    pub fn wake(&self, adapter: &Adapter, step: u32) {
        let steps = vec![step; self.tile_count as usize];
        adapter.queue.write_buffer(&self.tiles, 0, bytemuck::cast_slice(&steps));
    }

    /// Records the pass `inject` for `events` events of listed input.
    pub fn inject(&self, passes: &mut Passes<'_>, kernels: &Kernels, entry: u32, events: u32) {
        if let Some(group) = &self.inject {
            passes.dispatch(&kernels.inject, group, entry, events.div_ceil(WORKGROUP));
        }
    }

    /// Records the pass `integrate`, a dispatch for each model.
    pub fn integrate(&self, passes: &mut Passes<'_>, kernels: &Kernels, entry: u32) {
        for model in &self.models {
            if let Some(kernel) = kernels.integrate.get(&model.key) {
                passes.dispatch(kernel, &model.group, entry, model.neurons.div_ceil(WORKGROUP));
            }
        }
    }

    /// The number of dispatches of an epoch, without samples and listed input.
    pub fn dispatches(&self) -> u32 {
        self.models.len() as u32
            + u32::from(self.propagate_stored.is_some())
            + u32::from(self.propagate_procedural.is_some())
            + 2 * self.plastic.len() as u32
            + u32::from(self.cuts.is_some())
    }

    /// Records the passes `propagate_stored` and `propagate_procedural` with `groups[0]` and `groups[1]` workgroups.
    pub fn propagate(&self, passes: &mut Passes<'_>, kernels: &Kernels, entry: u32, groups: [u32; 2]) {
        if let Some(group) = &self.propagate_stored {
            passes.dispatch(&kernels.propagate_stored, group, entry, groups[0]);
        }
        if let (Some(group), Some(kernel)) = (&self.propagate_procedural, &kernels.propagate_procedural) {
            passes.dispatch(kernel, group, entry, groups[1]);
        }
    }

    /// The indices in `probes` of the probes of this shard that are due in `step`.
    pub fn due_samples(&self, step: u64) -> Vec<usize> {
        (0..self.probes.len()).filter(|&p| step.is_multiple_of(self.probes[p].interval)).collect()
    }

    /// The uniforms of the next sample of probe `probe`, which is counted as taken.
    pub fn next_sample(&self, probe: usize, base: Step) -> Step {
        let probe = &self.probes[probe];
        let taken = probe.taken.get();
        probe.taken.set(taken + 1);
        Step { start: probe.start, end: probe.start + probe.count, to: taken * probe.count, ..base }
    }

    /// Records the pass `record` for probe `probe`.
    pub fn record(&self, passes: &mut Passes<'_>, kernels: &Kernels, entry: u32, probe: usize) {
        let probe = &self.probes[probe];
        passes.dispatch(&kernels.record, &probe.group, entry, probe.count.div_ceil(WORKGROUP));
    }

    /// Begins a batch without samples.
    pub fn start_samples(&self) {
        self.probes.iter().for_each(|p| p.taken.set(0));
    }

    /// The values of state variable `variable` of the neurons of `population` in this shard, read from the device.
    ///
    /// # Errors
    /// A device that fails.
    pub async fn state(
        &self,
        adapter: &Adapter,
        shard: &Shard<i32>,
        population: usize,
        variable: usize,
    ) -> Result<Vec<f64>> {
        let mut values = Vec::new();
        let mut base = 0u64;
        for slice in &shard.slices {
            if slice.population == population {
                let from = base + variable as u64 * u64::from(slice.count);
                let words = read(adapter, &self.state, &[(from * 4, u64::from(slice.count) * 4)]).await?;
                values.extend(words.into_iter().map(|w| f64::from(f32::from_bits(w))));
            }
            base += slice.state.len() as u64;
        }
        Ok(values)
    }
}
