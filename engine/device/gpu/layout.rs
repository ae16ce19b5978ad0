//! Where things of a shard lie in its arrays, and the uniforms that say so.

use std::collections::BTreeMap;

use crate::device::gpu::coupling::coupling;
use crate::device::gpu::perturbed::perturbed;
use crate::device::gpu::shared::{BUNDLE, NONE, SharedStruct, TILE, shared};
use crate::device::gpu::stimuli::Tables;
use crate::plan::{Plan, PopulationPlan, PopulationSlice, Shard, SourceLayout};
use crate::random::key;
use crate::tile::{Model, PoissonTarget};

/// `shaders/integrate.wgsl`'s slice.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct SliceEntry {
    pub count: u32,
    pub first: u32,
    pub accumulator: u32,
    pub accumulators: u32,
    pub state: u32,
    pub derived: u32,
    pub derived_stride: u32,
    pub current: u32,
    pub poisson_start: u32,
    pub poisson_end: u32,
    pub most: u32,
    pub neurons: u32,
    pub seed: [u32; 2],
    pub before: u32,
    /// Lanes of a channel.
    pub width: u32,
    /// Where the units of its channels start in `values`.
    pub units: u32,
    /// Where tables say what couplings do to it, or none.
    pub coupling: u32,
    /// Where its entries of currents that change from step to step start in tables, and end.
    pub waves_start: u32,
    pub waves_end: u32,
    /// Where tables say what is done to it for a while, or none.
    pub perturbed: u32,
    pub unused: u32,
}

/// What tells the kernels of models apart: the name, and what they do, which may differ by a conductance of couplings.
pub type ModelKey = (&'static str, u64);

/// See [`ModelKey`].
pub fn model_key(model: &dyn Model) -> ModelKey {
    (model.declaration().name, model.digest())
}

/// Synapses of a bundle of rows that are worth a workgroup of their own: fewer cost less than finding them.
const LEAST_SYNAPSES: u64 = 2 * BUNDLE as u64;

/// `shaders/shard.wgsl`.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct ShardUniform {
    pub first: u32,
    pub neurons: u32,
    pub accumulators: u32,
    pub tiles: u32,
    /// Which pass notes where epochs lie in the list of spikes: 1 `propagate_stored`, 2 `propagate_procedural`.
    pub notes: u32,
    /// Whether rows are stored.
    pub stored: u32,
    /// Workgroups that share a bundle of rows at most.
    pub parts: u32,
    pub unused: u32,
}

impl ShardUniform {
    /// Shard `index` of `plan`.
    pub fn new(plan: &Plan<i32>, index: usize) -> ShardUniform {
        let shard = &plan.shards[index];
        let stored = !shard.rows.topology.offsets.is_empty();
        let bundle = u64::from(BUNDLE) * shard.rows.topology.words.len() as u64
            / (shard.rows.topology.offsets.len() as u64).max(1);
        ShardUniform {
            first: shard.ids.start,
            neurons: shard.neurons(),
            accumulators: plan.accumulators(shard),
            tiles: shard.neurons().div_ceil(TILE),
            notes: if index > 0 { 0 } else { 1 + u32::from(!stored && plan.connectivity.is_some()) },
            stored: u32::from(stored),
            parts: bundle.div_ceil(LEAST_SYNAPSES).clamp(1, 1024) as u32,
            unused: 0,
        }
    }
}

/// Whether any neuron can come to rest: not where all are driven by Poisson stimuli all the time.
pub fn skips_idle(plan: &Plan<i32>) -> bool {
    let always = |p: &&PoissonTarget| {
        let steps = &plan.poisson[p.stimulus as usize].steps;
        steps.start <= 1 && steps.end >= u64::from(u32::MAX)
    };
    let driven = |s: &PopulationSlice| {
        let reached: u64 = s.poisson.iter().filter(always).map(|p| p.neurons.len() as u64).max().unwrap_or(0);
        reached == u64::from(s.count)
    };
    plan.skip_idle && !plan.shards.iter().flat_map(|s| &s.slices).all(driven)
}

