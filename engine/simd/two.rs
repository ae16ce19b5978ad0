//! Two vectors as one of twice the lanes.

use std::ops::{Add, Mul, Neg, Sub};

use crate::number::{Number, Real};
use crate::simd::vector::Vector;

/// Two vectors as one of twice the lanes: each operation waits for the one before, so that two vectors take little
/// longer than one.
#[derive(Debug, Clone, Copy)]
pub struct Two<V>(V, V);

macro_rules! both {
    ($($trait:ident, $method:ident, $sign:tt;)*) => {$(
        impl<V: Vector> $trait for Two<V> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Two(self.0 $sign other.0, self.1 $sign other.1)
            }
        }
    )*};
}
both! { Add, add, +; Sub, sub, -; Mul, mul, *; }

impl<V: Vector> Neg for Two<V> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Two(-self.0, -self.1)
    }
}

impl<V: Vector> Real for Two<V> {
    type Truth = (V::Truth, V::Truth);
    type Word = (V::Word, V::Word);
    const FRACTION: u32 = V::FRACTION;
    #[inline(always)]
    fn of(value: f64) -> Self {
        Two(V::of(value), V::of(value))
    }
    #[inline(always)]
    fn over(self, other: Self) -> Self {
        Two(self.0.over(other.0), self.1.over(other.1))
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Two(self.0.sqrt(), self.1.sqrt())
    }
    #[inline(always)]
    fn above(self, other: Self) -> Self::Truth {
        (self.0.above(other.0), self.1.above(other.1))
    }
    #[inline(always)]
    fn and(a: Self::Truth, b: Self::Truth) -> Self::Truth {
        (V::and(a.0, b.0), V::and(a.1, b.1))
    }
    #[inline(always)]
    fn or(a: Self::Truth, b: Self::Truth) -> Self::Truth {
        (V::or(a.0, b.0), V::or(a.1, b.1))
    }
    #[inline(always)]
    fn not(a: Self::Truth) -> Self::Truth {
        (V::not(a.0), V::not(a.1))
    }
    #[inline(always)]
    fn choose(which: Self::Truth, yes: Self, no: Self) -> Self {
        Two(V::choose(which.0, yes.0, no.0), V::choose(which.1, yes.1, no.1))
    }
    #[inline(always)]
    fn bits(self) -> Self::Word {
        (self.0.bits(), self.1.bits())
    }
    #[inline(always)]
    fn of_bits(word: Self::Word) -> Self {
        Two(V::of_bits(word.0), V::of_bits(word.1))
    }
    #[inline(always)]
    fn word(value: i64) -> Self::Word {
        (V::word(value), V::word(value))
    }
    #[inline(always)]
    fn plus(a: Self::Word, b: Self::Word) -> Self::Word {
        (V::plus(a.0, b.0), V::plus(a.1, b.1))
    }
    #[inline(always)]
    fn minus(a: Self::Word, b: Self::Word) -> Self::Word {
        (V::minus(a.0, b.0), V::minus(a.1, b.1))
    }
    #[inline(always)]
    fn both(a: Self::Word, b: Self::Word) -> Self::Word {
        (V::both(a.0, b.0), V::both(a.1, b.1))
    }
    #[inline(always)]
    fn left(a: Self::Word, by: u32) -> Self::Word {
        (V::left(a.0, by), V::left(a.1, by))
    }
    #[inline(always)]
    fn right(a: Self::Word, by: u32) -> Self::Word {
        (V::right(a.0, by), V::right(a.1, by))
    }
}

// SAFETY of what follows: the second vector lies behind the first, and the caller's promise covers both.
impl<V: Vector> Vector for Two<V> {
    type Number = V::Number;
    const LANES: usize = 2 * V::LANES;
    #[inline(always)]
    fn splat(value: V::Number) -> Self {
        Two(V::splat(value), V::splat(value))
    }
    #[inline(always)]
    unsafe fn load(from: *const V::Number) -> Self {
        unsafe { Two(V::load(from), V::load(from.add(V::LANES))) }
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut V::Number) {
        unsafe {
            self.0.store(to);
            self.1.store(to.add(V::LANES));
        }
    }
    // The second vector may have no numbers, so that its place need not be within the memory.
    #[inline(always)]
    unsafe fn load_some(from: *const V::Number, count: usize) -> Self {
        let (first, second) = (count.min(V::LANES), count.saturating_sub(V::LANES));
        unsafe { Two(V::load_some(from, first), V::load_some(from.wrapping_add(V::LANES), second)) }
    }
    #[inline(always)]
    unsafe fn store_some(self, to: *mut V::Number, count: usize) {
        unsafe {
            self.0.store_some(to, count.min(V::LANES));
            self.1.store_some(to.wrapping_add(V::LANES), count.saturating_sub(V::LANES));
        }
    }
    #[inline(always)]
    fn bytes(sums: &[i8]) -> Self {
        Two(V::bytes(sums), V::bytes(&sums[V::LANES..]))
    }
    #[inline(always)]
    fn shorts(sums: &[i16]) -> Self {
        Two(V::shorts(sums), V::shorts(&sums[V::LANES..]))
    }
    #[inline(always)]
    fn full(sums: &[<V::Number as Number>::Fixed]) -> Self {
        Two(V::full(sums), V::full(&sums[V::LANES..]))
    }
    #[inline(always)]
    fn crossed(self) -> u32 {
        self.0.crossed() | self.1.crossed() << V::LANES
    }
}
