//! Functions as WGSL, with the bits that Rust has.
//!
//! Sums and products go through `add` and `mul`, which keep a driver from reordering or fusing them, division and roots
//! through `div` and `root`, which mend what a driver rounds otherwise than IEEE 754 (`shaders/division.wgsl`), and eˣ and
//! ln through functions made of [`crate::math`]: never a driver's own. Where the processor keeps numbers below 2⁻¹²⁶,
//! `div` and `root` give 0; no model may come there.

mod names;
mod text;

pub use names::field;
pub use text::function;

use super::graph::{Function, Graph, Id, Op};
use crate::error::{Error, Result};
use text::Text;

/// The functions of a neuron as the joiner wants them: `advance`, `margin` and `reset`, with what they import and call.
///
/// `step` takes derived values, state, inputs and the current, in this order, and gives the state and last its margin;
/// `reset` takes derived values and state and gives the state.
///
/// # Errors
/// A margin that is not made of derived values and of the state after the step; shifts beyond 31 bits.
pub fn neuron(step: &Function, reset: &Function, derived: &[&str], state: &[&str]) -> Result<String> {
    let mut advance = step.clone();
    advance.outputs.truncate(state.len());
    let advance = advance.pruned();
    let margin = margin(step, derived.len(), state.len())?;
    let mut text = Text::default();
    text.line(0, "fn advance(d: Derived, s: ptr<function, State>, input: array<f32, CHANNELS>, current: f32) {");
    let channels = step.inputs.len().saturating_sub(derived.len() + state.len() + 1);
    let mut inputs = fields(derived, state, "before");
    inputs.extend((0..channels).map(|channel| format!("input[{channel}]")));
    inputs.push("current".to_owned());
    change(&mut text, &advance, &inputs, derived.len(), state)?;
    text.line(0, "");
    text.line(0, "fn margin(d: Derived, s: State) -> f32 {");
    let found = text.body(&margin, &fields(derived, state, "s"), 1)?;
    text.line(1, &format!("return {};", found[0]));
    text.line(0, "}");
    text.line(0, "");
    text.line(0, "fn reset(d: Derived, s: ptr<function, State>) {");
    change(&mut text, &reset.pruned(), &fields(derived, state, "before"), derived.len(), state)?;
    text.with_imports()
}

fn fields(derived: &[&str], state: &[&str], of: &str) -> Vec<String> {
    let derived = derived.iter().map(|name| format!("d.{}", field(name)));
    derived.chain(state.iter().map(|name| format!("{of}.{}", field(name)))).collect()
}

/// Statements that change the state as a function says, whose inputs from the place `first` on are the state before.
fn change(text: &mut Text, function: &Function, inputs: &[String], first: usize, state: &[&str]) -> Result<()> {
    let kept = |k: usize| {
        let (_, id) = function.outputs[k];
        function.graph.ops()[id as usize] == Op::Input((first + k) as u32)
    };
    let begin = text.mark();
    let found = text.body(function, inputs, 1)?;
    for (k, name) in state.iter().enumerate().filter(|(k, _)| !kept(*k)) {
        text.line(1, &format!("(*s).{} = {};", field(name), found[k]));
    }
    // Read as a whole before any of it is written.
    text.insert_if_read(begin, "before.", "    let before = *s;\n");
    text.line(0, "}");
    Ok(())
}

/// The margin as a function of derived values and the state after the step.
fn margin(step: &Function, derived: usize, state: usize) -> Result<Function> {
    let refused =
        |problem: &str| Err(Error::Network { place: "margin of a model".to_owned(), problem: problem.to_owned() });
    let Some((_, margin)) = step.outputs.get(state) else {
        return refused("the step gives none: it must give the state and then its margin");
    };
    // Places of inputs: derived values, the state after the step, then what was given to the step but derived values.
    let mut graph = Graph::default();
    let mut new: Vec<Id> = Vec::new();
    for (id, &op) in step.graph.ops().iter().enumerate() {
        let output = step.outputs[..state].iter().position(|(_, output)| *output == id as Id);
        let value = match (op, output) {
            (Op::Constant(_), _) | (_, None) => match op {
                Op::Input(place) if place as usize >= derived => graph.push(Op::Input(place + state as u32)),
                _ => graph.copy(&step.graph, id as Id, &new),
            },
            (_, Some(k)) => graph.push(Op::Input((derived + k) as u32)),
        };
        new.push(value);
    }
    let outputs = vec![("margin".to_owned(), new[*margin as usize])];
    let inputs = step.inputs.clone();
    let function = Function { inputs, graph, outputs }.pruned();
    let within = |op: &Op| !matches!(op, Op::Input(place) if *place as usize >= derived + state);
    match function.graph.ops().iter().all(within) {
        true => Ok(function),
        false => refused(
            "it is made of input or of the state before the step; on a GPU it takes derived values and the state after it: \
             keep what it needs as a state variable",
        ),
    }
}
