//! Loops: where carried values are at the beginning of a turn, and how they get there at its end.

use crate::simd::machine::assembler::{Label, When};
use crate::simd::machine::body::Value;
use crate::simd::machine::writer::{Home, Writer};

/// A loop that has begun.
#[derive(Debug)]
pub struct Turn {
    head: Label,
    /// Where its counter is in the frame.
    counter: i32,
    /// What registers hold at the beginning of each turn.
    holds: [Option<Value>; 32],
    /// Where what is carried lies then.
    carried: Vec<(Value, Place)>,
}

/// Where a value is, or has to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Register(u8),
    Memory(Home),
}

impl Writer<'_> {
    /// The beginning of a loop with these carried values, that ends at step `end` of the list.
    pub fn begin(&mut self, times: u32, number: usize, carried: &[Value], end: u32) -> Turn {
        let starts: Vec<Value> =
            carried.iter().flat_map(|&value| self.body.steps()[value as usize].arguments()).collect();
        for (k, &value) in carried.iter().enumerate() {
            self.carry(value, starts[k], starts[k + 1..].contains(&starts[k]));
        }
        self.read(starts.into_iter());
        // What the loop does not read leaves it its registers.
        for register in 0..self.pool() {
            if let Some(value) = self.holds[register as usize]
                && self.next_use(value).is_none_or(|next| next > end)
            {
                self.evict(value);
            }
        }
        self.forget_comparisons();
        let place = |&value: &Value| match (self.register(value), self.homes[value as usize]) {
            (Some(register), _) => Some((value, Place::Register(register))),
            (None, Home::Nowhere) => None,
            (None, home) => Some((value, Place::Memory(home))),
        };
        let carried: Vec<(Value, Place)> = carried.iter().filter_map(place).collect();
        for (_, place) in &carried {
            // Its slot stays its own, though it be read no more in a turn.
            if let Place::Memory(Home::Slot(slot)) = *place {
                self.kept[slot as usize] = true;
            }
        }
        let counter = 4 * number as i32;
        self.code.set_counter(counter, times);
        self.code.align();
        let head = self.code.label();
        self.code.here(head);
        Turn { head, counter, holds: self.holds, carried }
    }

    /// A carried value before the first turn; whether another starts with the same.
    fn carry(&mut self, value: Value, start: Value, again: bool) {
        if self.next_use(value).is_none() {
            return;
        }
        let own = self.register(start).is_some_and(|register| register < self.pool());
        if own && !again && self.next_use(start).is_none() {
            return self.take_over(start, value);
        }
        let register = self.free_register();
        match self.register(start) {
            Some(from) => self.copy(register, from),
            None => self.load(register, self.homes[start as usize]),
        }
        self.hold(register, value);
    }

    /// The end of a turn: with what each carried value is in the next, and those of which one has to be above zero then.
    pub fn again(&mut self, turn: &Turn, next: &[(Value, Value)], rests: &[Value]) {
        let out = self.code.label();
        let here = |carried: Value| turn.carried.iter().any(|&(own, _)| own == carried);
        let is_here = |&rest: &Value| next.iter().any(|&(carried, next)| next == rest && here(carried));
        self.leave(&rests.iter().copied().filter(is_here).collect::<Vec<_>>(), out);
        let mut moves: Vec<(Place, Place)> = Vec::new();
        for (value, to) in &turn.carried {
            let next = next.iter().find(|(carried, _)| carried == value);
            moves.extend(next.map(|&(_, next)| (*to, self.place(next))));
        }
        for (register, value) in (0..).zip(turn.holds) {
            if let Some(value) = value.filter(|value| !turn.carried.iter().any(|(carried, _)| carried == value)) {
                moves.push((Place::Register(register), self.place(value)));
            }
        }
        moves.retain(|(to, from)| to != from);
        self.code.count_down(turn.counter);
        if moves.is_empty() {
            self.code.jump(When::NotZero, turn.head);
        } else {
            self.code.jump(When::Zero, out);
            self.all_at_once(moves);
            self.code.jump(When::Always, turn.head);
        }
        self.code.here(out);
        self.forget_comparisons();
        self.read(next.iter().map(|&(_, next)| next));
        let held = self.holds;
        self.read(held.into_iter().flatten());
    }

    /// Jumps if none of these values, if any, is above zero for any item.
    fn leave(&mut self, values: &[Value], out: Label) {
        // All in registers first: what is loaded between two jumps would not be loaded on every way.
        let registers: Vec<u8> = values.iter().map(|&value| self.near(value)).collect();
        let Some((&last, others)) = registers.split_last() else { return };
        let more = self.code.label();
        for &register in others {
            self.some_above_zero(register);
            self.code.jump(When::NotZero, more);
        }
        self.some_above_zero(last);
        self.code.jump(When::Zero, out);
        self.code.here(more);
    }

    fn place(&self, value: Value) -> Place {
        self.register(value).map_or(Place::Memory(self.homes[value as usize]), Place::Register)
    }

    /// Moves of which none sees what another has written.
    fn all_at_once(&mut self, mut moves: Vec<(Place, Place)>) {
        while !moves.is_empty() {
            let free = |&(to, _): &(Place, Place)| !moves.iter().any(|&(_, from)| from == to);
            if let Some(k) = moves.iter().position(free) {
                let (to, from) = moves.swap_remove(k);
                self.move_value(to, from);
                continue;
            }
            // All are in circles: one value goes out of the way.
            let (_, from) = moves[0];
            let aside = Place::Memory(Home::Slot(0));
            self.move_value(aside, from);
            moves.iter_mut().filter(|(_, other)| *other == from).for_each(|(_, other)| *other = aside);
        }
    }

    fn move_value(&mut self, to: Place, from: Place) {
        match (to, from) {
            (Place::Register(to), Place::Register(from)) => self.copy(to, from),
            (Place::Register(to), Place::Memory(from)) => self.load(to, from),
            (Place::Memory(Home::Slot(slot)), Place::Register(from)) => self.store(from, slot),
            (Place::Memory(Home::Slot(slot)), Place::Memory(from)) => {
                let spare = self.spare();
                self.load(spare, from);
                self.store(spare, slot);
            }
            // Nothing is carried elsewhere.
            (Place::Memory(_), _) => debug_assert!(false, "a home that is not written"),
        }
    }
}
