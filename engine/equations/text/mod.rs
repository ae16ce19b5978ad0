//! Models as users write them: declarations, equations with units, a spike and what it does; to functions as graphs.
//!
//! ```toml
//! [model.iaf_mine]
//! kind = "neuron"                        # or "synapse", "astrocyte"
//! about = "leaky integrate-and-fire, exponential currents"
//! parameters = { tau_m = "10 ms > 0: membrane time constant", C_m = "250 pF > 0: membrane capacitance", ... }
//! state = { V_m = "E_L mV: membrane potential", I_syn = "0 pA: synaptic current" }
//! receptors = { in = "pA all: I_syn += in" }
//! [model.iaf_mine.dynamics]
//! equations = """
//! I_syn' = -I_syn / tau_syn
//! V_m' = -(V_m - E_L) / tau_m + (I_syn + I) / C_m
//! """
//! spike = "V_m >= V_th"
//! reset = "V_m = V_reset"
//! refractory = "t_ref holds V_m at V_reset"
//! ```
//!
//! **One step**, of all kinds: the equations over dt, then what arrived, then ranges (`from a to b`), then what the
//! refractory period holds, then the condition of a spike; `input = "before"` puts what arrived first. Equations that are
//! linear with constant coefficients are followed exactly (`linear`), the others by `method` (`solve`; rk4 unless
//! given) in `substeps` equal parts of a step. With `spike_in_substep = true` a spike and its reset take effect in the part
//! in which they happen, and the margin counts: it is the number of spikes less one.
//!
//! A potential that starts at a parameter is stored as its difference from it, if the equations allow it (`relative`):
//! [`Variable::relative_to`].
//!
//! With `part` a step has at most `substeps` parts of lengths that the model gives, and the last takes what is left.
//!
//! `I` is the current of stimuli (pA), `dt` the step (ms), `refractory` the steps left of the refractory period,
//! `before(x)` the value of x before the step, in equations and in the condition of a spike; `normal()` and `uniform()` are random numbers, anew
//! for each neuron and step, and the same in all parts and stages of a step.
//!
//! **In this order**: `lex`, `parse`, `declare`; `expression` with units; `solve`; then `hoist` takes out what
//! hangs on parameters and dt alone. A text comes from outside: its length, the depth of its parentheses, its names and
//! its operations are bounded, and each refusal is a sentence that points at a line and a column.

use crate::equations::text::source::Section;
use crate::equations::{Draw, Function, Takes, evaluate};
use crate::error::Result;
use crate::time::Grid;

mod astrocyte;
mod declarations;
mod declare;
mod draws;
mod dynamics;
mod expression;
mod functions;
mod hoist;
mod lex;
mod linear;
mod margin;
mod neuron;
mod parse;
mod relative;
mod simple;
mod six_stages;
mod solve;
mod source;
mod step;
mod substeps;
mod synapse;
mod system;
mod units;

pub use solve::Method;
pub use units::Unit;

/// A lower limit at or below this is none: it is within what f32 can hold.
pub const NO_LIMIT: f64 = -1e30;

/// A parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its unit as written; empty for a plain number.
    pub unit: String,
    /// Its value unless set, in its unit.
    pub default: f64,
    /// Whether it is true or false: 1 or 0.
    pub flag: bool,
    /// One phrase.
    pub about: String,
}

impl Parameter {
    /// Its value unless set, as people read it.
    pub fn default_in_words(&self) -> String {
        match self.default {
            default if self.flag => (default != 0.0).to_string(),
            default if default <= NO_LIMIT => "none".to_owned(),
            default => default.to_string(),
        }
    }
}

/// Where a state variable starts.
#[derive(Debug, Clone, PartialEq)]
pub enum Start {
    /// At a constant, in its unit.
    At(f64),
    /// At the value of a parameter.
    Parameter(String),
}

/// A state variable.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its unit as written; empty for a plain number.
    pub unit: String,
    /// Its value at time 0 unless set.
    pub start: Start,
    /// The parameter that the stored value is relative to, if any: stored = value - parameter.
    pub relative_to: Option<String>,
    /// One phrase.
    pub about: String,
}

