//! `neuropil model`.

use std::fmt::Write;
use std::path::Path;

use clap::Args;
use neuropil::equations::text::{self, Functions, Trace};
use neuropil::equations::words::{Cost, Counts, lines};
use neuropil::equations::{Function, rust};
use neuropil::experiment::models_in;
use neuropil::models::{self, Equations, Model, Start};
use neuropil::{Error, Result};
use serde::Serialize;

use super::{style, tables};

/// Options of `neuropil model`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  neuropil model iaf_psc_exp          a built-in model\n  neuropil model mine.toml            a model of your own, or the models of an experiment\n  neuropil model mine.toml --dt 0.05  derived values in another step\n  neuropil model mine.toml --step     what a step does, operation by operation\n  neuropil model mine.toml --rust     the same as Rust, for the speed of the built-in ones\n  neuropil model stdp_synapse         a synapse with memory\n  neuropil model                      all built-in models"
)]
pub struct ModelOptions {
    /// A TOML file with tables [model.NAME], or the name of a built-in neuron or synapse model
    #[arg(value_name = "FILE | NAME")]
    model: Option<String>,
    /// Print what each step does to the state, operation by operation
    #[arg(long)]
    step: bool,
    /// Print the neuron models of the file as Rust
    #[arg(long)]
    rust: bool,
    /// Step for which derived values are shown, ms
    #[arg(long, value_name = "MS", default_value_t = 0.1)]
    dt: f64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The title of the function that a step runs.
const STEP: &str = "each step";

/// The description of a model, which `--json` prints.
#[derive(Debug, Serialize)]
struct Description {
    name: String,
    /// "neuron", "astrocyte" or "synapse".
    kind: &'static str,
    about: String,
    parameters: Vec<Declared>,
    state: Vec<Declared>,
    receptors: Vec<Receptor>,
    /// Differential equations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    equations: Vec<String>,
    /// How the equations are solved, line by line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    solution: Vec<String>,
    /// The functions of the model, operation by operation.
    functions: Vec<Operations>,
    /// Names of derived values, and the values for the default parameters.
    derived: Vec<(String, f64)>,
    /// The step that derived values are for, ms.
    dt_ms: f64,
    /// The cost of a step; `None` for synapses.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<Costs>,
}

/// A parameter or a state variable.
#[derive(Debug, Serialize)]
struct Declared {
    name: String,
    /// The default, or the value at the start.
    value: String,
    unit: String,
    /// The bound that values must keep, in words.
    rule: String,
    about: String,
}

/// A receptor of a model.
#[derive(Debug, Serialize)]
struct Receptor {
    name: String,
    unit: String,
    /// What arrives at it: spikes or a current.
    takes: String,
}

/// A function of a model, operation by operation.
#[derive(Debug, Serialize)]
struct Operations {
    /// When the function runs.
    when: String,
    /// One operation each.
    lines: Vec<String>,
}

/// The cost of one step of one neuron.
#[derive(Debug, Serialize)]
struct Costs {
    operations: u64,
    /// Operations of the longest step, where a usual step leaves parts out.
    #[serde(skip_serializing_if = "Option::is_none")]
    most_operations: Option<u64>,
    /// Exponentials and logarithms.
    exponentials: u64,
    /// Quotients and square roots.
    quotients: u64,
    /// The estimated time of one core, ns.
    ns_per_step: f64,
    /// Bytes of state in f32.
    state_bytes: u64,
    #[serde(skip_serializing_if = "super::is_zero")]
    random_numbers: u64,
}

/// Prints the description of a model or of the models of a file, or lists the built-in models.
///
/// # Errors
/// An unknown name, a file that cannot be read, options that do not fit, standard output that cannot be written.
pub fn model(options: &ModelOptions) -> Result<()> {
    if !(options.dt > 0.0 && options.dt.is_finite()) {
        let problem = format!("{} ms must be a number greater than 0", options.dt);
        return Err(Error::invalid("--dt", problem));
    }
    let Some(name) = &options.model else { return print_list(options.json) };
    let all = if super::connectome::is_file(name) {
        let models = models_in(Path::new(name))?;
        if options.rust {
            let texts = models.iter().map(rust::neuron).collect::<Result<Vec<String>>>()?;
            return super::print(&texts.join("\n"));
        }
        models.iter().map(|model| describe_text(model, options.dt)).collect::<Result<Vec<_>>>()?
    } else if models::synapse_names().any(|known| known == name) {
        if options.rust {
            return Err(Error::invalid("--rust", format!("{name} is a synapse; --rust prints neurons")));
        }
        vec![describe_text(models::synapse(name, "the command line")?.text(), options.dt)?]
    } else {
        let model = models::named(name, "the command line")?;
        match (model.text(), options.rust) {
            (Some(text), true) => return super::print(&rust::neuron(text)?),
            (Some(text), false) => vec![describe_text(text, options.dt)?],
            (None, false) => vec![describe_rust(model.as_ref(), options.dt)],
            (None, true) => {
                let problem = format!("{name} is written in Rust already; --rust goes with models in text");
                return Err(Error::invalid("--rust", problem));
            }
        }
    };
    if options.json {
        return super::print_json(&all);
    }
    super::print(&all.iter().map(|model| model.text(options.step)).collect::<Vec<_>>().join("\n"))
}

/// Prints the built-in models.
fn print_list(json: bool) -> Result<()> {
    let all = models::all();
    if json {
        let names = all.iter().map(|model| model.declaration().name).chain(models::synapse_names());
        return super::print_json(&names.collect::<Vec<_>>());
    }
    let rows: Vec<(&str, String)> =
        all.iter().map(|model| (model.declaration().name, model.declaration().about.to_owned())).collect();
    let mut synapses = Vec::new();
    for name in models::synapse_names() {
        synapses.push((name, models::synapse(name, "the list of models")?.text().about.clone()));
    }
    let bold = style::Style { dim: style::output().bold, ..style::output() };
    let list = tables::pairs(&rows, bold) + "\nSynapses with memory:\n" + &tables::pairs(&synapses, bold);
    super::print(&format!("{list}\nneuropil model <name> shows one, neuropil model FILE those of a file.\n"))
}

/// The description of a model in Rust, from its declaration; derived values are for steps of `dt` ms.
fn describe_rust(model: &dyn Model, dt: f64) -> Description {
    let declared = model.declaration();
    let parameters = declared.parameters.iter().map(|p| Declared {
        name: p.name.into(),
        value: if p.default.abs() == f64::MAX { "none".to_owned() } else { p.default.to_string() },
        unit: p.unit.into(),
        rule: p.bound.rule().into(),
        about: p.about.into(),
    });
    let state = declared.state.iter().map(|v| Declared {
        name: v.name.into(),
        value: match v.start {
            Start::At(value) => value.to_string(),
            Start::Parameter(name) => name.into(),
        },
        unit: v.unit.into(),
        rule: v.bound.rule().into(),
        about: v.about.into(),
    });
    let defaults: Vec<f64> = declared.parameters.iter().map(|p| p.default).collect();
    let derived = declared.derived.iter().map(|name| (*name).to_owned()).zip(model.derive(&defaults, dt)).collect();
    let Equations { step, reset } = model.equations();
    let receptors = declared.channels.iter();
    Description {
        name: declared.name.into(),
        kind: "neuron",
        about: declared.about.into(),
        parameters: parameters.collect(),
        state: state.collect(),
        receptors: receptors
            .map(|c| Receptor { name: c.name.into(), unit: c.unit.into(), takes: models::takes(c.takes).into() })
            .collect(),
        equations: Vec::new(),
        solution: Vec::new(),
        functions: vec![operations(STEP, step), operations("a spike, where margin >= 0", reset)],
        derived,
        dt_ms: dt,
        cost: Some(Costs::of(step, declared.state.len(), declared.draws.len())),
    }
}

/// The description of a model in text; derived values are for steps of `dt` ms.
fn describe_text(model: &text::Model, dt: f64) -> Result<Description> {
    let parameters = model.parameters.iter().map(|p| Declared {
        name: p.name.clone(),
        value: p.default_in_words(),
        unit: p.unit.clone(),
        rule: if p.flag { "true or false".into() } else { model.parameter_rules.of(&p.name) },
        about: p.about.clone(),
    });
    let defaults: Vec<f64> = model.parameters.iter().map(|p| p.default).collect();
    let derived = model.derive.outputs.iter().map(|(name, _)| name.clone()).zip(model.derived(&defaults, dt));
    let (kind, cost) = match &model.functions {
        Functions::Neuron { step, .. } => ("neuron", Some(step)),
        Functions::Astrocyte { step, .. } => ("astrocyte", Some(step)),
        Functions::Synapse { .. } => ("synapse", None),
    };
    let takes = |r: &text::Receptor| match &r.synapse {
        Some(synapse) => format!("{}, of {synapse} alone", models::takes(r.takes)),
        None => models::takes(r.takes).into(),
    };
    let receptors = model.receptors.iter();
    Ok(Description {
        name: model.name.clone(),
        kind,
        about: model.about.clone(),
        parameters: parameters.collect(),
        state: model.state.iter().map(|v| declared_variable(v, model.state_rules.of(&v.name))).collect(),
        receptors: receptors
            .map(|r| Receptor { name: r.name.clone(), unit: r.unit.clone(), takes: takes(r) })
            .collect(),
        equations: model.equations.clone(),
        solution: model.solution.clone(),
        functions: operations_of(&model.functions),
        derived: derived.collect(),
        dt_ms: dt,
        cost: cost.map(|step| Costs::of(step, model.state.len(), model.draws.len())),
    })
}

/// A state variable with its start and its bound in words.
fn declared_variable(variable: &text::Variable, rule: String) -> Declared {
    let value = match &variable.start {
        text::Start::At(value) => value.to_string(),
        text::Start::Parameter(name) => name.clone(),
    };
    let text::Variable { name, unit, about, .. } = variable.clone();
    Declared { name, value, unit, rule, about }
}

/// The functions of a model, each with when it runs.
fn operations_of(functions: &Functions) -> Vec<Operations> {
    match functions {
        Functions::Neuron { step, reset, max_spikes } => {
            let when = if *max_spikes > 1 { "in the step of a spike" } else { "a spike, where margin >= 0" };
            vec![operations(STEP, step), operations(when, reset)]
        }
        Functions::Astrocyte { step, gives, .. } => vec![operations(STEP, step), operations("what it gives", gives)],
        Functions::Synapse { source, target, advance, pre, post, modulator } => {
            let mut all = vec![operations("time passes", advance)];
            for (end, Trace { advance, spike, .. }) in [("source", source), ("target", target)] {
                all.push(operations(&format!("time passes at the {end}"), advance));
                all.push(operations(&format!("a spike of the {end}, for what its synapses share"), spike));
            }
            all.push(operations("a spike of the source", pre));
            all.push(operations("a spike of the target", post));
            all.extend(modulator.iter().map(|function| operations("a spike of the modulator", function)));
            all
        }
    }
}

/// The operations of one function.
fn operations(when: &str, function: &Function) -> Operations {
    Operations { when: when.to_owned(), lines: lines(function) }
}

impl Costs {
    /// The cost of one step of one neuron; the state counts as f32.
    fn of(step: &Function, state: usize, draws: usize) -> Costs {
        let counts = Counts { draws: draws as u64, ..Counts::of(step) };
        Costs {
            operations: counts.total(),
            most_operations: Some(Counts::largest(step).total()).filter(|&most| most > counts.total()),
            exponentials: counts.exponentials + counts.logarithms,
            quotients: counts.quotients + counts.roots,
            ns_per_step: Cost::ZEN4.of(&counts),
            state_bytes: 4 * state as u64,
            random_numbers: counts.draws,
        }
    }
}

impl Description {
    /// The description for people. It holds what each step does to the state where `step` asks for it or the model has
    /// no equations.
    fn text(&self, step: bool) -> String {
        let style = style::output();
        let mut text = format!("{}{}{}: {} ({})\n", style.bold, self.name, style.plain, self.about, self.kind);
        add_declared(&mut text, "Parameters", &self.parameters);
        add_declared(&mut text, "State, and where it starts", &self.state);
        let receptors: Vec<(&str, String)> =
            self.receptors.iter().map(|r| (r.name.as_str(), format!("{} {}", r.takes, bracketed(&r.unit)))).collect();
        add_section(&mut text, "Receptors", &tables::pairs(&receptors, style));
        add_section(&mut text, "Equations", &indented(&self.equations));
        add_section(&mut text, "How they are followed", &indented(&self.solution));
        let shown = |function: &&Operations| {
            !function.lines.is_empty() && (step || self.equations.is_empty() || function.when != STEP)
        };
        for Operations { when, lines } in self.functions.iter().filter(shown) {
            let mut title = when.clone();
            title.get_mut(..1).into_iter().for_each(str::make_ascii_uppercase);
            add_section(&mut text, &title, &indented(lines));
        }
        let derived: Vec<(&str, String)> =
            self.derived.iter().map(|(name, value)| (name.as_str(), value.to_string())).collect();
        let title = format!("Derived from the defaults in a step of {} ms", self.dt_ms);
        add_section(&mut text, &title, &tables::pairs(&derived, style));
        if let Some(cost) = &self.cost {
            let draws = match cost.random_numbers {
                0 => String::new(),
                1 => "1 random number, ".to_owned(),
                draws => format!("{draws} random numbers, "),
            };
            let most = cost.most_operations.map_or(String::new(), |most| format!(", up to {most} near a spike"));
            let what = format!(
                "  {} operations a step{most} ({} of exp and ln, {} quotients and roots), {draws}{} B of state in f32;\n  about {} ns of a core per neuron and step in Rust, from text about twice as much at most, four times where it is interpreted\n",
                cost.operations,
                cost.exponentials,
                cost.quotients,
                cost.state_bytes,
                tables::short(cost.ns_per_step)
            );
            add_section(&mut text, "Cost", &what);
        }
        text
    }
}

/// Adds a titled section to `text`, unless `body` is empty.
fn add_section(text: &mut String, title: &str, body: &str) {
    if !body.is_empty() {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n{title}\n{body}");
    }
}

/// The lines as one text, each indented by two blanks.
fn indented(lines: &[String]) -> String {
    lines.iter().map(|line| format!("  {line}\n")).collect()
}

/// A unit in brackets; an empty text for no unit.
fn bracketed(unit: &str) -> String {
    if unit.is_empty() { String::new() } else { format!("({unit})") }
}

/// Adds a section of parameters or state variables, in columns.
fn add_declared(text: &mut String, title: &str, all: &[Declared]) {
    let cells = |d: &Declared| {
        let value = if d.value == "none" { d.value.clone() } else { format!("{} {}", d.value, d.unit) };
        [value.trim_end().to_owned(), d.rule.clone(), d.about.clone()]
    };
    let widths: [usize; 2] = [0, 1].map(|k| all.iter().map(|d| cells(d)[k].chars().count()).max().unwrap_or(0));
    let rows: Vec<(&str, String)> = all
        .iter()
        .map(|d| {
            let [value, rule, about] = cells(d);
            (d.name.as_str(), format!("{value:<0$}  {rule:<1$}  {about}", widths[0], widths[1]))
        })
        .collect();
    add_section(text, title, &tables::pairs(&rows, style::output()));
}
