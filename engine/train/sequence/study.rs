//! The study `neuropil train sequence`: its tables.

use std::ops::ControlFlow;

use super::evaluate::{Evaluation, Pairs, Unknown, evaluate_memory, memory_false_positives};
use super::law::{exact_union_false_positive, false_positive, union_false_positive};
use super::memory::Shape;
use super::segments::{Counted, Setting};
use crate::error::Result;
use crate::train::study::{Asked, Cell, Report, Step, Study, Table, Takes, Watch};

/// Segments against the exact law of false positives, and a memory of sequences.
pub const STUDY: Study = Study {
    name: "sequence",
    about: "active dendrites: false positives against the exact law, and sequences that share their middles",
    takes: &[Takes::Samples, Takes::Seeds, Takes::Full],
    run,
};

/// The settings of segments: n, a, s, theta and patterns at once.
const SETTINGS: [[u32; 5]; 7] = [
    [160, 16, 20, 6, 1],
    [200, 10, 20, 5, 1],
    [200, 20, 16, 6, 1],
    [200, 4, 20, 13, 20],
    [200, 2, 16, 8, 20],
    [1000, 20, 20, 12, 20],
    [2048, 40, 20, 4, 1],
];
/// The patterns shown to the segments of a memory that has learned: a, patterns at once and theta.
const UNKNOWN: [[u32; 3]; 5] = [[12, 1, 2], [96, 1, 3], [96, 1, 4], [12, 20, 4], [12, 40, 8]];
/// How many times the sequences are learned.
const PASSES: usize = 10;

/// The sizes of the study.
struct Size {
    /// Segments of a setting.
    segments: u32,
    /// Patterns that are shown to these.
    shown: u32,
    /// Patterns that are shown to the segments of a memory.
    unknown: u32,
    pairs: Pairs,
}

/// The progress of the study: reports it to the [`Watch`].
struct Watched<'a, 'w> {
    watch: &'a mut Watch<'w>,
    /// Steps that are begun, and all steps.
    done: u64,
    of: u64,
}

impl Watched<'_, '_> {
    /// Reports the next step; whether the study goes on.
    fn next(&mut self, words: &str) -> bool {
        self.done += 1;
        (self.watch)(Step { done: self.done, of: self.of, words }) == ControlFlow::Continue(())
    }
}

/// Runs the study: segments first, then memories.
fn run(asked: &Asked<'_>, watch: &mut Watch<'_>) -> Result<Report> {
    let seeds = asked.all_seeds(if asked.full { 5 } else { 2 })?;
    let size = size(asked)?;
    let of = (SETTINGS.len() + seeds.len() * 2 + UNKNOWN.len()) as u64;
    let mut watched = Watched { watch, done: 0, of };
    let mut report = Report::default();
    let goes_on = compare_segments(&size, &seeds, asked.threads, &mut watched, &mut report)?
        && compare_memories(&size, &seeds, asked.threads, &mut watched, &mut report)?;
    report.interrupted = !goes_on;
    report.tables.retain(|table| !table.rows.is_empty());
    Ok(report)
}

/// The sizes of the study. Where fewer segments are asked for, patterns and pairs of sequences are fewer, too.
///
/// # Errors
/// Too few segments or too many.
fn size(asked: &Asked<'_>) -> Result<Size> {
    let (own, shown, unknown, pairs) = if asked.full { (4000, 1000, 1000, 20) } else { (2000, 400, 250, 10) };
    let segments = Asked::within("--samples", asked.samples, own, (100, own))?;
    let part = |whole: usize| (whole * segments).div_ceil(own);
    let [shown, unknown] = [shown, unknown].map(|whole| part(whole) as u32);
    let pairs = Pairs { pairs: part(pairs).max(2), middle: 4 };
    Ok(Size { segments: segments as u32, shown, unknown, pairs })
}

/// The probability of a false positive in a setting by the exact law, and by that of independent synapses where several
/// patterns are active at once.
fn laws([n, a, s, theta, union]: [u32; 5]) -> Result<(f64, Option<f64>)> {
    let [n, a, s, theta, union] = [n, a, s, theta, union].map(u64::from);
    match union {
        1 => Ok((false_positive(n, a, s, theta)?, None)),
        _ => {
            Ok((exact_union_false_positive(n, a, s, theta, union)?, Some(union_false_positive(n, a, s, theta, union)?)))
        }
    }
}

