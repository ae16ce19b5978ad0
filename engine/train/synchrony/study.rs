//! The study `neuropil train synchrony`: its tables and picture.

use std::ops::ControlFlow;

use super::net::{Read, Ticking};
use super::reservoir::{Features, Scores, readout_scores};
use crate::error::{Error, Result};
use crate::train::drawn::{self, Curve, Curves};
use crate::train::endless::{Course, at_once, learn, unseen};
use crate::train::study::{Asked, Cell, File, Report, Study, Table, Takes, Watch};

/// Synchrony as what a readout reads of a network, and of a spiking reservoir.
pub const STUDY: Study = Study {
    name: "synchrony",
    about: "synchrony of pairs as what is read: parity in ticks, and a spiking reservoir",
    takes: &[Takes::Samples, Takes::BatchSize, Takes::Lr, Takes::Hidden, Takes::Steps, Takes::Seeds, Takes::Full],
    run,
};

/// The largest product of ticks and neurons, which takes half a gigabyte for each thread.
const MAX_TICKS_BY_NEURONS: usize = 100_000;
/// The number of samples that a network is judged by.
const JUDGED: u64 = 4096;

/// A network to be trained, or the seed of a reservoir.
enum Job {
    Net(Ticking, Course),
    Reservoir(u64),
}

/// What a [`Job`] gives.
enum Done {
    Net { accuracy: f64, curve: Vec<(u64, f64)> },
    Reservoir(Vec<Scores>),
}

impl Job {
    /// Trains and judges the network, or plays the reservoir.
    fn run(&self) -> Result<Done> {
        match self {
            Job::Reservoir(seed) => Ok(Done::Reservoir(readout_scores(*seed)?)),
            Job::Net(net, course) => {
                let learned = learn::<f32>(net, course, &mut || ControlFlow::Continue(()))?;
                let accuracy = unseen(net, &learned.parameters, JUDGED, 1)?.accuracy();
                Ok(Done::Net { accuracy, curve: learned.curve })
            }
        }
    }
}

/// Runs the study: networks and reservoirs, as many at once as there are threads.
fn run(asked: &Asked<'_>, watch: &mut Watch<'_>) -> Result<Report> {
    let seeds = asked.all_seeds(3)?;
    let neurons = Asked::within("--hidden", asked.hidden, 32, (1, 1000))?;
    let batch = Asked::within("--batch-size", asked.batch_size, 64, (1, 4096))? as u64;
    let samples = Asked::within("--samples", asked.samples, 64_000, (1, 1_000_000_000))? as u64;
    let ticks = Asked::within("--steps", asked.steps, 15, (1, 1000))?;
    if ticks * neurons > MAX_TICKS_BY_NEURONS {
        let problem = format!("{ticks} ticks of {neurons} neurons take too much memory; take less of one");
        return Err(Error::invalid("--steps and --hidden", problem));
    }
    let lr = asked.rate(0.005)?;
    let sizes: &[(usize, u64)] = if asked.full { &[(8, 1), (16, 4)] } else { &[(8, 1)] };
    let mut jobs = Vec::new();
    for &(bits, times) in sizes {
        for read in [Read::Synchrony, Read::State] {
            for &seed in &seeds {
                let net = Ticking { bits, neurons, memory: 6, hidden: 4, ticks, read, seed };
                let updates = (samples * times).div_ceil(batch);
                jobs.push(Job::Net(net, Course { updates, batch, lr, clip: 1.0, seed, threads: 1 }));
            }
        }
    }
    jobs.extend(seeds.iter().map(|&seed| Job::Reservoir(seed)));
    let (done, interrupted) = at_once(&jobs, asked.threads, "networks learn", watch, Job::run)?;
    let mut report = Report { interrupted, ..Report::default() };
    let groups = network_groups(&jobs, &done);
    report
        .tables
        .extend([net_table(&groups), reservoir_table(&done)].into_iter().filter(|table| !table.rows.is_empty()));
    if !groups.is_empty() {
        report.files.extend(picture(&groups)?);
    }
    Ok(report)
}

/// The accuracies, and their courses over updates, of networks of one kind and different seeds.
struct Group {
    net: Ticking,
    updates: u64,
    accuracies: Vec<f64>,
    curves: Vec<Vec<(u64, f64)>>,
}

