//! The training loop: batches, gradients, updates, epochs, with checkpoints in between.

use std::path::PathBuf;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::batches::{Batch, Split, order};
use super::gradient::{Clip, Penalty};
use super::grid;
use super::history::{EarlyStopping, Epoch, Tally};
use super::optimiser::{AdamW, Method, Optimiser};
use super::parameter::Parameter;
use super::parameters::{Parameters, Snapshot};
use super::progress::{Moment, Progress};
use super::schedule::Schedule;
use crate::error::{Error, Result};
use crate::number::Number;

/// What is trained: a model on data.
pub trait Task<T> {
    /// Adds the gradients of the mean loss over a batch, at the values that the network sees
    /// ([`super::Parameter::seen`]), to those of the parameters, which are 0 before; returns the batch's sums.
    ///
    /// # Errors
    /// Whatever the model or its data refuse.
    fn learn(&mut self, parameters: &mut Parameters<T>, batch: &Batch<'_>) -> Result<Tally>;
    /// Judges the model on samples, without gradients; returns their sums.
    ///
    /// # Errors
    /// As [`Task::learn`].
    fn judge(&mut self, parameters: &Parameters<T>, batch: &Batch<'_>) -> Result<Tally>;
    /// The first layer whose output in the last batch was not finite, if the model knows.
    fn broken_layer(&self) -> Option<String> {
        None
    }
}

/// How to train: with the initial parameters and the data, these determine all results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// What is trained, in words that tell it from others of the same parameters: layers, neurons, encoding, steps, loss, and the
    /// data, as by [`super::Samples::checksum`]. A checkpoint goes on with the same words alone.
    pub model: String,
    /// How many times all samples are learned from.
    pub epochs: u32,
    /// Samples of a step; the last of an epoch may have fewer.
    pub batch_size: u32,
    /// Seed of the order of samples and of random draws of the task.
    pub seed: u64,
    /// The optimiser that turns gradients into updates.
    pub optimiser: Method,
    /// How the learning rate changes over steps.
    pub schedule: Schedule,
    /// How gradients are clipped, if they are.
    pub clip: Option<Clip>,
    /// Penalties on weights.
    pub penalty: Penalty,
    /// When to end a training that no longer improves, if at all.
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

/// Where and how often a training is saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saving {
    /// The file of the checkpoint.
    pub path: PathBuf,
    /// Epochs from one save to the next; a training is also saved when it ends or is stopped.
    pub every: u32,
}

/// How a training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All epochs were learned.
    Finished,
    /// Its observer stopped it.
    Stopped,
    /// Early stopping ended it.
    Early,
}

/// How far a training has come.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Position {
    /// Completed epochs.
    pub epoch: u32,
    /// Batches of the current epoch that were learned from.
    pub batch: u32,
    /// Sums over these batches.
    pub tally: Tally,
    /// The sum of their penalties.
    pub penalty: f64,
    /// Wall time of the current epoch, s.
    pub seconds: f64,
}

/// A training: parameters, the optimiser with its state, and how far it has come.
#[derive(Debug, Clone)]
pub struct Trainer<T> {
    pub(super) parameters: Parameters<T>,
    pub(super) optimiser: Optimiser<T>,
    pub(super) settings: Settings,
    pub(super) split: Split,
    pub(super) position: Position,
    pub(super) history: Vec<Epoch>,
    /// Values of the best epoch so far, where early stopping is asked for.
    pub(super) best: Option<Snapshot<T>>,
}

