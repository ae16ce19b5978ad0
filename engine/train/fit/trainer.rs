//! The loop: batches, gradients, updates, epochs, with checkpoints between.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::batches::{Batch, Split, order};
use super::checkpoint;
use super::gradient::{Clip, Penalty};
use super::grid;
use super::history::{EarlyStopping, Epoch, Tally};
use super::optimiser::{AdamW, Method, Optimiser};
use super::parameters::{Parameters, Snapshot, first_not_finite, index};
use super::progress::{Moment, Progress};
use super::schedule::Schedule;
use crate::error::{Error, Result};
use crate::number::Number;

/// What is learned: a model on data.
pub trait Task<T> {
    /// Adds the gradients of the mean loss over a batch to those of the parameters, which are 0, at what the network sees
    /// ([`super::Parameter::seen`]).
    ///
    /// # Errors
    /// What the model or its data refuse.
    fn learn(&mut self, parameters: &mut Parameters<T>, batch: &Batch<'_>) -> Result<Tally>;
    /// Judges the model on samples, without gradients.
    ///
    /// # Errors
    /// As [`Task::learn`].
    fn judge(&mut self, parameters: &Parameters<T>, batch: &Batch<'_>) -> Result<Tally>;
    /// The layer whose output in the last batch was the first that is not finite, where the model can tell.
    fn broken_layer(&self) -> Option<String> {
        None
    }
}

/// How to train. All of it is a function of these and of the data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What is trained, in words that tell it from others of the same parameters: layers, neurons, encoding, loss.
    pub model: String,
    /// Times that all samples are learned from.
    pub epochs: u32,
    /// Samples of a step; the last of an epoch may have fewer.
    pub batch_size: u32,
    /// Seed of orders and of what is drawn.
    pub seed: u64,
    /// What makes updates of gradients.
    pub optimiser: Method,
    /// How the learning rate goes.
    pub schedule: Schedule,
    /// The most that a gradient may be.
    pub clip: Option<Clip>,
    /// Penalties on weights.
    pub penalty: Penalty,
    /// Whether to stop once it no longer gets better.
    pub early_stopping: Option<EarlyStopping>,
    /// Whether weights onto neurons are kept on a grid, see [`grid`].
    pub grid: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            model: String::new(),
            epochs: 10,
            batch_size: 64,
            seed: 1,
            optimiser: Method::AdamW(AdamW::default()),
            schedule: Schedule::Constant,
            clip: None,
            penalty: Penalty::default(),
            early_stopping: None,
            grid: true,
        }
    }
}

/// Where a training keeps what it has learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saving {
    /// The checkpoint.
    pub path: PathBuf,
    /// Epochs from one to the next; the last and one that is stopped are always saved.
    pub every: u32,
}

/// How a training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All epochs were learned.
    Finished,
    /// It was stopped by who watches.
    Stopped,
    /// It no longer got better.
    Early,
}

/// How far a training has come.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Position {
    /// Whole epochs.
    pub epoch: u32,
    /// Batches of the one that is going on.
    pub batch: u32,
    /// Its sums.
    pub tally: Tally,
    /// Its penalties.
    pub penalty: f64,
    /// Its wall time, s.
    pub seconds: f64,
}

/// A training: parameters, the optimiser with what it remembers, and how far it has come.
#[derive(Debug, Clone)]
pub struct Trainer<T> {
    pub(super) parameters: Parameters<T>,
    pub(super) optimiser: Optimiser<T>,
    pub(super) settings: Settings,
    pub(super) split: Split,
    pub(super) position: Position,
    pub(super) history: Vec<Epoch>,
    /// Values of the best epoch, where it is asked for.
    pub(super) best: Option<Snapshot<T>>,
}

