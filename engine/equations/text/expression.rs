//! Translates expressions to values of a graph, and checks their units.
//!
//! Values in a graph are in the base units of [`units`](super::units), whatever unit a parameter is given in.

use std::collections::BTreeMap;

use crate::equations::text::draws;
use crate::equations::text::functions;
use crate::equations::text::parse::{Expression, Node, Operator};
use crate::equations::text::source::Source;
use crate::equations::text::units::{self, TOO_HIGH, Unit};
use crate::equations::{Draw, Graph, Id, Op};
use crate::error::Result;

/// The most operations of a graph of a model.
pub(crate) const MAX_OPERATIONS: usize = 40_000;

/// A value of a graph.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Value {
    pub(crate) id: Id,
    /// Its quantity: the powers count, since the value itself is in base units.
    pub(crate) unit: Unit,
    /// Whether it is a truth.
    pub(crate) truth: bool,
    /// Whether it is the number 0 as written, which fits every unit.
    zero: bool,
}

impl Value {
    /// The number `id`, which is in base units, of the quantity of `unit`.
    pub(crate) fn number(id: Id, unit: Unit) -> Value {
        Value { id, unit: Unit { scale: 1.0, ..unit }, truth: false, zero: false }
    }

    /// The truth `id`.
    fn truth(id: Id) -> Value {
        Value { id, unit: Unit::ONE, truth: true, zero: false }
    }

    /// Whether it is of the quantity of `unit`.
    pub(crate) fn fits(self, unit: Unit) -> bool {
        self.zero || self.unit.fits(unit)
    }

    /// Its unit, or that it is a truth, as errors name it.
    fn words(self) -> String {
        if self.truth { "true or false".into() } else { self.unit.words() }
    }
}

/// The meanings of names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    /// The values that names stand for.
    pub(crate) names: BTreeMap<String, Value>,
    /// The values that `before(...)` of a name stands for.
    pub(crate) before: BTreeMap<String, Value>,
    /// Names whose definitions come later.
    pub(crate) later: Vec<String>,
}

impl Scope {
    /// The input at `place`, which is given in `unit`, as a value in base units.
    pub(crate) fn input(graph: &mut Graph, place: usize, unit: Unit) -> Value {
        let id = graph.push(Op::Input(place as u32));
        Value::number(scaled(graph, id, unit.scale), unit)
    }
}

/// The value `id` times `scale`.
pub(crate) fn scaled(graph: &mut Graph, id: Id, scale: f64) -> Id {
    if scale == 1.0 {
        return id;
    }
    let scale = graph.constant(scale);
    graph.push(Op::Mul(id, scale))
}

/// The value of an expression that must be a number of the quantity of `unit`, in that unit; `name` and `at` are what
/// errors name and point at.
pub(crate) fn number(
    graph: &mut Graph,
    source: &Source,
    expression: &Expression,
    scope: &Scope,
    (name, at, unit): (&str, usize, Unit),
) -> Result<Id> {
    let value = value(graph, source, expression, scope)?;
    if value.truth {
        return Err(source.refuse(at, format!("{name} is a number, but this is true or false; write 1 if ... else 0")));
    }
    if !value.fits(unit) {
        return Err(source.refuse(at, format!("{name} is {}, but this is {}", unit.words(), value.unit.words())));
    }
    Ok(scaled(graph, value.id, 1.0 / unit.scale))
}

/// The value of an expression, in base units.
pub(crate) fn value(graph: &mut Graph, source: &Source, expression: &Expression, scope: &Scope) -> Result<Value> {
    let values = values(graph, source, expression, scope)?;
    values.last().copied().ok_or_else(|| source.refuse(0, "expected a number, a name or ("))
}

/// The values of all nodes of an expression, in base units.
pub(crate) fn values(graph: &mut Graph, source: &Source, expression: &Expression, scope: &Scope) -> Result<Vec<Value>> {
    Builder { graph, source, expression, scope, values: Vec::new() }.values()
}

/// Translates the nodes of an expression, one after the other.
struct Builder<'a> {
    graph: &'a mut Graph,
    source: &'a Source,
    expression: &'a Expression,
    scope: &'a Scope,
    /// The values of the nodes so far.
    values: Vec<Value>,
}

