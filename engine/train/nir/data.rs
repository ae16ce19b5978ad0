//! The values of parameters and metadata: numbers and texts, with their shapes.

use std::collections::BTreeMap;

use crate::error::{Error, Result};

/// An array of numbers or texts; a single one has the shape [].
///
/// Two arrays are equal if shape, type and all bits are.
#[derive(Debug, Clone)]
pub struct Data {
    shape: Vec<usize>,
    values: Values,
}

/// The values of [`Data`], the last axis contiguous.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Values {
    /// Real numbers of 32 bits.
    F32(Vec<f32>),
    /// Real numbers of 64 bits.
    F64(Vec<f64>),
    /// Whole numbers.
    I64(Vec<i64>),
    /// True or false.
    Bool(Vec<bool>),
    /// Texts.
    Text(Vec<String>),
}

/// What a file says about a node or a graph beside its parameters: values by name, and groups of them.
pub type Metadata = BTreeMap<String, Entry>;

/// One entry of metadata.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A value, or an array of them.
    Data(Data),
    /// More entries.
    Group(Metadata),
}

impl Values {
    /// The number of values.
    pub fn len(&self) -> usize {
        match self {
            Values::F32(values) => values.len(),
            Values::F64(values) => values.len(),
            Values::I64(values) => values.len(),
            Values::Bool(values) => values.len(),
            Values::Text(values) => values.len(),
        }
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of their type, as descriptions and errors give it.
    pub fn kind(&self) -> &'static str {
        match self {
            Values::F32(_) => "f32",
            Values::F64(_) => "f64",
            Values::I64(_) => "whole numbers",
            Values::Bool(_) => "true or false",
            Values::Text(_) => "text",
        }
    }
}

impl PartialEq for Data {
    fn eq(&self, other: &Data) -> bool {
        let values = match (&self.values, &other.values) {
            (Values::F32(one), Values::F32(two)) => one.iter().map(|v| v.to_bits()).eq(two.iter().map(|v| v.to_bits())),
            (Values::F64(one), Values::F64(two)) => one.iter().map(|v| v.to_bits()).eq(two.iter().map(|v| v.to_bits())),
            (Values::I64(one), Values::I64(two)) => one == two,
            (Values::Bool(one), Values::Bool(two)) => one == two,
            (Values::Text(one), Values::Text(two)) => one == two,
            _ => false,
        };
        values && self.shape == other.shape
    }
}

impl Data {
    /// An array of a shape.
    ///
    /// # Errors
    /// Too few or too many values for the shape.
    pub fn new(shape: &[usize], values: Values) -> Result<Data> {
        let places = shape.iter().try_fold(1usize, |product, axis| product.checked_mul(*axis));
        if places != Some(values.len()) {
            let problem = format!("{} values do not fill the shape {shape:?}", values.len());
            return Err(Error::invalid("NIR", problem));
        }
        Ok(Data { shape: shape.to_vec(), values })
    }

    /// A list of real numbers.
    pub fn list(values: &[f64]) -> Data {
        Data { shape: vec![values.len()], values: Values::F64(values.to_vec()) }
    }

    /// A list of whole numbers.
    pub fn whole_list(values: &[usize]) -> Data {
        // What exceeds i64 exceeds every memory.
        let values: Vec<i64> = values.iter().map(|&value| i64::try_from(value).unwrap_or(i64::MAX)).collect();
        Data { shape: vec![values.len()], values: Values::I64(values) }
    }

    /// One real number.
    pub fn number(value: f64) -> Data {
        Data { shape: vec![], values: Values::F64(vec![value]) }
    }

    /// One whole number.
    pub fn whole(value: i64) -> Data {
        Data { shape: vec![], values: Values::I64(vec![value]) }
    }

    /// One text.
    pub fn text(value: &str) -> Data {
        Data { shape: vec![], values: Values::Text(vec![value.to_owned()]) }
    }

    /// The length of each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The values, the last axis contiguous.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// All values as f64; [`None`] for texts, true and false.
    pub fn numbers(&self) -> Option<Vec<f64>> {
        Some(match &self.values {
            Values::F32(values) => values.iter().map(|&value| f64::from(value)).collect(),
            Values::F64(values) => values.clone(),
            Values::I64(values) => values.iter().map(|&value| value as f64).collect(),
            Values::Bool(_) | Values::Text(_) => return None,
        })
    }

    /// All values as whole numbers; [`None`] if any is not a whole number.
    pub fn wholes(&self) -> Option<Vec<i64>> {
        let exact = |value: f64| (value.fract() == 0.0 && value.abs() < 9e15).then_some(value as i64);
        match &self.values {
            Values::I64(values) => Some(values.clone()),
            Values::F32(_) | Values::F64(_) => self.numbers()?.into_iter().map(exact).collect(),
            Values::Bool(_) | Values::Text(_) => None,
        }
    }

    /// The text, if it is a single one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.values {
            Values::Text(texts) if texts.len() == 1 => texts.first().map(String::as_str),
            _ => None,
        }
    }

    /// The number, if it is a single one.
    pub fn as_number(&self) -> Option<f64> {
        self.numbers().filter(|numbers| numbers.len() == 1).and_then(|numbers| numbers.first().copied())
    }
}
