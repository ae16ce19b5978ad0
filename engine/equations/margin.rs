//! The margin of a step apart from the rest of it.

use super::graph::{Function, Graph, Id, Op};
use crate::error::{Error, Result};

/// The margin of `step` as a function of derived values and the state after the step; `None` where it depends on more:
/// on input, or on the state before the step. `derived` and `state` are the numbers of derived values and of state
/// variables.
///
/// # Errors
/// A step that has no margin as its output behind the state.
pub(super) fn margin(step: &Function, derived: usize, state: usize) -> Result<Option<Function>> {
    let Some((_, margin)) = step.outputs.get(state) else {
        let problem =
            format!("it gives {} values: it must give its state of {state}, and then the margin", step.outputs.len());
        return Err(Error::invalid("step of a model", problem));
    };
    // The inputs are numbered: derived values, the state after the step, then those of the step behind the derived
    // values.
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
    Ok(function.graph.ops().iter().all(within).then_some(function))
}

/// `step` and `reset` with the margin as one more state variable, the last, so that the margin follows from the state
/// after the step.
pub(super) fn with_margin_in_state(
    step: &Function,
    reset: &Function,
    derived: usize,
    state: usize,
) -> (Function, Function) {
    let added = |function: &Function| {
        let mut inputs = function.inputs.clone();
        inputs.insert(derived + state, "margin".to_owned());
        let mut graph = Graph::default();
        let mut places: Vec<Id> = (0..inputs.len()).map(|place| graph.push(Op::Input(place as u32))).collect();
        let own = places.remove(derived + state);
        let values = function.call(&mut graph, &places);
        let outputs: Vec<(String, Id)> = function.outputs.iter().map(|(name, _)| name.clone()).zip(values).collect();
        (Function { inputs, graph, outputs }, own)
    };
    let (mut step, _) = added(step);
    step.outputs.extend(step.outputs.last().cloned());
    let (mut reset, own) = added(reset);
    reset.outputs.push(("margin".to_owned(), own));
    (step, reset)
}
