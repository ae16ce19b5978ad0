//! Instructions of x86-64 as bytes: a few for whole vectors, in the forms of AVX2 (VEX) and of AVX-512 (EVEX), and a few around
//! them (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, chapters 2 and 5).

use crate::simd::Vectors;

/// A general register, by its number.
pub type General = u8;
/// What is in rax is needed by one instruction alone.
pub const ANY: General = 0;
/// From where in its column an item is taken, in bytes.
pub const OFFSET: General = 1;
/// The end of the items that fill vectors, in bytes.
pub const END: General = 2;
/// The frame: room for what is in between.
pub const FRAME: General = 6;
/// The columns.
pub const COLUMNS: General = 7;
/// The mask of the items behind those that fill vectors, or where it is.
pub const MASK: General = 8;
/// Registers for addresses of columns; those beyond the first three are the caller's, and are given back as they were.
pub const ADDRESSES: [General; 9] = [9, 10, 11, 3, 5, 12, 13, 14, 15];
/// How many of them may be lost.
pub const LOST: usize = 3;

/// A place in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// So many bytes behind what a register says.
    At(General, i32),
    /// As far behind what a register says as [`OFFSET`], and so many bytes.
    Item(General, i32),
    /// The constant of this place.
    Constant(u32),
}

/// The last operand of an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    /// A register.
    Register(u8),
    /// A vector in memory.
    Memory(Address),
    /// A number in memory, in all lanes; AVX-512 alone has it.
    Same(Address),
}

/// What there is of an instruction but its operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coded {
    /// 1, 2, 3 for the instructions that begin 0F, 0F 38, 0F 3A.
    pub map: u8,
    /// 0, 1, 2, 3 for no further byte, 66, F3, F2.
    pub prefix: u8,
    /// A bit that tells wide numbers from narrow ones; AVX2 needs none of them.
    pub wide: bool,
    /// The instruction.
    pub byte: u8,
}

/// The lanes that an instruction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Masked {
    /// The mask register; 0 for all lanes.
    pub mask: u8,
    /// Whether the others become zero.
    pub zero: bool,
}

/// A place that is jumped to.
#[derive(Debug, Clone, Copy)]
pub struct Label(usize);

/// Conditions of a jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Always.
    Always,
    /// Below, without a sign.
    Below,
    /// Above, without a sign.
    Above,
    /// Zero, or equal.
    Zero,
    /// Neither.
    NotZero,
}

/// Instructions, one after the other, and the constants that they read.
#[derive(Debug)]
pub struct Assembler {
    level: Vectors,
    /// Bytes of a number.
    width: usize,
    bytes: Vec<u8>,
    /// Distances to constants that are filled in at the end: where they are, and how many bytes the instruction has behind them.
    constants: Vec<(usize, u32, usize)>,
    labels: Vec<usize>,
    /// Distances to labels.
    jumps: Vec<(usize, Label)>,
    /// How many operands lay in memory.
    pub touched: usize,
}

impl Assembler {
    /// Of numbers of so many bytes.
    pub fn new(level: Vectors, width: usize) -> Assembler {
        Assembler {
            level,
            width,
            bytes: Vec::new(),
            constants: Vec::new(),
            labels: Vec::new(),
            jumps: Vec::new(),
            touched: 0,
        }
    }

    /// Bytes of a vector.
    pub fn vector_bytes(level: Vectors) -> usize {
        if level == Vectors::Avx512 { 64 } else { 32 }
    }

    /// An instruction from `second` and `last` to `to`; in some, those are more bits of the instruction. `number` comes last.
    pub fn vector(&mut self, coded: Coded, operands: (u8, u8, Operand), masked: Masked, number: Option<u8>) {
        let scale = match (self.level, operands.2) {
            (Vectors::Avx512, Operand::Same(_)) => self.width as i32,
            (Vectors::Avx512, _) => 64,
            _ => 1,
        };
        let before = self.constants.len();
        self.encode(coded, operands, masked, scale);
        self.bytes.extend(number);
        self.constants[before..].iter_mut().for_each(|(_, _, behind)| *behind = usize::from(number.is_some()));
    }

    /// A number in memory to all lanes of a register.
    pub fn broadcast(&mut self, to: u8, from: Address) {
        let wide = self.width == 8;
        let coded = Coded { map: 2, prefix: 1, wide, byte: if wide { 0x19 } else { 0x18 } };
        let scale = if self.level == Vectors::Avx512 { self.width as i32 } else { 1 };
        self.encode(coded, (to, 0, Operand::Memory(from)), Masked::default(), scale);
    }

