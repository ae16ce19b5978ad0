//! Columns of numbers side by side that whole operations go over, one after the other.

use std::marker::PhantomData;

use std::mem::offset_of;

use crate::number::{Number, Real};
use crate::simd::machine::{Body, Code, Codes, Described, Last, Marks};
use crate::simd::pages::Buffer;
use crate::simd::vector::{Level, Vector, Wide};
use crate::simd::{Vectors, Work};

/// An operation that gives a number for up to four numbers, whatever lies beside them. It and what it calls must be
/// `#[inline(always)]`.
pub trait Elementwise {
    /// How many operands it has, from one to four.
    const OPERANDS: usize;
    /// What it gives; operands beyond its own are zero. `by` is for shifts.
    fn of<R: Real>(operands: [R; 4], by: u32) -> R;
}

/// No vector has more lanes.
const MAX_LANES: usize = 64;

/// What may be done with a column.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Access {
    /// It is read.
    Read,
    /// It is read and written.
    Write,
    /// It is read and written, and where all items have the same it needs not be filled.
    Slot,
}

/// A number for each item, or one for all.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
struct Column<R> {
    at: *mut R,
    /// What all items have, where `shared`.
    value: R,
    shared: bool,
    access: Access,
}

/// Room of its own for what goes over columns: numbers that all items share, and slots for what is in between.
#[derive(Debug)]
pub struct Workspace<R> {
    /// The shared numbers, the slots, and whatever a [`Table`] had bound.
    columns: Vec<Column<R>>,
    own: usize,
    _room: Buffer<R>,
    most: usize,
    /// Of what is bound, columns that are one number for all items, and those that may be written.
    shared: Marks,
    writable: Marks,
    /// The code that ran here last, and its frame.
    last: Option<Last>,
    frame: Buffer<u8>,
}

// SAFETY: the columns that are read or written point into its room, which is its own; those of a table are gone with it.
unsafe impl<R: Send> Send for Workspace<R> {}

impl<R: Number> Workspace<R> {
    /// Room for so many slots of `most` items.
    pub fn new(shared: &[R], slots: usize, most: usize) -> Workspace<R> {
        // Lines of cache, and one more: slots that lie whole pages apart would fall on the same places of the cache.
        let line = 64 / size_of::<R>();
        let stride = (most.div_ceil(line) + 1) * line;
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
            most,
            shared: Marks::default(),
            writable: Marks::default(),
            last: None,
            frame: Buffer::zeros(0),
        }
    }

    /// With columns of `count` items, of which there are none yet.
    ///
    /// # Panics
    /// If a slot has room for fewer.
    #[inline]
    pub fn table(&mut self, count: usize) -> Table<'_, R> {
        assert!(count <= self.most, "a slot has room for {} items, and these are {count}", self.most);
        self.columns.truncate(self.own);
        (self.shared, self.writable) = (Marks::default(), Marks::default());
        Table { workspace: self, count, bound: PhantomData }
    }
}

/// A [`Workspace`] and the columns of others: by place the shared numbers, the slots, then what was bound, in that order.
#[derive(Debug)]
pub struct Table<'a, R> {
    workspace: &'a mut Workspace<R>,
    count: usize,
    bound: PhantomData<&'a mut [R]>,
}

impl<'a, R: Number> Table<'a, R> {
    /// A number that all items share.
    #[inline]
    pub fn share(&mut self, value: R) {
        let at = std::ptr::null_mut();
        self.workspace.shared.set(self.bound(), true);
        self.workspace.columns.push(Column { at, value, shared: true, access: Access::Read });
    }

    /// A number for each item.
    ///
    /// # Panics
    /// Here and below, if there are fewer than items.
    #[inline]
    pub fn read(&mut self, numbers: &'a [R]) {
        let column = self.read_column(numbers);
        self.workspace.columns.push(column);
    }

    /// A number for each item, which may be written over.
    #[inline]
    pub fn write(&mut self, numbers: &'a mut [R]) {
        assert!(numbers.len() >= self.count, "fewer numbers than items");
        let (at, value) = (numbers.as_mut_ptr(), R::default());
        self.workspace.writable.set(self.bound(), true);
        self.workspace.columns.push(Column { at, value, shared: false, access: Access::Write });
    }

