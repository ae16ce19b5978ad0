//! Forward mode: the derivative of the outputs along a direction of the inputs (Griewank & Walther 2008, chapter 3).

use super::surrogate::Surrogate;
use super::{Activity, Dependence, Repeated, activity};
use crate::equations::graph::{ById, Function, Graph, Id, Op, Repeat};
use crate::error::Result;

/// The tangent of a function: its inputs are those of the function and then `dot.<input>` for each of the inputs at the
/// places `wanted`, its outputs `dot.<output>` for each output: Σ over the wanted inputs of the derivative times their
/// dot.
///
/// # Errors
/// A place that is not one of an input, or that is named twice; a wanted input that flows into a word.
pub fn tangent(function: &Function, wanted: &[usize], surrogate: &Surrogate) -> Result<Function> {
    let function = function.pruned();
    let activity = activity(&function, wanted)?;
    let mut graph = Graph::default();
    let mut names = function.inputs.clone();
    let inputs: Vec<Id> = (0..names.len()).map(|place| graph.push(Op::Input(place as u32))).collect();
    let mut dots = vec![None; inputs.len()];
    for &place in wanted {
        dots[place] = Some(graph.push(Op::Input(names.len() as u32)));
        names.push(format!("dot.{}", function.inputs[place]));
    }
    let mut forward = Forward { graph, surrogate };
    let (_, dots) = forward.values(&function, &activity, &inputs, &dots);
    let mut outputs = Vec::new();
    for (name, id) in &function.outputs {
        let dot = forward.or_zero(dots[*id as usize]);
        outputs.push((format!("dot.{name}"), dot));
    }
    Ok(Function { inputs: names, graph: forward.graph, outputs }.pruned())
}

/// Values and their tangents, `None` where a tangent is zero.
type Dual = (Vec<Id>, Vec<Option<Id>>);

/// A tangent that is being made.
struct Forward<'a> {
    graph: Graph,
    surrogate: &'a Surrogate,
}

