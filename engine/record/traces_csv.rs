//! `traces_<population>_<variable>.csv`: `time_ms`, then one column per neuron under its name or `population[index]`.
//!
//! Samples are written as the shortest decimal that reads back as the same number. What a column means (population,
//! variable, unit, interval) stands in `summary.json` as a [`TraceEntry`].

use super::spikes_csv::csv_error;
use super::trace::{TraceEntry, TraceRecord};
use crate::error::{Error, Result};
use crate::files::{Input, Limit, Quotes, Text, atomic_write, lost};
use crate::text::counted;
use crate::time::Grid;
use std::path::Path;

/// Largest length of a line in bytes: a sample of each of ten million neurons.
const LONGEST_LINE: usize = 256 << 20;

/// The name of the file in an output folder; characters that a file name should not hold become '-'.
pub fn file_name(population: &str, variable: &str) -> String {
    let safe = |text: &str| -> String {
        text.chars().map(|c| if c.is_alphanumeric() || "_-.+".contains(c) { c } else { '-' }).collect()
    };
    format!("traces_{}_{}.csv", safe(population), safe(variable))
}

/// Writes all samples, a line for each time.
///
/// # Errors
/// A broken record ([`TraceRecord::check`]) or a file that cannot be written; nothing is left behind.
pub fn write(path: &Path, record: &TraceRecord) -> Result<()> {
    record.check()?;
    let clock = Grid::new(record.dt_ms);
    atomic_write(path, |file| {
        let mut table = csv::Writer::from_writer(file);
        table.write_record(header(record.neurons.len(), |n| record.label(n)))?;
        for (row, samples) in record.samples.chunks(record.neurons.len().max(1)).enumerate() {
            table.write_field(clock.text(record.step(row)))?;
            for sample in samples {
                table.write_field(sample.to_string())?;
            }
            table.write_record(None::<&[u8]>)?;
        }
        table.flush()
    })
}

/// Reads what [`write()`] wrote and `entry` describes.
///
/// # Errors
/// A file that cannot be read, other columns than `entry` describes, a field that is not a number, a time that is not
/// the next one.
pub fn read(path: &Path, dt_ms: f64, entry: &TraceEntry) -> Result<TraceRecord> {
    let file = Text::with_lines(Input::open(path, Limit::list()?, "a table of traces")?, LONGEST_LINE);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(Quotes::new(file, b',', None));
    let mut record = entry.record(dt_ms);
    record.check().map_err(|e| Error::file(path, e.to_string()))?;
    let expected = header(record.neurons.len(), |n| record.label(n));
    let clock = Grid::new(dt_ms);
    let mut line = csv::StringRecord::new();
    let mut rows: Option<u64> = None;
    while reader.read_record(&mut line).map_err(|e| csv_error(path, e))? {
        let number = line.position().map_or(0, csv::Position::line);
        let result = match rows {
            None => check_header(&line, &expected),
            Some(row) => {
                let step = record.first_step + row * u64::from(record.interval_steps);
                parse_samples(&line, &expected, &clock, step, &mut record.samples)
            }
        };
        result.map_err(|problem| Error::file_line(path, number, problem))?;
        rows = Some(rows.map_or(0, |rows| rows + 1));
    }
    match rows {
        Some(_) => Ok(record),
        None => Err(Error::file(path, "is empty; expected time_ms and a column per neuron")),
    }
}

/// The names of the columns: the time, and the `label` of each neuron.
fn header(neurons: usize, label: impl Fn(usize) -> String) -> Vec<String> {
    std::iter::once("time_ms".to_owned()).chain((0..neurons).map(label)).collect()
}

/// Refuses a header other than the expected one.
fn check_header(line: &csv::StringRecord, expected: &[String]) -> Result<(), String> {
    if line.len() != expected.len() {
        return Err(format!(
            "{columns}, expected time_ms and {neurons}",
            columns = counted(line.len(), "column"),
            neurons = counted(expected.len() - 1, "neuron")
        ));
    }
    match line.iter().zip(expected).find(|(found, expected)| found.trim() != expected.as_str()) {
        Some((found, expected)) => Err(format!("column '{found}', expected '{expected}'")),
        None => Ok(()),
    }
}

/// Adds the samples of a line, which must be that of `step`.
fn parse_samples(
    line: &csv::StringRecord,
    columns: &[String],
    clock: &Grid,
    step: u64,
    samples: &mut Vec<f64>,
) -> Result<(), String> {
    let time = line.get(0).unwrap_or_default();
    if clock.step(time) != Some(step) {
        return Err(format!("time_ms '{time}', expected {}", clock.text(step)));
    }
    for (field, column) in line.iter().zip(columns).skip(1) {
        let value = field.trim().parse().map_err(|_| format!("'{field}' in column '{column}' is not a number"))?;
        if let Some(problem) = lost(field.trim(), value) {
            return Err(format!("{field} in column '{column}' {problem}"));
        }
        samples.push(value);
    }
    Ok(())
}
