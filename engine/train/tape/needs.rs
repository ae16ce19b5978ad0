//! Checks of the inputs of operations, and their error sentences.

use std::borrow::Cow;

use crate::error::{Error, Result};
use crate::train::Array;
use crate::train::array::words;
use crate::train::gemm::Float;
use crate::train::tape::Datum;

/// The inputs of an operation that takes exactly `N`; `needs` says in words which.
///
/// # Errors
/// Another number of inputs.
pub(super) fn exactly<'a, T, const N: usize>(
    name: &str,
    inputs: &[&'a Datum<T>],
    needs: &str,
) -> Result<[&'a Datum<T>; N]> {
    <[&Datum<T>; N]>::try_from(inputs).map_err(|_| another_number(name, inputs.len(), needs))
}

/// The error of an operation that was given `found` inputs, and takes those that `needs` says in words.
pub(super) fn another_number(name: &str, found: usize, needs: &str) -> Error {
    Error::invalid(name, format!("it was given {found} inputs, and takes {needs}"))
}

/// The error of an operation whose input `input` has the shape `found`, and must have that which `needs` says in words.
pub(super) fn shape(name: &str, input: &str, found: &[usize], needs: &str) -> Error {
    Error::invalid(name, format!("the {input} has the shape {}, and must be {needs}", words(found)))
}

/// The numbers of an input that must have the shape `needs`.
///
/// # Errors
/// Spikes, or another shape.
pub(super) fn numbers<'a, T: Float>(
    name: &str,
    input: &str,
    datum: &'a Datum<T>,
    needs: &[usize],
) -> Result<&'a Array<T>> {
    let array = datum.numbers(name)?;
    if array.shape() != needs {
        return Err(shape(name, input, array.shape(), &words(needs)));
    }
    Ok(array)
}

/// The numbers of an input; spikes are unpacked to 0 and 1.
///
/// # Errors
/// More numbers than memory has addresses.
pub(super) fn unpacked<'a, T: Float>(name: &str, datum: &'a Datum<T>) -> Result<Cow<'a, Array<T>>> {
    Ok(match datum {
        Datum::Numbers(array) => Cow::Borrowed(array),
        Datum::Spikes(spikes) => Cow::Owned(spikes.numbers(name)?),
    })
}

/// The sizes [samples, steps, units] of a shape with axes of samples and steps, and one or more of units.
///
/// # Errors
/// Fewer axes.
pub(super) fn timed(name: &str, input: &str, found: &[usize]) -> Result<[usize; 3]> {
    match found {
        [samples, steps, units @ ..] if !units.is_empty() => Ok([*samples, *steps, units.iter().product()]),
        _ => Err(shape(name, input, found, "[samples, steps, units...]")),
    }
}

/// The sizes [images, channels, height, width] of a shape [samples, steps, channels, height, width].
///
/// # Errors
/// Other axes.
pub(super) fn images(name: &str, found: &[usize]) -> Result<[usize; 4]> {
    match *found {
        [samples, steps, channels, height, width] => Ok([samples * steps, channels, height, width]),
        _ => Err(shape(name, "input", found, "[samples, steps, channels, height, width]")),
    }
}

/// The error of a backward pass for which the forward pass has saved nothing.
pub(super) fn no_forward_pass(name: &str) -> Error {
    Error::Internal(format!("{name}: the way back comes before the way there"))
}
