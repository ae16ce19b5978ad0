//! Functions as WGSL, with the bits that Rust has.
//!
//! Sums and products go through `add` and `mul`, which keep a driver from reordering or fusing them, division and roots
//! through `div` and `root`, which mend what a driver rounds otherwise than IEEE 754 (`shaders/division.wgsl`), and eˣ
//! and ln through functions made of [`crate::math`]: never a driver's own. Where the processor keeps numbers below
//! 2⁻¹²⁶, `div` and `root` give 0; no model may come there.

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

/// The margin of the step that was made last.
const KEPT: &str = "kept_margin";

/// The functions of a neuron as the joiner wants them: `advance`, `margin` and `reset`, with what they import and call.
///
/// `step` takes derived values, state, inputs, the current and random numbers, in this order, and gives the state and
/// last its margin; `reset` takes derived values and state and gives the state. A margin that is made of more than
/// derived values and the state after the step is kept by `advance` until `margin` is called. Where it takes random
/// numbers, its last inputs, there is `draw` as well, which is to be called first.
///
/// # Errors
/// A step that gives no margin; shifts beyond 31 bits.
pub fn neuron(step: &Function, reset: &Function, derived: &[&str], state: &[&str], draws: &[Draw]) -> Result<String> {
    with_imports(written(step, reset, derived, state, draws)?)
}

/// The functions of a neuron as [`neuron`] gives them, and what it shows others: `state_field`, the value of a state
/// variable by its place; `given`, one of the signals that `gives` makes of derived values and state; and `sigmoid`.
///
/// # Errors
/// As [`neuron`].
pub fn coupled_neuron(
    (step, reset): (&Function, &Function),
    gives: Option<&Function>,
    derived: &[&str],
    state: &[&str],
    draws: &[Draw],
) -> Result<String> {
    let mut text = written(step, reset, derived, state, draws)?;
    text.line(0, "");
    write_math_function(&mut text, "sigmoid", math::sigmoid)?;
    let fields: Vec<String> = state.iter().map(|name| format!("s.{}", field(name))).collect();
    text.line(0, "fn state_field(s: State, which: u32) -> f32 {");
    choose_one(&mut text, &fields);
    text.line(0, "");
    text.line(0, "fn given(d: Derived, s: State, which: u32) -> f32 {");
    let found = match gives {
        Some(gives) => text.function(&gives.pruned(), &struct_fields(derived, state, "s"), 1)?,
        None => Vec::new(),
    };
    choose_one(&mut text, &found.into_iter().map(|form| form.text).collect::<Vec<_>>());
    with_imports(text)
}

/// The end of a function that gives the one of some values whose place is `which`.
fn choose_one(text: &mut Text, values: &[String]) {
    for (k, value) in values.iter().enumerate() {
        text.line(1, &format!("if which == {k}u {{"));
        text.line(2, &format!("return {value};"));
        text.line(1, "}");
    }
    text.line(1, "return 0.0;");
    text.line(0, "}");
}

fn written(step: &Function, reset: &Function, derived: &[&str], state: &[&str], draws: &[Draw]) -> Result<Text> {
    let margin = margin(step, derived.len(), state.len())?;
    let mut advance = step.clone();
    advance.outputs.truncate(state.len() + usize::from(margin.is_none()));
    let mut text = Text::default();
    if margin.is_none() {
        text.line(0, &format!("var<private> {KEPT}: f32;"));
        text.line(0, "");
    }
    if !draws.is_empty() {
        noise(&mut text, draws)?;
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
        None => KEPT.to_owned(),
    };
    text.line(1, &format!("return {value};"));
    text.line(0, "}");
    text.line(0, "");
    text.line(0, "fn reset(d: Derived, s: ptr<function, State>) {");
    write_change(&mut text, &reset.pruned(), &struct_fields(derived, state, "before"), derived.len(), state)?;
    Ok(text)
}

/// The array `draws` of the random numbers of a step, and `draw`, which fills it for a neuron, by its global id, and a
/// step.
fn noise(text: &mut Text, draws: &[Draw]) -> Result<()> {
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

fn traced_normal() -> Function {
    trace(vec!["high".to_owned(), "low".to_owned()], |x| vec![("z".to_owned(), math::normal(x[0], x[1]))])
}

/// [`math::normal`] as a function whose name, and those of the functions that it calls, begin with `prefix`, so that it
/// can stand beside the functions of a model; with what it imports.
///
/// # Errors
/// None but of what WGSL has not.
pub fn normal(prefix: &'static str) -> Result<String> {
    let mut text = Text::default();
    text.language.prefix = prefix;
    write_function(&mut text, &format!("{prefix}normal"), &traced_normal())?;
    with_imports(text)
}

/// The derived values and the state as fields of their WGSL structs.
fn struct_fields(derived: &[&str], state: &[&str], of: &str) -> Vec<Form> {
    let derived = derived.iter().map(|name| format!("d.{}", field(name)));
    derived.chain(state.iter().map(|name| format!("{of}.{}", field(name)))).map(Form::name).collect()
}

/// Statements that change the state as a function says, whose inputs from the place `first` on are the state before;
/// what it gives behind the state is the margin.
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
        text.line(1, &format!("{KEPT} = {};", margin.text));
    }
    // Read as a whole before any of it is written.
    if text.text[begin..].contains("before.") {
        text.text.insert_str(begin, "    let before = *s;\n");
    }
    text.line(0, "}");
    Ok(())
}
