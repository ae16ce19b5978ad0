//! Values as an experiment file holds them: numbers, distributions, columns of files, one text or several.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::network::{Shape, Value};

/// A value for several neurons or synapses, as written.
#[expect(clippy::large_enum_variant, reason = "there are only as many as a user has written")]
#[derive(Debug, Clone, PartialEq)]
pub enum Amount {
    /// One number for all.
    Constant(f64),
    /// On or off for all, of parameters that are flags.
    Flag(bool),
    /// A number for each.
    Each(Vec<f64>),
    /// A distribution, a column of a file, or a velocity.
    Table(AmountKeys),
}

/// The tables an [`Amount`] may be: a distribution with its range, a column of a file, or a velocity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AmountKeys {
    /// Normal by mean and standard deviation.
    pub normal: Option<Spread>,
    /// Lognormal by mean and standard deviation of the logarithm.
    pub lognormal: Option<Spread>,
    /// Uniform.
    pub uniform: Option<Ends>,
    /// Exponential.
    pub exponential: Option<Middle>,
    /// Gamma by shape and scale.
    pub gamma: Option<OrderScale>,
    /// Normal, drawn again until between two ends.
    pub normal_clipped: Option<Clipped>,
    /// Binomial: successes among trials.
    pub binomial: Option<Trials>,
    /// Whole numbers with equal probability.
    pub uniform_int: Option<Integers>,
    /// Factor that each draw is multiplied by, after min and max.
    pub factor: Option<f64>,
    /// Least value; draws below it are repeated.
    pub min: Option<f64>,
    /// Largest value; draws above it are repeated.
    pub max: Option<f64>,
    /// CSV file with one value per neuron, in order.
    pub file: Option<String>,
    /// Column of that file.
    pub column: Option<String>,
    /// Velocity in mm/ms, for delays.
    pub velocity: Option<f64>,
    /// Time that is added to each delay by velocity, ms.
    pub offset: Option<f64>,
}

/// Mean and standard deviation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
}

/// Low and high end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ends {
    /// Low end.
    pub low: f64,
    /// High end.
    pub high: f64,
}

/// Shape and scale of a gamma distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderScale {
    /// Shape.
    pub order: f64,
    /// Scale.
    pub scale: f64,
}

/// A normal distribution between two ends.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clipped {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub sd: f64,
    /// Low end.
    pub low: f64,
    /// High end.
    pub high: f64,
}

/// Parameters of a binomial distribution: number of trials and probability of success.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trials {
    /// Number of trials.
    pub n: Whole,
    /// Probability of success.
    pub p: f64,
}

/// Whole numbers from 0 on below a bound, or between two ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Integers {
    /// One more than the largest, with 0 as the least, as in NEST's `nest.random.uniform_int`.
    pub max: Option<Whole>,
    /// Always refused, since max excludes its end and high includes it; declared so that the error can say so.
    pub min: Option<Integer>,
    /// The least number.
    pub low: Option<Integer>,
    /// The largest number.
    pub high: Option<Integer>,
}

impl Integers {
    /// The least and the largest number; `None` where the keys do not fit together.
    fn whole_range(&self) -> Option<(i64, i64)> {
        match (self.max, self.low, self.high) {
            _ if self.min.is_some() => None,
            (Some(max), None, None) => Some((0, i64::try_from(max.0).ok()?.checked_sub(1).filter(|high| *high >= 0)?)),
            (None, Some(low), Some(high)) => Some((low.0, high.0)),
            _ => None,
        }
    }
}

/// Parameter of an exponential distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Middle {
    /// Mean.
    pub mean: f64,
}

