//! A shader executed with numbers, by a processor whose division and roots are off by some units in the last place.

use wgpu::naga::{BinaryOperator, Literal, MathFunction, ScalarKind, UnaryOperator};

use super::{Meaning, Val};

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    Float(f32),
    Uint(u32),
    Int(i32),
    Bool(bool),
}

/// Executes with results of division and roots moved by so many units in the last place.
pub struct Numbers {
    pub off: i32,
}

impl Numbers {
    fn moved(&self, value: f32) -> f32 {
        f32::from_bits(value.to_bits().wrapping_add_signed(self.off))
    }
}

impl Meaning for Numbers {
    type Value = Number;

    fn literal(&mut self, literal: Literal) -> Number {
        match literal {
            Literal::F32(value) => Number::Float(value),
            Literal::U32(value) => Number::Uint(value),
            Literal::I32(value) => Number::Int(value),
            Literal::Bool(value) => Number::Bool(value),
            other => panic!("{other:?}"),
        }
    }

    fn unary(&mut self, op: UnaryOperator, a: Number) -> Number {
        match (op, a) {
            (UnaryOperator::Negate, Number::Float(a)) => Number::Float(-a),
            (UnaryOperator::Negate, Number::Int(a)) => Number::Int(a.wrapping_neg()),
            (UnaryOperator::LogicalNot, Number::Bool(a)) => Number::Bool(!a),
            other => panic!("{other:?}"),
        }
    }

    fn binary(&mut self, op: BinaryOperator, a: Number, b: Number) -> Number {
        use BinaryOperator::*;
        use Number::*;
        match (op, a, b) {
            (Add, Float(a), Float(b)) => Float(a + b),
            (Subtract, Float(a), Float(b)) => Float(a - b),
            (Multiply, Float(a), Float(b)) => Float(a * b),
            (Divide, Float(a), Float(b)) => Float(self.moved(a / b)),
            (Less, Float(a), Float(b)) => Bool(a < b),
            (Greater, Float(a), Float(b)) => Bool(a > b),
            (Add, Uint(a), Uint(b)) => Uint(a.wrapping_add(b)),
            (Subtract, Uint(a), Uint(b)) => Uint(a.wrapping_sub(b)),
            (Multiply, Uint(a), Uint(b)) => Uint(a.wrapping_mul(b)),
            (Divide, Uint(a), Uint(b)) => Uint(a / b),
            (And, Uint(a), Uint(b)) => Uint(a & b),
            (InclusiveOr, Uint(a), Uint(b)) => Uint(a | b),
            (ExclusiveOr, Uint(a), Uint(b)) => Uint(a ^ b),
            (ShiftLeft, Uint(a), Uint(b)) => Uint(a << b),
            (ShiftRight, Uint(a), Uint(b)) => Uint(a >> b),
            (Equal, Uint(a), Uint(b)) => Bool(a == b),
            (NotEqual, Uint(a), Uint(b)) => Bool(a != b),
            (Less, Uint(a), Uint(b)) => Bool(a < b),
            (Greater, Uint(a), Uint(b)) => Bool(a > b),
            (Add, Int(a), Int(b)) => Int(a.wrapping_add(b)),
            (Subtract, Int(a), Int(b)) => Int(a.wrapping_sub(b)),
            (And, Int(a), Int(b)) => Int(a & b),
            (ShiftLeft, Int(a), Uint(b)) => Int(a << b),
            (ShiftRight, Int(a), Uint(b)) => Int(a >> b),
            (LessEqual, Int(a), Int(b)) => Bool(a <= b),
            (GreaterEqual, Int(a), Int(b)) => Bool(a >= b),
            (And, Bool(a), Bool(b)) => Bool(a && b),
            (InclusiveOr, Bool(a), Bool(b)) => Bool(a || b),
            other => panic!("{other:?}"),
        }
    }

    fn select(&mut self, which: Number, yes: Number, no: Number) -> Number {
        let Number::Bool(which) = which else { panic!("{which:?} is no truth") };
        if which { yes } else { no }
    }

    fn math(&mut self, function: MathFunction, arguments: Vec<Number>) -> Number {
        match (function, &arguments[..]) {
            (MathFunction::Sqrt, [Number::Float(a)]) => Number::Float(self.moved(a.sqrt())),
            (MathFunction::Clamp, [Number::Int(a), Number::Int(low), Number::Int(high)]) => {
                Number::Int(*a.clamp(low, high))
            }
            other => panic!("{other:?}"),
        }
    }

    fn cast(&mut self, kind: ScalarKind, convert: bool, a: Number) -> Number {
        use Number::*;
        use ScalarKind as To;
        match (kind, convert, a) {
            (To::Float, true, Uint(a)) => Float(a as f32),
            (To::Uint, true, Float(a)) => Uint(a as u32),
            (To::Uint, _, Int(a)) => Uint(a as u32),
            (To::Sint, _, Uint(a)) => Int(a as i32),
            (To::Float, false, Uint(a)) => Float(f32::from_bits(a)),
            (To::Float, false, Int(a)) => Float(f32::from_bits(a as u32)),
            (To::Uint, false, Float(a)) => Uint(a.to_bits()),
            (To::Sint, false, Float(a)) => Int(a.to_bits() as i32),
            other => panic!("{other:?}"),
        }
    }

    fn call(&mut self, _: &str, _: &[Val<Number>]) -> Option<Number> {
        None
    }

    fn decided(&self, truth: &Number) -> Option<bool> {
        match truth {
            Number::Bool(truth) => Some(*truth),
            _ => None,
        }
    }
}
