//! Functions to some thirty digits, as the sum of two `f64` (Dekker 1971): what `f64` is held against.

use std::ops::{Add, Div, Mul, Sub};

#[derive(Clone, Copy)]
pub struct Exact(pub f64, pub f64);

fn sum(a: f64, b: f64) -> Exact {
    let high = a + b;
    let part = high - a;
    Exact(high, (a - (high - part)) + (b - part))
}

impl Add for Exact {
    type Output = Exact;
    fn add(self, other: Exact) -> Exact {
        let Exact(high, low) = sum(self.0, other.0);
        sum(high, low + self.1 + other.1)
    }
}

impl Sub for Exact {
    type Output = Exact;
    fn sub(self, other: Exact) -> Exact {
        self + Exact(-other.0, -other.1)
    }
}

impl Mul for Exact {
    type Output = Exact;
    fn mul(self, other: Exact) -> Exact {
        let high = self.0 * other.0;
        let low = self.0.mul_add(other.0, -high);
        sum(high, low + self.0 * other.1 + self.1 * other.0)
    }
}

impl Div for Exact {
    type Output = Exact;
    fn div(self, other: Exact) -> Exact {
        let first = self.0 / other.0;
        let rest = self - other * Exact(first, 0.0);
        let second = rest.0 / other.0;
        let rest = rest - other * Exact(second, 0.0);
        sum(first, second) + Exact(rest.0 / other.0, 0.0)
    }
}

impl Exact {
    /// eˣ: of a 512th of the rest by its series, squared nine times.
    pub fn exp(self) -> Exact {
        // ln 2 in three parts, of which the whole multiples of the first are exact.
        let times = (self.0 / std::f64::consts::LN_2).round();
        let parts = [0.693_145_751_953_125, 1.428_606_820_309_417_3e-6, -2.340_793_886_567_823e-23];
        let ln_2 = Exact(times * parts[0], 0.0) + Exact(times, 0.0) * (Exact(parts[1], 0.0) + Exact(parts[2], 0.0));
        let rest = (self - ln_2) / Exact(512.0, 0.0);
        // eˣ - 1, so that squaring loses nothing.
        let mut less_one = Exact(0.0, 0.0);
        for k in (1..14).rev() {
            less_one = (less_one + Exact(1.0, 0.0)) * rest / Exact(f64::from(k), 0.0);
        }
        for _ in 0..9 {
            less_one = less_one * (less_one + Exact(2.0, 0.0));
        }
        let power = less_one + Exact(1.0, 0.0);
        // In two steps, for a power of two alone may lie beyond what there is.
        let [first, second] = [(times / 2.0).floor(), times - (times / 2.0).floor()].map(|n| 2.0f64.powi(n as i32));
        Exact(power.0 * first * second, power.1 * first * second)
    }

    /// ln x, by one step of Newton from the nearest `f64`.
    pub fn ln(self) -> Exact {
        let near = Exact(self.0.ln(), 0.0);
        let Exact(high, low) = self * Exact(-near.0, 0.0).exp() - Exact(1.0, 0.0);
        near + Exact(high, low) - Exact(high * high / 2.0, 0.0)
    }
}

#[test]
fn the_reference_knows_thirty_digits() {
    // e and ln 10, to 32 digits.
    let e = Exact(1.0, 0.0).exp() - Exact(std::f64::consts::E, 1.445_646_891_729_250_2e-16);
    assert!(e.0.abs() < 1e-30, "{e:?}", e = e.0);
    let ten = Exact(10.0, 0.0).ln() - Exact(std::f64::consts::LN_10, -2.170_756_223_382_249_4e-16);
    assert!(ten.0.abs() < 1e-30, "{}", ten.0);
}
