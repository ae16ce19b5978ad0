//! Programs as bodies of machine code: a slot becomes the value that was written to it, and exponentials and logarithms
//! become the operations that they are made of.

use std::sync::OnceLock;

use crate::equations::program::{Code, Constant, Instruction, Program};
use crate::equations::trace::{Wide, trace};
use crate::equations::{Function, Op, Traced};
use crate::number::math;
use crate::simd::machine::{Body, ColumnSet, Step, Value};

/// What bodies need to know of a number type.
pub struct NumberType {
    /// The bits of the number nearest to a value.
    pub bits: fn(f64) -> u64,
    /// The bits of a word.
    pub word: fn(i64) -> u64,
    /// The exponential and the logarithm, traced.
    pub exp_ln: fn() -> &'static [Function; 2],
}

/// The type `f32`.
pub const F32: NumberType = NumberType {
    bits: |value| u64::from((value as f32).to_bits()),
    word: |value| u64::from(value as u32),
    exp_ln: || {
        static FUNCTIONS: OnceLock<[Function; 2]> = OnceLock::new();
        let function = |of: fn(Traced) -> Traced| trace(vec!["x".to_owned()], |x| vec![("y".to_owned(), of(x[0]))]);
        FUNCTIONS.get_or_init(|| [function(math::exp), function(math::ln)])
    },
};

/// The type `f64`.
pub const F64: NumberType = NumberType {
    bits: f64::to_bits,
    word: |value| value as u64,
    exp_ln: || {
        static FUNCTIONS: OnceLock<[Function; 2]> = OnceLock::new();
        let function =
            |of: fn(Wide) -> Wide| trace(vec!["x".to_owned()], |x| vec![("y".to_owned(), Traced(of(Wide(x[0].0)).0))]);
        FUNCTIONS.get_or_init(|| [function(math::exp), function(math::ln)])
    },
};

/// The body of `program`, where the columns in `shared` are one number for all items. `None` if the program reads a
/// place before it writes it, or has a loop without an end.
pub fn body(program: &Program, shared: &ColumnSet, number_type: &NumberType) -> Option<Body> {
    let first = program.first_column();
    let mut all =
        Translation { body: Body::default(), number_type, first, current: vec![None; first + program.columns()] };
    for (place, &constant) in program.constants().iter().enumerate() {
        let bits = match constant {
            Constant::Number(bits) => (number_type.bits)(f64::from_bits(bits)),
            Constant::Word(value) => (number_type.word)(value),
        };
        all.current[place] = Some(all.body.push(Step::Number(bits)));
    }
    for column in 0..program.columns() {
        let load = if shared.has(column) { Step::Same(column as u32) } else { Step::Load(column as u32) };
        all.current[first + column] = Some(all.body.push(load));
    }
    let (mut loops, mut rests) = (Vec::new(), Vec::new());
    for (at, instruction) in program.instructions().iter().enumerate() {
        match instruction.code {
            Code::Begin => {
                let carried = all.carried(&program.instructions()[at + 1..], instruction.to);
                all.body.push(Step::Begin(instruction.by));
                let carry = |place: usize| Some((place, all.body.push(Step::Carried(all.current[place]?))));
                let carried = carried.into_iter().map(carry).collect::<Option<Vec<(usize, Value)>>>()?;
                for &(place, value) in &carried {
                    all.current[place] = Some(value);
                }
                loops.push(carried);
            }
            Code::Rest => rests.push((instruction.to, all.current[instruction.operands[0] as usize]?)),
            Code::Again => {
                let next = |&(place, value): &(usize, Value)| Some((value, all.current[place]?));
                let carried = loops.pop()?.iter().map(next).collect::<Option<Vec<(Value, Value)>>>()?;
                let rest = rests.pop_if(|(this, _)| *this == instruction.to).map(|(_, value)| value);
                all.body.end_loop(carried, rest.into_iter().collect());
            }
            _ => all.instruction(instruction)?,
        }
    }
    Some(all.body)
}

/// A program that is being translated.
struct Translation<'a> {
    /// The steps so far.
    body: Body,
    number_type: &'a NumberType,
    /// The first place of the table that is a bound column.
    first: usize,
    /// For each place of the table, the value that it holds.
    current: Vec<Option<Value>>,
}

