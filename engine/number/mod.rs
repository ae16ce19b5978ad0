//! The number types that a model runs in: `f32`, `f64` (the reference for errors of `f32`), and their fixed-point sums.
//!
//! A model's equations are written once over [`Real`]. Synaptic input is summed in [`Fixed`]: 32-bit integers for
//! `f32`, 64-bit for `f64`, so that the order of the sum cannot matter.

use std::fmt::Debug;
use std::ops::{Add, Mul, Neg, Sub};

pub mod math;

/// What model equations are written over: a number, or several side by side, one for each neuron. Equations have no
/// `if`, since neurons beside each other may differ: they compute both sides, and choose.
pub trait Real:
    Copy + Debug + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Neg<Output = Self>
{
    /// The result of a comparison.
    type Truth: Copy;
    /// The bits of a number, as an integer of its width.
    type Word: Copy;
    /// Number of bits of the fraction of a number, behind its leading one.
    const FRACTION: u32;
    /// The number nearest to `value`.
    fn of(value: f64) -> Self;
    /// This divided by `other`, rounded as IEEE 754 says.
    fn over(self, other: Self) -> Self;
    /// The square root, rounded as IEEE 754 says.
    fn sqrt(self) -> Self;
    /// Whether this is greater than `other`.
    fn above(self, other: Self) -> Self::Truth;
    /// Whether both are true.
    fn and(a: Self::Truth, b: Self::Truth) -> Self::Truth;
    /// Whether at least one is true.
    fn or(a: Self::Truth, b: Self::Truth) -> Self::Truth;
    /// Whether `a` is false.
    fn not(a: Self::Truth) -> Self::Truth;
    /// `yes` where `which` is true, else `no`.
    fn choose(which: Self::Truth, yes: Self, no: Self) -> Self;
    /// The bits of this number.
    fn bits(self) -> Self::Word;
    /// The number with the bits `word`.
    fn of_bits(word: Self::Word) -> Self;
    /// The integer `value` as a word; its lowest bits where a word is narrower.
    fn word(value: i64) -> Self::Word;
    /// a + b, wrapping.
    fn plus(a: Self::Word, b: Self::Word) -> Self::Word;
    /// a - b, wrapping.
    fn minus(a: Self::Word, b: Self::Word) -> Self::Word;
    /// The bits that are set in both a and b.
    fn both(a: Self::Word, b: Self::Word) -> Self::Word;
    /// `a` shifted left by `by` bits, fewer than a word has.
    fn left(a: Self::Word, by: u32) -> Self::Word;
    /// `a` shifted right by `by` bits, fewer than a word has; the sign bit fills up (arithmetic shift).
    fn right(a: Self::Word, by: u32) -> Self::Word;
    /// See [`math::exp`].
    #[inline(always)]
    fn exp(self) -> Self {
        math::exp(self)
    }
    /// See [`math::ln`].
    #[inline(always)]
    fn ln(self) -> Self {
        math::ln(self)
    }
}

/// A [`Real`] that a player runs with.
pub trait Number: Real<Truth = bool> + PartialOrd + Default + Send + Sync + 'static {
    /// The integer type of input sums.
    type Fixed: Fixed;
    /// A magnitude that only a diverging run reaches: 2¹⁰⁰.
    const LARGEST: Self;
    /// State values of a magnitude below this become zero every [`crate::plan::IDLE_CHECK_STEPS`] steps.
    const TINY: Self;
    /// The input sum `sum` as a number; `unit` is the value of one count.
    fn of_fixed(sum: Self::Fixed, unit: Self) -> Self;
    /// A count of spikes as a number.
    fn of_count(count: u32) -> Self;
    /// The value as `f64`, which is exact.
    fn value(self) -> f64;
    /// Whether the magnitude is below [`Number::LARGEST`]; false for NaN.
    fn finite(self) -> bool;
}

/// A fixed-point sum of synaptic input.
pub trait Fixed: Copy + Default + Debug + PartialEq + Send + Sync + 'static {
    /// Number of bits of the magnitude that a sum may use.
    const BITS: i32;
    /// The integer nearest to `value / unit`, the even one of two as near.
    fn quantise(value: f64, unit: f64) -> Self;
    /// The integer nearest to a value that it can hold.
    fn nearest(value: f64) -> Self;
    /// The value of this many counts of `unit`.
    fn value(self, unit: f64) -> f64;
    /// The sum of both; the choice of units excludes overflow.
    fn plus(self, other: Self) -> Self;
    /// The number that lies `fraction / 2^bits` of the way from this to `other`, rounded; `bits` is at most 22.
    fn between(self, other: Self, fraction: u32, bits: u32) -> Self;
    /// Whether this is below zero.
    fn is_negative(self) -> bool;
    /// This with the opposite sign.
    fn negated(self) -> Self;
    /// This as a 32-bit integer, where it fits.
    fn narrow(self) -> Option<i32>;
    /// The lowest 32 bits.
    fn low(self) -> i32;
    /// The 32-bit integer `value` as a sum.
    fn wide(value: i32) -> Self;
    /// This as two words, the lower first, with the sign extended.
    fn words(self) -> [u32; 2];
    /// The sum that [`Fixed::words`] gave as `words`.
    fn of_words(words: [u32; 2]) -> Self;
}

