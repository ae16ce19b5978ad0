//! `neuropil train STUDY`: a study, which answers a question by training; its tables, and its pictures in a folder.

use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

use neuropil::files::atomic_write;
use neuropil::text::count;
use neuropil::train::study::{Asked, Cell, Report, Step, Study, Table, Takes};
use neuropil::{Error, Result, quote};
use serde::Serialize;

use super::super::folder::Folder;
use super::super::progress::{StepBar, catch_interrupts, interrupted};
use super::super::style;
use super::super::tables::{aligned_columns, pairs, seconds, short};
use super::TrainOptions;

/// The answer of a study, which `--json` prints.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    study: &'static str,
    interrupted: bool,
    seed: u64,
    seconds: f64,
    tables: &'a [Table],
    /// Sentences below the tables.
    words: &'a [String],
    folder: String,
}

/// Does a study under a progress bar, and prints and writes its answer.
///
/// # Errors
/// Options that the study does not take, training that fails, a folder that cannot be written to.
pub fn study(study: &Study, options: &TrainOptions) -> Result<ExitCode> {
    refuse_options(study, options)?;
    catch_interrupts()?;
    let folder = match &options.out {
        Some(path) => Folder::at(path, false)?,
        None => Folder::fresh(study.name)?,
    };
    let asked = asked(options);
    let bar = StepBar::new(study.name);
    let report = (study.run)(&asked, &mut |Step { done, of, words }| {
        let words = format!("{words}, {} left", seconds(bar.left(done, of)));
        bar.show(done, of, words);
        if interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let took = bar.elapsed();
    bar.end();
    let report = report?;
    let answer = Answer {
        study: study.name,
        interrupted: report.interrupted,
        seed: asked.seed,
        seconds: took,
        tables: &report.tables,
        words: &report.words,
        folder: folder.path.display().to_string(),
    };
    write(study, &report, &answer, &folder.path)?;
    let path = folder.keep();
    match options.json {
        true => super::super::print_json(&answer)?,
        false => super::super::print(&text(&report, took, &path))?,
    }
    Ok(if report.interrupted { ExitCode::from(130) } else { ExitCode::SUCCESS })
}

/// Refuses options that a study does not take.
fn refuse_options(study: &Study, options: &TrainOptions) -> Result<()> {
    let given = [
        ("--data", options.data.is_some(), Some(Takes::Data)),
        ("--samples", options.samples.is_some(), Some(Takes::Samples)),
        ("--epochs", options.epochs.is_some(), Some(Takes::Epochs)),
        ("--batch-size", options.batch_size.is_some(), Some(Takes::BatchSize)),
        ("--lr", options.lr.is_some(), Some(Takes::Lr)),
        ("--hidden", options.hidden.is_some(), Some(Takes::Hidden)),
        ("--steps", options.steps.is_some(), Some(Takes::Steps)),
        ("--seeds", options.seeds.is_some(), Some(Takes::Seeds)),
        ("--full", options.full, Some(Takes::Full)),
        ("--shift", options.shift.is_some(), None),
        ("--device", options.device.is_some(), None),
        ("--play", options.play.is_some(), None),
        ("--early-exit", options.early_exit, None),
        ("--checkpoint", options.checkpoint.is_some(), None),
    ];
    let taken = |takes: &Option<Takes>| takes.is_some_and(|takes| study.takes.contains(&takes));
    match given.into_iter().find(|(_, given, takes)| *given && !taken(takes)) {
        None => Ok(()),
        Some((name, ..)) => {
            Err(Error::invalid(name, format!("the study {} has no such option; leave it out", study.name)))
        }
    }
}

/// The options that studies take.
fn asked(options: &TrainOptions) -> Asked<'_> {
    Asked {
        data: options.data.as_deref(),
        samples: options.samples,
        epochs: options.epochs,
        batch_size: options.batch_size,
        lr: options.lr,
        hidden: options.hidden,
        steps: options.steps,
        seed: options.seed.unwrap_or(1),
        seeds: options.seeds,
        threads: super::thread_count(options),
        full: options.full,
    }
}

/// Writes the files of a study, and its answer as JSON.
fn write(study: &Study, report: &Report, answer: &Answer<'_>, folder: &Path) -> Result<()> {
    let json = serde_json::to_string_pretty(answer).map_err(|error| Error::Internal(error.to_string()))?;
    let name = format!("{}.json", study.name);
    let files = report.files.iter().map(|file| (file.name.as_str(), file.bytes.as_slice()));
    for (name, bytes) in files.chain([(name.as_str(), json.as_bytes())]) {
        atomic_write(&folder.join(name), |file| std::io::Write::write_all(file, bytes))?;
    }
    Ok(())
}

/// What is said above and below tables of a study that was ended.
const ENDED: &str = "Ended early: tables hold only what was done until then, and means may be over fewer seeds and samples than were asked for.";
/// What is said in place of tables where the study was ended before there were any.
const ENDED_BEFORE: &str = "Ended early, before there was anything to show.";

/// The answer as text for people; that of a study that was ended says so first and last.
fn text(report: &Report, took: f64, folder: &Path) -> String {
    let ended = match (report.interrupted, report.tables.is_empty()) {
        (false, _) => String::new(),
        (true, false) => format!("  {ENDED}\n"),
        (true, true) => format!("  {ENDED_BEFORE}\n"),
    };
    let mut text = if ended.is_empty() { String::new() } else { format!("{ended}\n") };
    for table in &report.tables {
        let head = table.head.iter().map(|&cell| cell.to_owned()).collect();
        let rows: Vec<Vec<String>> =
            std::iter::once(head).chain(table.rows.iter().map(|row| row.iter().map(cell_text).collect())).collect();
        text += &format!("  {}\n\n{}\n", quote::escaped(&table.title), aligned_columns(&rows));
    }
    for words in &report.words {
        text += &format!("  {}\n", quote::escaped(words));
    }
    text += &pairs(&[("time", seconds(took)), ("folder", quote::path(folder))], style::output());
    if report.tables.is_empty() { text } else { text + &ended }
}

/// The text of a cell of a table.
fn cell_text(cell: &Cell) -> String {
    match cell {
        Cell::Text(words) => words.clone(),
        Cell::Whole(value) => count(*value),
        Cell::Number(value) => short(*value),
        Cell::Percent(share) => format!("{:.1} %", 100.0 * share),
        Cell::Spread { mean, sd } => format!("{} ± {}", short(*mean), short(*sd)),
        Cell::None => "-".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is printed of a study with one table, or none.
    fn printed(interrupted: bool, tables: usize) -> String {
        let row = vec![Cell::text("a"), Cell::Number(0.5)];
        let table = Table { title: "t".into(), head: vec!["net", "right"], rows: vec![row] };
        text(&Report { interrupted, tables: vec![table; tables], ..Report::default() }, 1.0, Path::new("out"))
    }

    #[test]
    fn a_study_that_was_ended_says_so_first_and_last() {
        let said = printed(true, 1);
        assert!(said.trim_start().starts_with(ENDED) && said.trim_end().ends_with(ENDED), "{said}");
        let said = printed(true, 0);
        assert_eq!(said.matches(ENDED_BEFORE).count(), 1, "{said}");
        assert!(!said.contains(ENDED), "{said}");
        assert!(!printed(false, 1).contains("Ended"), "one that came to its end does not");
    }
}
