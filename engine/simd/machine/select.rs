//! Selects the instructions that do a step.

use crate::simd::Vectors;
use crate::simd::machine::assembler::{Address, MASK, Masked, Opcode, Operand, SCRATCH};
use crate::simd::machine::body::{Step, Value};
use crate::simd::machine::home::Home;
use crate::simd::machine::writer::{REST, Writer};

/// Opcode bytes of instructions on floating-point numbers; those on f64 have a prefix.
const SQRT: u8 = 0x51;
const ADD: u8 = 0x58;
const MUL: u8 = 0x59;
const SUB: u8 = 0x5C;
const MIN: u8 = 0x5D;
const DIV: u8 = 0x5E;
const MAX: u8 = 0x5F;
const COMPARE: u8 = 0xC2;
/// Opcode bytes of instructions on integers: one for both widths, or for 32 and for 64 bits.
const AND: [u8; 2] = [0xDB, 0xDB];
const OR: u8 = 0xEB;
const XOR: u8 = 0xEF;
const PLUS: [u8; 2] = [0xFE, 0xD4];
const MINUS: [u8; 2] = [0xFA, 0xFB];
/// Predicates of comparisons that are false where one of the two is NaN: greater, and less.
const GREATER: u8 = 0x1E;
const LESS: u8 = 0x11;