impl<T: Number> Trainer<T> {
    /// A training that is about to begin; weights are put on their grids where that is asked for.
    ///
    /// # Errors
    /// Settings out of their range, nothing to learn from, weights that no grid holds.
    pub fn new(parameters: Parameters<T>, settings: Settings, split: Split) -> Result<Trainer<T>> {
        let wrong = |problem: &str| Err(Error::invalid("training", problem));
        if settings.epochs == 0 || settings.batch_size == 0 {
            return wrong("epochs and batch_size must be at least 1");
        }
        if split.train.is_empty() {
            return wrong("there is no sample to learn from; give some");
        }
        if parameters.trained() == 0 {
            return wrong("there is no parameter to train; give one that is not frozen");
        }
        if settings.early_stopping.is_some() && split.validation.is_empty() {
            return wrong("early_stopping looks at samples for validation, and there are none; set some apart");
        }
        let optimiser = Optimiser::new(settings.optimiser, &parameters)?;
        settings.penalty.check()?;
        settings.clip.as_ref().map_or(Ok(()), Clip::check)?;
        let mut trainer = Trainer {
            parameters,
            optimiser,
            settings,
            split,
            position: Position::default(),
            history: Vec::new(),
            best: None,
        };
        trainer.settings.schedule.check(trainer.total())?;
        if trainer.settings.grid {
            grid::choose(&mut trainer.parameters)?;
        }
        Ok(trainer)
    }

    /// The parameters as they are now.
    pub fn parameters(&self) -> &Parameters<T> {
        &self.parameters
    }

    /// The parameters alone.
    pub fn into_parameters(self) -> Parameters<T> {
        self.parameters
    }

    /// How it trains.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The epochs so far.
    pub fn history(&self) -> &[Epoch] {
        &self.history
    }

    /// Steps of an epoch.
    pub fn steps_per_epoch(&self) -> u32 {
        (self.split.train.len() as u64).div_ceil(self.settings.batch_size.into()) as u32
    }

    /// Steps of all epochs.
    fn total(&self) -> u64 {
        u64::from(self.settings.epochs) * u64::from(self.steps_per_epoch())
    }

    /// Learns until all epochs are done, it no longer gets better or who watches stops it; then goes back to the weights of
    /// the best epoch, where early stopping is asked for and it was not stopped.
    ///
    /// # Errors
    /// What the task refuses; a loss or a gradient that is not finite, with the step and where it is; a checkpoint that
    /// cannot be written.
    pub fn run(
        &mut self,
        task: &mut impl Task<T>,
        saving: Option<&Saving>,
        progress: &mut impl Progress,
    ) -> Result<Ended> {
        if self.has_ended_early() {
            self.back_to_best()?;
            return Ok(Ended::Early);
        }
        let mut clock = Clock { began: Instant::now(), steps: 0, before: self.position.seconds };
        while self.position.epoch < self.settings.epochs {
            if self.learn_epoch(task, progress, &mut clock)? == Ended::Stopped {
                self.save_to(saving)?;
                return Ok(Ended::Stopped);
            }
            self.end_epoch(task, progress)?;
            clock.epoch_ends();
            let early = self.has_ended_early();
            let last = early || self.position.epoch == self.settings.epochs;
            let due = saving.filter(|saving| last || self.position.epoch.is_multiple_of(saving.every.max(1)));
            self.save_to(due)?;
            if early {
                self.back_to_best()?;
                return Ok(Ended::Early);
            }
            if !last && progress.stop() {
                self.save_to(saving.filter(|_| due.is_none()))?;
                return Ok(Ended::Stopped);
            }
        }
        self.back_to_best()?;
        Ok(Ended::Finished)
    }

    fn has_ended_early(&self) -> bool {
        self.settings.early_stopping.is_some_and(|stopping| stopping.verdict(&self.history).1)
    }

    fn save_to(&self, saving: Option<&Saving>) -> Result<()> {
        saving.map_or(Ok(()), |saving| self.save(&saving.path))
    }

