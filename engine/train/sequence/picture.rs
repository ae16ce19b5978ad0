//! The pictures of the study: laws of false positives, and a memory of sequences.

use super::evaluate::{Evaluation, Pairs, elements};
use super::law::{exact_union_false_positive, union_false_positive};
use super::play::Shown;
use super::segments::Setting;
use crate::error::Result;
use crate::train::drawn::{self, Curve, Curves};
use crate::train::study::File;

/// How many columns of a symbol are drawn, with all their cells.
const DRAWN_COLUMNS: usize = 2;

/// All pictures; `all` are the memories with 8 cells a column, and those with one, an evaluation for each seed.
pub(super) fn files(all: &[Vec<Evaluation>; 2], pairs: &Pairs) -> Result<Vec<File>> {
    let mut files = union_picture()?;
    if let [Some(first), Some(second)] = [all[0].first(), all[1].first()] {
        files.extend(pass_picture(first, second)?);
    }
    if let Some(first) = all[0].first() {
        files.extend(cell_picture(first, pairs)?);
    }
    Ok(files)
}

/// The picture of false positives over the number of patterns at once.
fn union_picture() -> Result<Vec<File>> {
    let mut all = Vec::new();
    for theta in [8, 13] {
        // Each point four times, so that the line is drawn without marks; shares too small to be counted are left out.
        let line = |of: &dyn Fn(u64) -> Result<f64>| -> Result<Vec<(f64, f64)>> {
            let points = (1u64..=40).map(|union| Ok((union as f64, of(union)?.log10()))).collect::<Result<Vec<_>>>()?;
            Ok(points.into_iter().filter(|point| point.1 > -6.0).flat_map(|point| [point; 4]).collect())
        };
        let exact = line(&|union| exact_union_false_positive(200, 4, 20, theta, union))?;
        let independent = line(&|union| union_false_positive(200, 4, 20, theta, union))?;
        all.push(Curve { name: format!("theta {theta}: law"), points: exact });
        all.push(Curve { name: "if independent".into(), points: independent });
        let mut counted = Vec::new();
        for union in [5, 10, 15, 20, 25, 30, 35, 40] {
            let setting = Setting { n: 200, a: 4, s: 20, theta: theta as u32, union, segments: 1000, shown: 200 };
            let share = setting.play(1, 1)?.share;
            // A point at NaN keeps each point by itself.
            counted.extend([(f64::from(union), share.log10()), (f64::NAN, f64::NAN)]);
        }
        all.push(Curve { name: "engine".into(), points: counted });
    }
    let curves =
        Curves { across: "patterns at once".into(), up: "share of segments that answer, log10".into(), curves: all };
    drawn::one("sequence-unions.png", &curves, "20 synapses before unions of patterns of 4 in 200 cells")
}

/// The picture of what is recalled after each pass, by one memory of each kind.
fn pass_picture(first: &Evaluation, second: &Evaluation) -> Result<Vec<File>> {
    let panel = |up: &str, of: &dyn Fn(&super::evaluate::Recalled) -> f64| {
        let curve = |(name, evaluation): (&str, &Evaluation)| Curve {
            name: name.into(),
            points: (0u32..).zip(&evaluation.passes).map(|(pass, own)| (f64::from(pass), 100.0 * of(own))).collect(),
        };
        let curves = [("8 cells a column", first), ("1 cell a column", second)].map(curve).into();
        Curves { across: "passes over all sequences".into(), up: up.into(), curves }
    };
    let panels = [
        panel("next element expected (%)", &|own| own.right),
        panel("last element right (%)", &|own| own.last),
        panel("others expected (%)", &|own| own.wrong),
    ];
    drawn::stacked("sequence-passes.png", &panels, "Sequences that share their middles, pass by pass")
}

/// The picture of which cells of some columns fire and expect, in the two sequences of the first pair and in its middle
/// alone.
fn cell_picture(evaluation: &Evaluation, pairs: &Pairs) -> Result<Vec<File>> {
    let memory = &evaluation.memory;
    let sequences = &pairs.sequences()[..2];
    let both = elements(memory, sequences)?;
    let shown = [both[0].clone(), both[1].clone(), both[0][1..].to_vec()];
    let seen = memory.play(&shown.clone().map(Shown::Columns), memory.shape().theta, 1)?.moments;
    let columns: Vec<u32> = {
        let symbols = [&both[0][..1], &both[1][..1], &both[0][1..], &both[1][both[1].len() - 1..]].concat();
        symbols.iter().flat_map(|columns| columns.iter().copied().take(DRAWN_COLUMNS)).collect()
    };
    let cells = memory.shape().cells;
    let row = |cell: &u32| {
        let place = columns.iter().position(|column| *column == cell / cells)?;
        Some((place as u32 * cells + cell % cells).into())
    };
    let offsets = [0.0, 0.0, 1.0];
    let names = ["the first of a pair", "the second", "without its beginning"];
    let panels: Vec<Curves> = seen
        .iter()
        .zip(offsets)
        .zip(names)
        .map(|((moments, offset), name)| {
            let points = |shift: f64, of: &dyn Fn(&super::memory::Moment) -> Vec<u32>| -> Vec<(f64, f64)> {
                let marked = |(at, moment): (f64, &super::memory::Moment)| {
                    of(moment).iter().filter_map(row).map(|y| (at + shift, y)).collect::<Vec<_>>()
                };
                let at = (1u32..).map(|at| f64::from(at) + offset);
                at.zip(moments).flat_map(marked).flat_map(|point| [point, (f64::NAN, f64::NAN)]).collect()
            };
            let fired = Curve { name: "fires".into(), points: points(0.0, &|moment| moment.active.clone()) };
            let expects = Curve {
                name: "expects the next element".into(),
                points: points(0.5, &|moment| moment.expecting.clone()),
            };
            Curves { across: "element".into(), up: format!("cell: {name}"), curves: vec![fired, expects] }
        })
        .collect();
    drawn::stacked("sequence.png", &panels, "One middle in two sequences: who fires, who expects")
}
