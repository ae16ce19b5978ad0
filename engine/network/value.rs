//! Values of parameters, weights or delays of many items: a constant, a distribution, or one for each item.

use std::fmt;
use std::sync::Arc;

use rand_distr::{Binomial, Distribution as _, Exp1, Gamma, StandardNormal};

use crate::network::normal::standard_normal_quantile;
use crate::network::{binomial, gamma};
use crate::random::Draws;
use crate::text::counted;

/// The shape of a distribution, in NEST's parametrisation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// Normal with this mean and standard deviation.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
    /// exp of a normal with this mean and standard deviation (of the logarithm).
    Lognormal {
        /// Mean of the logarithm.
        mean: f64,
        /// Standard deviation of the logarithm.
        sd: f64,
    },
    /// Uniform in [low, high).
    Uniform {
        /// Low end.
        low: f64,
        /// High end.
        high: f64,
    },
    /// Exponential with this mean.
    Exponential {
        /// Mean.
        mean: f64,
    },
    /// Gamma with this shape and this scale; its mean is their product.
    Gamma {
        /// Shape.
        order: f64,
        /// Scale.
        scale: f64,
    },
    /// Binomial: the number of successes among `n` trials.
    Binomial {
        /// Number of trials, up to 2²⁴.
        n: u64,
        /// Probability of success.
        p: f64,
    },
    /// Uniform over whole numbers; NEST's `uniform_int(max)` is 0 to max - 1.
    UniformInt {
        /// The least, -2²⁴ or more.
        low: i64,
        /// The largest, itself included, up to 2²⁴.
        high: i64,
    },
}

/// Whole numbers up to this are exact in `f32`.
const EXACT: i64 = 1 << 24;

/// The values of a parameter, a weight, a delay... of many items.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// The same value for all items.
    Constant(f64),
    /// A value drawn for each item, drawn again until it lies within [min, max], and multiplied by a factor.
    Random {
        /// The distribution.
        shape: Shape,
        /// The least draw that is kept.
        min: f64,
        /// The largest draw that is kept.
        max: f64,
        /// Factor of a draw that is kept.
        factor: f64,
    },
    /// A list with one value per item, in order.
    Each(Arc<[f64]>),
}

/// The number of draws after which a range is taken to be out of reach of its distribution.
const PATIENCE: usize = 100_000;

impl Value {
    /// Normally distributed values, unbounded.
    pub fn normal(mean: f64, sd: f64) -> Value {
        Shape::Normal { mean, sd }.into()
    }
    /// Lognormally distributed values, by mean and standard deviation of the logarithm, unbounded.
    pub fn lognormal(mean: f64, sd: f64) -> Value {
        Shape::Lognormal { mean, sd }.into()
    }
    /// Uniformly distributed values in [low, high).
    pub fn uniform(low: f64, high: f64) -> Value {
        Shape::Uniform { low, high }.into()
    }
    /// Exponentially distributed values of mean `mean`.
    pub fn exponential(mean: f64) -> Value {
        Shape::Exponential { mean }.into()
    }
    /// Gamma-distributed values by shape and scale; the mean is `order * scale`.
    pub fn gamma(order: f64, scale: f64) -> Value {
        Shape::Gamma { order, scale }.into()
    }
    /// Binomially distributed values: the number of successes among `n` trials of probability `p`.
    pub fn binomial(n: u64, p: f64) -> Value {
        Shape::Binomial { n, p }.into()
    }
    /// Uniformly distributed whole numbers from `low` to `high`, both included.
    pub fn uniform_int(low: i64, high: i64) -> Value {
        Shape::UniformInt { low, high }.into()
    }
    /// The same values, drawn again until they lie within [min, max], after any factor; constants and lists stay as
    /// they are.
    pub fn within(self, min: f64, max: f64) -> Value {
        match self {
            Value::Random { shape, min: low, max: high, factor } => {
                let (a, b) = (min / factor, max / factor);
                Value::Random { shape, min: low.max(a.min(b)), max: high.min(a.max(b)), factor }
            }
            other => other,
        }
    }
    /// The same values, each multiplied by `by`, such as -1 for inhibitory weights of a distribution above 0.
    pub fn times(self, by: f64) -> Value {
        match self {
            Value::Constant(value) => Value::Constant(value * by),
            Value::Each(values) => Value::Each(values.iter().map(|v| v * by).collect()),
            Value::Random { shape, min, max, factor } => Value::Random { shape, min, max, factor: factor * by },
        }
    }
    /// A list with one value per item, in order.
    pub fn each(values: impl Into<Arc<[f64]>>) -> Value {
        Value::Each(values.into())
    }