    /// Other numbers in the place of those that were bound as the `k`-th to be read.
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

    fn read_column(&self, numbers: &'a [R]) -> Column<R> {
        assert!(numbers.len() >= self.count, "fewer numbers than items");
        Column { at: numbers.as_ptr().cast_mut(), value: R::default(), shared: false, access: Access::Read }
    }
}

impl<R: Number> Table<'_, R> {
    /// Does with each item what a body says, of which `codes` are the codes and which is asked for where one is missing: it is
    /// told for each bound column whether all items share it. False if there is no such code on this machine, or if it would
    /// write a column that is not to be written; then nothing has been done.
    #[inline]
    pub fn play(&mut self, codes: &Codes, level: Vectors, body: impl FnOnce(&Marks) -> Option<Body>) -> bool {
        let columns = self.bound();
        let workspace = &mut *self.workspace;
        let kind = (level, size_of::<R>(), workspace.shared);
        let known = |last: &&Last| last.number == codes.number() && last.kind == kind;
        if workspace.last.as_ref().filter(known).is_none() {
            let described = Described {
                size: size_of::<Column<R>>(),
                at: offset_of!(Column<R>, at),
                value: offset_of!(Column<R>, value),
            };
            let code = codes.find(kind, || Code::of(&body(&workspace.shared)?, kind, columns, described));
            let frame = code.as_ref().map_or(0, |code| code.frame());
            if workspace.frame.len() < frame {
                workspace.frame = Buffer::zeros(frame);
            }
            workspace.last = Some(Last { number: codes.number(), kind, code });
        }
        let Some(code) = workspace.last.as_ref().and_then(|last| last.code.as_ref()) else { return false };
        if columns != code.columns() || !code.written().within(&workspace.writable) {
            return false;
        }
        let bound = workspace.columns[workspace.own..].as_ptr();
        // SAFETY: there are as many columns, those are shared that it was made for, `read` and `write` have measured the
        // others, and those that are written are borrowed as such as long as the table lives. The frame is this workspace's.
        unsafe { code.run(bound.cast(), workspace.frame.as_mut_ptr(), self.count) };
        true
    }
}

impl<R: Wide> Table<'_, R> {
    /// Whether a column is above zero for some item.
    pub fn some_above_zero(&self, place: u32) -> bool {
        let column = self.workspace.columns[place as usize];
        let zero = R::default();
        if column.shared {
            return column.value > zero;
        }
        // SAFETY: see `Pass`.
        unsafe { std::slice::from_raw_parts(column.at, self.count) }.iter().any(|&number| number > zero)
    }

    /// An operation of the columns at some places, into one of them; once for all items where they share all operands.
    ///
    /// # Panics
    /// If a place is none, or is not to be written.
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

/// An operation over all items. Compiled once for each operation and not into one function for all, in which the compiler
/// would take minutes to share out registers.
struct Cases<R, F> {
    pass: Pass<R>,
    shared: usize,
    operation: PhantomData<F>,
}

impl<R: Wide, F: Elementwise> Work for Cases<R, F> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let Cases { pass, shared, .. } = self;
        // In f64, which is the referee, speed does not count as much as the time to compile.
        if const { L::KEEPS_SHARED && size_of::<R>() == 4 } {
            pass.by_case::<R::Side<L>, F>(shared);
        } else {
            pass.any::<R::Side<L>, F>();
        }
        if !pass.count.is_multiple_of(<R::Side<L>>::LANES) {
            pass.rest::<R::Side<L>, F>();
        }
    }
}

/// One operation over all items of its columns.
#[derive(Clone, Copy)]
struct Pass<R> {
    to: *mut R,
    from: [Column<R>; 4],
    count: usize,
    by: u32,
}

