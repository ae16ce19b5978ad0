//! Values of many items: a constant, a distribution, or one each.

use std::sync::Arc;

use rand_distr::{Distribution as _, Exp1, StandardNormal};

use crate::random::Draws;

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
}

/// The values of a parameter, a weight, a delay...
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// The same for all.
    Constant(f64),
    /// Drawn for each, and drawn again until it lies within [min, max].
    Random {
        /// Distribution.
        shape: Shape,
        /// Least value kept.
        min: f64,
        /// Largest value kept.
        max: f64,
    },
    /// One each, in order.
    Each(Arc<[f64]>),
}

/// Draws before a range is declared out of reach of its distribution.
const PATIENCE: usize = 100_000;

impl Value {
    /// Normal, unbounded.
    pub fn normal(mean: f64, sd: f64) -> Value {
        Shape::Normal { mean, sd }.into()
    }
    /// Lognormal by mean and standard deviation of the logarithm, unbounded.
    pub fn lognormal(mean: f64, sd: f64) -> Value {
        Shape::Lognormal { mean, sd }.into()
    }
    /// Uniform in [low, high).
    pub fn uniform(low: f64, high: f64) -> Value {
        Shape::Uniform { low, high }.into()
    }
    /// Exponential by its mean.
    pub fn exponential(mean: f64) -> Value {
        Shape::Exponential { mean }.into()
    }
    /// The same distribution, drawn again until within [min, max].
    pub fn within(self, min: f64, max: f64) -> Value {
        match self {
            Value::Random { shape, min: low, max: high } => {
                Value::Random { shape, min: low.max(min), max: high.min(max) }
            }
            other => other,
        }
    }
    /// One value each.
    pub fn each(values: impl Into<Arc<[f64]>>) -> Value {
        Value::Each(values.into())
    }

    /// The value of item `index`, whose random numbers are `draws`.
    #[inline]
    pub fn at(&self, index: usize, draws: impl FnOnce() -> Draws) -> f64 {
        match self {
            Value::Constant(value) => *value,
            Value::Each(values) => values.get(index).copied().unwrap_or(f64::NAN),
            Value::Random { shape, min, max } => {
                let mut draws = draws();
                for _ in 0..PATIENCE {
                    let value = shape.draw(&mut draws);
                    if value >= *min && value <= *max {
                        return value;
                    }
                }
                f64::NAN
            }
        }
    }

    /// Whether all items share one value.
    pub fn is_constant(&self) -> bool {
        matches!(self, Value::Constant(_))
    }

    /// What is wrong with the value for `count` items, if anything.
    pub fn problem(&self, count: Option<usize>) -> Option<String> {
        match self {
            Value::Constant(v) if !v.is_finite() => Some(format!("{v} is not a finite number")),
            Value::Constant(_) => None,
            Value::Each(values) => match values.iter().position(|v| !v.is_finite()) {
                Some(i) => Some(format!("value {i} is {}, not a finite number", values[i])),
                None if count.is_some_and(|n| n != values.len()) => {
                    Some(format!("{} values for {} items", values.len(), count.unwrap_or(0)))
                }
                None => None,
            },
            Value::Random { shape, min, max } => shape.problem().or_else(|| {
                let mut draws = Draws::new(0, 0, 0);
                let missed = !(0..PATIENCE).any(|_| (*min..=*max).contains(&shape.draw(&mut draws)));
                missed.then(|| format!("no draw of {shape:?} falls between {min} and {max}; widen the range"))
            }),
        }
    }
}

impl Shape {
    fn draw(&self, draws: &mut Draws) -> f64 {
        let normal = |draws: &mut Draws| -> f64 { StandardNormal.sample(draws) };
        match *self {
            Shape::Normal { mean, sd } => mean + sd * normal(draws),
            Shape::Lognormal { mean, sd } => (mean + sd * normal(draws)).exp(),
            Shape::Uniform { low, high } => low + (high - low) * draws.unit(),
            Shape::Exponential { mean } => {
                let unit: f64 = Exp1.sample(draws);
                mean * unit
            }
        }
    }

    fn problem(&self) -> Option<String> {
        let (values, wrong): (&[f64], Option<&str>) = match self {
            Shape::Normal { mean, sd } | Shape::Lognormal { mean, sd } => {
                (&[*mean, *sd], (*sd < 0.0).then_some("a standard deviation must be 0 or greater"))
            }
            Shape::Uniform { low, high } => (&[*low, *high], (low > high).then_some("low must not exceed high")),
            Shape::Exponential { mean } => (&[*mean], (*mean <= 0.0).then_some("the mean must be greater than 0")),
        };
        if values.iter().any(|v| !v.is_finite()) {
            return Some(format!("{self:?} holds a number that is not finite"));
        }
        wrong.map(|w| format!("{self:?}: {w}"))
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Value {
        Value::Constant(value)
    }
}

impl From<Shape> for Value {
    fn from(shape: Shape) -> Value {
        Value::Random { shape, min: f64::NEG_INFINITY, max: f64::INFINITY }
    }
}