    /// The value of item `index`, whose random numbers are `draws`; NaN where a list has no such item, or no draw falls
    /// into the range.
    #[inline]
    pub fn at(&self, index: usize, draws: impl FnOnce() -> Draws) -> f64 {
        match self {
            Value::Constant(value) => *value,
            Value::Each(values) => values.get(index).copied().unwrap_or(f64::NAN),
            Value::Random { shape, min, max, factor } => {
                let mut draws = draws();
                for _ in 0..PATIENCE {
                    let value = shape.draw(&mut draws);
                    if value >= *min && value <= *max {
                        return value * factor;
                    }
                }
                f64::NAN
            }
        }
    }

    /// Whether it is one value for all items.
    pub fn is_constant(&self) -> bool {
        matches!(self, Value::Constant(_))
    }

    /// The ends between which all values lie; infinite where there is no end.
    pub fn range(&self) -> (f64, f64) {
        match self {
            Value::Constant(value) => (*value, *value),
            Value::Each(values) => {
                let ends = (f64::INFINITY, f64::NEG_INFINITY);
                values.iter().fold(ends, |(low, high), value| (low.min(*value), high.max(*value)))
            }
            Value::Random { shape, min, max, factor } => {
                let (low, high) = shape.range();
                let (one, other) = (low.max(*min) * factor, high.min(*max) * factor);
                (one.min(other), one.max(other))
            }
        }
    }

    /// What is wrong with the values for `count` items (any number if absent), if anything.
    pub fn problem(&self, count: Option<usize>) -> Option<String> {
        match self {
            Value::Constant(v) if !v.is_finite() => Some(format!("{v} is not a finite number")),
            Value::Constant(_) => None,
            Value::Each(values) => match values.iter().position(|v| !v.is_finite()) {
                Some(i) => Some(format!("value {i} is {}, not a finite number", values[i])),
                None if count.is_some_and(|n| n != values.len()) => Some(format!(
                    "{values} for {items}",
                    values = counted(values.len(), "value"),
                    items = counted(count.unwrap_or(0), "item")
                )),
                None => None,
            },
            Value::Random { factor, .. } if *factor == 0.0 || !factor.is_finite() => {
                Some(format!("factor = {factor} must be a finite number other than 0"))
            }
            Value::Random { min, max, .. } if min > max => {
                Some(format!("its least value, {min}, exceeds its largest, {max}; exchange them"))
            }
            Value::Random { shape, min, max, .. } => shape.problem().or_else(|| {
                let mut draws = Draws::new(0, 0, 0);
                let missed = !(0..PATIENCE).any(|_| (*min..=*max).contains(&shape.draw(&mut draws)));
                missed.then(|| format!("no draw of {shape} falls between {min} and {max}; widen the range"))
            }),
        }
    }
}

