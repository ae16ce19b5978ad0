//! Joins WGSL: a kernel, the files it imports, a model, and what is generated from Rust declarations, with the origin
//! of each line, so that an error points at the real file and line.

use crate::device::gpu::procedural::FIELDS;
use crate::device::gpu::shared::{
    BUNDLE, NONE, SPIKES_CUT, SPIKES_FAULT, SPIKES_OVERFLOW, SPIKES_STARTS, SPIKES_TAIL, SharedStruct, TILE, WORKGROUP,
};
use crate::device::gpu::stimuli;
use crate::device::gpu::{coupling, cut_entries, perturbed, plastic_entries};
use crate::device::plastic::held::NEVER_FIRED;
use crate::equations::wgsl::{field, normal};
use crate::error::{Error, Result};
use crate::number::Number;
use crate::plan::{Encoding, IDLE_CHECK_STEPS, SynapseFormat};
use crate::tile::noise::noise_stream;
use crate::tile::{Declaration, Model, SynapseRule, Variable};

/// The properties of a plan that are constants of its shaders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Number of steps whose places in the list of spikes are kept, a power of two.
    pub steps: u32,
    /// Number of spikes that the list holds, a power of two.
    pub capacity: u32,
    /// Number of slots of the ring, a power of two.
    pub slots: u32,
    /// Shortest delay, steps.
    pub min_delay: u32,
    /// Number of steps of a delay block.
    pub block: u32,
    /// Number of delay blocks.
    pub blocks: u32,
    /// How a synapse is packed into a word.
    pub encoding: Encoding,
    /// Whether tiles of neurons at rest are skipped.
    pub skips_idle: bool,
    /// The largest number of procedural projections that leave one population.
    pub projections: u32,
    /// Number of signals by which neurons are coupled, in one step.
    pub signals: u32,
    /// Number of steps whose signals are kept, a power of two.
    pub signal_slots: u32,
    /// Whether there are currents that change from step to step, or white noise.
    pub waves: bool,
    /// Whether there are perturbations of neurons.
    pub perturbed: bool,
}

impl Shape {
    /// The index in the spike buffer of the word where the ends of steps begin.
    pub fn ends(&self) -> u32 {
        SPIKES_STARTS + self.steps
    }
    /// The index in the spike buffer of the first word of the list.
    pub fn list(&self) -> u32 {
        self.ends() + self.steps
    }
    /// The number of words of the spike buffer.
    pub fn words(&self) -> u64 {
        u64::from(self.list()) + 2 * u64::from(self.capacity)
    }
}

/// A composed shader.
#[derive(Debug, Clone)]
pub struct Composed {
    /// Name of the kernel: "propagate_stored", or "integrate iaf_psc_exp".
    pub name: String,
    /// The whole text, WGSL.
    pub source: String,
    /// Per line of `source`, the file it comes from and its line there, counted from 1.
    origins: Vec<(String, u32)>,
}

/// The kernels and shared pieces of `shaders/`.
const FILES: [(&str, &str); 22] = [
    ("collect", include_str!("../../../shaders/collect.wgsl")),
    ("division", include_str!("../../../shaders/division.wgsl")),
    ("propagate_procedural", include_str!("../../../shaders/propagate_procedural.wgsl")),
    ("due", include_str!("../../../shaders/due.wgsl")),
    ("exact", include_str!("../../../shaders/exact.wgsl")),
    ("integrate", include_str!("../../../shaders/integrate.wgsl")),
    ("noise", include_str!("../../../shaders/noise.wgsl")),
    ("propagate_stored", include_str!("../../../shaders/propagate_stored.wgsl")),
    ("random", include_str!("../../../shaders/random.wgsl")),
    ("record", include_str!("../../../shaders/record.wgsl")),
    ("shard", include_str!("../../../shaders/shard.wgsl")),
    ("spikes", include_str!("../../../shaders/spikes.wgsl")),
    ("step", include_str!("../../../shaders/step.wgsl")),
    ("couple", include_str!("../../../shaders/couple.wgsl")),
    ("inject", include_str!("../../../shaders/inject.wgsl")),
    ("learn", include_str!("../../../shaders/learn.wgsl")),
    ("perturb", include_str!("../../../shaders/perturb.wgsl")),
    ("take_back", include_str!("../../../shaders/take_back.wgsl")),
    ("plastic", include_str!("../../../shaders/plastic.wgsl")),
    ("remember", include_str!("../../../shaders/remember.wgsl")),
    ("waves", include_str!("../../../shaders/waves.wgsl")),
    ("tiles", include_str!("../../../shaders/tiles.wgsl")),
];

