//! An `f32` that flushes what falls below the normal numbers, as some processors do, and may give a wrong coefficient.

use std::ops::{Add, Mul, Neg, Sub};

use neuropil::number::Real;

/// With `WRONG`, the coefficient 0.5 of eˣ is the next number.
#[derive(Debug, Clone, Copy)]
pub struct Watched<const WRONG: bool>(pub f32);

fn flushed(x: f32) -> f32 {
    if x.is_subnormal() { 0.0f32.copysign(x) } else { x }
}

macro_rules! flushing {
    ($($trait:ident, $method:ident, $sign:tt;)*) => {$(
        impl<const WRONG: bool> $trait for Watched<WRONG> {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                Watched(flushed(flushed(self.0) $sign flushed(other.0)))
            }
        }
    )*};
}
flushing! { Add, add, +; Sub, sub, -; Mul, mul, *; }

impl<const WRONG: bool> Neg for Watched<WRONG> {
    type Output = Self;
    fn neg(self) -> Self {
        Watched(-flushed(self.0))
    }
}

impl<const WRONG: bool> Real for Watched<WRONG> {
    type Truth = bool;
    type Word = i32;
    const FRACTION: u32 = f32::FRACTION;
    fn of(value: f64) -> Self {
        let near = value as f32;
        Watched(if WRONG && (value - 0.5).abs() < 1e-8 { near.next_up() } else { near })
    }
    fn over(self, other: Self) -> Self {
        Watched(flushed(flushed(self.0) / flushed(other.0)))
    }
    fn sqrt(self) -> Self {
        Watched(flushed(self.0).sqrt())
    }
    fn above(self, other: Self) -> bool {
        flushed(self.0) > flushed(other.0)
    }
    fn and(a: bool, b: bool) -> bool {
        a & b
    }
    fn or(a: bool, b: bool) -> bool {
        a | b
    }
    fn not(a: bool) -> bool {
        !a
    }
    fn choose(which: bool, yes: Self, no: Self) -> Self {
        if which { yes } else { no }
    }
    fn bits(self) -> i32 {
        self.0.bits()
    }
    fn of_bits(word: i32) -> Self {
        Watched(f32::of_bits(word))
    }
    fn word(value: i64) -> i32 {
        f32::word(value)
    }
    fn plus(a: i32, b: i32) -> i32 {
        f32::plus(a, b)
    }
    fn minus(a: i32, b: i32) -> i32 {
        f32::minus(a, b)
    }
    fn both(a: i32, b: i32) -> i32 {
        f32::both(a, b)
    }
    fn left(a: i32, by: u32) -> i32 {
        f32::left(a, by)
    }
    fn right(a: i32, by: u32) -> i32 {
        f32::right(a, by)
    }
}
