//! A model read from text as Rust: a declaration with [`crate::neuron!`], which runs at the speed of the built-in
//! models and gives the same bits as the text.

mod language;

use super::graph::{Function, Op};
use super::margin::{margin, with_margin_in_state};
use super::statements::{Form, Statements};
use super::text::{Functions, Model, Rule, Start, Variable};
use crate::error::{Error, Result};
use language::Rust;

/// Rust in the making.
type Text = Statements<Rust>;

/// Words of Rust that cannot be the name of a field.
const KEYWORDS: &str = "Self abstract as async await become box break const continue crate do dyn else enum extern false \
    final fn for gen if impl in let loop macro match mod move mut override priv pub ref return self static struct super \
    trait true try type typeof union unsafe unsized use virtual where while yield";

/// A neuron that is to be printed.
struct Neuron<'a> {
    model: &'a Model,
    /// Names of the derived values.
    derived: Vec<&'a str>,
    /// Names of the state variables, with the margin last if the state holds it.
    state: Vec<&'a str>,
    step: Function,
    reset: Function,
    margin: Function,
    max_spikes: u32,
}

/// The declaration of a neuron as the text of a Rust file. A margin that depends on more than derived values and the
/// state after the step becomes a state variable, `margin`.
///
/// Bounds other than `> 0` and `>= 0` of parameters are kept by `broken_rule`; those of states at time 0 are not.
///
/// # Errors
/// A model that is not a neuron, or that takes random numbers; a name that is a word of Rust, or that would have two
/// meanings there.
pub fn neuron(model: &Model) -> Result<String> {
    let Functions::Neuron { step, reset, max_spikes } = &model.functions else {
        return Err(not_in_rust(&model.name, "it is no neuron; only neurons are declared in Rust".to_owned()));
    };
    if !model.draws.is_empty() {
        let problem = "it takes random numbers, for which models in Rust have no words; play it as text".to_owned();
        return Err(not_in_rust(&model.name, problem));
    }
    let derived: Vec<&str> = model.derive.outputs.iter().map(|(name, _)| name.as_str()).collect();
    let mut state: Vec<&str> = model.state.iter().map(|variable| variable.name.as_str()).collect();
    let (mut step, mut reset) = (step.clone(), reset.clone());
    let margin = match margin(&step, derived.len(), state.len())? {
        Some(margin) => margin,
        None => {
            (step, reset) = with_margin_in_state(&step, &reset, derived.len(), state.len());
            state.push("margin");
            margin(&step, derived.len(), state.len())?.unwrap_or_default()
        }
    };
    check_names(model, &derived, &state)?;
    let neuron = Neuron { model, derived, state, step, reset, margin, max_spikes: *max_spikes };
    let mut text = Text::default();
    neuron.write_declaration(&mut text);
    text.line(1, "impl {");
    if *max_spikes > 1 {
        text.line(2, &format!("const MAX_SPIKES: Option<u32> = Some({max_spikes});"));
        text.line(0, "");
    }
    neuron.write_derive(&mut text)?;
    neuron.write_dynamics(&mut text)?;
    neuron.write_rules(&mut text)?;
    if let Some(period) = &model.refractory {
        text.line(0, "");
        text.line(2, "fn refractory_steps(&self, dt: f64) -> u64 {");
        text.line(3, &format!("refractory_steps(self.{period}, dt) as u64"));
        text.line(2, "}");
    }
    text.line(1, "}");
    text.line(0, "}");
    Ok(text.text)
}

/// Refuses names that are not names in Rust, and a state variable with the name of another.
fn check_names(model: &Model, derived: &[&str], state: &[&str]) -> Result<()> {
    let parameters = model.parameters.iter().map(|parameter| parameter.name.as_str());
    if let Some((k, name)) = state.iter().enumerate().find(|(k, name)| state[..*k].contains(name)) {
        return Err(not_in_rust(
            &model.name,
            format!("state variable {k} is the {name} of the step; rename the other {name}"),
        ));
    }
    for name in parameters.chain(state.iter().copied()).chain(derived.iter().copied()) {
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !plain || KEYWORDS.split_whitespace().any(|word| word == name) {
            return Err(not_in_rust(&model.name, format!("{name} is no name in Rust; rename it")));
        }
    }
    Ok(())
}