macro_rules! number {
    ($real:ty, $fixed:ty, $product:ty, $bits:expr, $tiny:expr) => {
        impl Real for $real {
            type Truth = bool;
            type Word = $fixed;
            const FRACTION: u32 = <$real>::MANTISSA_DIGITS - 1;
            #[inline(always)]
            fn of(value: f64) -> Self {
                value as $real
            }
            #[inline(always)]
            fn over(self, other: Self) -> Self {
                self / other
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                self.sqrt()
            }
            #[inline(always)]
            fn above(self, other: Self) -> bool {
                self > other
            }
            #[inline(always)]
            fn and(a: bool, b: bool) -> bool {
                a & b
            }
            #[inline(always)]
            fn or(a: bool, b: bool) -> bool {
                a | b
            }
            #[inline(always)]
            fn not(a: bool) -> bool {
                !a
            }
            #[inline(always)]
            fn choose(which: bool, yes: Self, no: Self) -> Self {
                if which { yes } else { no }
            }
            #[inline(always)]
            fn bits(self) -> $fixed {
                self.to_bits() as $fixed
            }
            #[inline(always)]
            fn of_bits(word: $fixed) -> Self {
                Self::from_bits(word as _)
            }
            #[inline(always)]
            fn word(value: i64) -> $fixed {
                value as $fixed
            }
            #[inline(always)]
            fn plus(a: $fixed, b: $fixed) -> $fixed {
                a.wrapping_add(b)
            }
            #[inline(always)]
            fn minus(a: $fixed, b: $fixed) -> $fixed {
                a.wrapping_sub(b)
            }
            #[inline(always)]
            fn both(a: $fixed, b: $fixed) -> $fixed {
                a & b
            }
            #[inline(always)]
            fn left(a: $fixed, by: u32) -> $fixed {
                a.wrapping_shl(by)
            }
            #[inline(always)]
            fn right(a: $fixed, by: u32) -> $fixed {
                a.wrapping_shr(by)
            }
        }
        impl Number for $real {
            type Fixed = $fixed;
            const LARGEST: $real = 1.267_650_6e30;
            const TINY: $real = $tiny;
            #[inline(always)]
            fn of_fixed(sum: $fixed, unit: Self) -> Self {
                sum as $real * unit
            }
            #[inline(always)]
            fn of_count(count: u32) -> Self {
                // Counts are far below 2³¹, and a signed conversion is one vector instruction.
                count as i32 as $real
            }
            #[inline(always)]
            fn value(self) -> f64 {
                self as f64
            }
            #[inline(always)]
            fn finite(self) -> bool {
                self.abs() < Self::LARGEST
            }
        }
        impl Fixed for $fixed {
            const BITS: i32 = $bits;
            #[inline(always)]
            fn quantise(value: f64, unit: f64) -> Self {
                (value / unit).round_ties_even() as $fixed
            }
            #[inline(always)]
            fn nearest(value: f64) -> Self {
                // 1.5 * 2^52 rounds it to a whole number, which the lowest bits then hold: a conversion that minds numbers out
                // of range is no vector instruction.
                if const { size_of::<Self>() == 4 } {
                    (value + 6_755_399_441_055_744.0).to_bits() as $fixed
                } else {
                    value.round_ties_even() as $fixed
                }
            }
            #[inline]
            fn value(self, unit: f64) -> f64 {
                self as f64 * unit
            }
            #[inline(always)]
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            #[inline(always)]
            fn between(self, other: Self, fraction: u32, bits: u32) -> Self {
                let whole = (<$product>::from(other) - <$product>::from(self)) * <$product>::from(fraction);
                (<$product>::from(self) + ((whole + (1 << (bits - 1))) >> bits)) as $fixed
            }
            #[inline(always)]
            fn is_negative(self) -> bool {
                self < 0
            }
            #[inline(always)]
            fn negated(self) -> Self {
                self.wrapping_neg()
            }
            #[inline(always)]
            fn narrow(self) -> Option<i32> {
                i32::try_from(self).ok()
            }
            #[inline(always)]
            fn low(self) -> i32 {
                self as i32
            }
            #[inline(always)]
            fn wide(value: i32) -> Self {
                value.into()
            }
            #[inline(always)]
            fn words(self) -> [u32; 2] {
                let all = i64::from(self);
                [all as u32, (all >> 32) as u32]
            }
            #[inline(always)]
            fn of_words([low, high]: [u32; 2]) -> Self {
                ((i64::from(high as i32) << 32) | i64::from(low)) as $fixed
            }
        }
    };
}

// 2⁻²⁰ is the distance between two numbers of f32 near 15, a typical distance of threshold from rest in mV.
number!(f32, i32, i64, 31, 1.0 / 1_048_576.0);
// 2⁻⁶⁰ is as far below what f64 resolves.
number!(f64, i64, i128, 62, 1.0 / 1_152_921_504_606_846_976.0);
