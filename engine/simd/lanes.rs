//! Vectors as arrays of numbers, for processors whose registers are not named here.

use std::ops::{Add, Mul, Neg, Sub};

use crate::number::{Fixed, Number, Real};
use crate::simd::vector::{Halves, Level, Vector, Work};

/// The level that every processor has: the compiler chooses the instructions.
#[derive(Debug)]
pub struct Baseline;

impl Level for Baseline {
    type F32 = Lanes<f32, 4>;
    type F64 = Lanes<f64, 2>;
    const KEEPS_SHARED: bool = false;
    #[inline(never)]
    fn out_of_line<W: Work>(work: W) -> W::Out {
        work.run::<Baseline>()
    }
    type Halves = [u16; 64];
    #[inline(always)]
    fn philox<const N: usize>(counters: [[u32; 4]; N], keys: &[[u32; 10]; 2]) -> [[u16; 64]; N] {
        let mut all = [[0; 64]; N];
        for ([a, b, first, d], all) in counters.into_iter().zip(&mut all) {
            for (block, all) in (0..).zip(all.chunks_exact_mut(8)) {
                let words = crate::random::philox([a, b, first.wrapping_add(block), d], [keys[0][0], keys[1][0]]);
                (0..8).for_each(|i| all[i] = (words[i / 2] >> (16 * (i % 2))) as u16);
            }
        }
        all
    }
    #[inline(always)]
    fn count_thresholds(numbers: [u16; 64], thresholds: &[u16], least: u16) -> ([u16; 64], bool) {
        let (mut counts, mut last) = ([least; 64], 0);
        for &threshold in thresholds {
            last = 0;
            for (count, number) in counts.iter_mut().zip(numbers) {
                let reached = u16::from(number >= threshold);
                *count += reached;
                last |= reached;
            }
        }
        (counts, last > 0)
    }
    #[inline(always)]
    fn halves(numbers: [u16; 64]) -> Halves {
        Halves(numbers)
    }
}

/// A vector of `N` numbers in memory.
#[derive(Debug, Clone, Copy)]
pub struct Lanes<R, const N: usize>([R; N]);

macro_rules! lanewise {
    ($($trait:ident, $method:ident, $sign:tt;)*) => {$(
        impl<R: Number, const N: usize> $trait for Lanes<R, N> {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Lanes(std::array::from_fn(|i| self.0[i] $sign other.0[i]))
            }
        }
    )*};
}
lanewise! { Add, add, +; Sub, sub, -; Mul, mul, *; }

impl<R: Number, const N: usize> Neg for Lanes<R, N> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Lanes(self.0.map(|v| -v))
    }
}

impl<R: Number, const N: usize> Real for Lanes<R, N> {
    type Truth = [bool; N];
    type Word = [R::Word; N];
    const FRACTION: u32 = R::FRACTION;
    #[inline(always)]
    fn of(value: f64) -> Self {
        Lanes([R::of(value); N])
    }
    #[inline(always)]
    fn over(self, other: Self) -> Self {
        Lanes(std::array::from_fn(|i| self.0[i].over(other.0[i])))
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Lanes(self.0.map(R::sqrt))
    }
    #[inline(always)]
    fn above(self, other: Self) -> [bool; N] {
        std::array::from_fn(|i| self.0[i] > other.0[i])
    }
    #[inline(always)]
    fn and(a: [bool; N], b: [bool; N]) -> [bool; N] {
        std::array::from_fn(|i| a[i] & b[i])
    }
    #[inline(always)]
    fn or(a: [bool; N], b: [bool; N]) -> [bool; N] {
        std::array::from_fn(|i| a[i] | b[i])
    }
    #[inline(always)]
    fn not(a: [bool; N]) -> [bool; N] {
        a.map(|a| !a)
    }
    #[inline(always)]
    fn choose(which: [bool; N], yes: Self, no: Self) -> Self {
        Lanes(std::array::from_fn(|i| if which[i] { yes.0[i] } else { no.0[i] }))
    }
    #[inline(always)]
    fn bits(self) -> Self::Word {
        self.0.map(R::bits)
    }
    #[inline(always)]
    fn of_bits(word: Self::Word) -> Self {
        Lanes(word.map(R::of_bits))
    }
    #[inline(always)]
    fn word(value: i64) -> Self::Word {
        [R::word(value); N]
    }
    #[inline(always)]
    fn plus(a: Self::Word, b: Self::Word) -> Self::Word {
        std::array::from_fn(|i| R::plus(a[i], b[i]))
    }
    #[inline(always)]
    fn minus(a: Self::Word, b: Self::Word) -> Self::Word {
        std::array::from_fn(|i| R::minus(a[i], b[i]))
    }
    #[inline(always)]
    fn both(a: Self::Word, b: Self::Word) -> Self::Word {
        std::array::from_fn(|i| R::both(a[i], b[i]))
    }
    #[inline(always)]
    fn left(a: Self::Word, by: u32) -> Self::Word {
        a.map(|a| R::left(a, by))
    }
    #[inline(always)]
    fn right(a: Self::Word, by: u32) -> Self::Word {
        a.map(|a| R::right(a, by))
    }
}

impl<R: Number, const N: usize> Vector for Lanes<R, N> {
    type Number = R;
    const LANES: usize = N;
    #[inline(always)]
    fn splat(value: R) -> Self {
        Lanes([value; N])
    }
    #[inline(always)]
    unsafe fn load(from: *const R) -> Self {
        // SAFETY: the caller's.
        Lanes(unsafe { from.cast::<[R; N]>().read() })
    }
    #[inline(always)]
    unsafe fn store(self, to: *mut R) {
        // SAFETY: the caller's.
        unsafe { to.cast::<[R; N]>().write(self.0) };
    }
    #[inline(always)]
    unsafe fn load_some(from: *const R, count: usize) -> Self {
        // SAFETY: the caller's.
        Lanes(std::array::from_fn(|i| if i < count { unsafe { from.add(i).read() } } else { R::default() }))
    }
    #[inline(always)]
    unsafe fn store_some(self, to: *mut R, count: usize) {
        // SAFETY: the caller's.
        (0..count.min(N)).for_each(|i| unsafe { to.add(i).write(self.0[i]) });
    }
    #[inline(always)]
    fn bytes(sums: &[i8]) -> Self {
        Lanes(std::array::from_fn(|i| R::of_fixed(R::Fixed::wide(sums[i].into()), R::of(1.0))))
    }
    #[inline(always)]
    fn shorts(sums: &[i16]) -> Self {
        Lanes(std::array::from_fn(|i| R::of_fixed(R::Fixed::wide(sums[i].into()), R::of(1.0))))
    }
    #[inline(always)]
    fn full(sums: &[R::Fixed]) -> Self {
        Lanes(std::array::from_fn(|i| R::of_fixed(sums[i], R::of(1.0))))
    }
    #[inline(always)]
    fn crossed(self) -> u32 {
        (0..N).fold(0, |bits, i| bits | u32::from(!(self.0[i] < R::of(0.0) && self.0[i].finite())) << i)
    }
}
