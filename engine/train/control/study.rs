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
    takes: &[Takes::Samples, Takes::Epochs, Takes::Hidden, Takes::Seeds],
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
/// Courses held out.
const HELD: u64 = 10;
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
    /// Seeds that were learned with before, and all seeds.
    learned: (u64, u64),
    ended: bool,
}

impl Progress for Learning<'_, '_> {
    fn step(&mut self, moment: &Moment) {
        let of = u64::from(moment.epochs) * u64::from(moment.steps);
        let done = u64::from(moment.epoch - 1) * u64::from(moment.steps) + u64::from(moment.step);
        let (before, seeds) = self.learned;
        let done = 900 * (before * of + done) / (seeds * of).max(1);
        let step = Step { done, of: 1000, words: "learning through the population" };
        self.ended |= (self.watch)(step) == ControlFlow::Break(());
    }

    fn stop(&mut self) -> bool {
        self.ended
    }
}

/// A network of a seed, before and after learning.
struct Learned {
    seed: u64,
    first: Net,
    trained: Net,
}

/// Learns the network with each seed, tunes both PI controllers, and compares them.
fn run(asked: &Asked<'_>, watch: &mut Watch<'_>) -> Result<Report> {
    let hidden = Asked::within("--hidden", asked.hidden, HIDDEN, (1, 1024))?;
    let epochs = Asked::within("--epochs", asked.epochs, EPOCHS, (1, 100_000))?;
    let ((learned, held), seeds) = (courses(asked)?, asked.all_seeds(1)?);
    let plant = Neuropil::new(NEURONS, asked.seed)?;
    let mut report = Report::default();
    let task = Steering { plant: &plant, courses: &learned, threads: asked.threads };
    let mut learning = Learning { watch, learned: (0, seeds.len() as u64), ended: false };
    let mut nets = Vec::new();
    for &seed in &seeds {
        let first = parameters(hidden, seed)?;
        let (ended, trained) = train(task.clone(), first.clone(), epochs, seed, &mut learning)?;
        learning.ended |= ended == Ended::Stopped;
        if learning.ended {
            break;
        }
        learning.learned.0 += 1;
        nets.push(Learned { seed, first: net(&first)?, trained: net(&trained)? });
    }
    let Learning { watch, ended, .. } = learning;
    let mut goes_on = |done: u64, words: &str| watch(Step { done, of: 1000, words }).is_continue();
    report.interrupted = ended || !goes_on(900, "gains of a PI controller");
    if report.interrupted {
        return Ok(report);
    }
    let (pi, _) = best(&plant, &pi_grid(false), &learned, asked.threads)?;
    report.interrupted = !goes_on(910, "gains of one that is told the set point");
    if report.interrupted {
        return Ok(report);
    }
    let (forward, _) = best(&plant, &pi_grid(true), &learned, asked.threads)?;
    let found = Controllers { pi, forward, nets };
    found.report(&mut report, &plant, (&learned, &held), asked.threads)?;
    Ok(report)
}

/// Courses that are learned from, and courses that are held out.
///
/// # Errors
/// A seed above [`LAST`], with which the former would be among the latter; more courses than [`LEARNED`], or too few to choose by [`CHOSEN`] of them.
fn courses(asked: &Asked<'_>) -> Result<(Vec<Course>, Vec<Course>)> {
    if asked.seed > LAST {
        let problem = format!("it must be at most {LAST} here, so that no course held out is learned from");
        return Err(Error::invalid("--seed", problem));
    }
    let held = (0..HELD).map(|course| SEEDS[1] + asked.seed + course);
    let count =
        Asked::within("--samples", asked.samples, LEARNED as usize, (CHOSEN as usize + 1, LEARNED as usize))? as u64;
    let learned = (0..count).map(|course| SEEDS[0] + asked.seed * LEARNED + course);
    let drawn = |seed: u64| Course::drawn(WINDOWS, seed);
    Ok((learned.map(drawn).collect::<Result<_>>()?, held.map(drawn).collect::<Result<_>>()?))
}

