//! The study `neuropil train regimes`: its tables and pictures.

use crate::error::Result;
use crate::train::regimes::choice::Choice;
use crate::train::regimes::geometry::{self, Alignments, Setting};
use crate::train::regimes::learn::{Moved, Training, correlation_with_rank, run};
use crate::train::regimes::start::Start;
use crate::train::reservoir::Graph;
use crate::train::share;
use crate::train::study::{Asked, Cell, Report, Step, Study, Table, Takes, Watch};
use crate::train::tape::Curve;

/// The study of [rich and lazy learning](super).
pub const STUDY: Study = Study {
    name: "regimes",
    about: "rich and lazy: how far networks move from where they began, by the rank of their wiring and by their curve",
    takes: &[Takes::Lr, Takes::Hidden, Takes::Seeds],
    run: run_study,
};

/// Units of a network, number of seeds, gain, loss at which learning ends, rate and most steps: see [`Training`].
const UNITS: usize = 64;
const SEEDS: usize = 5;
const GAIN: f64 = 1.5;
const LOSS: f64 = 0.4;
const RATE: f64 = 0.01;
const MAX_STEPS: u32 = 2000;
/// The most seeds with which a [`Setting`] is trained.
const SETTING_SEEDS: usize = 3;

/// A measure of a trained network, by name.
type Measure = (&'static str, fn(&Moved) -> f64);
const MEASURES: [Measure; 3] = [
    ("representation alignment", |moved| moved.representation),
    ("tangent kernel alignment", |moved| moved.tangent),
    ("change of weights", |moved| moved.change),
];

/// The wirings of `units` units that are compared: ranks 1, 2, 4 and so on up to `units`, and connectomes.
fn starts(units: usize) -> Vec<Start> {
    let mut ranks: Vec<usize> =
        std::iter::successors(Some(1), |rank| Some(rank * 2)).take_while(|&rank| rank < units).collect();
    ranks.push(units);
    let wired = [Graph::Worm, Graph::Larva].into_iter().flat_map(|graph| [Start::Wired(graph), Start::Shuffled(graph)]);
    ranks.into_iter().map(Start::Rank).chain(wired).collect()
}

/// Runs the study: trains recurrent networks on all choices, then hidden layers on all settings.
fn run_study(asked: &Asked<'_>, watch: &mut Watch<'_>) -> Result<Report> {
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
        let (starts, seeds) = (starts.clone(), seeds.clone());
        let (gain, curve, loss, max_steps) = (GAIN, Curve::Tanh, LOSS, MAX_STEPS);
        let training = Training { choice, units, starts, seeds, gain, curve, loss, rate, max_steps };
        let mut watch_networks = |done| {
            let answer = watch(Step { done: (before + done) as u64, of: all, words: choice.about() });
            report.interrupted |= answer.is_break();
            answer
        };
        let moved = run(&training, asked.threads, &mut watch_networks)?;
        before += moved.len();
        found.push((choice, moved));
        if report.interrupted {
            break;
        }
    }
    let mut pairs = Vec::new();
    for settings in settings.chunks(asked.threads.max(1)) {
        if report.interrupted {
            break;
        }
        pairs.extend(train_pairs(settings, asked.threads)?);
        let done = (networks + pairs.len()) as u64;
        report.interrupted = watch(Step { done, of: all, words: "curves" }).is_break();
    }
    add_results(&mut report, &found, &pairs)?;
    Ok(report)
}

/// Adds tables, sentences and pictures to a report.
fn add_results(report: &mut Report, found: &[(Choice, Vec<Moved>)], pairs: &[Pair]) -> Result<()> {
    report.tables.extend(found.iter().map(|(choice, moved)| network_table(*choice, moved)));
    report.tables.push(correlations(found));
    if !pairs.is_empty() {
        report.tables.push(geometry_table(pairs));
        report.words.push(wins(pairs));
    }
    report.words.push(missed(found));
    super::picture::add(report, found, pairs)
}

/// The table of the networks that learned a task, a row for each wiring.
fn network_table(choice: Choice, moved: &[Moved]) -> Table {
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

/// The table of Spearman's correlations of measures with the rank of random wirings.
fn correlations(found: &[(Choice, Vec<Moved>)]) -> Table {
    let row = |(choice, moved): &(Choice, Vec<Moved>), (name, of): &Measure| {
        let (pooled, seeds) = correlation_with_rank(moved, *of);
        let pooled = pooled.map_or(Cell::None, Cell::Number);
        vec![Cell::text(choice.name()), Cell::text(*name), pooled, Cell::spread(&seeds)]
    };
    Table {
        title: "Spearman's correlation with the rank of random wirings".into(),
        head: vec!["task", "measure", "all networks at once", "seed by seed"],
        rows: found.iter().flat_map(|found| MEASURES.iter().map(move |measure| row(found, measure))).collect(),
    }
}

/// A sentence on how many networks stopped before they reached the loss.
fn missed(found: &[(Choice, Vec<Moved>)]) -> String {
    let all: Vec<&Moved> = found.iter().flat_map(|(_, moved)| moved).collect();
    let missed = all.iter().filter(|moved| !moved.reached).count();
    format!(
        "{missed} of {} recurrent networks stopped after {MAX_STEPS} steps before they reached the loss.",
        all.len()
    )
}

/// The settings that are compared, each with all seeds.
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

/// A setting with the alignments of a layer of tanh and of one of ReLU.
type Pair = (Setting, Alignments, Alignments);

/// Trains pair kinds of layer on each setting.
fn train_pairs(settings: &[Setting], threads: usize) -> Result<Vec<Pair>> {
    let mut pairs: Vec<Option<Pair>> = vec![None; settings.len()];
    share::blocks(threads, &mut pairs, 1, |place, pair| {
        let setting = settings[place];
        pair[0] = Some((setting, geometry::learn(setting, Curve::Tanh)?, geometry::learn(setting, Curve::Relu)?));
        Ok(())
    })?;
    Ok(pairs.into_iter().flatten().collect())
}

/// The table of alignments, a row for each setting.
fn geometry_table(pairs: &[Pair]) -> Table {
    let same = |a: &Pair, b: &Pair| Setting { seed: 0, ..a.0 } == Setting { seed: 0, ..b.0 };
    let rows = pairs.chunk_by(same).map(|group| {
        let spread = |of: &dyn Fn(&Pair) -> f64| Cell::spread(&group.iter().map(of).collect::<Vec<_>>());
        let Setting { bits, parity, apart, .. } = group[0].0;
        vec![
            Cell::Whole(bits.into()),
            Cell::text(if parity { "parity" } else { "one bit" }),
            Cell::Number(apart),
            spread(&|pair| pair.1.target),
            spread(&|pair| pair.2.target),
            spread(&|pair| pair.1.input),
            spread(&|pair| pair.2.input),
            spread(&|pair| pair.1.loss),
            spread(&|pair| pair.2.loss),
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

/// A sentence on how many pairs of networks compare as was published.
fn wins(pairs: &[Pair]) -> String {
    let apart: Vec<&Pair> = pairs.iter().filter(|pair| pair.0.parity && pair.0.apart > 0.0).collect();
    let count = |of: fn(&Pair) -> bool| apart.iter().filter(|pair| of(pair)).count();
    let target = count(|(_, tanh, relu)| tanh.target > relu.target);
    let input = count(|(_, tanh, relu)| relu.input > tanh.input);
    let of = apart.len();
    format!(
        "Where a parity is asked of states apart, tanh is nearer to the answers than ReLU in {target} of {of} pairs of networks, and ReLU nearer to the inputs in {input}."
    )
}
