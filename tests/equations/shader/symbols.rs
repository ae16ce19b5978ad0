//! A shader read back as a graph.

use neuropil::equations::{Function, Graph, Id, Op};
use wgpu::naga::{BinaryOperator, Literal, MathFunction, ScalarKind, UnaryOperator};

use super::{Meaning, Val};

/// Values of a graph, and what is known without one: turns of loops.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Symbol {
    Of(Id),
    Uint(u32),
    Known(bool),
}

impl Symbol {
    pub fn id(self) -> Id {
        let Symbol::Of(id) = self else { panic!("{self:?} is no value of the graph") };
        id
    }
}

/// The graph as far as it is read.
#[derive(Default)]
pub struct Symbols {
    pub graph: Graph,
    /// Sums and products that are not written through `add` and `mul`.
    pub plain: Vec<BinaryOperator>,
}

impl Symbols {
    fn push(&mut self, op: Op) -> Symbol {
        Symbol::Of(self.graph.push(op))
    }
}

/// a + b, a - b and -a as they are read back: constants take a sign into themselves, and a + -b is a - b.
fn push_normal(graph: &mut Graph, op: Op) -> Id {
    let constant = |graph: &Graph, id: Id| match graph.ops()[id as usize] {
        Op::Constant(bits) => Some(f64::from_bits(bits)),
        _ => None,
    };
    match op {
        Op::Constant(bits) => graph.constant(f64::from(f64::from_bits(bits) as f32)),
        Op::Word(word) => graph.push(Op::Word(i64::from(word as i32))),
        Op::Neg(a) => match (graph.ops()[a as usize], constant(graph, a)) {
            (Op::Neg(a), _) => a,
            (_, Some(value)) => graph.constant(-value),
            _ => graph.push(op),
        },
        Op::Sub(a, b) => {
            let b = push_normal(graph, Op::Neg(b));
            push_normal(graph, Op::Add(a, b))
        }
        Op::Add(a, b) => match graph.ops()[b as usize] {
            Op::Neg(b) => graph.push(Op::Sub(a, b)),
            _ => graph.push(op),
        },
        Op::Spike(margin) => {
            let (zero, one) = (graph.constant(0.0), graph.constant(1.0));
            let below = graph.push(Op::Above(zero, margin));
            graph.push(Op::Choose(below, zero, one))
        }
        Op::Bits(a) => match (graph.ops()[a as usize], constant(graph, a)) {
            (Op::OfBits(word), _) => word,
            (_, Some(value)) => graph.push(Op::Word(i64::from((value as f32).to_bits() as i32))),
            _ => graph.push(op),
        },
        op => graph.push(word(graph, op).unwrap_or(op)),
    }
}

/// An operation of known words.
fn word(graph: &Graph, op: Op) -> Option<Op> {
    let known = |id: Id| match graph.ops()[id as usize] {
        Op::Word(word) => Some(word as i32),
        _ => None,
    };
    let word = match op {
        Op::Plus(a, b) => known(a)?.wrapping_add(known(b)?),
        Op::Minus(a, b) => known(a)?.wrapping_sub(known(b)?),
        Op::Both(a, b) => known(a)? & known(b)?,
        Op::Left(a, by) => known(a)? << by,
        Op::Right(a, by) => known(a)? >> by,
        Op::OfBits(a) => return Some(Op::Constant(f64::from(f32::from_bits(known(a)? as u32)).to_bits())),
        _ => return None,
    };
    Some(Op::Word(i64::from(word)))
}

/// The values of a function's outputs in a graph of such a reading, where its inputs are those given.
pub fn normal(function: &Function, graph: &mut Graph, inputs: &[Id]) -> Vec<Id> {
    let mut new: Vec<Id> = Vec::new();
    for op in function.graph.ops() {
        new.push(match *op {
            Op::Input(place) => inputs[place as usize],
            op => push_normal(graph, op.map(|id| new[id as usize])),
        });
    }
    function.outputs.iter().map(|(_, id)| new[*id as usize]).collect()
}

impl Meaning for Symbols {
    type Value = Symbol;