/// The controllers that are compared: PI without and with feedforward, the network of each seed before and after
/// learning.
struct Controllers {
    pi: Pi,
    forward: Pi,
    nets: Vec<Learned>,
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
        let Some(own) = self.nets.first() else { return Err(Error::Internal("a study without seeds".into())) };
        let of = |Learned { seed, .. }: &Learned| match self.nets.len() {
            1 => String::new(),
            _ => format!(", seed {seed}"),
        };
        let mut all: Vec<(String, &dyn Controller)> =
            vec![("PI".into(), &self.pi), ("PI and the set point".into(), &self.forward)];
        for net in &self.nets {
            all.push((format!("two layers, drawn{}", of(net)), &net.first));
            all.push((format!("two layers, learned{}", of(net)), &net.trained));
        }
        let errors =
            |controller: &dyn Controller, courses: &[Course]| tracking_errors(plant, controller, courses, threads);
        let mut found = Vec::new();
        for (name, controller) in all {
            found.push((name, errors(controller, learned)?, errors(controller, held)?));
        }
        report.tables.push(table(&found));
        report.tables.push(gains(&self.pi, &self.forward));
        report.tables.push(played(plant, &own.trained, &held[..held.len().min(PLAYED)])?);
        report.words.extend(found.iter().skip(3).step_by(2).map(|learned| better(learned, &found[0], &found[1])));
        let runs = |controller: &dyn Controller| follow(&mut plant.begin(1)?, controller, &held[..1]);
        let (learned, pi) = (runs(&own.trained)?, runs(&self.forward)?);
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
type Found = (String, Vec<f64>, Vec<f64>);

/// The table of tracking errors: for each controller mean and standard deviation over courses; behind learned networks
/// of several seeds those over seeds, of the mean over courses.
fn table(found: &[Found]) -> Table {
    let row = |(name, learned, held): &Found| {
        let worst = held.iter().copied().fold(0.0, f64::max);
        vec![Cell::text(name), Cell::spread(learned), Cell::spread(held), Cell::Number(worst)]
    };
    let mut rows: Vec<Vec<Cell>> = found.iter().map(row).collect();
    let nets: Vec<&Found> = found.iter().skip(3).step_by(2).collect();
    if nets.len() > 1 {
        let mean = |errors: &[f64]| errors.iter().sum::<f64>() / errors.len() as f64;
        let over = |of: &dyn Fn(&Found) -> f64| Cell::spread(&nets.iter().map(|own| of(own)).collect::<Vec<_>>());
        let name = Cell::text(format!("two layers, learned: means over courses, of {} seeds", nets.len()));
        rows.push(vec![name, over(&|own| mean(&own.1)), over(&|own| mean(&own.2)), Cell::None]);
    }
    Table {
        title: format!(
            "Root mean squared distance from the set point over {WINDOWS} windows, spikes/s, mean ± standard deviation over courses"
        ),
        head: vec!["controller", "courses learned from", "courses held out", "worst held out"],
        rows,
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

/// A sentence: in how many courses held out a learned controller is nearer to the set point than each PI controller.
fn better(learned: &Found, pi: &Found, forward: &Found) -> String {
    let wins = |other: &Found| learned.2.iter().zip(&other.2).filter(|(own, other)| own < other).count();
    format!(
        "Of {}: nearer to the set point than PI in {} of {} courses held out, than PI with the set point's own share in {}.",
        learned.0,
        wins(pi),
        learned.2.len(),
        wins(forward)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_of_several_seeds_have_a_spread_of_their_own() {
        let found = |name: &str, held: f64| (name.to_owned(), vec![1.0, 3.0], vec![held, held + 1.0]);
        let one = [found("PI", 1.0), found("PI and the set point", 2.0), found("drawn", 3.0), found("learned", 4.0)];
        assert_eq!(table(&one).rows.len(), 4);
        let two = [&one[..], &[found("drawn, seed 2", 5.0), found("learned, seed 2", 8.0)]].concat();
        let rows = table(&two).rows;
        assert_eq!(rows.len(), 7);
        assert_eq!(rows[6][1..], [Cell::spread(&[2.0, 2.0]), Cell::spread(&[4.5, 8.5]), Cell::None]);
        assert_ne!(rows[6][2], Cell::spread(&[3.5, 5.5]), "not of those that were drawn");
    }
}