impl Neuron<'_> {
    /// Writes the head of the file and the declaration up to the functions.
    fn write_declaration(&self, text: &mut Text) {
        let model = self.model;
        text.line(0, &format!("//! `{}`: {}.", model.name, model.about));
        text.line(0, "//! Made from its equations in text.");
        text.line(0, "");
        let starts = |is: fn(&Start) -> bool| model.state.iter().any(|variable| is(&variable.start));
        let used: Vec<&str> = [
            ("At", starts(|s| matches!(s, Start::At(_)))),
            ("Parameter", starts(|s| matches!(s, Start::Parameter(_)))),
        ]
        .into_iter()
        .filter_map(|(name, used)| used.then_some(name))
        .collect();
        text.line(0, &format!("use neuropil::models::Start::{{{}}};", used.join(", ")));
        if model.refractory.is_some() {
            text.line(0, "use neuropil::models::refractory_steps;");
        }
        text.line(0, "use neuropil::neuron;");
        text.line(0, "use neuropil::number::Real;");
        text.line(0, "");
        text.line(0, "neuron! {");
        text.line(1, &format!("/// {}.", model.about));
        text.line(1, &format!("{} = {:?}, {:?};", type_name(&model.name), model.name, model.about));
        text.line(1, "parameters {");
        for parameter in &model.parameters {
            let bound = declared_bound(&parameter.name, &model.parameter_rules.rules);
            let (name, unit, about) = (&parameter.name, &parameter.unit, &parameter.about);
            text.line(2, &format!("{name}: {unit:?} = {:?}, {bound}, {about:?};", parameter.default));
        }
        text.line(1, "}");
        text.line(1, "state {");
        for variable in &model.state {
            write_state(text, variable, &model.state_rules.rules);
        }
        if self.state.len() > model.state.len() {
            text.line(2, "margin: \"\" = At(-1.0), None, Any, \"what the last step is above its threshold by\";");
        }
        text.line(1, "}");
        text.line(1, &format!("derived {{ {} }}", self.derived.join(", ")));
        text.line(1, "channels {");
        for receptor in &model.receptors {
            text.line(2, &format!("{:?}: {:?}, {:?};", receptor.name, receptor.unit, receptor.takes));
        }
        text.line(1, "}");
        text.line(1, &format!("multiple = {};", self.max_spikes > 1));
        text.line(1, "#[allow(non_snake_case, unused_variables)]");
    }

    /// Writes `derive`: what depends on parameters and dt alone, in `f64`.
    fn write_derive(&self, text: &mut Text) -> Result<()> {
        let model = self.model;
        text.line(2, "fn derive(&self, dt: f64) -> Derived<f64> {");
        text.line(3, "type R = f64;");
        let mut inputs = parameters_of_self(model);
        inputs.push(Form::name("dt".to_owned()));
        if let Some(period) = &model.refractory {
            inputs.push(Form::name(format!("refractory_steps(self.{period}, dt)")));
        }
        let found = text.function(&model.derive, &inputs, 3)?;
        text.line(3, "Derived {");
        for (name, form) in self.derived.iter().zip(found) {
            let value = if form.text == *name { String::new() } else { format!(": {}", form.text) };
            text.line(4, &format!("{name}{value},"));
        }
        text.line(3, "}");
        text.line(2, "}");
        Ok(())
    }

    /// Writes `advance`, `margin` and `reset`.
    fn write_dynamics(&self, text: &mut Text) -> Result<()> {
        let derived = self.derived.iter().map(|name| format!("d.{name}"));
        let kept: Vec<Form> =
            derived.chain(self.state.iter().map(|name| format!("s.{name}"))).map(Form::passing).collect();
        let mut inputs = kept.clone();
        inputs.extend((0..self.model.receptors.len()).map(|k| Form::name(format!("input[{k}]"))));
        inputs.push(Form::name("current".to_owned()));
        let mut advance = self.step.clone();
        advance.outputs.truncate(self.state.len());
        let head = "fn advance<R: Real>(d: &Derived<R>, s: &mut State<R>, input: &[R], current: R) {";
        self.write_change(text, head, &advance.pruned(), &inputs)?;
        text.line(0, "");
        text.line(2, "#[inline(always)]");
        text.line(2, "fn margin<R: Real>(d: &Derived<R>, s: &State<R>) -> R {");
        for found in text.function(&self.margin, &kept, 3)? {
            text.line(3, &found.text);
        }
        text.line(2, "}");
        let head = "fn reset<R: Real>(d: &Derived<R>, s: &mut State<R>) {";
        self.write_change(text, head, &self.reset.pruned(), &kept)
    }

    /// Writes a function that changes the state: all values are read before any is written.
    fn write_change(&self, text: &mut Text, head: &str, function: &Function, inputs: &[Form]) -> Result<()> {
        text.line(0, "");
        text.line(2, "#[inline(always)]");
        text.line(2, head);
        let found = text.function(function, inputs, 3)?;
        let mut writes = Vec::new();
        for (k, (form, name)) in found.into_iter().zip(&self.state).enumerate() {
            let (_, id) = function.outputs[k];
            if function.graph.ops()[id as usize] == Op::Input((self.derived.len() + k) as u32) {
                continue;
            }
            let form = if form.settled { form } else { text.bind("before", &form, 3) };
            writes.push(format!("s.{name} = {};", form.text));
        }
        for write in writes {
            text.line(3, &write);
        }
        text.line(2, "}");
        Ok(())
    }

    /// Writes `broken_rule`: the rules of parameters for which the declaration has no bound.
    fn write_rules(&self, text: &mut Text) -> Result<()> {
        let model = self.model;
        let said = |rule: &Rule| ["> 0", ">= 0"].contains(&rule.words.as_str());
        let rules = &model.parameter_rules;
        let left: Vec<(usize, &Rule)> = rules.rules.iter().enumerate().filter(|(_, rule)| !said(rule)).collect();
        if left.is_empty() {
            return Ok(());
        }
        let mut function = rules.function.clone();
        function.outputs = left.iter().map(|(k, _)| rules.function.outputs[*k].clone()).collect();
        text.line(0, "");
        text.line(2, "fn broken_rule(&self) -> Option<(&'static str, String)> {");
        text.line(3, "type R = f64;");
        let function = function.pruned();
        let found = text.function(&function, &parameters_of_self(model), 3)?;
        for ((form, (_, id)), (_, rule)) in found.into_iter().zip(&function.outputs).zip(left) {
            let truth = function.graph.ops()[*id as usize].kind() == super::graph::Kind::Truth;
            let kept = if truth { form.text } else { format!("{} != 0.0", form.text) };
            text.line(3, &format!("if !({kept}) {{"));
            text.line(4, &format!("return Some(({:?}, {:?}.to_owned()));", rule.name, rule.words));
            text.line(3, "}");
        }
        text.line(3, "None");
        text.line(2, "}");
        Ok(())
    }
}