/// Per population, what `shaders/propagate_stored.wgsl` knows of the accumulators it reaches in a shard: its first neuron, the first
/// accumulator, the weight that all its synapses share.
pub fn source_layouts(plan: &Plan<i32>, shard: &Shard<i32>) -> Vec<[u32; 4]> {
    let source_layouts = plan.populations.iter().zip(&plan.source_layouts);
    let entry = |(population, source): (&PopulationPlan, &SourceLayout<i32>)| {
        let accumulator = u32::from(source.channel.unwrap_or(0)) * shard.neurons();
        [population.first, accumulator, source.weight as u32, 0]
    };
    source_layouts.map(entry).collect()
}

/// The structs of this file that shaders share.
pub fn shared_structs() -> Vec<SharedStruct> {
    vec![
        shared!(
            "integrate",
            "Slice",
            SliceEntry {
                count,
                first,
                accumulator,
                accumulators,
                state,
                derived,
                derived_stride,
                current,
                poisson_start,
                poisson_end,
                most,
                neurons,
                seed,
                before,
                width,
                units,
                coupling,
                waves_start,
                waves_end,
                perturbed,
                unused,
            }
        ),
        shared!(
            "propagate_stored",
            "Shard",
            ShardUniform { first, neurons, accumulators, tiles, notes, stored, parts, unused }
        ),
    ]
}

/// Where things of a shard lie in its arrays.
pub struct Layout {
    pub state: Vec<f32>,
    pub values: Vec<f32>,
    pub tables: Tables,
    pub slices: Vec<SliceEntry>,
}

impl Layout {
    /// Lays `shard` out, for batches of `most_steps` steps at most.
    pub fn new(plan: &Plan<i32>, shard: &Shard<i32>, most_steps: u32) -> Layout {
        let trains = shard.slices.iter().map(|s| s.poisson.len()).sum();
        let states = shard.slices.iter().map(|slice| slice.state.len()).sum::<usize>();
        let tables = Tables::new(trains, most_steps, states as u32);
        let mut layout = Layout { state: vec![], values: vec![], tables, slices: vec![] };
        let mut poisson = 0;
        for slice in &shard.slices {
            let population = &plan.populations[slice.population];
            let units = layout.values.len() as u32;
            layout.values.extend(population.units.iter().map(|&unit| unit as f32));
            let (state, derived) = (layout.state.len() as u32, layout.values.len() as u32);
            layout.state.extend(slice.state.iter().map(|&v| v as f32));
            layout.values.extend(slice.derived.iter().map(|&v| v as f32));
            let current = if slice.currents.is_empty() { NONE } else { layout.values.len() as u32 };
            if current != NONE {
                layout.values.resize(layout.values.len() + slice.count as usize, 0.0);
            }
            let poisson_start = poisson;
            for target in &slice.poisson {
                layout.tables.poisson(plan, target, poisson);
                poisson += 1;
            }
            let coupling = coupling(plan, slice, &slice.couplings, &mut layout.tables.words);
            let waves = layout.tables.waves(plan, &slice.waves);
            let perturbed = perturbed(plan, slice, &mut layout.values, &mut layout.tables.words);
            layout.slices.push(SliceEntry {
                count: slice.count,
                first: slice.first,
                accumulator: slice.first - shard.ids.start,
                accumulators: plan.accumulators(shard),
                state,
                derived,
                derived_stride: slice.derived_stride,
                current,
                poisson_start,
                poisson_end: poisson,
                most: population.most,
                neurons: plan.neurons,
                seed: key(plan.run_seed),
                before: 0,
                width: shard.neurons(),
                units,
                coupling,
                waves_start: waves.start,
                waves_end: waves.end,
                perturbed,
                unused: 0,
            });
        }
        // Behind states, so that these are read and set as they are.
        layout.state.append(&mut layout.tables.occupied);
        layout
    }

    /// The entries of each model's slices, with the neurons before each.
    pub fn models(&self, plan: &Plan<i32>, shard: &Shard<i32>) -> BTreeMap<ModelKey, Vec<SliceEntry>> {
        let mut models: BTreeMap<ModelKey, Vec<SliceEntry>> = BTreeMap::new();
        for (slice, entry) in shard.slices.iter().zip(&self.slices) {
            let entries = models.entry(model_key(plan.populations[slice.population].model.as_ref())).or_default();
            let before = entries.last().map_or(0, |last| last.before + last.count);
            entries.push(SliceEntry { before, ..*entry });
        }
        models
    }
}
