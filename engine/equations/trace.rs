//! Graphs recorded from Rust: a number that notes down what is done with it.

use std::cell::RefCell;
use std::ops::{Add, Mul, Neg, Sub};

use crate::equations::{Function, Graph, Id, Op};
use crate::number::Real;

thread_local! {
    /// The graph that is being recorded.
    static GRAPH: RefCell<Graph> = RefCell::default();
}

/// A value of the graph that [`trace`] records: a number, a truth or a word.
#[derive(Debug, Clone, Copy)]
pub struct Traced(pub Id);

/// Notes down an operation in this thread's graph.
fn record(op: Op) -> Traced {
    Traced(GRAPH.with_borrow_mut(|graph| graph.push(op)))
}

/// What `function` does with its inputs, as a graph; it gives its outputs with their names. Where it calls [`Real::exp`] or
/// [`Real::ln`] they are operations of the graph. The functions of [`crate::math`] by these names are recorded as the
/// operations they are made of, those of `f32`.
pub fn trace(inputs: Vec<String>, function: impl FnOnce(&[Traced]) -> Vec<(String, Traced)>) -> Function {
    // What is being recorded further out waits.
    let outer = GRAPH.take();
    let places: Vec<Traced> = (0..inputs.len()).map(|place| record(Op::Input(place as u32))).collect();
    let outputs = function(&places);
    let graph = GRAPH.replace(outer);
    Function { inputs, graph, outputs: outputs.into_iter().map(|(name, value)| (name, value.0)).collect() }
}

impl Add for Traced {
    type Output = Traced;
    fn add(self, other: Traced) -> Traced {
        record(Op::Add(self.0, other.0))
    }
}

impl Sub for Traced {
    type Output = Traced;
    fn sub(self, other: Traced) -> Traced {
        record(Op::Sub(self.0, other.0))
    }
}

impl Mul for Traced {
    type Output = Traced;
    fn mul(self, other: Traced) -> Traced {
        record(Op::Mul(self.0, other.0))
    }
}

impl Neg for Traced {
    type Output = Traced;
    fn neg(self) -> Traced {
        record(Op::Neg(self.0))
    }
}

impl Real for Traced {
    type Truth = Traced;
    type Word = Traced;
    const FRACTION: u32 = f32::FRACTION;
    fn of(value: f64) -> Traced {
        record(Op::Constant(value.to_bits()))
    }
    fn over(self, other: Traced) -> Traced {
        record(Op::Div(self.0, other.0))
    }
    fn sqrt(self) -> Traced {
        record(Op::Sqrt(self.0))
    }
    fn above(self, other: Traced) -> Traced {
        record(Op::Above(self.0, other.0))
    }
    fn and(a: Traced, b: Traced) -> Traced {
        record(Op::And(a.0, b.0))
    }
    fn or(a: Traced, b: Traced) -> Traced {
        record(Op::Or(a.0, b.0))
    }
    fn not(a: Traced) -> Traced {
        record(Op::Not(a.0))
    }
    fn choose(which: Traced, yes: Traced, no: Traced) -> Traced {
        record(Op::Choose(which.0, yes.0, no.0))
    }
    fn bits(self) -> Traced {
        record(Op::Bits(self.0))
    }
    fn of_bits(word: Traced) -> Traced {
        record(Op::OfBits(word.0))
    }
    fn word(value: i64) -> Traced {
        record(Op::Word(value))
    }
    fn plus(a: Traced, b: Traced) -> Traced {
        record(Op::Plus(a.0, b.0))
    }
    fn minus(a: Traced, b: Traced) -> Traced {
        record(Op::Minus(a.0, b.0))
    }
    fn both(a: Traced, b: Traced) -> Traced {
        record(Op::Both(a.0, b.0))
    }
    fn left(a: Traced, by: u32) -> Traced {
        record(Op::Left(a.0, by))
    }
    fn right(a: Traced, by: u32) -> Traced {
        record(Op::Right(a.0, by))
    }
    fn exp(self) -> Traced {
        record(Op::Exp(self.0))
    }
    fn ln(self) -> Traced {
        record(Op::Ln(self.0))
    }
}