impl<T: Number> Trainer<T> {
    /// A training before its first step; weights are put on grids where the settings ask for it.
    ///
    /// # Errors
    /// Settings out of their range; no samples to learn from; no trained parameter; weights that no grid holds.
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
        trainer.settings.schedule.check(trainer.total_steps())?;
        if trainer.settings.grid {
            grid::choose(&mut trainer.parameters)?;
        }
        Ok(trainer)
    }

    /// The current parameters.
    pub fn parameters(&self) -> &Parameters<T> {
        &self.parameters
    }

    /// The current parameters; the rest of the training is dropped.
    pub fn into_parameters(self) -> Parameters<T> {
        self.parameters
    }

    /// The settings of the training.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The results of all epochs so far.
    pub fn history(&self) -> &[Epoch] {
        &self.history
    }

    /// The number of steps of an epoch.
    pub fn steps_per_epoch(&self) -> u32 {
        (self.split.train.len() as u64).div_ceil(self.settings.batch_size.into()) as u32
    }

    /// The number of steps of all epochs.
    fn total_steps(&self) -> u64 {
        u64::from(self.settings.epochs) * u64::from(self.steps_per_epoch())
    }

    /// Trains until all epochs are done, early stopping ends it, or `progress` stops it. Where early stopping is asked
    /// for, the weights of the best epoch are restored at the end, but not if `progress` stopped the training.
    ///
    /// # Errors
    /// Whatever the task refuses; a loss, gradient or weight that is not finite, with the step and its place; a
    /// checkpoint that cannot be written.
    pub fn run(
        &mut self,
        task: &mut impl Task<T>,
        saving: Option<&Saving>,
        progress: &mut impl Progress,
    ) -> Result<Ended> {
        if self.has_ended_early() {
            self.restore_best()?;
            return Ok(Ended::Early);
        }
        let mut clock = Clock { began: Instant::now(), steps: 0, before: self.position.seconds };
        while self.position.epoch < self.settings.epochs {
            if self.learn_epoch(task, progress, &mut clock)? == Ended::Stopped {
                self.save_to(saving)?;
                return Ok(Ended::Stopped);
            }
            self.end_epoch(task, progress)?;
            clock.begin_epoch();
            let early = self.has_ended_early();
            let last = early || self.position.epoch == self.settings.epochs;
            let due = saving.filter(|saving| last || self.position.epoch.is_multiple_of(saving.every.max(1)));
            self.save_to(due)?;
            if early {
                self.restore_best()?;
                return Ok(Ended::Early);
            }
            if !last && progress.stop() {
                self.save_to(saving.filter(|_| due.is_none()))?;
                return Ok(Ended::Stopped);
            }
        }
        self.restore_best()?;
        Ok(Ended::Finished)
    }

    /// Whether early stopping ends the training after the epochs so far.
    fn has_ended_early(&self) -> bool {
        self.settings.early_stopping.is_some_and(|stopping| stopping.verdict(&self.history).1)
    }

    /// Saves the training, if there is a place for it.
    fn save_to(&self, saving: Option<&Saving>) -> Result<()> {
        saving.map_or(Ok(()), |saving| self.save(&saving.path))
    }

    /// Restores the parameters of the best epoch, if they were kept.
    fn restore_best(&mut self) -> Result<()> {
        match &self.best {
            Some(best) => self.parameters.restore(best),
            None => Ok(()),
        }
    }

    /// Learns from the remaining batches of the current epoch.
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
            self.learn_batch(task, &Batch { samples, epoch: Some(epoch), seed: self.settings.seed })?;
            clock.steps += 1;
            self.position.seconds = clock.epoch_seconds();
            let tally = &self.position.tally;
            let left = self.total_steps().saturating_sub(self.optimiser.steps());
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

    /// Learns from one batch: gradients, penalty, clipping, update.
    fn learn_batch(&mut self, task: &mut impl Task<T>, batch: &Batch<'_>) -> Result<()> {
        self.parameters.zero_gradients();
        let tally = task.learn(&mut self.parameters, batch).map_err(|error| self.in_step(error))?;
        self.parameters.iter_mut().for_each(Parameter::mask_gradient);
        let penalty = self.settings.penalty.add(&mut self.parameters);
        self.check_finite(task, tally.loss + penalty)?;
        if let Some(clip) = self.settings.clip {
            clip.apply(&mut self.parameters);
        }
        let step = self.optimiser.steps();
        let rate = self.settings.schedule.at(self.settings.optimiser.lr(), step, self.total_steps());
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

    /// Judges the model on the samples for validation, notes the epoch, and keeps its parameters if it is the best.
    fn end_epoch(&mut self, task: &mut impl Task<T>, progress: &mut impl Progress) -> Result<()> {
        let validation = match self.split.validation.is_empty() {
            true => None,
            false => {
                let tally = self.judge(task, &self.split.validation).map_err(|error| self.in_judging(error))?;
                self.check_judged(task, tally.loss)?;
                Some(tally)
            }
        };
        let Position { epoch, batch, tally, penalty, seconds } = std::mem::take(&mut self.position);
        self.position.epoch = epoch + 1;
        let last = self.optimiser.steps().saturating_sub(1);
        let rate = self.settings.schedule.at(self.settings.optimiser.lr(), last, self.total_steps());
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

    /// The task's sums over samples with the current parameters, batch by batch in their order.
    ///
    /// # Errors
    /// Whatever the task refuses.
    pub fn judge(&self, task: &mut impl Task<T>, samples: &[u32]) -> Result<Tally> {
        let mut tally = Tally::default();
        for samples in samples.chunks(self.settings.batch_size as usize) {
            tally.add(&task.judge(&self.parameters, &Batch { samples, epoch: None, seed: self.settings.seed })?);
        }
        Ok(tally)
    }
}

/// Wall time since [`Trainer::run`] began.
struct Clock {
    began: Instant,
    /// Steps since then.
    steps: u64,
    /// What is added to the time since `began` to give that of the current epoch: seconds of the epoch in an earlier
    /// run, or less the seconds of this run before the epoch.
    before: f64,
}

impl Clock {
    /// Wall time of the current epoch, s.
    fn epoch_seconds(&self) -> f64 {
        self.before + self.began.elapsed().as_secs_f64()
    }

    /// Starts the time of the next epoch.
    fn begin_epoch(&mut self) {
        self.before = -self.began.elapsed().as_secs_f64();
    }

    /// The time that `left` steps will take at the mean pace so far, s.
    fn seconds_left(&self, left: u64) -> f64 {
        self.began.elapsed().as_secs_f64() / self.steps.max(1) as f64 * left as f64
    }
}
