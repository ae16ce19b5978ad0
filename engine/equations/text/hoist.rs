//! Hoists what depends on parameters and dt alone: it is derived once, in `f64`, when a network is built.
//!
//! This is part of the meaning of a model: a derived value is rounded once to the number type of a run, other values at
//! each operation.

use crate::equations::text::simple::simply;
use crate::equations::{Function, Graph, Id, Op};

/// A function in two parts.
pub(crate) struct Hoisted {
    /// From the fixed inputs to the derived values.
    pub(crate) derive: Function,
    /// From the derived values and the other inputs to the outputs.
    pub(crate) rest: Function,
}

/// For each value, whether it depends on the first `fixed` inputs alone.
pub(crate) fn fixed_values(graph: &Graph, fixed: usize) -> Vec<bool> {
    let mut is = Vec::with_capacity(graph.ops().len());
    for (id, op) in graph.ops().iter().enumerate() {
        is.push(match *op {
            Op::Input(place) => (place as usize) < fixed,
            _ => graph.arguments(id as Id).all(|of| is[of as usize]),
        });
    }
    is
}

/// Whether a value is a constant.
fn is_constant(graph: &Graph, id: Id) -> bool {
    matches!(graph.ops()[id as usize], Op::Constant(_))
}

/// The same function with divisions by fixed values as products with their reciprocals, which are then derived, and
/// operations on constants done.
fn reciprocals(function: &Function, fixed: usize) -> Function {
    let is_fixed = fixed_values(&function.graph, fixed);
    let mut graph = Graph::default();
    let mut new: Vec<Id> = Vec::new();
    for (id, op) in function.graph.ops().iter().enumerate() {
        let value = match *op {
            Op::Div(a, b) if is_fixed[b as usize] && !is_fixed[a as usize] => {
                let one = graph.constant(1.0);
                let reciprocal = simply(&mut graph, Op::Div(one, new[b as usize]));
                graph.push(Op::Mul(new[a as usize], reciprocal))
            }
            op if op.arguments().next().is_some() && op.arguments().all(|of| is_constant(&graph, new[of as usize])) => {
                simply(&mut graph, op.map(|of| new[of as usize]))
            }
            _ => graph.copy(&function.graph, id as Id, &new),
        };
        new.push(value);
    }
    let outputs = function.outputs.iter().map(|(name, id)| (name.clone(), new[*id as usize])).collect();
    Function { inputs: function.inputs.clone(), graph, outputs }.pruned()
}

/// Splits a function whose first `fixed` inputs do not change while a model runs.
pub(crate) fn hoist(function: &Function, fixed: usize) -> Hoisted {
    let whole = reciprocals(function, fixed);
    let ops = whole.graph.ops();
    let is_fixed = fixed_values(&whole.graph, fixed);
    // Only numbers are stored as derived values; truths are computed again.
    let stored = |id: Id| {
        let op = ops[id as usize];
        is_fixed[id as usize]
            && !matches!(op, Op::Constant(_) | Op::Word(_))
            && op.kind() == crate::equations::graph::Kind::Number
    };
    // A value stays in `rest` if an output or a value that stays needs it, and it is not derived.
    let mut stays = vec![false; ops.len()];
    let mut derived: Vec<Id> = Vec::new();
    let mut need = |id: Id, stays: &mut Vec<bool>| match stored(id) {
        true if derived.contains(&id) => (),
        true => derived.push(id),
        false => stays[id as usize] = true,
    };
    whole.outputs.iter().for_each(|(_, id)| need(*id, &mut stays));
    for id in (0..ops.len()).rev().filter(|&id| !stored(id as Id)) {
        if stays[id] {
            whole.graph.arguments(id as Id).for_each(|of| need(of, &mut stays));
        }
    }
    derived.sort_unstable();
    let names = derived_names(&whole, &derived);
    let outputs: Vec<(String, Id)> = names.iter().cloned().zip(derived.iter().copied()).collect();
    let derive = Function { inputs: whole.inputs[..fixed].to_vec(), graph: whole.graph.clone(), outputs }.pruned();
    let rest = without_derived(&whole, fixed, &derived, names, &stays);
    Hoisted { derive, rest }
}

