//! The study `neuropil train pruning`: its tables and picture.

use std::ops::ControlFlow;

use crate::error::Result;
use crate::train::fit::{AdamW, Method, Moment, OneCycle, Progress, Schedule, Settings, Split, Trainer};
use crate::train::pruning::curve::{Curves, Judge, NETWORKS, Point, Rule, accuracy_at};
use crate::train::pruning::hidden::{Hidden, Network, Relus, Spiking};
use crate::train::pruning::predictor::Predictor;
use crate::train::study::{Asked, Cell, Report, Step, Study, Table, Takes, Watch};
use crate::train::tasks::{self, Ready, Task};

/// The study of [dynamic pruning](super).
pub const STUDY: Study = Study {
    name: "pruning",
    about: "dynamic pruning: only hidden units are computed that are predicted to fire; accuracy against operations",
    takes: &[Takes::Data, Takes::Samples, Takes::Epochs, Takes::Hidden, Takes::Seeds],
    run,
};

/// Shares of units, or of weights, that are kept: the points of each curve.
pub const SHARES: [f64; 9] = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0];
/// The share of operations at which accuracies are compared.
const HALF: f64 = 0.5;
/// What a predictor may cost, as a share of the operations of the hidden layer.
const PREDICTOR_SHARE: f64 = 0.1;
/// The highest rank of a predictor.
const HIGHEST_RANK: f64 = 16.0;
/// The penalty on the map of full rank of a predictor.
const ALPHA: f64 = 1.0;
/// The largest number of samples that a predictor is fitted to.
const FITTED: usize = 4000;
/// How many seeds are run where none are asked for and no data are given.
const SEEDS: usize = 5;

/// Runs the study: for each seed trains both networks, and judges them by all rules.
fn run(asked: &Asked<'_>, watch: &mut Watch<'_>) -> Result<Report> {
    let seeds = asked.all_seeds(if asked.data.is_some() { 1 } else { SEEDS })?;
    let mut all: [Vec<Curves>; 2] = [Vec::new(), Vec::new()];
    let mut report = Report::default();
    for (place, &seed) in seeds.iter().enumerate() {
        let ready = ready(asked, seed)?;
        let mut watched = Watched { watch: &mut *watch, place: 2 * place, of: 2 * seeds.len(), ended: false };
        let spiking = spiking(&ready, asked.threads, &mut watched)?;
        if watched.ended {
            report.interrupted = true;
            break;
        }
        let first = curves(&spiking, &ready, seed)?;
        watched.place += 1;
        let relus = relus(&ready, &mut watched)?;
        if watched.ended {
            report.interrupted = true;
            break;
        }
        all[0].push(first);
        all[1].push(curves(&relus, &ready, seed)?);
        if watch(Step { done: 1000 * (2 * place as u64 + 2), of: 2000 * seeds.len() as u64, words: "judged" })
            .is_break()
        {
            report.interrupted = place + 1 < seeds.len();
            break;
        }
    }
    if all[1].is_empty() {
        return Ok(report);
    }
    for (name, runs) in NETWORKS.into_iter().zip(&all) {
        report.tables.push(half_table(name, runs));
        report.tables.push(point_table(name, runs));
    }
    report.files.extend(super::picture::files(&all)?);
    Ok(report)
}

/// The task of a seed: digits, or MNIST where its files are named.
fn ready(asked: &Asked<'_>, seed: u64) -> Result<Ready<f32>> {
    let task = if asked.data.is_some() { Task::MnistLatency } else { Task::Digits };
    let hidden = asked.hidden.map(|_| Asked::within("--hidden", asked.hidden, 0, (2, 4096))).transpose()?;
    let epochs = asked.epochs.map(|_| Asked::within("--epochs", asked.epochs, 0, (1, 10_000))).transpose()?;
    let samples = asked.samples.map(|_| Asked::within("--samples", asked.samples, 0, (10, 10_000_000))).transpose()?;
    let asked = tasks::Asked {
        data: asked.data.map(std::path::Path::to_path_buf),
        samples,
        epochs: epochs.map(|epochs| epochs as u32),
        hidden: hidden.map(|hidden| hidden as u32),
        seed: Some(seed),
        ..tasks::Asked::default()
    };
    tasks::ready(task, &asked)
}

/// Reports the progress of trainings to the study's [`Watch`].
struct Watched<'a, 'w> {
    watch: &'a mut Watch<'w>,
    /// Trainings that are done.
    place: usize,
    /// All trainings.
    of: usize,
    /// Whether the watch has asked for an end.
    ended: bool,
}

impl Progress for Watched<'_, '_> {
    fn step(&mut self, moment: &Moment) {
        let whole = u64::from(moment.epochs) * u64::from(moment.steps);
        let done = u64::from(moment.epoch - 1) * u64::from(moment.steps) + u64::from(moment.step);
        let done = 1000 * self.place as u64 + 1000 * done / whole.max(1);
        let answer = (self.watch)(Step { done, of: 1000 * self.of as u64, words: NETWORKS[self.place % 2] });
        self.ended |= answer == ControlFlow::Break(());
    }

    fn stop(&mut self) -> bool {
        self.ended
    }
}

/// The network of spiking neurons, trained as its task says.
fn spiking<'a>(ready: &'a Ready<f32>, threads: usize, watched: &mut Watched<'_, '_>) -> Result<Spiking<'a>> {
    let split = Split { validation: Vec::new(), ..ready.split.clone() };
    let mut trainer = Trainer::new(ready.parameters.clone(), ready.settings.clone(), split)?;
    trainer.run(&mut ready.learning(threads)?, None, watched)?;
    Spiking::new(ready, trainer.into_parameters(), threads)
}