    fn literal(&mut self, literal: Literal) -> Symbol {
        match literal {
            Literal::F32(value) => Symbol::Of(self.graph.constant(f64::from(value))),
            Literal::I32(value) => self.push(Op::Word(i64::from(value))),
            Literal::U32(value) => Symbol::Uint(value),
            Literal::Bool(value) => Symbol::Known(value),
            other => panic!("{other:?}"),
        }
    }

    fn unary(&mut self, op: UnaryOperator, a: Symbol) -> Symbol {
        match op {
            UnaryOperator::Negate => Symbol::Of(push_normal(&mut self.graph, Op::Neg(a.id()))),
            UnaryOperator::LogicalNot => match a {
                Symbol::Known(truth) => Symbol::Known(!truth),
                a => self.push(Op::Not(a.id())),
            },
            other => panic!("{other:?}"),
        }
    }

    fn binary(&mut self, op: BinaryOperator, a: Symbol, b: Symbol) -> Symbol {
        use BinaryOperator::*;
        if let (Symbol::Uint(a), Symbol::Uint(b)) = (a, b) {
            return match op {
                Add => Symbol::Uint(a + b),
                Less => Symbol::Known(a < b),
                ExclusiveOr => Symbol::Uint(a ^ b),
                other => panic!("{other:?} of {a} and {b}"),
            };
        }
        if let (ShiftLeft | ShiftRight, Symbol::Uint(by)) = (op, b) {
            return self.push(if op == ShiftLeft { Op::Left(a.id(), by) } else { Op::Right(a.id(), by) });
        }
        let (a, b) = (a.id(), b.id());
        let words = matches!(self.graph.ops()[a as usize].kind(), neuropil::equations::graph::Kind::Word);
        if !words && matches!(op, Add | Subtract | Multiply | Divide) {
            self.plain.push(op);
        }
        let op = match op {
            Add if words => Op::Plus(a, b),
            Subtract if words => Op::Minus(a, b),
            And if words => Op::Both(a, b),
            And => Op::And(a, b),
            InclusiveOr => Op::Or(a, b),
            Add => Op::Add(a, b),
            Subtract => Op::Sub(a, b),
            Multiply => Op::Mul(a, b),
            Divide => Op::Div(a, b),
            Greater => Op::Above(a, b),
            Less => Op::Above(b, a),
            other => panic!("{other:?}"),
        };
        Symbol::Of(push_normal(&mut self.graph, op))
    }

    fn select(&mut self, which: Symbol, yes: Symbol, no: Symbol) -> Symbol {
        self.push(Op::Choose(which.id(), yes.id(), no.id()))
    }

    fn math(&mut self, function: MathFunction, _: Vec<Symbol>) -> Symbol {
        panic!("{function:?}: a driver's own")
    }

    fn cast(&mut self, kind: ScalarKind, convert: bool, a: Symbol) -> Symbol {
        assert!(!convert, "a conversion");
        match (kind, a) {
            (ScalarKind::Float, Symbol::Uint(bits)) => Symbol::Of(self.graph.constant(f64::from(f32::from_bits(bits)))),
            (ScalarKind::Float, a) => Symbol::Of(push_normal(&mut self.graph, Op::OfBits(a.id()))),
            (ScalarKind::Sint, a) => Symbol::Of(push_normal(&mut self.graph, Op::Bits(a.id()))),
            other => panic!("{other:?}"),
        }
    }

    fn call(&mut self, name: &str, arguments: &[Val<Symbol>]) -> Option<Symbol> {
        let one = |k: usize| arguments[k].one().id();
        let op = match name {
            "add" => Op::Add(one(0), one(1)),
            "mul" => Op::Mul(one(0), one(1)),
            "div" => Op::Div(one(0), one(1)),
            "root" => Op::Sqrt(one(0)),
            "exponential" => Op::Exp(one(0)),
            "logarithm" => Op::Ln(one(0)),
            _ => return None,
        };
        Some(Symbol::Of(push_normal(&mut self.graph, op)))
    }

    fn decided(&self, truth: &Symbol) -> Option<bool> {
        match truth {
            Symbol::Known(truth) => Some(*truth),
            _ => None,
        }
    }
}
