//! The codes of instructions, and constants.

/// What an instruction does with its operands a, b, c, d.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// a
    Copy,
    /// -a
    Neg,
    /// √a
    Sqrt,
    /// eᵃ
    Exp,
    /// ln a
    Ln,
    /// a + b
    Add,
    /// a - b
    Sub,
    /// a · b
    Mul,
    /// a / b
    Div,
    /// a · b + c
    MulAdd,
    /// a · b - c
    MulSub,
    /// c - a · b
    SubMul,
    /// a + b + c
    AddAdd,
    /// a · b · c
    MulMul,
    /// a · b + c · d
    MulMulAdd,
    /// a · b - c · d
    MulMulSub,
    /// c where a > b, else d
    Choose,
    /// Of the bits as integers: a + b, wrapping.
    Plus,
    /// Of the bits as integers: a - b, wrapping.
    Minus,
    /// The bits that a and b share.
    Both,
    /// The bits of a shifted left.
    Left,
    /// The bits of a shifted right, with copies of the sign.
    Right,
    /// Begins a loop, whose instructions reach to its [`Code::Again`].
    Begin,
    /// Makes this turn of the loop the last if a is above zero for no item; stands just before the loop's
    /// [`Code::Again`].
    Rest,
    /// Goes back to the beginning of the loop, unless this turn was the last.
    Again,
}

impl Code {
    /// The number of its operands.
    pub fn operands(self) -> usize {
        use Code::*;
        match self {
            Begin | Again => 0,
            Copy | Neg | Sqrt | Exp | Ln | Left | Right | Rest => 1,
            Add | Sub | Mul | Div | Plus | Minus | Both => 2,
            MulAdd | MulSub | SubMul | AddAdd | MulMul => 3,
            MulMulAdd | MulMulSub | Choose => 4,
        }
    }
}

/// A number that all items share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Constant {
    /// A number, by the bits of its `f64`.
    Number(u64),
    /// The number with the bits of this integer.
    Word(i64),
}
