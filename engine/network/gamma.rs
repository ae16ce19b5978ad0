//! The quantile of the gamma distribution.

use std::ops::RangeInclusive;

use crate::network::normal::standard_normal_quantile;

/// The shape parameters that quantiles are computed for: below, most of the mass lies closer to 0 than a table
/// resolves; above, the distribution is nearly normal.
pub(super) const ORDERS: RangeInclusive<f64> = 0.05..=100.0;

/// The quantile of probability `u` for shape `order` and scale 1: by Newton's method from the normal approximation of
/// Wilson and Hilferty (1931), within a bracket that is halved where a step would leave it.
pub(super) fn quantile(order: f64, u: f64) -> f64 {
    if !(u > 0.0 && u < 1.0) {
        return if u > 0.0 { f64::INFINITY } else { 0.0 };
    }
    let constant = ln_gamma(order);
    let ninth = 1.0 / (9.0 * order);
    let cube = (1.0 - ninth + ninth.sqrt() * standard_normal_quantile(u)).powi(3);
    // Near 0 the probability is x^order / gamma(order + 1).
    let small = ((u.ln() + constant + order.ln()) / order).exp();
    let (mut low, mut high) = (0.0f64, f64::INFINITY);
    let mut x = if order > 1.0 && cube > 0.1 * order { cube } else { small };
    for _ in 0..200 {
        let excess = cumulative(order, x, constant) - u;
        if excess > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let density = ((order - 1.0) * x.ln() - x - constant).exp();
        // Far from the quantile the density is nearly 0, and a step of Newton's method nearly infinite.
        let next = (x - excess / density).min(2.0 * x + 1.0);
        let inside = next > low && next < high;
        let next = match (inside, high.is_finite()) {
            (true, _) => next,
            (false, true) => 0.5 * (low + high),
            (false, false) => 2.0 * x + 1.0,
        };
        if (next - x).abs() <= 1e-14 * x {
            return next;
        }
        x = next;
    }
    x
}

/// The probability of a draw below `x`, where `ln_gamma` is that of `order`: by a series below `order + 1`, by a
/// continued fraction (Lentz) above.
fn cumulative(order: f64, x: f64, ln_gamma: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let front = (order * x.ln() - x - ln_gamma).exp();
    if x < order + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / order, 1.0 / order, order);
        while term > 1e-17 * sum {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        return front * sum;
    }
    let mut b = x + 1.0 - order;
    let (mut c, mut d) = (f64::INFINITY, 1.0 / b);
    let mut fraction = d;
    for i in 1..100_000 {
        let a = -f64::from(i) * (f64::from(i) - order);
        b += 2.0;
        d = 1.0 / (a * d + b);
        c = b + a / c;
        let change = c * d;
        fraction *= change;
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    1.0 - front * fraction
}

/// The logarithm of the gamma function of `x` > 0 (Stirling's series from 10 on).
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut product) = (x, 1.0);
    while x < 10.0 {
        product *= x;
        x += 1.0;
    }
    let y = 1.0 / (x * x);
    let series = 1.0 / 12.0 - y * (1.0 / 360.0 - y * (1.0 / 1260.0 - y * (1.0 / 1680.0 - y * (1.0 / 1188.0))));
    let half_ln_two_pi = 0.5 * std::f64::consts::TAU.ln();
    (x - 0.5) * x.ln() - x + half_ln_two_pi + series / x - f64::ln(product)
}
