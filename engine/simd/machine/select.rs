//! Which instructions do the steps.

use crate::simd::Vectors;
use crate::simd::machine::assembler::{ANY, Address, Coded, MASK, Masked, Operand};
use crate::simd::machine::body::{Step, Value};
use crate::simd::machine::writer::{Home, REST, Writer};

/// Instructions of numbers, of which the wide ones have a prefix.
const SQRT: u8 = 0x51;
const ADD: u8 = 0x58;
const MUL: u8 = 0x59;
const SUB: u8 = 0x5C;
const MIN: u8 = 0x5D;
const DIV: u8 = 0x5E;
const MAX: u8 = 0x5F;
const COMPARE: u8 = 0xC2;
/// Instructions of integers.
const AND: [u8; 2] = [0xDB, 0xDB];
const OR: u8 = 0xEB;
const XOR: u8 = 0xEF;
const PLUS: [u8; 2] = [0xFE, 0xD4];
const MINUS: [u8; 2] = [0xFA, 0xFB];
/// Comparisons that no number passes which is none: greater, and less.
const GREATER: u8 = 0x1E;
const LESS: u8 = 0x11;

impl Writer<'_> {
    /// An instruction of numbers.
    fn number(&self, byte: u8) -> Coded {
        let wide = self.width == 8;
        Coded { map: 1, prefix: u8::from(wide), wide, byte }
    }

    /// An instruction of integers, by its bytes for narrow and for wide ones.
    fn integer(&self, bytes: [u8; 2]) -> Coded {
        let wide = self.width == 8;
        Coded { map: 1, prefix: 1, wide, byte: bytes[usize::from(wide)] }
    }

    /// A step that makes a value of others.
    pub fn operation(&mut self, value: Value, step: Step) {
        match step {
            Step::Sqrt(a) => {
                let from = self.operand(a);
                let to = self.result(value, step);
                self.code.vector(self.number(SQRT), (to, 0, from), Masked::default(), None);
            }
            Step::Add(a, b) => self.binary(value, step, self.number(ADD), self.ordered(a, b)),
            Step::Mul(a, b) => self.binary(value, step, self.number(MUL), self.ordered(a, b)),
            Step::Sub(a, b) => self.binary(value, step, self.number(SUB), (a, b)),
            Step::Div(a, b) => self.binary(value, step, self.number(DIV), (a, b)),
            Step::Plus(a, b) => self.binary(value, step, self.integer(PLUS), self.ordered(a, b)),
            Step::Minus(a, b) => self.binary(value, step, self.integer(MINUS), (a, b)),
            Step::Both(a, b) => self.binary(value, step, self.integer(AND), self.ordered(a, b)),
            Step::Left(a, by) => self.shift(value, step, a, (6, by)),
            Step::Right(a, by) if self.width == 8 && self.level != Vectors::Avx512 => self.drawn(value, step, a, by),
            Step::Right(a, by) => self.shift(value, step, a, (4, by)),
            // The second where they are equal, or one is no number, as of a choice.
            Step::Choose([a, b, c, d]) if (c, d) == (a, b) => self.binary(value, step, self.number(MAX), (a, b)),
            Step::Choose([a, b, c, d]) if (c, d) == (b, a) => self.binary(value, step, self.number(MIN), (b, a)),
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

    /// Operands whose order is of no consequence: first one that is in a register.
    fn ordered(&self, a: Value, b: Value) -> (Value, Value) {
        if !self.is_near(a) && self.is_near(b) { (b, a) } else { (a, b) }
    }

    fn binary(&mut self, value: Value, step: Step, coded: Coded, (a, b): (Value, Value)) {
        let first = self.near(a);
        let last = self.operand(b);
        let to = self.result(value, step);
        self.code.vector(coded, (to, first, last), Masked::default(), None);
    }

    /// A shift by a fixed number of bits, `kind` among the shifts.
    fn shift(&mut self, value: Value, step: Step, a: Value, (kind, by): (u8, u32)) {
        let from = if self.level == Vectors::Avx512 { self.operand(a) } else { Operand::Register(self.near(a)) };
        let to = self.result(value, step);
        let bytes = if kind == 4 { [0x72, 0x72] } else { [0x72, 0x73] };
        self.code.vector(self.integer(bytes), (kind, to, from), Masked::default(), Some(by as u8));
    }

    /// AVX2 draws along the sign of no wide integer: the sign's copies come from a comparison.
    fn drawn(&mut self, value: Value, step: Step, a: Value, by: u32) {
        let from = self.near(a);
        let sign = self.spare();
        let wide = |map, byte| Coded { map, prefix: 1, wide: true, byte };
        let all = Masked::default();
        self.code.vector(wide(1, XOR), (sign, sign, Operand::Register(sign)), all, None);
        self.code.vector(wide(2, 0x37), (sign, sign, Operand::Register(from)), all, None);
        self.code.vector(wide(1, 0x73), (6, sign, Operand::Register(sign)), all, Some(64 - by as u8));
        let to = self.result(value, step);
        self.code.vector(wide(1, 0x73), (2, to, Operand::Register(from)), all, Some(by as u8));
        self.code.vector(wide(1, OR), (to, to, Operand::Register(sign)), all, None);
    }

    fn choose(&mut self, value: Value, step: Step, [a, b, yes, no]: [Value; 4]) {
        let wide = self.width == 8;
        if self.level == Vectors::Avx512 {
            let mask = self.compared(a, b);
            let zero = self.body.steps()[no as usize] == Step::Number(0);
            let first = if zero { 0 } else { self.near(no) };
            let last = self.operand(yes);
            let to = self.result(value, step);
            let blend = Coded { map: 2, prefix: 1, wide, byte: 0x65 };
            self.code.vector(blend, (to, first, last), Masked { mask, zero }, None);
        } else {
            // Loads of some items need the spare register; they come before the comparison, which is kept there.
            let first = self.near(no);
            self.settle(yes);
            let spare = self.compared(a, b);
            let last = self.operand(yes);
            let to = self.result(value, step);
            let blend = Coded { map: 3, prefix: 1, wide, byte: if wide { 0x4B } else { 0x4A } };
            self.code.vector(blend, (to, first, last), Masked::default(), Some(spare << 4));
        }
    }

    /// Where it is kept whether a > b.
    fn compared(&mut self, a: Value, b: Value) -> u8 {
        if let Some(known) = self.comparison(a, b) {
            return known;
        }
        let swapped = !self.is_near(a) && self.is_near(b);
        let (first, other, which) = if swapped { (b, a, LESS) } else { (a, b, GREATER) };
        let first = self.near(first);
        let last = self.operand(other);
        let to = self.new_comparison(a, b);
        self.code.vector(self.number(COMPARE), (to, first, last), Masked::default(), Some(which));
        to
    }

    /// Sets the flag of zero if what is in a register is above zero for no item.
    pub fn some_above_zero(&mut self, first: u8) {
        let Home::Constant(zero) = self.constant(0) else { return };
        let zero = Address::Constant(zero);
        self.forget_comparisons();
        let to = self.spare_mask();
        if self.level == Vectors::Avx512 {
            // Items that are not there are none.
            let masked = Masked { mask: if self.some { REST } else { 0 }, zero: false };
            self.code.vector(self.number(COMPARE), (to, first, Operand::Same(zero)), masked, Some(GREATER));
            self.code.test_mask(to);
            return;
        }
        self.code.vector(self.number(COMPARE), (to, first, Operand::Memory(zero)), Masked::default(), Some(GREATER));
        if self.some {
            let there = Operand::Memory(Address::At(MASK, 0));
            self.code.vector(self.integer(AND), (to, to, there), Masked::default(), None);
        }
        let signs = Coded { map: 1, prefix: 0, wide: false, byte: 0x50 };
        self.code.vector(signs, (ANY, 0, Operand::Register(to)), Masked::default(), None);
        self.code.test(ANY);
    }

    /// A vector of memory to a register, or back.
    pub fn move_vector(&mut self, register: u8, address: Address, back: bool, masked: Masked) {
        let coded = self.number(if back { 0x11 } else { 0x10 });
        self.code.vector(coded, (register, 0, Operand::Memory(address)), masked, None);
    }

    /// A register to another.
    pub fn copy(&mut self, to: u8, from: u8) {
        self.code.vector(self.number(0x28), (to, 0, Operand::Register(from)), Masked::default(), None);
    }

    /// Zero to a register.
    pub fn clear(&mut self, to: u8) {
        self.code.vector(self.integer([XOR, XOR]), (to, to, Operand::Register(to)), Masked::default(), None);
    }

    /// Some items to a register, or back, by a mask in another.
    pub fn move_some(&mut self, register: u8, mask: u8, address: Address, back: bool) {
        let byte = 0x2C + u8::from(self.width == 8) + if back { 2 } else { 0 };
        let coded = Coded { map: 2, prefix: 1, wide: false, byte };
        self.code.vector(coded, (register, mask, Operand::Memory(address)), Masked::default(), None);
    }
}
