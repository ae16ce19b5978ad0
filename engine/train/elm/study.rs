//! The study `neuropil train elm`: its networks, table and picture.

use std::ops::ControlFlow;

use super::cell::{Cell, Net};
use super::gru::Gru;
use super::lif::Lif;
use super::neuron::Elm;
use super::task::{Kind, Task};
use crate::error::{Error, Result};
use crate::train::drawn::{self, Curve, Curves};
use crate::train::endless::{Course, Learned, at_once, learn, unseen};
use crate::train::study::{Asked, Cell as TableCell, File, Report, Study, Table, Takes, Watch};

/// The study `elm`; see [`super`].
pub const STUDY: Study = Study {
    name: "elm",
    about: "ELM neuron, GRU and LIF neurons of as many parameters: adding and delayed copy over a gap",
    takes: &[Takes::Samples, Takes::BatchSize, Takes::Lr, Takes::Hidden, Takes::Steps, Takes::Seeds, Takes::Full],
    run,
};

/// Channels of the tasks.
const CHANNELS: usize = 20;
/// Samples that the accuracy of a trained network is measured on.
const JUDGED: u64 = 2048;
/// Steps of a gap times memories, at most: it keeps a thread at about a gigabyte.
const MAX_GAP_TIMES_MEMORIES: usize = 500_000;
/// Time constants that are tried for LIF neurons, in steps.
const TAU: [f64; 3] = [20.0, 100.0, 500.0];
/// The longest time constant of the GRU's biases, in steps.
const LONGEST: f64 = 500.0;

/// A kind of network that takes part in the comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Contestant {
    /// The ELM neuron.
    Elm,
    /// A GRU with PyTorch's initial biases, or with biases for times up to so many steps.
    Gru(Option<f64>),
    /// LIF neurons with this membrane time constant, in steps.
    Lif(f64),
}

impl Contestant {
    /// All kinds, in the order of the table.
    fn all() -> Vec<Contestant> {
        [Contestant::Elm, Contestant::Gru(Some(LONGEST)), Contestant::Gru(None)]
            .into_iter()
            .chain(TAU.map(Contestant::Lif))
            .collect()
    }

    /// The name in the table.
    fn name(self) -> String {
        match self {
            Contestant::Elm => "ELM neuron".into(),
            Contestant::Gru(None) => "GRU".into(),
            Contestant::Gru(Some(longest)) => format!("GRU, biases for 1 to {longest} steps"),
            Contestant::Lif(tau) => format!("LIF, tau {tau} steps"),
        }
    }
}

/// The largest number of units whose parameters, `count(units)` of them, are at most `budget`; at least 1.
fn largest_units(budget: usize, count: impl Fn(usize) -> usize) -> usize {
    (1..10_000).take_while(|&units| count(units) <= budget).last().unwrap_or(1)
}

/// One network that learns one task.
struct Job {
    kind: Contestant,
    task: Task,
    /// Steps of silence in the task.
    gap: usize,
    course: Course,
    /// Memories of the ELM neuron, which set the number of parameters of all networks.
    memories: usize,
}

/// The result of a [`Job`].
struct Done {
    parameters: usize,
    /// The share of right answers of samples that nothing was learned from.
    accuracy: f64,
    /// (updates, accuracy) over the learning.
    curve: Vec<(u64, f64)>,
    /// Updates that were left out, as their gradient was not finite.
    skipped: u64,
}

impl Done {
    /// The number of updates until this share of answers was right during learning, if it ever was.
    fn until(&self, share: f64) -> Option<f64> {
        self.curve.iter().find(|point| point.1 >= share).map(|point| point.0 as f64)
    }
}

impl Job {
    /// The number of parameters of an ELM neuron with as many branches as memories: other networks have at most as
    /// many.
    fn parameter_budget(&self) -> usize {
        let (d, classes) = (self.memories, self.task.kind().classes());
        d * CHANNELS.div_ceil(2) + 2 * d * (2 * d + 1) + d * (2 * d + 1) + classes * (d + 1)
    }

    /// Trains and judges the network.
    fn run(&self) -> Result<Done> {
        let (classes, budget) = (self.task.kind().classes(), self.parameter_budget());
        let gru = largest_units(budget, |h| 3 * h * (CHANNELS + h + 2) + classes * (h + 1));
        let lif = largest_units(budget, |h| h * (CHANNELS + h + 1) + classes * (h + 1));
        match self.kind {
            Contestant::Elm => self.learn(Elm::new(CHANNELS, self.memories, self.memories, self.course.seed)?),
            Contestant::Gru(longest) => self.learn(Gru::new(CHANNELS, gru, longest)?),
            Contestant::Lif(tau) => self.learn(Lif::new(CHANNELS, lif, tau)?),
        }
    }

    /// Trains and judges a network of this cell.
    fn learn<C: Cell<f32>>(&self, cell: C) -> Result<Done> {
        let net = Net { cell, task: self.task.clone() };
        let learned: Learned<f32> = learn(&net, &self.course, &mut || ControlFlow::Continue(()))?;
        let judged = unseen(&net, &learned.parameters, JUDGED, 1)?;
        let synapses = learned.parameters.iter().map(|own| match own.name() {
            // Synapses that exist: the others are masked.
            "synapses" => self.memories * CHANNELS.div_ceil(2),
            _ => own.value().data().len(),
        });
        let Learned { curve, skipped, .. } = learned;
        Ok(Done { parameters: synapses.sum(), accuracy: judged.accuracy(), curve, skipped })
    }
}

