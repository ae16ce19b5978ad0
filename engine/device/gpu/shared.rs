//! What host and shaders share: constants, how the fields of a struct are told, and the uniforms of a dispatch.

/// Threads of a workgroup.
pub const WORKGROUP: u32 = 64;
/// Threads of a workgroup of `propagate_stored`, and rows that it takes at once.
pub const BUNDLE: u32 = 256;
/// No offset.
pub const NONE: u32 = u32::MAX;
/// Words of the spike buffer: where the list ends, then these, then starts and ends of steps, then the list.
pub const SPIKES_TAIL: u32 = 0;
/// The first fault of the batch.
pub const SPIKES_FAULT: u32 = 1;
/// The first overflow of the batch: when (steps after its begin, upper half) in the synapses of which plan (lower half), and onto
/// whom.
pub const SPIKES_OVERFLOW: u32 = 2;
/// Whether a loop was ended before its end.
pub const SPIKES_CUT: u32 = 4;
/// The first of the starts of steps; their ends lie behind.
pub const SPIKES_STARTS: u32 = 5;
/// Neurons of a tile that may be at rest.
pub const TILE: u32 = 64;

/// A struct that host and shader share: where the Rust declaration puts each field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedStruct {
    /// Kernel that holds it.
    pub kernel: &'static str,
    /// Its name in WGSL.
    pub name: &'static str,
    /// Fields and their byte offsets, in order.
    pub fields: Vec<(&'static str, u32)>,
}

impl SharedStruct {
    /// The function that loads one whose fields are words of `tables` from `at` on.
    pub fn load(&self) -> String {
        let words: Vec<String> = (0..self.fields.len()).map(|k| format!("tables[at + {k}u]")).collect();
        let (function, name) = (self.name.to_lowercase(), self.name);
        format!("fn {function}_load(at: u32) -> {name} {{\n    return {name}({});\n}}\n", words.join(", "))
    }
}

/// The fields and offsets of a shared struct.
macro_rules! shared {
    ($kernel:literal, $wgsl:literal, $rust:ty { $($field:ident),* $(,)? }) => {
        $crate::device::gpu::shared::SharedStruct {
            kernel: $kernel,
            name: $wgsl,
            fields: vec![$((stringify!($field), std::mem::offset_of!($rust, $field) as u32)),*],
        }
    };
}
pub(super) use shared;

/// What changes from dispatch to dispatch; `shaders/step.wgsl`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, bytemuck::Pod, bytemuck::Zeroable)]
pub struct Step {
    pub first: u32,
    pub steps: u32,
    pub noted: u32,
    pub within: u32,
    pub zero: u32,
    pub start: u32,
    pub end: u32,
    pub to: u32,
}

impl Step {
    /// Its fields and offsets.
    pub fn shared() -> SharedStruct {
        shared!("record", "Step", Step { first, steps, noted, within, zero, start, end, to })
    }
}
