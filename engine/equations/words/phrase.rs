//! Operations as text with as few brackets as possible.

use std::fmt;

use crate::equations::graph::{Graph, Id, Op};

/// How tightly the operator of a phrase binds, from loose to tight: a phrase that binds looser than its place needs is
/// put in brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
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

/// The text of a value, and how tightly its operator binds.
#[derive(Debug, Clone)]
pub(super) struct Phrase {
    text: String,
    binding: Binding,
}

impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Phrase {
    /// A text that needs no brackets in any place.
    pub fn atom(text: String) -> Phrase {
        Phrase { text, binding: Binding::Atom }
    }

    /// Whether it is a name or a number, so that another name would not be shorter.
    pub fn is_name(&self) -> bool {
        !self.text.contains(['(', '|']) && self.binding == Binding::Atom
    }

    /// Its length in characters.
    pub fn length(&self) -> usize {
        self.text.chars().count()
    }

    /// Its text, in brackets if its operator binds looser than `least`.
    fn at(&self, least: Binding) -> String {
        if self.binding < least { format!("({})", self.text) } else { self.text.clone() }
    }

    /// As [`Phrase::at`], for an operand at the right, where a leading minus needs brackets, too.
    fn at_right(&self, least: Binding) -> String {
        if self.text.starts_with('-') { format!("({})", self.text) } else { self.at(least) }
    }
}

/// The text of an operation, where `phrases` are those of all earlier values of `graph`.
pub(super) fn operation(op: Op, graph: &Graph, phrases: &[Phrase]) -> Phrase {
    let of = |id: Id| &phrases[id as usize];
    let called = |name: &str, a: Id| Phrase::atom(format!("{name}({})", of(a)));
    // Equal operators are read from the left, so that the right operand has to bind tighter.
    let chain = |a: Id, sign: &str, b: Id, binding: Binding, tighter: Binding| Phrase {
        text: format!("{}{sign}{}", of(a).at(binding), of(b).at_right(tighter)),
        binding,
    };
    match op {
        Op::Constant(bits) => number_phrase(f64::from_bits(bits)),
        Op::Add(a, b) => chain(a, " + ", b, Binding::Sum, Binding::Product),
        Op::Sub(a, b) => chain(a, " - ", b, Binding::Sum, Binding::Product),
        Op::Mul(a, b) if a == b => {
            Phrase { text: format!("{}²", of(a).at_right(Binding::Atom)), binding: Binding::Power }
        }
        Op::Mul(a, b) => chain(a, "·", b, Binding::Product, Binding::Power),
        Op::Div(a, b) => chain(a, "/", b, Binding::Product, Binding::Power),
        Op::Neg(a) => Phrase { text: format!("-{}", of(a).at_right(Binding::Power)), binding: Binding::Product },
        Op::Sqrt(a) => called("sqrt", a),
        Op::Exp(a) => called("exp", a),
        Op::Ln(a) => called("ln", a),
        Op::Spike(a) => called("spike", a),
        Op::Above(a, b) => {
            let text = format!("{} > {}", of(a).at(Binding::Word), of(b).at_right(Binding::Word));
            Phrase { text, binding: Binding::Comparison }
        }
        Op::And(a, b) => chain(a, " and ", b, Binding::And, Binding::Not),
        Op::Or(a, b) => chain(a, " or ", b, Binding::Or, Binding::And),
        Op::Not(a) => Phrase { text: format!("not {}", of(a).at(Binding::Comparison)), binding: Binding::Not },
        Op::Choose(which, yes, no) => choice(which, yes, no, graph, phrases),
        Op::Bits(a) => called("bits", a),
        Op::OfBits(a) => called("number", a),
        Op::Word(value) => Phrase::atom(format!("{value:#x}")),
        Op::Plus(a, b) => chain(a, " + ", b, Binding::Sum, Binding::Product),
        Op::Minus(a, b) => chain(a, " - ", b, Binding::Sum, Binding::Product),
        Op::Both(a, b) => chain(a, " & ", b, Binding::Word, Binding::Sum),
        Op::Left(a, by) => Phrase { text: format!("{} << {by}", of(a).at(Binding::Sum)), binding: Binding::Word },
        Op::Right(a, by) => Phrase { text: format!("{} >> {by}", of(a).at(Binding::Sum)), binding: Binding::Word },
        // `Writer` writes these itself.
        Op::Input(_) | Op::Repeat(_) | Op::Result(..) => Phrase::atom(String::new()),
    }
}

/// The text of a number; very small and very large ones have an exponent.
fn number_phrase(value: f64) -> Phrase {
    let text = if value != 0.0 && (value.abs() < 1e-4 || value.abs() >= 1e7) {
        format!("{value:e}")
    } else {
        format!("{value}")
    };
    Phrase { text, binding: Binding::Atom }
}

/// The text of a choice: min, max, the magnitude, or `yes if which else no`.
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
    let text =
        format!("{} if {} else {}", of(yes).at(Binding::Or), of(which).at(Binding::Or), of(no).at(Binding::Choice));
    Phrase { text, binding: Binding::Choice }
}
