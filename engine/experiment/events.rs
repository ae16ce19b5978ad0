//! Events of a camera as input (address-event representation): a line for each, with its time and pixel.

use crate::error::{Error, Result};
use crate::experiment::keys::StimulusKeys;
use crate::experiment::table::Table;
use crate::experiment::value::Whole;
use crate::network::{Selection, SpikeGenerator};
use crate::text::counted;

/// A spike for each event to the target of its pixel, row by row, of one polarity where one is asked for.
pub(super) fn events(table: &Table, keys: &StimulusKeys, to: &Selection, place: &str) -> Result<SpikeGenerator> {
    let Some(Whole(width)) = keys.width.filter(|width| width.0 > 0) else {
        return Err(Error::invalid(place, "the file has pixels x and y; say with width how many a row has"));
    };
    let polarity = match keys.polarity {
        None => None,
        Some(Whole(wanted @ 0..=1)) => Some((wanted == 1, table.required("p")?)),
        Some(Whole(other)) => {
            return Err(Error::invalid(place, format!("polarity = {other} must be 0 (darker) or 1 (brighter)")));
        }
    };
    let (times, x, y) = (table.required("t")?, table.required("x")?, table.required("y")?);
    let mut spikes = Vec::new();
    for (row, time) in times.iter().enumerate() {
        let target = pixel((x[row], y[row]), width as f64, to.len()).ok_or_else(|| {
            let neurons = counted(to.len(), "neuron");
            let problem = format!("x = {}, y = {} is no pixel of {neurons} in rows of {width}", x[row], y[row]);
            table.error(row, problem)
        })?;
        // Dark events are 0 or -1.
        if polarity.is_none_or(|(bright, p)| (p[row] > 0.0) == bright) {
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