impl Forward<'_> {
    /// Appends all values of `function` and their tangents, from those of its inputs.
    fn values(&mut self, function: &Function, activity: &Activity, inputs: &[Id], input_dots: &[Option<Id>]) -> Dual {
        let (mut new, mut dots): Dual = Dual::default();
        let mut results: ById<Dual> = ById::default();
        for (id, op) in function.graph.ops().iter().enumerate() {
            let (value, dot) = match *op {
                Op::Input(place) => (inputs[place as usize], input_dots[place as usize]),
                Op::Repeat(place) if let Some(repeated) = activity.repeated(id as Id, place) => {
                    let repeat = &function.graph.repeats()[place as usize];
                    let found = self.repeat(repeat, repeated, &new, &dots);
                    results.insert(id as Id, found);
                    // Its results are found by its place; it has no value of its own.
                    (Id::MAX, None)
                }
                Op::Result(of, k) if results.contains_key(&of) => {
                    let (values, dots) = &results[&of];
                    (values[k as usize], dots[k as usize])
                }
                op => {
                    let value = self.graph.copy(&function.graph, id as Id, &new);
                    let active = activity.is_active(id as Id);
                    (value, if active { self.derivative(op, value, &new, &dots) } else { None })
                }
            };
            new.push(value);
            dots.push(dot);
        }
        (new, dots)
    }

    /// The tangent of an operation whose value is `value`; `new` and `dots` are the values and tangents of all earlier
    /// ones.
    fn derivative(&mut self, op: Op, value: Id, new: &[Id], dots: &[Option<Id>]) -> Option<Id> {
        let at = |id: Id| new[id as usize];
        let dot = |id: Id| dots[id as usize];
        match op {
            Op::Add(a, b) => self.sum(dot(a), dot(b)),
            Op::Sub(a, b) => self.difference(dot(a), dot(b)),
            Op::Mul(a, b) => {
                let left = self.scaled(dot(a), at(b));
                let right = self.scaled(dot(b), at(a));
                self.sum(left, right)
            }
            Op::Div(a, b) => {
                let taken = self.scaled(dot(b), value);
                let above = self.difference(dot(a), taken)?;
                Some(self.graph.push(Op::Div(above, at(b))))
            }
            Op::Neg(a) => self.difference(None, dot(a)),
            Op::Sqrt(a) => {
                let twice = self.graph.push(Op::Add(value, value));
                Some(self.graph.push(Op::Div(dot(a)?, twice)))
            }
            Op::Exp(a) => self.scaled(dot(a), value),
            Op::Ln(a) => Some(self.graph.push(Op::Div(dot(a)?, at(a)))),
            Op::Spike(margin) => {
                let slope = self.surrogate.value(&mut self.graph, at(margin));
                self.scaled(dot(margin), slope)
            }
            Op::Choose(which, yes, no) => {
                let (yes, no) = (self.or_zero(dot(yes)), self.or_zero(dot(no)));
                Some(self.graph.push(Op::Choose(at(which), yes, no)))
            }
            _ => None,
        }
    }

    /// A tangent as a value; the constant 0 where it is zero.
    fn or_zero(&mut self, dot: Option<Id>) -> Id {
        dot.unwrap_or_else(|| self.graph.constant(0.0))
    }

    /// The sum of two tangents of which either may be zero.
    fn sum(&mut self, a: Option<Id>, b: Option<Id>) -> Option<Id> {
        match (a, b) {
            (Some(a), Some(b)) => Some(self.graph.push(Op::Add(a, b))),
            (one, None) | (None, one) => one,
        }
    }

    /// The difference of two tangents of which either may be zero.
    fn difference(&mut self, a: Option<Id>, b: Option<Id>) -> Option<Id> {
        match (a, b) {
            (Some(a), Some(b)) => Some(self.graph.push(Op::Sub(a, b))),
            (None, Some(b)) => Some(self.graph.push(Op::Neg(b))),
            (a, None) => a,
        }
    }

    /// A tangent times a partial derivative.
    fn scaled(&mut self, dot: Option<Id>, factor: Id) -> Option<Id> {
        dot.map(|dot| self.graph.push(Op::Mul(dot, factor)))
    }

    /// Appends a repetition that carries tangents along with the values: the values of its results, and their tangents.
    fn repeat(&mut self, repeat: &Repeat, activity: &Repeated, new: &[Id], dots: &[Option<Id>]) -> Dual {
        let carried = repeat.start.len();
        let (active, staying) = activity.inputs.split_at(carried);
        let start = self.with_dots(&repeat.start, active, new, dots);
        let fixed = self.with_dots(&repeat.fixed, staying, new, dots);
        let mut inner = Forward { graph: Graph::default(), surrogate: self.surrogate };
        let mut inputs = Dual::default();
        inner.push_inputs(0, active, &mut inputs);
        inner.push_inputs(start.len() as u32, staying, &mut inputs);
        let (values, moved) = inner.values(&repeat.body, &activity.body, &inputs.0, &inputs.1);
        let results = &repeat.body.outputs;
        let mut outputs: Vec<(String, Id)> =
            results.iter().map(|(name, id)| (name.clone(), values[*id as usize])).collect();
        for ((name, id), _) in results.iter().zip(active).filter(|(_, active)| active.is_some()) {
            let dot = inner.or_zero(moved[*id as usize]);
            outputs.push((format!("dot.{name}"), dot));
        }
        let names = vec![String::new(); start.len() + fixed.len()];
        let body = Function { inputs: names, graph: inner.graph, outputs }.pruned();
        let mut values = self.graph.repeat(Repeat { times: repeat.times, body, start, fixed, rests: None });
        let mut moving = values.split_off(carried).into_iter();
        let dots = active.iter().map(|active| active.and_then(|_| moving.next())).collect();
        (values, dots)
    }

    /// Values, and then the tangents of the active ones.
    fn with_dots(&mut self, ids: &[Id], active: &[Dependence], new: &[Id], dots: &[Option<Id>]) -> Vec<Id> {
        let mut given: Vec<Id> = ids.iter().map(|&id| new[id as usize]).collect();
        for (&id, _) in ids.iter().zip(active).filter(|(_, active)| active.is_some()) {
            given.push(self.or_zero(dots[id as usize]));
        }
        given
    }

    /// Appends to `to` inputs from place `first` on in the order of [`Forward::with_dots`]: values, and tangents of the
    /// active ones.
    fn push_inputs(&mut self, first: u32, active: &[Dependence], to: &mut Dual) {
        let mut next = first + active.len() as u32;
        for (place, active) in (first..).zip(active) {
            to.0.push(self.graph.push(Op::Input(place)));
            to.1.push(active.map(|_| {
                next += 1;
                self.graph.push(Op::Input(next - 1))
            }));
        }
    }
}
