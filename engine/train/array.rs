//! Arrays of numbers with several axes.

use crate::error::{Error, Result};
use crate::number::Number;

/// An array of numbers, such as [sample, step, unit], whose last axis is contiguous.
#[derive(Debug, Clone, PartialEq)]
pub struct Array<T> {
    shape: Vec<usize>,
    data: Vec<T>,
}

impl<T: Number> Array<T> {
    /// The array of this shape with these numbers; `what` names it in messages.
    ///
    /// # Errors
    /// Another number of numbers than the shape has places; more places than memory has addresses.
    pub fn new(what: &str, shape: &[usize], data: Vec<T>) -> Result<Array<T>> {
        let places = places(what, shape)?;
        if data.len() != places {
            let problem = format!("{} numbers do not fill the shape {}, which has {places}", data.len(), words(shape));
            return Err(Error::invalid(what, problem));
        }
        Ok(Array { shape: shape.to_vec(), data })
    }

    /// An array of zeros; `what` names it in messages.
    ///
    /// # Errors
    /// More places than memory has addresses.
    pub fn zeros(what: &str, shape: &[usize]) -> Result<Array<T>> {
        let places = places(what, shape)?;
        Ok(Array { shape: shape.to_vec(), data: vec![T::of(0.0); places] })
    }

    /// An array without axes that holds one number.
    pub fn scalar(value: T) -> Array<T> {
        Array { shape: Vec::new(), data: vec![value] }
    }

    /// The number of places of each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// All numbers, the last axis contiguous.
    pub fn data(&self) -> &[T] {
        &self.data
    }

    /// All numbers, to be written.
    pub fn data_mut(&mut self) -> &mut [T] {
        &mut self.data
    }

    /// All numbers, as a list.
    pub fn into_data(self) -> Vec<T> {
        self.data
    }

    /// The same numbers in another shape.
    ///
    /// # Errors
    /// A shape with another number of places.
    pub fn reshaped(self, what: &str, shape: &[usize]) -> Result<Array<T>> {
        Array::new(what, shape, self.data)
    }

    /// Adds another array of the same shape, element by element.
    ///
    /// # Errors
    /// Another shape.
    pub fn add(&mut self, what: &str, other: &Array<T>) -> Result<()> {
        same_shape(what, &self.shape, &other.shape)?;
        for (sum, &term) in self.data.iter_mut().zip(&other.data) {
            *sum = *sum + term;
        }
        Ok(())
    }
}

/// Places of a shape.
///
/// # Errors
/// More than memory has addresses; `what` says of what.
pub(in crate::train) fn places(what: &str, shape: &[usize]) -> Result<usize> {
    let product = shape.iter().try_fold(1usize, |product, &axis| product.checked_mul(axis));
    let bytes = product.and_then(|places| places.checked_mul(8)).filter(|&bytes| isize::try_from(bytes).is_ok());
    match (product, bytes) {
        (Some(places), Some(_)) => Ok(places),
        _ => Err(Error::invalid(what, format!("the shape {} has more places than memory; use less", words(shape)))),
    }
}

/// Checks that the shape of an array is the one that is needed; `what` names the array.
///
/// # Errors
/// The shapes differ.
pub fn same_shape(what: &str, expected: &[usize], found: &[usize]) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    Err(Error::invalid(what, format!("the shape is {}, but {} is needed", words(found), words(expected))))
}

/// The place of the largest value, the first of equal ones; 0 without values.
pub(crate) fn argmax<'a, T: PartialOrd + 'a>(values: impl IntoIterator<Item = &'a T>) -> usize {
    let mut largest: Option<(usize, &T)> = None;
    for (place, value) in values.into_iter().enumerate() {
        if largest.is_none_or(|(_, most)| value > most) {
            largest = Some((place, value));
        }
    }
    largest.map_or(0, |(place, _)| place)
}

/// A shape as text: [128, 100, 512].
pub fn words(shape: &[usize]) -> String {
    format!("{shape:?}")
}
