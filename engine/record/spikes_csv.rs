//! `spikes.csv`: one line per spike, `time_ms,population,neuron` and, where neurons have names, `name`.
//!
//! `time_ms` is k·dt in decimals, `neuron` the index in its population from 0.

use super::{PopulationLabel, Rows, SpikeRecord};
use crate::error::{Error, Result};
use crate::files::{Input, Limit, Quotes, Text, atomic_write, failed};
use crate::spike::Spike;
use crate::text::counted;
use crate::time::Grid;
use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::Path;

/// The name of the file in an output folder.
pub const FILE: &str = "spikes.csv";

/// The columns; the last one only where neurons have names.
const COLUMNS: [&str; 4] = ["time_ms", "population", "neuron", "name"];

/// Writes all spikes, in the order of the record.
///
/// # Errors
/// A broken record ([`SpikeRecord::check`]) or a file that cannot be written; nothing is left behind.
pub fn write(path: &Path, record: &SpikeRecord) -> Result<()> {
    record.check()?;
    let lines = Lines::new(record.dt_ms, &record.populations);
    atomic_write(path, |file| {
        writeln!(file, "{}", lines.columns().join(","))?;
        let spikes = record.steps.iter().zip(&record.ids);
        // Steps are below 2³², since the record was checked.
        lines.write(file, spikes.map(|(&step, &id)| Spike::new((record.start_step + u64::from(step)) as u32, id)))
    })
}

/// Writes spikes as lines of a table.
pub(super) struct Lines {
    clock: Grid,
    dt_ms: f64,
    labels: Vec<PopulationLabel>,
    rows: Rows,
    /// Whether there is a column of names.
    named: bool,
}

impl Lines {
    /// Lines for neurons of these populations, with a column of names if any population has names.
    pub(super) fn new(dt_ms: f64, labels: &[PopulationLabel]) -> Lines {
        let labels = labels.to_vec();
        let named = labels.iter().any(|p| p.names.is_some());
        Lines { clock: Grid::new(dt_ms), dt_ms, rows: Rows::of(&labels), named, labels }
    }

    /// The columns of the header.
    pub(super) fn columns(&self) -> &'static [&'static str] {
        &COLUMNS[..if self.named { 4 } else { 3 }]
    }

    /// Writes a line for each spike.
    pub(super) fn write(&self, to: impl io::Write, spikes: impl Iterator<Item = Spike>) -> io::Result<()> {
        let mut table = csv::Writer::from_writer(to);
        let (mut last, mut time) = (u32::MAX, String::new());
        for Spike { step, id } in spikes {
            let (population, _) = self.rows.find(id).ok_or_else(|| io::Error::other("neuron in no population"))?;
            let label = &self.labels[population];
            if step != last || time.is_empty() {
                (last, time) = (step, self.clock.text(u64::from(step)));
            }
            let (population, index) = label.place(id);
            let number = index.to_string();
            if self.named {
                let name = label.names.as_ref().map_or("", |names| names[(id - label.first) as usize].as_str());
                table.write_record([time.as_str(), population, &number, name])?;
            } else {
                table.write_record([time.as_str(), population, &number])?;
            }
        }
        table.flush()
    }

    /// A parser of such lines.
    pub(super) fn parser(&self) -> Parser<'_> {
        Parser { clock: self.clock, dt_ms: self.dt_ms, by_name: group_by_name(&self.labels) }
    }
}

/// The labels of the recorded parts of each population, by its name.
type ByName<'a> = BTreeMap<&'a str, Vec<&'a PopulationLabel>>;

/// The labels by the name of their population.
fn group_by_name(labels: &[PopulationLabel]) -> ByName<'_> {
    let mut by_name = ByName::new();
    for label in labels {
        by_name.entry(label.place(label.first).0).or_default().push(label);
    }
    by_name
}

/// Parses single lines.
pub(super) struct Parser<'a> {
    clock: Grid,
    dt_ms: f64,
    by_name: ByName<'a>,
}

impl Parser<'_> {
    /// The spike of a `line` that ends with its line feed; `None` where it is not a spike of these populations.
    pub(super) fn spike(&self, line: &[u8]) -> Option<Spike> {
        let mut fields = csv::StringRecord::new();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line);
        let read = reader.read_record(&mut fields).ok()?;
        read.then(|| parse_spike(&fields, &self.clock, self.dt_ms, &self.by_name).ok())?
    }
}

