//! Elementary functions: their errors, and their bits at every level of vectors that this machine has.

use std::fmt::Debug;

use neuropil::math;
use neuropil::number::{Number, Real};
use neuropil::random::Draws;
use neuropil::simd::{Fields, FieldsMut, Items, Level, Vector, Vectors, Wide, Work, found, vectorised_at};

use super::exact::Exact;
use super::watched::Watched;

/// A function of one number, and what it is.
trait Of {
    fn of<R: Real>(x: R) -> R;
    fn exact(x: Exact) -> Exact;
    fn near(x: f64) -> f64;
    /// From where to where, in magnitude, on which side of zero.
    const RANGE: (f64, f64, Sides);
}

#[derive(Clone, Copy, PartialEq)]
enum Sides {
    Above,
    Both,
}

macro_rules! functions {
    ($($name:ident: $function:path, $range:expr, |$x:ident| $exact:expr, |$y:ident| $near:expr;)*) => {$(
        #[derive(Clone, Copy)]
        struct $name;
        impl Of for $name {
            #[inline(always)]
            fn of<R: Real>(x: R) -> R {
                $function(x)
            }
            fn exact($x: Exact) -> Exact {
                $exact
            }
            fn near($y: f64) -> f64 {
                $near
            }
            const RANGE: (f64, f64, Sides) = $range;
        }
    )*};
}

const ONE: Exact = Exact(1.0, 0.0);
const LEAST: f64 = f32::MIN_POSITIVE as f64;

functions! {
    Exp: math::exp, (LEAST, 87.0, Sides::Both), |x| x.exp(), |x| x.exp();
    Ln: math::ln, (LEAST, f32::MAX as f64, Sides::Above), |x| x.ln(), |x| x.ln();
    Exprel: math::exprel, (LEAST, 87.0, Sides::Both), |x| (x.exp() - ONE) / x, |x| x.exp_m1() / x;
    Linoid: linoid, (LEAST, 87.0, Sides::Both), |x| x / (x.exp() - ONE), |x| x / x.exp_m1();
    Sigmoid: math::sigmoid, (LEAST, 87.0, Sides::Both),
        |x| ONE / (ONE + (Exact(0.0, 0.0) - x).exp()), |x| 1.0 / (1.0 + (-x).exp());
    Tanh: math::tanh, (LEAST, 87.0, Sides::Both), |x| {
        let e = (x + x).exp();
        (e - ONE) / (e + ONE)
    }, |x| x.tanh();
}

fn linoid<R: Real>(x: R) -> R {
    math::linoid(x, x.exp())
}

/// A function of some numbers, over them.
struct Apply<'a, R, F>(&'a mut [R], F);

impl<R: Wide, F: Of> Work for Apply<'_, R, F> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let count = self.0.len();
        let mut fields = FieldsMut::new(self.0, 1, count);
        let mut first = 0;
        while first < count {
            let items = Items { first, count: (count - first).min(<R::Side<L>>::LANES) };
            let x: R::Side<L> = Fields::load(fields.fields(), 0, items);
            fields.store(0, items, F::of(x));
            first += items.count;
        }
    }
}

fn levels() -> impl Iterator<Item = Vectors> {
    [Vectors::Baseline, Vectors::Avx2, Vectors::Avx512].into_iter().filter(|&level| level <= found())
}

/// FNV-1a over words (Fowler, Noll & Vo).
fn hashed(hash: u64, bits: u64) -> u64 {
    (hash ^ bits).wrapping_mul(0x0000_0100_0000_01B3)
}

const START: u64 = 0xCBF2_9CE4_8422_2325;

/// What is found of a function over some numbers.
struct Found {
    /// Greatest error, in units in the last place.
    error: f64,
    /// Where.
    at: f64,
    /// Of the bits of all results, the same at each level.
    hash: u64,
}

/// Blocks of numbers through a function at each level.
fn through<R: Wide + Debug, F: Of + Copy>(
    function: F,
    blocks: impl Iterator<Item = Vec<R>>,
    bits: fn(R) -> u64,
    error: impl Fn(R, R) -> f64,
) -> Found {
    let mut found = Found { error: 0.0, at: 0.0, hash: START };
    for block in blocks {
        let mut first: Option<Vec<R>> = None;
        for level in levels() {
            let mut results = block.clone();
            vectorised_at(level, Apply(&mut results, function));
            let known = first.get_or_insert_with(|| results.clone());
            let same = known.iter().zip(&results).all(|(&a, &b)| bits(a) == bits(b));
            assert!(same, "{level:?} has other bits");
        }
        for (&x, &y) in block.iter().zip(first.iter().flatten()) {
            found.hash = hashed(found.hash, bits(y));
            let off = error(x, y);
            if off > found.error {
                (found.error, found.at) = (off, x.value());
            }
        }
    }
    found
}

