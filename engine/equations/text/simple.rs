//! Operations that are done where they can be, and what values depend on: for propagators and derivatives. Not for what
//! users write: of that the order and the rounding stay.

use crate::equations::{Function, Graph, Id, Op};

/// Calls a function as [`Function::call`] does, made simpler on the way.
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

/// Which values of a graph depend on some of its values.
pub(crate) fn dependent(graph: &Graph, on: &[Id]) -> Vec<bool> {
    let mut depends = vec![false; graph.ops().len()];
    for &id in on {
        depends[id as usize] = true;
    }
    for id in 0..depends.len() {
        depends[id] = depends[id] || graph.arguments(id as Id).iter().any(|&of| depends[of as usize]);
    }
    depends
}

/// Whether a comparison of what `depends` lies within a value: then its derivative is not the whole truth.
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

/// As [`Graph::push`], but what constants make is a constant, and what changes nothing is left away.
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
