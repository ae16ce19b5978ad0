//! `summary.json`: what was run and recorded, the statistics, and how to read the tables beside it.

use super::analysis::{Statistics, statistics, statistics_by_population};
pub use super::trace::TraceEntry;
use super::{PopulationLabel, SpikeCounter, SpikeRecord, TraceRecord, spikes_csv, stream, traces_csv};
use crate::error::{Error, Result};
use crate::files::{Input, Limit, atomic_write};
use crate::time::Grid;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The name of the file in an output folder.
pub const FILE: &str = super::SUMMARY;

/// The content of `summary.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Name of the network.
    pub network: String,
    /// Version of the program that wrote it.
    pub neuropil: String,
    /// Length of a step, ms.
    pub dt_ms: f64,
    /// Simulated time, ms.
    pub duration_ms: f64,
    /// Spikes are recorded, and rates counted, after the first of these times and until the second, ms; over all of the
    /// simulated time where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_ms: Option<(f64, f64)>,
    /// How it was run: device, precision, seed, wall time and whatever else the program knows.
    #[serde(default)]
    pub run: BTreeMap<String, serde_json::Value>,
    /// Statistics of all neurons whose spikes were recorded; `None` where spikes were only counted.
    pub statistics: Option<Statistics>,
    /// The populations, or parts of them, whose spikes were recorded, in order.
    pub populations: Vec<PopulationSummary>,
    /// The file that the spikes were streamed to; without it they are in `spikes.csv` beside this file, where some were
    /// recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spikes_file: Option<PathBuf>,
    /// The trace tables beside this file.
    #[serde(default)]
    pub traces: Vec<TraceEntry>,
}

/// A population and its statistics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PopulationSummary {
    /// Name, ids, names of neurons.
    #[serde(flatten)]
    pub label: PopulationLabel,
    /// Statistics of its spikes.
    pub statistics: Statistics,
}

impl Summary {
    /// The summary of a run whose spikes were kept; `run` holds what only the program knows.
    pub fn new(
        network: &str,
        spikes: &SpikeRecord,
        traces: &[TraceRecord],
        run: BTreeMap<String, serde_json::Value>,
    ) -> Summary {
        let labelled = spikes.populations.iter().cloned().zip(statistics_by_population(spikes));
        let populations = labelled.map(|(label, statistics)| PopulationSummary { label, statistics }).collect();
        Summary {
            network: network.to_owned(),
            neuropil: env!("CARGO_PKG_VERSION").to_owned(),
            dt_ms: spikes.dt_ms,
            duration_ms: spikes.duration_ms,
            recorded_ms: None,
            run,
            statistics: Some(statistics(spikes, None)),
            populations,
            spikes_file: None,
            traces: trace_entries(traces),
        }
    }

    /// The summary of a run of `steps` steps whose spikes were streamed to `file`.
    pub fn streamed(
        network: &str,
        tally: &SpikeCounter,
        steps: u64,
        file: &Path,
        traces: &[TraceRecord],
        run: BTreeMap<String, serde_json::Value>,
    ) -> Summary {
        let (statistics, each) = tally.statistics(steps);
        let labelled = tally.populations().iter().cloned().zip(each);
        Summary {
            network: network.to_owned(),
            neuropil: env!("CARGO_PKG_VERSION").to_owned(),
            dt_ms: tally.dt_ms(),
            duration_ms: Grid::new(tally.dt_ms()).time(steps),
            recorded_ms: None,
            run,
            statistics: Some(statistics),
            populations: labelled.map(|(label, statistics)| PopulationSummary { label, statistics }).collect(),
            spikes_file: Some(file.to_path_buf()),
            traces: trace_entries(traces),
        }
    }

    /// The summary of a run of `duration_ms` in steps of `dt_ms` whose spikes were counted and not kept.
    pub fn counted(
        network: &str,
        dt_ms: f64,
        duration_ms: f64,
        traces: &[TraceRecord],
        run: BTreeMap<String, serde_json::Value>,
    ) -> Summary {
        Summary {
            network: network.to_owned(),
            neuropil: env!("CARGO_PKG_VERSION").to_owned(),
            dt_ms,
            duration_ms,
            recorded_ms: None,
            run,
            statistics: None,
            populations: Vec::new(),
            spikes_file: None,
            traces: trace_entries(traces),
        }
    }

