//! Numbers side by side: model equations run on a register of them, one neuron a lane.

use std::fmt::Debug;
use std::ops::{Add, Mul, Neg, Sub};

use crate::number::{Fixed, Number, Real};
use crate::simd::Work;

/// Several numbers that are advanced together. Each lane rounds as the number alone would.
pub trait Vector: Real {
    /// What a lane holds.
    type Number: Number;
    /// Lanes.
    const LANES: usize;
    /// The same number in each lane.
    fn splat(value: Self::Number) -> Self;
    /// From a number for each lane.
    ///
    /// # Safety
    /// There are as many numbers at `from` as there are lanes.
    unsafe fn load(from: *const Self::Number) -> Self;
    /// Writes a number for each lane.
    ///
    /// # Safety
    /// There is room at `to` for as many numbers as there are lanes.
    unsafe fn store(self, to: *mut Self::Number);
    /// From the first `count` numbers, at most as many as there are lanes; the other lanes are zero.
    ///
    /// # Safety
    /// There are as many numbers at `from`.
    unsafe fn load_some(from: *const Self::Number, count: usize) -> Self;
    /// Writes the first `count` lanes, at most all.
    ///
    /// # Safety
    /// There is room at `to` for as many numbers.
    unsafe fn store_some(self, to: *mut Self::Number, count: usize);
    /// From the first sums of 8 bits, in counts.
    ///
    /// # Panics
    /// Here and below, if there are fewer than lanes.
    fn bytes(sums: &[i8]) -> Self;
    /// From the first sums of 16 bits.
    fn shorts(sums: &[i16]) -> Self;
    /// From the first sums that are as wide as weights.
    fn full(sums: &[<Self::Number as Number>::Fixed]) -> Self;
    /// The lanes that are not both finite and below zero, a bit each.
    fn loud(self) -> u32;
}

/// Vectors that a kind of processor has.
pub trait Level {
    /// Of `f32`.
    type F32: Vector<Number = f32>;
    /// Of `f64`.
    type F64: Vector<Number = f64>;
    /// Does work that is compiled once, however many call it.
    fn apart<W: Work>(work: W) -> W::Out;
    /// Eight blocks of [`crate::random::philox`] one after the other, from `counter` on, whose third word counts up.
    #[inline(always)]
    fn philox(counter: [u32; 4], key: &[[u32; 10]; 2]) -> [u16; 64] {
        let mut all = [0; 64];
        for (block, all) in (counter[2]..).zip(all.chunks_exact_mut(8)) {
            let [a, b, _, d] = counter;
            let words = crate::random::philox([a, b, block, d], [key[0][0], key[1][0]]);
            (0..8).for_each(|i| all[i] = (words[i / 2] >> (16 * (i % 2))) as u16);
        }
        all
    }
    /// Adds how many of some rising thresholds, of which none is zero, each number reaches; says whether any reaches the last.
    #[inline(always)]
    fn count(numbers: &[u16; 64], thresholds: &[u16], counts: &mut [u16; 64]) -> bool {
        let mut last = 0;
        for &threshold in thresholds {
            last = 0;
            for (count, &number) in counts.iter_mut().zip(numbers) {
                let reached = u16::from(number >= threshold);
                *count += reached;
                last |= reached;
            }
        }
        last > 0
    }
}

/// A number type that has vectors.
pub trait Wide: Number {
    /// As many of it side by side as a kind of processor can hold.
    type Side<L: Level>: Vector<Number = Self>;
}

impl Wide for f32 {
    type Side<L: Level> = L::F32;
}

impl Wide for f64 {
    type Side<L: Level> = L::F64;
}

/// What every processor has: the compiler chooses the instructions.
#[derive(Debug)]
pub struct Baseline;

impl Level for Baseline {
    type F32 = Lanes<f32, 4>;
    type F64 = Lanes<f64, 2>;
    #[inline(never)]
    fn apart<W: Work>(work: W) -> W::Out {
        work.run::<Baseline>()
    }
}

/// Numbers side by side in memory.
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
    #[inline(always)]
    fn of(value: f64) -> Self {
        Lanes([R::of(value); N])
    }
    #[inline(always)]
    fn above(self, other: Self) -> [bool; N] {
        std::array::from_fn(|i| self.0[i] > other.0[i])
    }
    #[inline(always)]
    fn choose(which: [bool; N], yes: Self, no: Self) -> Self {
        Lanes(std::array::from_fn(|i| if which[i] { yes.0[i] } else { no.0[i] }))
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
    fn loud(self) -> u32 {
        (0..N).fold(0, |bits, i| bits | u32::from(!(self.0[i] < R::of(0.0) && self.0[i].finite())) << i)
    }
}

/// Two vectors as one: each step of a neuron waits for the one before, so that two are advanced in the time of one.
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
    #[inline(always)]
    fn of(value: f64) -> Self {
        Two(V::of(value), V::of(value))
    }
    #[inline(always)]
    fn above(self, other: Self) -> Self::Truth {
        (self.0.above(other.0), self.1.above(other.1))
    }
    #[inline(always)]
    fn choose(which: Self::Truth, yes: Self, no: Self) -> Self {
        Two(V::choose(which.0, yes.0, no.0), V::choose(which.1, yes.1, no.1))
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
    // The second may have none, wherever it would be.
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
    fn loud(self) -> u32 {
        self.0.loud() | self.1.loud() << V::LANES
    }
}
