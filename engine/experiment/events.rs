//! Events of a camera as input (address-event representation): each has a time and a pixel, and brightens or darkens it.

use std::path::Path;

use crate::data::arrays::Array;
use crate::data::events::{COLUMNS, event_columns};
use crate::data::table::Table;
use crate::error::{Error, Result};
use crate::experiment::keys::StimulusKeys;
use crate::experiment::value::Whole;
use crate::network::{Selection, SpikeGenerator};
use crate::text::counted;

/// A spike for each event of a CSV table.
pub(super) fn spikes_of_table(
    table: &Table,
    keys: &StimulusKeys,
    to: &Selection,
    place: &str,
) -> Result<SpikeGenerator> {
    let polarity = keys.polarity.map(|_| table.required("p")).transpose()?;
    let columns = [table.required("t")?, table.required("x")?, table.required("y")?];
    spikes_of_events((columns, polarity), keys, to, place, |row, problem| table.error(row, problem))
}

/// Whether the file `path` may hold events: all but an array of records without a field `x`.
pub(super) fn may_hold_events(path: &Path) -> bool {
    let without_pixels = |array: &Array| array.numbers().is_none() && array.field_names().all(|name| name != "x");
    !Array::read(path).is_ok_and(|array| without_pixels(&array))
}

/// A spike for each event of an NPY file: a record each, with fields of these names, or a row, with columns in this order.
pub(super) fn spikes_of_array(path: &Path, keys: &StimulusKeys, to: &Selection, place: &str) -> Result<SpikeGenerator> {
    let array = Array::read(path)?;
    let wrong = |problem: String| Error::file(path, problem);
    let columns = event_columns(&array, path)?;
    let column = |k: usize| {
        let found = columns[k].as_deref();
        found.ok_or_else(|| wrong(format!("its events have no {}; give t, x, y and p", COLUMNS[k])))
    };
    let polarity = keys.polarity.map(|_| column(3)).transpose()?;
    spikes_of_events(([column(0)?, column(1)?, column(2)?], polarity), keys, to, place, |row, problem| {
        wrong(format!("event {row}: {problem}"))
    })
}

/// A spike for each event to the target of its pixel, counted row by row; of one polarity alone where `keys` ask for
/// it. Times are in µs; `error` makes the error of a row.
fn spikes_of_events(
    ([times, x, y], polarity): ([&[f64]; 3], Option<&[f64]>),
    keys: &StimulusKeys,
    to: &Selection,
    place: &str,
    error: impl Fn(usize, String) -> Error,
) -> Result<SpikeGenerator> {
    let Some(Whole(width)) = keys.width.filter(|width| width.0 > 0) else {
        return Err(Error::invalid(place, "the file has pixels x and y; say with width how many a row has"));
    };
    let brighter = match keys.polarity {
        None | Some(Whole(1)) => true,
        Some(Whole(0)) => false,
        Some(Whole(other)) => {
            return Err(Error::invalid(place, format!("polarity = {other} must be 0 (darker) or 1 (brighter)")));
        }
    };
    let mut spikes = Vec::new();
    for (row, time) in times.iter().enumerate() {
        if !time.is_finite() {
            return Err(error(row, format!("t = {time} is no time")));
        }
        let target = pixel((x[row], y[row]), width as f64, to.len()).ok_or_else(|| {
            let neurons = counted(to.len(), "neuron");
            error(row, format!("x = {}, y = {} is no pixel of {neurons} in rows of {width}", x[row], y[row]))
        })?;
        // The polarity of darker events is 0 or -1.
        if polarity.is_none_or(|p| (p[row] > 0.0) == brighter) {
            spikes.push((target, time * 1e-3));
        }
    }
    Ok(SpikeGenerator::listed(spikes))
}

/// The target of a pixel, if there is one.
fn pixel((x, y): (f64, f64), width: f64, targets: u32) -> Option<u32> {
    let whole = |v: f64| v >= 0.0 && v.fract() == 0.0;
    let target = y * width + x;
    (whole(x) && whole(y) && x < width && target < f64::from(targets)).then_some(target as u32)
}
