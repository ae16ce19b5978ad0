//! Instructions of x86-64 as bytes: a few on vectors, encoded for AVX2 (VEX) or AVX-512 (EVEX), and the few on general
//! registers that loops need (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, chapters 2 and
//! 5).

use crate::simd::Vectors;

/// A general register, by its number in the manual.
pub type General = u8;
/// rax, whose content is needed by the next instruction alone.
pub const SCRATCH: General = 0;
/// rcx: the distance of the items at hand from the beginning of their columns, in bytes.
pub const OFFSET: General = 1;
/// rdx: the distance of the end of the items that fill vectors, in bytes.
pub const END: General = 2;
/// rsi: the address of the frame, memory for counters and intermediate results.
pub const FRAME: General = 6;
/// rdi: the address of the descriptions of the columns.
pub const COLUMNS: General = 7;
/// r8: the mask of the items behind those that fill vectors (AVX-512), or its address (AVX2); 0 if there are none.
pub const MASK: General = 8;
/// Registers for addresses of columns. Those beyond the first [`CALLER_SAVED`] belong to the caller, and are restored
/// at the end.
pub const ADDRESSES: [General; 9] = [9, 10, 11, 3, 5, 12, 13, 14, 15];
/// How many of [`ADDRESSES`] need not be restored.
pub const CALLER_SAVED: usize = 3;

/// A place in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// The address in a register, plus a number of bytes.
    At(General, i32),
    /// The address in a register, plus [`OFFSET`], plus a number of bytes.
    Item(General, i32),
    /// The address of a constant, by its place among all.
    Constant(u32),
}

/// The last operand of an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    /// A register.
    Register(u8),
    /// A vector in memory.
    Memory(Address),
    /// A number in memory that all lanes get; AVX-512 alone has such operands.
    Broadcast(Address),
}

/// The instruction apart from its operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opcode {
    /// The opcode map: 1, 2, 3 for instructions that begin with 0F, 0F 38, 0F 3A.
    pub map: u8,
    /// The prefix: 0, 1, 2, 3 for none, 66, F3, F2.
    pub prefix: u8,
    /// The bit W, set for numbers of 8 bytes; it is encoded for AVX-512 alone.
    pub wide: bool,
    /// The opcode byte.
    pub byte: u8,
}

/// The lanes on which an instruction acts (AVX-512).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Masked {
    /// The mask register; 0 for all lanes.
    pub mask: u8,
    /// Whether the other lanes become zero, instead of keeping what they had.
    pub zero: bool,
}

/// A place among the instructions to which jumps lead.
#[derive(Debug, Clone, Copy)]
pub struct Label(usize);

/// The condition of a jump, by the result of the last comparison or test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Always.
    Always,
    /// The first was below the second, as unsigned integers.
    Below,
    /// The first was above the second, as unsigned integers.
    Above,
    /// The result was zero, or both were equal.
    Zero,
    /// The result was not zero, or the two differed.
    NotZero,
}

/// Instructions, one after the other, and the constants that they read.
#[derive(Debug)]
pub struct Assembler {
    level: Vectors,
    /// The bytes of a number, 4 or 8.
    width: usize,
    /// The instructions so far.
    bytes: Vec<u8>,
    /// Distances to constants, which are filled in at the end: where in `bytes` the distance is, the place of the
    /// constant, and how many bytes the instruction has behind the distance.
    constants: Vec<(usize, u32, usize)>,
    /// For each label, its place in `bytes`; `usize::MAX` until it is placed.
    labels: Vec<usize>,
    /// Distances to labels, which are filled in at the end: where in `bytes` the distance is, and to which label.
    jumps: Vec<(usize, Label)>,
    /// How many operands in memory the instructions on vectors have.
    pub memory_operands: usize,
}

impl Assembler {
    /// An assembler without instructions yet, for vectors of `level` whose numbers have `width` bytes, 4 or 8.
    pub fn new(level: Vectors, width: usize) -> Assembler {
        Assembler {
            level,
            width,
            bytes: Vec::new(),
            constants: Vec::new(),
            labels: Vec::new(),
            jumps: Vec::new(),
            memory_operands: 0,
        }
    }

    /// The bytes of a vector.
    pub fn vector_bytes(level: Vectors) -> usize {
        if level == Vectors::Avx512 { 64 } else { 32 }
    }

    /// Appends an instruction on vectors. The three operands are the register of the result and the two operands, of
    /// which only the last may be in memory; some instructions have bits of the opcode in the place of a register.
    /// `immediate` is the byte that follows some instructions.
    pub fn vector(&mut self, opcode: Opcode, operands: (u8, u8, Operand), masked: Masked, immediate: Option<u8>) {
        let scale = match (self.level, operands.2) {
            (Vectors::Avx512, Operand::Broadcast(_)) => self.width as i32,
            (Vectors::Avx512, _) => 64,
            _ => 1,
        };
        let before = self.constants.len();
        self.encode(opcode, operands, masked, scale);
        self.bytes.extend(immediate);
        self.constants[before..].iter_mut().for_each(|(_, _, behind)| *behind = usize::from(immediate.is_some()));
    }