impl Builder<'_> {
    /// The values of all nodes.
    fn values(mut self) -> Result<Vec<Value>> {
        let expression = self.expression;
        for (node, at) in &expression.nodes {
            let value = self.node(node, *at)?;
            self.values.push(value);
            if self.graph.ops().len() > MAX_OPERATIONS {
                let problem = format!("the model has more than {MAX_OPERATIONS} operations; make it simpler");
                return Err(self.source.refuse(*at, problem));
            }
        }
        Ok(self.values)
    }

    /// The value of one node of the expression, whose operands stand before it.
    fn node(&mut self, node: &Node, at: usize) -> Result<Value> {
        match node {
            Node::Number(value, unit) => {
                let id = self.graph.constant(*value);
                let zero = *value == 0.0 && unit.is_none();
                Ok(Value { zero, ..Value::number(id, unit.unwrap_or(Unit::ONE)) })
            }
            Node::Name(name) => self.name(name, at),
            Node::Call(name, arguments) if name == "before" => self.before(arguments, at),
            Node::Call(name, arguments) => self.call(name, arguments, at),
            Node::Minus(of) => {
                let of = self.require_number(*of)?;
                Ok(Value { id: self.graph.push(Op::Neg(of.id)), ..of })
            }
            Node::Not(of) => {
                let of = self.require_truth(*of)?;
                Ok(Value::truth(self.graph.push(Op::Not(of.id))))
            }
            Node::Binary(operator, a, b) => self.binary(*operator, *a, *b, at),
            Node::Choose { condition, yes, no } => {
                let condition = self.require_truth(*condition)?;
                let (yes, no) = (self.require_number(*yes)?, self.require_number(*no)?);
                let unit = self.common_unit(yes, no, "if and else give", at)?;
                Ok(Value::number(self.graph.push(Op::Choose(condition.id, yes.id, no.id)), unit))
            }
        }
    }

    /// The value that a name stands for: one in scope, or a unit such as `ms`.
    fn name(&mut self, name: &str, at: usize) -> Result<Value> {
        if let Some(value) = self.scope.names.get(name) {
            return Ok(*value);
        }
        if self.scope.later.iter().any(|later| later == name) {
            return Err(self.source.refuse(at, format!("{name} is defined below; define it above its first use")));
        }
        // The name of a unit, if it has no other meaning, stands for one of it, as in 0.1 / ms.
        if let Some(unit) = units::named(name) {
            return Ok(Value::number(self.graph.constant(unit.scale), unit));
        }
        if functions::NAMES.contains(&name) || Draw::named(name).is_some() {
            return Err(self.source.refuse(at, format!("{name} is a function; write {name}(...)")));
        }
        // The names of random numbers, which no user has written, are left out.
        let written = self.scope.names.keys().filter(|name| !name.contains('('));
        let known: Vec<String> = written.cloned().collect();
        Err(self.source.unknown(at, "name", name, &known))
    }

    /// The value of a state variable before the step: `before(V_m)`.
    fn before(&self, arguments: &[usize], at: usize) -> Result<Value> {
        let name = match arguments {
            &[of] => match &self.expression.nodes[of].0 {
                Node::Name(name) => Some(name),
                _ => None,
            },
            _ => None,
        };
        match name.and_then(|name| self.scope.before.get(name)) {
            Some(value) => Ok(*value),
            None if self.scope.before.is_empty() => Err(self.source.refuse(
                at,
                "before(...) has a meaning in the equations of a neuron and in its condition of a spike alone",
            )),
            None => Err(self.source.refuse(at, "before(...) takes the name of a state variable")),
        }
    }

    /// Applies a function to its arguments, whose units it checks.
    fn call(&mut self, name: &str, arguments: &[usize], at: usize) -> Result<Value> {
        if Draw::named(name).is_some() {
            return Err(self.source.refuse(at, draws::ELSEWHERE));
        }
        if !functions::NAMES.contains(&name) {
            let draws = Draw::NAMES.iter().map(|(name, _)| *name);
            let known: Vec<String> = functions::NAMES.into_iter().chain(draws).map(str::to_owned).collect();
            return Err(self.source.unknown(at, "function", name, &known));
        }
        let mut unit = Unit::ONE;
        let mut ids = Vec::new();
        for (place, &argument) in arguments.iter().enumerate() {
            let value = self.require_number(argument)?;
            let here = self.expression.nodes[argument].1;
            match name {
                "min" | "max" if place > 0 => {
                    let first = self.values[arguments[0]];
                    let unit_of = if first.zero { Value::number(first.id, unit) } else { first };
                    unit = self.common_unit(unit_of, value, &format!("{name} compares"), here)?;
                }
                "abs" | "min" | "max" => unit = value.unit,
                "sqrt" => {
                    let root = value.unit.root();
                    let problem = || self.source.refuse(here, format!("{} has no square root", value.unit.words()));
                    unit = root.ok_or_else(problem)?;
                }
                _ if value.unit.fits(Unit::ONE) => (),
                _ => {
                    let problem = format!("{name} takes a plain number, not {}", value.unit.words());
                    return Err(self.source.refuse(here, problem));
                }
            }
            ids.push(value.id);
        }
        match functions::call(self.graph, name, &ids) {
            Some(id) => Ok(Value::number(id, unit)),
            None => {
                let wanted = match name {
                    "min" | "max" => "two values or more",
                    "linoid" => "x, or x and exp(x)",
                    _ => "one value",
                };
                Err(self.source.refuse(at, format!("{name} takes {wanted}, not {}", ids.len())))
            }
        }
    }

    /// Applies an operator between two values, whose units it checks.
    fn binary(&mut self, operator: Operator, a: usize, b: usize, at: usize) -> Result<Value> {
        if matches!(operator, Operator::And | Operator::Or) {
            let (left, right) = (self.require_truth(a)?.id, self.require_truth(b)?.id);
            let op = if operator == Operator::And { Op::And(left, right) } else { Op::Or(left, right) };
            return Ok(Value::truth(self.graph.push(op)));
        }
        let (left, right) = (self.require_number(a)?, self.require_number(b)?);
        let too_high = || self.source.refuse(at, TOO_HIGH);
        match operator {
            Operator::Power => self.raise(a, b, at),
            Operator::Add => {
                let unit = self.common_unit(left, right, "+ adds", at)?;
                Ok(Value::number(self.graph.push(Op::Add(left.id, right.id)), unit))
            }
            Operator::Sub => {
                let unit = self.common_unit(left, right, "- subtracts", at)?;
                Ok(Value::number(self.graph.push(Op::Sub(left.id, right.id)), unit))
            }
            Operator::Mul => {
                let unit = left.unit.times(right.unit).ok_or_else(too_high)?;
                let id = match (self.graph.is(left.id, 1.0), self.graph.is(right.id, 1.0)) {
                    (_, true) => left.id,
                    (true, _) => right.id,
                    _ => self.graph.push(Op::Mul(left.id, right.id)),
                };
                Ok(Value::number(id, unit))
            }
            Operator::Div if right.zero => Err(self.source.refuse(at, "this divides by 0")),
            Operator::Div => {
                let unit = left.unit.over(right.unit).ok_or_else(too_high)?;
                let one = self.graph.is(right.id, 1.0);
                let id = if one { left.id } else { self.graph.push(Op::Div(left.id, right.id)) };
                Ok(Value::number(id, unit))
            }
            _ => {
                self.common_unit(left, right, "a comparison is of", at)?;
                Ok(Value::truth(self.comparison(operator, left.id, right.id)))
            }
        }
    }

    /// A comparison made of `Above` alone.
    fn comparison(&mut self, operator: Operator, a: Id, b: Id) -> Id {
        let graph = &mut *self.graph;
        match operator {
            Operator::Above => graph.push(Op::Above(a, b)),
            Operator::Below => graph.push(Op::Above(b, a)),
            Operator::NotBelow => {
                let below = graph.push(Op::Above(b, a));
                graph.push(Op::Not(below))
            }
            Operator::NotAbove => {
                let above = graph.push(Op::Above(a, b));
                graph.push(Op::Not(above))
            }
            _ => {
                let (above, below) = (graph.push(Op::Above(a, b)), graph.push(Op::Above(b, a)));
                let differs = graph.push(Op::Or(above, below));
                if operator == Operator::Unequal { differs } else { graph.push(Op::Not(differs)) }
            }
        }
    }

    /// The whole number that a node is as written, with its sign; `None` if it is something else.
    fn whole_number(&self, of: usize) -> Option<f64> {
        match self.expression.nodes[of].0 {
            Node::Number(value, None) if value.fract() == 0.0 => Some(value),
            Node::Minus(of) => self.whole_number(of).map(|value| -value),
            _ => None,
        }
    }

    /// The power of node `a` by node `b`; if `b` is a whole number it is made of products, and the base may have a
    /// unit.
    fn raise(&mut self, a: usize, b: usize, at: usize) -> Result<Value> {
        let (base, exponent) = (self.values[a], self.values[b]);
        if !exponent.fits(Unit::ONE) {
            let problem = format!("an exponent is a plain number, not {}", exponent.unit.words());
            return Err(self.source.refuse(at, problem));
        }
        let whole = self.whole_number(b);
        if let Some(id) = whole.and_then(|n| functions::whole_power(self.graph, base.id, n)) {
            let unit = base.unit.power(whole.unwrap_or(0.0) as i32);
            return Ok(Value::number(id, unit.ok_or_else(|| self.source.refuse(at, TOO_HIGH))?));
        }
        if !base.unit.fits(Unit::ONE) {
            let problem =
                "a value with a unit takes a whole number as its exponent; divide by a value of its unit first";
            return Err(self.source.refuse(at, problem));
        }
        Ok(Value::number(functions::power(self.graph, base.id, exponent.id), Unit::ONE))
    }

    /// The unit that two values share; `what` is the beginning of the error if they do not.
    fn common_unit(&self, a: Value, b: Value, what: &str, at: usize) -> Result<Unit> {
        match (a.zero, b.zero) {
            (true, _) => Ok(b.unit),
            (_, true) => Ok(a.unit),
            _ if a.unit.fits(b.unit) => Ok(a.unit),
            _ => Err(self.source.refuse(at, format!("{what} values of one unit, not {} and {}", a.words(), b.words()))),
        }
    }

    /// The value of a node, refused if it is a condition.
    fn require_number(&self, of: usize) -> Result<Value> {
        let value = self.values[of];
        if !value.truth {
            return Ok(value);
        }
        let at = self.expression.nodes[of].1;
        Err(self.source.refuse(at, "this is true or false; expected a number, such as 1 if ... else 0"))
    }

    /// The value of a node, refused if it is a number.
    fn require_truth(&self, of: usize) -> Result<Value> {
        let value = self.values[of];
        if value.truth {
            return Ok(value);
        }
        let at = self.expression.nodes[of].1;
        Err(self.source.refuse(at, "this is a number; expected a condition, such as V_m > V_th"))
    }
}