/// The kernel `name` of `shaders/` with what it imports; for `integrate`, with the functions of `model`.
///
/// # Errors
/// An import that does not exist; a model whose equations WGSL cannot express.
pub fn compose(name: &str, model: Option<&dyn Model>, shape: &Shape) -> Result<Composed> {
    let full = model.map_or_else(|| name.to_owned(), |m| format!("{name} {}", m.declaration().name));
    let mut composed = Composed { name: full, source: String::new(), origins: Vec::new() };
    // What takes random numbers is never at rest.
    let draws = model.map_or(&[][..], |m| m.declaration().draws);
    composed
        .push("generated constants", &constants(&Shape { skips_idle: shape.skips_idle && draws.is_empty(), ..*shape }));
    if let Some(model) = model {
        composed.push("generated structs", &structs(model.declaration()));
    }
    let mut done = Vec::new();
    composed.import(name, &mut done)?;
    if let Some(model) = model {
        if draws.is_empty() {
            composed.push("no random numbers", "fn draw(id: u32, now: u32) {}");
        }
        if shape.waves {
            composed.add_text("normal numbers", &normal("wave_")?, &mut done)?;
            composed.import("waves", &mut done)?;
        } else {
            composed.push("no currents that change from step to step", NO_WAVES);
        }
        if shape.perturbed {
            composed.push("generated hold", &hold(model.declaration()));
            composed.import("perturb", &mut done)?;
        } else {
            composed.push("no perturbations", UNPERTURBED);
        }
        let text = if shape.signals > 0 {
            composed.import("couple", &mut done)?;
            model.coupled_wgsl()?
        } else {
            composed.push("no couplings", UNCOUPLED);
            model.wgsl()?
        };
        composed.add_text(&format!("model {}", model.declaration().name), &text, &mut done)?;
    }
    composed.add_loads();
    Ok(composed)
}

/// The kernel `name` of `shaders/` with what it imports, and the functions of `rule`, by which synapses learn.
///
/// # Errors
/// As [`compose`].
pub fn compose_rule(name: &str, rule: &SynapseRule, shape: &Shape) -> Result<Composed> {
    let text = rule.text();
    let mut composed = Composed { name: format!("{name} {}", text.name), source: String::new(), origins: Vec::new() };
    composed.push("generated constants", &constants(shape));
    composed.push("generated rule", &rule_constants(rule));
    let mut done = Vec::new();
    composed.import(name, &mut done)?;
    composed.add_text(&format!("model {}", text.name), &rule.wgsl()?, &mut done)?;
    composed.add_loads();
    Ok(composed)
}

/// The constants of `rule` as WGSL, and empty functions for those that it lacks, which are never called.
fn rule_constants(rule: &SynapseRule) -> String {
    let text = rule.text();
    let sizes = [
        ("DERIVED", text.derive.outputs.len()),
        ("STATES", text.state.len()),
        ("AT_SOURCE", rule.source_start().len()),
        ("AT_TARGET", rule.target_start().len()),
    ];
    let mut words: String = sizes.map(|(name, size)| format!("const {name}: u32 = {}u;\n", size.max(1))).concat();
    let has = [("POSTS", "post", rule.post().is_some()), ("MODULATED", "modulate", rule.modulator().is_some())];
    for (constant, function, there) in has {
        words += &format!("const {constant}: bool = {there};\n");
        if !there {
            words += &format!(
                "fn {function}(derived: array<f32, DERIVED>, state: array<f32, STATES>, at_source: array<f32, AT_SOURCE>, at_target: array<f32, \
                 AT_TARGET>, elapsed: array<f32, 3>) -> array<f32, STATES> {{\n    return state;\n}}\n"
            );
        }
    }
    let start = |value: &f64| format!("{:?}", *value as f32);
    let starts: Vec<String> = rule.target_start().iter().map(start).collect();
    let starts = if starts.is_empty() { "0.0".to_owned() } else { starts.join(", ") };
    words += &format!("const KEEPS_TIME: bool = {};\n", rule.keeps_time());
    words + &format!("fn target_start() -> array<f32, AT_TARGET> {{\n    return array<f32, AT_TARGET>({starts});\n}}\n")
}

