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
//! refractory period holds, then the condition of a spike; `input = "before"` puts what arrived first. Equations that
//! are linear with constant coefficients are followed exactly (`linear`), the others by `method` (`solve`; rk4 unless
//! given) in `substeps` equal parts of a step. With `spike_in_substep = true` a spike and its reset take effect in the
//! part in which they happen, and the margin counts: it is the number of spikes less one. A step has as many spikes as
//! parts at most, or `spikes`; more are a fault.
//!
//! A potential that starts at a parameter is stored as its difference from it, if the equations allow it (`relative`):
//! [`Variable::relative_to`].
//!
//! With `part` a step has at most `substeps` parts of lengths that the model gives, and the last takes what is left.
//!
//! `I` is the current of stimuli (pA), `dt` the step (ms), `refractory` the steps left of the refractory period,
//! `before(x)` the value of x before the step, in equations and in the condition of a spike; `normal()` and `uniform()`
//! are random numbers, anew for each neuron and step, and the same in all parts and stages of a step.
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

/// The lower limit of a parameter that stands for no limit, as lower ones do; it is within what f32 can hold.
pub const NO_LIMIT: f64 = -1e30;

/// A parameter of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its unit as written; empty for a plain number.
    pub unit: String,
    /// Its value unless set, in its unit.
    pub default: f64,
    /// Whether it is true or false, 1 or 0 in equations.
    pub flag: bool,
    /// Its meaning, one phrase.
    pub about: String,
}

impl Parameter {
    /// Its value unless set, as people read it: a flag as true or false, and a limit that is none as "none".
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

/// A state variable of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its unit as written; empty for a plain number.
    pub unit: String,
    /// Where it starts at time 0 unless set.
    pub start: Start,
    /// The parameter that the stored value is relative to, if any: stored = value - parameter.
    pub relative_to: Option<String>,
    /// Its meaning, one phrase.
    pub about: String,
}

/// A receptor of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Receptor {
    /// Its name.
    pub name: String,
    /// The unit of its weights as written; empty for a plain number.
    pub unit: String,
    /// Which weights it takes.
    pub takes: Takes,
    /// The synapse model that alone may reach it, if there is one: its spikes carry more than a weight.
    pub synapse: Option<String>,
}

/// A rule that a value must keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The parameter or state variable that must keep it.
    pub name: String,
    /// The rule as written: "> 0", "< V_th", "from 0 to 1".
    pub words: String,
}

/// Rules, and the function that evaluates them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The rules.
    pub rules: Vec<Rule>,
    /// One output for each rule: 1 where it is kept, else 0.
    pub function: Function,
}

/// The kind of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It takes spikes and emits spikes.
    Neuron,
    /// It carries spikes from a source to a target.
    Synapse,
    /// It takes spikes and gives signals.
    Astrocyte,
}

/// A signal of an astrocyte, which couplings carry to other cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// Its name.
    pub name: String,
    /// Its unit.
    pub unit: Unit,
}

/// The state that synapses share at one of their ends, which the spikes there change.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The state variables.
    pub state: Vec<Variable>,
    /// What passing time does: from derived values, the state and `elapsed` (ms) to the state.
    pub advance: Function,
    /// What a spike at this end does: from derived values and the state to the state.
    pub spike: Function,
}

/// The functions that make a model.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there is one for each model")]
pub enum Functions {
    /// Those of a neuron.
    Neuron {
        /// A step: from derived values, state, what arrived at each receptor, the current `I` (pA) and the random
        /// numbers to the state and `margin`.
        step: Function,
        /// What a spike does: from derived values and state to the state.
        reset: Function,
        /// The most spikes of one step; where it is more than 1, the margin is the number of spikes less one.
        max_spikes: u32,
    },
    /// Those of a synapse.
    Synapse {
        /// The state of the source that its synapses share.
        source: Trace,
        /// The state of the target that its synapses share.
        target: Trace,
        /// What passing time does to the state of the synapse: from derived values, the state and `elapsed` (ms) to the
        /// state.
        advance: Function,
        /// What a spike of the source does: from derived values and the states of synapse, source and target to the
        /// state of the synapse and `send`, the weight that is sent.
        pre: Function,
        /// What a spike of the target does: from the same inputs to the state of the synapse.
        post: Function,
        /// What a spike of the third factor does, if there is one: from the same inputs to the state of the synapse.
        modulator: Option<Function>,
    },
    /// Those of an astrocyte.
    Astrocyte {
        /// A step: from derived values, state and what arrived at each receptor to the state.
        step: Function,
        /// The signals that it gives couplings.
        signals: Vec<Signal>,
        /// The function of derived values and state to the signals, in base units.
        gives: Function,
    },
}