impl AmountKeys {
    /// The distributions that are given.
    fn given_shapes(&self) -> Vec<Shape> {
        let spread = |s: Spread| (s.mean, s.sd);
        [
            self.normal.map(spread).map(|(mean, sd)| Shape::Normal { mean, sd }),
            self.lognormal.map(spread).map(|(mean, sd)| Shape::Lognormal { mean, sd }),
            self.uniform.map(|e| Shape::Uniform { low: e.low, high: e.high }),
            self.exponential.map(|m| Shape::Exponential { mean: m.mean }),
            self.gamma.map(|g| Shape::Gamma { order: g.order, scale: g.scale }),
            self.normal_clipped.map(|c| Shape::Normal { mean: c.mean, sd: c.sd }),
            self.binomial.map(|b| Shape::Binomial { n: b.n.0, p: b.p }),
            self.uniform_int.and_then(|i| i.whole_range()).map(|(low, high)| Shape::UniformInt { low, high }),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The random value that a distribution describes; `None` for a file or a velocity.
    pub(crate) fn value(&self) -> Option<Value> {
        let (low, high) = self.normal_clipped.map_or((f64::NEG_INFINITY, f64::INFINITY), |c| (c.low, c.high));
        let (min, max) = (self.min.unwrap_or(low), self.max.unwrap_or(high));
        let factor = self.factor.unwrap_or(1.0);
        self.given_shapes().first().map(|&shape| Value::Random { shape, min, max, factor })
    }

    /// What is wrong with the combination of keys, if anything.
    fn problem(&self) -> Option<&'static str> {
        if self.uniform_int.is_some_and(|integers| integers.whole_range().is_none()) {
            return Some(
                "uniform_int takes max alone (0 to max - 1, so max is 1 or more), or low and high (both included)",
            );
        }
        let shapes = self.given_shapes().len();
        if shapes + usize::from(self.file.is_some()) + usize::from(self.velocity.is_some()) != 1 {
            return Some(
                "give exactly one of normal, lognormal, uniform, exponential, gamma, normal_clipped, binomial, \
                 uniform_int, file and velocity",
            );
        }
        if shapes == 0 && [self.min, self.max, self.factor].iter().any(Option::is_some) {
            return Some("min, max and factor go with a distribution");
        }
        if self.normal_clipped.is_some() && (self.min.is_some() || self.max.is_some()) {
            return Some("normal_clipped has its own range, low and high; leave min and max out");
        }
        if self.file.is_none() && self.column.is_some() {
            return Some("column goes with file");
        }
        if self.velocity.is_none() && self.offset.is_some() {
            return Some("offset goes with velocity");
        }
        None
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Amount::Constant(value) => serializer.serialize_f64(*value),
            Amount::Flag(flag) => serializer.serialize_bool(*flag),
            Amount::Each(values) => values.serialize(serializer),
            Amount::Table(table) => table.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Amount, D::Error> {
        deserializer.deserialize_any(AmountVisitor)
    }
}

/// Parses a number, a flag, a list or a table as an [`Amount`].
struct AmountVisitor;

impl<'de> Visitor<'de> for AmountVisitor {
    type Value = Amount;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a list of numbers, or a table such as { normal = { mean = 1.0, sd = 0.1 } }")
    }
    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Amount, E> {
        Ok(Amount::Flag(value))
    }
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Amount, E> {
        Ok(Amount::Constant(value as f64))
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Amount, E> {
        Ok(Amount::Constant(value as f64))
    }
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Amount, E> {
        Ok(Amount::Constant(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Amount, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Amount::Each(values))
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Amount, A::Error> {
        let table = AmountKeys::deserialize(de::value::MapAccessDeserializer::new(map))?;
        match table.problem() {
            Some(problem) => Err(de::Error::custom(problem)),
            None => Ok(Amount::Table(table)),
        }
    }
}

/// A whole number, 0 or more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Whole(pub u64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Whole, D::Error> {
        deserializer.deserialize_any(WholeVisitor("a whole number, 0 or more", PhantomData)).map(Whole)
    }
}

/// A whole number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Integer(pub i64);

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Integer, D::Error> {
        deserializer.deserialize_any(WholeVisitor("a whole number", PhantomData)).map(Integer)
    }
}

/// Parses whole numbers of type `T`; errors say in the given words what was expected.
struct WholeVisitor<T>(&'static str, PhantomData<T>);

impl<T: TryFrom<i64> + TryFrom<u64>> Visitor<'_> for WholeVisitor<T> {
    type Value = T;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<T, E> {
        T::try_from(value).map_err(|_| E::invalid_value(de::Unexpected::Signed(value), &self))
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<T, E> {
        T::try_from(value).map_err(|_| E::invalid_value(de::Unexpected::Unsigned(value), &self))
    }
}

/// One text, or a list of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Texts(pub Vec<String>);

impl Serialize for Texts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => serializer.serialize_str(one),
            list => list.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Texts, D::Error> {
        struct TextsVisitor;
        impl<'de> Visitor<'de> for TextsVisitor {
            type Value = Texts;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Texts, E> {
                Ok(Texts(vec![text.to_owned()]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Texts, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = list.next_element()? {
                    texts.push(text);
                }
                Ok(Texts(texts))
            }
        }
        deserializer.deserialize_any(TextsVisitor)
    }
}

impl fmt::Display for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" + "))
    }
}

/// A name; of receptors that are numbered the number may stand without quotes.
pub(super) fn name_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    struct NameVisitor;
    impl Visitor<'_> for NameVisitor {
        type Value = Option<String>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a name or a whole number")
        }
        fn visit_str<E: de::Error>(self, name: &str) -> Result<Option<String>, E> {
            Ok(Some(name.to_owned()))
        }
        fn visit_i64<E: de::Error>(self, number: i64) -> Result<Option<String>, E> {
            Ok(Some(number.to_string()))
        }
    }
    deserializer.deserialize_any(NameVisitor)
}

/// The one of `all` whose `name` is `text`; `None` without a text. Errors call it a `what` of `place`.
pub(crate) fn chosen<T: Copy, const N: usize>(
    what: &'static str,
    text: &Option<String>,
    place: &str,
    all: [T; N],
    name: fn(T) -> &'static str,
) -> Result<Option<T>> {
    let find = |text: &String| {
        let found = all.into_iter().find(|&one| name(one) == text);
        found.ok_or_else(|| Error::unknown(what, text, place, &all.map(name)))
    };
    text.as_ref().map(find).transpose()
}

/// Whether `named`, of a connectome or a model, is a path and not a name: it holds a dot or a slash.
pub(crate) fn is_path(named: &str) -> bool {
    named.contains(['.', '/', '\\'])
}
