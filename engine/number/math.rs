//! Elementary functions, written once over [`Real`] in + - * /, comparisons and integer operations on bits: the same
//! bits alone, in every vector and on a GPU, where the platform's own functions differ from one another.
//!
//! Where a product may fall below what a number holds in full, it is added to something so much larger that a processor
//! which flushes it gets the same result. Numbers in and out are normal or zero. Errors are in units in the last place
//! (ulp) of the result, over every 61st `f32`, and over 65,536 `f64` of all magnitudes.
//!
//! **No closures here**, nor in what calls these functions on vectors: code that is not inlined has no vector
//! instructions.

use std::f64::consts::{FRAC_1_SQRT_2, LOG2_E, TAU};

use crate::number::Real;

/// ln 2 in two parts, of which the first has 16 bits, so that its whole multiples are exact.
const LN_2: [f64; 2] = [0.693_145_751_953_125, 1.428_606_820_309_417_3e-6];

/// (eʳ - 1 - r) / r² where |r| is at most ln 2 / 2, highest power first: for `f32`, within 3e-10 of eʳ; for `f64`,
/// 2e-17.
const EXP_F32: [f64; 6] = [
    0.00019891247314183293,
    0.0013933880963236528,
    0.008333310693802049,
    0.041666462839077045,
    0.1666666668185573,
    0.5000000013675161,
];
const EXP_F64: [f64; 10] = [
    2.5100634461878497e-8,
    2.762041219449885e-7,
    2.7557267935231926e-6,
    2.4801520613566223e-5,
    0.00019841269863392214,
    0.0013888888917654016,
    0.008333333333329994,
    0.04166666666662324,
    0.16666666666666669,
    0.5000000000000001,
];

/// (ln((1 + s) / (1 - s)) - 2s) / s³ in powers of s², for ratios from √½ to √2: for `f32`, within 3e-9; for `f64`,
/// 5e-18.
const LN_F32: [f64; 3] = [0.2958005304318844, 0.39988778282162807, 0.6666668504515603];
const LN_F64: [f64; 7] = [
    0.14616585424888623,
    0.15331710618210773,
    0.18182889455674947,
    0.22222211130259878,
    0.2857142862600327,
    0.39999999999899444,
    0.666666666666667,
];

/// Coefficients of the quantiles of the normal distribution, numerator and denominator, highest power first: near the
/// median in powers of 0.425² - (p - ½)², towards the ends of √(-ln p) - 1.6, and, for `f64` alone, far out of √(-ln p)
/// - 5.
#[allow(clippy::excessive_precision)] // As published.
const MEDIAN_F32: [&[f64]; 2] =
    [&[59.109374720, 159.29113202, 50.434271938, 3.3871327179], &[67.187563600, 78.757757664, 17.895169469, 1.0]];
#[allow(clippy::excessive_precision)] // As published.
const END_F32: [&[f64]; 2] =
    [&[0.17023821103, 1.3067284816, 2.7568153900, 1.4234372777], &[0.12021132975, 0.73700164250, 1.0]];
#[allow(clippy::excessive_precision)] // As published.
const MEDIAN_F64: [&[f64]; 2] = [
    &[
        2.5090809287301226727e+3,
        3.3430575583588128105e+4,
        6.7265770927008700853e+4,
        4.5921953931549871457e+4,
        1.3731693765509461125e+4,
        1.9715909503065514427e+3,
        1.3314166789178437745e+2,
        3.3871328727963666080e0,
    ],
    &[
        5.2264952788528545610e+3,
        2.8729085735721942674e+4,
        3.9307895800092710610e+4,
        2.1213794301586595867e+4,
        5.3941960214247511077e+3,
        6.8718700749205790830e+2,
        4.2313330701600911252e+1,
        1.0,
    ],
];
#[allow(clippy::excessive_precision)] // As published.
const END_F64: [&[f64]; 2] = [
    &[
        7.74545014278341407640e-4,
        2.27238449892691845833e-2,
        2.41780725177450611770e-1,
        1.27045825245236838258e0,
        3.64784832476320460504e0,
        5.76949722146069140550e0,
        4.63033784615654529590e0,
        1.42343711074968357734e0,
    ],
    &[
        1.05075007164441684324e-9,
        5.47593808499534494600e-4,
        1.51986665636164571966e-2,
        1.48103976427480074590e-1,
        6.89767334985100004550e-1,
        1.67638483018380384940e0,
        2.05319162663775882187e0,
        1.0,
    ],
];
#[allow(clippy::excessive_precision)] // As published.
const FAR_END_F64: [&[f64]; 2] = [
    &[
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        1.24266094738807843860e-3,
        2.65321895265761230930e-2,
        2.96560571828504891230e-1,
        1.78482653991729133580e0,
        5.46378491116411436990e0,
        6.65790464350110377720e0,
    ],
    &[
        2.04426310338993978564e-15,
        1.42151175831644588870e-7,
        1.84631831751005468180e-5,
        7.86869131145613259100e-4,
        1.48753612908506148525e-2,
        1.36929880922735805310e-1,
        5.99832206555887937690e-1,
        1.0,
    ],
];

