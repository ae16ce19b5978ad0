//! The study of this room: `neuropil train sequence`.

use std::ops::ControlFlow;

use super::law::{exact_union_false_positive, false_positive, union_false_positive};
use super::memory::Shape;
use super::segments::{Counted, Setting};
use super::trial::{Pairs, Tried, Unknown, try_memory, unknown};
use crate::error::Result;
use crate::train::study::{Asked, Cell, Report, Step, Study, Table, Takes, Watch};

/// Segments against the exact law of false positives, and a memory of sequences.
pub const STUDY: Study = Study {
    name: "sequence",
    about: "active dendrites: false positives against the exact law, and sequences that share their middles",
    takes: &[Takes::Seeds, Takes::Full],
    run,
};

/// n, a, s, theta and patterns at once.
const SETTINGS: [[u32; 5]; 7] = [
    [160, 16, 20, 6, 1],
    [200, 10, 20, 5, 1],
    [200, 20, 16, 6, 1],
    [200, 4, 20, 13, 20],
    [200, 2, 16, 8, 20],
    [1000, 20, 20, 12, 20],
    [2048, 40, 20, 4, 1],
];
/// a, patterns at once and theta for what a memory has learned.
const UNKNOWN: [[u32; 3]; 5] = [[12, 1, 2], [96, 1, 3], [96, 1, 4], [12, 20, 4], [12, 40, 8]];
/// Passes over the sequences.
const PASSES: usize = 10;

/// How much of it.
struct Size {
    segments: u32,
    shown: u32,
    unknown: u32,
    pairs: Pairs,
}

/// What has been done of it, told to whoever watches.
struct Told<'a, 'w> {
    watch: &'a mut Watch<'w>,
    done: u64,
    of: u64,
}

impl Told<'_, '_> {
    fn on(&mut self, words: &str) -> bool {
        self.done += 1;
        (self.watch)(Step { done: self.done, of: self.of, words }) == ControlFlow::Continue(())
    }
}

fn run(asked: &Asked<'_>, watch: &mut Watch<'_>) -> Result<Report> {
    let seeds = asked.all_seeds(if asked.full { 5 } else { 2 })?;
    let size = match asked.full {
        true => Size { segments: 4000, shown: 1000, unknown: 1000, pairs: Pairs { pairs: 20, middle: 4 } },
        false => Size { segments: 2000, shown: 400, unknown: 250, pairs: Pairs { pairs: 10, middle: 4 } },
    };
    let of = (SETTINGS.len() + seeds.len() * 2 + UNKNOWN.len()) as u64;
    let mut told = Told { watch, done: 0, of };
    let mut report = Report::default();
    let goes_on = law(&size, &seeds, asked.threads, &mut told, &mut report)?
        && memory(&size, &seeds, asked.threads, &mut told, &mut report)?;
    report.interrupted = !goes_on;
    report.tables.retain(|table| !table.rows.is_empty());
    Ok(report)
}

/// The law of a setting, and as the paper has it where patterns are at once.
fn laws([n, a, s, theta, union]: [u32; 5]) -> Result<(f64, Option<f64>)> {
    let [n, a, s, theta, union] = [n, a, s, theta, union].map(u64::from);
    match union {
        1 => Ok((false_positive(n, a, s, theta)?, None)),
        _ => {
            Ok((exact_union_false_positive(n, a, s, theta, union)?, Some(union_false_positive(n, a, s, theta, union)?)))
        }
    }
}

fn law(size: &Size, seeds: &[u64], threads: usize, told: &mut Told<'_, '_>, report: &mut Report) -> Result<bool> {
    let head =
        vec!["n", "a", "s", "theta", "patterns at once", "law", "if independent", "engine", "error", "errors off"];
    let mut table = Table { title: "Segments that answer what they do not know".into(), head, rows: Vec::new() };
    let mut points = Vec::new();
    for setting in SETTINGS {
        if !told.on("segments against the law") {
            report.tables.push(table);
            return Ok(false);
        }
        let [n, a, s, theta, union] = setting;
        let setting_of = Setting { n, a, s, theta, union, segments: size.segments, shown: size.shown };
        let counted = seeds.iter().map(|&seed| setting_of.play(seed, threads)).collect::<Result<Vec<_>>>()?;
        let counted = together(&counted);
        let (exact, independent) = laws(setting)?;
        let mut row: Vec<Cell> = setting.iter().map(|&own| Cell::Whole(own.into())).collect();
        row.extend([Cell::Number(exact), independent.map_or(Cell::None, Cell::Number)]);
        row.extend(counts(exact, counted));
        table.rows.push(row);
        points.push((exact, counted));
    }
    report.tables.push(table);
    let farthest = points.iter().map(|(exact, own)| off(*own, *exact).abs()).fold(0.0, f64::max);
    report.words.push(format!("Segments on the engine are at most {farthest:.1} standard errors from the law."));
    Ok(true)
}

