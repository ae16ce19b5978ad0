//! Selects the instructions that compute the values of a graph.

use crate::equations::program::code::{Code, Constant};
use crate::equations::{Function, Id, Op};

/// An operand of an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    /// A value of the graph.
    Value(Id),
    /// A constant.
    Constant(Constant),
}

/// A step of a program before places are allocated.
#[derive(Debug, Clone)]
pub enum Draft {
    /// An instruction.
    Instruction {
        /// The value that it makes.
        id: Id,
        /// What is done.
        code: Code,
        /// The bits of a shift.
        by: u32,
        /// The operands.
        operands: Vec<Operand>,
    },
    /// A repetition: its value, and its place in [`Graph::repeats`](crate::equations::Graph::repeats).
    Repeat(Id, u32),
}

/// Selects the instructions of a function. A truth is kept as the number 1 or 0, a word as the number with its bits.
pub struct Selection<'a> {
    function: &'a Function,
    /// For each value, how many operations and outputs read it.
    uses: Vec<u32>,
    /// For each value, whether an instruction has to make it.
    needed: Vec<bool>,
    /// The steps so far, the last first.
    drafts: Vec<Draft>,
}

/// A number as an operand.
fn number_constant(value: f64) -> Operand {
    Operand::Constant(Constant::Number(value.to_bits()))
}

impl<'a> Selection<'a> {
    /// The steps of `function`, which is pruned, see [`Function::pruned`].
    pub fn of(function: &'a Function) -> Vec<Draft> {
        let ops = function.graph.ops();
        let mut uses = vec![0; ops.len()];
        for id in 0..ops.len() {
            for argument in function.graph.arguments(id as Id) {
                uses[argument as usize] += 1;
            }
        }
        for &(_, id) in &function.outputs {
            uses[id as usize] += 1;
        }
        let mut all = Selection { function, uses, needed: vec![false; ops.len()], drafts: Vec::new() };
        for &(_, id) in &function.outputs {
            all.need(operand(function, id));
        }
        // From the end, so that each instruction can include operations of its operands.
        for id in (0..ops.len()).rev() {
            if all.needed[id] {
                all.draft(id as Id);
            }
        }
        all.drafts.reverse();
        all.drafts
    }

    /// Marks an operand as needed; a result of a repetition needs the repetition.
    fn need(&mut self, operand: Operand) {
        if let Operand::Value(id) = operand {
            let repeat = if let Op::Result(repeat, _) = self.function.graph.ops()[id as usize] { repeat } else { id };
            self.needed[id as usize] = true;
            self.needed[repeat as usize] = true;
        }
    }

    /// Appends the instruction of an operation, and marks its operands as needed.
    fn draft(&mut self, id: Id) {
        let op = self.function.graph.ops()[id as usize];
        if let Op::Repeat(place) = op {
            for argument in self.function.graph.arguments(id) {
                self.need(operand(self.function, argument));
            }
            self.drafts.push(Draft::Repeat(id, place));
        } else if let Some((code, by, operands)) = self.instruction(op) {
            for &operand in &operands {
                self.need(operand);
            }
            self.drafts.push(Draft::Instruction { id, code, by, operands });
        }
    }

    /// The code, the bits of a shift and the operands of the instruction for an operation; `None` for inputs,
    /// constants, bits of numbers and results, which need none.
    fn instruction(&self, op: Op) -> Option<(Code, u32, Vec<Operand>)> {
        let of = |id| operand(self.function, id);
        let plain = |code, operands: &[Id]| Some((code, 0, operands.iter().map(|&id| of(id)).collect()));
        match op {
            Op::Input(_) | Op::Constant(_) | Op::Word(_) | Op::Bits(_) | Op::OfBits(_) => None,
            Op::Repeat(_) | Op::Result(..) => None,
            Op::Add(a, b) => self.add_instruction(a, b),
            Op::Sub(a, b) => self.sub_instruction(a, b),
            Op::Mul(a, b) => match (self.inlined_product(a), self.inlined_product(b)) {
                (Some((p, q)), _) => plain(Code::MulMul, &[p, q, b]),
                (_, Some((p, q))) => plain(Code::MulMul, &[p, q, a]),
                _ => plain(Code::Mul, &[a, b]),
            },
            Op::Div(a, b) => plain(Code::Div, &[a, b]),
            Op::Neg(a) => plain(Code::Neg, &[a]),
            Op::Sqrt(a) => plain(Code::Sqrt, &[a]),
            Op::Exp(a) => plain(Code::Exp, &[a]),
            Op::Ln(a) => plain(Code::Ln, &[a]),
            Op::Spike(a) => {
                Some((Code::Choose, 0, vec![number_constant(0.0), of(a), number_constant(0.0), number_constant(1.0)]))
            }
            Op::Above(a, b) => Some((Code::Choose, 0, vec![of(a), of(b), number_constant(1.0), number_constant(0.0)])),
            Op::And(a, b) => plain(Code::Mul, &[a, b]),
            Op::Or(a, b) => Some((Code::Choose, 0, vec![of(a), number_constant(0.0), of(a), of(b)])),
            Op::Not(a) => Some((Code::Sub, 0, vec![number_constant(1.0), of(a)])),
            Op::Choose(which, yes, no) => Some((Code::Choose, 0, self.compare_operands(which, of(yes), of(no)))),
            Op::Plus(a, b) => plain(Code::Plus, &[a, b]),
            Op::Minus(a, b) => plain(Code::Minus, &[a, b]),
            Op::Both(a, b) => plain(Code::Both, &[a, b]),
            Op::Left(a, by) => Some((Code::Left, by, vec![of(a)])),
            Op::Right(a, by) => Some((Code::Right, by, vec![of(a)])),
        }
    }

