//! Tables of columns of numbers, which a program goes over operation by operation, or all at once in machine code.

use std::marker::PhantomData;
use std::mem::offset_of;

use crate::number::Number;
use crate::simd::Vectors;
use crate::simd::machine::{Body, Code, Codes, ColumnLayout, ColumnSet, LastCode};
use crate::simd::pages::Buffer;
use crate::simd::pass::{Access, Cases, Column, Elementwise, Pass};
use crate::simd::vector::{Level, Wide};

/// The memory that a program needs beside the columns it goes over: its constants, and slots for intermediate results.
#[derive(Debug)]
pub struct Workspace<R> {
    /// The shared numbers, the slots, and the columns that the last [`Table`] bound.
    columns: Vec<Column<R>>,
    /// How many of `columns` are shared numbers or slots.
    own: usize,
    /// The memory of the slots, to which `columns` point.
    _room: Buffer<R>,
    /// Items for which a slot has room.
    max_items: usize,
    /// Of the bound columns, those that are one number for all items, and those that may be written.
    shared: ColumnSet,
    writable: ColumnSet,
    /// The machine code that ran here last, and memory for its intermediate results.
    last: Option<LastCode>,
    frame: Buffer<u8>,
}

// SAFETY: the slots point into `_room`, which the workspace owns; bound columns are read or written by a table alone,
// which is gone before the workspace can be sent.
unsafe impl<R: Send> Send for Workspace<R> {}

impl<R: Number> Workspace<R> {
    /// A workspace with the numbers `shared`, which all items share, and `slots` slots for at most `max_items` items
    /// each.
    pub fn new(shared: &[R], slots: usize, max_items: usize) -> Workspace<R> {
        // Whole lines of cache, and one more: slots that lie whole pages apart would compete for the same places of the
        // cache.
        let line = 64 / size_of::<R>();
        let stride = (max_items.div_ceil(line) + 1) * line;
        let mut room = Buffer::zeros(stride * slots);
        let start = room.as_mut_ptr();
        let value = |&value: &R| Column { at: start, value, shared: true, access: Access::Read };
        let mut columns: Vec<Column<R>> = shared.iter().map(value).collect();
        columns.extend((0..slots).map(|slot| Column {
            at: start.wrapping_add(slot * stride),
            value: R::default(),
            shared: true,
            access: Access::Slot,
        }));
        Workspace {
            own: columns.len(),
            columns,
            _room: room,
            max_items,
            shared: ColumnSet::default(),
            writable: ColumnSet::default(),
            last: None,
            frame: Buffer::zeros(0),
        }
    }

    /// A table over `count` items, to which columns are bound next.
    ///
    /// # Panics
    /// If `count` is more than the slots have room for.
    #[inline]
    pub fn table(&mut self, count: usize) -> Table<'_, R> {
        assert!(count <= self.max_items, "a slot has room for {} items, and these are {count}", self.max_items);
        self.columns.truncate(self.own);
        (self.shared, self.writable) = (ColumnSet::default(), ColumnSet::default());
        Table { workspace: self, count, bound: PhantomData }
    }
}

/// A [`Workspace`] with columns that others own bound to it. Places count the shared numbers, then the slots, then the
/// bound columns in the order of their binding.
#[derive(Debug)]
pub struct Table<'a, R> {
    workspace: &'a mut Workspace<R>,
    /// How many items there are.
    count: usize,
    bound: PhantomData<&'a mut [R]>,
}

impl<'a, R: Number> Table<'a, R> {
    /// Binds a column that is one number for all items.
    #[inline]
    pub fn share(&mut self, value: R) {
        let at = std::ptr::null_mut();
        self.workspace.shared.set(self.bound(), true);
        self.workspace.columns.push(Column { at, value, shared: true, access: Access::Read });
    }

