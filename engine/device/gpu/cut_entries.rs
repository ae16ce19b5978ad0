//! Connections that are cut, as entries that shaders read.

use crate::device::gpu::plastic_entries::add_parts;
use crate::device::gpu::shared::{NONE, SharedStruct, push, shared};
use crate::device::gpu::stimuli::word;
use crate::plan::PlasticCut;

/// `Cuts` of `shaders/take_back.wgsl`: all cuts of a shard.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, bytemuck::Pod, bytemuck::Zeroable)]
pub struct CutsEntry {
    /// Place of the first [`CutEntry`].
    pub entries: u32,
    pub count: u32,
    /// The shortest and the longest delay of all synapses that are cut, steps.
    pub shortest: u32,
    pub longest: u32,
}

/// `Cut` of `shaders/take_back.wgsl`.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct CutEntry {
    /// Spikes of steps `start` to `end` - 1 do not pass.
    pub start: u32,
    pub end: u32,
    /// Place of the first [`CutSynapseEntry`], sorted by source.
    pub synapses: u32,
    pub synapse_count: u32,
}

/// `CutSynapse` of `shaders/take_back.wgsl`.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct CutSynapseEntry {
    pub source: u32,
    pub delay: u32,
    pub accumulator: u32,
    pub weight: i32,
}

/// `PlasticCuts` of `shaders/learn.wgsl`: all cuts of a plastic plan.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct PlasticCutsEntry {
    /// Place of the first [`PlasticCutEntry`].
    pub entries: u32,
    pub count: u32,
}

/// `PlasticCut` of `shaders/learn.wgsl`.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct PlasticCutEntry {
    /// Spikes of steps `start` to `end` - 1 do not pass.
    pub start: u32,
    pub end: u32,
    /// Places and numbers of the [`PartEntry`](crate::device::gpu::plastic_entries::PartEntry)s of sources and of
    /// targets.
    pub sources: u32,
    pub source_parts: u32,
    pub targets: u32,
    pub target_parts: u32,
}

/// The structs of this file that shaders share.
pub fn shared_structs() -> Vec<SharedStruct> {
    vec![
        shared!("take_back", "Cuts", CutsEntry { entries, count, shortest, longest } in "cuts"),
        shared!("take_back", "Cut", CutEntry { start, end, synapses, synapse_count } in "cuts"),
        shared!("take_back", "CutSynapse", CutSynapseEntry { source, delay, accumulator, weight } in "cuts"),
        shared!("learn", "PlasticCuts", PlasticCutsEntry { entries, count } in "rows"),
        shared!(
            "learn",
            "PlasticCut",
            PlasticCutEntry { start, end, sources, source_parts, targets, target_parts } in "rows"
        ),
    ]
}

/// Appends `cuts` of connections that learn to `rows`, the words of their plan, and returns their place, [`NONE`] where
/// there are no cuts.
pub fn add_plastic_cuts(cuts: &[PlasticCut], rows: &mut Vec<u32>) -> u32 {
    if cuts.is_empty() {
        return NONE;
    }
    let entry = |cut: &PlasticCut| {
        let [(sources, source_parts), (targets, target_parts)] =
            [&cut.of, &cut.to].map(|neurons| add_parts(neurons, rows));
        let (start, end) = (word(cut.steps.start), word(cut.steps.end));
        PlasticCutEntry { start, end, sources, source_parts, targets, target_parts }
    };
    let own: Vec<PlasticCutEntry> = cuts.iter().map(entry).collect();
    let entries = push(rows, &own);
    push(rows, &[PlasticCutsEntry { entries, count: own.len() as u32 }])
}