/// The networks among the jobs that are done, grouped by kind.
fn network_groups(jobs: &[Job], done: &[Done]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (job, own) in jobs.iter().zip(done) {
        let (Job::Net(net, course), Done::Net { accuracy, curve }) = (job, own) else { continue };
        let same = |group: &&mut Group| (group.net.bits, group.net.read) == (net.bits, net.read);
        match groups.last_mut().filter(same) {
            Some(group) => {
                group.accuracies.push(*accuracy);
                group.curves.push(curve.clone());
            }
            None => groups.push(Group {
                net: *net,
                updates: course.updates,
                accuracies: vec![*accuracy],
                curves: vec![curve.clone()],
            }),
        }
    }
    groups
}

/// The name of what is read in the table and the picture.
fn name(read: Read) -> &'static str {
    match read {
        Read::Synchrony => "synchrony of pairs",
        Read::State => "state",
    }
}

/// The table of networks, a row for each group.
fn net_table(groups: &[Group]) -> Table {
    let row = |group: &Group| {
        let least = group.accuracies.iter().copied().fold(1.0, f64::min);
        let most = group.accuracies.iter().copied().fold(0.0, f64::max);
        vec![
            Cell::Whole(group.net.bits as u64),
            Cell::Whole(group.net.ticks as u64),
            Cell::text(name(group.net.read)),
            Cell::Whole(group.updates),
            Cell::Percent(group.accuracies.iter().sum::<f64>() / group.accuracies.len() as f64),
            Cell::Percent(least),
            Cell::Percent(most),
        ]
    };
    Table {
        title: "Parity, right answers in the most certain tick".into(),
        head: vec!["bits", "ticks", "read", "updates", "right answers", "least", "most"],
        rows: groups.iter().map(row).collect(),
    }
}

/// The table of the reservoir, a row for each kind of features; without rows where none was played.
fn reservoir_table(done: &[Done]) -> Table {
    let all: Vec<&Vec<Scores>> = done
        .iter()
        .filter_map(|own| match own {
            Done::Reservoir(scores) => Some(scores),
            Done::Net { .. } => None,
        })
        .collect();
    let row = |(place, kind): (usize, &Features)| {
        let spread =
            |of: &dyn Fn(&Scores) -> f64| Cell::spread(&all.iter().map(|own| of(&own[place])).collect::<Vec<_>>());
        let share = |of: &dyn Fn(&Scores) -> f64| {
            Cell::Percent(all.iter().map(|own| of(&own[place])).sum::<f64>() / all.len() as f64)
        };
        vec![
            Cell::text(kind.name()),
            share(&|own| own.parity[0]),
            share(&|own| own.parity[1]),
            spread(&|own| own.memory),
            spread(&|own| own.narma),
        ]
    };
    let rows = if all.is_empty() { Vec::new() } else { Features::ALL.iter().enumerate().map(row).collect() };
    Table {
        title: "A spiking reservoir of 200 neurons, readouts by ridge regression".into(),
        head: vec!["readout of", "parity of 3 bits", "a step later", "memory of 20 delays", "NARMA-10, NRMSE"],
        rows,
    }
}

/// The picture of right answers over updates, the mean of seeds, a panel for each number of bits.
fn picture(groups: &[Group]) -> Result<Vec<File>> {
    let mut panels: Vec<Curves> = Vec::new();
    for group in groups {
        let length = group.curves.iter().map(Vec::len).min().unwrap_or(0);
        let mean = |place: usize| group.curves.iter().map(|own| own[place].1).sum::<f64>() / group.curves.len() as f64;
        let share = |place: usize| group.curves[0][place].0 as f64 / group.updates as f64;
        let points = (0..length).map(|place| (100.0 * share(place), 100.0 * mean(place))).collect();
        let curve = Curve { name: name(group.net.read).into(), points };
        let up = format!("parity of {} bits: right (%)", group.net.bits);
        match panels.last_mut().filter(|panel| panel.up == up) {
            Some(panel) => panel.curves.push(curve),
            None => panels.push(Curves { across: "share of the learning (%)".into(), up, curves: vec![curve] }),
        }
    }
    drawn::stacked("synchrony.png", &panels, "Parity in ticks: what is read of the same network")
}
