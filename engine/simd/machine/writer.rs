//! Where values are while steps are done: registers are allocated in the order of the steps, and where none is free,
//! the value that is read again last gives up its own (Belady 1966).

use std::collections::HashMap;

use crate::simd::Vectors;
use crate::simd::machine::ColumnLayout;
use crate::simd::machine::assembler::{ADDRESSES, Assembler, CALLER_SAVED, COLUMNS, General, Operand};
use crate::simd::machine::body::{Body, Step, Value, find_or_push};
use crate::simd::machine::home::Home;

/// The mask register (AVX-512) of the items behind those that fill vectors.
pub const REST: u8 = 7;

/// Writes the instructions of a body's steps, and keeps where each value is.
pub struct Writer<'a> {
    /// The body whose steps are written.
    pub body: &'a Body,
    /// The vectors of the instructions.
    pub level: Vectors,
    /// The bytes of a number, 4 or 8.
    pub width: usize,
    /// The instructions so far.
    pub code: Assembler,
    /// The constants, by their bits.
    pub constants: Vec<u64>,
    pub(super) layout: ColumnLayout,
    /// Registers that hold addresses of columns.
    pub(super) addresses: HashMap<u32, General>,
    /// Registers that the beginning has saved on the stack for the caller, in order.
    saved: Vec<General>,
    /// The place, in the list of steps that is being written, of the step at hand.
    pub now: u32,
    /// For each value, the places of the steps of that list that read it, rising.
    pub uses: &'a [Vec<u32>],
    /// For each value, the register that holds it.
    registers: Vec<Option<u8>>,
    /// For each value, where it is in memory.
    pub homes: Vec<Home>,
    /// For each register below `pool`, the value that it holds.
    pub holds: [Option<Value>; 32],
    /// For each of them, the place of the next step that reads its value, where that is behind the step at hand; to be
    /// looked up otherwise.
    next_reads: [u32; 32],
    /// How many registers, the first, are allocated to values; those behind are pinned.
    pool: u8,
    /// A bit for each register that must keep its value for the step at hand.
    locked: u32,
    /// Slots that hold nothing needed any more.
    free_slots: Vec<u32>,
    /// Slots that become free at the end of the step at hand, which may still read them.
    freed: Vec<u32>,
    /// For each slot, whether it never becomes free.
    pub reserved: Vec<bool>,
    /// The bytes of the frame before its slots, for counters of loops.
    pub(super) counters: usize,
    /// Whether the items at hand do not fill a vector, so that they are loaded and stored by a mask.
    pub partial: bool,
    /// The comparisons that mask registers hold, by register; in AVX2 the first is that of the spare register.
    pub(super) masks: [Option<(Value, Value)>; 7],
    /// The mask register that was written last.
    pub(super) next_mask: usize,
}

