//! How values are loaded from their homes in memory, and stored there.

use crate::simd::Vectors;
use crate::simd::machine::assembler::{Address, Assembler, COLUMNS, FRAME, General, MASK, Masked, SCRATCH};
use crate::simd::machine::body::{SECOND, Value};
use crate::simd::machine::home::Home;
use crate::simd::machine::writer::{REST, Writer};

impl Writer<'_> {
    /// Where, behind the address of all descriptions, a part of the description of `column` is.
    pub(super) fn description_offset(&self, column: u32, part: usize) -> i32 {
        (column as usize * self.layout.size + part) as i32
    }

    /// The address of a slot.
    fn slot_address(&self, slot: u32) -> Address {
        Address::At(FRAME, (self.counters + slot as usize * Assembler::vector_bytes(self.level)) as i32)
    }

    /// Writes a store of a register to a slot.
    pub fn store(&mut self, register: u8, slot: u32) {
        self.move_vector(register, self.slot_address(slot), true, Masked::default());
    }

    /// The address of a home; that of a column without a register is loaded into [`SCRATCH`] first.
    pub(super) fn address_of(&mut self, home: Home) -> Address {
        match home {
            Home::Slot(slot) => self.slot_address(slot),
            Home::Constant(place) => Address::Constant(place),
            Home::Shared(column) => Address::At(COLUMNS, self.description_offset(column, self.layout.value)),
            Home::Item(column) => {
                let further = if column & SECOND == 0 { 0 } else { Assembler::vector_bytes(self.level) as i32 };
                Address::Item(self.column_address(column & !SECOND), further)
            }
            Home::Nowhere => Address::At(FRAME, 0),
        }
    }

    /// The register that holds the address of a column, [`SCRATCH`] if it has none of its own.
    fn column_address(&mut self, column: u32) -> General {
        self.addresses.get(&column).copied().unwrap_or_else(|| {
            self.code.load_address(SCRATCH, COLUMNS, self.description_offset(column, self.layout.at));
            SCRATCH
        })
    }

    /// Writes a load of a value from its home to a register.
    pub fn load(&mut self, to: u8, home: Home) {
        match home {
            Home::Constant(place) if self.constants[place as usize] == 0 => self.clear(to),
            Home::Constant(_) if self.level == Vectors::Avx512 => {
                let from = self.address_of(home);
                self.code.broadcast(to, from);
            }
            Home::Shared(_) => {
                let from = self.address_of(home);
                self.code.broadcast(to, from);
            }
            Home::Item(_) => self.move_items(to, home, false),
            _ => {
                let from = self.address_of(home);
                self.move_vector(to, from, false, Masked::default());
            }
        }
    }

    /// Writes a load of the items at `home` to a register, or, if `back`, a store; by a mask if they do not fill a
    /// vector.
    fn move_items(&mut self, register: u8, home: Home, back: bool) {
        if !self.partial {
            let address = self.address_of(home);
            return self.move_vector(register, address, back, Masked::default());
        }
        if self.level == Vectors::Avx512 {
            let address = self.address_of(home);
            return self.move_vector(register, address, back, Masked { mask: REST, zero: !back });
        }
        let mask = self.spare_register();
        self.move_vector(mask, Address::At(MASK, 0), false, Masked::default());
        let address = self.address_of(home);
        self.move_some(register, mask, address, back);
    }

    /// Writes a store of a value to a column, for the items. `before` is the value that was loaded from there: it moves
    /// to a register if it is read later.
    pub fn store_items(&mut self, column: u32, value: Value, before: Option<Value>) {
        let read_later = |before: &Value| *before != value && self.next_use(*before).is_some();
        if let Some(before) = before.filter(read_later)
            && self.homes[before as usize] == Home::Item(column)
        {
            self.in_register(before);
            self.homes[before as usize] = Home::Nowhere;
        }
        let register = self.in_register(value);
        self.move_items(register, Home::Item(column), true);
    }
}