impl Shape {
    /// Whether all draws are whole numbers.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self, Shape::Binomial { .. } | Shape::UniformInt { .. })
    }

    /// Draws one value.
    fn draw(&self, draws: &mut Draws) -> f64 {
        let normal = |draws: &mut Draws| -> f64 { StandardNormal.sample(draws) };
        match *self {
            Shape::Normal { mean, sd } => mean + sd * normal(draws),
            Shape::Lognormal { mean, sd } => (mean + sd * normal(draws)).exp(),
            Shape::Uniform { low, high } => low + (high - low) * draws.uniform(),
            Shape::Exponential { mean } => {
                let unit: f64 = Exp1.sample(draws);
                mean * unit
            }
            // Other shapes and scales are refused by `problem`.
            Shape::Gamma { order, scale } => Gamma::new(order, scale).map_or(f64::NAN, |gamma| gamma.sample(draws)),
            Shape::Binomial { n, p } => Binomial::new(n, p).map_or(f64::NAN, |trials| trials.sample(draws) as f64),
            Shape::UniformInt { low, high } => (low + i64::from(draws.below((high - low + 1) as u32))) as f64,
        }
    }

    /// The quantile of probability `u` in (0, 1): the value below which a share `u` of the draws lies.
    pub fn quantile(&self, u: f64) -> f64 {
        match *self {
            Shape::Normal { mean, sd } => mean + sd * standard_normal_quantile(u),
            Shape::Lognormal { mean, sd } => (mean + sd * standard_normal_quantile(u)).exp(),
            Shape::Uniform { low, high } => low + (high - low) * u,
            Shape::Exponential { mean } => -mean * (-u).ln_1p(),
            Shape::Gamma { order, scale } => scale * gamma::quantile(order, u),
            Shape::Binomial { n, p } => binomial::quantile(n, p, u),
            Shape::UniformInt { low, high } => (low as f64 + (u * (high - low + 1) as f64).floor()).min(high as f64),
        }
    }

    /// The least and the largest value that can be drawn.
    pub(crate) fn range(&self) -> (f64, f64) {
        match *self {
            Shape::Normal { mean, sd: 0.0 } => (mean, mean),
            Shape::Normal { .. } => (f64::NEG_INFINITY, f64::INFINITY),
            Shape::Lognormal { .. } | Shape::Exponential { .. } | Shape::Gamma { .. } => (0.0, f64::INFINITY),
            Shape::Uniform { low, high } => (low, high),
            Shape::Binomial { n, .. } => (0.0, n as f64),
            Shape::UniformInt { low, high } => (low as f64, high as f64),
        }
    }

    /// What is wrong with the parameters, if anything.
    fn problem(&self) -> Option<String> {
        let whole = -EXACT..=EXACT;
        let (values, wrong): (&[f64], Option<&str>) = match self {
            Shape::Normal { mean, sd } | Shape::Lognormal { mean, sd } => {
                (&[*mean, *sd], (*sd < 0.0).then_some("a standard deviation must be 0 or greater"))
            }
            Shape::Uniform { low, high } => (&[*low, *high], (low > high).then_some("low must not exceed high")),
            Shape::Exponential { mean } => (&[*mean], (*mean <= 0.0).then_some("the mean must be greater than 0")),
            Shape::Gamma { order, scale } => (
                &[*order, *scale],
                (!gamma::ORDERS.contains(order) || *scale <= 0.0)
                    .then_some("order must lie between 0.05 and 100, and scale be greater than 0"),
            ),
            Shape::Binomial { n, p } => (
                &[*p],
                match p {
                    _ if *n > EXACT as u64 => Some("n must not exceed 16777216, up to which f32 counts"),
                    _ if !(0.0..=1.0).contains(p) => Some("p must lie between 0 and 1"),
                    _ => None,
                },
            ),
            Shape::UniformInt { low, high } if whole.contains(low) && whole.contains(high) => {
                (&[], (low > high).then_some("low must not exceed high"))
            }
            Shape::UniformInt { .. } => {
                (&[], Some("low and high must lie within 16777216 of 0, up to which f32 counts"))
            }
        };
        if values.iter().any(|v| !v.is_finite()) {
            return Some(format!("{self} holds a number that is not finite"));
        }
        wrong.map(|w| format!("{self}: {w}"))
    }
}

/// As experiment files write it.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shape::Normal { mean, sd } => write!(f, "normal = {{ mean = {mean}, sd = {sd} }}"),
            Shape::Lognormal { mean, sd } => write!(f, "lognormal = {{ mean = {mean}, sd = {sd} }}"),
            Shape::Uniform { low, high } => write!(f, "uniform = {{ low = {low}, high = {high} }}"),
            Shape::Exponential { mean } => write!(f, "exponential = {{ mean = {mean} }}"),
            Shape::Gamma { order, scale } => write!(f, "gamma = {{ order = {order}, scale = {scale} }}"),
            Shape::Binomial { n, p } => write!(f, "binomial = {{ n = {n}, p = {p} }}"),
            Shape::UniformInt { low, high } => write!(f, "uniform_int = {{ low = {low}, high = {high} }}"),
        }
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Value {
        Value::Constant(value)
    }
}

impl From<Shape> for Value {
    fn from(shape: Shape) -> Value {
        Value::Random { shape, min: f64::NEG_INFINITY, max: f64::INFINITY, factor: 1.0 }
    }
}
