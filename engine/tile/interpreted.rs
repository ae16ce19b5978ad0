//! Models that are read from text, and played by their equations.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::equations::text::{self, Functions};
use crate::equations::{Function, Op};
use crate::error::{Error, Result};
use crate::tile::{
    Bound, Channel, Declaration, Equations, MAX_CHANNELS, Model, Parameter, Programs, Signals, Start, TileTask,
    Variable,
};

/// A neuron or astrocyte model read from text, with the programs that play it.
#[derive(Debug)]
pub struct Interpreted {
    declaration: &'static Declaration,
    equations: Equations,
    text: text::Model,
    programs: Programs,
    signals: Option<Signals>,
}

impl Interpreted {
    /// The model that `text` declares, a neuron or an astrocyte.
    ///
    /// # Errors
    /// A synapse; more receptors than a neuron may have.
    pub fn new(text: text::Model) -> Result<Interpreted> {
        let place = format!("model '{}'", text.name);
        let refuse = |problem: String| Err(Error::invalid(place.clone(), problem));
        let (equations, max_spikes, signals) = match &text.functions {
            Functions::Neuron { step, reset, max_spikes } => {
                (Equations { step: step.clone(), reset: reset.clone() }, *max_spikes, None)
            }
            Functions::Astrocyte { step, signals, gives } => {
                (without_spikes(step, &text), 1, Some(Signals::new(signals, gives)))
            }
            Functions::Synapse { .. } => {
                return refuse("it is a synapse; name a model of kind = \"neuron\" or \"astrocyte\"".into());
            }
        };
        if text.receptors.len() > MAX_CHANNELS {
            let found = text.receptors.len();
            return refuse(format!(
                "{found} receptors; a neuron has at most {MAX_CHANNELS}, for plans name one in a byte"
            ));
        }
        let declaration = declared(&text, max_spikes);
        let programs = Programs::new(declaration, &equations);
        Ok(Interpreted { declaration, equations, programs, text, signals })
    }

    /// The name of a parameter or state variable, as the declaration holds it; empty if it has none of this name.
    fn declared_name(&self, name: &str) -> &'static str {
        let parameters = self.declaration.parameters.iter().map(|p| p.name);
        parameters.chain(self.declaration.state.iter().map(|v| v.name)).find(|known| *known == name).unwrap_or_default()
    }

    /// The first rule that `values` break: of which parameter or state variable, and in words.
    fn broken(&self, rules: &text::Rules, values: &[f64]) -> Option<(&'static str, String)> {
        rules.broken_by(values).map(|rule| (self.declared_name(&rule.name), rule.words.clone()))
    }
}

impl Model for Interpreted {
    fn declaration(&self) -> &'static Declaration {
        self.declaration
    }
    fn equations(&self) -> &Equations {
        &self.equations
    }
    fn digest(&self) -> u64 {
        // Part of the equations is in `derive`: what depends on parameters alone is computed once.
        let equations = self.equations.digest().rotate_left(1) ^ self.text.derive.digest();
        let equations = match &self.text.functions {
            Functions::Astrocyte { gives, .. } => equations.rotate_left(1) ^ gives.digest(),
            _ => equations,
        };
        // The equations show how many random numbers they take, and not their distributions.
        self.text.draws.iter().fold(equations, |digest, &draw| digest.rotate_left(1) ^ (draw as u64 + 1))
    }
    fn derive(&self, parameters: &[f64], dt: f64) -> Vec<f64> {
        self.text.derived(parameters, dt)
    }
    fn broken_rule(&self, parameters: &[f64]) -> Option<(&'static str, String)> {
        self.broken(&self.text.parameter_rules, parameters)
    }
    fn broken_start(&self, parameters: &[f64], state: &[f64]) -> Option<(&'static str, String)> {
        self.broken(&self.text.state_rules, &[parameters, state].concat())
    }
    fn signals(&self) -> Option<&Signals> {
        self.signals.as_ref()
    }
    fn with_conductance(&self) -> Result<Option<Arc<dyn Model>>> {
        let Some(text) = self.text.with_conductance()? else { return Ok(None) };
        Ok(Some(Arc::new(Interpreted::new(text)?)))
    }
    fn text(&self) -> Option<&text::Model> {
        Some(&self.text)
    }
    fn refractory_steps(&self, parameters: &[f64], dt: f64) -> u64 {
        self.text.refractory_steps(parameters, dt).unwrap_or(0)
    }
    fn integrate_f32(&self, task: TileTask<'_, f32>) {
        self.programs.integrate(task);
    }
    fn integrate_f64(&self, task: TileTask<'_, f64>) {
        self.programs.integrate(task);
    }
}

