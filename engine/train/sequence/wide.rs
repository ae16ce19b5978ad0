//! Numbers from 0 on with 106 bits and any magnitude: products of many factors need them to be exact to 53 bits.

use std::cmp::Ordering;

/// (high + low)·2^exponent: two `f64` whose sum is meant (Dekker 1971; Knuth, TAOCP 4.2.2), high from 0.5 to below 2; or zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Wide {
    high: f64,
    low: f64,
    exponent: i64,
}

/// 2^exponent, for an exponent from -1022 to 1023.
fn power(exponent: i64) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

impl Wide {
    pub(super) const ZERO: Wide = Wide { high: 0.0, low: 0.0, exponent: 0 };
    pub(super) const ONE: Wide = Wide { high: 1.0, low: 0.0, exponent: 0 };

    /// The number `value`, a whole one up to 2^53.
    pub(super) fn whole(value: u64) -> Wide {
        Wide::scaled(value as f64, 0.0, 0)
    }

    /// (high + low)·2^exponent, brought to the form of [`Wide`].
    fn scaled(high: f64, low: f64, exponent: i64) -> Wide {
        let (high, low) = two_sum(high, low);
        if high == 0.0 {
            return Wide::ZERO;
        }
        let own = ((high.to_bits() >> 52) & 0x7ff) as i64 - 1023;
        let down = power(-own);
        Wide { high: high * down, low: low * down, exponent: exponent + own }
    }

    /// The product of two numbers.
    pub(super) fn times(self, other: Wide) -> Wide {
        let product = self.high * other.high;
        let rest = self.high.mul_add(other.high, -product) + (self.high * other.low + self.low * other.high);
        Wide::scaled(product, rest, self.exponent + other.exponent)
    }

    /// The quotient by another number, which must not be zero.
    pub(super) fn over(self, other: Wide) -> Wide {
        let first = self.high / other.high;
        let rest = first.mul_add(-other.high, self.high) + (self.low - first * other.low);
        Wide::scaled(first, rest / other.high, self.exponent - other.exponent)
    }

    /// The sum of two numbers.
    pub(super) fn plus(self, other: Wide) -> Wide {
        self.added(other, 1.0)
    }

    /// The difference to another number, which must not be larger.
    pub(super) fn less(self, other: Wide) -> Wide {
        self.added(other, -1.0)
    }

    /// self + sign · other, for a sign of 1 or -1.
    fn added(self, other: Wide, sign: f64) -> Wide {
        if self.high == 0.0 || other.high == 0.0 {
            return if other.high == 0.0 {
                self
            } else {
                Wide { high: sign * other.high, low: sign * other.low, ..other }
            };
        }
        let exponent = self.exponent.max(other.exponent);
        let down = |of: Wide| if exponent - of.exponent > 250 { 0.0 } else { power(of.exponent - exponent) };
        let (own, theirs) = (down(self), sign * down(other));
        let (sum, rest) = two_sum(self.high * own, other.high * theirs);
        Wide::scaled(sum, rest + (self.low * own + other.low * theirs), exponent)
    }

    /// The power to a whole exponent, by repeated squaring.
    pub(super) fn raised(self, mut to: u64) -> Wide {
        let (mut square, mut product) = (self, Wide::ONE);
        while to > 0 {
            if to & 1 == 1 {
                product = product.times(square);
            }
            square = square.times(square);
            to >>= 1;
        }
        product
    }

    /// The nearest `f64`; zero below the least positive one.
    pub(super) fn value(self) -> f64 {
        let nearest = self.high + self.low;
        match self.exponent.cmp(&-1000) {
            Ordering::Less if self.exponent < -1100 => 0.0,
            Ordering::Less => nearest * power(self.exponent + 200) * power(-200),
            _ => nearest * power(self.exponent.min(1023)),
        }
    }
}

/// The rounded sum of two numbers, and the error of rounding.
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let back = sum - a;
    (sum, (a - (sum - back)) + (b - back))
}