    /// Appends an instruction that loads a number from memory into all lanes of the register `to`.
    pub fn broadcast(&mut self, to: u8, from: Address) {
        let wide = self.width == 8;
        let opcode = Opcode { map: 2, prefix: 1, wide, byte: if wide { 0x19 } else { 0x18 } };
        let scale = if self.level == Vectors::Avx512 { self.width as i32 } else { 1 };
        self.encode(opcode, (to, 0, Operand::Memory(from)), Masked::default(), scale);
    }

    /// Appends an instruction on vectors without its immediate. A distance of one byte is counted in units of `scale`
    /// bytes.
    fn encode(&mut self, opcode: Opcode, (to, second, last): (u8, u8, Operand), masked: Masked, scale: i32) {
        let Opcode { map, prefix, wide, byte } = opcode;
        let [b, x] = match last {
            Operand::Register(register) => [register >> 3 & 1, register >> 4 & 1],
            Operand::Memory(address) | Operand::Broadcast(address) => high_bits(address),
        };
        let same = u8::from(matches!(last, Operand::Broadcast(_)));
        let first = (1 - (to >> 3 & 1)) << 7 | (1 - x) << 6 | (1 - b) << 5 | map;
        let between = (!second & 15) << 3 | 4 | prefix;
        if self.level == Vectors::Avx512 {
            let rest = u8::from(masked.zero) << 7 | 2 << 5 | same << 4 | (1 - (second >> 4 & 1)) << 3 | masked.mask;
            let first = first | (1 - (to >> 4 & 1)) << 4;
            self.bytes.extend([0x62, first, u8::from(wide) << 7 | between, rest, byte]);
        } else {
            debug_assert!(same == 0 && masked == Masked::default() && (to | second) < 16);
            self.bytes.extend([0xC4, first, between, byte]);
        }
        match last {
            Operand::Register(register) => self.bytes.push(0xC0 | (to & 7) << 3 | register & 7),
            Operand::Memory(address) | Operand::Broadcast(address) => {
                self.memory_operands += 1;
                self.address(to, address, scale);
            }
        }
    }

    /// Appends the bytes ModRM and SIB and the distance: the register and the address in memory. A distance of one byte
    /// is counted in units of `scale` bytes.
    fn address(&mut self, register: u8, address: Address, scale: i32) {
        let field = (register & 7) << 3;
        let (base, index, distance) = match address {
            Address::At(base, distance) => (base, None, distance),
            Address::Item(base, distance) => (base, Some(OFFSET), distance),
            Address::Constant(place) => {
                self.bytes.push(field | 5);
                self.constants.push((self.bytes.len(), place, 0));
                self.bytes.extend([0; 4]);
                return;
            }
        };
        let short = (distance % scale == 0).then(|| i8::try_from(distance / scale).ok()).flatten();
        let mode = match short {
            Some(0) if base & 7 != 5 => 0,
            Some(_) => 0x40,
            None => 0x80,
        };
        match index {
            Some(index) => self.bytes.extend([mode | field | 4, (index & 7) << 3 | base & 7]),
            None if base & 7 == 4 => self.bytes.extend([mode | field | 4, 4 << 3 | 4]),
            None => self.bytes.push(mode | field | base & 7),
        }
        match (mode, short) {
            (0, _) => {}
            (_, Some(short)) => self.bytes.push(short as u8),
            _ => self.bytes.extend(distance.to_le_bytes()),
        }
    }

    /// Appends: the 8 bytes `distance` behind the address in `from`, into the general register `to`.
    pub fn load_address(&mut self, to: General, from: General, distance: i32) {
        self.bytes.extend([0x48 | (to >> 3) << 2 | from >> 3, 0x8B]);
        self.address(to, Address::At(from, distance), 1);
    }

    /// Appends: copies the general register `from` to `to`.
    pub fn copy_general(&mut self, to: General, from: General) {
        self.bytes.extend([0x48 | (from >> 3) << 2 | to >> 3, 0x89, 0xC0 | (from & 7) << 3 | to & 7]);
    }

    /// Appends: adds `number` to the general register `to`, one of the first eight.
    pub fn add(&mut self, to: General, number: i32) {
        debug_assert!(to < 8);
        self.bytes.extend([0x48, 0x81, 0xC0 | to]);
        self.bytes.extend(number.to_le_bytes());
    }

    /// Appends: compares the general register `a` with `b`, both of the first eight.
    pub fn compare(&mut self, a: General, b: General) {
        debug_assert!(a < 8 && b < 8);
        self.bytes.extend([0x48, 0x39, 0xC0 | b << 3 | a]);
    }

    /// Appends: tests whether a general register is zero.
    pub fn test_zero(&mut self, a: General) {
        self.bytes.extend([0x48 | (a >> 3) << 2 | a >> 3, 0x85, 0xC0 | (a & 7) << 3 | a & 7]);
    }