/// How far a number is from what it should be, in units in the last place of so many bits.
fn ulp(is: f64, should: f64, low: f64, fraction: i32) -> f64 {
    let exponent = (should.abs().to_bits() >> 52) as i32 - 1023;
    ((is - should) - low).abs() * 2.0f64.powi(fraction - exponent)
}

/// Every so many-th `f32` of the range of a function.
fn floats<F: Of>(every: usize) -> impl Iterator<Item = Vec<f32>> {
    let (least, most, sides) = F::RANGE;
    let magnitudes = (least as f32).to_bits()..=(most as f32).to_bits();
    let signs: &[u32] = if sides == Sides::Both { &[0, 1 << 31] } else { &[0] };
    signs.iter().flat_map(move |sign| {
        let mut numbers = magnitudes.clone().step_by(every).map(move |bits| f32::from_bits(bits | sign));
        std::iter::from_fn(move || {
            Some(numbers.by_ref().take(8192).collect::<Vec<f32>>()).filter(|some| !some.is_empty())
        })
    })
}

fn short<F: Of + Copy>(function: F, every: usize, most: f64, golden: u64) {
    let error = |x: f32, y: f32| ulp(y.into(), F::near(x.into()), 0.0, 23);
    let found = through(function, floats::<F>(every), |x| x.to_bits().into(), error);
    assert!(found.error < most && found.error > most / 2.0, "{} ulp at {}", found.error, found.at);
    assert_eq!(found.hash, golden, "{:#x}", found.hash);
}

/// `f64`s of the range of a function: of every magnitude in it, and some near 1.
fn doubles<F: Of>(count: usize) -> impl Iterator<Item = Vec<f64>> {
    let (least, most, sides) = F::RANGE;
    let mut draws = Draws::new(61, 0, 0);
    let mut number = move || {
        // Without a logarithm, whose bits are not the same everywhere.
        let place = (draws.uniform() * (most.to_bits() - least.to_bits()) as f64) as u64;
        let size = if draws.word() & 1 == 0 {
            most.min(4.0) * draws.uniform()
        } else {
            f64::from_bits(least.to_bits() + place)
        };
        if sides == Sides::Both && draws.word() & 1 == 0 { -size } else { size }
    };
    (0..count.div_ceil(4096)).map(move |_| (0..4096).map(|_| number()).collect())
}

fn long<F: Of + Copy>(function: F, most: f64, golden: u64) {
    let exact = |x: f64, y: f64| {
        let Exact(high, low) = F::exact(Exact(x, 0.0));
        ulp(y, high, low, 52)
    };
    let close = through(function, doubles::<F>(1 << 16), f64::to_bits, exact);
    let hash = through(function, doubles::<F>(1 << 20), f64::to_bits, |_, _| 0.0).hash;
    assert!(close.error < most && close.error > most / 2.0, "{} ulp at {}", close.error, close.at);
    assert_eq!(hash, golden, "{hash:#x}");
}

macro_rules! close {
    ($($short:ident, $long:ident: $of:ident, every $every:literal, $f32:literal $hash32:literal, $f64:literal $hash64:literal;)*) => {$(
        #[test]
        fn $short() {
            short($of, $every, $f32, $hash32);
        }
        #[test]
        fn $long() {
            long($of, $f64, $hash64);
        }
    )*};
}

close! {
    exp_in_f32_is_close_and_the_same_everywhere, exp_in_f64_is_close_and_the_same_everywhere:
        Exp, every 61, 1.0 0xeb7fd20bd88ac07, 1.0 0xf69dbb4b6c5dc955;
    ln_in_f32_is_close_and_the_same_everywhere, ln_in_f64_is_close_and_the_same_everywhere:
        Ln, every 61, 0.9 0xd175669dcfe80c54, 0.8 0x671317c301d779b4;
    exprel_in_f32_is_close_and_the_same_everywhere, exprel_in_f64_is_close_and_the_same_everywhere:
        Exprel, every 61, 2.4 0xc2f0bb9f5ba2be72, 2.0 0x583830daba7fe8f6;
    linoid_in_f32_is_close_and_the_same_everywhere, linoid_in_f64_is_close_and_the_same_everywhere:
        Linoid, every 61, 4.5 0xcc59d35a95f99f94, 4.3 0x2bb28c3b45d99bbd;
    sigmoid_in_f32_is_close_and_the_same_everywhere, sigmoid_in_f64_is_close_and_the_same_everywhere:
        Sigmoid, every 61, 2.5 0x294490825da949e0, 2.2 0xc7da1a3b44a6da0a;
    tanh_in_f32_is_close_and_the_same_everywhere, tanh_in_f64_is_close_and_the_same_everywhere:
        Tanh, every 61, 1.3 0x1659a2f41e101945, 1.3 0x5c48494f0f6bf02e;
}

