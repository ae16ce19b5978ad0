//! The study `neuropil train control`: its tables and picture.

use std::ops::ControlFlow;

use crate::error::{Error, Result};
use crate::train::control::closed::{Run, follow};
use crate::train::control::controller::{Controller, Net, Pi};
use crate::train::control::course::Course;
use crate::train::control::engine;
use crate::train::control::learn::{Steering, best, net, parameters, pi_grid, tracking_errors};
use crate::train::control::plant::Neuropil;
use crate::train::fit::{
    Adam, Clip, EarlyStopping, Ended, Method, Moment, OneCycle, Progress, Schedule, Settings, Split, Trainer,
};
use crate::train::study::{Asked, Cell, Report, Step, Study, Table, Takes, Watch};

/// The study `control`; see [`super`].
pub const STUDY: Study = Study {
    name: "control",
    about: "closed loop: a controller learned through the simulator holds a population's rate, against a tuned PI controller",
    takes: &[Takes::Epochs, Takes::Hidden, Takes::Seeds],
    run,
};

/// Neurons of the population.
const NEURONS: u32 = 100;
/// Windows of a course.
const WINDOWS: usize = 60;
/// Hidden units of the controller, unless others are asked for.
const HIDDEN: usize = 16;
/// Courses that are learned from.
const LEARNED: u64 = 32;
/// Courses that are held out, unless another number is asked for.
const HELD: usize = 10;
/// Of the courses that are learned from, those that the best epoch is chosen by.
const CHOSEN: u32 = 8;
/// Epochs, unless another number is asked for.
const EPOCHS: usize = 60;
/// The first seed of courses that are learned from, and of those held out.
const SEEDS: [u64; 2] = [1_000_000, 2_000_000];
/// The largest seed whose courses to learn from have smaller seeds than all courses that are held out.
const LAST: u64 = 31_000;
/// Courses held out that the engine plays, too.
const PLAYED: usize = 3;

/// Reports the progress of learning to `watch`, as nine tenths of the whole study.
struct Learning<'a, 'w> {
    watch: &'a mut Watch<'w>,
    ended: bool,
}

impl Progress for Learning<'_, '_> {
    fn step(&mut self, moment: &Moment) {
        let of = u64::from(moment.epochs) * u64::from(moment.steps);
        let done = u64::from(moment.epoch - 1) * u64::from(moment.steps) + u64::from(moment.step);
        let step = Step { done: 900 * done / of.max(1), of: 1000, words: "learning through the population" };
        self.ended |= (self.watch)(step) == ControlFlow::Break(());
    }

    fn stop(&mut self) -> bool {
        self.ended
    }
}

/// Learns the network, tunes both PI controllers, and compares them.
fn run(asked: &Asked<'_>, watch: &mut Watch<'_>) -> Result<Report> {
    let hidden = Asked::within("--hidden", asked.hidden, HIDDEN, (1, 1024))?;
    let epochs = Asked::within("--epochs", asked.epochs, EPOCHS, (1, 100_000))?;
    let (learned, held) = courses(asked)?;
    let plant = Neuropil::new(NEURONS, asked.seed)?;
    let mut report = Report::default();
    let first = parameters(hidden, asked.seed)?;
    let task = Steering { plant: &plant, courses: &learned, threads: asked.threads };
    let mut learning = Learning { watch, ended: false };
    let (ended, trained) = train(task, first.clone(), epochs, asked.seed, &mut learning)?;
    let Learning { watch, .. } = learning;
    let mut goes_on = |done: u64, words: &str| watch(Step { done, of: 1000, words }).is_continue();
    report.interrupted = ended == Ended::Stopped || !goes_on(900, "gains of a PI controller");
    if report.interrupted {
        return Ok(report);
    }
    let (pi, _) = best(&plant, &pi_grid(false), &learned, asked.threads)?;
    report.interrupted = !goes_on(910, "gains of one that is told the set point");
    if report.interrupted {
        return Ok(report);
    }
    let (forward, _) = best(&plant, &pi_grid(true), &learned, asked.threads)?;
    let found = Controllers { pi, forward, first: net(&first)?, trained: net(&trained)? };
    found.report(&mut report, &plant, (&learned, &held), asked.threads)?;
    Ok(report)
}

/// Courses that are learned from, and courses that are held out.
///
/// # Errors
/// A seed above [`LAST`], with which the former would be among the latter.
fn courses(asked: &Asked<'_>) -> Result<(Vec<Course>, Vec<Course>)> {
    if asked.seed > LAST {
        let problem = format!("it must be at most {LAST} here, so that no course held out is learned from");
        return Err(Error::invalid("--seed", problem));
    }
    let held = Asked { seed: SEEDS[1] + asked.seed, ..asked.clone() }.all_seeds(HELD)?;
    let learned = (0..LEARNED).map(|course| SEEDS[0] + asked.seed * LEARNED + course);
    let drawn = |seed: u64| Course::drawn(WINDOWS, seed);
    Ok((learned.map(drawn).collect::<Result<_>>()?, held.into_iter().map(drawn).collect::<Result<_>>()?))
}

/// The controllers that are compared: PI without and with feedforward, the network before and after learning.
struct Controllers {
    pi: Pi,
    forward: Pi,
    first: Net,
    trained: Net,
}

