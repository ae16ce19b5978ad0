//! What operations ask of their inputs, and how they say so.

use std::borrow::Cow;

use crate::error::{Error, Result};
use crate::train::Array;
use crate::train::array::words;
use crate::train::gemm::Float;
use crate::train::tape::Datum;

/// The inputs of an operation that takes so many.
///
/// # Errors
/// Another number of them; `needs` says what they would be.
pub(super) fn exactly<'a, T, const N: usize>(
    name: &str,
    inputs: &[&'a Datum<T>],
    needs: &str,
) -> Result<[&'a Datum<T>; N]> {
    <[&Datum<T>; N]>::try_from(inputs).map_err(|_| another_number(name, inputs.len(), needs))
}

/// An operation was given so many inputs, and takes others.
pub(super) fn another_number(name: &str, found: usize, needs: &str) -> Error {
    Error::invalid(name, format!("it was given {found} inputs, and takes {needs}"))
}

/// An input has a shape that an operation does not take.
pub(super) fn shape(name: &str, input: &str, found: &[usize], needs: &str) -> Error {
    Error::invalid(name, format!("the {input} has the shape {}, and must be {needs}", words(found)))
}

/// Numbers of a known shape.
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

/// Numbers, whatever they came as.
///
/// # Errors
/// More numbers than memory has addresses.
pub(super) fn unpacked<'a, T: Float>(name: &str, datum: &'a Datum<T>) -> Result<Cow<'a, Array<T>>> {
    Ok(match datum {
        Datum::Numbers(array) => Cow::Borrowed(array),
        Datum::Spikes(spikes) => Cow::Owned(spikes.numbers(name)?),
    })
}

/// [samples, steps, units] of what has the axes sample, step and at least one of units.
///
/// # Errors
/// Fewer axes.
pub(super) fn timed(name: &str, input: &str, found: &[usize]) -> Result<[usize; 3]> {
    match found {
        [samples, steps, units @ ..] if !units.is_empty() => Ok([*samples, *steps, units.iter().product()]),
        _ => Err(shape(name, input, found, "[samples, steps, units...]")),
    }
}

/// [images, channels, height, width] of [samples, steps, channels, height, width].
///
/// # Errors
/// Other axes.
pub(super) fn images(name: &str, found: &[usize]) -> Result<[usize; 4]> {
    match *found {
        [samples, steps, channels, height, width] => Ok([samples * steps, channels, height, width]),
        _ => Err(shape(name, "input", found, "[samples, steps, channels, height, width]")),
    }
}

/// An operation was gone back over with a saved state that is not there.
pub(super) fn no_way_there(name: &str) -> Error {
    Error::Internal(format!("{name}: the way back comes before the way there"))
}