/// Adds the table and the sentence on segments against the law; whether the study goes on.
fn compare_segments(
    size: &Size,
    seeds: &[u64],
    threads: usize,
    watched: &mut Watched<'_, '_>,
    report: &mut Report,
) -> Result<bool> {
    let head =
        vec!["n", "a", "s", "theta", "patterns at once", "law", "if independent", "engine", "error", "errors off"];
    let mut table = Table { title: "Segments that answer what they do not know".into(), head, rows: Vec::new() };
    for setting in SETTINGS {
        if !watched.next("segments against the law") {
            report.tables.push(table);
            return Ok(false);
        }
        let [n, a, s, theta, union] = setting;
        let counting = Setting { n, a, s, theta, union, segments: size.segments, shown: size.shown };
        let counted = seeds.iter().map(|&seed| counting.play(seed, threads)).collect::<Result<Vec<_>>>()?;
        let counted = pooled(&counted);
        let (exact, independent) = laws(setting)?;
        let mut row: Vec<Cell> = setting.iter().map(|&own| Cell::Whole(own.into())).collect();
        row.extend([Cell::Number(exact), independent.map_or(Cell::None, Cell::Number)]);
        row.extend(count_cells(exact, counted));
        table.rows.push(row);
    }
    report.words.extend(farthest(&table, "Segments of chance synapses"));
    report.tables.push(table);
    Ok(true)
}

/// The sentence on the row of `table` that is farthest from the law, by its last column; `who` answers.
fn farthest(table: &Table, who: &str) -> Option<String> {
    let off: Vec<f64> = table
        .rows
        .iter()
        .filter_map(|row| match row.last() {
            Some(Cell::Number(off)) => Some(off.abs()),
            _ => None,
        })
        .collect();
    let most = off.iter().copied().reduce(f64::max)?;
    let rows = match table.rows.len() - off.len() {
        0 => format!("{} rows", off.len()),
        none => format!("{} rows; {none} more where nothing answered", off.len()),
    };
    Some(format!("{who} on the engine are at most {most:.2} standard errors from the law, in {rows}."))
}

/// How many standard errors a count is from the law; not finite where nothing answered.
fn errors_off(counted: Counted, exact: f64) -> f64 {
    if counted.share == exact { 0.0 } else { (counted.share - exact) / counted.error }
}

/// The cells of a count: share, standard error, and how many of these it is from the law.
fn count_cells(exact: f64, counted: Counted) -> [Cell; 3] {
    let off = errors_off(counted, exact);
    // Where nothing answered there is no error to measure by.
    let off = if off.is_finite() { Cell::Number(off) } else { Cell::None };
    [Cell::Number(counted.share), Cell::Number(counted.error), off]
}

/// The mean of independent counts of the same setting.
fn pooled(counted: &[Counted]) -> Counted {
    let count = counted.len() as f64;
    let share = counted.iter().map(|own| own.share).sum::<f64>() / count;
    Counted { share, error: counted.iter().map(|own| own.error.powi(2)).sum::<f64>().sqrt() / count }
}

/// Trains and evaluates memories, and adds their tables and pictures; whether the study goes on.
fn compare_memories(
    size: &Size,
    seeds: &[u64],
    threads: usize,
    watched: &mut Watched<'_, '_>,
    report: &mut Report,
) -> Result<bool> {
    let kinds = [
        ("8 cells a column", Shape::default()),
        ("1 cell a column", Shape { cells: 1, segments: 32, ..Shape::default() }),
    ];
    let mut goes_on = true;
    let mut all: [Vec<Evaluation>; 2] = [Vec::new(), Vec::new()];
    for &seed in seeds {
        for (own, (_, shape)) in all.iter_mut().zip(&kinds) {
            goes_on = goes_on && watched.next("sequences");
            if goes_on {
                own.push(evaluate_memory(shape, &size.pairs, PASSES, seed, threads)?);
            }
        }
    }
    report.tables.push(memory_table(&kinds.map(|(name, _)| name), &all));
    if let Some(first) = all[0].first() {
        goes_on = add_unknown_table(first, size, (seeds, threads), watched, report)? && goes_on;
        report.files.extend(super::picture::files(&all, &size.pairs)?);
    }
    Ok(goes_on)
}

