//! Perturbations of neurons on the device: their entries in the tables of a slice.

use std::sync::Arc;

use crate::device::gpu::coupling::add_coupling;
use crate::device::gpu::shared::{NONE, SharedStruct, push, shared};
use crate::device::gpu::stimuli::word;
use crate::plan::{Plan, PopulationSlice};

/// `Perturbed` of `shaders/perturb.wgsl`, the entry of a slice: places and numbers of its lists.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct PerturbedEntry {
    silences: u32,
    silence_count: u32,
    clamps: u32,
    clamp_count: u32,
    derived: u32,
    derived_count: u32,
    couplings: u32,
    coupling_count: u32,
}

/// `Silence` of `shaders/perturb.wgsl`: the spikes of neurons `neurons_start` to `neurons_end` - 1 of the slice do not
/// leave in steps `start` to `end` - 1.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct SilenceEntry {
    start: u32,
    end: u32,
    neurons_start: u32,
    neurons_end: u32,
}

/// `Clamp` of `shaders/perturb.wgsl`: a state variable of neurons `neurons_start` to `neurons_end` - 1 of the slice is
/// held at `values`, one for each, in steps `start` to `end` - 1.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct ClampEntry {
    start: u32,
    end: u32,
    neurons_start: u32,
    neurons_end: u32,
    variable: u32,
    values: u32,
}

/// `Since` of `shaders/perturb.wgsl`: from `step` on, the derived values or the coupling entry at `place` are in force.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct SinceEntry {
    step: u32,
    place: u32,
}

/// The structs of this file that shaders share.
pub fn shared_structs() -> Vec<SharedStruct> {
    vec![
        shared!(
            "integrate",
            "Perturbed",
            PerturbedEntry {
                silences,
                silence_count,
                clamps,
                clamp_count,
                derived,
                derived_count,
                couplings,
                coupling_count,
            } in "tables"
        ),
        shared!("integrate", "Silence", SilenceEntry { start, end, neurons_start, neurons_end } in "tables"),
        shared!("integrate", "Clamp", ClampEntry { start, end, neurons_start, neurons_end, variable, values } in "tables"),
        shared!("integrate", "Since", SinceEntry { step, place } in "tables"),
    ]
}

/// Appends the perturbations of `slice` to `values` and `tables`. Returns the place of its entry in `tables`, [`NONE`]
/// where there are none.
pub fn add_perturbed(plan: &Plan<i32>, slice: &PopulationSlice, values: &mut Vec<f32>, tables: &mut Vec<u32>) -> u32 {
    let (perturbed, first) = (&slice.perturbed, slice.first);
    if perturbed.is_empty() {
        return NONE;
    }
    let silences = perturbed.silences.iter().map(|own| SilenceEntry {
        start: word(own.steps.start),
        end: word(own.steps.end),
        neurons_start: own.ids.start - first,
        neurons_end: own.ids.end - first,
    });
    let silences: Vec<SilenceEntry> = silences.collect();
    let clamps = perturbed.clamps.iter().map(|own| ClampEntry {
        start: word(own.steps.start),
        end: word(own.steps.end),
        neurons_start: own.neurons.start,
        neurons_end: own.neurons.end,
        variable: own.variable as u32,
        values: push(tables, &own.values.iter().map(|&value| value as f32).collect::<Vec<_>>()),
    });
    let clamps: Vec<ClampEntry> = clamps.collect();
    let mut derived: Vec<SinceEntry> = Vec::new();
    for (k, own) in perturbed.derived.iter().enumerate() {
        // The same list may be in force several times.
        let known = perturbed.derived[..k].iter().position(|other| Arc::ptr_eq(&other.derived, &own.derived));
        let place = known.map_or(values.len() as u32, |known| derived[known].place);
        if known.is_none() {
            values.extend(own.derived.iter().map(|&value| value as f32));
        }
        derived.push(SinceEntry { step: word(own.step), place });
    }
    let mut couplings: Vec<SinceEntry> = Vec::new();
    for (k, own) in perturbed.couplings.iter().enumerate() {
        let known = perturbed.couplings[..k].iter().position(|other| Arc::ptr_eq(&other.reaching, &own.reaching));
        let place = match known {
            Some(known) => couplings[known].place,
            None => add_coupling(plan, slice, &own.reaching, tables),
        };
        couplings.push(SinceEntry { step: word(own.step), place });
    }
    let entry = PerturbedEntry {
        silences: push(tables, &silences),
        silence_count: silences.len() as u32,
        clamps: push(tables, &clamps),
        clamp_count: clamps.len() as u32,
        derived: push(tables, &derived),
        derived_count: derived.len() as u32,
        couplings: push(tables, &couplings),
        coupling_count: couplings.len() as u32,
    };
    push(tables, &[entry])
}