impl Controllers {
    /// Adds tables, a sentence and pictures of all controllers to `report`.
    fn report(
        &self,
        report: &mut Report,
        plant: &Neuropil,
        (learned, held): (&[Course], &[Course]),
        threads: usize,
    ) -> Result<()> {
        let all: [(&str, &dyn Controller); 4] = [
            ("PI", &self.pi),
            ("PI and the set point", &self.forward),
            ("two layers, drawn", &self.first),
            ("two layers, learned", &self.trained),
        ];
        let errors =
            |controller: &dyn Controller, courses: &[Course]| tracking_errors(plant, controller, courses, threads);
        let mut found = Vec::new();
        for (name, controller) in all {
            found.push((name, errors(controller, learned)?, errors(controller, held)?));
        }
        report.tables.push(table(&found));
        report.tables.push(gains(&self.pi, &self.forward));
        report.tables.push(played(plant, &self.trained, &held[..held.len().min(PLAYED)])?);
        report.words.push(better(&found));
        let runs = |controller: &dyn Controller| follow(&mut plant.begin(1)?, controller, &held[..1]);
        let (learned, pi) = (runs(&self.trained)?, runs(&self.forward)?);
        report.files.extend(super::picture::files(&held[0], &learned[0], &pi[0])?);
        Ok(())
    }
}

type Weights = crate::train::fit::Parameters<f64>;

/// Trains the network from its initial weights `first`: how training ended, and the weights of the best epoch.
fn train(
    mut task: Steering<'_>,
    first: Weights,
    epochs: usize,
    seed: u64,
    learning: &mut Learning<'_, '_>,
) -> Result<(Ended, Weights)> {
    let settings = Settings {
        model: "controller".into(),
        epochs: epochs as u32,
        batch_size: 8,
        seed,
        optimiser: Method::Adam(Adam { lr: 1e-2, ..Adam::default() }),
        schedule: Schedule::OneCycle(OneCycle::default()),
        clip: Some(Clip::Norm(1.0)),
        // The weights of the best epoch are kept.
        early_stopping: Some(EarlyStopping { patience: epochs as u32, ..EarlyStopping::default() }),
        ..Settings::default()
    };
    let courses = task.courses.len() as u32;
    let split = Split {
        train: (0..courses - CHOSEN).collect(),
        validation: (courses - CHOSEN..courses).collect(),
        ..Split::default()
    };
    let mut trainer = Trainer::new(first, settings, split)?;
    let ended = trainer.run(&mut task, None, learning)?;
    Ok((ended, trainer.into_parameters()))
}

/// A controller's name, and its errors in courses that were learned from and that were held out.
type Found = (&'static str, Vec<f64>, Vec<f64>);

/// The table of tracking errors.
fn table(found: &[Found]) -> Table {
    let row = |(name, learned, held): &Found| {
        let worst = held.iter().copied().fold(0.0, f64::max);
        vec![Cell::text(*name), Cell::spread(learned), Cell::spread(held), Cell::Number(worst)]
    };
    Table {
        title: format!("Root mean squared distance from the set point over {WINDOWS} windows, spikes/s"),
        head: vec!["controller", "courses learned from", "courses held out", "worst held out"],
        rows: found.iter().map(row).collect(),
    }
}

/// The table of the gains of both PI controllers.
fn gains(pi: &Pi, forward: &Pi) -> Table {
    let row = |name: &str, pi: &Pi| {
        vec![
            Cell::text(name),
            Cell::Number(pi.offset),
            Cell::Number(pi.forward),
            Cell::Number(pi.proportional),
            Cell::Number(pi.integral),
        ]
    };
    Table {
        title: "Gains of the PI controllers, the best of their grids on the courses learned from".into(),
        head: vec!["controller", "offset", "set point", "proportional", "integral"],
        rows: vec![row("PI", pi), row("PI and the set point", forward)],
    }
}

/// The table of courses in which the learned controller steers the population that the engine plays, beside training's
/// own.
fn played(plant: &Neuropil, net: &Net, courses: &[Course]) -> Result<Table> {
    let there: Vec<Run> = follow(&mut plant.begin(courses.len())?, net, courses)?;
    let mut rows = Vec::new();
    for (k, (course, there)) in courses.iter().zip(&there).enumerate() {
        let engine = engine::follow(plant, net, course)?;
        let differing = engine.rates.iter().zip(&there.rates).filter(|(a, b)| a != b).count();
        rows.push(vec![
            Cell::Whole(k as u64 + 1),
            Cell::Number(course.error(&there.rates)?),
            Cell::Number(course.error(&engine.rates)?),
            Cell::Whole(differing as u64),
        ]);
    }
    Ok(Table {
        title: "The learned controller around the engine's population, in f64, courses held out".into(),
        head: vec!["course", "error in training's steps", "error in the engine", "windows whose rates differ"],
        rows,
    })
}

/// A sentence: in how many courses held out the learned controller is nearer to the set point than each PI controller.
fn better(found: &[Found]) -> String {
    let (Some(learned), [pi, forward, ..]) = (found.last(), found) else { return String::new() };
    let wins = |other: &Found| learned.2.iter().zip(&other.2).filter(|(own, other)| own < other).count();
    format!(
        "The learned controller is nearer to the set point than PI in {} of {} courses held out, than PI with the set point's own share in {}.",
        wins(pi),
        learned.2.len(),
        wins(forward)
    )
}