    /// The instruction of a sum; it includes products and sums that only it uses.
    fn add_instruction(&self, a: Id, b: Id) -> Option<(Code, u32, Vec<Operand>)> {
        let (code, operands) = match (self.inlined_product(a), self.inlined_product(b)) {
            (Some((p, q)), Some((r, s))) => (Code::MulMulAdd, vec![p, q, r, s]),
            (Some((p, q)), None) => (Code::MulAdd, vec![p, q, b]),
            (None, Some((p, q))) => (Code::MulAdd, vec![p, q, a]),
            (None, None) => match (self.inner_sum(a), self.inner_sum(b)) {
                (Some((p, q)), _) => (Code::AddAdd, vec![p, q, b]),
                (_, Some((p, q))) => (Code::AddAdd, vec![p, q, a]),
                _ => (Code::Add, vec![a, b]),
            },
        };
        Some((code, 0, operands.into_iter().map(|id| operand(self.function, id)).collect()))
    }

    /// The instruction of a difference; it includes products that only it uses.
    fn sub_instruction(&self, a: Id, b: Id) -> Option<(Code, u32, Vec<Operand>)> {
        let (code, operands) = match (self.inlined_product(a), self.inlined_product(b)) {
            (Some((p, q)), Some((r, s))) => (Code::MulMulSub, vec![p, q, r, s]),
            (Some((p, q)), None) => (Code::MulSub, vec![p, q, b]),
            (None, Some((p, q))) => (Code::SubMul, vec![p, q, a]),
            (None, None) => (Code::Sub, vec![a, b]),
        };
        Some((code, 0, operands.into_iter().map(|id| operand(self.function, id)).collect()))
    }

    /// The operands of [`Code::Choose`] for a choice by the truth `which`.
    fn compare_operands(&self, which: Id, yes: Operand, no: Operand) -> Vec<Operand> {
        let of = |id| operand(self.function, id);
        match self.function.graph.ops()[which as usize] {
            Op::Above(a, b) => vec![of(a), of(b), yes, no],
            _ => vec![of(which), number_constant(0.0), yes, no],
        }
    }

    /// The factors of a product that nothing else needs.
    fn inlined_product(&self, id: Id) -> Option<(Id, Id)> {
        match self.function.graph.ops()[id as usize] {
            Op::Mul(a, b) if self.uses[id as usize] == 1 => Some((a, b)),
            _ => None,
        }
    }

    /// The terms of a sum that nothing else needs.
    fn inner_sum(&self, id: Id) -> Option<(Id, Id)> {
        match self.function.graph.ops()[id as usize] {
            Op::Add(a, b) if self.uses[id as usize] == 1 => Some((a, b)),
            _ => None,
        }
    }
}

/// The operand that is a value: the bits of a number are that number, and the result of a repetition without turns is
/// its start.
pub fn operand(function: &Function, id: Id) -> Operand {
    match function.graph.ops()[id as usize] {
        Op::Bits(a) | Op::OfBits(a) => operand(function, a),
        Op::Constant(bits) => Operand::Constant(Constant::Number(bits)),
        Op::Word(value) => Operand::Constant(Constant::Word(value)),
        Op::Result(results, k) => match function.graph.ops()[results as usize] {
            Op::Repeat(place) if function.graph.repeats()[place as usize].times == 0 => {
                operand(function, function.graph.repeats()[place as usize].start[k as usize])
            }
            _ => Operand::Value(id),
        },
        _ => Operand::Value(id),
    }
}