impl Translation<'_> {
    /// The places that loop `this` reads before it writes them, and does write; `behind` are the instructions after its
    /// beginning.
    fn carried(&self, behind: &[Instruction], this: u32) -> Vec<usize> {
        let (mut read, mut written) = (vec![false; self.current.len()], vec![false; self.current.len()]);
        let is_end = |instruction: &&Instruction| instruction.code != Code::Again || instruction.to != this;
        for instruction in behind.iter().take_while(is_end) {
            if matches!(instruction.code, Code::Begin | Code::Rest | Code::Again) {
                continue;
            }
            for &operand in &instruction.operands[..instruction.code.operands()] {
                read[operand as usize] |= !written[operand as usize];
            }
            written[instruction.to as usize] = true;
        }
        (0..read.len()).filter(|&place| read[place] && written[place]).collect()
    }

    /// Appends the steps of an instruction outside of loop control, and notes what its place holds then.
    fn instruction(&mut self, instruction: &Instruction) -> Option<()> {
        let count = instruction.code.operands();
        let mut operands = [0; 4];
        for (operand, &place) in operands.iter_mut().zip(&instruction.operands[..count]) {
            *operand = self.current[place as usize]?;
        }
        let value = self.value(instruction, operands)?;
        self.current[instruction.to as usize] = Some(value);
        if instruction.to as usize >= self.first {
            self.body.push(Step::Store(instruction.to - self.first as u32, value));
        }
        Some(())
    }

    /// The value that an instruction makes of its operands.
    fn value(&mut self, instruction: &Instruction, [a, b, c, d]: [Value; 4]) -> Option<Value> {
        let [exp, ln] = (self.number_type.exp_ln)();
        let body = &mut self.body;
        Some(match instruction.code {
            Code::Copy => a,
            Code::Neg => {
                let zero = body.push(Step::Number((self.number_type.bits)(-0.0)));
                body.push(Step::Sub(zero, a))
            }
            Code::Sqrt => body.push(Step::Sqrt(a)),
            Code::Exp => self.inline(exp, a)?,
            Code::Ln => self.inline(ln, a)?,
            Code::Add => body.push(Step::Add(a, b)),
            Code::Sub => body.push(Step::Sub(a, b)),
            Code::Mul => body.push(Step::Mul(a, b)),
            Code::Div => body.push(Step::Div(a, b)),
            Code::MulAdd | Code::MulSub | Code::SubMul | Code::AddAdd | Code::MulMul => {
                let first = body.push(if instruction.code == Code::AddAdd { Step::Add(a, b) } else { Step::Mul(a, b) });
                body.push(match instruction.code {
                    Code::MulSub => Step::Sub(first, c),
                    Code::SubMul => Step::Sub(c, first),
                    Code::MulMul => Step::Mul(first, c),
                    _ => Step::Add(first, c),
                })
            }
            Code::MulMulAdd | Code::MulMulSub => {
                let (first, second) = (body.push(Step::Mul(a, b)), body.push(Step::Mul(c, d)));
                let sum = instruction.code == Code::MulMulAdd;
                body.push(if sum { Step::Add(first, second) } else { Step::Sub(first, second) })
            }
            Code::Choose => self.choose([a, b, c, d]),
            Code::Plus => body.push(Step::Plus(a, b)),
            Code::Minus => body.push(Step::Minus(a, b)),
            Code::Both => body.push(Step::Both(a, b)),
            Code::Left => body.push(Step::Left(a, instruction.by)),
            Code::Right => body.push(Step::Right(a, instruction.by)),
            Code::Begin | Code::Rest | Code::Again => return None,
        })
    }

    /// The value c where a > b, else d. Where a is a truth, kept as 1 or 0, and b is 0, it chooses by the comparison
    /// that made a.
    fn choose(&mut self, [a, b, c, d]: [Value; 4]) -> Value {
        let [zero, one] = [0.0, 1.0].map(|value| Step::Number((self.number_type.bits)(value)));
        let steps = self.body.steps();
        let is = |value: Value, step: Step| steps[value as usize] == step;
        let all = match steps[a as usize] {
            Step::Choose([p, q, yes, no]) if is(yes, one) && is(no, zero) && is(b, zero) => [p, q, c, d],
            _ => [a, b, c, d],
        };
        self.body.push(Step::Choose(all))
    }

    /// The value of a function of one number, whose operations are appended. `None` if it has operations other than
    /// arithmetic, operations on words, and choices by a comparison.
    fn inline(&mut self, function: &Function, x: Value) -> Option<Value> {
        let mut new: Vec<Value> = Vec::with_capacity(function.graph.ops().len());
        for &op in function.graph.ops() {
            let of = |id: u32| new[id as usize];
            let step = match op {
                Op::Input(_) => {
                    new.push(x);
                    continue;
                }
                Op::Bits(a) | Op::OfBits(a) => {
                    new.push(of(a));
                    continue;
                }
                // A comparison becomes part of the choice by it.
                Op::Above(..) => {
                    new.push(0);
                    continue;
                }
                Op::Choose(which, yes, no) => match function.graph.ops()[which as usize] {
                    Op::Above(a, b) => Step::Choose([a, b, yes, no].map(of)),
                    _ => return None,
                },
                Op::Constant(bits) => Step::Number((self.number_type.bits)(f64::from_bits(bits))),
                Op::Word(value) => Step::Number((self.number_type.word)(value)),
                Op::Add(a, b) => Step::Add(of(a), of(b)),
                Op::Sub(a, b) => Step::Sub(of(a), of(b)),
                Op::Mul(a, b) => Step::Mul(of(a), of(b)),
                Op::Div(a, b) => Step::Div(of(a), of(b)),
                Op::Sqrt(a) => Step::Sqrt(of(a)),
                Op::Plus(a, b) => Step::Plus(of(a), of(b)),
                Op::Minus(a, b) => Step::Minus(of(a), of(b)),
                Op::Both(a, b) => Step::Both(of(a), of(b)),
                Op::Left(a, by) => Step::Left(of(a), by),
                Op::Right(a, by) => Step::Right(of(a), by),
                _ => return None,
            };
            new.push(self.body.push(step));
        }
        function.outputs.first().map(|&(_, id)| new[id as usize])
    }
}