/// What `integrate` takes from `shaders/couple.wgsl`, where nothing is coupled.
const UNCOUPLED: &str = "fn couple_begin() {}
fn coupled(i: u32, now: u32, current: f32) -> f32 {
    return current;
}
fn show(i: u32, now: u32, d: Derived, s: State) {}";

/// What `integrate` takes from `shaders/perturb.wgsl`, where nothing is done to neurons.
const UNPERTURBED: &str = "fn perturb_begin() {}
fn perturb_reaches(i: u32) -> bool {
    return false;
}
fn perturb_leaves(i: u32, now: u32) -> bool {
    return true;
}
fn perturb_hold(i: u32, now: u32, s: ptr<function, State>) {}";

/// What `integrate` takes from `shaders/waves.wgsl`, where no current changes from step to step.
const NO_WAVES: &str = "fn waves_current(i: u32, now: u32, held: f32) -> f32 {
    return held;
}
fn waves_reach(i: u32) -> bool {
    return false;
}
fn waves_draw(stream: u32, id: u32, position: u32) -> f32 {
    return 0.0;
}";

impl Composed {
    /// Appends the file `name` of `shaders/` after what it imports, unless `done` names it already.
    fn import(&mut self, name: &str, done: &mut Vec<String>) -> Result<()> {
        if done.iter().any(|d| d == name) {
            return Ok(());
        }
        done.push(name.to_owned());
        let found = FILES.iter().find(|(file, _)| *file == name);
        let (_, text) = found.ok_or_else(|| Error::Internal(format!("no shader is called {name}")))?;
        self.add_text(&format!("shaders/{name}.wgsl"), text, done)
    }

    /// Appends `text`, as of `file`, after what it imports.
    fn add_text(&mut self, file: &str, text: &str, done: &mut Vec<String>) -> Result<()> {
        let import = |line: &str| line.strip_prefix("import ")?.strip_suffix(';').map(str::to_owned);
        for name in text.lines().filter_map(import) {
            self.import(&name, done)?;
        }
        // Imports stay as comments, so that line numbers are the file's own.
        let kept = |line: &str| if import(line).is_some() { format!("// {line}\n") } else { format!("{line}\n") };
        self.push(file, &text.lines().map(kept).collect::<String>());
        Ok(())
    }

    /// Appends functions that load the structs of the source from arrays of words.
    fn add_loads(&mut self) {
        let all = [
            stimuli::shared_structs(),
            coupling::shared_structs(),
            perturbed::shared_structs(),
            plastic_entries::shared_structs(),
            cut_entries::shared_structs(),
        ]
        .concat();
        let there = all.iter().filter(|entry| self.source.contains(&format!("struct {} {{", entry.name)));
        let loads: String = there.filter_map(SharedStruct::load).collect();
        self.push("generated loads", &loads);
    }

    /// Appends `text` as it is, and notes `file` as its origin.
    fn push(&mut self, file: &str, text: &str) {
        for (index, line) in text.lines().enumerate() {
            self.source.push_str(line);
            self.source.push('\n');
            self.origins.push((file.to_owned(), index as u32 + 1));
        }
    }

    /// The error for `message` of a driver or of naga at `line` of the source, counted from 1, with the file and line
    /// that it came from.
    pub fn error(&self, line: Option<u32>, message: &str) -> Error {
        let origin = line.and_then(|l| self.origins.get((l as usize).saturating_sub(1)));
        let (file, line) = origin.cloned().unwrap_or_else(|| (self.name.clone(), 0));
        Error::Shader { file, line, message: message.to_owned() }
    }
}

