//! Operations as text with as few brackets as there may be.

use std::fmt;

use crate::equations::graph::{Graph, Id, Op};

/// How tightly a phrase holds together: one that holds less than its place asks for is put in brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Holds {
    Choice,
    Or,
    And,
    Not,
    Comparison,
    Word,
    Sum,
    Product,
    Power,
    Atom,
}

/// Text of a value.
#[derive(Debug, Clone)]
pub(super) struct Phrase {
    text: String,
    holds: Holds,
}

impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Phrase {
    /// A text that needs no brackets in any place.
    pub fn atom(text: String) -> Phrase {
        Phrase { text, holds: Holds::Atom }
    }

    /// Whether it is a name or a number, and nothing is said shorter by another.
    pub fn is_name(&self) -> bool {
        !self.text.contains(['(', '|']) && self.holds == Holds::Atom
    }

    /// The length in characters, by which long phrases get a line of their own.
    pub fn length(&self) -> usize {
        self.text.chars().count()
    }

    /// Its text, in brackets if its operator binds weaker than `least`.
    fn at(&self, least: Holds) -> String {
        if self.holds < least { format!("({})", self.text) } else { self.text.clone() }
    }

    /// The same for an operand at the right, where a leading minus needs brackets.
    fn at_right(&self, least: Holds) -> String {
        if self.text.starts_with('-') { format!("({})", self.text) } else { self.at(least) }
    }
}

/// The text of an operation on these values.
pub(super) fn operation(op: Op, graph: &Graph, phrases: &[Phrase]) -> Phrase {
    let of = |id: Id| &phrases[id as usize];
    let called = |name: &str, a: Id| Phrase::atom(format!("{name}({})", of(a)));
    // Operands of one operation after the other are read from the left.
    let chain = |a: Id, sign: &str, b: Id, holds: Holds, tighter: Holds| Phrase {
        text: format!("{}{sign}{}", of(a).at(holds), of(b).at_right(tighter)),
        holds,
    };
    match op {
        Op::Constant(bits) => number_phrase(f64::from_bits(bits)),
        Op::Add(a, b) => chain(a, " + ", b, Holds::Sum, Holds::Product),
        Op::Sub(a, b) => chain(a, " - ", b, Holds::Sum, Holds::Product),
        Op::Mul(a, b) if a == b => Phrase { text: format!("{}²", of(a).at_right(Holds::Atom)), holds: Holds::Power },
        Op::Mul(a, b) => chain(a, "·", b, Holds::Product, Holds::Power),
        Op::Div(a, b) => chain(a, "/", b, Holds::Product, Holds::Power),
        Op::Neg(a) => Phrase { text: format!("-{}", of(a).at_right(Holds::Power)), holds: Holds::Product },
        Op::Sqrt(a) => called("sqrt", a),
        Op::Exp(a) => called("exp", a),
        Op::Ln(a) => called("ln", a),
        Op::Spike(a) => called("spike", a),
        Op::Above(a, b) => {
            let text = format!("{} > {}", of(a).at(Holds::Word), of(b).at_right(Holds::Word));
            Phrase { text, holds: Holds::Comparison }
        }
        Op::And(a, b) => chain(a, " and ", b, Holds::And, Holds::Not),
        Op::Or(a, b) => chain(a, " or ", b, Holds::Or, Holds::And),
        Op::Not(a) => Phrase { text: format!("not {}", of(a).at(Holds::Comparison)), holds: Holds::Not },
        Op::Choose(which, yes, no) => choice(which, yes, no, graph, phrases),
        Op::Bits(a) => called("bits", a),
        Op::OfBits(a) => called("number", a),
        Op::Word(value) => Phrase::atom(format!("{value:#x}")),
        Op::Plus(a, b) => chain(a, " + ", b, Holds::Sum, Holds::Product),
        Op::Minus(a, b) => chain(a, " - ", b, Holds::Sum, Holds::Product),
        Op::Both(a, b) => chain(a, " & ", b, Holds::Word, Holds::Sum),
        Op::Left(a, by) => Phrase { text: format!("{} << {by}", of(a).at(Holds::Sum)), holds: Holds::Word },
        Op::Right(a, by) => Phrase { text: format!("{} >> {by}", of(a).at(Holds::Sum)), holds: Holds::Word },
        // These are lines, not phrases.
        Op::Input(_) | Op::Repeat(_) | Op::Result(..) => Phrase::atom(String::new()),
    }
}

/// A number; very small and very large ones with an exponent.
fn number_phrase(value: f64) -> Phrase {
    let text = if value != 0.0 && (value.abs() < 1e-4 || value.abs() >= 1e7) {
        format!("{value:e}")
    } else {
        format!("{value}")
    };
    Phrase { text, holds: Holds::Atom }
}

/// The smaller, the greater, the magnitude, or one of two.
fn choice(which: Id, yes: Id, no: Id, graph: &Graph, phrases: &[Phrase]) -> Phrase {
    let of = |id: Id| &phrases[id as usize];
    let call = |name: &str, a: Id, b: Id| Phrase::atom(format!("{name}({}, {})", of(a), of(b)));
    match graph.ops()[which as usize] {
        Op::Above(a, b) if (a, b) == (yes, no) => return call("max", a, b),
        Op::Above(a, b) if (a, b) == (no, yes) => return call("min", a, b),
        Op::Above(zero, a) if graph.is(zero, 0.0) && graph.ops()[yes as usize] == Op::Neg(a) && no == a => {
            return Phrase::atom(format!("|{}|", of(a)));
        }
        _ => {}
    }
    let text = format!("{} if {} else {}", of(yes).at(Holds::Or), of(which).at(Holds::Or), of(no).at(Holds::Choice));
    Phrase { text, holds: Holds::Choice }
}
