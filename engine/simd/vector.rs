//! Numbers side by side: model equations run on a register of them, one neuron a lane.

use crate::number::{Number, Real};

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
    fn crossed(self) -> u32;
}

/// A piece of work that is compiled once per kind of [`crate::simd::Vectors`], whose registers `L` names. `run` and what it calls must be `#[inline(always)]`.
pub trait Work {
    /// What it gives.
    type Out;
    /// Does it.
    fn run<L: Level>(self) -> Self::Out;
}

/// 64 numbers of 16 bits from where a line of cache begins: registers that are as long as one would straddle two.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub struct Halves(pub [u16; 64]);

/// Vectors that a kind of processor has.
pub trait Level {
    /// Of `f32`.
    type F32: Vector<Number = f32>;
    /// Of `f64`.
    type F64: Vector<Number = f64>;
    /// Whether an operation that goes over columns is compiled once for each case of operands that all items share, and keeps
    /// them in registers. Where the compiler chooses the instructions, that would take it longer than all other levels.
    const KEEPS_SHARED: bool = true;
    /// Does work that is compiled once, however many call it.
    fn out_of_line<W: Work>(work: W) -> W::Out;
    /// 64 numbers of 16 bits.
    type Halves: Copy;
    /// Eight blocks of [`crate::random::philox`] one after the other, from each counter on, whose third word counts up. Several
    /// counters side by side, since each waits for its own products.
    fn philox<const N: usize>(counters: [[u32; 4]; N], key: &[[u32; 10]; 2]) -> [Self::Halves; N];
    /// `least`, and how many of some rising thresholds, of which none is zero, each number reaches; whether any reaches the last.
    fn count(numbers: Self::Halves, thresholds: &[u16], least: u16) -> (Self::Halves, bool);
    /// In memory.
    fn halves(numbers: Self::Halves) -> Halves;
    /// How many of some numbers are larger than another.
    #[inline(always)]
    fn larger(numbers: &[u32; 16], than: u32) -> u32 {
        numbers.iter().map(|&number| u32::from(number > than)).sum()
    }
    /// Which of some numbers are larger than `after`, and which of these not larger than `until`, a bit each.
    #[inline(always)]
    fn within(numbers: &[u32; 16], after: u32, until: u32) -> [u32; 2] {
        let bits = |than: u32| (0..16).fold(0, |bits, i| bits | u32::from(numbers[i] > than) << i);
        let later = bits(after);
        [later, later & !bits(until)]
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