/// Whether `R` is of `f32`.
#[inline(always)]
fn is_f32<R: Real>() -> bool {
    R::FRACTION == f32::MANTISSA_DIGITS - 1
}

/// 1.5 · 2²³, or 1.5 · 2⁵²: added to a number, it rounds it to a whole one, which the lowest bits then hold.
#[inline(always)]
fn rounder<R: Real>() -> R {
    R::of((3u64 << (R::FRACTION - 1)) as f64)
}

/// The polynomial with these coefficients, highest power first.
#[inline(always)]
fn polynomial<R: Real>(x: R, coefficients: &[f64]) -> R {
    let mut sum = R::of(coefficients[0]);
    let mut k = 1;
    while k < coefficients.len() {
        sum = sum * x + R::of(coefficients[k]);
        k += 1;
    }
    sum
}

/// The absolute value of `x`.
#[inline(always)]
pub fn abs<R: Real>(x: R) -> R {
    R::choose(R::of(0.0).above(x), -x, x)
}

/// The smaller of two numbers.
#[inline(always)]
pub fn min<R: Real>(a: R, b: R) -> R {
    R::choose(a.above(b), b, a)
}

/// The greater of two numbers.
#[inline(always)]
pub fn max<R: Real>(a: R, b: R) -> R {
    R::choose(b.above(a), b, a)
}

/// eˣ, within 0.94 ulp (`f64`: 0.97). Beyond ±87 (`f64`: ±708) it stays at what it is there, so that neither it nor its
/// reciprocal ever leaves the normal numbers.
///
/// x is a whole multiple of ln 2 and a rest; a polynomial of the rest gets the multiple added to its exponent (Cody &
/// Waite 1980).
#[inline(always)]
pub fn exp<R: Real>(x: R) -> R {
    let most = if is_f32::<R>() { 87.0 } else { 708.0 };
    // Not `min` and `max`: NaN shall stay what it is.
    let x = R::choose(x.above(R::of(most)), R::of(most), x);
    let x = R::choose(R::of(-most).above(x), R::of(-most), x);
    let shifted = x * R::of(LOG2_E) + rounder();
    let times = shifted - rounder();
    let rest = x - times * R::of(LN_2[0]) - times * R::of(LN_2[1]);
    let bend = polynomial(rest, if is_f32::<R>() { &EXP_F32 } else { &EXP_F64 });
    let power = bend * (rest * rest) + rest + R::of(1.0);
    R::of_bits(R::plus(power.bits(), R::left(shifted.bits(), R::FRACTION)))
}

/// ln x, within 0.81 ulp (`f64`: 0.75). Of zero it is finite, -127 ln 2 (`f64`: -1023 ln 2), so that 0⁰ is 1 and 0 to a
/// positive power next to nothing; of infinity as well. Of what is below zero, or not a number, it is -2¹²⁷, which no
/// state of a model may reach.
///
/// x is a power of two and a factor 1 + f from √½ to √2, of which ln(1 + f) = f - (f²/2 - s·(f²/2 + R(s²))), where
/// s = f / (2 + f) (Ng 1993, fdlibm).
#[inline(always)]
pub fn ln<R: Real>(x: R) -> R {
    let above = R::minus(x.bits(), R::of(FRAC_1_SQRT_2).bits());
    let exponent = R::right(above, R::FRACTION);
    let f = R::of_bits(R::minus(x.bits(), R::left(exponent, R::FRACTION))) - R::of(1.0);
    let times = R::of_bits(R::plus(rounder::<R>().bits(), exponent)) - rounder();
    let s = f.over(R::of(2.0) + f);
    let z = s * s;
    let tail = z * polynomial(z, if is_f32::<R>() { &LN_F32 } else { &LN_F64 });
    let half = R::of(0.5) * f * f;
    let low = s * (half + tail) + times * R::of(LN_2[1]);
    let result = times * R::of(LN_2[0]) - ((half - low) - f);
    R::choose(x.above(R::of(-f64::from(f32::MIN_POSITIVE))), result, R::of(-2.0f64.powi(127)))
}

