//! The layout of a shard's arrays on the device, and the uniforms that describe it.

use std::collections::BTreeMap;

use crate::device::gpu::coupling::add_coupling;
use crate::device::gpu::perturbed::add_perturbed;
use crate::device::gpu::shared::{BUNDLE, NONE, SharedStruct, TILE, shared};
use crate::device::gpu::stimuli::Tables;
use crate::plan::{Plan, PopulationPlan, PopulationSlice, Shard, SourceLayout};
use crate::random::key;
use crate::tile::{Model, PoissonTarget};

/// `Slice` of `shaders/integrate.wgsl`.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct SliceEntry {
    /// Number of neurons, and the global id of the first.
    pub count: u32,
    pub first: u32,
    /// The accumulator of its first neuron on channel 0, and the number of accumulators of a slot.
    pub accumulator: u32,
    pub accumulators: u32,
    /// Place of its state in `state`.
    pub state: u32,
    /// Place of its derived values in `values`, and the distance from one field to the next.
    pub derived: u32,
    pub derived_stride: u32,
    /// Place of its injected currents in `values`, or [`NONE`].
    pub current: u32,
    /// The range of its entries in the table of Poisson trains.
    pub poisson_start: u32,
    pub poisson_end: u32,
    /// The largest number of spikes of one neuron in a step.
    pub most: u32,
    /// Number of neurons of the whole network.
    pub neurons: u32,
    /// Key of the random numbers of the run.
    pub seed: [u32; 2],
    /// Number of neurons in the slices of the same model before it in the list.
    pub before: u32,
    /// Number of accumulators of a channel: neurons of the shard.
    pub width: u32,
    /// Place of the units of its channels in `values`.
    pub units: u32,
    /// Place of its coupling entry in the tables, or [`NONE`].
    pub coupling: u32,
    /// Range in the tables of its entries of currents that change from step to step.
    pub waves_start: u32,
    pub waves_end: u32,
    /// Place of its perturbation entry in the tables, or [`NONE`].
    pub perturbed: u32,
    pub unused: u32,
}

/// What distinguishes the kernels of models: the name, and a digest of the equations, which may differ by a conductance
/// of couplings.
pub type ModelKey = (&'static str, u64);

/// The key of `model`.
pub fn model_key(model: &dyn Model) -> ModelKey {
    (model.declaration().name, model.digest())
}

/// The number of synapses in a bundle of rows from which a further workgroup pays: to find fewer costs more than to add
/// them.
const LEAST_SYNAPSES: u64 = 2 * BUNDLE as u64;

/// `Shard` of `shaders/shard.wgsl`.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct ShardUniform {
    /// Global id of its first neuron, and the number of its neurons.
    pub first: u32,
    pub neurons: u32,
    /// Number of accumulators of a slot.
    pub accumulators: u32,
    /// Number of tiles.
    pub tiles: u32,
    /// Which pass of this shard notes where epochs lie in the list of spikes: 1 `propagate_stored`, 2
    /// `propagate_procedural`, 0 neither.
    pub notes: u32,
    /// 1 where the shard has stored rows.
    pub stored: u32,
    /// The largest number of workgroups that share a bundle of rows.
    pub parts: u32,
    pub unused: u32,
}

impl ShardUniform {
    /// The uniform of shard `index` of `plan`.
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

/// Whether tiles at rest are to be skipped: not where every slice has a Poisson stimulus that drives all of its neurons
/// for the whole run.
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

/// Per source population, an entry for `shaders/propagate_stored.wgsl`: global id of the first neuron, first
/// accumulator in `shard` that its synapses reach, the weight that all of them share, and a spare word.
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

/// The initial contents of a shard's arrays.
pub struct Layout {
    /// States slice by slice and field by field; behind them the phases of processes.
    pub state: Vec<f32>,
    /// Slice by slice: units, derived values, injected currents, perturbed derived values.
    pub values: Vec<f32>,
    pub tables: Tables,
    /// In the order of the shard's slices; `before` is 0.
    pub slices: Vec<SliceEntry>,
}

impl Layout {
    /// The layout of `shard`, for batches of `most_steps` steps at most.
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
                layout.tables.set_poisson(plan, target, poisson);
                poisson += 1;
            }
            let coupling = add_coupling(plan, slice, &slice.couplings, &mut layout.tables.words);
            let waves = layout.tables.add_waves(plan, &slice.waves);
            let perturbed = add_perturbed(plan, slice, &mut layout.values, &mut layout.tables.words);
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
        // Behind all states, so that the places of states do not depend on them.
        layout.state.append(&mut layout.tables.occupied);
        layout
    }

    /// The entries of each model's slices, with [`SliceEntry::before`] set.
    pub fn by_model(&self, plan: &Plan<i32>, shard: &Shard<i32>) -> BTreeMap<ModelKey, Vec<SliceEntry>> {
        let mut models: BTreeMap<ModelKey, Vec<SliceEntry>> = BTreeMap::new();
        for (slice, entry) in shard.slices.iter().zip(&self.slices) {
            let entries = models.entry(model_key(plan.populations[slice.population].model.as_ref())).or_default();
            let before = entries.last().map_or(0, |last| last.before + last.count);
            entries.push(SliceEntry { before, ..*entry });
        }
        models
    }
}
