//! The history of a training: sums over batches and epochs, and early stopping by them.

use serde::{Deserialize, Serialize};

use super::energy::Operations;

/// Sums over samples, of a batch or of an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// The number of samples.
    pub samples: u64,
    /// The sum of the samples' losses.
    pub loss: f64,
    /// The number of samples that have a right answer.
    pub judged: u64,
    /// The number of samples for which it was given.
    pub correct: u64,
    /// Spikes of all neurons.
    pub spikes: u64,
    /// Synaptic operations of all samples.
    pub operations: Operations,
}

impl Tally {
    /// Adds the sums of other samples.
    pub fn add(&mut self, other: &Tally) {
        self.samples += other.samples;
        self.loss += other.loss;
        self.judged += other.judged;
        self.correct += other.correct;
        self.spikes += other.spikes;
        self.operations.add(&other.operations);
    }

    /// The mean loss; NaN without samples.
    pub fn mean_loss(&self) -> f64 {
        self.loss / self.samples as f64
    }

    /// The share of right answers; `None` where no sample has a right answer.
    pub fn accuracy(&self) -> Option<f64> {
        (self.judged > 0).then(|| self.correct as f64 / self.judged as f64)
    }

    /// The mean number of spikes of a sample; NaN without samples.
    pub fn spikes_per_sample(&self) -> f64 {
        self.spikes as f64 / self.samples as f64
    }

    /// The mean energy of a sample, J, see [`Operations::energy`]; NaN without samples.
    pub fn energy_per_sample(&self) -> f64 {
        self.operations.energy() / self.samples as f64
    }
}

/// The results of one epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// The number of the epoch, counted from 1.
    pub epoch: u32,
    /// Sums over the samples that were learned from, each with the weights at its batch.
    pub train: Tally,
    /// Sums over the samples for validation, after the epoch; `None` where there are no such samples.
    pub validation: Option<Tally>,
    /// The mean over batches of the penalty on weights, which `train.loss` does not include.
    pub penalty: f64,
    /// The learning rate of the last step.
    pub lr: f64,
    /// Wall time, s.
    pub seconds: f64,
}

/// The figure that early stopping monitors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Monitor {
    /// The mean loss of the samples for validation, which should fall.
    #[default]
    ValidationLoss,
    /// The accuracy of the samples for validation, which should rise.
    ValidationAccuracy,
}

/// Early stopping: a training that no longer improves is ended, with the best weights.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EarlyStopping {
    /// The figure that is monitored.
    pub monitor: Monitor,
    /// The number of epochs without improvement after which training ends.
    pub patience: u32,
    /// By how much an epoch must exceed the best so far to count as better.
    pub min_delta: f64,
}

impl Default for EarlyStopping {
    fn default() -> EarlyStopping {
        EarlyStopping { monitor: Monitor::ValidationLoss, patience: 10, min_delta: 0.0 }
    }
}

impl EarlyStopping {
    /// The monitored figure with the sign by which larger is better; `None` for an epoch without it.
    pub(super) fn score(&self, epoch: &Epoch) -> Option<f64> {
        let validation = epoch.validation.as_ref()?;
        match self.monitor {
            Monitor::ValidationLoss => Some(-validation.mean_loss()),
            Monitor::ValidationAccuracy => validation.accuracy(),
        }
    }

    /// The best epoch, counted from 1, and whether `patience` epochs or more have followed it, so that training should
    /// end.
    pub fn verdict(&self, history: &[Epoch]) -> (Option<u32>, bool) {
        let mut best: Option<(u32, f64)> = None;
        for epoch in history {
            let Some(score) = self.score(epoch) else { continue };
            if best.is_none_or(|(_, held)| score > held + self.min_delta) {
                best = Some((epoch.epoch, score));
            }
        }
        let since = best.zip(history.last()).map_or(0, |((best, _), last)| last.epoch - best);
        (best.map(|(epoch, _)| epoch), best.is_some() && since >= self.patience)
    }
}
