//! One operation over all items of some columns.

use std::marker::PhantomData;

use crate::number::{Number, Real};
use crate::simd::Work;
use crate::simd::vector::{Level, Vector, Wide};

/// An operation that makes one number of one to four numbers of the same item. `of` and what it calls must be
/// `#[inline(always)]`.
pub trait Elementwise {
    /// How many operands it has, from one to four.
    const OPERANDS: usize;
    /// The result; operands beyond [`Elementwise::OPERANDS`] are zero. `by` is the number of bits of a shift, or
    /// unused.
    fn of<R: Real>(operands: [R; 4], by: u32) -> R;
}

/// The most lanes of a vector.
const MAX_LANES: usize = 64;

/// What may be done with a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Access {
    /// It is read only.
    Read,
    /// It is read and written.
    Write,
    /// It is read and written; a number that all items share need not be written to every item.
    Slot,
}

/// A number for each item, or one for all.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(super) struct Column<R> {
    /// Where the numbers of the items are, unless `shared`.
    pub at: *mut R,
    /// The number of all items, where `shared`.
    pub value: R,
    /// Whether all items share one number.
    pub shared: bool,
    /// What may be done with it.
    pub access: Access,
}

/// The operation `F` over all items. Compiled once for each operation, and not into one function for all, in which the
/// compiler would take minutes to allocate registers.
pub(super) struct Cases<R, F> {
    /// Where operands and result are.
    pub pass: Pass<R>,
    /// A bit for each operand: whether all items share it.
    pub shared: usize,
    /// The operation.
    pub operation: PhantomData<F>,
}

impl<R: Wide, F: Elementwise> Work for Cases<R, F> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let Cases { pass, shared, .. } = self;
        // f64 serves to check f32: the time to compile counts more than its speed.
        if const { L::KEEPS_SHARED && size_of::<R>() == 4 } {
            pass.by_case::<R::Side<L>, F>(shared);
        } else {
            pass.any_case::<R::Side<L>, F>();
        }
        if !pass.count.is_multiple_of(<R::Side<L>>::LANES) {
            pass.rest::<R::Side<L>, F>();
        }
    }
}

/// The columns of one operation over all items.
#[derive(Clone, Copy)]
pub(super) struct Pass<R> {
    /// Where the results go.
    pub to: *mut R,
    /// The operands.
    pub from: [Column<R>; 4],
    /// How many items there are.
    pub count: usize,
    /// The number of bits of a shift.
    pub by: u32,
}

// SAFETY of what follows: `Table::read` and `Table::write` have measured each column, and a slot has room for as many
// items as a table may have; columns of a table are borrowed as long as it lives, and nobody else has those that are
// written. An item is read before it is written, so that the target may be one of the operands.
impl<R: Number> Pass<R> {
    /// The items that fill vectors, by a loop for each combination of shared operands, which stay in registers;
    /// `shared` has a bit for each operand.
    #[inline(always)]
    fn by_case<V: Vector<Number = R>, F: Elementwise>(self, shared: usize) {
        match shared {
            0 => self.one_case::<V, F, 0>(),
            1 => self.one_case::<V, F, 1>(),
            2 => self.one_case::<V, F, 2>(),
            3 => self.one_case::<V, F, 3>(),
            4 => self.one_case::<V, F, 4>(),
            5 => self.one_case::<V, F, 5>(),
            6 => self.one_case::<V, F, 6>(),
            7 => self.one_case::<V, F, 7>(),
            8 => self.one_case::<V, F, 8>(),
            9 => self.one_case::<V, F, 9>(),
            10 => self.one_case::<V, F, 10>(),
            11 => self.one_case::<V, F, 11>(),
            12 => self.one_case::<V, F, 12>(),
            13 => self.one_case::<V, F, 13>(),
            _ => self.one_case::<V, F, 14>(),
        }
    }

    /// The items that fill vectors, by one loop for all combinations of shared operands, which are loaded again for
    /// each vector.
    #[inline(always)]
    fn any_case<V: Vector<Number = R>, F: Elementwise>(self) {
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

    /// The items that fill vectors, where the operands whose bit in `SHARED` is set are shared.
    #[inline(always)]
    fn one_case<V: Vector<Number = R>, F: Elementwise, const SHARED: usize>(self) {
        // An operation of so few operands has no such case, or shares all operands, and is done once.
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

    /// The items behind those that fill vectors.
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

    /// Writes `value` to all items.
    #[inline(always)]
    pub fn fill<V: Vector<Number = R>>(self, value: R) {
        let mut at = 0;
        while at < self.count {
            let count = (self.count - at).min(V::LANES);
            unsafe { V::splat(value).store_some(self.to.add(at), count) };
            at += count;
        }
    }
}

/// Whether the operation `F` has an operand `place`, which all items do not share by the bits of `SHARED`.
#[inline(always)]
const fn reads<F: Elementwise, const SHARED: usize>(place: usize) -> bool {
    place < F::OPERANDS && SHARED >> place & 1 == 0
}
