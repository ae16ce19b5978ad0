//! One balance for all units, at several values, beside the rule by which each unit finds its own.

use std::process::ExitCode;

use neuropil::quote;
use neuropil::train::reservoir::balance::{Homeostasis, Targets};
use neuropil::train::reservoir::tasks::{Protocol, Task};
use neuropil::train::reservoir::{Sweep, Swept, picture};
use neuropil::{Error, Result};
use serde::Serialize;

use super::super::folder::Folder;
use super::super::progress::ended_early;
use super::super::tables::{aligned_columns, seconds, short};
use super::super::write_json;
use super::{ENDED, RESULTS, ReservoirOptions, learner, machine, run_trials, short_or_power};

/// A measure of a rule, for scripts.
#[derive(Debug, Serialize)]
struct Row {
    task: &'static str,
    measure: &'static str,
    more_is_better: bool,
    /// "one balance for all", or local homeostasis to a target.
    rule: String,
    /// Mean over seeds at each balance.
    means: Vec<f64>,
    /// By seed, then by balance.
    values: Vec<Vec<f64>>,
    /// How much better than the best balance of the same seed, as a share of it, in the mean; `None` for balances.
    gain: Option<f64>,
    /// The least of these.
    worst_gain: Option<f64>,
}

/// All that is printed of a sweep.
#[derive(Debug, Serialize)]
struct Report {
    units: usize,
    degree: usize,
    /// The gain of recurrent weights.
    gain: f64,
    /// The largest input weight.
    input: f64,
    balances: Vec<f64>,
    seeds: Vec<u64>,
    rows: Vec<Row>,
    seconds: f64,
    folder: String,
}

/// Runs tasks and seeds at `count` balances and with local homeostasis, and prints and writes the results.
///
/// # Errors
/// Options out of range, trials that fail, a folder that cannot be written.
pub fn sweep(
    options: &ReservoirOptions,
    (tasks, seeds, protocol): (&[Task], &[u64], &Protocol),
    count: usize,
    folder: Folder,
) -> Result<ExitCode> {
    let begun = std::time::Instant::now();
    let targets = super::targets(&options.target)?;
    let default = || vec![Targets::Same(0.5), Targets::Same(0.4), Targets::Beta22];
    let sweep = Sweep {
        settings: machine::balance_settings(options)?,
        count,
        targets: if targets.is_empty() { default() } else { targets },
        homeostasis: Homeostasis::default(),
    };
    let jobs = tasks.iter().map(|task| sweep.jobs(task, &learner(options), seeds)).collect::<Result<Vec<_>>>()?;
    let jobs_per_task = jobs.first().map_or(1, Vec::len);
    let Some(results) = run_trials(options, &jobs.concat(), protocol)? else { return Ok(ended_early(ENDED)) };
    let mut rows = Vec::new();
    for (task, trials) in tasks.iter().zip(results.chunks(jobs_per_task)) {
        let measures = sweep.measures(trials, seeds.len());
        draw(task, &sweep, &measures, &folder)?;
        measures.iter().for_each(|rules| rows.extend(rows_of(task, &sweep, rules)));
    }
    let report = Report {
        units: sweep.settings.units,
        degree: sweep.settings.degree,
        gain: sweep.settings.gain,
        input: sweep.settings.input,
        balances: sweep.balances(),
        seeds: seeds.to_vec(),
        rows,
        seconds: begun.elapsed().as_secs_f64(),
        folder: folder.path.display().to_string(),
    };
    write_json(&folder.path.join(RESULTS), &report)?;
    let path = folder.keep();
    if options.json {
        super::super::print_json(&report)?;
    } else {
        super::super::print(&table(&report, &path))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Draws the first measure of a task over balances.
fn draw(task: &Task, sweep: &Sweep, measures: &[Vec<Swept>], folder: &Folder) -> Result<()> {
    let Some(rules) = measures.first() else { return Err(Error::Internal("a task without a measure".into())) };
    let points = |swept: &Swept| sweep.balances().into_iter().zip(swept.means()).collect();
    let curves: Vec<(String, Vec<(f64, f64)>)> =
        sweep.rules().into_iter().zip(rules).map(|(rule, swept)| (rule, points(swept))).collect();
    let measure = rules.first().map_or("", |swept| swept.measure);
    let title = format!("{}: {} E/I units over their balance", task.name(), sweep.settings.units);
    picture::draw_sweep(measure, &curves, &title)?.save(folder.path.join(format!("{}.png", task.name())))
}

/// The rows of one measure, one for each rule; the first rule is one balance for all.
fn rows_of(task: &Task, sweep: &Sweep, rules: &[Swept]) -> Vec<Row> {
    let best = rules.first().map(Swept::best).unwrap_or_default();
    let row = |(k, (rule, swept)): (usize, (String, &Swept))| {
        let (gain, worst) = swept.gain(&best);
        Row {
            task: task.name(),
            measure: swept.measure,
            more_is_better: swept.more_is_better,
            rule,
            means: swept.means(),
            values: swept.values.clone(),
            gain: (k > 0).then_some(gain),
            worst_gain: (k > 0).then_some(worst),
        }
    };
    sweep.rules().into_iter().zip(rules).enumerate().map(row).collect()
}

/// The report as a table for people.
fn table(report: &Report, folder: &std::path::Path) -> String {
    let mut rows =
        vec![["measure", "rule", "best balance", "worst balance", "gain", "worst gain"].map(str::to_owned).to_vec()];
    for row in &report.rows {
        let by_balance: Vec<(f64, f64)> = report.balances.iter().copied().zip(row.means.iter().copied()).collect();
        let better = |a: (f64, f64), b: (f64, f64)| if (b.1 > a.1) == row.more_is_better { b } else { a };
        let worse = |a: (f64, f64), b: (f64, f64)| if (b.1 > a.1) == row.more_is_better { a } else { b };
        let shown = |found: Option<(f64, f64)>| {
            found.map_or("-".into(), |(beta, v)| format!("{} at {}", short_or_power(v), short(beta)))
        };
        let percent = |gain: Option<f64>| gain.map_or(String::new(), |gain| format!("{:+.1} %", 100.0 * gain));
        rows.push(vec![
            format!("{}: {}", row.task, row.measure),
            row.rule.clone(),
            shown(by_balance.iter().copied().reduce(better)),
            shown(by_balance.iter().copied().reduce(worse)),
            percent(row.gain),
            percent(row.worst_gain),
        ]);
    }
    let count = report.seeds.len();
    let seeds = if count == 1 { "1 seed".into() } else { format!("mean of {count} seeds") };
    format!(
        "  {} E/I units, {} inputs each, {} balances from 0.6 to 2.0, {seeds}; {}\n  gain: beside the best balance of the same seed, in the mean over all beginnings, and at the worst; twice its error is -50 %\n\n{}\n  {}\n",
        report.units,
        report.degree,
        report.balances.len(),
        seconds(report.seconds),
        aligned_columns(&rows),
        quote::path(folder)
    )
}