    /// An instruction without what comes last; a short distance is counted in `scale` bytes.
    fn encode(&mut self, coded: Coded, (to, second, last): (u8, u8, Operand), masked: Masked, scale: i32) {
        let Coded { map, prefix, wide, byte } = coded;
        let [b, x] = match last {
            Operand::Register(register) => [register >> 3 & 1, register >> 4 & 1],
            Operand::Memory(address) | Operand::Same(address) => high_bits(address),
        };
        let same = u8::from(matches!(last, Operand::Same(_)));
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
            Operand::Memory(address) | Operand::Same(address) => {
                self.touched += 1;
                self.address(to, address, scale);
            }
        }
    }

    /// The bytes that say which register, and where in memory; a short distance is counted in `scale` bytes.
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

    /// An address in memory to a general register.
    pub fn load_address(&mut self, to: General, from: General, distance: i32) {
        self.bytes.extend([0x48 | (to >> 3) << 2 | from >> 3, 0x8B]);
        self.address(to, Address::At(from, distance), 1);
    }

    /// A general register to another.
    pub fn copy_general(&mut self, to: General, from: General) {
        self.bytes.extend([0x48 | (from >> 3) << 2 | to >> 3, 0x89, 0xC0 | (from & 7) << 3 | to & 7]);
    }

    /// Adds a number to a general register below the eighth.
    pub fn add(&mut self, to: General, number: i32) {
        self.bytes.extend([0x48, 0x81, 0xC0 | to]);
        self.bytes.extend(number.to_le_bytes());
    }

    /// Compares two general registers below the eighth.
    pub fn compare(&mut self, a: General, b: General) {
        self.bytes.extend([0x48, 0x39, 0xC0 | b << 3 | a]);
    }

    /// Whether a general register is zero.
    pub fn test(&mut self, a: General) {
        self.bytes.extend([0x48 | (a >> 3) << 2 | a >> 3, 0x85, 0xC0 | (a & 7) << 3 | a & 7]);
    }

    /// A number to a counter of 32 bits in the frame.
    pub fn set_counter(&mut self, distance: i32, number: u32) {
        self.bytes.push(0xC7);
        self.address(0, Address::At(FRAME, distance), 1);
        self.bytes.extend(number.to_le_bytes());
    }

    /// One less in a counter.
    pub fn count_down(&mut self, distance: i32) {
        self.bytes.push(0xFF);
        self.address(1, Address::At(FRAME, distance), 1);
    }

    /// The lowest 16 bits of a general register to a mask.
    pub fn mask(&mut self, to: u8, from: General) {
        self.bytes.extend([0xC5, 0xF8, 0x92]);
        debug_assert!(from < 8);
        self.bytes.push(0xC0 | to << 3 | from);
    }

    /// Sets the flag of zero if no lane is in a mask.
    pub fn test_mask(&mut self, mask: u8) {
        self.bytes.extend([0xC5, 0xF8, 0x98, 0xC0 | mask << 3 | mask]);
    }

    /// Keeps a register of the caller's.
    pub fn push(&mut self, register: General) {
        self.bytes.extend((register >= 8).then_some(0x41));
        self.bytes.push(0x50 | register & 7);
    }

    /// Gives it back.
    pub fn pop(&mut self, register: General) {
        self.bytes.extend((register >= 8).then_some(0x41));
        self.bytes.push(0x58 | register & 7);
    }

    /// Back to the caller, who may use short vectors.
    pub fn give_back(&mut self) {
        self.bytes.extend([0xC5, 0xF8, 0x77, 0xC3]);
    }

    /// A label of no place yet.
    pub fn label(&mut self) -> Label {
        self.labels.push(usize::MAX);
        Label(self.labels.len() - 1)
    }

    /// It is here.
    pub fn here(&mut self, label: Label) {
        self.labels[label.0] = self.bytes.len();
    }

    /// Begins a line of cache's quarter, where loops begin.
    pub fn align(&mut self) {
        // Instructions that do nothing, of as many bytes as there are.
        const NOTHING: [&[u8]; 8] = [
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
            self.bytes.extend(NOTHING[count - 1]);
            left -= count;
        }
    }

    /// Jumps to a label.
    pub fn jump(&mut self, when: When, to: Label) {
        match when {
            When::Always => self.bytes.push(0xE9),
            When::Below => self.bytes.extend([0x0F, 0x82]),
            When::Above => self.bytes.extend([0x0F, 0x87]),
            When::Zero => self.bytes.extend([0x0F, 0x84]),
            When::NotZero => self.bytes.extend([0x0F, 0x85]),
        }
        self.jumps.push((self.bytes.len(), to));
        self.bytes.extend([0; 4]);
    }

    /// All bytes, with the constants behind the instructions.
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

    /// What there is so far.
    #[cfg(test)]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The fourth bits of the registers of an address.
fn high_bits(address: Address) -> [u8; 2] {
    match address {
        Address::At(base, _) => [base >> 3 & 1, 0],
        Address::Item(base, _) => [base >> 3 & 1, OFFSET >> 3 & 1],
        Address::Constant(_) => [0, 0],
    }
}
