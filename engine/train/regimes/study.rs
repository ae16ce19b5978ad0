//! `neuropil train regimes`: its tables and pictures.

use crate::error::Result;
use crate::train::regimes::choice::Choice;
use crate::train::regimes::geometry::{self, Setting, Shown};
use crate::train::regimes::learn::{Moved, Plan, by_rank, run};
use crate::train::regimes::start::Start;
use crate::train::reservoir::Graph;
use crate::train::share;
use crate::train::study::{Asked, Cell, Report, Step, Study, Table, Takes, Watch};
use crate::train::tape::Curve;

/// See [`super`].
pub const STUDY: Study = Study {
    name: "regimes",
    about: "rich and lazy: how far networks move from where they began, by the rank of their wiring and by their curve",
    takes: &[Takes::Lr, Takes::Hidden, Takes::Seeds],
    run: study,
};

const UNITS: usize = 64;
const SEEDS: usize = 5;
const GAIN: f64 = 1.5;
const LOSS: f64 = 0.4;
const RATE: f64 = 0.01;
const MOST: u32 = 2000;
/// Seeds of settings, at most.
const SETTING_SEEDS: usize = 3;

/// What is told of a network.
type Measure = (&'static str, fn(&Moved) -> f64);
const MEASURES: [Measure; 3] = [
    ("representation alignment", |moved| moved.representation),
    ("tangent kernel alignment", |moved| moved.tangent),
    ("change of weights", |moved| moved.change),
];

/// Wirings of so many units: each rank twice the one before, up to all, and connectomes.
fn starts(units: usize) -> Vec<Start> {
    let mut ranks: Vec<usize> =
        std::iter::successors(Some(1), |rank| Some(rank * 2)).take_while(|&rank| rank < units).collect();
    ranks.push(units);
    let wired = [Graph::Worm, Graph::Larva].into_iter().flat_map(|graph| [Start::Wired(graph), Start::Shuffled(graph)]);
    ranks.into_iter().map(Start::Rank).chain(wired).collect()
}

fn study(asked: &Asked<'_>, watch: &mut Watch<'_>) -> Result<Report> {
    let units = Asked::within("--hidden", asked.hidden, UNITS, (2, 300))?;
    let seeds = asked.all_seeds(SEEDS)?;
    let rate = asked.rate(RATE)?;
    let settings = settings(&seeds[..seeds.len().min(SETTING_SEEDS)]);
    let starts = starts(units);
    let networks = Choice::ALL.len() * starts.len() * seeds.len();
    let all = (networks + settings.len()) as u64;
    let (mut report, mut found) = (Report::default(), Vec::new());
    let mut before = 0;
    for choice in Choice::ALL {
        let plan = Plan {
            choice,
            units,
            starts: starts.clone(),
            seeds: seeds.clone(),
            gain: GAIN,
            curve: Curve::Tanh,
            loss: LOSS,
            rate,
            most: MOST,
        };
        let mut tell = |done| {
            let told = watch(Step { done: (before + done) as u64, of: all, words: choice.about() });
            report.interrupted |= told.is_break();
            told
        };
        let moved = run(&plan, asked.threads, &mut tell)?;
        before += moved.len();
        found.push((choice, moved));
        if report.interrupted {
            break;
        }
    }
    let mut shown = Vec::new();
    for wave in settings.chunks(asked.threads.max(1)) {
        if report.interrupted {
            break;
        }
        shown.extend(both(wave, asked.threads)?);
        let done = (networks + shown.len()) as u64;
        report.interrupted = watch(Step { done, of: all, words: "curves" }).is_break();
    }
    report.tables.extend(found.iter().map(|(choice, moved)| table(*choice, moved)));
    report.tables.push(correlations(&found));
    if !shown.is_empty() {
        report.tables.push(geometries(&shown));
        report.words.push(wins(&shown));
    }
    report.words.push(missed(&found));
    super::picture::add(&mut report, &found, &shown)?;
    Ok(report)
}

/// All networks of a task.
fn table(choice: Choice, moved: &[Moved]) -> Table {
    let rows = moved.chunk_by(|a, b| a.start == b.start).map(|group| {
        let spread = |of: &dyn Fn(&Moved) -> f64| Cell::spread(&group.iter().map(of).collect::<Vec<_>>());
        let effective = group.iter().map(|moved| moved.effective).sum::<f64>() / group.len() as f64;
        let mut row = vec![Cell::text(group[0].start.name()), Cell::Number(effective)];
        row.extend([
            spread(&|moved| f64::from(moved.steps)),
            spread(&|moved| moved.loss),
            spread(&|moved| moved.right),
        ]);
        row.extend(MEASURES.iter().map(|(_, of)| spread(of)));
        row
    });
    Table {
        title: format!("{}, learned until a loss of {LOSS}", choice.about()),
        head: vec![
            "wiring at first",
            "effective rank",
            "steps",
            "loss",
            "right",
            "representation alignment",
            "tangent kernel alignment",
            "change of weights",
        ],
        rows: rows.collect(),
    }
}

/// Spearman's correlations with the rank of random wirings.
fn correlations(found: &[(Choice, Vec<Moved>)]) -> Table {
    let row = |(choice, moved): &(Choice, Vec<Moved>), (name, of): &Measure| {
        let (pooled, seeds) = by_rank(moved, *of);
        let pooled = pooled.map_or(Cell::None, Cell::Number);
        vec![Cell::text(choice.name()), Cell::text(*name), pooled, Cell::spread(&seeds)]
    };
    Table {
        title: "Spearman's correlation with the rank of random wirings".into(),
        head: vec!["task", "measure", "all networks at once", "seed by seed"],
        rows: found.iter().flat_map(|found| MEASURES.iter().map(move |measure| row(found, measure))).collect(),
    }
}

/// How many networks stopped short of the loss.
fn missed(found: &[(Choice, Vec<Moved>)]) -> String {
    let all: Vec<&Moved> = found.iter().flat_map(|(_, moved)| moved).collect();
    let missed = all.iter().filter(|moved| !moved.reached).count();
    format!("{missed} of {} recurrent networks stopped after {MOST} steps before they reached the loss.", all.len())
}

/// Settings of states and answers, each for all seeds.
fn settings(seeds: &[u64]) -> Vec<Setting> {
    let mut settings = Vec::new();
    for bits in [2, 3] {
        for parity in [false, true] {
            for apart in [0.0, 0.3, 0.7] {
                settings.extend(seeds.iter().map(|&seed| Setting { bits, parity, apart, noise: 0.1, seed }));
            }
        }
    }
    settings
}

/// Settings with what a layer of tanh and one of ReLU show.
type Both = (Setting, Shown, Shown);

fn both(settings: &[Setting], threads: usize) -> Result<Vec<Both>> {
    let mut shown: Vec<Option<Both>> = vec![None; settings.len()];
    share::blocks(threads, &mut shown, 1, |place, shown| {
        let setting = settings[place];
        shown[0] = Some((setting, geometry::learn(setting, Curve::Tanh)?, geometry::learn(setting, Curve::Relu)?));
        Ok(())
    })?;
    Ok(shown.into_iter().flatten().collect())
}

fn geometries(shown: &[Both]) -> Table {
    let same = |a: &Both, b: &Both| Setting { seed: 0, ..a.0 } == Setting { seed: 0, ..b.0 };
    let rows = shown.chunk_by(same).map(|group| {
        let spread = |of: &dyn Fn(&Both) -> f64| Cell::spread(&group.iter().map(of).collect::<Vec<_>>());
        let Setting { bits, parity, apart, .. } = group[0].0;
        vec![
            Cell::Whole(bits.into()),
            Cell::text(if parity { "parity" } else { "one bit" }),
            Cell::Number(apart),
            spread(&|both| both.1.target),
            spread(&|both| both.2.target),
            spread(&|both| both.1.input),
            spread(&|both| both.2.input),
            spread(&|both| both.1.loss),
            spread(&|both| both.2.loss),
        ]
    });
    Table {
        title: "Hidden layers of tanh and of ReLU: centred alignment with answers and with inputs".into(),
        head: vec![
            "bits",
            "asked",
            "apart",
            "answers, tanh",
            "answers, ReLU",
            "inputs, tanh",
            "inputs, ReLU",
            "loss, tanh",
            "loss, ReLU",
        ],
        rows: rows.collect(),
    }
}

/// In how many networks it is as was published.
fn wins(shown: &[Both]) -> String {
    let apart: Vec<&Both> = shown.iter().filter(|both| both.0.parity && both.0.apart > 0.0).collect();
    let count = |of: fn(&Both) -> bool| apart.iter().filter(|both| of(both)).count();
    let target = count(|(_, tanh, relu)| tanh.target > relu.target);
    let input = count(|(_, tanh, relu)| relu.input > tanh.input);
    let of = apart.len();
    format!(
        "Where a parity is asked of states apart, tanh is nearer to the answers than ReLU in {target} of {of} pairs of networks, and ReLU nearer to the inputs in {input}."
    )
}