    /// Appends: writes `number` to the counter of 32 bits at `distance` in the frame.
    pub fn set_counter(&mut self, distance: i32, number: u32) {
        self.bytes.push(0xC7);
        self.address(0, Address::At(FRAME, distance), 1);
        self.bytes.extend(number.to_le_bytes());
    }

    /// Appends: decrements the counter of 32 bits at `distance` in the frame.
    pub fn count_down(&mut self, distance: i32) {
        self.bytes.push(0xFF);
        self.address(1, Address::At(FRAME, distance), 1);
    }

    /// Appends: copies the lowest 16 bits of the general register `from`, one of the first eight, to the mask register
    /// `to`.
    pub fn load_mask(&mut self, to: u8, from: General) {
        debug_assert!(from < 8);
        self.bytes.extend([0xC5, 0xF8, 0x92]);
        self.bytes.push(0xC0 | to << 3 | from);
    }

    /// Appends: tests whether a mask register has no lane.
    pub fn test_mask(&mut self, mask: u8) {
        self.bytes.extend([0xC5, 0xF8, 0x98, 0xC0 | mask << 3 | mask]);
    }

    /// Appends: saves a general register on the stack.
    pub fn push(&mut self, register: General) {
        self.bytes.extend((register >= 8).then_some(0x41));
        self.bytes.push(0x50 | register & 7);
    }

    /// Appends: restores a general register from the stack.
    pub fn pop(&mut self, register: General) {
        self.bytes.extend((register >= 8).then_some(0x41));
        self.bytes.push(0x58 | register & 7);
    }

    /// Appends: clears the upper halves of vector registers, so that the caller may use short vectors without delay,
    /// and returns.
    pub fn return_to_caller(&mut self) {
        self.bytes.extend([0xC5, 0xF8, 0x77, 0xC3]);
    }

    /// A new label, which has no place yet.
    pub fn label(&mut self) -> Label {
        self.labels.push(usize::MAX);
        Label(self.labels.len() - 1)
    }

    /// Gives `label` the place of the next instruction.
    pub fn place_label(&mut self, label: Label) {
        self.labels[label.0] = self.bytes.len();
    }

    /// Appends instructions without effect up to a multiple of 32 bytes, where loops should begin.
    pub fn align(&mut self) {
        // Instructions without effect, of 1 to 8 bytes.
        const NO_OPERATION: [&[u8]; 8] = [
            &[0x90],
            &[0x66, 0x90],
            &[0x0F, 0x1F, 0x00],
            &[0x0F, 0x1F, 0x40, 0],
            &[0x0F, 0x1F, 0x44, 0, 0],
            &[0x66, 0x0F, 0x1F, 0x44, 0, 0],
            &[0x0F, 0x1F, 0x80, 0, 0, 0, 0],
            &[0x0F, 0x1F, 0x84, 0, 0, 0, 0, 0],
        ];
        let mut left = self.bytes.len().next_multiple_of(32) - self.bytes.len();
        while left > 0 {
            let count = left.min(8);
            self.bytes.extend(NO_OPERATION[count - 1]);
            left -= count;
        }
    }

    /// Appends a jump to a label, under a condition.
    pub fn jump(&mut self, when: Condition, to: Label) {
        match when {
            Condition::Always => self.bytes.push(0xE9),
            Condition::Below => self.bytes.extend([0x0F, 0x82]),
            Condition::Above => self.bytes.extend([0x0F, 0x87]),
            Condition::Zero => self.bytes.extend([0x0F, 0x84]),
            Condition::NotZero => self.bytes.extend([0x0F, 0x85]),
        }
        self.jumps.push((self.bytes.len(), to));
        self.bytes.extend([0; 4]);
    }

    /// All instructions and, behind them, the constants with the bits `constants`, with all distances filled in. Every
    /// label that is jumped to has a place.
    pub fn finish(mut self, constants: &[u64]) -> Vec<u8> {
        for &(at, label) in &self.jumps {
            let distance = self.labels[label.0] as i64 - (at as i64 + 4);
            self.bytes[at..at + 4].copy_from_slice(&(distance as i32).to_le_bytes());
        }
        self.bytes.resize(self.bytes.len().next_multiple_of(64), 0xCC);
        let each = if self.level == Vectors::Avx512 { self.width } else { Assembler::vector_bytes(self.level) };
        for &(at, place, behind) in &self.constants {
            let distance = (self.bytes.len() + each * place as usize) as i64 - (at + 4 + behind) as i64;
            self.bytes[at..at + 4].copy_from_slice(&(distance as i32).to_le_bytes());
        }
        for &constant in constants {
            for _ in 0..each / self.width {
                self.bytes.extend(&constant.to_le_bytes()[..self.width]);
            }
        }
        self.bytes
    }

    /// The instructions so far, with distances to labels and constants not filled in.
    #[cfg(test)]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The fourth bits of the numbers of the base and index registers of an address.
fn high_bits(address: Address) -> [u8; 2] {
    match address {
        Address::At(base, _) => [base >> 3 & 1, 0],
        Address::Item(base, _) => [base >> 3 & 1, OFFSET >> 3 & 1],
        Address::Constant(_) => [0, 0],
    }
}
