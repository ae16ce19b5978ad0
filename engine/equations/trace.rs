//! Graphs traced from Rust: a number type that records what is done with it.

use std::cell::RefCell;
use std::ops::{Add, Mul, Neg, Sub};

use crate::equations::{Function, Graph, Id, Op};
use crate::number::Real;

thread_local! {
    /// The graph that this thread is recording.
    static GRAPH: RefCell<Graph> = RefCell::default();
}

/// A value of the graph that [`trace`] records: a number, a truth or a word.
#[derive(Debug, Clone, Copy)]
pub struct Traced(pub Id);

/// As [`Traced`], for functions whose operations are those of `f64` where these differ from those of `f32`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wide(pub(super) Id);

/// Records an operation in this thread's graph; its value.
fn record(op: Op) -> Id {
    GRAPH.with_borrow_mut(|graph| graph.push(op))
}

/// The function that `function` computes from inputs of these names, as a graph; it returns its outputs with their
/// names. Calls of [`Real::exp`] and [`Real::ln`] become operations of the graph. The functions of [`crate::math`] by
/// these names are recorded as the operations that they are made of in `f32`.
pub fn trace(inputs: Vec<String>, function: impl FnOnce(&[Traced]) -> Vec<(String, Traced)>) -> Function {
    // A trace further out, if there is one, goes on afterwards.
    let outer = GRAPH.take();
    let places: Vec<Traced> = (0..inputs.len()).map(|place| Traced(record(Op::Input(place as u32)))).collect();
    let outputs = function(&places);
    let graph = GRAPH.replace(outer);
    Function { inputs, graph, outputs: outputs.into_iter().map(|(name, value)| (name, value.0)).collect() }
}

/// Implements [`Real`] for `$name`, whose functions are those of `$number`.
macro_rules! traced {
    ($name:ident of $number:ty) => {
        impl Add for $name {
            type Output = $name;
            fn add(self, other: $name) -> $name {
                $name(record(Op::Add(self.0, other.0)))
            }
        }

        impl Sub for $name {
            type Output = $name;
            fn sub(self, other: $name) -> $name {
                $name(record(Op::Sub(self.0, other.0)))
            }
        }

        impl Mul for $name {
            type Output = $name;
            fn mul(self, other: $name) -> $name {
                $name(record(Op::Mul(self.0, other.0)))
            }
        }

        impl Neg for $name {
            type Output = $name;
            fn neg(self) -> $name {
                $name(record(Op::Neg(self.0)))
            }
        }

        impl Real for $name {
            type Truth = $name;
            type Word = $name;
            const FRACTION: u32 = <$number>::FRACTION;
            fn of(value: f64) -> $name {
                $name(record(Op::Constant(value.to_bits())))
            }
            fn over(self, other: $name) -> $name {
                $name(record(Op::Div(self.0, other.0)))
            }
            fn sqrt(self) -> $name {
                $name(record(Op::Sqrt(self.0)))
            }
            fn above(self, other: $name) -> $name {
                $name(record(Op::Above(self.0, other.0)))
            }
            fn and(a: $name, b: $name) -> $name {
                $name(record(Op::And(a.0, b.0)))
            }
            fn or(a: $name, b: $name) -> $name {
                $name(record(Op::Or(a.0, b.0)))
            }
            fn not(a: $name) -> $name {
                $name(record(Op::Not(a.0)))
            }
            fn choose(which: $name, yes: $name, no: $name) -> $name {
                $name(record(Op::Choose(which.0, yes.0, no.0)))
            }
            fn bits(self) -> $name {
                $name(record(Op::Bits(self.0)))
            }
            fn of_bits(word: $name) -> $name {
                $name(record(Op::OfBits(word.0)))
            }
            fn word(value: i64) -> $name {
                $name(record(Op::Word(value)))
            }
            fn plus(a: $name, b: $name) -> $name {
                $name(record(Op::Plus(a.0, b.0)))
            }
            fn minus(a: $name, b: $name) -> $name {
                $name(record(Op::Minus(a.0, b.0)))
            }
            fn both(a: $name, b: $name) -> $name {
                $name(record(Op::Both(a.0, b.0)))
            }
            fn left(a: $name, by: u32) -> $name {
                $name(record(Op::Left(a.0, by)))
            }
            fn right(a: $name, by: u32) -> $name {
                $name(record(Op::Right(a.0, by)))
            }
            fn exp(self) -> $name {
                $name(record(Op::Exp(self.0)))
            }
            fn ln(self) -> $name {
                $name(record(Op::Ln(self.0)))
            }
        }
    };
}

traced!(Traced of f32);
traced!(Wide of f64);
