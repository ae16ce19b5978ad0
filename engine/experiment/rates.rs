//! Rates of an `inhomogeneous_poisson_generator`: listed in the table, or a matrix of times and targets from a file.

use std::sync::Arc;

use crate::connectomes::{Matrix, ReadOptions};
use crate::error::{Error, Result};
use crate::experiment::keys::StimulusKeys;
use crate::network::{InhomogeneousPoissonGenerator, Network, Selection};
use crate::text::counted;

/// The generator that a table describes.
pub(super) fn inhomogeneous_poisson(
    network: &Network,
    keys: &StimulusKeys,
    to: &Selection,
    place: &str,
) -> Result<InhomogeneousPoissonGenerator> {
    let (start, stop) = (keys.start.unwrap_or(0.0), keys.stop.unwrap_or(f64::INFINITY));
    let (rate_times, rate_values) = match (&keys.rate_times, &keys.rate_values, &keys.file, keys.interval) {
        (Some(times), Some(rates), None, None) => (times.clone(), rates.as_slice().into()),
        (None, None, Some(path), Some(interval)) => read_rates(network, path, interval, to, place)?,
        _ => return Err(Error::invalid(place, "give either rate_times and rate_values, or file and interval")),
    };
    Ok(InhomogeneousPoissonGenerator { rate_times, rate_values, start, stop })
}

/// Times (ms) and rates (spikes/s) of a file with a row for each interval (ms) and a column for each target, and
/// silence behind the last row.
fn read_rates(
    network: &Network,
    path: &str,
    interval: f64,
    to: &Selection,
    place: &str,
) -> Result<(Vec<f64>, Arc<[f64]>)> {
    let matrix = Matrix::read(path, &ReadOptions { plain: true, ..ReadOptions::default() })?;
    if matrix.columns as u64 != u64::from(to.len()) {
        let (columns, neurons) = (counted(matrix.columns, "column"), counted(to.len(), "neuron"));
        let targets = network.describe(to);
        let problem = format!(
            "it has {columns}, and {targets} is {neurons}; give a row for each interval, a column for each neuron"
        );
        return Err(Error::file(path, problem));
    }
    if interval < network.dt() || network.grid().on(interval).is_none() {
        let problem = format!("interval = {interval} ms is not a whole number of steps of {} ms", network.dt());
        return Err(Error::invalid(place, problem));
    }
    // A step is named by its end, so a rate that holds from `t` on begins with the step at `t + dt`.
    let times = (0..=matrix.rows).map(|row| row as f64 * interval + network.dt()).collect();
    let silence = std::iter::repeat_n(0.0, matrix.columns);
    Ok((times, matrix.values.into_iter().chain(silence).collect()))
}
