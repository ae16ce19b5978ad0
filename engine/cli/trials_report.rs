//! The results of a batch of trials: `trials.csv`, and a summary for people and scripts.

use std::collections::BTreeMap;
use std::path::Path;

use neuropil::files::atomic_write;
use neuropil::quote;
use neuropil::{Error, Result};
use serde::Serialize;

use super::folder::{TRIALS, trial_name};
use super::report::Facts;
use super::style::Style;
use super::tables::{aligned_columns, count, pairs, seconds, short};
use super::trials::by_column;

/// Rows of a sweep that the terminal shows.
const SHOWN_ROWS: usize = 24;

/// A trial that was played, and its facts.
#[derive(Debug, Serialize)]
pub struct Played {
    /// Its number in the batch.
    pub number: usize,
    /// The values that the sweep set, by column.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    swept: BTreeMap<String, f64>,
    #[serde(flatten)]
    facts: Facts,
    /// The same values as written in the sweep.
    #[serde(skip)]
    values: Vec<String>,
}

/// A batch of trials; what `--json` prints.
#[derive(Debug, Serialize)]
pub struct Batch {
    name: String,
    trials: Vec<Played>,
    mean_rate_hz: Option<Spread>,
    /// The rate of each population over trials, Hz.
    #[serde(skip)]
    rates: Vec<(String, Option<Spread>)>,
    #[serde(flatten)]
    pub totals: Totals,
    /// The output folder.
    output: String,
    /// The columns of the sweep.
    #[serde(skip)]
    columns: Vec<String>,
}

/// How a batch was played.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Totals {
    /// Largest number of trials that were played side by side.
    pub at_once: u32,
    /// Seconds to build what trials share.
    pub build_s: f64,
    /// Wall time of the whole batch, seconds.
    pub wall_s: f64,
    /// Whether the user ended the batch early.
    pub interrupted: bool,
}

/// Mean and standard deviation (n - 1) over trials; of one trial alone there is no deviation.
#[derive(Debug, Clone, Copy, Serialize)]
struct Spread {
    mean: f64,
    sd: Option<f64>,
}

impl Spread {
    /// Mean and standard deviation of `values`; `None` without any.
    fn of(values: &[f64]) -> Option<Spread> {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
        let sd = (values.len() > 1).then(|| (squares / (n - 1.0)).sqrt());
        (!values.is_empty()).then_some(Spread { mean, sd })
    }

    /// Mean and deviation as texts, each number by `digits`.
    fn texts(spread: &Option<Spread>, digits: impl Fn(f64) -> String) -> [String; 2] {
        let text = |value: Option<f64>| value.map_or("-".into(), &digits);
        [text(spread.map(|s| s.mean)), text(spread.and_then(|s| s.sd))]
    }
}

impl Played {
    /// Trial `number`, which the sweep gave `values`.
    pub fn new(number: usize, values: Vec<String>, facts: Facts) -> Played {
        Played { number, swept: BTreeMap::new(), facts, values }
    }
}

impl Batch {
    /// The batch of these trials, in the order of their numbers.
    pub fn new(name: &str, columns: Vec<String>, mut trials: Vec<Played>, totals: Totals, folder: &Path) -> Batch {
        trials.iter_mut().for_each(|trial| trial.swept = by_column(&columns, &trial.values));
        let all: Vec<f64> = trials.iter().filter_map(|trial| trial.facts.mean_rate_hz).collect();
        let populations = trials.first().map_or(&[][..], |trial| &trial.facts.rates_hz);
        let rate = |name: &String| {
            let of = |trial: &Played| trial.facts.rates_hz.iter().find(|(own, _)| own == name)?.1;
            Spread::of(&trials.iter().filter_map(of).collect::<Vec<f64>>())
        };
        let rates = populations.iter().map(|(name, _)| (name.clone(), rate(name))).collect();
        Batch {
            name: name.to_owned(),
            mean_rate_hz: Spread::of(&all),
            rates,
            totals,
            output: folder.display().to_string(),
            columns,
            trials,
        }
    }