/// A model read from text.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// What it models, one sentence.
    pub about: String,
    /// Its parameters, in the order of the file.
    pub parameters: Vec<Parameter>,
    /// Its state variables, in the order they are stored; `refractory` comes last.
    pub state: Vec<Variable>,
    /// Its receptors.
    pub receptors: Vec<Receptor>,
    /// The rules of parameters, with a function of the parameters.
    pub parameter_rules: Rules,
    /// The rules of states at time 0, with a function of the parameters and the states.
    pub state_rules: Rules,
    /// The parameter (ms) that is the refractory period, if there is one.
    pub refractory: Option<String>,
    /// The function of the parameters, dt (ms) and, where there is a refractory period, its steps to the derived
    /// values; see [`Model::derived`].
    pub derive: Function,
    /// Its differential equations as they were understood, as lines; empty for synapses.
    pub equations: Vec<String>,
    /// How its differential equations are followed, as lines; empty for synapses, whose equations are all followed
    /// exactly.
    pub solution: Vec<String>,
    /// The random numbers that a step takes, in the order of its inputs.
    pub draws: Vec<Draw>,
    /// For a synapse whose state has ranges: the function of the parameters, dt and the state to the state within its
    /// ranges.
    pub ranges: Option<Function>,
    /// For a synapse: whether its states start with the first spike of the source, and not at time 0.
    pub begins_at_first_spike: bool,
    /// Its functions.
    pub functions: Functions,
    /// The section that it was read from.
    section: Section,
}

impl Model {
    /// Reads the model `name` from a TOML table with its kind, parameters, state and equations.
    ///
    /// # Errors
    /// What is wrong, with its key, line and column.
    pub fn of_table(name: &str, table: &toml::Table) -> Result<Model> {
        read_model(name, &Section::of_table(&format!("model.{name}"), table)?)
    }

    /// Reads all models `[model.NAME]` of a TOML text that holds nothing else; `file` is where errors say it stands.
    ///
    /// # Errors
    /// What is wrong, with its line and column in the file; a text without a model.
    pub fn of_file(file: &str, text: &str) -> Result<Vec<Model>> {
        let tables = Section::of_file(file, text)?;
        tables.only(&["model"])?;
        let models = models(&tables)?;
        if models.is_empty() {
            return Err(tables.refuse("there is no model; expected a table [model.NAME]"));
        }
        Ok(models)
    }

    /// Reads the models `[model.NAME]` among the tables of a TOML text; `file` is where errors say it stands.
    ///
    /// # Errors
    /// What is wrong with a model, with its line and column in the file.
    pub fn among(file: &str, text: &str) -> Result<Vec<Model>> {
        models(&Section::of_file(file, text)?)
    }

    /// The table `[model.NAME]` that it was read from, as TOML: reading it again gives the same model.
    pub fn to_toml(&self) -> String {
        self.section.to_toml(&format!("model.{}", source::toml_key(&self.name)))
    }

    /// Whether it is a neuron, a synapse or an astrocyte.
    pub fn kind(&self) -> Kind {
        match self.functions {
            Functions::Neuron { .. } => Kind::Neuron,
            Functions::Synapse { .. } => Kind::Synapse,
            Functions::Astrocyte { .. } => Kind::Astrocyte,
        }
    }

    /// The same neuron with one more parameter, a conductance g (nS), through which the current g·(V_m - E) leaves its
    /// potential `V_m`; E is the parameter that `V_m` is stored relative to, or 0. `None` for a synapse or an
    /// astrocyte, or where there is no `V_m`.
    ///
    /// # Errors
    /// Those of reading the model, which has been read before without one.
    pub fn with_conductance(&self) -> Result<Option<Model>> {
        neuron::with_conductance(self, &self.section)
    }

    /// The steps for which a neuron with these parameters, in declared order, stays silent after a spike where a step
    /// takes `dt` ms; 0 where there is no refractory period, and `None` where the value of the parameter is not a time.
    pub fn refractory_steps(&self, parameters: &[f64], dt: f64) -> Option<u64> {
        let Some(name) = &self.refractory else { return Some(0) };
        let place = self.parameters.iter().position(|parameter| parameter.name == *name)?;
        let unit = units::named(&self.parameters[place].unit).unwrap_or(Unit::MS);
        Grid::new(dt).refractory(parameters.get(place)? * unit.scale)
    }

    /// The derived values of these parameters, in declared order, for a step of `dt` ms.
    pub fn derived(&self, parameters: &[f64], dt: f64) -> Vec<f64> {
        let steps = self.refractory_steps(parameters, dt).map_or(f64::NAN, |steps| steps as f64);
        let steps = self.refractory.is_some().then_some(steps);
        let inputs: Vec<f64> = parameters.iter().copied().chain([dt]).chain(steps).collect();
        evaluate(&self.derive, &inputs)
    }
}

impl Rules {
    /// The rules of a parameter or state variable, as written, with commas between them.
    pub fn of(&self, name: &str) -> String {
        let own = self.rules.iter().filter(|rule| rule.name == name).map(|rule| rule.words.as_str());
        own.collect::<Vec<_>>().join(", ")
    }

    /// The first rule that `values`, the inputs of [`Rules::function`], break; `None` if they keep all.
    pub fn broken_by(&self, values: &[f64]) -> Option<&Rule> {
        let kept = evaluate(&self.function, values);
        self.rules.iter().zip(kept).find(|(_, kept)| *kept == 0.0).map(|(rule, _)| rule)
    }
}

/// Reads the models `[model.NAME]` among some tables.
fn models(tables: &Section) -> Result<Vec<Model>> {
    let Some(models) = tables.section("model")? else { return Ok(Vec::new()) };
    let sections = models.entries.iter().map(|(name, _)| (name, models.section(name)));
    sections
        .filter_map(|(name, section)| Some(section.transpose()?.and_then(|section| read_model(name, section))))
        .collect()
}

/// Reads the model `name` of a section, by its kind.
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