/// A receptor.
#[derive(Debug, Clone, PartialEq)]
pub struct Receptor {
    /// Its name.
    pub name: String,
    /// The unit of its weights as written; empty for a plain number.
    pub unit: String,
    /// Which weights go there.
    pub takes: Takes,
}

/// A rule that a value must keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Of which parameter or state variable.
    pub name: String,
    /// As written: "> 0", "< V_th", "from 0 to 1".
    pub words: String,
}

/// Rules, and the function that tells which are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The rules.
    pub rules: Vec<Rule>,
    /// One output for each rule: 1 where it is kept, else 0.
    pub function: Function,
}

/// What a model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It takes spikes and emits spikes.
    Neuron,
    /// It carries spikes from a source to a target.
    Synapse,
    /// It takes spikes and gives signals.
    Astrocyte,
}

/// A signal that a model gives to connections of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: Unit,
}

/// The state that synapses share at one of their ends, moved by the spikes there.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The state.
    pub state: Vec<Variable>,
    /// Time passes: from derived values, the state and `elapsed` (ms) to the state.
    pub advance: Function,
    /// A spike at this end: from derived values and the state to the state.
    pub spike: Function,
}

/// The functions that make a model.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there is one for each model")]
pub enum Functions {
    /// Of a neuron.
    Neuron {
        /// From derived values, state, what arrived at each receptor, the current `I` (pA) and the random numbers to the state
        /// and `margin`.
        step: Function,
        /// What a spike does: from derived values and state to the state.
        reset: Function,
        /// The most spikes of one step: where it is more than 1, the margin is the number of spikes less one.
        most: u32,
    },
    /// Of a synapse.
    Synapse {
        /// The state of the source that its synapses share.
        source: Trace,
        /// The state of the target that its synapses share.
        target: Trace,
        /// Time passes for the state of the synapse: from derived values, the state and `elapsed` (ms) to the state.
        advance: Function,
        /// A spike of the source: from derived values and the states of synapse, source and target to the state of the
        /// synapse and `send`, the weight that is sent.
        pre: Function,
        /// A spike of the target: the same inputs, to the state of the synapse.
        post: Function,
        /// A spike of the third factor, if there is one: the same.
        modulator: Option<Function>,
    },
    /// Of an astrocyte.
    Astrocyte {
        /// From derived values, state and what arrived at each receptor to the state.
        step: Function,
        /// The signals.
        signals: Vec<Signal>,
        /// From derived values and state to the signals, in base units.
        gives: Function,
    },
}

/// A model read from text.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// One sentence.
    pub about: String,
    /// Parameters, in the order of the file.
    pub parameters: Vec<Parameter>,
    /// State variables, in the order they are stored; `refractory` comes last.
    pub state: Vec<Variable>,
    /// Receptors.
    pub receptors: Vec<Receptor>,
    /// The rules of parameters: a function of the parameters.
    pub parameter_rules: Rules,
    /// The rules of states at time 0: a function of the parameters and the states.
    pub state_rules: Rules,
    /// The parameter (ms) that is the refractory period, if there is one.
    pub refractory: Option<String>,
    /// From the parameters, dt (ms) and, where there is a refractory period, its steps to the derived values; see
    /// [`Model::derived`].
    pub derive: Function,
    /// Its differential equations as they were understood, in words; not of synapses.
    pub equations: Vec<String>,
    /// How its equations are followed, in words; nothing where all are followed exactly, as those of synapses are.
    pub solution: Vec<String>,
    /// Random numbers that a step takes.
    pub draws: Vec<Draw>,
    /// Of a synapse, the ranges of its state: from the parameters, dt and the state to the state within its ranges.
    pub ranges: Option<Function>,
    /// Of a synapse, whether its states start with the first spike of the source, and not at time 0.
    pub begins_at_first_spike: bool,
    /// Its functions.
    pub functions: Functions,
    /// What it was read from.
    section: Section,
}

impl Model {
    /// The model `name` of a table with its kind, parameters, state and equations.
    ///
    /// # Errors
    /// What is wrong, with its key, line and column.
    pub fn of_table(name: &str, table: &toml::Table) -> Result<Model> {
        read_model(name, &Section::of_table(&format!("model.{name}"), table)?)
    }

