//! Simplifies graphs, and finds what values depend on: for propagators and derivatives. Not for the expressions of
//! users, whose order and rounding stay.

use crate::equations::{Function, Graph, Id, Op};

/// Copies a function into another graph as [`Function::call`] does, with each operation simplified, see [`simply`].
pub(crate) fn call(function: &Function, graph: &mut Graph, inputs: &[Id]) -> Vec<Id> {
    let mut new: Vec<Id> = Vec::with_capacity(function.graph.ops().len());
    for (id, op) in function.graph.ops().iter().enumerate() {
        new.push(match *op {
            Op::Input(place) => inputs[place as usize],
            Op::Repeat(_) => graph.copy(&function.graph, id as Id, &new),
            op => simply(graph, op.map(|of| new[of as usize])),
        });
    }
    function.outputs.iter().map(|(_, id)| new[*id as usize]).collect()
}

/// For each value of a graph, whether it is one of `on` or depends on one.
pub(crate) fn dependent(graph: &Graph, on: &[Id]) -> Vec<bool> {
    let mut depends = vec![false; graph.ops().len()];
    for &id in on {
        depends[id as usize] = true;
    }
    for id in 0..depends.len() {
        depends[id] = depends[id] || graph.arguments(id as Id).any(|of| depends[of as usize]);
    }
    depends
}

/// Whether the value `id` is made of a comparison or a spike of values that depend, as `depends` says: then it may
/// jump, which its derivative does not show.
pub(crate) fn jumps(graph: &Graph, id: Id, depends: &[bool]) -> bool {
    let mut parts = vec![false; id as usize + 1];
    parts[id as usize] = true;
    for at in (0..parts.len()).rev().filter(|&at| depends[at]) {
        if !parts[at] {
            continue;
        }
        if matches!(graph.ops()[at], Op::Above(..) | Op::Spike(_)) {
            return true;
        }
        for of in graph.arguments(at as Id) {
            parts[of as usize] = true;
        }
    }
    false
}

/// As [`Graph::push`], but an operation on constants becomes a constant, and one that changes nothing, such as + 0, is
/// left out.
pub(crate) fn simply(graph: &mut Graph, op: Op) -> Id {
    let constant = |id: Id| match graph.ops()[id as usize] {
        Op::Constant(bits) => Some(f64::from_bits(bits)),
        _ => None,
    };
    let value = match op {
        Op::Add(a, b) => constant(a).zip(constant(b)).map(|(a, b)| a + b),
        Op::Sub(a, b) => constant(a).zip(constant(b)).map(|(a, b)| a - b),
        Op::Mul(a, b) => constant(a).zip(constant(b)).map(|(a, b)| a * b),
        Op::Div(a, b) => constant(a).zip(constant(b)).map(|(a, b)| a / b),
        Op::Neg(a) => constant(a).map(|a| -a),
        _ => None,
    };
    if let Some(value) = value.filter(|value| value.is_finite()) {
        return graph.constant(value);
    }
    let is = |id: Id, value: f64| constant(id) == Some(value);
    match op {
        Op::Add(a, b) if is(b, 0.0) => a,
        Op::Add(a, b) if is(a, 0.0) => b,
        Op::Sub(a, b) if is(b, 0.0) => a,
        Op::Sub(a, b) if a == b => graph.constant(0.0),
        Op::Sub(a, b) if is(a, 0.0) => simply(graph, Op::Neg(b)),
        Op::Mul(a, b) if is(a, 0.0) || is(b, 0.0) => graph.constant(0.0),
        Op::Mul(a, b) if is(b, 1.0) => a,
        Op::Mul(a, b) if is(a, 1.0) => b,
        Op::Div(a, _) if is(a, 0.0) => graph.constant(0.0),
        Op::Div(a, b) if is(b, 1.0) => a,
        Op::Choose(_, a, b) if a == b => a,
        Op::Neg(a) => match graph.ops()[a as usize] {
            Op::Neg(a) => a,
            _ => graph.push(op),
        },
        op => graph.push(op),
    }
}