    fn back_to_best(&mut self) -> Result<()> {
        match &self.best {
            Some(best) => self.parameters.restore(best),
            None => Ok(()),
        }
    }

    /// Learns from what is left of an epoch.
    fn learn_epoch(
        &mut self,
        task: &mut impl Task<T>,
        progress: &mut impl Progress,
        clock: &mut Clock,
    ) -> Result<Ended> {
        let (epoch, steps) = (self.position.epoch, self.steps_per_epoch());
        let order = order(&self.split.train, self.settings.seed, epoch);
        let batches = order.chunks(self.settings.batch_size as usize).skip(self.position.batch as usize);
        for samples in batches {
            if self.position.batch > 0 && progress.stop() {
                return Ok(Ended::Stopped);
            }
            self.step(task, &Batch { samples, epoch: Some(epoch), seed: self.settings.seed })?;
            clock.steps += 1;
            self.position.seconds = clock.epoch_seconds();
            let tally = &self.position.tally;
            let left = self.total().saturating_sub(self.optimiser.steps());
            progress.step(&Moment {
                epoch: epoch + 1,
                epochs: self.settings.epochs,
                step: self.position.batch,
                steps,
                loss: tally.mean_loss(),
                accuracy: tally.accuracy(),
                spikes_per_sample: tally.spikes_per_sample(),
                seconds_left: clock.seconds_left(left),
            });
        }
        Ok(Ended::Finished)
    }

    /// Learns from one batch.
    fn step(&mut self, task: &mut impl Task<T>, batch: &Batch<'_>) -> Result<()> {
        self.parameters.zero_gradients();
        let tally = task.learn(&mut self.parameters, batch)?;
        self.parameters.iter_mut().for_each(super::Parameter::mask_gradient);
        self.check_finite(task, &tally)?;
        let penalty = self.settings.penalty.add(&mut self.parameters);
        if let Some(clip) = self.settings.clip {
            clip.apply(&mut self.parameters);
        }
        let step = self.optimiser.steps();
        let rate = self.settings.schedule.at(self.settings.optimiser.lr(), step, self.total());
        self.optimiser.update(&mut self.parameters, rate);
        self.check_values()?;
        if self.settings.grid {
            grid::regrow(&mut self.parameters)?;
        }
        self.position.batch += 1;
        self.position.tally.add(&tally);
        self.position.penalty += penalty;
        Ok(())
    }

    /// Judges what an epoch has brought, and notes it.
    fn end_epoch(&mut self, task: &mut impl Task<T>, progress: &mut impl Progress) -> Result<()> {
        let validation = match self.split.validation.is_empty() {
            true => None,
            false => Some(self.judge(task, &self.split.validation)?),
        };
        let Position { epoch, batch, tally, penalty, seconds } = std::mem::take(&mut self.position);
        self.position.epoch = epoch + 1;
        let last = self.optimiser.steps().saturating_sub(1);
        let rate = self.settings.schedule.at(self.settings.optimiser.lr(), last, self.total());
        let penalty = penalty / f64::from(batch.max(1));
        self.history.push(Epoch { epoch: epoch + 1, train: tally, validation, penalty, lr: rate.lr, seconds });
        if let Some(stopping) = self.settings.early_stopping
            && stopping.verdict(&self.history).0 == Some(epoch + 1)
        {
            self.best = Some(self.parameters.snapshot());
        }
        self.history.last().into_iter().for_each(|epoch| progress.epoch(epoch));
        Ok(())
    }

    /// Judges the parameters as they are on samples, batch by batch in their order.
    ///
    /// # Errors
    /// What the task refuses.
    pub fn judge(&self, task: &mut impl Task<T>, samples: &[u32]) -> Result<Tally> {
        let mut tally = Tally::default();
        for samples in samples.chunks(self.settings.batch_size as usize) {
            tally.add(&task.judge(&self.parameters, &Batch { samples, epoch: None, seed: self.settings.seed })?);
        }
        Ok(tally)
    }

