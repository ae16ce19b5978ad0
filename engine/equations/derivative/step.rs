//! The step of a neuron with its reset as one function that can be differentiated.

use super::no_derivative;
use crate::equations::graph::{Function, Graph, Id, Op};
use crate::error::Result;

/// One step with its reset: s' = s + z·(reset(s) - s), where z = [`Op::Spike`] of the margin.
///
/// The outputs of `step` are the state and last its margin. `reset` takes the first inputs of `step`, the derived
/// values, and then the state; its outputs are the state. State variables at the places `counters` count and have no
/// derivative: they are chosen, not mixed. The outputs are those of `reset`, and `z`.
///
/// # Errors
/// Functions that do not belong together; a counter that is not a state variable.
pub fn whole_step(step: &Function, reset: &Function, counters: &[usize]) -> Result<Function> {
    let fields = reset.outputs.len();
    let derived = reset.inputs.len().wrapping_sub(fields);
    if step.outputs.len() != fields + 1 || derived > step.inputs.len() {
        let (found, wanted) = (step.outputs.len(), fields + 1);
        let problem = format!(
            "it gives {found} values, but after a reset of {fields} it must give {wanted}, the last its margin"
        );
        return Err(no_derivative("step of a model", problem));
    }
    if let Some(counter) = counters.iter().find(|&&counter| counter >= fields) {
        return Err(no_derivative(
            "step of a model",
            format!("there is no state {counter} to count with: it has {fields}"),
        ));
    }
    let mut graph = Graph::default();
    let inputs: Vec<Id> = (0..step.inputs.len()).map(|place| graph.push(Op::Input(place as u32))).collect();
    let mut state = step.call(&mut graph, &inputs);
    let margin = state.split_off(fields)[0];
    let given: Vec<Id> = inputs[..derived].iter().chain(&state).copied().collect();
    let after = reset.call(&mut graph, &given);
    let zero = graph.constant(0.0);
    let below = graph.push(Op::Above(zero, margin));
    let z = graph.push(Op::Spike(margin));
    let mut outputs = Vec::new();
    for (k, (name, _)) in reset.outputs.iter().enumerate() {
        let id = match (state[k], after[k]) {
            (old, new) if old == new => old,
            (old, new) if counters.contains(&k) => graph.push(Op::Choose(below, old, new)),
            (old, new) => {
                let change = graph.push(Op::Sub(new, old));
                let change = graph.push(Op::Mul(z, change));
                graph.push(Op::Add(old, change))
            }
        };
        outputs.push((name.clone(), id));
    }
    outputs.push(("z".to_owned(), z));
    Ok(Function { inputs: step.inputs.clone(), graph, outputs }.pruned())
}