fn off(counted: Counted, exact: f64) -> f64 {
    if counted.share == exact { 0.0 } else { (counted.share - exact) / counted.error }
}

fn counts(exact: f64, counted: Counted) -> [Cell; 3] {
    let off = off(counted, exact);
    // Where nothing answered there is no error to count in.
    let off = if off.is_finite() { Cell::Number(off) } else { Cell::None };
    [Cell::Number(counted.share), Cell::Number(counted.error), off]
}

/// Several counts of the same.
fn together(counted: &[Counted]) -> Counted {
    let count = counted.len() as f64;
    let share = counted.iter().map(|own| own.share).sum::<f64>() / count;
    Counted { share, error: counted.iter().map(|own| own.error.powi(2)).sum::<f64>().sqrt() / count }
}

fn memory(size: &Size, seeds: &[u64], threads: usize, told: &mut Told<'_, '_>, report: &mut Report) -> Result<bool> {
    let kinds = [
        ("8 cells a column", Shape::default()),
        ("1 cell a column", Shape { cells: 1, segments: 32, ..Shape::default() }),
    ];
    let mut goes_on = true;
    let mut all: [Vec<Tried>; 2] = [Vec::new(), Vec::new()];
    for &seed in seeds {
        for (own, (_, shape)) in all.iter_mut().zip(&kinds) {
            goes_on = goes_on && told.on("sequences");
            if goes_on {
                own.push(try_memory(shape, &size.pairs, PASSES, seed, threads)?);
            }
        }
    }
    report.tables.push(memory_table(&kinds.map(|(name, _)| name), &all));
    if let Some(first) = all[0].first() {
        goes_on = unknown_table(first, size, (seeds, threads), told, report)? && goes_on;
        report.files.extend(super::picture::files(&all, &size.pairs)?);
    }
    Ok(goes_on)
}

fn memory_table(names: &[&str], all: &[Vec<Tried>]) -> Table {
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
    let row = |(name, tried): (&&str, &Vec<Tried>)| {
        let spread = |of: &dyn Fn(&Tried) -> f64| Cell::spread(&tried.iter().map(of).collect::<Vec<_>>());
        let share = |of: &dyn Fn(&Tried) -> f64| Cell::Percent(tried.iter().map(of).sum::<f64>() / tried.len() as f64);
        let best = |own: &Tried| {
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
            share(&|own| own.both),
            share(&|own| own.same.0 as f64 / own.same.1.max(1) as f64),
        ]
    };
    let rows = names.iter().zip(all).filter(|(_, tried)| !tried.is_empty()).map(row).collect();
    Table { title: "Sequences in pairs that share their middles, recalled by the engine's neurons".into(), head, rows }
}

fn unknown_table(
    tried: &Tried,
    size: &Size,
    (seeds, threads): (&[u64], usize),
    told: &mut Told<'_, '_>,
    report: &mut Report,
) -> Result<bool> {
    let head = vec!["active cells", "patterns at once", "theta", "law", "engine", "error", "errors off"];
    let title = format!(
        "The memory's own {} segments before random patterns of its {} cells",
        tried.memory.segments(),
        tried.memory.shape().size()
    );
    let mut table = Table { title, head, rows: Vec::new() };
    let mut goes_on = true;
    for [a, union, theta] in UNKNOWN {
        goes_on = goes_on && told.on("the memory's segments against the law");
        if !goes_on {
            break;
        }
        let asked = Unknown { a, union, theta, shown: size.unknown };
        let (counted, exact) = unknown(&tried.memory, &asked, seeds.first().copied().unwrap_or(1), threads)?;
        let mut row: Vec<Cell> = [a, union, theta].map(|own| Cell::Whole(own.into())).into();
        row.push(Cell::Number(exact));
        row.extend(counts(exact, counted));
        table.rows.push(row);
    }
    report.tables.push(table);
    Ok(goes_on)
}