    /// The place of an error: the step that is going on, counted from 1, and its epoch.
    fn place(&self) -> String {
        let Position { epoch, batch, .. } = self.position;
        let step = u64::from(epoch) * u64::from(self.steps_per_epoch()) + u64::from(batch) + 1;
        format!("training, step {step} (batch {} of epoch {})", batch + 1, epoch + 1)
    }

    /// Refuses a loss or gradients that are not finite, before they reach the weights.
    fn check_finite(&self, task: &impl Task<T>, tally: &Tally) -> Result<()> {
        let parameters = || self.parameters.iter();
        let gradient = parameters().find_map(|own| Some((own, first_not_finite(own.gradient().data())?)));
        if tally.loss.is_finite() && gradient.is_none() {
            return Ok(());
        }
        let layer = task.broken_layer().map(|layer| format!("the output of {layer}"));
        let value = || {
            let (own, place) = parameters().find_map(|own| Some((own, first_not_finite(own.value().data())?)))?;
            Some(format!("{}{}", own.name(), index(place, own.value().shape())))
        };
        let gradient = gradient
            .map(|(own, place)| format!("the gradient of {}{}", own.name(), index(place, own.gradient().shape())));
        let what = match tally.loss.is_finite() {
            true => "a gradient is not finite".to_owned(),
            false => format!("the loss is {}", tally.loss),
        };
        let first = match layer.or_else(value).or(gradient) {
            Some(first) => format!("the first value that is not finite is {first}"),
            None => "parameters and gradients are finite, so look at the data and the loss".to_owned(),
        };
        let advice = "take a smaller learning rate, or clip gradients";
        Err(Error::invalid(self.place(), format!("{what}; {first}; {advice}")))
    }

    /// Refuses weights that an update has made infinite.
    fn check_values(&self) -> Result<()> {
        match self.parameters.iter().find_map(|own| Some((own, first_not_finite(own.value().data())?))) {
            None => Ok(()),
            Some((own, place)) => {
                let at = index(place, own.value().shape());
                let problem = format!("the update made {}{at} infinite; take a smaller learning rate", own.name());
                Err(Error::invalid(self.place(), problem))
            }
        }
    }
}

/// Wall time of this run.
struct Clock {
    began: Instant,
    /// Steps since.
    steps: u64,
    /// Seconds of this epoch before this run, less those of the run before this epoch.
    before: f64,
}

impl Clock {
    /// Seconds of this epoch.
    fn epoch_seconds(&self) -> f64 {
        self.before + self.began.elapsed().as_secs_f64()
    }

    fn epoch_ends(&mut self) {
        self.before = -self.began.elapsed().as_secs_f64();
    }

    /// Seconds for `left` steps at the mean pace.
    fn seconds_left(&self, left: u64) -> f64 {
        self.began.elapsed().as_secs_f64() / self.steps.max(1) as f64 * left as f64
    }
}

impl<T: Number> Trainer<T> {
    /// Writes all that a training goes on from, whole or not at all: an earlier checkpoint at `path` stays until the new one is
    /// safe on the disk.
    ///
    /// # Errors
    /// A file that cannot be written; nothing is left behind.
    pub fn save(&self, path: &Path) -> Result<()> {
        checkpoint::write(self, path)
    }

    /// Goes on from a checkpoint, bit for bit as if it had not been stopped. Where the learning rate is constant, there may be
    /// more epochs than before.
    ///
    /// # Errors
    /// As [`Trainer::new`]; a file that is no checkpoint of a training, is cut off or damaged; one of another model, of other
    /// settings or samples, with the first difference.
    pub fn resume(parameters: Parameters<T>, settings: Settings, split: Split, path: &Path) -> Result<Trainer<T>> {
        let mut trainer = Trainer::new(parameters, settings, split)?;
        checkpoint::read(&mut trainer, path)?;
        Ok(trainer)
    }
}
