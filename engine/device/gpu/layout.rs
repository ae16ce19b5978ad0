//! Where things of a shard lie in its arrays, and the uniforms that say so.

use std::collections::BTreeMap;

use crate::device::gpu::compose::{NONE, POISSON_WORDS};
use crate::device::gpu::{SharedStruct, shared};
use crate::plan::{Plan, PoissonTarget, Shard};
use crate::random::key;

/// `shaders/integrate.wgsl`'s segment.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct SegmentEntry {
    pub count: u32,
    pub first: u32,
    pub lane: u32,
    pub lanes: u32,
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
    pub units: [f32; 4],
}

/// `shaders/propagate.wgsl`'s rows.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct RowsUniform {
    pub lanes: u32,
    /// Delay blocks; none where nothing is stored.
    pub blocks: u32,
    pub block: u32,
    pub closes: u32,
    pub min_delay: u32,
    /// Slots - 1.
    pub mask: u32,
    /// Bits of the lane in a packed target.
    pub lane_bits: u32,
    pub unused: u32,
}

/// The structs of this file that shaders share.
pub fn shared_structs() -> Vec<SharedStruct> {
    vec![
        shared!(
            "integrate",
            "Segment",
            SegmentEntry {
                count,
                first,
                lane,
                lanes,
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
            }
        ),
        shared!("propagate", "Rows", RowsUniform { lanes, blocks, block, closes, min_delay, mask, lane_bits, unused }),
    ]
}

/// Where things of a shard lie in its arrays.
pub struct Layout {
    pub state: Vec<f32>,
    pub values: Vec<f32>,
    pub tables: Vec<u32>,
    pub segments: Vec<SegmentEntry>,
}

impl Layout {
    /// Lays `shard` out.
    pub fn new(plan: &Plan<i32>, shard: &Shard<i32>) -> Layout {
        let mut layout = Layout { state: vec![], values: vec![], tables: vec![], segments: vec![] };
        let entries: usize = shard.segments.iter().map(|s| s.poisson.len()).sum();
        layout.tables.resize(entries * POISSON_WORDS as usize, 0);
        let mut poisson = 0;
        for segment in &shard.segments {
            let population = &plan.populations[segment.population];
            let mut units = [0.0; 4];
            for (unit, value) in units.iter_mut().zip(&population.units) {
                *unit = *value as f32;
            }
            let (state, derived) = (layout.state.len() as u32, layout.values.len() as u32);
            layout.state.extend(segment.state.iter().map(|&v| v as f32));
            layout.values.extend(segment.derived.iter().map(|&v| v as f32));
            let current = if segment.currents.is_empty() { NONE } else { layout.values.len() as u32 };
            if current != NONE {
                layout.values.resize(layout.values.len() + segment.count as usize, 0.0);
            }
            let poisson_start = poisson;
            for target in &segment.poisson {
                layout.poisson(plan, target, poisson);
                poisson += 1;
            }
            layout.segments.push(SegmentEntry {
                count: segment.count,
                first: segment.first,
                lane: segment.first - shard.ids.start,
                lanes: plan.lanes(shard),
                state,
                derived,
                derived_stride: segment.derived_stride,
                current,
                poisson_start,
                poisson_end: poisson,
                most: population.most,
                neurons: plan.neurons,
                seed: key(plan.dynamics),
                before: 0,
                width: shard.neurons(),
                units,
            });
        }
        layout
    }

    /// The entries of each model's segments, with the neurons before each; by name.
    pub fn models(&self, plan: &Plan<i32>, shard: &Shard<i32>) -> BTreeMap<&'static str, Vec<SegmentEntry>> {
        let mut models: BTreeMap<&'static str, Vec<SegmentEntry>> = BTreeMap::new();
        for (segment, entry) in shard.segments.iter().zip(&self.segments) {
            let entries = models.entry(plan.populations[segment.population].model.declaration().name).or_default();
            let before = entries.last().map_or(0, |last| last.before + last.count);
            entries.push(SegmentEntry { before, ..*entry });
        }
        models
    }

    /// Entry `index` of the Poisson table, its thresholds and weights behind the entries.
    fn poisson(&mut self, plan: &Plan<i32>, target: &PoissonTarget, index: u32) {
        let poisson = &plan.poisson[target.stimulus as usize];
        let thresholds = self.tables.len() as u32;
        self.tables.extend(&poisson.table.thresholds);
        let weights = self.tables.len() as u32;
        self.tables.extend(target.weights.iter().map(|&w| (w as f32).to_bits()));
        let clamp = |step: u64| step.min(u64::from(u32::MAX)) as u32;
        let entry = [
            poisson.stream,
            clamp(poisson.steps.start),
            clamp(poisson.steps.end),
            target.channel,
            target.neurons.start,
            target.neurons.end,
            thresholds,
            poisson.table.thresholds.len() as u32,
            weights,
            target.weights.len() as u32,
        ];
        let at = (index * POISSON_WORDS) as usize;
        self.tables[at..at + entry.len()].copy_from_slice(&entry);
    }
}
