//! Where values are while steps are done: registers are shared out in the order of the steps, and who needs its own last gives
//! it up (Belady 1966).

use std::collections::HashMap;

use crate::simd::Vectors;
use crate::simd::machine::assembler::{
    ADDRESSES, ANY, Address, Assembler, COLUMNS, FRAME, General, LOST, MASK, Masked, Operand,
};
use crate::simd::machine::body::{Body, SECOND, Step, Value};

/// Where a value lies in memory, if it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Home {
    /// Nowhere yet.
    Nowhere,
    /// In the frame.
    Slot(u32),
    /// Among the constants.
    Constant(u32),
    /// With its column, one number for all items.
    Shared(u32),
    /// In its column.
    Item(u32),
}

/// How a column lies in memory.
#[derive(Debug, Clone, Copy)]
pub struct Described {
    /// Bytes of its description.
    pub size: usize,
    /// Where in it the address is.
    pub at: usize,
    /// Where in it the number is.
    pub value: usize,
}

/// The mask register of the items behind those that fill vectors.
pub const REST: u8 = 7;

/// Instructions as they are written, and where everything is.
pub struct Writer<'a> {
    pub body: &'a Body,
    pub level: Vectors,
    pub width: usize,
    pub code: Assembler,
    /// The constants, by their bits.
    pub constants: Vec<u64>,
    described: Described,
    /// Registers with addresses of columns.
    addresses: HashMap<u32, General>,
    /// Where in the list of steps that are being written we are.
    pub now: u32,
    /// For each value, which steps of that list read it.
    pub uses: Vec<Vec<u32>>,
    registers: Vec<Option<u8>>,
    pub homes: Vec<Home>,
    pub holds: [Option<Value>; 32],
    /// Registers that may be shared out, and those of them that are read at this moment.
    pool: u8,
    locked: u32,
    free_slots: Vec<u32>,
    /// Slots that are free once the instruction is written that reads them.
    freed: Vec<u32>,
    /// Slots that are given back at no time.
    pub kept: Vec<bool>,
    /// Bytes of the frame before its slots.
    counters: usize,
    /// Whether only some items are loaded and stored.
    pub some: bool,
    /// Comparisons that mask registers hold, or the spare register.
    masks: [Option<(Value, Value)>; 7],
    next_mask: usize,
}