    /// The same summary with the duration `duration_ms` of the run, and the window of it in which spikes were recorded.
    pub fn recorded(self, duration_ms: f64, window_ms: (f64, f64)) -> Summary {
        let recorded_ms = (window_ms != (0.0, duration_ms)).then_some(window_ms);
        Summary { duration_ms, recorded_ms, ..self }
    }

    /// Writes the summary as indented JSON.
    ///
    /// # Errors
    /// A file that cannot be written; nothing is left behind.
    pub fn write(&self, path: &Path) -> Result<()> {
        atomic_write(path, |file| {
            serde_json::to_writer_pretty(&mut *file, self)?;
            file.write_all(b"\n")
        })
    }

    /// Reads what [`Summary::write`] wrote.
    ///
    /// # Errors
    /// A file that cannot be read, or is not such a summary.
    pub fn read(path: &Path) -> Result<Summary> {
        let text = Input::open(path, Limit::list()?, "a summary")?.text()?;
        let summary: Summary = serde_json::from_slice(&text).map_err(|e| {
            Error::file_line(path, e.line() as u64, format!("is not a summary written by neuropil run: {e}"))
        })?;
        if !(summary.dt_ms.is_finite() && summary.dt_ms > 0.0) {
            return Err(Error::file(path, format!("dt_ms = {} must be above 0", summary.dt_ms)));
        }
        // Tables are read, drawn and removed by these names, so they must not lead out of the folder.
        let plain = |entry: &&TraceEntry| Path::new(&entry.file).file_name() == Some(entry.file.as_ref());
        if let Some(entry) = summary.traces.iter().find(|entry| !plain(entry)) {
            return Err(Error::file(path, format!("its trace '{}' is not the name of a file beside it", entry.file)));
        }
        Ok(summary)
    }

    /// Reads the spikes (`None` where none were recorded) and the traces that this summary, which lies in `folder`,
    /// describes.
    ///
    /// # Errors
    /// A table that cannot be read or does not match the summary.
    pub fn read_tables(&self, folder: &Path) -> Result<(Option<SpikeRecord>, Vec<TraceRecord>)> {
        let populations: Vec<PopulationLabel> = self.populations.iter().map(|p| p.label.clone()).collect();
        let file = self.spikes_file.clone().unwrap_or_else(|| folder.join(spikes_csv::FILE));
        let read = || stream::read(&file, self.dt_ms, self.duration_ms, populations.clone());
        let spikes = match (populations.is_empty(), self.recorded_ms) {
            (true, _) => None,
            (false, None) => Some(read()?),
            (false, Some((start, stop))) => Some(read()?.between(start, stop)),
        };
        let traces = self.traces.iter().map(|entry| traces_csv::read(&folder.join(&entry.file), self.dt_ms, entry));
        Ok((spikes, traces.collect::<Result<_>>()?))
    }
}

/// Writes `spikes.csv`, where there are spikes to write, a table per trace and `summary.json` into an existing folder; no
/// `spikes.csv` where the summary says that spikes were streamed.
///
/// # Errors
/// A record that is not consistent or a file that cannot be written; each file is written completely or not at all, the
/// summary last.
pub fn write_tables(
    folder: &Path,
    summary: &Summary,
    spikes: Option<&SpikeRecord>,
    traces: &[TraceRecord],
) -> Result<()> {
    if let Some(spikes) = spikes.filter(|_| summary.spikes_file.is_none()) {
        spikes_csv::write(&folder.join(spikes_csv::FILE), spikes)?;
    }
    for (entry, trace) in summary.traces.iter().zip(traces) {
        traces_csv::write(&folder.join(&entry.file), trace)?;
    }
    summary.write(&folder.join(FILE))
}

/// The entries of traces. A second recorder of the same variable and population gets "~2" in its file name; no other
/// file name has this character.
fn trace_entries(traces: &[TraceRecord]) -> Vec<TraceEntry> {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let mut entry = |trace: &TraceRecord| {
        let file = traces_csv::file_name(&trace.population, &trace.variable);
        let count = taken.entry(file.clone()).and_modify(|count| *count += 1).or_insert(1);
        let file = if *count == 1 { file } else { format!("{}~{count}.csv", file.trim_end_matches(".csv")) };
        TraceEntry {
            file,
            population: trace.population.clone(),
            variable: trace.variable.clone(),
            unit: trace.unit.clone(),
            interval_steps: trace.interval_steps,
            first_step: trace.first_step,
            neurons: trace.neurons.clone(),
            names: trace.names.clone(),
        }
    };
    traces.iter().map(&mut entry).collect()
}
