//! Balances for all units, beside the rule by which each finds its own.

use std::process::ExitCode;

use neuropil::quote;
use neuropil::train::reservoir::balance::{Homeostasis, Targets};
use neuropil::train::reservoir::tasks::{Protocol, Task};
use neuropil::train::reservoir::{Sweep, Swept, picture};
use neuropil::{Error, Result};
use serde::Serialize;

use super::super::folder::Folder;
use super::super::tables::{grid, seconds, short};
use super::{ReservoirOptions, figure, learner, machine, made, write};

/// A measure of a rule, for scripts.
#[derive(Debug, Serialize)]
struct Row {
    task: &'static str,
    measure: &'static str,
    more_is_better: bool,
    rule: String,
    /// Mean over seeds at each balance.
    means: Vec<f64>,
    /// By seed, then by balance.
    values: Vec<Vec<f64>>,
    /// How much better than the best balance of the same seed, as a share of it; in the mean, and at the worst.
    gain: Option<f64>,
    worst_gain: Option<f64>,
}

/// All that is printed.
#[derive(Debug, Serialize)]
struct Report {
    units: usize,
    degree: usize,
    gain: f64,
    input: f64,
    balances: Vec<f64>,
    seeds: Vec<u64>,
    rows: Vec<Row>,
    seconds: f64,
    folder: String,
}

/// Sweeps balances for tasks and seeds.
///
/// # Errors
/// As of trials; a folder that cannot be written.
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
        settings: machine::balanced(options)?,
        count,
        targets: if targets.is_empty() { default() } else { targets },
        homeostasis: Homeostasis::default(),
    };
    let jobs = tasks.iter().map(|task| sweep.jobs(task, &learner(options), seeds)).collect::<Result<Vec<_>>>()?;
    let each = jobs.first().map_or(1, Vec::len);
    let Some(made) = made(options, &jobs.concat(), protocol)? else { return Ok(ExitCode::from(130)) };
    let mut rows = Vec::new();
    for (task, trials) in tasks.iter().zip(made.chunks(each)) {
        let measures = sweep.measures(trials, seeds.len());
        draw(task, &sweep, &measures, &folder)?;
        measures.iter().for_each(|rules| rows.extend(listed(task, &sweep, rules)));
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
    write(&folder, &report)?;
    let path = folder.keep();
    if options.json {
        super::super::print_json(&report)?;
    } else {
        super::super::print(&table(&report, &path))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The first measure over balances.
fn draw(task: &Task, sweep: &Sweep, measures: &[Vec<Swept>], folder: &Folder) -> Result<()> {
    let Some(rules) = measures.first() else { return Err(Error::Internal("a task without a measure".into())) };
    let points = |swept: &Swept| sweep.balances().into_iter().zip(swept.means()).collect();
    let curves: Vec<(String, Vec<(f64, f64)>)> =
        sweep.rules().into_iter().zip(rules).map(|(rule, swept)| (rule, points(swept))).collect();
    let measure = rules.first().map_or("", |swept| swept.measure);
    let title = format!("{} of {} E/I units: one balance for all, or each its own", task.name(), sweep.settings.units);
    picture::draw_sweep(measure, &curves, &title)?.save(folder.path.join(format!("{}.png", task.name())))
}

/// One measure of all rules.
fn listed(task: &Task, sweep: &Sweep, rules: &[Swept]) -> Vec<Row> {
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

/// A table for people.
fn table(report: &Report, folder: &std::path::Path) -> String {
    let mut rows =
        vec![["measure", "rule", "best balance", "worst balance", "gain", "worst gain"].map(str::to_owned).to_vec()];
    for row in &report.rows {
        let by_balance: Vec<(f64, f64)> = report.balances.iter().copied().zip(row.means.iter().copied()).collect();
        let better = |a: (f64, f64), b: (f64, f64)| if (b.1 > a.1) == row.more_is_better { b } else { a };
        let worse = |a: (f64, f64), b: (f64, f64)| if (b.1 > a.1) == row.more_is_better { a } else { b };
        let shown = |found: Option<(f64, f64)>| {
            found.map_or("-".into(), |(beta, v)| format!("{} at {}", figure(v), short(beta)))
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
        grid(&rows),
        quote::path(folder)
    )
}
