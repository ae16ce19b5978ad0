//! What host and shaders share: constants, descriptions of structs, and the uniforms of a dispatch.

/// Number of threads of a workgroup.
pub const WORKGROUP: u32 = 64;
/// Number of threads of a workgroup of `propagate_stored`, and of rows that it takes at once.
pub const BUNDLE: u32 = 256;
/// An offset that stands for nothing.
pub const NONE: u32 = u32::MAX;
/// Index in the spike buffer of the word that says where the list ends. The other words of its head follow, then starts
/// and ends of steps, then the list.
pub const SPIKES_TAIL: u32 = 0;
/// Index of the word of the batch's first fault: step of the batch and neuron in one.
pub const SPIKES_FAULT: u32 = 1;
/// Index of the two words of the batch's first overflow: when (steps after its beginning, upper half) in which plastic
/// plan (lower half), and the target.
pub const SPIKES_OVERFLOW: u32 = 2;
/// Index of the word that says whether a loop ran into its bound.
pub const SPIKES_CUT: u32 = 4;
/// Index of the first word of the starts of steps; their ends lie behind.
pub const SPIKES_STARTS: u32 = 5;
/// Number of neurons of a tile, which rest or are stepped together.
pub const TILE: u32 = 64;

/// A struct that host and shader share: where the Rust declaration puts each field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedStruct {
    /// Name of a kernel that declares it.
    pub kernel: &'static str,
    /// Name in WGSL.
    pub name: &'static str,
    /// Names and byte offsets of its fields, in order.
    pub fields: Vec<(&'static str, u32)>,
    /// Name of the array of words in which entries lie; `None` where a binding holds structs.
    pub array: Option<&'static str>,
    /// Number of words of an entry.
    pub words: u32,
}

impl SharedStruct {
    /// For a struct in an array of words, WGSL that declares its number of words and a function that loads the entry
    /// from word `at` on: `CUT_SYNAPSE_WORDS` and `cut_synapse_load` for `CutSynapse`. `None` for others.
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

/// The [`SharedStruct`] of a Rust struct; `in "tables"` names the array of words in which its entries lie.
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

/// Appends `entries` to `words`, and returns the index of their first word.
pub fn push<T: bytemuck::NoUninit>(words: &mut Vec<u32>, entries: &[T]) -> u32 {
    let place = words.len() as u32;
    words.extend_from_slice(bytemuck::cast_slice(entries));
    place
}

/// The uniforms of a dispatch: `Step` of `shaders/step.wgsl`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, bytemuck::Pod, bytemuck::Zeroable)]
pub struct Step {
    /// Number of steps done before the epoch, and of its own steps.
    pub first: u32,
    pub steps: u32,
    /// The step up to which the places of spikes in their list are noted.
    pub noted: u32,
    /// Number of steps of the batch before the epoch.
    pub within: u32,
    /// Zero, unknown to the compiler.
    pub zero: u32,
    /// A range of events or samples and where it goes; for `remember` and `collect` steps.
    pub start: u32,
    pub end: u32,
    pub to: u32,
}

impl Step {
    /// The description of this struct.
    pub fn shared() -> SharedStruct {
        shared!("record", "Step", Step { first, steps, noted, within, zero, start, end, to })
    }
}
