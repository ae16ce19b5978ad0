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
    /// The array of words in which entries lie; none where a binding holds structs.
    pub array: Option<&'static str>,
    /// Words of an entry.
    pub words: u32,
}

impl SharedStruct {
    /// Of one that lies in an array of words: how many words it has, and the function that loads the one from `at` on. Of
    /// `CutSynapse` these are `CUT_SYNAPSE_WORDS` and `cut_synapse_load`.
    pub fn load(&self) -> Option<String> {
        let (array, name, function) = (self.array?, self.name, snake_case(self.name));
        let words: Vec<String> =
            self.fields.iter().map(|(_, offset)| format!("{array}[at + {}u]", offset / 4)).collect();
        Some(format!(
            "const {constant}_WORDS: u32 = {count}u;\nfn {function}_load(at: u32) -> {name} {{\n    return {name}({values});\n}}\n",
            constant = function.to_uppercase(),
            count = self.words,
            values = words.join(", ")
        ))
    }
}

/// `CutSynapse` as `cut_synapse`.
fn snake_case(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 4);
    for (at, letter) in name.char_indices() {
        if at > 0 && letter.is_ascii_uppercase() {
            words.push('_');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}

/// The fields and offsets of a shared struct; `in "tables"` says in which array of words its entries lie.
macro_rules! shared {
    ($kernel:literal, $wgsl:literal, $rust:ty { $($field:ident),* $(,)? } $(in $array:literal)?) => {
        $crate::device::gpu::shared::SharedStruct {
            kernel: $kernel,
            name: $wgsl,
            fields: vec![$((stringify!($field), std::mem::offset_of!($rust, $field) as u32)),*],
            array: None$(.or(Some($array)))?,
            words: (size_of::<$rust>() / size_of::<u32>()) as u32,
        }
    };
}
pub(super) use shared;

/// Appends entries to an array of words and gives their place.
pub fn push<T: bytemuck::NoUninit>(words: &mut Vec<u32>, entries: &[T]) -> u32 {
    let place = words.len() as u32;
    words.extend_from_slice(bytemuck::cast_slice(entries));
    place
}

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