/// Trains each network on each task, with each gap and seed.
fn run(asked: &Asked<'_>, watch: &mut Watch<'_>) -> Result<Report> {
    let seeds = asked.all_seeds(if asked.full { 3 } else { 1 })?;
    let memories = Asked::within("--hidden", asked.hidden, 16, (1, 200))?;
    let batch = Asked::within("--batch-size", asked.batch_size, 64, (1, 4096))? as u64;
    let samples = Asked::within("--samples", asked.samples, 51_200, (1, 100_000_000))? as u64;
    let gaps = match (asked.steps, asked.full) {
        (None, true) => vec![100, 300],
        _ => vec![Asked::within("--steps", asked.steps, 300, (0, 10_000))?],
    };
    if let Some(gap) = gaps.iter().find(|&&gap| gap * memories > MAX_GAP_TIMES_MEMORIES) {
        let problem = format!("{gap} steps with {memories} memories take too much memory; take less of one");
        return Err(Error::invalid("--steps and --hidden", problem));
    }
    let lr = asked.rate(0.02)?;
    let mut jobs = Vec::new();
    for kind in Kind::ALL {
        for &gap in &gaps {
            for own in Contestant::all() {
                for &seed in &seeds {
                    let task = Task::new(kind, gap, CHANNELS, seed)?;
                    let updates = samples.div_ceil(batch);
                    // Of 0.01 and 0.02 the one with which each learned best.
                    let lr = if own == Contestant::Elm || asked.lr.is_some() { lr } else { lr / 2.0 };
                    let course = Course { updates, batch, lr, clip: 1.0, seed, threads: 1 };
                    jobs.push(Job { kind: own, task, gap, course, memories });
                }
            }
        }
    }
    let (done, interrupted) = at_once(&jobs, asked.threads, "networks learn", watch, Job::run)?;
    report(&jobs, &done, interrupted)
}

/// The table and picture of what was done, over seeds.
fn report(jobs: &[Job], done: &[Done], interrupted: bool) -> Result<Report> {
    let mut report = Report { interrupted, ..Report::default() };
    let head = vec![
        "task",
        "gap",
        "network",
        "parameters",
        "right answers",
        "least",
        "most",
        "updates until 80 %",
        "updates left out",
    ];
    let mut table =
        Table { title: "Right answers of samples that nothing was learned from".into(), head, rows: Vec::new() };
    let mut groups: Vec<(&Job, Vec<&Done>)> = Vec::new();
    for (job, own) in jobs.iter().zip(done) {
        match groups.last_mut() {
            Some((first, all))
                if first.kind == job.kind && first.gap == job.gap && first.task.kind() == job.task.kind() =>
            {
                all.push(own);
            }
            _ => groups.push((job, vec![own])),
        }
    }
    for (job, all) in &groups {
        let accuracies: Vec<f64> = all.iter().map(|own| own.accuracy).collect();
        let mean = accuracies.iter().sum::<f64>() / accuracies.len() as f64;
        table.rows.push(vec![
            TableCell::text(job.task.kind().name()),
            TableCell::Whole(job.gap as u64),
            TableCell::text(job.kind.name()),
            TableCell::Whole(all.first().map_or(0, |own| own.parameters as u64)),
            TableCell::Percent(mean),
            TableCell::Percent(accuracies.iter().copied().fold(1.0, f64::min)),
            TableCell::Percent(accuracies.iter().copied().fold(0.0, f64::max)),
            TableCell::spread(&all.iter().filter_map(|own| own.until(0.8)).collect::<Vec<_>>()),
            TableCell::Whole(all.iter().map(|own| own.skipped).sum()),
        ]);
    }
    if groups.is_empty() {
        return Ok(report);
    }
    report.tables.push(table);
    let chance = Kind::ALL.map(|kind| format!("{:.1} % of {}", 100.0 * kind.chance(), kind.name()));
    report.words.push(format!("Who always gives the likeliest answer is right in {}.", chance.join(" and ")));
    report.files.extend(picture(&groups)?);
    Ok(report)
}

/// The file `elm.png`: right answers over updates at the longest gap, a panel for each task; none without the feature
/// `pictures`.
fn picture(groups: &[(&Job, Vec<&Done>)]) -> Result<Vec<File>> {
    let longest = groups.iter().map(|(job, _)| job.gap).max().unwrap_or(0);
    let panel = |kind: Kind| {
        let own = groups.iter().filter(|(job, _)| job.task.kind() == kind && job.gap == longest);
        let curve = |(job, all): &(&Job, Vec<&Done>)| {
            let length = all.iter().map(|own| own.curve.len()).min().unwrap_or(0);
            let mean = |place: usize| all.iter().map(|own| own.curve[place].1).sum::<f64>() / all.len() as f64;
            let points = (0..length).map(|place| (all[0].curve[place].0 as f64, 100.0 * mean(place))).collect();
            Curve { name: short_name(job.kind), points }
        };
        Curves { across: "updates".into(), up: format!("{}: right (%)", kind.name()), curves: own.map(curve).collect() }
    };
    let panels: Vec<Curves> = Kind::ALL.map(panel).into_iter().filter(|panel| !panel.curves.is_empty()).collect();
    let title = format!("A gap of {longest} steps, networks of as many parameters");
    drawn::stacked("elm.png", &panels, &title)
}

/// The short name in the picture.
fn short_name(kind: Contestant) -> String {
    match kind {
        Contestant::Elm => "ELM".into(),
        Contestant::Gru(None) => "GRU".into(),
        Contestant::Gru(Some(_)) => "GRU, long biases".into(),
        Contestant::Lif(tau) => format!("LIF {tau}"),
    }
}
