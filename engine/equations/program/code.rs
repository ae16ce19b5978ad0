//! Instructions by name, and their constants.

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
    /// Of the bits as integers: a + b
    Plus,
    /// a - b
    Minus,
    /// What a and b share.
    Both,
    /// a shifted left.
    Left,
    /// a shifted right, its sign drawn along.
    Right,
    /// What follows is done so many times, to the next [`Code::Again`] of the same loop.
    Begin,
    /// The turn of the loop is the last if a is above zero for no item; just before the loop's [`Code::Again`].
    Rest,
    /// Back to the beginning of the loop, unless it has been done often enough.
    Again,
}

impl Code {
    /// How many operands it has.
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
    /// By the bits of its `f64`.
    Number(u64),
    /// The number with the bits of this integer.
    Word(i64),
}