    /// Writes `trials.csv` into `folder`.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let kept: Vec<usize> = (0..self.columns.len())
            .filter(|&c| !["seed", "simulation.seed"].contains(&self.columns[c].as_str()))
            .collect();
        let own = ["folder", "seed", "trial"].map(str::to_owned);
        let results = ["spikes", "mean_rate_hz", "duration_ms", "wall_s"].map(str::to_owned);
        let swept = kept.iter().map(|&c| self.columns[c].clone());
        let mut rows = vec![own.into_iter().chain(swept).chain(results).collect::<Vec<String>>()];
        for Played { number, values, facts, .. } in &self.trials {
            let own = [trial_name(*number), facts.seed.to_string(), facts.trial.to_string()];
            let results = [
                facts.spikes.to_string(),
                facts.mean_rate_hz.map_or_else(String::new, |rate| rate.to_string()),
                facts.duration_ms.to_string(),
                format!("{:.6}", facts.wall_s),
            ];
            rows.push(own.into_iter().chain(kept.iter().map(|&c| values[c].clone())).chain(results).collect());
        }
        let mut writer = csv::Writer::from_writer(Vec::new());
        let written = rows.iter().try_for_each(|row| writer.write_record(row));
        let bytes =
            written.map_err(|error| error.to_string()).and_then(|()| writer.into_inner().map_err(|e| e.to_string()));
        let bytes = bytes.map_err(Error::Internal)?;
        atomic_write(&folder.join(TRIALS), |file| std::io::Write::write_all(file, &bytes))
    }
}

/// The batch as a table for people.
pub fn table(batch: &Batch, style: Style) -> String {
    let number = batch.trials.len();
    let Some(first) = batch.trials.first().map(|trial| &trial.facts) else { return String::new() };
    let totals = &batch.totals;
    let early = if totals.interrupted { ", interrupted" } else { "" };
    let [mean, sd] = Spread::texts(&batch.mean_rate_hz, short);
    let side_by_side = if totals.at_once > 1 { format!("; {} side by side", totals.at_once) } else { String::new() };
    let rows = [
        ("device", first.device.clone() + &side_by_side),
        ("neurons", count(u64::from(first.neurons))),
        ("synapses", count(first.synapses)),
        ("trials", format!("{} of {}{early}", count(number as u64), seconds(first.duration_ms * 1e-3))),
        ("mean rate", format!("{mean} ± {sd} Hz (mean ± s.d. over trials)")),
        (
            "wall time",
            format!(
                "{}, {} a trial; of it {} to build",
                seconds(totals.wall_s),
                seconds(totals.wall_s / number as f64),
                seconds(totals.build_s)
            ),
        ),
        ("written to", format!("{}, {TRIALS} and a folder each", batch.output)),
    ];
    let mut text = format!("{}{}{}\n{}", style.bold, quote::name(&batch.name), style.plain, pairs(&rows, style));
    text += &super::report::not_copied(&first.inputs_left);
    if !batch.columns.is_empty() {
        text += &format!("\n{}", aligned_columns(&rows_of_trials(batch)));
        if batch.trials.len() > SHOWN_ROWS {
            text += &format!("  ... and {} more in {TRIALS}\n", batch.trials.len() - SHOWN_ROWS);
        }
    } else if (2..=12).contains(&batch.rates.len()) {
        let mut rates = vec![["population", "Hz", "s.d."].map(str::to_owned).to_vec()];
        rates.extend(batch.rates.iter().map(|(name, spread)| {
            let [mean, sd] = Spread::texts(spread, |value| format!("{value:.2}"));
            vec![name.clone(), mean, sd]
        }));
        text += &format!("\n{}", aligned_columns(&rates));
    }
    text
}

/// The rows of a table of the first [`SHOWN_ROWS`] trials of a sweep, after a header: number, values that were set,
/// mean rate.
fn rows_of_trials(batch: &Batch) -> Vec<Vec<String>> {
    let header = std::iter::once("trial").chain(batch.columns.iter().map(String::as_str)).chain(["Hz"]);
    let mut rows = vec![header.map(str::to_owned).collect::<Vec<String>>()];
    for trial in batch.trials.iter().take(SHOWN_ROWS) {
        let rate = trial.facts.mean_rate_hz.map_or("-".into(), |rate| format!("{rate:.2}"));
        rows.push(std::iter::once(trial.number.to_string()).chain(trial.values.clone()).chain([rate]).collect());
    }
    rows
}
