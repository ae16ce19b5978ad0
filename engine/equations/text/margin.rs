//! Conditions as margins: how far they are from holding, with a sign.
//!
//! The margin of `and` is the smaller of the two, that of `or` the larger; of conditions without a distance, it is 1 or
//! -1.

use crate::equations::text::expression::{Scope, values};
use crate::equations::text::functions;
use crate::equations::text::parse::{Expression, Node, Operator};
use crate::equations::text::source::Source;
use crate::equations::{Graph, Id, Op};
use crate::error::Result;

/// How far `a > b` is from holding where a = b: less than any value that matters, and a normal number.
const MISSED: f64 = 1e-30;

/// The margin of a condition: 0 or more where it holds.
pub(crate) fn margin(graph: &mut Graph, source: &Source, expression: &Expression, scope: &Scope) -> Result<Id> {
    let values = values(graph, source, expression, scope)?;
    let mut margins: Vec<Id> = Vec::new();
    for ((node, _), value) in expression.nodes.iter().zip(&values) {
        let margin = match *node {
            Node::Binary(Operator::And, a, b) => functions::call(graph, "min", &[margins[a], margins[b]]),
            Node::Binary(Operator::Or, a, b) => functions::call(graph, "max", &[margins[a], margins[b]]),
            Node::Binary(operator, a, b) if value.truth => {
                Some(comparison_margin(graph, operator, values[a].id, values[b].id))
            }
            _ if value.truth => Some(yes_or_no(graph, value.id)),
            _ => None,
        };
        margins.push(margin.unwrap_or(value.id));
    }
    match (values.last(), margins.last()) {
        (Some(value), Some(margin)) if value.truth => Ok(*margin),
        _ => Err(source.refuse(0, "this is a number; expected a condition, such as V_m >= V_th")),
    }
}

/// The margin of a condition that has no distance: 1 where it holds, -1 where not.
fn yes_or_no(graph: &mut Graph, truth: Id) -> Id {
    let (yes, no) = (graph.constant(1.0), graph.constant(-1.0));
    graph.push(Op::Choose(truth, yes, no))
}

/// The margin of a comparison of a and b.
fn comparison_margin(graph: &mut Graph, operator: Operator, a: Id, b: Id) -> Id {
    let missed = |graph: &mut Graph, margin: Id| {
        let missed = graph.constant(MISSED);
        graph.push(Op::Sub(margin, missed))
    };
    let above = |graph: &mut Graph, a: Id, b: Id| {
        let margin = graph.push(Op::Sub(a, b));
        let less = missed(graph, margin);
        let holds = graph.push(Op::Above(a, b));
        graph.push(Op::Choose(holds, margin, less))
    };
    let apart = |graph: &mut Graph| {
        let (left, right) = (graph.push(Op::Sub(a, b)), graph.push(Op::Sub(b, a)));
        let above = graph.push(Op::Above(a, b));
        graph.push(Op::Choose(above, left, right))
    };
    match operator {
        Operator::NotBelow => graph.push(Op::Sub(a, b)),
        Operator::NotAbove => graph.push(Op::Sub(b, a)),
        Operator::Above => above(graph, a, b),
        Operator::Below => above(graph, b, a),
        Operator::Equal => {
            let apart = apart(graph);
            graph.push(Op::Neg(apart))
        }
        _ => {
            let apart = apart(graph);
            missed(graph, apart)
        }
    }
}