/// Names for derived values: that of the parameter where it is one, else `c` and a number.
fn derived_names(function: &Function, derived: &[Id]) -> Vec<String> {
    let mut count = 0;
    let mut name = |&id: &Id| match function.graph.ops()[id as usize] {
        Op::Input(place) => function.inputs[place as usize].clone(),
        _ => loop {
            count += 1;
            let name = format!("c{count}");
            if !function.inputs.contains(&name) {
                break name;
            }
        },
    };
    derived.iter().map(&mut name).collect()
}

/// The function `whole` of derived values, its first inputs in place of the fixed ones, and the other inputs; `stays`
/// says which values it computes.
fn without_derived(whole: &Function, fixed: usize, derived: &[Id], names: Vec<String>, stays: &[bool]) -> Function {
    let mut graph = Graph::default();
    let mut new: Vec<Id> = vec![0; stays.len()];
    for (place, &id) in derived.iter().enumerate() {
        new[id as usize] = graph.push(Op::Input(place as u32));
    }
    for id in (0..stays.len()).filter(|&id| stays[id]) {
        new[id] = match whole.graph.ops()[id] {
            Op::Input(place) => graph.push(Op::Input(place - fixed as u32 + derived.len() as u32)),
            _ => graph.copy(&whole.graph, id as Id, &new),
        };
    }
    let inputs = names.into_iter().chain(whole.inputs[fixed..].iter().cloned()).collect();
    let outputs = whole.outputs.iter().map(|(name, id)| (name.clone(), new[*id as usize])).collect();
    Function { inputs, graph, outputs }.pruned()
}

/// Splits several functions whose first `fixed` inputs are the same and do not change while a model runs: the function
/// that derives values for all of them, and the functions of the derived values and of their own other inputs.
pub(crate) fn hoist_together<const N: usize>(functions: &[Function; N], fixed: usize) -> (Function, [Function; N]) {
    let mut inputs: Vec<String> = functions.first().map_or(Vec::new(), |first| first.inputs[..fixed].to_vec());
    for name in functions.iter().flat_map(|function| &function.inputs[fixed..]) {
        if !inputs[fixed..].contains(name) {
            inputs.push(name.clone());
        }
    }
    let mut graph = Graph::default();
    let ids: Vec<Id> = (0..inputs.len()).map(|place| graph.push(Op::Input(place as u32))).collect();
    let mut outputs = Vec::new();
    for function in functions {
        let other = function.inputs[fixed..].iter().map(|name| place_of(&inputs[fixed..], name) + fixed);
        let given: Vec<Id> = (0..fixed).chain(other).map(|place| ids[place]).collect();
        let values = function.call(&mut graph, &given);
        outputs.extend(function.outputs.iter().map(|(name, _)| name.clone()).zip(values));
    }
    let Hoisted { derive, rest } = hoist(&Function { inputs, graph, outputs }, fixed);
    let derived = derive.outputs.len();
    let mut from = 0;
    let parts = functions.each_ref().map(|function| {
        let outputs = rest.outputs[from..from + function.outputs.len()].to_vec();
        from += function.outputs.len();
        let part = Function { inputs: rest.inputs.clone(), graph: rest.graph.clone(), outputs }.pruned();
        of_own_inputs(&part, derived, &function.inputs[fixed..])
    });
    (derive, parts)
}

/// The place of a name in `names`, which hold it.
fn place_of(names: &[String], name: &str) -> usize {
    names.iter().position(|known| known == name).unwrap_or(0)
}

/// The same function with the inputs `names` behind the derived values, in place of those that it shares with other
/// functions.
fn of_own_inputs(function: &Function, derived: usize, names: &[String]) -> Function {
    let mut graph = Graph::default();
    let ids: Vec<Id> = (0..function.inputs.len())
        .map(|at| match at < derived {
            true => graph.push(Op::Input(at as u32)),
            false => graph.push(Op::Input((derived + place_of(names, &function.inputs[at])) as u32)),
        })
        .collect();
    let values = function.call(&mut graph, &ids);
    let outputs = function.outputs.iter().map(|(name, _)| name.clone()).zip(values).collect();
    let inputs = function.inputs[..derived].iter().chain(names).cloned().collect();
    Function { inputs, graph, outputs }.pruned()
}
