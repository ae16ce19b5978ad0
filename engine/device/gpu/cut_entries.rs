//! What shaders read of connections that are cut.

use crate::device::gpu::plastic_entries::parts;
use crate::device::gpu::shared::{NONE, SharedStruct, push, shared};
use crate::device::gpu::stimuli::word;
use crate::plan::PlasticCut;

/// `shaders/take_back.wgsl`'s cuts of a shard.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, bytemuck::Pod, bytemuck::Zeroable)]
pub struct CutsEntry {
    pub entries: u32,
    pub count: u32,
    pub shortest: u32,
    pub longest: u32,
}

/// Its cut.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct CutEntry {
    pub start: u32,
    pub end: u32,
    pub synapses: u32,
    pub synapse_count: u32,
}

/// Its synapse that is cut.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct CutSynapseEntry {
    pub source: u32,
    pub delay: u32,
    pub accumulator: u32,
    pub weight: i32,
}

/// `shaders/learn.wgsl`'s cuts of a plan.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct PlasticCutsEntry {
    pub entries: u32,
    pub count: u32,
}

/// Its cut.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct PlasticCutEntry {
    pub start: u32,
    pub end: u32,
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

/// Adds connections that learn and are cut to the rows of their plan, and gives their place; none where there are none.
pub fn plastic_cuts(cuts: &[PlasticCut], rows: &mut Vec<u32>) -> u32 {
    if cuts.is_empty() {
        return NONE;
    }
    let entry = |cut: &PlasticCut| {
        let [(sources, source_parts), (targets, target_parts)] = [&cut.of, &cut.to].map(|neurons| parts(neurons, rows));
        let (start, end) = (word(cut.steps.start), word(cut.steps.end));
        PlasticCutEntry { start, end, sources, source_parts, targets, target_parts }
    };
    let own: Vec<PlasticCutEntry> = cuts.iter().map(entry).collect();
    let entries = push(rows, &own);
    push(rows, &[PlasticCutsEntry { entries, count: own.len() as u32 }])
}
