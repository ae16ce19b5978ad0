//! Operations in Rust, over [`crate::number::Real`].

use crate::equations::graph::{Id, Op};
use crate::equations::statements::{Form, Language};
use crate::error::Result;

/// The language Rust, over a number type `R`.
#[derive(Default)]
pub(super) struct Rust;

impl Language for Rust {
    fn operation(&mut self, op: Op, forms: &[Form]) -> Result<Form> {
        let t = |id: Id| forms[id as usize].text.as_str();
        let text = match op {
            Op::Constant(bits) => return Ok(Form::name(constant(f64::from_bits(bits)))),
            Op::Word(value) => return Ok(Form::name(format!("R::word({value})"))),
            Op::Neg(a) => format!("-{}", t(a)),
            Op::Add(a, b) => format!("{} + {}", t(a), t(b)),
            Op::Sub(a, b) => format!("{} - {}", t(a), t(b)),
            Op::Mul(a, b) => format!("{} * {}", t(a), t(b)),
            Op::Div(a, b) => format!("Real::over({}, {})", t(a), t(b)),
            // Not as methods: f64 has methods of its own by these names.
            Op::Sqrt(a) => format!("Real::sqrt({})", t(a)),
            Op::Exp(a) => format!("Real::exp({})", t(a)),
            Op::Ln(a) => format!("Real::ln({})", t(a)),
            Op::Spike(a) => format!("R::choose(R::of(0.0).above({}), R::of(0.0), R::of(1.0))", t(a)),
            Op::Above(a, b) => format!("Real::above({}, {})", t(a), t(b)),
            Op::And(a, b) => format!("R::and({}, {})", t(a), t(b)),
            Op::Or(a, b) => format!("R::or({}, {})", t(a), t(b)),
            Op::Not(a) => format!("R::not({})", t(a)),
            Op::Choose(which, yes, no) => format!("R::choose({}, {}, {})", t(which), t(yes), t(no)),
            Op::Bits(a) => format!("Real::bits({})", t(a)),
            Op::OfBits(a) => format!("R::of_bits({})", t(a)),
            Op::Plus(a, b) => format!("R::plus({}, {})", t(a), t(b)),
            Op::Minus(a, b) => format!("R::minus({}, {})", t(a), t(b)),
            Op::Both(a, b) => format!("R::both({}, {})", t(a), t(b)),
            Op::Left(a, by) => format!("R::left({}, {by})", t(a)),
            Op::Right(a, by) => format!("R::right({}, {by})", t(a)),
            // `Statements` writes these itself.
            Op::Input(_) | Op::Repeat(_) | Op::Result(..) => String::new(),
        };
        Ok(Form::long(text))
    }

    fn variable(&self, name: &str, start: &str) -> String {
        format!("let mut {name} = {start};")
    }

    fn loop_head(&self, _: &str, times: u32) -> String {
        format!("for _ in 0..{times} {{")
    }

    fn early_exit(&self, _: &str) -> Option<String> {
        // A comparison of vectors has a result for each lane.
        None
    }
}

/// A number as Rust writes it; `{:?}` is the shortest text with the same bits.
fn constant(value: f64) -> String {
    match value {
        value if value.is_nan() => "R::of(f64::NAN)".to_owned(),
        f64::INFINITY => "R::of(f64::INFINITY)".to_owned(),
        f64::NEG_INFINITY => "R::of(f64::NEG_INFINITY)".to_owned(),
        value => format!("R::of({value:?})"),
    }
}
