//! What options of `neuropil train` change of a task, and which of them a task does not take.

use clap::Args;
use neuropil::train::fit::{Adam, AdamW, Cosine, Method, OneCycle, Schedule, Sgd};
use neuropil::train::tasks::Asked;
use neuropil::{Error, Result, quote};

use super::super::value_parsers::{one_of, parse_number};
use super::TrainOptions;

// How gradients become updates. No documentation: clap would take it for that of the command.
#[allow(missing_docs)]
#[derive(Debug, Args)]
pub struct UpdateOptions {
    /// Cut gradients that are longer than this to this length
    #[arg(long, value_name = "X", value_parser = parse_number, allow_negative_numbers = true)]
    clip: Option<f64>,
    /// What turns gradients into updates; sgd has a momentum of 0.9 [default: adamw]
    #[arg(long, value_name = "NAME", value_parser = one_of(optimisers(), optimiser_name))]
    optimiser: Option<Method>,
    /// How the learning rate changes over a training [default: one-cycle]
    #[arg(long, value_name = "NAME", value_parser = one_of(schedules(), schedule_name))]
    schedule: Option<Schedule>,
}

/// All optimisers.
fn optimisers() -> [Method; 3] {
    let sgd = Sgd { momentum: 0.9, ..Sgd::default() };
    [Method::AdamW(AdamW::default()), Method::Adam(Adam::default()), Method::Sgd(sgd)]
}

/// The name of `optimiser` on the command line.
fn optimiser_name(optimiser: Method) -> &'static str {
    match optimiser {
        Method::AdamW(_) => "adamw",
        Method::Adam(_) => "adam",
        Method::Sgd(_) => "sgd",
    }
}

/// All schedules.
fn schedules() -> [Schedule; 3] {
    [Schedule::OneCycle(OneCycle::default()), Schedule::Cosine(Cosine::default()), Schedule::Constant]
}

/// The name of `schedule` on the command line.
fn schedule_name(schedule: Schedule) -> &'static str {
    match schedule {
        Schedule::OneCycle(_) => "one-cycle",
        Schedule::Cosine(_) => "cosine",
        Schedule::Constant => "constant",
    }
}

impl UpdateOptions {
    /// The options by their names, and whether they are given.
    fn given(&self) -> [(&'static str, bool); 3] {
        [
            ("--clip", self.clip.is_some()),
            ("--optimiser", self.optimiser.is_some()),
            ("--schedule", self.schedule.is_some()),
        ]
    }

    /// Refuses all of them where `what`, such as "the task diffusion", has updates of its own.
    ///
    /// # Errors
    /// One that is given.
    pub fn refuse(&self, what: &str) -> Result<()> {
        match self.given().into_iter().find(|(_, given)| *given) {
            None => Ok(()),
            Some((name, _)) => Err(Error::invalid(name, format!("{what} has no such option; leave it out"))),
        }
    }
}

/// What the options change of a task.
///
/// # Errors
/// A number out of its range.
pub fn changes(options: &TrainOptions) -> Result<Asked> {
    let positive = |name: &str, value: Option<u64>| match value.map(u32::try_from) {
        None => Ok(None),
        Some(Ok(value)) if value > 0 => Ok(Some(value)),
        _ => Err(Error::invalid(name, format!("it must be from 1 to {}", u32::MAX))),
    };
    let shift = options.shift.map(|pixels| {
        u32::try_from(pixels).map_err(|_| Error::invalid("--shift", format!("it must be from 0 to {}", u32::MAX)))
    });
    if let Some(clip) = options.update.clip.filter(|clip| !(*clip > 0.0 && clip.is_finite())) {
        return Err(Error::invalid("--clip", format!("{clip} must be a finite number above 0")));
    }
    Ok(Asked {
        data: options.data.clone(),
        samples: positive("--samples", options.samples)?.map(|samples| samples as usize),
        epochs: positive("--epochs", options.epochs)?,
        batch_size: positive("--batch-size", options.batch_size)?,
        lr: options.lr,
        clip: options.update.clip,
        optimiser: options.update.optimiser,
        schedule: options.update.schedule,
        hidden: positive("--hidden", options.hidden)?,
        steps: positive("--steps", options.steps)?.map(|steps| steps as usize),
        shift: shift.transpose()?,
        seed: options.seed,
        calibration: if options.early_exit { 0.1 } else { 0.0 },
    })
}

/// Refuses options that the task `name`, which learns once, does not take, and those that change a task where --full asks for the
/// task as it is.
///
/// # Errors
/// One that is given.
pub fn refuse(name: &str, options: &TrainOptions) -> Result<()> {
    if options.seeds.is_some() {
        return Err(Error::invalid("--seeds", format!("the task {} learns once; leave it out", quote::name(name))));
    }
    let given = [
        ("--samples", options.samples.is_some()),
        ("--epochs", options.epochs.is_some()),
        ("--batch-size", options.batch_size.is_some()),
        ("--lr", options.lr.is_some()),
        ("--hidden", options.hidden.is_some()),
        ("--steps", options.steps.is_some()),
        ("--shift", options.shift.is_some()),
    ];
    match given.into_iter().chain(options.update.given()).find(|(_, given)| *given && options.full) {
        None => Ok(()),
        Some((name, _)) => {
            Err(Error::invalid(name, "with --full the task is done as it is; leave one of them out".to_owned()))
        }
    }
}
