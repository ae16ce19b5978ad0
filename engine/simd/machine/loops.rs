//! Loops: where carried values are at the beginning of a turn, and how they are moved there at its end.

use crate::simd::machine::assembler::{Condition, Label};
use crate::simd::machine::body::Value;
use crate::simd::machine::home::Home;
use crate::simd::machine::writer::Writer;

/// A loop whose beginning has been written.
#[derive(Debug)]
pub struct OpenLoop {
    /// Where a turn begins.
    head: Label,
    /// Where its counter is in the frame.
    counter: i32,
    /// What registers hold at the beginning of each turn.
    holds: [Option<Value>; 32],
    /// Where the carried values are at the beginning of each turn.
    carried: Vec<(Value, Place)>,
}

/// Where a value is, or has to be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Register(u8),
    Memory(Home),
}

impl Writer<'_> {
    /// Writes the beginning of a loop of `times` turns, the `number`-th of the list, with these carried values; it ends
    /// at step `end` of the list.
    pub fn begin_loop(&mut self, times: u32, number: usize, carried: &[Value], end: u32) -> OpenLoop {
        let starts: Vec<Value> =
            carried.iter().flat_map(|&value| self.body.steps()[value as usize].arguments()).collect();
        for (k, &value) in carried.iter().enumerate() {
            self.carry(value, starts[k], starts[k + 1..].contains(&starts[k]));
        }
        self.mark_read(starts.into_iter());
        // Values that the loop does not read give up their registers.
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
            // The slot stays that of the carried value, even where a turn does not read it any more.
            if let Place::Memory(Home::Slot(slot)) = *place {
                self.reserved[slot as usize] = true;
            }
        }
        let counter = 4 * number as i32;
        self.code.set_counter(counter, times);
        self.code.align();
        let head = self.code.label();
        self.code.place_label(head);
        OpenLoop { head, counter, holds: self.holds, carried }
    }

    /// Brings a carried value into a register before the first turn; `again` says whether another one starts with the
    /// same value.
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

    /// Writes the end of a turn. `next` pairs each carried value with its value in the next turn, of which those in
    /// `rests`, if any, decide whether there is one, see [`Body::end_loop`](crate::simd::machine::Body::end_loop).
    pub fn end_loop(&mut self, turn: &OpenLoop, next: &[(Value, Value)], rests: &[Value]) {
        let out = self.code.label();
        let here = |carried: Value| turn.carried.iter().any(|&(own, _)| own == carried);
        let is_here = |&rest: &Value| next.iter().any(|&(carried, next)| next == rest && here(carried));
        self.leave_if_resting(&rests.iter().copied().filter(is_here).collect::<Vec<_>>(), out);
        let mut moves: Vec<(Place, Place)> = Vec::new();
        for (value, to) in &turn.carried {
            let next = next.iter().find(|(carried, _)| carried == value);
            moves.extend(next.map(|&(_, next)| (*to, self.place_of(next))));
        }
        for (register, value) in (0..).zip(turn.holds) {
            if let Some(value) = value.filter(|value| !turn.carried.iter().any(|(carried, _)| carried == value)) {
                moves.push((Place::Register(register), self.place_of(value)));
            }
        }
        moves.retain(|(to, from)| to != from);
        self.code.count_down(turn.counter);
        if moves.is_empty() {
            self.code.jump(Condition::NotZero, turn.head);
        } else {
            self.code.jump(Condition::Zero, out);
            self.move_all_at_once(moves);
            self.code.jump(Condition::Always, turn.head);
        }
        self.code.place_label(out);
        self.forget_comparisons();
        self.mark_read(next.iter().map(|&(_, next)| next));
        let held = self.holds;
        self.mark_read(held.into_iter().flatten());
    }

    /// Writes a jump to `out` if none of `values` is above zero for any item; no jump if there are no values.
    fn leave_if_resting(&mut self, values: &[Value], out: Label) {
        // All are loaded first: what is loaded between two jumps would be missing on one of the ways.
        let registers: Vec<u8> = values.iter().map(|&value| self.in_register(value)).collect();
        let Some((&last, others)) = registers.split_last() else { return };
        let more = self.code.label();
        for &register in others {
            self.some_above_zero(register);
            self.code.jump(Condition::NotZero, more);
        }
        self.some_above_zero(last);
        self.code.jump(Condition::Zero, out);
        self.code.place_label(more);
    }

    /// Where a value is: in a register, or else in memory.
    fn place_of(&self, value: Value) -> Place {
        self.register(value).map_or(Place::Memory(self.homes[value as usize]), Place::Register)
    }

    /// Writes moves, pairs of (to, from), that take effect as if all at once: no move reads what another has written.
    fn move_all_at_once(&mut self, mut moves: Vec<(Place, Place)>) {
        while !moves.is_empty() {
            let free = |&(to, _): &(Place, Place)| !moves.iter().any(|&(_, from)| from == to);
            if let Some(k) = moves.iter().position(free) {
                let (to, from) = moves.swap_remove(k);
                self.move_value(to, from);
                continue;
            }
            // The moves form circles: one value moves out of the way.
            let (_, from) = moves[0];
            let aside = Place::Memory(Home::Slot(0));
            self.move_value(aside, from);
            moves.iter_mut().filter(|(_, other)| *other == from).for_each(|(_, other)| *other = aside);
        }
    }

    /// Writes the instructions that move a value.
    fn move_value(&mut self, to: Place, from: Place) {
        match (to, from) {
            (Place::Register(to), Place::Register(from)) => self.copy(to, from),
            (Place::Register(to), Place::Memory(from)) => self.load(to, from),
            (Place::Memory(Home::Slot(slot)), Place::Register(from)) => self.store(from, slot),
            (Place::Memory(Home::Slot(slot)), Place::Memory(from)) => {
                let spare = self.spare_register();
                self.load(spare, from);
                self.store(spare, slot);
            }
            // Carried values have no other homes.
            (Place::Memory(_), _) => debug_assert!(false, "a home that is not written"),
        }
    }
}
