//! The functions of the users' text: `exp ln sqrt tanh sigmoid exprel linoid abs min max`, and powers, as [`math`]
//! makes them.
//!
//! There is no rounding to whole numbers: it has no derivative.

use crate::equations::{Graph, Id, Op, Traced, trace};
use crate::math;

/// The names of all functions.
pub(crate) const NAMES: [&str; 10] = ["exp", "ln", "sqrt", "tanh", "sigmoid", "exprel", "linoid", "abs", "min", "max"];

/// The highest whole power, by magnitude, that is made of products.
const MAX_PRODUCTS: f64 = 1000.0;

/// Appends a call of the function `name` to a graph; `None` if there is no such function of this number of arguments.
pub(crate) fn call(graph: &mut Graph, name: &str, arguments: &[Id]) -> Option<Id> {
    Some(match (name, arguments) {
        ("exp", &[x]) => graph.push(Op::Exp(x)),
        ("ln", &[x]) => graph.push(Op::Ln(x)),
        ("sqrt", &[x]) => graph.push(Op::Sqrt(x)),
        ("tanh", &[x]) => apply_to_one(graph, math::tanh, x),
        ("sigmoid", &[x]) => apply_to_one(graph, math::sigmoid, x),
        ("exprel", &[x]) => exprel(graph, x),
        ("linoid", &[x]) => {
            let e = graph.push(Op::Exp(x));
            apply_to_two(graph, math::linoid, x, e)
        }
        ("linoid", &[x, e]) => apply_to_two(graph, math::linoid, x, e),
        ("abs", &[x]) => apply_to_one(graph, math::abs, x),
        ("min", [first, rest @ ..]) if !rest.is_empty() => {
            rest.iter().fold(*first, |a, &b| apply_to_two(graph, math::min, a, b))
        }
        ("max", [first, rest @ ..]) if !rest.is_empty() => {
            rest.iter().fold(*first, |a, &b| apply_to_two(graph, math::max, a, b))
        }
        _ => return None,
    })
}

/// Appends a function of one number to a graph, by tracing it.
fn apply_to_one(graph: &mut Graph, function: fn(Traced) -> Traced, x: Id) -> Id {
    let recorded = trace(vec!["x".into()], |x| vec![(String::new(), function(x[0]))]);
    recorded.call(graph, &[x])[0]
}

/// Appends a function of two numbers to a graph, by tracing it.
fn apply_to_two(graph: &mut Graph, function: fn(Traced, Traced) -> Traced, a: Id, b: Id) -> Id {
    let recorded = trace(vec!["a".into(), "b".into()], |x| vec![(String::new(), function(x[0], x[1]))]);
    recorded.call(graph, &[a, b])[0]
}

/// Appends (eˣ - 1)/x to a graph.
pub(crate) fn exprel(graph: &mut Graph, x: Id) -> Id {
    apply_to_one(graph, math::exprel, x)
}

/// Appends x to the whole power `n` to a graph, by products; `None` if `n` is not whole or too large.
pub(crate) fn whole_power(graph: &mut Graph, x: Id, n: f64) -> Option<Id> {
    if n.fract() != 0.0 || n.abs() > MAX_PRODUCTS {
        return None;
    }
    let power = |x: &[Traced]| vec![(String::new(), math::powi(x[0], n.abs() as u32))];
    let power = trace(vec!["x".into()], power).call(graph, &[x])[0];
    if n >= 0.0 {
        return Some(power);
    }
    let one = graph.constant(1.0);
    Some(graph.push(Op::Div(one, power)))
}

/// Appends xʸ to a graph, for x from 0 up.
pub(crate) fn power(graph: &mut Graph, x: Id, y: Id) -> Id {
    apply_to_two(graph, math::pow, x, y)
}