    /// All models `[model.NAME]` of a TOML text that stands in `file`, and holds nothing else.
    ///
    /// # Errors
    /// What is wrong, with its line and column in the file; that there is none.
    pub fn of_file(file: &str, text: &str) -> Result<Vec<Model>> {
        let tables = Section::of_file(file, text)?;
        tables.only(&["model"])?;
        let models = models(&tables)?;
        if models.is_empty() {
            return Err(tables.refuse("there is no model; expected a table [model.NAME]"));
        }
        Ok(models)
    }

    /// The models `[model.NAME]` among the tables of a TOML text that stands in `file`.
    ///
    /// # Errors
    /// What is wrong with a model, with its line and column in the file.
    pub fn among(file: &str, text: &str) -> Result<Vec<Model>> {
        models(&Section::of_file(file, text)?)
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        match self.functions {
            Functions::Neuron { .. } => Kind::Neuron,
            Functions::Synapse { .. } => Kind::Synapse,
            Functions::Astrocyte { .. } => Kind::Astrocyte,
        }
    }

    /// The same neuron with a conductance (nS) behind its parameters through which current leaves by its potential `V_m`:
    /// g·(V_m - E), where E is what `V_m` is stored relative to, or 0. None where there is no potential, or no current.
    ///
    /// # Errors
    /// None of a model that has been read.
    pub fn with_conductance(&self) -> Result<Option<Model>> {
        neuron::with_conductance(self, &self.section)
    }

    /// Steps for which a neuron stays silent after a spike; 0 where there is no refractory period, and none where it is no
    /// time.
    pub fn refractory_steps(&self, parameters: &[f64], dt: f64) -> Option<u64> {
        let Some(name) = &self.refractory else { return Some(0) };
        let place = self.parameters.iter().position(|parameter| parameter.name == *name)?;
        let unit = units::named(&self.parameters[place].unit).unwrap_or(Unit::MS);
        Grid::new(dt).refractory(parameters.get(place)? * unit.scale)
    }

    /// The derived values of parameters in a step of `dt` ms.
    pub fn derived(&self, parameters: &[f64], dt: f64) -> Vec<f64> {
        let steps = self.refractory_steps(parameters, dt).map_or(f64::NAN, |steps| steps as f64);
        let steps = self.refractory.is_some().then_some(steps);
        let inputs: Vec<f64> = parameters.iter().copied().chain([dt]).chain(steps).collect();
        evaluate(&self.derive, &inputs)
    }
}

impl Rules {
    /// The rules of a parameter or state variable, as written.
    pub fn of(&self, name: &str) -> String {
        let own = self.rules.iter().filter(|rule| rule.name == name).map(|rule| rule.words.as_str());
        own.collect::<Vec<_>>().join(", ")
    }

    /// The first rule that values break.
    pub fn broken_by(&self, values: &[f64]) -> Option<&Rule> {
        let kept = evaluate(&self.function, values);
        self.rules.iter().zip(kept).find(|(_, kept)| *kept == 0.0).map(|(rule, _)| rule)
    }
}

/// The models among some tables.
fn models(tables: &Section) -> Result<Vec<Model>> {
    let Some(models) = tables.section("model")? else { return Ok(Vec::new()) };
    let sections = models.entries.iter().map(|(name, _)| (name, models.section(name)));
    sections
        .filter_map(|(name, section)| Some(section.transpose()?.and_then(|section| read_model(name, section))))
        .collect()
}

/// Reads a model.
fn read_model(name: &str, section: &Section) -> Result<Model> {
    declare::check_name(name, &[], |problem| section.refuse(problem))?;
    let kinds = ["neuron", "synapse", "astrocyte"];
    let Some(kind) = section.text("kind")? else {
        return Err(
            section.refuse(format!("a model has a kind: {}", kinds.map(|kind| format!("\"{kind}\"")).join(", ")))
        );
    };
    match kind.text() {
        "neuron" => neuron::read(name, section),
        "synapse" => synapse::read(name, section),
        "astrocyte" => astrocyte::read(name, section),
        other => Err(kind.unknown(0, "kind", other, &kinds.map(str::to_owned))),
    }
}