/// The normal number of x · 2¹⁶ and what lies behind it, x from 0 up to 2¹⁶.
#[derive(Clone, Copy)]
struct Normal;

impl Of for Normal {
    #[inline(always)]
    fn of<R: Real>(x: R) -> R {
        let rounder = R::of((3u64 << (R::FRACTION - 1)) as f64);
        let near = (x + rounder) - rounder;
        let high = R::choose(near.above(x), near - R::of(1.0), near);
        math::normal(high, (x - high) * R::of(65_536.0) + R::of(0.5))
    }
    fn exact(x: Exact) -> Exact {
        x
    }
    fn near(x: f64) -> f64 {
        math::normal(x.floor(), x.fract() * 65_536.0 + 0.5)
    }
    const RANGE: (f64, f64, Sides) = (1.0, 65_535.0, Sides::Above);
}

#[test]
fn normal_numbers_are_close_and_the_same_everywhere() {
    // All 24-bit numbers but for those that are too close to a half of 2¹⁶ to be measured in ulp of so small a result.
    let numbers = (0..1u32 << 24).step_by(61).map(|k| k as f32 / 256.0).filter(|x| (x - 32_768.0).abs() > 1.0);
    let numbers: Vec<f32> = numbers.collect();
    let error = |x: f32, y: f32| ulp(y.into(), Normal::near(x.into()), 0.0, 23);
    let found = through(Normal, numbers.chunks(8192).map(<[f32]>::to_vec), |x| x.to_bits().into(), error);
    assert!((2.8..5.6).contains(&found.error), "{} ulp at {}", found.error, found.at);
    assert_eq!(found.hash, 0x8ff4_b8b2_726f_086b, "{:#x}", found.hash);
    let long = (0..256).map(|k| (0..1024).map(|i| f64::from(k * 1024 + i) / 4.000_000_01).collect::<Vec<f64>>());
    let hash = through(Normal, long, f64::to_bits, |_, _| 0.0).hash;
    assert_eq!(hash, 0x8fb7_a6e8_ef16_4eef, "{hash:#x}");
}

/// The upper 16 bits of a word, what is below, and the quantile.
const QUANTILES: [(f64, f64, f64); 15] = [
    (0.0, 2.384185791015625e-07, -8.292361075813595),
    (0.0, 0.5, -6.3379577545537895),
    (0.0, 1.0, -6.230260137989043),
    (0.0, 300.25, -5.265491483374091),
    (1.0, 0.5, -4.169567584466583),
    (17.0, 1234.5, -3.470560313495757),
    (600.0, 1.0, -2.3592777079759366),
    (4915.0, 13107.25, -1.439531470856216),
    (4915.0, 13200.5, -1.439531317478445),
    (10000.0, 0.5, -1.025397257955511),
    (32767.0, 1.0, -3.8247528490143387e-05),
    (32768.0, 40000.5, 2.3345086795390757e-05),
    (45000.0, 2.25, 0.48636417882039656),
    (61000.0, 65535.5, 1.481786106564983),
    (65535.0, 65535.75, 6.443934526538564),
];

#[test]
fn normal_numbers_are_quantiles() {
    // Of probabilities p = (2¹⁶ high + low) / 2³², by 40 digits (mpmath).
    for (high, low, quantile) in QUANTILES {
        let found: f64 = math::normal(high, low);
        assert!((found / quantile - 1.0).abs() < 1e-15, "{high} {low}: {found}");
        assert_eq!(math::normal(65_535.0 - high, 65_536.0 - low), -found);
    }
    assert!(math::normal(0.0f32, 0.5) > -6.4 && math::normal(0.0f32, 0.5) < -6.2);
    assert!(math::normal(0.0f64, 2.0f64.powi(-22)) > -8.3 && math::normal(0.0f64, 2.0f64.powi(-22)) < -8.2);
}

/// Numbers of a function for which alone the results of a watched number differ.
fn flushed<F: Of, const WRONG: bool>() -> usize {
    let differs = |&x: &f32| F::of(x).to_bits() != F::of(Watched::<WRONG>(x)).0.to_bits();
    floats::<F>(1021).flatten().filter(differs).count()
}

#[test]
fn flushing_what_is_subnormal_changes_no_bit() {
    assert_eq!(flushed::<Exp, false>(), 0);
    assert_eq!(flushed::<Ln, false>(), 0);
    assert_eq!(flushed::<Exprel, false>(), 0);
    assert_eq!(flushed::<Sigmoid, false>(), 0);
    assert_eq!(flushed::<Tanh, false>(), 0);
    assert_eq!(flushed::<Normal, false>(), 0);
    // The partner: with the least wrong coefficient a good part of the results is other than it was.
    let wrong = flushed::<Exp, true>();
    assert!(wrong > 1000, "{wrong}");
}