/// Reads what [`write()`] wrote, as a record of the run from its start on. dt, duration and populations come from
/// `summary.json`, since silent neurons have no line.
///
/// # Errors
/// A file that cannot be read, other columns, a population or neuron that is not in `populations`, a time that is no step.
pub fn read(path: &Path, dt_ms: f64, duration_ms: f64, populations: Vec<PopulationLabel>) -> Result<SpikeRecord> {
    let file = Text::new(Input::open(path, Limit::list()?, "a file of spikes")?);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(Quotes::new(file, b',', None));
    let by_name = group_by_name(&populations);
    let clock = Grid::new(dt_ms);
    let mut spikes: Vec<Spike> = Vec::new();
    let mut line = csv::StringRecord::new();
    let mut header = true;
    while reader.read_record(&mut line).map_err(|e| csv_error(path, e))? {
        let number = line.position().map_or(0, csv::Position::line);
        if std::mem::take(&mut header) {
            check_columns(path, &line)?;
            continue;
        }
        let spike =
            parse_spike(&line, &clock, dt_ms, &by_name).map_err(|problem| Error::file_line(path, number, problem))?;
        spikes.push(spike);
    }
    if header {
        return Err(Error::file(path, "is empty; expected the columns time_ms,population,neuron"));
    }
    spikes.sort_unstable();
    let (steps, ids) = spikes.into_iter().map(|s| (s.step, s.id)).unzip();
    let record = SpikeRecord { dt_ms, start_step: 0, duration_ms, populations, steps, ids };
    record.check().map_err(|e| Error::file(path, e.to_string()))?;
    Ok(record)
}

/// Refuses a header other than that of [`COLUMNS`].
fn check_columns(path: &Path, line: &csv::StringRecord) -> Result<()> {
    let columns: Vec<&str> = line.iter().map(str::trim).collect();
    if columns == COLUMNS[..3] || columns == COLUMNS {
        return Ok(());
    }
    let problem = format!("columns '{}', expected 'time_ms,population,neuron' and possibly 'name'", columns.join(","));
    Err(Error::file_line(path, 1, problem))
}

/// The spike of a line, or what is wrong with it.
fn parse_spike(line: &csv::StringRecord, clock: &Grid, dt_ms: f64, populations: &ByName<'_>) -> Result<Spike, String> {
    let field = |i: usize| line.get(i).unwrap_or_default().trim();
    let step = clock.step(field(0)).and_then(|step| u32::try_from(step).ok());
    let step = step.ok_or_else(|| format!("time_ms '{}' is not a multiple of dt = {dt_ms} ms", field(0)))?;
    let labels =
        populations.get(field(1)).ok_or_else(|| format!("population '{}' is not in {}", field(1), super::SUMMARY))?;
    let index: Option<u32> = field(2).parse().ok();
    let within = |label: &&&PopulationLabel| {
        let first = label.place(label.first).1;
        index.is_some_and(|index| index >= first && index - first < label.size)
    };
    let (label, index) = labels.iter().find(within).zip(index).ok_or_else(|| {
        let size: u32 = labels.iter().map(|label| label.size).sum();
        format!(
            "neuron '{}' is not an index into '{}', which has {neurons}",
            field(2),
            field(1),
            neurons = counted(size, "neuron")
        )
    })?;
    Ok(Spike::new(step, label.first + (index - label.place(label.first).1)))
}

/// An error of the csv crate as one of the file `path`, with the line.
pub(super) fn csv_error(path: &Path, error: csv::Error) -> Error {
    let line = error.position().map(csv::Position::line);
    match error.into_kind() {
        csv::ErrorKind::Io(reason) => failed(path, reason),
        csv::ErrorKind::Utf8 { err, .. } => {
            let problem = format!("field {} is not UTF-8 text", err.field() + 1);
            Error::File { path: path.to_path_buf(), line, problem }
        }
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let problem =
                format!("{fields}, expected {expected_len} as in the first line", fields = counted(len, "field"));
            Error::File { path: path.to_path_buf(), line, problem }
        }
        other => Error::File { path: path.to_path_buf(), line, problem: format!("is not a CSV table: {other:?}") },
    }
}
