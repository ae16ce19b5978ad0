//! Joins WGSL: a kernel, the files it imports, a model, and what the Rust declarations say, with a table of origins so
//! that an error points at the real file and line.

use crate::error::{Error, Result};
use crate::models::Declaration;
use crate::number::Number;
use crate::plan::REST_STEPS;

/// Threads of a workgroup.
pub const WORKGROUP: u32 = 64;
/// Words of a Poisson target's entry in the tables.
pub const POISSON_WORDS: u32 = 10;
/// No offset.
pub const NONE: u32 = u32::MAX;
/// Words of the spike buffer: where the list ends, then these, then the ends of steps, then the list.
pub const SPIKES_TAIL: u32 = 0;
/// The first fault of the batch.
pub const SPIKES_FAULT: u32 = 1;
/// The last step that was completed.
pub const SPIKES_DONE: u32 = 2;
/// The first of the ends of steps.
pub const SPIKES_ENDS: u32 = 4;

/// The size of the spike list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpikeList {
    /// Steps whose ends are kept, a power of two.
    pub steps: u32,
    /// Spikes the list holds, a power of two.
    pub capacity: u32,
}

impl SpikeList {
    /// The first word of the list.
    pub fn start(&self) -> u32 {
        SPIKES_ENDS + self.steps
    }
    /// Words in all.
    pub fn words(&self) -> u64 {
        u64::from(self.start()) + u64::from(self.capacity)
    }
}

/// A composed shader.
#[derive(Debug, Clone)]
pub struct Composed {
    /// Name of the kernel: "propagate", or "integrate iaf_psc_exp".
    pub name: String,
    /// WGSL.
    pub source: String,
    /// Per line of the source, the file and the line in it.
    origins: Vec<(String, u32)>,
}

/// The kernels and shared pieces of `shaders/`.
const FILES: [(&str, &str); 9] = [
    ("conductances", include_str!("../../../shaders/conductances.wgsl")),
    ("exact", include_str!("../../../shaders/exact.wgsl")),
    ("integrate", include_str!("../../../shaders/integrate.wgsl")),
    ("propagate", include_str!("../../../shaders/propagate.wgsl")),
    ("random", include_str!("../../../shaders/random.wgsl")),
    ("record", include_str!("../../../shaders/record.wgsl")),
    ("spikes", include_str!("../../../shaders/spikes.wgsl")),
    ("step", include_str!("../../../shaders/step.wgsl")),
    ("stimulate", include_str!("../../../shaders/stimulate.wgsl")),
];

/// The kernel `name` with what it imports; `model` is joined into `integrate`.
///
/// # Errors
/// An import that does not exist.
pub fn compose(name: &str, model: Option<&Declaration>, list: SpikeList) -> Result<Composed> {
    let full = model.map_or_else(|| name.to_owned(), |m| format!("{name} {}", m.name));
    let mut composed = Composed { name: full, source: String::new(), origins: Vec::new() };
    composed.push("generated constants", &constants(list));
    if let Some(model) = model {
        composed.push("generated structs", &structs(model));
    }
    let mut done = Vec::new();
    composed.import(name, &mut done)?;
    if let Some(model) = model {
        composed.text(&format!("models/{0}/{0}.wgsl", model.name), model.wgsl, &mut done)?;
    }
    Ok(composed)
}

impl Composed {
    fn import(&mut self, name: &str, done: &mut Vec<String>) -> Result<()> {
        if done.iter().any(|d| d == name) {
            return Ok(());
        }
        done.push(name.to_owned());
        let found = FILES.iter().find(|(file, _)| *file == name);
        let (_, text) = found.ok_or_else(|| Error::Internal(format!("no shader is called {name}")))?;
        self.text(&format!("shaders/{name}.wgsl"), text, done)
    }