impl<'a> Writer<'a> {
    pub fn new(body: &'a Body, level: Vectors, width: usize, described: Described, loops: usize) -> Writer<'a> {
        let count = body.steps().len();
        Writer {
            body,
            level,
            width,
            code: Assembler::new(level, width),
            constants: Vec::new(),
            described,
            addresses: HashMap::new(),
            now: 0,
            uses: vec![Vec::new(); count],
            registers: vec![None; count],
            homes: vec![Home::Nowhere; count],
            holds: [None; 32],
            pool: Writer::spare_of(level),
            locked: 0,
            free_slots: Vec::new(),
            freed: Vec::new(),
            // The first is for what has to go out of the way.
            kept: vec![true],
            counters: (4 * loops).next_multiple_of(64),
            some: false,
            masks: [None; 7],
            next_mask: 0,
        }
    }

    /// The last register, which holds no value for longer than an instruction needs.
    fn spare_of(level: Vectors) -> u8 {
        if level == Vectors::Avx512 { 31 } else { 15 }
    }

    /// Bytes of the frame.
    pub fn frame(&self) -> usize {
        self.counters + self.kept.len() * Assembler::vector_bytes(self.level)
    }

    /// What a caller needs back, and addresses of columns into registers.
    pub fn enter(&mut self, columns: &[u32]) -> Vec<General> {
        let named: Vec<(u32, General)> = columns.iter().copied().zip(ADDRESSES).collect();
        let pushed: Vec<General> = named.iter().skip(LOST).map(|&(_, register)| register).collect();
        pushed.iter().for_each(|&register| self.code.push(register));
        for &(column, register) in &named {
            self.code.load_address(register, COLUMNS, self.description(column, self.described.at));
        }
        self.addresses.extend(named);
        pushed
    }

    fn description(&self, column: u32, part: usize) -> i32 {
        (column as usize * self.described.size + part) as i32
    }

    /// A number of steps is written anew, in which values are read so; nothing is in registers but what is pinned.
    pub fn region(&mut self, uses: Vec<Vec<u32>>) {
        self.uses = uses;
        self.now = 0;
        for register in 0..self.pool {
            if let Some(value) = self.holds[register as usize].take() {
                self.registers[value as usize] = None;
            }
        }
        self.forget_comparisons();
    }

    /// Keeps a value in a register from here on.
    pub fn pin(&mut self, value: Value) {
        self.pool -= 1;
        let to = self.pool;
        self.load(to, self.homes[value as usize]);
        self.registers[value as usize] = Some(to);
    }

    /// How many registers are shared out.
    pub fn pool(&self) -> u8 {
        self.pool
    }

    pub fn next_use(&self, value: Value) -> Option<u32> {
        let uses = &self.uses[value as usize];
        uses.get(uses.partition_point(|&at| at <= self.now)).copied()
    }

    pub fn register(&self, value: Value) -> Option<u8> {
        self.registers[value as usize]
    }

    /// Whether a value is in a register.
    pub fn is_near(&self, value: Value) -> bool {
        self.registers[value as usize].is_some()
    }

    /// A value in a register, where it stays while this step is done.
    pub fn near(&mut self, value: Value) -> u8 {
        let register = self.registers[value as usize].unwrap_or_else(|| {
            let register = self.free_register();
            self.load(register, self.homes[value as usize]);
            self.hold(register, value);
            register
        });
        self.locked |= 1 << register;
        register
    }

    /// A value in a register, or in memory where that is as good.
    pub fn operand(&mut self, value: Value) -> Operand {
        let again = self.next_use(value).is_some() && self.empty_register().is_some();
        let home = self.homes[value as usize];
        if self.is_near(value) || again || self.some && matches!(home, Home::Item(_)) {
            return Operand::Register(self.near(value));
        }
        match home {
            Home::Nowhere => Operand::Register(self.near(value)),
            Home::Constant(_) if self.level == Vectors::Avx512 => Operand::Same(self.address(home)),
            Home::Shared(_) => Operand::Same(self.address(home)),
            _ => Operand::Memory(self.address(home)),
        }
    }

    /// A value in a register if it can be loaded by a mask alone.
    pub fn settle(&mut self, value: Value) {
        if self.some && matches!(self.homes[value as usize], Home::Item(_)) {
            self.near(value);
        }
    }

    /// The register of what a step makes, whose operands are read now: they may be lost.
    pub fn result(&mut self, value: Value, step: Step) -> u8 {
        self.read(step.arguments());
        let register = self.free_register();
        self.hold(register, value);
        self.locked = 0;
        register
    }

    /// Values have been read by this step: those that are not read again are gone.
    pub fn read(&mut self, values: impl Iterator<Item = Value>) {
        for value in values {
            if self.next_use(value).is_none() {
                self.release(value);
            }
        }
        // What is read again stays; what was released may be written over.
        self.locked &= (0..self.pool).fold(0, |all, k| all | u32::from(self.holds[k as usize].is_some()) << k);
    }

    /// Values that this step reads stay in their registers.
    pub fn lock(&mut self, values: impl Iterator<Item = Value>) {
        for register in values.filter_map(|value| self.registers[value as usize]).collect::<Vec<_>>() {
            self.locked |= 1 << register;
        }
    }

    /// Ends a step.
    pub fn unlock(&mut self) {
        self.locked = 0;
        self.free_slots.append(&mut self.freed);
    }

    /// A value is needed no more.
    pub fn release(&mut self, value: Value) {
        if let Some(register) = self.registers[value as usize].filter(|&register| register < self.pool) {
            self.holds[register as usize] = None;
            self.registers[value as usize] = None;
        }
        if let Home::Slot(slot) = self.homes[value as usize]
            && !self.kept[slot as usize]
        {
            self.freed.push(slot);
            self.homes[value as usize] = Home::Nowhere;
        }
    }

    pub fn hold(&mut self, register: u8, value: Value) {
        self.holds[register as usize] = Some(value);
        self.registers[value as usize] = Some(register);
    }

    /// Another value in the place of one that is needed no more.
    pub fn take_over(&mut self, from: Value, to: Value) {
        if let Some(register) = self.registers[from as usize].take() {
            self.hold(register, to);
        }
        self.release(from);
    }

    fn empty_register(&self) -> Option<u8> {
        (0..self.pool).find(|&register| self.holds[register as usize].is_none())
    }

    /// A register that holds nothing: an empty one, or that of the value that is read last of all.
    pub fn free_register(&mut self) -> u8 {
        if let Some(empty) = self.empty_register() {
            return empty;
        }
        let held = (0..self.pool).filter(|register| self.locked >> register & 1 == 0);
        let farthest = held.filter_map(|register| {
            let value = self.holds[register as usize]?;
            // Of two that are read at the same time, the one that lies in memory already.
            let at_home = self.homes[value as usize] != Home::Nowhere;
            Some(((self.next_use(value).unwrap_or(u32::MAX), at_home), register))
        });
        let (_, register) = farthest.max().unwrap_or_default();
        if let Some(value) = self.holds[register as usize] {
            self.evict(value);
        }
        register
    }

    /// Out of its register, into memory if it is not there.
    pub fn evict(&mut self, value: Value) {
        if let Some(register) = self.registers[value as usize].take() {
            self.keep(value, register);
            self.holds[register as usize] = None;
        }
    }

    /// Into memory if it is not there.
    pub fn keep(&mut self, value: Value, register: u8) {
        if self.homes[value as usize] == Home::Nowhere {
            let slot = self.new_slot();
            self.homes[value as usize] = Home::Slot(slot);
            self.store(register, slot);
        }
    }

    fn new_slot(&mut self) -> u32 {
        self.free_slots.pop().unwrap_or_else(|| {
            self.kept.push(false);
            self.kept.len() as u32 - 1
        })
    }

    fn slot(&self, slot: u32) -> Address {
        Address::At(FRAME, (self.counters + slot as usize * Assembler::vector_bytes(self.level)) as i32)
    }

    /// A register to a slot.
    pub fn store(&mut self, register: u8, slot: u32) {
        self.move_vector(register, self.slot(slot), true, Masked::default());
    }

    /// Where a home is; of an item, the address of its column may have to be fetched just before.
    fn address(&mut self, home: Home) -> Address {
        match home {
            Home::Slot(slot) => self.slot(slot),
            Home::Constant(place) => Address::Constant(place),
            Home::Shared(column) => Address::At(COLUMNS, self.description(column, self.described.value)),
            Home::Item(column) => {
                let further = if column & SECOND == 0 { 0 } else { Assembler::vector_bytes(self.level) as i32 };
                Address::Item(self.column(column & !SECOND), further)
            }
            Home::Nowhere => Address::At(FRAME, 0),
        }
    }

    fn column(&mut self, column: u32) -> General {
        self.addresses.get(&column).copied().unwrap_or_else(|| {
            self.code.load_address(ANY, COLUMNS, self.description(column, self.described.at));
            ANY
        })
    }

    /// From memory to a register.
    pub fn load(&mut self, to: u8, home: Home) {
        match home {
            Home::Constant(place) if self.constants[place as usize] == 0 => self.clear(to),
            Home::Constant(_) if self.level == Vectors::Avx512 => {
                let from = self.address(home);
                self.code.broadcast(to, from);
            }
            Home::Shared(_) => {
                let from = self.address(home);
                self.code.broadcast(to, from);
            }
            Home::Item(_) => self.item(to, home, false),
            _ => {
                let from = self.address(home);
                self.move_vector(to, from, false, Masked::default());
            }
        }
    }

    /// Items of a column to a register, or back.
    fn item(&mut self, register: u8, home: Home, back: bool) {
        if !self.some {
            let address = self.address(home);
            return self.move_vector(register, address, back, Masked::default());
        }
        if self.level == Vectors::Avx512 {
            let address = self.address(home);
            return self.move_vector(register, address, back, Masked { mask: REST, zero: !back });
        }
        let mask = self.spare();
        self.move_vector(mask, Address::At(MASK, 0), false, Masked::default());
        let address = self.address(home);
        self.move_some(register, mask, address, back);
    }

    /// What a column has for the items becomes a value. What it had is kept where it is read further on.
    pub fn store_item(&mut self, column: u32, value: Value, before: Option<Value>) {
        let read_later = |before: &Value| *before != value && self.next_use(*before).is_some();
        if let Some(before) = before.filter(read_later)
            && self.homes[before as usize] == Home::Item(column)
        {
            self.near(before);
            self.homes[before as usize] = Home::Nowhere;
        }
        let register = self.near(value);
        self.item(register, Home::Item(column), true);
    }

    /// The constant with these bits.
    pub fn constant(&mut self, bits: u64) -> Home {
        let known = self.constants.iter().position(|&known| known == bits);
        Home::Constant(known.unwrap_or_else(|| {
            self.constants.push(bits);
            self.constants.len() - 1
        }) as u32)
    }

    /// The spare register, for this instruction.
    pub fn spare(&mut self) -> u8 {
        if self.level != Vectors::Avx512 {
            self.masks[0] = None;
        }
        Writer::spare_of(self.level)
    }

    /// Where it is known whether a > b.
    pub fn comparison(&self, a: Value, b: Value) -> Option<u8> {
        let at = self.masks.iter().position(|&known| known == Some((a, b)))?;
        Some(if self.level == Vectors::Avx512 { at as u8 } else { Writer::spare_of(self.level) })
    }

    /// Where it will be.
    pub fn new_comparison(&mut self, a: Value, b: Value) -> u8 {
        if self.level == Vectors::Avx512 {
            self.next_mask = self.next_mask % 6 + 1;
            self.masks[self.next_mask] = Some((a, b));
            return self.next_mask as u8;
        }
        self.masks[0] = Some((a, b));
        Writer::spare_of(self.level)
    }

    /// Where a comparison is kept for this instruction, once all others are forgotten.
    pub fn spare_mask(&self) -> u8 {
        if self.level == Vectors::Avx512 { 1 } else { Writer::spare_of(self.level) }
    }

    /// What follows may come from elsewhere.
    pub fn forget_comparisons(&mut self) {
        self.masks = [None; 7];
    }
}
