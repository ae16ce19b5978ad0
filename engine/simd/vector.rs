//! Vectors of numbers: model equations run on a register of them, one neuron a lane; and the levels of instructions for
//! them.

use crate::number::{Number, Real};

/// Several numbers that are advanced together. Each lane rounds as the number alone would.
pub trait Vector: Real {
    /// The number type of a lane.
    type Number: Number;
    /// How many lanes there are.
    const LANES: usize;
    /// The same number in each lane.
    fn splat(value: Self::Number) -> Self;
    /// Reads a number for each lane.
    ///
    /// # Safety
    /// There are as many numbers at `from` as there are lanes.
    unsafe fn load(from: *const Self::Number) -> Self;
    /// Writes a number for each lane.
    ///
    /// # Safety
    /// There is room at `to` for as many numbers as there are lanes.
    unsafe fn store(self, to: *mut Self::Number);
    /// Reads the first `count` numbers, at most as many as there are lanes; the other lanes are zero.
    ///
    /// # Safety
    /// There are `count` numbers at `from`.
    unsafe fn load_some(from: *const Self::Number, count: usize) -> Self;
    /// Writes the first `count` lanes, at most all.
    ///
    /// # Safety
    /// There is room at `to` for `count` numbers.
    unsafe fn store_some(self, to: *mut Self::Number, count: usize);
    /// The first of `sums`, integers of 8 bits, one for each lane, as numbers.
    ///
    /// # Panics
    /// If there are fewer sums than lanes.
    fn bytes(sums: &[i8]) -> Self;
    /// The first of `sums`, integers of 16 bits, one for each lane, as numbers.
    ///
    /// # Panics
    /// If there are fewer sums than lanes.
    fn shorts(sums: &[i16]) -> Self;
    /// The first of `sums`, integers as wide as weights, one for each lane, as numbers.
    ///
    /// # Panics
    /// If there are fewer sums than lanes.
    fn full(sums: &[<Self::Number as Number>::Fixed]) -> Self;
    /// A bit for each lane, the first lowest: whether its number is not both finite and below zero.
    fn crossed(self) -> u32;
}

/// A piece of work that is compiled once for each of [`crate::simd::Vectors`], whose registers `L` names. `run` and
/// what it calls must be `#[inline(always)]`.
pub trait Work {
    /// The result of the work.
    type Out;
    /// Does the work with the vectors of `L`, and returns its result.
    fn run<L: Level>(self) -> Self::Out;
}

/// 64 numbers of 16 bits, the first of which begins a line of cache: otherwise registers as long as a line would
/// straddle two.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub struct Halves(pub [u16; 64]);

/// A level of instructions, and the vectors that it has.
pub trait Level {
    /// Vectors of `f32`.
    type F32: Vector<Number = f32>;
    /// Vectors of `f64`.
    type F64: Vector<Number = f64>;
    /// Whether an operation that goes over columns is compiled once for each combination of operands that all items
    /// share, and keeps these in registers. For [`Baseline`](crate::simd::Baseline) that would take the compiler longer
    /// than for all other levels.
    const KEEPS_SHARED: bool = true;
    /// Does `work` by a function of its own, which is compiled once for all callers.
    fn out_of_line<W: Work>(work: W) -> W::Out;
    /// Registers that hold 64 numbers of 16 bits.
    type Halves: Copy;
    /// For each of `counters`, eight blocks of [`crate::random::philox`], for whose counters the third word counts up.
    /// Several are computed side by side, since the rounds of one wait for each other. `keys` holds the two words of
    /// the key of each of the ten rounds: the key itself, then the key plus the Weyl constants of Philox once, twice,
    /// and so on.
    fn philox<const N: usize>(counters: [[u32; 4]; N], keys: &[[u32; 10]; 2]) -> [Self::Halves; N];
    /// For each of `numbers`, `least` plus the number of `thresholds` that it reaches; and whether any number reaches
    /// the last threshold. Thresholds rise, and none is zero.
    fn count_thresholds(numbers: Self::Halves, thresholds: &[u16], least: u16) -> (Self::Halves, bool);
    /// The numbers as they lie in memory, in their order.
    fn halves(numbers: Self::Halves) -> Halves;
    /// How many of `numbers` are larger than `than`.
    #[inline(always)]
    fn count_larger(numbers: &[u32; 16], than: u32) -> u32 {
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

/// A number type that has vectors at every level.
pub trait Wide: Number {
    /// Its vectors at the level `L`.
    type Side<L: Level>: Vector<Number = Self>;
}

impl Wide for f32 {
    type Side<L: Level> = L::F32;
}

impl Wide for f64 {
    type Side<L: Level> = L::F64;
}