/// The equations of an astrocyte, which emits no spikes, as those of a neuron: a step with a margin that stays below 0, and a
/// reset that changes nothing.
fn without_spikes(step: &Function, text: &text::Model) -> Equations {
    let mut step = step.clone();
    let never = step.graph.constant(-1.0);
    step.outputs.push(("margin".to_owned(), never));
    let first = text.derive.outputs.len();
    let mut reset = Function { inputs: step.inputs[..first + text.state.len()].to_vec(), ..Function::default() };
    for (place, variable) in (first as u32..).zip(&text.state) {
        let id = reset.graph.push(Op::Input(place));
        reset.outputs.push((variable.name.clone(), id));
    }
    Equations { step, reset }
}

/// Declarations of models that were read, by a text of what they hold. Names and units are used everywhere and for as
/// long as the program runs, so the few KiB of a model are leaked, once however often it is read.
static DECLARED: Mutex<BTreeMap<String, &'static Declaration>> = Mutex::new(BTreeMap::new());

/// The declaration of a model read from text that emits at most `max_spikes` spikes in a step: the known one, or a new
/// one.
fn declared(text: &text::Model, max_spikes: u32) -> &'static Declaration {
    let text::Model { name, about, parameters, state, receptors, refractory, derive, draws, .. } = text;
    let key =
        format!("{:?}", (name, about, parameters, state, receptors, refractory, &derive.outputs, draws, max_spikes));
    let mut known = DECLARED.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry(key).or_insert_with(|| Box::leak(Box::new(declaration(text, max_spikes))))
}

/// A new declaration, whose names and lists are leaked.
fn declaration(text: &text::Model, max_spikes: u32) -> Declaration {
    let name = |name: &str| -> &'static str { Box::leak(name.to_owned().into_boxed_str()) };
    let parameter = |p: &text::Parameter| {
        let (name, unit, about) = (name(&p.name), name(&p.unit), name(&p.about));
        let bound = if p.flag { Bound::Flag } else { Bound::Any };
        Parameter { name, unit, default: p.default, bound, about }
    };
    let variable = |v: &text::Variable| {
        let start = match &v.start {
            text::Start::At(value) => Start::At(*value),
            text::Start::Parameter(parameter) => Start::Parameter(name(parameter)),
        };
        let bound = if text.refractory.is_some() && v.name == "refractory" { Bound::Steps } else { Bound::Any };
        let relative_to = v.relative_to.as_deref().map(name);
        Variable { name: name(&v.name), unit: name(&v.unit), start, relative_to, bound, about: name(&v.about) }
    };
    let channel = |r: &text::Receptor| Channel { name: name(&r.name), unit: name(&r.unit), takes: r.takes };
    let derived: Vec<&str> = text.derive.outputs.iter().map(|(output, _)| name(output)).collect();
    Declaration {
        name: name(&text.name),
        about: name(&text.about),
        parameters: text.parameters.iter().map(parameter).collect::<Vec<_>>().leak(),
        state: text.state.iter().map(variable).collect::<Vec<_>>().leak(),
        derived: derived.leak(),
        channels: text.receptors.iter().map(channel).collect::<Vec<_>>().leak(),
        multiple: max_spikes > 1,
        draws: text.draws.clone().leak(),
        max_spikes: Some(max_spikes),
    }
}
