//! Synapses that learn, as entries that shaders read.

use crate::device::gpu::shared::{SharedStruct, push, shared};
use crate::network::Selection;

/// `Plastic` of `shaders/plastic.wgsl`, which says what each field is.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, bytemuck::Pod, bytemuck::Zeroable)]
pub struct PlasticUniform {
    pub parts: u32,
    pub part_count: u32,
    pub offsets: u32,
    pub targets: u32,
    pub delays: u32,
    pub delay_stride: u32,
    pub channels: u32,
    pub channel_stride: u32,
    pub derived: u32,
    pub factors: u32,
    pub synapses: u32,
    pub updated: u32,
    pub fired: u32,
    pub traces: u32,
    pub first_target: u32,
    pub first_place: u32,
    pub target_count: u32,
    pub capacity: u32,
    pub steps: u32,
    pub states: u32,
    pub modulated: u32,
    pub modulated_capacity: u32,
    pub modulator_parts: u32,
    pub modulator_part_count: u32,
    pub modulator_delay: u32,
    pub repeats: u32,
    pub dt: f32,
    pub most: f32,
    pub index: u32,
    pub domains: u32,
    pub reached: u32,
    pub cuts: u32,
    pub by_sign: u32,
    pub above: u32,
    pub below: u32,
}

/// `Part` of `shaders/plastic.wgsl`: neurons of a selection with successive global ids.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct PartEntry {
    pub first: u32,
    pub count: u32,
}

/// `Column` of `shaders/plastic.wgsl`: the place of a derived value, one for all synapses (stride 0) or one for each.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
pub struct ColumnEntry {
    pub values: u32,
    pub stride: u32,
}

/// The structs of this file that shaders share.
pub fn shared_structs() -> Vec<SharedStruct> {
    vec![
        shared!("learn", "Part", PartEntry { first, count } in "rows"),
        shared!("learn", "Column", ColumnEntry { values, stride } in "rows"),
        shared!(
            "learn",
            "Plastic",
            PlasticUniform {
                parts,
                part_count,
                offsets,
                targets,
                delays,
                delay_stride,
                channels,
                channel_stride,
                derived,
                factors,
                synapses,
                updated,
                fired,
                traces,
                first_target,
                first_place,
                target_count,
                capacity,
                steps,
                states,
                modulated,
                modulated_capacity,
                modulator_parts,
                modulator_part_count,
                modulator_delay,
                repeats,
                dt,
                most,
                index,
                domains,
                reached,
                cuts,
                by_sign,
                above,
                below,
            }
        ),
    ]
}

/// Appends the parts of `neurons` to `words`, and returns their place and number.
pub fn add_parts(neurons: &Selection, words: &mut Vec<u32>) -> (u32, u32) {
    let entries = neurons.parts().iter().map(|part| PartEntry { first: part.first, count: part.count });
    let entries: Vec<PartEntry> = entries.collect();
    (push(words, &entries), entries.len() as u32)
}