impl Writer<'_> {
    /// The opcode of an instruction on floating-point numbers.
    fn float_opcode(&self, byte: u8) -> Opcode {
        let wide = self.width == 8;
        Opcode { map: 1, prefix: u8::from(wide), wide, byte }
    }

    /// The opcode of an instruction on integers, by its bytes for 32 and for 64 bits.
    fn integer_opcode(&self, bytes: [u8; 2]) -> Opcode {
        let wide = self.width == 8;
        Opcode { map: 1, prefix: 1, wide, byte: bytes[usize::from(wide)] }
    }

    /// Writes the instructions of `step`, which makes `value` of other values; nothing for steps of another kind.
    pub fn operation(&mut self, value: Value, step: Step) {
        match step {
            Step::Sqrt(a) => {
                let from = self.operand(a);
                let to = self.result_register(value, step);
                self.code.vector(self.float_opcode(SQRT), (to, 0, from), Masked::default(), None);
            }
            Step::Add(a, b) => self.binary(value, step, self.float_opcode(ADD), self.ordered(a, b)),
            Step::Mul(a, b) => self.binary(value, step, self.float_opcode(MUL), self.ordered(a, b)),
            Step::Sub(a, b) => self.binary(value, step, self.float_opcode(SUB), (a, b)),
            Step::Div(a, b) => self.binary(value, step, self.float_opcode(DIV), (a, b)),
            Step::Plus(a, b) => self.binary(value, step, self.integer_opcode(PLUS), self.ordered(a, b)),
            Step::Minus(a, b) => self.binary(value, step, self.integer_opcode(MINUS), (a, b)),
            Step::Both(a, b) => self.binary(value, step, self.integer_opcode(AND), self.ordered(a, b)),
            Step::Left(a, by) => self.shift(value, step, a, (6, by)),
            Step::Right(a, by) if self.width == 8 && self.level != Vectors::Avx512 => {
                self.shift_right_wide(value, step, a, by)
            }
            Step::Right(a, by) => self.shift(value, step, a, (4, by)),
            // These give the second operand where both are equal or one is NaN, as a choice does.
            Step::Choose([a, b, c, d]) if (c, d) == (a, b) => self.binary(value, step, self.float_opcode(MAX), (a, b)),
            Step::Choose([a, b, c, d]) if (c, d) == (b, a) => self.binary(value, step, self.float_opcode(MIN), (b, a)),
            Step::Choose(all) => self.choose(value, step, all),
            Step::Load(_)
            | Step::Same(_)
            | Step::Number(_)
            | Step::Carried(_)
            | Step::Store(..)
            | Step::Begin(_)
            | Step::Again => {}
        }
    }

    /// Operands whose order does not matter, so ordered that the first is in a register if one of them is.
    fn ordered(&self, a: Value, b: Value) -> (Value, Value) {
        if !self.is_in_register(a) && self.is_in_register(b) { (b, a) } else { (a, b) }
    }

    /// Writes the instruction `opcode` of two operands.
    fn binary(&mut self, value: Value, step: Step, opcode: Opcode, (a, b): (Value, Value)) {
        let first = self.in_register(a);
        let last = self.operand(b);
        let to = self.result_register(value, step);
        self.code.vector(opcode, (to, first, last), Masked::default(), None);
    }

    /// Writes a shift by a fixed number of bits; `kind` is its number among the shifts: 4 to the right, 6 to the left.
    fn shift(&mut self, value: Value, step: Step, a: Value, (kind, by): (u8, u32)) {
        let from = if self.level == Vectors::Avx512 { self.operand(a) } else { Operand::Register(self.in_register(a)) };
        let to = self.result_register(value, step);
        let bytes = if kind == 4 { [0x72, 0x72] } else { [0x72, 0x73] };
        self.code.vector(self.integer_opcode(bytes), (kind, to, from), Masked::default(), Some(by as u8));
    }

    /// Writes a shift of 64-bit integers to the right with copies of the sign. AVX2 has no such instruction: the copies
    /// come from a comparison.
    fn shift_right_wide(&mut self, value: Value, step: Step, a: Value, by: u32) {
        let from = self.in_register(a);
        let sign = self.spare_register();
        let wide = |map, byte| Opcode { map, prefix: 1, wide: true, byte };
        let all = Masked::default();
        self.code.vector(wide(1, XOR), (sign, sign, Operand::Register(sign)), all, None);
        self.code.vector(wide(2, 0x37), (sign, sign, Operand::Register(from)), all, None);
        self.code.vector(wide(1, 0x73), (6, sign, Operand::Register(sign)), all, Some(64 - by as u8));
        let to = self.result_register(value, step);
        self.code.vector(wide(1, 0x73), (2, to, Operand::Register(from)), all, Some(by as u8));
        self.code.vector(wide(1, OR), (to, to, Operand::Register(sign)), all, None);
    }

    /// Writes a choice: yes where a > b, else no.
    fn choose(&mut self, value: Value, step: Step, [a, b, yes, no]: [Value; 4]) {
        let wide = self.width == 8;
        if self.level == Vectors::Avx512 {
            let mask = self.compared(a, b);
            let zero = self.body.steps()[no as usize] == Step::Number(0);
            let first = if zero { 0 } else { self.in_register(no) };
            let last = self.operand(yes);
            let to = self.result_register(value, step);
            let blend = Opcode { map: 2, prefix: 1, wide, byte: 0x65 };
            self.code.vector(blend, (to, first, last), Masked { mask, zero }, None);
        } else {
            // Loads by a mask need the spare register, which the comparison is kept in; so they come first.
            let first = self.in_register(no);
            self.load_if_masked(yes);
            let spare = self.compared(a, b);
            let last = self.operand(yes);
            let to = self.result_register(value, step);
            let blend = Opcode { map: 3, prefix: 1, wide, byte: if wide { 0x4B } else { 0x4A } };
            self.code.vector(blend, (to, first, last), Masked::default(), Some(spare << 4));
        }
    }

    /// The register that holds whether a > b, which is compared unless a register holds it already.
    fn compared(&mut self, a: Value, b: Value) -> u8 {
        if let Some(known) = self.known_comparison(a, b) {
            return known;
        }
        let swapped = !self.is_in_register(a) && self.is_in_register(b);
        let (first, other, which) = if swapped { (b, a, LESS) } else { (a, b, GREATER) };
        let first = self.in_register(first);
        let last = self.operand(other);
        let to = self.new_comparison(a, b);
        self.code.vector(self.float_opcode(COMPARE), (to, first, last), Masked::default(), Some(which));
        to
    }

    /// Writes a test of whether the register `first` is above zero for some item: the flag of zero is set if for none.
    pub fn some_above_zero(&mut self, first: u8) {
        let Home::Constant(zero) = self.constant_home(0) else { return };
        let zero = Address::Constant(zero);
        self.forget_comparisons();
        let to = self.spare_mask();
        if self.level == Vectors::Avx512 {
            // Lanes without an item do not count.
            let masked = Masked { mask: if self.partial { REST } else { 0 }, zero: false };
            self.code.vector(self.float_opcode(COMPARE), (to, first, Operand::Broadcast(zero)), masked, Some(GREATER));
            self.code.test_mask(to);
            return;
        }
        self.code.vector(
            self.float_opcode(COMPARE),
            (to, first, Operand::Memory(zero)),
            Masked::default(),
            Some(GREATER),
        );
        if self.partial {
            let there = Operand::Memory(Address::At(MASK, 0));
            self.code.vector(self.integer_opcode(AND), (to, to, there), Masked::default(), None);
        }
        let signs = Opcode { map: 1, prefix: 0, wide: false, byte: 0x50 };
        self.code.vector(signs, (SCRATCH, 0, Operand::Register(to)), Masked::default(), None);
        self.code.test_zero(SCRATCH);
    }

    /// Writes a load of a vector from memory to a register, or, if `back`, a store.
    pub fn move_vector(&mut self, register: u8, address: Address, back: bool, masked: Masked) {
        let opcode = self.float_opcode(if back { 0x11 } else { 0x10 });
        self.code.vector(opcode, (register, 0, Operand::Memory(address)), masked, None);
    }

    /// Writes a copy of a register to another.
    pub fn copy(&mut self, to: u8, from: u8) {
        self.code.vector(self.float_opcode(0x28), (to, 0, Operand::Register(from)), Masked::default(), None);
    }

    /// Writes that a register becomes zero.
    pub fn clear(&mut self, to: u8) {
        self.code.vector(self.integer_opcode([XOR, XOR]), (to, to, Operand::Register(to)), Masked::default(), None);
    }

    /// Writes a load of the items whose lanes are set in the register `mask`, or, if `back`, a store (AVX2).
    pub fn move_some(&mut self, register: u8, mask: u8, address: Address, back: bool) {
        let byte = 0x2C + u8::from(self.width == 8) + if back { 2 } else { 0 };
        let opcode = Opcode { map: 2, prefix: 1, wide: false, byte };
        self.code.vector(opcode, (register, mask, Operand::Memory(address)), Masked::default(), None);
    }
}