/// The constants that Rust and WGSL share, as WGSL.
fn constants(shape: &Shape) -> String {
    let encoding = shape.encoding;
    let constants = [
        ("WORKGROUP", WORKGROUP),
        ("BUNDLE", BUNDLE),
        ("TILE", TILE),
        ("IDLE_CHECK_STEPS", IDLE_CHECK_STEPS),
        ("NONE", NONE),
        ("SPIKES_TAIL", SPIKES_TAIL),
        ("SPIKES_FAULT", SPIKES_FAULT),
        ("SPIKES_OVERFLOW", SPIKES_OVERFLOW),
        ("SPIKES_CUT", SPIKES_CUT),
        ("NEVER_FIRED", NEVER_FIRED),
        ("SPIKES_STARTS", SPIKES_STARTS),
        ("SPIKES_ENDS", shape.ends()),
        ("SPIKES_STEPS", shape.steps),
        ("SPIKES_LIST", shape.list()),
        ("SPIKES_CAPACITY", shape.capacity),
        ("SLOTS", shape.slots),
        ("MIN_DELAY", shape.min_delay),
        ("BLOCK", shape.block),
        ("BLOCKS", shape.blocks),
        ("FORMAT", encoding.format as u32),
        ("PLAIN2", SynapseFormat::Plain2 as u32),
        ("NARROW", SynapseFormat::Narrow as u32),
        ("WIDE", SynapseFormat::Wide as u32),
        ("ACCUMULATOR_MASK", encoding.accumulator(u32::MAX)),
        // WGSL refuses to shift by 32, even where it is never done.
        ("ACCUMULATOR_SHIFT", encoding.accumulator_bits.min(31)),
        ("DELAY_BITS", encoding.delay_bits),
        ("MAX_PROJECTIONS", shape.projections),
        ("NOISE_STREAM", noise_stream()),
        ("SIGNALS", shape.signals),
        ("SIGNAL_SLOTS", shape.signal_slots),
    ];
    let words = constants.iter().chain(&FIELDS).chain(&coupling::CONSTANTS).chain(&stimuli::CONSTANTS);
    words.map(|(name, value)| format!("const {name}: u32 = {value}u;\n")).collect::<String>()
        + &format!("const SKIPS_IDLE: bool = {};\nconst TINY: f32 = {:?};\n", shape.skips_idle, <f32 as Number>::TINY)
}

/// The structs `Derived` and `State` of `model` in WGSL, with functions that load, store, settle and compare them; in
/// buffers they lie field by field.
fn structs(model: &Declaration) -> String {
    let state: Vec<String> = model.state.iter().map(|v| field(v.name)).collect();
    let derived: Vec<String> = model.derived.iter().map(|name| field(name)).collect();
    // As in a plan: one where there are none.
    let channels = model.channels.len().max(1);
    let mut text = format!("const CHANNELS: u32 = {channels}u;\nconst MULTIPLE: bool = {};\n", model.multiple);
    text += &structure("Derived", &derived);
    text += &structure("State", &state);
    text += &load("derived_load", "Derived", derived.len(), "values", "slice.derived", "slice.derived_stride");
    text += &load("state_load", "State", state.len(), "state", "slice.state", "slice.count");
    text += "fn state_store(i: u32, s: State) {\n";
    for (field, name) in state.iter().enumerate() {
        text += &format!("    state[slice.state + {field}u * slice.count + i] = s.{name};\n");
    }
    text += "}\nfn state_settled(s: State) -> State {\n    return State(\n";
    if state.is_empty() {
        text += "        0.0,\n";
    }
    for name in &state {
        text += &format!("        select(s.{name}, 0.0, abs(s.{name}) < TINY),\n");
    }
    text += "    );\n}\nfn state_same(a: State, b: State) -> bool {\n    return true";
    for name in &state {
        text += &format!("\n        && bitcast<u32>(a.{name}) == bitcast<u32>(b.{name})");
    }
    text + ";\n}\n"
}

/// The WGSL function `state_hold`, which sets a state variable by its index.
fn hold(model: &Declaration) -> String {
    let case = |(k, v): (usize, &Variable)| format!("        case {k}u: {{ (*s).{} = value; }}\n", field(v.name));
    let cases: String = model.state.iter().enumerate().map(case).collect();
    format!(
        "fn state_hold(s: ptr<function, State>, which: u32, value: f32) {{\n    switch which {{\n{cases}        default: {{}}\n    \
         }}\n}}\n"
    )
}

/// The WGSL struct `name` of numbers `fields`. WGSL has no empty structs: without fields it gets one that is not
/// stored.
fn structure(name: &str, fields: &[String]) -> String {
    let none = ["none".to_owned()];
    let fields = if fields.is_empty() { &none } else { fields };
    let lines: String = fields.iter().map(|f| format!("    {f}: f32,\n")).collect();
    format!("struct {name} {{\n{lines}}}\n")
}

/// The WGSL function `function`, which loads struct `name` of neuron `i`: its field k lies at `base` + k * `stride` + i
/// of `array`.
fn load(function: &str, name: &str, fields: usize, array: &str, base: &str, stride: &str) -> String {
    let values: Vec<String> = (0..fields).map(|field| format!("{array}[{base} + {field}u * {stride} + i]")).collect();
    let values = if values.is_empty() { "0.0".to_owned() } else { values.join(",\n        ") };
    format!("fn {function}(i: u32) -> {name} {{\n    return {name}(\n        {values},\n    );\n}}\n")
}
