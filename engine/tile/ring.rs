//! The input ring of a shard: sums of the next few steps, in cells as narrow as the plan allows.

use crate::number::{Fixed, Number};
use crate::simd::{Buffer, FieldsMut, Items, Vector};

/// How many sums lie behind the last slot of an input ring, so that a window of 2^16 lanes lies within it wherever it
/// starts.
pub const MARGIN: usize = 1 << 16;

/// The integer that a ring sums in, as narrow as the largest sum of a step allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SumWidth {
    /// 8 bits.
    I8,
    /// 16 bits.
    I16,
    /// As many as weights have, see [`crate::number::Fixed`].
    Full,
}

impl SumWidth {
    /// The bytes of a sum where weights are of type `F`.
    pub fn bytes<F>(self) -> u64 {
        match self {
            SumWidth::I8 => 1,
            SumWidth::I16 => 2,
            SumWidth::Full => std::mem::size_of::<F>() as u64,
        }
    }
}

/// `slots` times `lanes` sums, and a [`MARGIN`]: what is added there is never read.
#[derive(Debug)]
pub enum Ring<F> {
    /// 8 bits each.
    I8(Buffer<i8>),
    /// 16 bits each.
    I16(Buffer<i16>),
    /// As wide as weights each.
    Full(Buffer<F>),
}

/// A cell of a ring; overflow is excluded by the choice of cells.
pub trait Sum<F>: Copy + Default {
    /// The sum plus `weight`.
    fn plus(self, weight: F) -> Self;
    /// The sum as an integer as wide as weights.
    fn full(self) -> F;
    /// The first of `sums`, one for each lane, as numbers.
    fn side_by_side<V: Vector<Number: Number<Fixed = F>>>(sums: &[Self]) -> V;
}

impl<F: Fixed> Sum<F> for F {
    #[inline(always)]
    fn plus(self, weight: F) -> F {
        Fixed::plus(self, weight)
    }
    #[inline(always)]
    fn full(self) -> F {
        self
    }
    #[inline(always)]
    fn side_by_side<V: Vector<Number: Number<Fixed = F>>>(sums: &[F]) -> V {
        V::full(sums)
    }
}

impl<F: Fixed> Sum<F> for i8 {
    #[inline(always)]
    fn plus(self, weight: F) -> i8 {
        self.wrapping_add(weight.low() as i8)
    }
    #[inline(always)]
    fn full(self) -> F {
        F::wide(i32::from(self))
    }
    #[inline(always)]
    fn side_by_side<V: Vector<Number: Number<Fixed = F>>>(sums: &[i8]) -> V {
        V::bytes(sums)
    }
}

impl<F: Fixed> Sum<F> for i16 {
    #[inline(always)]
    fn plus(self, weight: F) -> i16 {
        self.wrapping_add(weight.low() as i16)
    }
    #[inline(always)]
    fn full(self) -> F {
        F::wide(i32::from(self))
    }
    #[inline(always)]
    fn side_by_side<V: Vector<Number: Number<Fixed = F>>>(sums: &[i16]) -> V {
        V::shorts(sums)
    }
}

impl<F: Fixed> Ring<F> {
    /// A ring of `sums` sums, all zero, in cells of the width `cell`; where weights have 64 bits, cells have, too.
    pub fn new(cell: SumWidth, sums: usize) -> Ring<F> {
        let all = sums + MARGIN;
        match cell {
            SumWidth::I8 if F::BITS < 32 => Ring::I8(Buffer::for_random_access(all, sums)),
            SumWidth::I16 if F::BITS < 32 => Ring::I16(Buffer::for_random_access(all, sums)),
            _ => Ring::Full(Buffer::for_random_access(all, sums)),
        }
    }

    /// Adds `weight` to the sum at place `at`.
    pub fn add(&mut self, at: usize, weight: F) {
        match self {
            Ring::I8(sums) => sums[at] = sums[at].plus(weight),
            Ring::I16(sums) => sums[at] = sums[at].plus(weight),
            Ring::Full(sums) => sums[at] = Fixed::plus(sums[at], weight),
        }
    }

    /// The sum at place `at`, as wide as weights.
    pub fn at(&self, at: usize) -> F {
        match self {
            Ring::I8(sums) => sums[at].full(),
            Ring::I16(sums) => sums[at].full(),
            Ring::Full(sums) => sums[at],
        }
    }

    /// Adds each of `weights` to the sum of its lane in its slot; slots have `width` lanes.
    #[inline(always)]
    pub fn add_batch<const N: usize>(&mut self, width: usize, slots: &[u32; N], lanes: &[u32; N], weights: &[F; N]) {
        match self {
            Ring::I8(sums) => add_batch(sums, width, slots, lanes, weights),
            Ring::I16(sums) => add_batch(sums, width, slots, lanes, weights),
            Ring::Full(sums) => add_batch(sums, width, slots, lanes, weights),
        }
    }

    /// Writes `count` sums from place `from` on, times `unit`, to `values`, and clears them. `values` has room for
    /// whole vectors, of which the last may end behind the last sum.
    #[inline(always)]
    pub fn take<V: Vector<Number: Number<Fixed = F>>>(
        &mut self,
        (from, count): (usize, usize),
        unit: V::Number,
        values: &mut [V::Number],
    ) {
        match self {
            Ring::I8(sums) => take::<V, i8>(&mut sums[from..], count, unit, values),
            Ring::I16(sums) => take::<V, i16>(&mut sums[from..], count, unit, values),
            Ring::Full(sums) => take::<V, F>(&mut sums[from..], count, unit, values),
        }
    }

    /// Sets all sums to zero.
    pub fn clear(&mut self) {
        match self {
            Ring::I8(sums) => sums.fill(0),
            Ring::I16(sums) => sums.fill(0),
            Ring::Full(sums) => sums.fill(F::default()),
        }
    }
}

/// See [`Ring::add_batch`].
#[inline(always)]
fn add_batch<F: Fixed, C: Sum<F>, const N: usize>(
    sums: &mut [C],
    width: usize,
    slots: &[u32; N],
    lanes: &[u32; N],
    weights: &[F; N],
) {
    for i in 0..N {
        let sum = &mut sums[slots[i] as usize * width + lanes[i] as usize];
        *sum = sum.plus(weights[i]);
    }
}

/// See [`Ring::take`]. It reads whole vectors, since there are sums behind those of every neuron ([`MARGIN`]).
#[inline(always)]
fn take<V: Vector, C: Sum<<V::Number as Number>::Fixed>>(
    sums: &mut [C],
    count: usize,
    unit: V::Number,
    values: &mut [V::Number],
) {
    let (unit, room) = (V::splat(unit), values.len());
    let mut values = FieldsMut::new(values, 1, room);
    let mut first = 0;
    while first < count {
        let side_by_side: V = C::side_by_side(&sums[first..]);
        values.store(0, Items { first, count: V::LANES }, side_by_side * unit);
        if first + V::LANES <= count {
            sums[first..first + V::LANES].fill(C::default());
        }
        first += V::LANES;
    }
    // The last sums by a vector that ends with them: pieces of a length that the compiler does not know take a call.
    match count.checked_sub(V::LANES) {
        Some(last) => sums[last..last + V::LANES].fill(C::default()),
        None => sums[..count].fill(C::default()),
    }
}
