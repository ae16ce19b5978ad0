//! Runs programs: each instruction goes over all items of a tile, so that decoding it costs little.

use crate::equations::machine::{F32, F64, body};
use crate::equations::program::{Code, Instruction, Program};
use crate::number::Real;
use crate::simd::{Elementwise, Level, Table, Vectors, Wide, Work, vectorised_at, vectors};

/// A number type in which programs run.
pub trait Interpret: Wide {
    /// Runs a program over the items of a table whose columns are bound, instruction by instruction, with the vectors
    /// `vectors`. The results are the same with all vectors.
    ///
    /// # Panics
    /// If other than [`Program::columns`] columns are bound, or one that it writes is bound to be read.
    fn run(program: &Program, table: &mut Table<'_, Self>, vectors: Vectors);

    /// Runs a program by machine code that is made of it once, when it is first needed. Returns false, and has done
    /// nothing, if no such code can be made, see [`crate::simd::machine`].
    ///
    /// # Panics
    /// If other than [`Program::columns`] columns are bound.
    fn play(program: &Program, table: &mut Table<'_, Self>, vectors: Vectors) -> bool;
}

// Not one generic function: these two are compiled here, once, and not in every crate that calls them.
impl Interpret for f32 {
    fn run(program: &Program, table: &mut Table<'_, f32>, vectors: Vectors) {
        vectorised_at(vectors, Run { program, table });
    }
    fn play(program: &Program, table: &mut Table<'_, f32>, vectors: Vectors) -> bool {
        check_columns(program, table);
        table.play(program.codes(), vectors, |shared| body(program, shared, &F32))
    }
}

impl Interpret for f64 {
    fn run(program: &Program, table: &mut Table<'_, f64>, vectors: Vectors) {
        vectorised_at(vectors, Run { program, table });
    }
    fn play(program: &Program, table: &mut Table<'_, f64>, vectors: Vectors) -> bool {
        check_columns(program, table);
        table.play(program.codes(), vectors, |shared| body(program, shared, &F64))
    }
}

impl Program {
    /// Runs it over the items of a table whose columns are bound, with the widest vectors of this machine: by machine
    /// code, see [`Interpret::play`], or, where there is none, instruction by instruction, see [`Interpret::run`].
    ///
    /// # Panics
    /// As [`Interpret::run`].
    pub fn run<R: Interpret>(&self, table: &mut Table<'_, R>) {
        let vectors = vectors();
        if !R::play(self, table, vectors) {
            R::run(self, table, vectors);
        }
    }
}

/// Panics unless as many columns are bound as the program has.
fn check_columns<R: Wide>(program: &Program, table: &Table<'_, R>) {
    assert!(table.bound() == program.columns(), "a program has its own number of columns");
}

/// Declares each code with its operation, and `apply`, which applies the operation of an instruction to a table.
macro_rules! operations {
    ($($code:ident($a:ident $(, $b:ident $(, $c:ident $(, $d:ident)?)?)?; $count:literal) $by:ident => $result:expr;)*) => {
        $(
            struct $code;
            impl Elementwise for $code {
                const OPERANDS: usize = $count;
                #[inline(always)]
                #[allow(unused_variables)]
                fn of<R: Real>(operands: [R; 4], $by: u32) -> R {
                    let $a = operands[0];
                    $(let $b = operands[1]; $(let $c = operands[2]; $(let $d = operands[3];)?)?)?
                    $result
                }
            }
        )*

        #[inline(always)]
        fn apply<R: Wide, L: Level>(table: &mut Table<'_, R>, instruction: &Instruction) {
            let Instruction { code, by, to, operands } = *instruction;
            match code {
                $(Code::$code => table.apply::<L, $code>(to, operands, by),)*
                Code::Begin | Code::Rest | Code::Again => {}
            }
        }
    };
}

operations! {
    Copy(a; 1) by => a;
    Neg(a; 1) by => -a;
    Sqrt(a; 1) by => a.sqrt();
    Exp(a; 1) by => a.exp();
    Ln(a; 1) by => a.ln();
    Add(a, b; 2) by => a + b;
    Sub(a, b; 2) by => a - b;
    Mul(a, b; 2) by => a * b;
    Div(a, b; 2) by => a.over(b);
    MulAdd(a, b, c; 3) by => a * b + c;
    MulSub(a, b, c; 3) by => a * b - c;
    SubMul(a, b, c; 3) by => c - a * b;
    AddAdd(a, b, c; 3) by => a + b + c;
    MulMul(a, b, c; 3) by => a * b * c;
    MulMulAdd(a, b, c, d; 4) by => a * b + c * d;
    MulMulSub(a, b, c, d; 4) by => a * b - c * d;
    Choose(a, b, c, d; 4) by => R::choose(a.above(b), c, d);
    Plus(a, b; 2) by => R::of_bits(R::plus(a.bits(), b.bits()));
    Minus(a, b; 2) by => R::of_bits(R::minus(a.bits(), b.bits()));
    Both(a, b; 2) by => R::of_bits(R::both(a.bits(), b.bits()));
    Left(a; 1) by => R::of_bits(R::left(a.bits(), by));
    Right(a; 1) by => R::of_bits(R::right(a.bits(), by));
}

/// The work of running a program instruction by instruction.
struct Run<'a, 'b, R: Wide> {
    program: &'a Program,
    table: &'a mut Table<'b, R>,
}

impl<R: Wide> Work for Run<'_, '_, R> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let Run { program, table } = self;
        check_columns(program, table);
        let instructions = program.instructions();
        // For each loop, the turns that are left.
        let mut left = vec![0; program.loops()];
        let mut at = 0;
        while at < instructions.len() {
            let instruction = &instructions[at];
            at += 1;
            match instruction.code {
                Code::Begin => left[instruction.to as usize] = instruction.by,
                Code::Rest => {
                    if !table.some_above_zero(instruction.operands[0]) {
                        left[instruction.to as usize] = 1;
                    }
                }
                Code::Again => {
                    let left = &mut left[instruction.to as usize];
                    *left -= 1;
                    if *left > 0 {
                        at = instruction.by as usize;
                    }
                }
                _ => apply::<R, L>(table, instruction),
            }
        }
    }
}
