//! Functions as WGSL, with the same bits as in Rust.
//!
//! Sums and products go through `add` and `mul`, which keep a driver from reordering or fusing them; division and roots
//! through `div` and `root`, which correct what a driver rounds otherwise than IEEE 754 (`shaders/division.wgsl`); eˣ
//! and ln through functions made of [`crate::math`], never a driver's own. Where the CPU has numbers below 2⁻¹²⁶, `div`
//! and `root` give 0; models must not get there.

mod names;
mod text;

pub use names::field;
pub use text::{ArrayFunction, array_functions, function};

use super::graph::{Function, Op};
use super::margin::margin;
use super::statements::Form;
use super::{Draw, trace};
use crate::error::Result;
use crate::math;
use text::{Text, with_imports, write_function, write_math_function};

/// The variable in which `advance` keeps the margin of the last step, where `margin` cannot compute it from the state.
const KEPT_MARGIN: &str = "kept_margin";

/// The functions of a neuron: `advance`, `margin` and `reset`, with the imports and functions that they need.
///
/// The inputs of `step` are derived values, state, receptors, the current and random numbers, in this order; its
/// outputs are the state and last the margin. `reset` takes derived values and state; its outputs are the state. Where
/// the margin depends on more than derived values and the state after the step, `advance` keeps it until `margin` is
/// called. Where `step` takes random numbers, there is a function `draw` as well, which is to be called first.
///
/// # Errors
/// A step without a margin; shifts beyond 31 bits.
pub fn neuron(step: &Function, reset: &Function, derived: &[&str], state: &[&str], draws: &[Draw]) -> Result<String> {
    with_imports(neuron_functions(step, reset, derived, state, draws)?)
}

/// The functions of [`neuron`], and those by which couplings read it: `state_field`, a state variable by its place;
/// `given`, one of the signals that `signals` computes from derived values and state, by its place; and `sigmoid`.
///
/// # Errors
/// As [`neuron`].
pub fn coupled_neuron(
    (step, reset): (&Function, &Function),
    signals: Option<&Function>,
    derived: &[&str],
    state: &[&str],
    draws: &[Draw],
) -> Result<String> {
    let mut text = neuron_functions(step, reset, derived, state, draws)?;
    text.line(0, "");
    write_math_function(&mut text, "sigmoid", math::sigmoid)?;
    let fields: Vec<String> = state.iter().map(|name| format!("s.{}", field(name))).collect();
    text.line(0, "fn state_field(s: State, which: u32) -> f32 {");
    choose_one(&mut text, &fields);
    text.line(0, "");
    text.line(0, "fn given(d: Derived, s: State, which: u32) -> f32 {");
    let found = match signals {
        Some(signals) => text.function(&signals.pruned(), &struct_fields(derived, state, "s"), 1)?,
        None => Vec::new(),
    };
    choose_one(&mut text, &found.into_iter().map(|form| form.text).collect::<Vec<_>>());
    with_imports(text)
}

/// Writes the end of a function: it returns the value of `values` at the place `which`, or 0.
fn choose_one(text: &mut Text, values: &[String]) {
    for (k, value) in values.iter().enumerate() {
        text.line(1, &format!("if which == {k}u {{"));
        text.line(2, &format!("return {value};"));
        text.line(1, "}");
    }
    text.line(1, "return 0.0;");
    text.line(0, "}");
}