// SAFETY of what follows: `read` and `write` have measured each column, and a slot has room for as many items as a table may
// have; columns of a table are borrowed as long as it lives, and nobody else has those that are written. An item is read
// before it is written, so that the target may be one of the operands.
impl<R: Number> Pass<R> {
    /// With a bit of `shared` for each operand that is one number: a loop for each case, in which they stay in registers.
    #[inline(always)]
    fn by_case<V: Vector<Number = R>, F: Elementwise>(self, shared: usize) {
        match shared {
            0 => self.whole::<V, F, 0>(),
            1 => self.whole::<V, F, 1>(),
            2 => self.whole::<V, F, 2>(),
            3 => self.whole::<V, F, 3>(),
            4 => self.whole::<V, F, 4>(),
            5 => self.whole::<V, F, 5>(),
            6 => self.whole::<V, F, 6>(),
            7 => self.whole::<V, F, 7>(),
            8 => self.whole::<V, F, 8>(),
            9 => self.whole::<V, F, 9>(),
            10 => self.whole::<V, F, 10>(),
            11 => self.whole::<V, F, 11>(),
            12 => self.whole::<V, F, 12>(),
            13 => self.whole::<V, F, 13>(),
            _ => self.whole::<V, F, 14>(),
        }
    }

    /// The items that fill vectors, whatever operands are one number: those are read again and again.
    #[inline(always)]
    fn any<V: Vector<Number = R>, F: Elementwise>(self) {
        const { assert!(V::LANES <= MAX_LANES) };
        let mut same = [[R::default(); MAX_LANES]; 4];
        let mut from = [(self.to.cast_const(), 0); 4];
        let mut k = 0;
        while k < F::OPERANDS {
            unsafe { V::splat(self.from[k].value).store(same[k].as_mut_ptr()) };
            from[k] = if self.from[k].shared { (same[k].as_ptr(), 0) } else { (self.from[k].at.cast_const(), 1) };
            k += 1;
        }
        let mut at = 0;
        while at + V::LANES <= self.count {
            let mut operands = [V::of(0.0); 4];
            let mut k = 0;
            while k < F::OPERANDS {
                operands[k] = unsafe { V::load(from[k].0.add(at * from[k].1)) };
                k += 1;
            }
            unsafe { F::of(operands, self.by).store(self.to.add(at)) };
            at += V::LANES;
        }
    }

    /// The items that fill vectors, with a bit of `SHARED` for each operand that is one number.
    #[inline(always)]
    fn whole<V: Vector<Number = R>, F: Elementwise, const SHARED: usize>(self) {
        // No operation of so few operands comes here.
        if const { SHARED >= (1 << F::OPERANDS) - 1 } {
            return;
        }
        let same = [V::splat(self.from[0].value), V::splat(self.from[1].value)];
        let others = [V::splat(self.from[2].value), V::splat(self.from[3].value)];
        let mut at = 0;
        while at + V::LANES <= self.count {
            let operands = [
                if reads::<F, SHARED>(0) { unsafe { V::load(self.from[0].at.add(at)) } } else { same[0] },
                if reads::<F, SHARED>(1) { unsafe { V::load(self.from[1].at.add(at)) } } else { same[1] },
                if reads::<F, SHARED>(2) { unsafe { V::load(self.from[2].at.add(at)) } } else { others[0] },
                if reads::<F, SHARED>(3) { unsafe { V::load(self.from[3].at.add(at)) } } else { others[1] },
            ];
            unsafe { F::of(operands, self.by).store(self.to.add(at)) };
            at += V::LANES;
        }
    }

    /// The items behind them.
    #[inline(always)]
    fn rest<V: Vector<Number = R>, F: Elementwise>(self) {
        let at = self.count - self.count % V::LANES;
        let mut operands = [V::of(0.0); 4];
        let mut k = 0;
        while k < F::OPERANDS {
            let from = self.from[k];
            operands[k] = match from.shared {
                true => V::splat(from.value),
                false => unsafe { V::load_some(from.at.add(at), self.count - at) },
            };
            k += 1;
        }
        unsafe { F::of(operands, self.by).store_some(self.to.add(at), self.count - at) };
    }

    /// The same for all items.
    #[inline(always)]
    fn fill<V: Vector<Number = R>>(self, value: R) {
        let mut at = 0;
        while at < self.count {
            let count = (self.count - at).min(V::LANES);
            unsafe { V::splat(value).store_some(self.to.add(at), count) };
            at += count;
        }
    }
}

/// Whether an operation has an operand of this place, and reads it item by item.
#[inline(always)]
const fn reads<F: Elementwise, const SHARED: usize>(place: usize) -> bool {
    place < F::OPERANDS && SHARED >> place & 1 == 0
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