    /// Binds a column to be read: the first numbers, one for each item.
    ///
    /// # Panics
    /// If there are fewer numbers than items.
    #[inline]
    pub fn read(&mut self, numbers: &'a [R]) {
        let column = self.read_column(numbers);
        self.workspace.columns.push(column);
    }

    /// Binds a column to be read and written: the first numbers, one for each item.
    ///
    /// # Panics
    /// If there are fewer numbers than items.
    #[inline]
    pub fn write(&mut self, numbers: &'a mut [R]) {
        assert!(numbers.len() >= self.count, "fewer numbers than items");
        let (at, value) = (numbers.as_mut_ptr(), R::default());
        self.workspace.writable.set(self.bound(), true);
        self.workspace.columns.push(Column { at, value, shared: false, access: Access::Write });
    }

    /// Binds other numbers to be read in the place of the `k`-th bound column, counted from 0.
    ///
    /// # Panics
    /// If there are fewer numbers than items, or if that column may be written.
    #[inline]
    pub fn read_instead(&mut self, k: usize, numbers: &'a [R]) {
        let column = self.read_column(numbers);
        let place = self.workspace.own + k;
        assert!(self.workspace.columns[place].access == Access::Read, "a column that is written");
        self.workspace.shared.set(k, false);
        self.workspace.columns[place] = column;
    }

    /// How many columns are bound.
    #[inline]
    pub fn bound(&self) -> usize {
        self.workspace.columns.len() - self.workspace.own
    }

    /// A column to be read.
    fn read_column(&self, numbers: &'a [R]) -> Column<R> {
        assert!(numbers.len() >= self.count, "fewer numbers than items");
        Column { at: numbers.as_ptr().cast_mut(), value: R::default(), shared: false, access: Access::Read }
    }
}

impl<R: Number> Table<'_, R> {
    /// Does with each item what a body says, by machine code for the instructions `level`. `codes` are the codes of
    /// this body that have been made; where one is missing, `body` is called with the bound columns that all items
    /// share. Returns false, and has done nothing, if there is no such code on this machine, or if it would write a
    /// column that was bound to be read.
    #[inline]
    pub fn play(&mut self, codes: &Codes, level: Vectors, body: impl FnOnce(&ColumnSet) -> Option<Body>) -> bool {
        let columns = self.bound();
        let workspace = &mut *self.workspace;
        let kind = (level, size_of::<R>(), workspace.shared);
        let known = |last: &&LastCode| last.id == codes.id() && last.kind == kind;
        if workspace.last.as_ref().filter(known).is_none() {
            let layout = ColumnLayout {
                size: size_of::<Column<R>>(),
                at: offset_of!(Column<R>, at),
                value: offset_of!(Column<R>, value),
            };
            let code = codes.find(kind, || Code::of(&body(&workspace.shared)?, kind, columns, layout));
            let frame = code.as_ref().map_or(0, |code| code.frame());
            if workspace.frame.len() < frame {
                workspace.frame = Buffer::zeros(frame);
            }
            workspace.last = Some(LastCode { id: codes.id(), kind, code });
        }
        let Some(code) = workspace.last.as_ref().and_then(|last| last.code.as_ref()) else { return false };
        if columns != code.columns() || !code.written().within(&workspace.writable) {
            return false;
        }
        let bound = workspace.columns[workspace.own..].as_ptr();
        // SAFETY: the code was made for this number of columns and for those that are shared; `read` and `write` have
        // measured the others, and those that it writes are borrowed mutably as long as the table lives. The frame is
        // this workspace's.
        unsafe { code.run(bound.cast(), workspace.frame.as_mut_ptr(), self.count) };
        true
    }
}