/// (eˣ - 1) / x, and 1 at 0, within 2.4 ulp (`f64`: 2.0): the factor of rates such as a·(V - b) / (1 - e^(-(V - b)/c)),
/// as Brian 2 names it.
///
/// Below ½ in magnitude by a fraction of polynomials of x² (Moshier 1989, Cephes), in what it is beyond 1.
#[inline(always)]
pub fn exprel<R: Real>(x: R) -> R {
    let z = x * x;
    let p = polynomial(z, &[1.261_771_930_748_105_9e-4, 3.029_944_077_074_419_6e-2, 1.0]);
    let q = polynomial(z, &[3.001_985_051_386_644_6e-6, 2.524_483_403_496_841e-3, 2.272_655_482_081_550_3e-1, 2.0]);
    // (q - 2p) / x²
    let bend = polynomial(z, &[3.001_985_051_386_644_6e-6, 2.272_129_017_347_22e-3, 1.0 / 6.0]);
    let small = R::of(0.5).above(abs(x));
    let over = R::choose(small, x * (p - x * bend), x.exp() - R::of(1.0));
    let part = over.over(R::choose(small, q - x * p, x));
    R::choose(small, R::of(1.0) + part, part)
}

/// x / (eˣ - 1), and 1 at 0, where `e` is eˣ, within 4.5 ulp (`f64`: 4.3) if it is right to the last bit: the same
/// factor of rates with one division, and with an exponential that may serve others, too. GENESIS calls it so.
///
/// Below ¼ in magnitude by a polynomial of x² near its series (Abramowitz & Stegun 23.1.1), which is within 5e-17.
#[inline(always)]
pub fn linoid<R: Real>(x: R, e: R) -> R {
    let bend = [-8.235474305697795e-7, 3.306861662859619e-5, -0.0013888888854456274, 0.0833333333333112];
    let z = x * x;
    let series = R::of(1.0) - R::of(0.5) * x + z * polynomial(z, &bend);
    R::choose(R::of(0.0625).above(z), series, x.over(e - R::of(1.0)))
}

/// 1 / (1 + e⁻ˣ), within 2.4 ulp (`f64`: 2.2).
#[inline(always)]
pub fn sigmoid<R: Real>(x: R) -> R {
    R::of(1.0).over(R::of(1.0) + (-x).exp())
}

/// The hyperbolic tangent, within 1.3 ulp (`f64`: 1.3): below 0.625 in magnitude by a fraction of polynomials of x²
/// (Moshier 1989, Cephes), beyond by eˣ.
#[inline(always)]
pub fn tanh<R: Real>(x: R) -> R {
    let z = x * x;
    let p = polynomial(z, &[-9.643_991_794_250_523e-1, -9.928_772_310_019_186e1, -1.614_687_684_417_084_5e3]);
    let q = polynomial(z, &[1.0, 1.128_116_784_916_329_3e2, 2.235_488_390_601_004_5e3, 4.844_063_053_251_255e3]);
    let size = abs(x);
    let small = R::of(0.625).above(size);
    let over = R::choose(small, z * p, R::of(-2.0));
    let part = over.over(R::choose(small, q, (size + size).exp() + R::of(1.0)));
    let beyond = R::of(1.0) + part;
    R::choose(small, x + x * part, R::choose(R::of(0.0).above(x), -beyond, beyond))
}

/// xʸ of a positive x, or zero, which to a positive power is zero, as e^(y · ln x): what y · ln x is off grows by its size: 31 ulp (`f64`: 20) for x from
/// 0.01 to 100 and y to ±4. For a negative x the result has no meaning; see [`powi`].
#[inline(always)]
pub fn pow<R: Real>(x: R, y: R) -> R {
    let power = (y * x.ln()).exp();
    R::choose(x.above(R::of(0.0)), power, R::choose(y.above(R::of(0.0)), R::of(0.0), power))
}