    /// A file, after what it imports.
    fn text(&mut self, file: &str, text: &str, done: &mut Vec<String>) -> Result<()> {
        let import = |line: &str| line.strip_prefix("import ")?.strip_suffix(';').map(str::to_owned);
        for name in text.lines().filter_map(import) {
            self.import(&name, done)?;
        }
        // Imports stay as comments, so that line numbers are the file's own.
        let kept = |line: &str| if import(line).is_some() { format!("// {line}\n") } else { format!("{line}\n") };
        self.push(file, &text.lines().map(kept).collect::<String>());
        Ok(())
    }

    fn push(&mut self, file: &str, text: &str) {
        for (index, line) in text.lines().enumerate() {
            self.source.push_str(line);
            self.source.push('\n');
            self.origins.push((file.to_owned(), index as u32 + 1));
        }
    }

    /// The error of a driver or of naga, at the line of the file it came from.
    pub fn error(&self, line: Option<u32>, message: &str) -> Error {
        let origin = line.and_then(|l| self.origins.get((l as usize).saturating_sub(1)));
        let (file, line) = origin.cloned().unwrap_or_else(|| (self.name.clone(), 0));
        Error::Shader { file, line, message: message.to_owned() }
    }
}

fn constants(list: SpikeList) -> String {
    let constants = [
        ("WORKGROUP", WORKGROUP),
        ("REST_STEPS", REST_STEPS),
        ("POISSON_WORDS", POISSON_WORDS),
        ("NONE", NONE),
        ("SPIKES_TAIL", SPIKES_TAIL),
        ("SPIKES_FAULT", SPIKES_FAULT),
        ("SPIKES_DONE", SPIKES_DONE),
        ("SPIKES_ENDS", SPIKES_ENDS),
        ("SPIKES_STEPS", list.steps),
        ("SPIKES_LIST", list.start()),
        ("SPIKES_CAPACITY", list.capacity),
    ];
    let tiny = format!("const TINY: f32 = {:?};\n", <f32 as Number>::TINY);
    constants.iter().map(|(name, value)| format!("const {name}: u32 = {value}u;\n")).collect::<String>() + &tiny
}

/// The structs of a model and how they are stored as columns, from its declaration.
fn structs(model: &Declaration) -> String {
    let state: Vec<&str> = model.state.iter().map(|v| v.name).collect();
    let channels = model.channels.len();
    let mut text = format!("const CHANNELS: u32 = {channels}u;\nconst MULTIPLE: bool = {};\n", model.multiple);
    text += &structure("Derived", model.derived);
    text += &structure("State", &state);
    text += &load("derived_load", "Derived", model.derived, "values", "segment.derived", "segment.derived_stride");
    text += &load("state_load", "State", &state, "state", "segment.state", "segment.count");
    text += "fn state_store(i: u32, s: State) {\n";
    for (field, name) in state.iter().enumerate() {
        text += &format!("    state[segment.state + {field}u * segment.count + i] = s.{name};\n");
    }
    text += "}\nfn state_settled(s: State) -> State {\n    return State(\n";
    if state.is_empty() {
        text += "        0.0,\n";
    }
    for name in &state {
        text += &format!("        select(s.{name}, 0.0, abs(s.{name}) < TINY),\n");
    }
    text + "    );\n}\n"
}

/// A struct of numbers; WGSL has no empty ones, so a model without any gets one that is not stored.
fn structure(name: &str, fields: &[&str]) -> String {
    let fields = if fields.is_empty() { vec!["none"] } else { fields.to_vec() };
    let lines: String = fields.iter().map(|f| format!("    {f}: f32,\n")).collect();
    format!("struct {name} {{\n{lines}}}\n")
}

fn load(function: &str, name: &str, fields: &[&str], array: &str, base: &str, stride: &str) -> String {
    let values: Vec<String> =
        (0..fields.len()).map(|field| format!("{array}[{base} + {field}u * {stride} + i]")).collect();
    let values = if values.is_empty() { "0.0".to_owned() } else { values.join(",\n        ") };
    format!("fn {function}(i: u32) -> {name} {{\n    return {name}(\n        {values},\n    );\n}}\n")
}