/// A network with as many ReLUs, trained on the same samples in half the epochs.
fn relus<'a>(ready: &'a Ready<f32>, watched: &mut Watched<'_, '_>) -> Result<Relus<'a>> {
    let seed = ready.settings.seed;
    let mut relus = Relus::new(&ready.samples, ready.net.layers()[0].neurons.units(), seed)?;
    let settings = Settings {
        model: "ReLUs".into(),
        epochs: ready.settings.epochs.div_ceil(2),
        batch_size: ready.settings.batch_size,
        seed,
        optimiser: Method::AdamW(AdamW { lr: 3e-3, ..AdamW::default() }),
        schedule: Schedule::OneCycle(OneCycle::default()),
        ..Settings::default()
    };
    let split = Split { validation: Vec::new(), ..ready.split.clone() };
    let mut trainer = Trainer::new(relus.parameters().clone(), settings, split)?;
    trainer.run(&mut relus, None, watched)?;
    Ok(relus.with(trainer.into_parameters()))
}

/// The curves of a network, judged by the samples for validation.
fn curves(network: &dyn Network, ready: &Ready<f32>, seed: u64) -> Result<Curves> {
    let learned = &ready.split.train[..ready.split.train.len().min(FITTED)];
    let learned = network.hidden(learned)?;
    let [_, units] = learned.shape();
    let rank = affordable_rank(&learned).min(units);
    let predictor = Predictor::fit(&learned.inputs, &learned.effect, rank, ALPHA)?;
    let busy = mean_effects(&learned);
    let samples = &ready.split.validation;
    let labels: Vec<u32> = samples.iter().map(|&sample| ready.samples.labels()[sample as usize]).collect();
    let hidden = network.hidden(samples)?;
    let judge = Judge { network, predictor: &predictor, busy: &busy, samples, labels: &labels, seed };
    Rule::ALL.into_iter().map(|rule| Ok((rule, judge.points(rule, &hidden, &SHARES)?))).collect()
}

/// The rank, from 1 to [`HIGHEST_RANK`], of a predictor that costs [`PREDICTOR_SHARE`] of the hidden layer's operations
/// in the mean.
fn affordable_rank(hidden: &Hidden) -> usize {
    let [samples, units] = hidden.shape();
    let nonzero = hidden.inputs.data().iter().filter(|value| **value != 0.0).count() as f64 / samples as f64;
    let layer: u64 = hidden.costs.iter().map(|cost| units as u64 * (cost.arriving + cost.updates)).sum();
    (PREDICTOR_SHARE * layer as f64 / samples as f64 / (nonzero + units as f64)).clamp(1.0, HIGHEST_RANK) as usize
}

/// The mean effect of each unit over the samples.
fn mean_effects(hidden: &Hidden) -> Vec<f64> {
    let [samples, units] = hidden.shape();
    let mut sums = vec![0.0; units];
    for row in hidden.effect.data().chunks(units) {
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value / samples as f64);
    }
    sums
}

/// The table of accuracy, and of what is lost of it, at half of the operations.
fn half_table(name: &str, runs: &[Curves]) -> Table {
    let row = |(k, rule): (usize, Rule)| {
        let of = |curves: &Curves| {
            accuracy_at(&curves[k].1, HALF).map(|accuracy| (accuracy, full_accuracy(curves) - accuracy))
        };
        let found: Option<Vec<(f64, f64)>> = runs.iter().map(of).collect();
        let cell = |of: fn(&(f64, f64)) -> f64| match &found {
            Some(found) => Cell::spread(&found.iter().map(of).map(|share| 100.0 * share).collect::<Vec<_>>()),
            None => Cell::None,
        };
        vec![Cell::text(rule.name()), cell(|pair| pair.0), cell(|pair| pair.1)]
    };
    Table {
        title: format!("{name}: at half of the operations"),
        head: vec!["what is computed", "right (%)", "lost (points)"],
        rows: Rule::ALL.into_iter().enumerate().map(row).collect(),
    }
}

/// The accuracy of the whole network: of the last point of [`Rule::Oracle`], which keeps all units; NaN without points.
fn full_accuracy(curves: &Curves) -> f64 {
    let oracle = curves.iter().find(|(rule, _)| *rule == Rule::Oracle);
    oracle.and_then(|(_, points)| points.last()).map_or(f64::NAN, |point| point.accuracy)
}

/// The table of all points: operations and right answers, both in percent.
fn point_table(name: &str, runs: &[Curves]) -> Table {
    let cell = |k: usize, place: usize, of: fn(&Point) -> f64| {
        let values = runs.iter().filter_map(|curves| curves[k].1.get(place)).map(of);
        let values: Vec<f64> = values.collect();
        Cell::Percent(values.iter().sum::<f64>() / values.len() as f64)
    };
    let row = |(place, share): (usize, f64)| {
        let each = (0..Rule::ALL.len())
            .flat_map(|k| [cell(k, place, |point| point.operations), cell(k, place, |point| point.accuracy)]);
        std::iter::once(Cell::Percent(share)).chain(each).collect()
    };
    Table {
        title: format!("{name}: operations and right answers, by the share of units (of weights) that stays"),
        head: vec![
            "stays",
            "predicted",
            "right",
            "true",
            "right",
            "busiest",
            "right",
            "random",
            "right",
            "largest weights",
            "right",
        ],
        rows: SHARES.into_iter().enumerate().map(row).collect(),
    }
}