#[test]
fn functions_keep_to_their_edges() {
    for (x, y) in [(0.0, 1.0), (-0.0, 1.0), (1000.0, 6.076_030_2e37), (-1000.0, 1.645_811_5e-38)] {
        assert_eq!(math::exp::<f32>(x), y);
    }
    assert!((1.0 / math::exp(f32::INFINITY)).is_normal() && (1.0 / math::exp(f64::INFINITY)).is_normal());
    assert!(math::exp(f32::NAN).is_nan() && math::exp(f64::NAN).is_nan());
    assert_eq!(math::ln(1.0f32).to_bits(), 0);
    assert_eq!(math::ln(0.0f32), -88.029_69);
    assert_eq!(math::ln(0.0f64), -1023.0 * std::f64::consts::LN_2);
    assert_eq!(math::ln(-1.0f64), -2.0f64.powi(127));
    assert!(!math::ln(-1.0f32).finite() && !math::ln(f32::NAN).finite());
    assert_eq!(math::exprel(0.0f32), 1.0);
    assert_eq!(math::linoid(0.0f32, 1.0), 1.0);
    assert_eq!(math::sigmoid(0.0f64), 0.5);
    assert_eq!([math::tanh(1000.0f32), math::tanh(-1000.0f32), math::tanh(0.0f32)], [1.0, -1.0, 0.0]);
    assert_eq!([math::abs(-2.0f32), math::min(1.0, 2.0), math::max(1.0, 2.0)], [2.0, 1.0, 2.0]);
}

#[test]
fn powers_are_close_and_defined_at_zero() {
    assert_eq!(math::pow(0.0f32, 0.0), 1.0);
    assert_eq!([math::pow(0.0f64, 0.4), math::pow(0.0f64, 1e-9), math::pow(-0.0f64, 0.4)], [0.0; 3]);
    assert_eq!([math::pow(0.0f32, 0.4), math::pow(0.0f32, 1e-9)], [0.0; 2]);
    assert!(math::pow(1e-300f64, 0.4) > 0.0 && math::pow(0.0f64, -0.4) > 1e100);
    let mut draws = Draws::new(61, 1, 0);
    let (mut worst, mut worst_long) = (0.0f64, 0.0f64);
    for _ in 0..1_000_000 {
        let (x, y) = (10f64.powf(draws.uniform() * 4.0 - 2.0) as f32, (draws.uniform() * 8.0 - 4.0) as f32);
        worst = worst.max(ulp(math::pow(x, y).into(), f64::from(x).powf(y.into()), 0.0, 23));
        if draws.word() < 1 << 24 {
            let Exact(high, low) = (Exact(y.into(), 0.0) * Exact(x.into(), 0.0).ln()).exp();
            worst_long = worst_long.max(ulp(math::pow(x.into(), y.into()), high, low, 52));
        }
    }
    assert!((16.0..40.0).contains(&worst) && (8.0..40.0).contains(&worst_long), "{worst} {worst_long} ulp");
    for n in 0..9 {
        assert_eq!(math::powi(-2.0f32, n), (-2.0f32).powi(n as i32));
    }
}

/// Numbers through √, /, truths and words, with what one number alone gives.
#[derive(Clone, Copy)]
struct Others;

impl Of for Others {
    #[inline(always)]
    fn of<R: Real>(x: R) -> R {
        let [a, b, c] = [x.above(R::of(1.0)), x.above(R::of(2.0)), R::of(3.0).above(x)];
        let word = R::minus(R::left(x.bits(), 3), R::right(x.bits(), 5));
        let word = R::both(R::plus(word, R::word(-77)), R::right((-x).bits(), 1));
        let chosen = R::choose(R::or(R::and(a, R::not(b)), R::not(c)), math::abs(x).sqrt(), R::of(7.0).over(x));
        R::choose(R::not(R::or(b, R::and(c, a))), R::of_bits(word), chosen)
    }
    fn exact(x: Exact) -> Exact {
        x
    }
    fn near(x: f64) -> f64 {
        x
    }
    const RANGE: (f64, f64, Sides) = (LEAST, f32::MAX as f64, Sides::Both);
}

#[test]
fn other_operations_are_the_same_everywhere() {
    let alone = |x: f32, y: f32| f64::from(u8::from(Others::of(x).to_bits() != y.to_bits()));
    assert_eq!(through(Others, floats::<Others>(1021), |x| x.to_bits().into(), alone).error, 0.0);
    let alone = |x: f64, y: f64| f64::from(u8::from(Others::of(x).to_bits() != y.to_bits()));
    assert_eq!(through(Others, doubles::<Others>(1 << 16), f64::to_bits, alone).error, 0.0);
}