/// Writes the declaration of a state variable.
fn write_state(text: &mut Text, variable: &Variable, rules: &[Rule]) {
    let start = match &variable.start {
        Start::At(value) => format!("At({value:?})"),
        Start::Parameter(name) => format!("Parameter({name:?})"),
    };
    let bound = if variable.unit == "steps" { "Steps" } else { declared_bound(&variable.name, rules) };
    let Variable { name, unit, relative_to, about, .. } = variable;
    text.line(2, &format!("{name}: {unit:?} = {start}, {relative_to:?}, {bound}, {about:?};"));
}

/// The bound, as a declaration names it, that the rules of a parameter or state variable amount to.
fn declared_bound(name: &str, rules: &[Rule]) -> &'static str {
    let has = |words: &str| rules.iter().any(|rule| rule.name == name && rule.words == words);
    match (has("> 0"), has(">= 0")) {
        (true, _) => "Positive",
        (false, true) => "NonNegative",
        _ => "Any",
    }
}

/// The name of the struct: `aeif_mine` is `AeifMine`.
fn type_name(name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
    };
    name.split('_').map(capital).collect()
}

/// The parameters, read from the fields of `self`.
fn parameters_of_self(model: &Model) -> Vec<Form> {
    model.parameters.iter().map(|parameter| Form::name(format!("self.{}", parameter.name))).collect()
}

/// The error of a model that has no form in Rust.
fn not_in_rust(name: &str, problem: String) -> Error {
    Error::invalid(format!("model {name}"), problem)
}
