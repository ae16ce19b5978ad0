//! Events of a camera (address-event representation): each has a time, a pixel and a polarity.
//!
//! An array of events holds a record for each, with fields `t` (microseconds), `x`, `y`, `p`, or a row with columns in
//! this order.

use std::path::Path;

use super::arrays::Array;
use crate::error::{Error, Result};

/// The names of the columns of events.
pub(crate) const COLUMNS: [&str; 4] = ["t", "x", "y", "p"];

/// The columns of an array of events, read from the file `path`, in the order of [`COLUMNS`]; `None` for columns that
/// it lacks.
///
/// # Errors
/// An array whose shape is not that of events.
pub(crate) fn event_columns(array: &Array, path: &Path) -> Result<[Option<Vec<f64>>; 4]> {
    match (array.shape.as_slice(), array.numbers()) {
        ([_, width @ 3..=4], Some(values)) => {
            let mut columns: [Option<Vec<f64>>; 4] = std::array::from_fn(|k| (k < *width).then(Vec::new));
            for (k, value) in (0..*width).cycle().zip(values) {
                columns[k].iter_mut().for_each(|column| column.push(value));
            }
            Ok(columns)
        }
        ([_], None) => Ok(COLUMNS.map(|name| array.field(name).map(Iterator::collect))),
        ([_], Some(_)) => Ok(std::array::from_fn(|_| None)),
        (shape, _) => {
            let shape = shape.iter().map(usize::to_string).collect::<Vec<_>>().join(" x ");
            Err(Error::file(
                path,
                format!(
                    "its shape is {shape}, and events are rows of t (microseconds), x, y and p, or records with these \
                     fields"
                ),
            ))
        }
    }
}