/// xⁿ by repeated squaring, for a small n.
#[inline(always)]
pub fn powi<R: Real>(x: R, n: u32) -> R {
    let (mut square, mut left) = (x, n);
    let mut product = R::of(1.0);
    let mut first = true;
    while left > 0 {
        if left & 1 == 1 {
            product = if first { square } else { product * square };
            first = false;
        }
        left >>= 1;
        if left > 0 {
            square = square * square;
        }
    }
    product
}

/// (sin x - x) / x³ and (cos x - 1 + x²/2) / x⁴ in powers of x², to an eighth of a turn, highest power first (Moshier
/// 1989, Cephes).
#[allow(clippy::excessive_precision)] // As published.
const SINE: [f64; 6] = [
    1.58962301576546568060e-10,
    -2.50507477628578072866e-8,
    2.75573136213857245213e-6,
    -1.98412698295895385996e-4,
    8.33333333332211858878e-3,
    -1.66666666666666307295e-1,
];
#[allow(clippy::excessive_precision)] // As published.
const COSINE: [f64; 6] = [
    -1.13585365213876817300e-11,
    2.08757008419747316778e-9,
    -2.75573141792967388112e-7,
    2.48015872888517045348e-5,
    -1.38888888888730564116e-3,
    4.16666666666665929218e-2,
];

/// sin(2π `turns`), within 2e-16 of the sine of the fraction of `turns`.
pub fn sine(turns: f64) -> f64 {
    let quarter = (4.0 * (turns - turns.floor())).round();
    let x = (turns - turns.floor() - quarter / 4.0) * TAU;
    let square = x * x;
    let size = match quarter as u32 % 2 {
        0 => x + x * square * polynomial(square, &SINE),
        _ => 1.0 - 0.5 * square + square * square * polynomial(square, &COSINE),
    };
    if (2..4).contains(&(quarter as u32)) { -size } else { size }
}

/// The standard normal number of a random word: the quantile of (2¹⁶ · `high` + `low`) / 2³², where `high` is the upper
/// 16 bits, and `low` the lower ones plus a fraction, above 0 and below 2¹⁶; in `f32` the fraction is ½, so that the
/// largest numbers are ±6.3. Within 5.6 ulp, and 1.5e-6 (`f64`: 4 ulp); exactly symmetric.
///
/// Wichura 1988, "Algorithm AS 241: the percentage points of the normal distribution", PPND7 and PPND16. An end of the
/// distribution is counted from itself, so that it has as many digits as the middle.
#[inline(always)]
pub fn normal<R: Real>(high: R, low: R) -> R {
    let (bit, part) = (R::of(2.0f64.powi(-15)), R::of(2.0f64.powi(-31)));
    let below = R::of(32_768.0).above(high);
    let high = R::choose(below, R::of(32_767.0) - high, high - R::of(32_768.0));
    let low = R::choose(below, R::of(65_536.0) - low, low);
    // Twice the distances of the probability from the median and from its end.
    let from_median = high * bit + low * part;
    let from_end = (R::of(32_767.0) - high) * bit + (R::of(65_536.0) - low) * part;
    let is_end = from_median.above(R::of(0.85));
    let q = from_median * R::of(0.5);
    let r = R::of(0.180625) - q * q;
    let s = (-(from_end * R::of(0.5)).ln()).sqrt();
    let t = s - R::of(1.6);
    let (over, under) = if is_f32::<R>() {
        let over = R::choose(is_end, polynomial(t, END_F32[0]), q * polynomial(r, MEDIAN_F32[0]));
        (over, R::choose(is_end, polynomial(t, END_F32[1]), polynomial(r, MEDIAN_F32[1])))
    } else {
        let (far, u) = (s.above(R::of(5.0)), s - R::of(5.0));
        let over = R::choose(far, polynomial(u, FAR_END_F64[0]), polynomial(t, END_F64[0]));
        let under = R::choose(far, polynomial(u, FAR_END_F64[1]), polynomial(t, END_F64[1]));
        let over = R::choose(is_end, over, q * polynomial(r, MEDIAN_F64[0]));
        (over, R::choose(is_end, under, polynomial(r, MEDIAN_F64[1])))
    };
    let size = over.over(under);
    R::choose(below, -size, size)
}