impl<'a> Writer<'a> {
    /// A writer without instructions yet, for a body with `loops` loops.
    pub fn new(body: &'a Body, level: Vectors, width: usize, layout: ColumnLayout, loops: usize) -> Writer<'a> {
        let count = body.steps().len();
        Writer {
            body,
            level,
            width,
            code: Assembler::new(level, width),
            constants: Vec::new(),
            layout,
            addresses: HashMap::new(),
            saved: Vec::new(),
            now: 0,
            uses: &[],
            registers: vec![None; count],
            homes: vec![Home::Nowhere; count],
            holds: [None; 32],
            next_reads: [0; 32],
            pool: Writer::spare_of(level),
            locked: 0,
            free_slots: Vec::new(),
            freed: Vec::new(),
            // The first is for values that have to move out of the way.
            reserved: vec![true],
            counters: (4 * loops).next_multiple_of(64),
            partial: false,
            masks: [None; 7],
            next_mask: 0,
        }
    }

    /// The spare register, the last, which holds no value for longer than an instruction needs.
    pub(super) fn spare_of(level: Vectors) -> u8 {
        if level == Vectors::Avx512 { 31 } else { 15 }
    }

    /// The bytes of the frame: counters of loops and slots.
    pub fn frame(&self) -> usize {
        self.counters + self.reserved.len() * Assembler::vector_bytes(self.level)
    }

    /// Writes the beginning of the function, which saves registers for the caller and loads addresses of the first of
    /// `columns` into registers.
    pub fn write_prologue(&mut self, columns: &[u32]) {
        let named: Vec<(u32, General)> = columns.iter().copied().zip(ADDRESSES).collect();
        self.saved = named.iter().skip(CALLER_SAVED).map(|&(_, register)| register).collect();
        self.saved.iter().for_each(|&register| self.code.push(register));
        for &(column, register) in &named {
            self.code.load_address(register, COLUMNS, self.description_offset(column, self.layout.at));
        }
        self.addresses.extend(named);
    }

    /// Writes the end of the function, which gives the caller its registers back.
    pub fn write_epilogue(&mut self) {
        self.saved.iter().rev().for_each(|&register| self.code.pop(register));
        self.code.return_to_caller();
    }

    /// Begins another list of steps, for each value of which `uses` holds the places of the steps that read it, rising.
    /// No register holds a value then but the pinned ones.
    pub fn begin_list(&mut self, uses: &'a [Vec<u32>]) {
        self.uses = uses;
        self.now = 0;
        for register in 0..self.pool {
            if let Some(value) = self.holds[register as usize].take() {
                self.registers[value as usize] = None;
            }
        }
        self.forget_comparisons();
    }

    /// Loads a value into a register that is taken from the pool, and keeps it there from now on.
    pub fn pin(&mut self, value: Value) {
        self.pool -= 1;
        let to = self.pool;
        self.load(to, self.homes[value as usize]);
        self.registers[value as usize] = Some(to);
    }

    /// How many registers are allocated to values.
    pub fn pool(&self) -> u8 {
        self.pool
    }

    /// The place of the next step of the list, after the one at hand, that reads a value.
    pub fn next_use(&self, value: Value) -> Option<u32> {
        let uses = &self.uses[value as usize];
        uses.get(uses.partition_point(|&at| at <= self.now)).copied()
    }

    /// The register that holds a value.
    pub fn register(&self, value: Value) -> Option<u8> {
        self.registers[value as usize]
    }

    /// Whether a value is in a register.
    pub fn is_in_register(&self, value: Value) -> bool {
        self.registers[value as usize].is_some()
    }

    /// The register that holds a value, loaded if none does; it is locked for the step at hand.
    pub fn in_register(&mut self, value: Value) -> u8 {
        let register = self.registers[value as usize].unwrap_or_else(|| {
            let register = self.free_register();
            self.load(register, self.homes[value as usize]);
            self.hold(register, value);
            register
        });
        self.locked |= 1 << register;
        register
    }

    /// A value as the last operand of an instruction: in a register, or in memory if it is there and not worth a
    /// register.
    pub fn operand(&mut self, value: Value) -> Operand {
        let again = self.next_use(value).is_some() && self.empty_register().is_some();
        let home = self.homes[value as usize];
        if self.is_in_register(value) || again || self.partial && matches!(home, Home::Item(_)) {
            return Operand::Register(self.in_register(value));
        }
        match home {
            Home::Nowhere => Operand::Register(self.in_register(value)),
            Home::Constant(_) if self.level == Vectors::Avx512 => Operand::Broadcast(self.address_of(home)),
            Home::Shared(_) => Operand::Broadcast(self.address_of(home)),
            _ => Operand::Memory(self.address_of(home)),
        }
    }

    /// Loads a value into a register if it can be loaded by a mask alone.
    pub fn load_if_masked(&mut self, value: Value) {
        if self.partial && matches!(self.homes[value as usize], Home::Item(_)) {
            self.in_register(value);
        }
    }

    /// The register for the value that `step` makes. The operands of the step count as read, so that it may be one of
    /// theirs.
    pub fn result_register(&mut self, value: Value, step: Step) -> u8 {
        self.mark_read(step.arguments());
        let register = self.free_register();
        self.hold(register, value);
        self.locked = 0;
        register
    }

    /// Notes that the step at hand has read `values`: those that are not read again are released.
    pub fn mark_read(&mut self, values: impl Iterator<Item = Value>) {
        for value in values {
            if self.next_use(value).is_none() {
                self.release(value);
            }
        }
    }

    /// Locks the registers of `values`, which the step at hand reads.
    pub fn lock_registers(&mut self, values: impl Iterator<Item = Value>) {
        for value in values {
            self.locked |= self.registers[value as usize].map_or(0, |register| 1 << register);
        }
    }

    /// Ends the step at hand: no register is locked any more, and slots that it has read last are free.
    pub fn end_step(&mut self) {
        self.locked = 0;
        self.free_slots.append(&mut self.freed);
    }

    /// Frees the register, which may be written over from now on, and the slot of a value that is not needed any more.
    pub fn release(&mut self, value: Value) {
        if let Some(register) = self.registers[value as usize].filter(|&register| register < self.pool) {
            self.holds[register as usize] = None;
            self.registers[value as usize] = None;
            self.locked &= !(1 << register);
        }
        if let Home::Slot(slot) = self.homes[value as usize]
            && !self.reserved[slot as usize]
        {
            self.freed.push(slot);
            self.homes[value as usize] = Home::Nowhere;
        }
    }

    /// Notes that a register holds a value.
    pub fn hold(&mut self, register: u8, value: Value) {
        self.holds[register as usize] = Some(value);
        self.next_reads[register as usize] = 0;
        self.registers[value as usize] = Some(register);
    }

    /// Gives the register of `from`, which is not needed any more, to `to`.
    pub fn take_over(&mut self, from: Value, to: Value) {
        if let Some(register) = self.registers[from as usize].take() {
            self.hold(register, to);
        }
        self.release(from);
    }

    /// A register that holds nothing, if there is one.
    fn empty_register(&self) -> Option<u8> {
        (0..self.pool).find(|&register| self.holds[register as usize].is_none())
    }

    /// A register that holds nothing: an empty one, or that of the value whose next use is farthest, which is moved to
    /// memory.
    pub fn free_register(&mut self) -> u8 {
        if let Some(empty) = self.empty_register() {
            return empty;
        }
        let mut farthest = ((0, false), 0);
        for register in (0..self.pool).filter(|register| self.locked >> register & 1 == 0) {
            let Some(value) = self.holds[register as usize] else { continue };
            if self.next_reads[register as usize] <= self.now {
                self.next_reads[register as usize] = self.next_use(value).unwrap_or(u32::MAX);
            }
            // Of two with the same next use, the one that is in memory already.
            let at_home = self.homes[value as usize] != Home::Nowhere;
            farthest = farthest.max(((self.next_reads[register as usize], at_home), register));
        }
        let (_, register) = farthest;
        if let Some(value) = self.holds[register as usize] {
            self.evict(value);
        }
        register
    }

    /// Takes a value out of its register; it is stored if it is not in memory.
    pub fn evict(&mut self, value: Value) {
        if let Some(register) = self.registers[value as usize].take() {
            self.spill(value, register);
            self.holds[register as usize] = None;
        }
    }

    /// Stores the value in `register` to a slot, unless it is in memory.
    pub fn spill(&mut self, value: Value, register: u8) {
        if self.homes[value as usize] == Home::Nowhere {
            let slot = self.new_slot();
            self.homes[value as usize] = Home::Slot(slot);
            self.store(register, slot);
        }
    }

    /// A slot that holds nothing needed any more, or a new one.
    fn new_slot(&mut self) -> u32 {
        self.free_slots.pop().unwrap_or_else(|| {
            self.reserved.push(false);
            self.reserved.len() as u32 - 1
        })
    }

    /// The home of the constant with these bits, which is appended if it is new.
    pub fn constant_home(&mut self, bits: u64) -> Home {
        Home::Constant(find_or_push(&mut self.constants, bits))
    }

    /// The spare register, for one instruction; in AVX2 a comparison that it held is forgotten.
    pub fn spare_register(&mut self) -> u8 {
        if self.level != Vectors::Avx512 {
            self.masks[0] = None;
        }
        Writer::spare_of(self.level)
    }
}