impl<R: Wide> Table<'_, R> {
    /// Whether the column at `place` is above zero for at least one item.
    pub fn some_above_zero(&self, place: u32) -> bool {
        let column = self.workspace.columns[place as usize];
        let zero = R::default();
        if column.shared {
            return column.value > zero;
        }
        // SAFETY: see `Pass`.
        unsafe { std::slice::from_raw_parts(column.at, self.count) }.iter().any(|&number| number > zero)
    }

    /// Applies the operation `F` to the columns at the places `operands`, and writes the column at the place `to`; once
    /// for all items where they share all operands. `by` is the number of bits of a shift.
    ///
    /// # Panics
    /// If a place does not exist, or if the column at `to` is only to be read.
    #[inline(always)]
    pub fn apply<L: Level, F: Elementwise>(&mut self, to: u32, operands: [u32; 4], by: u32) {
        let columns = &mut self.workspace.columns;
        let none = Column { at: std::ptr::null_mut(), value: R::default(), shared: true, access: Access::Read };
        let mut from = [none; 4];
        let (mut shared, mut k) = (0, 0);
        while k < F::OPERANDS {
            from[k] = columns[operands[k] as usize];
            shared |= usize::from(from[k].shared) << k;
            k += 1;
        }
        let target = &mut columns[to as usize];
        assert!(target.access != Access::Read, "a column that is only read");
        let pass = Pass { to: target.at, from, count: self.count, by };
        if shared == (1 << F::OPERANDS) - 1 {
            let value = F::of([from[0].value, from[1].value, from[2].value, from[3].value], by);
            if target.access == Access::Slot {
                (target.value, target.shared) = (value, true);
            } else {
                pass.fill::<R::Side<L>>(value);
            }
            return;
        }
        target.shared = false;
        L::out_of_line(Cases::<R, F> { pass, shared, operation: PhantomData });
    }
}

#[cfg(test)]
mod tests {
    use super::{Elementwise, Workspace};
    use crate::number::Real;
    use crate::simd::crossed;
    use crate::simd::lanes::Baseline;

    struct Sum;

    impl Elementwise for Sum {
        const OPERANDS: usize = 2;
        fn of<R: Real>(operands: [R; 4], _: u32) -> R {
            operands[0] + operands[1]
        }
    }

    #[test]
    fn what_spikes_and_what_is_no_number_is_loud() {
        let mut numbers = vec![-1.0f32; 100];
        for (place, number) in [(0, 0.0), (7, 3.0), (33, f32::NAN), (64, f32::NEG_INFINITY), (99, f32::INFINITY)] {
            numbers[place] = number;
        }
        let mut places = vec![5];
        crossed(&numbers, &mut places);
        assert_eq!(places, [5, 0, 7, 33, 64, 99]);
    }

    #[test]
    fn what_all_items_share_is_done_once_and_fills_what_is_written() {
        let mut workspace = Workspace::new(&[2.0f32], 1, 10);
        let (own, mut out) = ([1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], [0.0f32; 9]);
        let mut table = workspace.table(7);
        table.share(3.0);
        table.read(&own);
        table.write(&mut out);
        table.apply::<Baseline, Sum>(1, [0, 2, 0, 0], 0);
        table.apply::<Baseline, Sum>(4, [1, 3, 0, 0], 0);
        assert_eq!(out, [6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 0.0, 0.0]);
        let mut table = workspace.table(7);
        table.write(&mut out);
        table.apply::<Baseline, Sum>(2, [1, 0, 0, 0], 0);
        assert_eq!(out, [7.0, 7.0, 7.0, 7.0, 7.0, 7.0, 7.0, 0.0, 0.0]);
    }

    #[test]
    #[should_panic(expected = "fewer numbers than items")]
    fn a_column_that_is_too_short_is_refused() {
        let mut workspace = Workspace::<f64>::new(&[], 0, 10);
        workspace.table(7).read(&[0.0; 6]);
    }

    #[test]
    #[should_panic(expected = "a column that is only read")]
    fn a_column_that_is_read_is_not_written() {
        let mut workspace = Workspace::<f64>::new(&[1.0], 0, 10);
        let mut table = workspace.table(7);
        table.read(&[0.0; 7]);
        table.apply::<Baseline, Sum>(1, [0, 0, 0, 0], 0);
    }
}