/// The text of `advance`, `margin`, `reset` and, where there are random numbers, `draw`, see [`neuron`].
fn neuron_functions(
    step: &Function,
    reset: &Function,
    derived: &[&str],
    state: &[&str],
    draws: &[Draw],
) -> Result<Text> {
    let margin = margin(step, derived.len(), state.len())?;
    let mut advance = step.clone();
    advance.outputs.truncate(state.len() + usize::from(margin.is_none()));
    let mut text = Text::default();
    if margin.is_none() {
        text.line(0, &format!("var<private> {KEPT_MARGIN}: f32;"));
        text.line(0, "");
    }
    if !draws.is_empty() {
        write_draws(&mut text, draws)?;
    }
    text.line(0, "fn advance(d: Derived, s: ptr<function, State>, input: array<f32, CHANNELS>, current: f32) {");
    let channels = step.inputs.len().saturating_sub(derived.len() + state.len() + 1 + draws.len());
    let mut inputs = struct_fields(derived, state, "before");
    inputs.extend((0..channels).map(|channel| Form::name(format!("input[{channel}]"))));
    inputs.push(Form::name("current".to_owned()));
    inputs.extend((0..draws.len()).map(|draw| Form::name(format!("draws[{draw}]"))));
    write_change(&mut text, &advance.pruned(), &inputs, derived.len(), state)?;
    text.line(0, "");
    text.line(0, "fn margin(d: Derived, s: State) -> f32 {");
    let value = match margin {
        Some(margin) => text.function(&margin, &struct_fields(derived, state, "s"), 1)?.swap_remove(0).text,
        None => KEPT_MARGIN.to_owned(),
    };
    text.line(1, &format!("return {value};"));
    text.line(0, "}");
    text.line(0, "");
    text.line(0, "fn reset(d: Derived, s: ptr<function, State>) {");
    write_change(&mut text, &reset.pruned(), &struct_fields(derived, state, "before"), derived.len(), state)?;
    Ok(text)
}

/// Writes the array `draws` of the random numbers of a step, and `draw`, which fills it for a neuron, by its global id,
/// and a step.
fn write_draws(text: &mut Text, draws: &[Draw]) -> Result<()> {
    text.language.noise = true;
    if draws.contains(&Draw::Normal) {
        write_function(text, "normal", &traced_normal())?;
        text.line(0, "");
    }
    text.line(0, &format!("var<private> draws: array<f32, {}>;", draws.len()));
    text.line(0, "");
    text.line(0, "fn draw(id: u32, now: u32) {");
    for (k, draw) in draws.iter().enumerate() {
        text.line(1, &format!("let word{k} = noise_word(id, now, {k}u);"));
        let value = match draw {
            Draw::Normal => format!("normal(noise_high(word{k}), noise_low(word{k}))"),
            Draw::Uniform => format!("noise_uniform(word{k})"),
        };
        text.line(1, &format!("draws[{k}] = {value};"));
    }
    text.line(0, "}");
    text.line(0, "");
    Ok(())
}

/// [`math::normal`] as a graph.
fn traced_normal() -> Function {
    trace(vec!["high".to_owned(), "low".to_owned()], |x| vec![("z".to_owned(), math::normal(x[0], x[1]))])
}

/// [`math::normal`] as a function whose name, and those of the functions that it calls, begin with `prefix`, so that it
/// can be joined with the functions of a model; with its imports.
///
/// # Errors
/// Operations that WGSL does not have: no user can cause one.
pub fn normal(prefix: &'static str) -> Result<String> {
    let mut text = Text::default();
    text.language.prefix = prefix;
    write_function(&mut text, &format!("{prefix}normal"), &traced_normal())?;
    with_imports(text)
}

/// The derived values as fields of `d`, and the state as fields of `of`.
fn struct_fields(derived: &[&str], state: &[&str], of: &str) -> Vec<Form> {
    let derived = derived.iter().map(|name| format!("d.{}", field(name)));
    derived.chain(state.iter().map(|name| format!("{of}.{}", field(name)))).map(Form::name).collect()
}

/// Writes the end of a function that changes the state as `function` says. Its inputs from place `first` on are the
/// state before; an output behind the state is the margin, which is kept.
fn write_change(text: &mut Text, function: &Function, inputs: &[Form], first: usize, state: &[&str]) -> Result<()> {
    let kept = |k: usize| {
        let (_, id) = function.outputs[k];
        function.graph.ops()[id as usize] == Op::Input((first + k) as u32)
    };
    let begin = text.text.len();
    let found = text.function(function, inputs, 1)?;
    for (k, name) in state.iter().enumerate().filter(|(k, _)| !kept(*k)) {
        text.line(1, &format!("(*s).{} = {};", field(name), found[k].text));
    }
    if let Some(margin) = found.get(state.len()) {
        text.line(1, &format!("{KEPT_MARGIN} = {};", margin.text));
    }
    // The state is copied before any of it is written.
    if text.text[begin..].contains("before.") {
        text.text.insert_str(begin, "    let before = *s;\n");
    }
    text.line(0, "}");
    Ok(())
}