/// The table of what memories recall, a row for each kind of memory; `all` are the evaluations of each kind, one for
/// each seed.
fn memory_table(names: &[&str], all: &[Vec<Evaluation>]) -> Table {
    let head = vec![
        "memory",
        "segments",
        "passes to the best",
        "next element expected",
        "others expected",
        "last element right",
        "middle alone: both ends",
        "same cells as on the host",
    ];
    let row = |(name, evaluation): (&&str, &Vec<Evaluation>)| {
        let spread = |of: &dyn Fn(&Evaluation) -> f64| Cell::spread(&evaluation.iter().map(of).collect::<Vec<_>>());
        let share = |of: &dyn Fn(&Evaluation) -> f64| {
            Cell::Percent(evaluation.iter().map(of).sum::<f64>() / evaluation.len() as f64)
        };
        let best = |own: &Evaluation| {
            let most =
                own.passes.iter().map(|pass| pass.right - pass.wrong + pass.last).fold(f64::NEG_INFINITY, f64::max);
            own.passes.iter().position(|pass| pass.right - pass.wrong + pass.last == most).unwrap_or(0) as f64
        };
        vec![
            Cell::text(*name),
            spread(&|own| own.memory.segments() as f64),
            spread(&best),
            share(&|own| own.recalled.right),
            share(&|own| own.recalled.wrong),
            share(&|own| own.recalled.last),
            share(&|own| own.both_ends),
            share(&|own| own.agreeing.0 as f64 / own.agreeing.1.max(1) as f64),
        ]
    };
    let rows = names.iter().zip(all).filter(|(_, evaluation)| !evaluation.is_empty()).map(row).collect();
    Table { title: "Sequences in pairs that share their middles, recalled by the engine's neurons".into(), head, rows }
}

/// Adds the table of false positives of a memory's own segments; whether the study goes on.
fn add_unknown_table(
    evaluation: &Evaluation,
    size: &Size,
    (seeds, threads): (&[u64], usize),
    watched: &mut Watched<'_, '_>,
    report: &mut Report,
) -> Result<bool> {
    let head = vec!["active cells", "patterns at once", "theta", "law", "engine", "error", "errors off"];
    let title = format!(
        "The memory's own {} segments before random patterns of its {} cells",
        evaluation.memory.segments(),
        evaluation.memory.shape().size()
    );
    let mut table = Table { title, head, rows: Vec::new() };
    let mut goes_on = true;
    for [a, union, theta] in UNKNOWN {
        goes_on = goes_on && watched.next("the memory's segments against the law");
        if !goes_on {
            break;
        }
        let asked = Unknown { a, union, theta, shown: size.unknown };
        let (counted, exact) =
            memory_false_positives(&evaluation.memory, &asked, seeds.first().copied().unwrap_or(1), threads)?;
        let mut row: Vec<Cell> = [a, union, theta].map(|own| Cell::Whole(own.into())).into();
        row.push(Cell::Number(exact));
        row.extend(count_cells(exact, counted));
        table.rows.push(row);
    }
    report.words.extend(farthest(&table, "The memory's own segments"));
    report.tables.push(table);
    Ok(goes_on)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_covers_its_whole_table() {
        let row = |off| vec![Cell::Whole(1), off];
        let rows = [Cell::Number(1.4), Cell::Number(-2.22), Cell::None].map(row).to_vec();
        let table = Table { title: "t".into(), head: vec!["a", "errors off"], rows };
        let said = farthest(&table, "Segments").unwrap_or_default();
        assert_eq!(
            said,
            "Segments on the engine are at most 2.22 standard errors from the law, in 2 rows; 1 more where nothing answered."
        );
        assert_eq!(farthest(&Table::default(), "Segments"), None);
    }
}
