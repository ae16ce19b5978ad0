//! What came of each epoch.

use serde::{Deserialize, Serialize};

use super::energy::Operations;

/// Sums over samples, of a batch or of an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Samples.
    pub samples: u64,
    /// The sum of their losses.
    pub loss: f64,
    /// Samples that have a right answer.
    pub judged: u64,
    /// Those that got it.
    pub correct: u64,
    /// Spikes of all neurons.
    pub spikes: u64,
    /// What the samples cost.
    pub operations: Operations,
}

impl Tally {
    /// Adds those of more samples.
    pub fn add(&mut self, other: &Tally) {
        self.samples += other.samples;
        self.loss += other.loss;
        self.judged += other.judged;
        self.correct += other.correct;
        self.spikes += other.spikes;
        self.operations.add(&other.operations);
    }

    /// The mean loss; NaN of no samples.
    pub fn mean_loss(&self) -> f64 {
        self.loss / self.samples as f64
    }

    /// The share of right answers; none where there is none to be right.
    pub fn accuracy(&self) -> Option<f64> {
        (self.judged > 0).then(|| self.correct as f64 / self.judged as f64)
    }

    /// Spikes of a sample, in the mean; NaN of no samples.
    pub fn spikes_per_sample(&self) -> f64 {
        self.spikes as f64 / self.samples as f64
    }

    /// Energy of a sample, J, in the mean, see [`Operations::energy`].
    pub fn energy_per_sample(&self) -> f64 {
        self.operations.energy() / self.samples as f64
    }
}

/// One epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Which, counted from 1.
    pub epoch: u32,
    /// Of the samples that were learned from, batch by batch as they were met.
    pub train: Tally,
    /// Of the samples for validation, behind the epoch; none where there are none.
    pub validation: Option<Tally>,
    /// The mean penalty on weights of a batch, which the loss does not hold.
    pub penalty: f64,
    /// The learning rate of the last step.
    pub lr: f64,
    /// Wall time, s.
    pub seconds: f64,
}

/// What early stopping looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Monitor {
    /// The loss of the samples for validation, which should fall.
    #[default]
    ValidationLoss,
    /// Their accuracy, which should rise.
    ValidationAccuracy,
}

/// Stops a training that no longer gets better, and goes back to the best weights.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EarlyStopping {
    /// What is looked at.
    pub monitor: Monitor,
    /// Epochs without a better one, behind which it stops.
    pub patience: u32,
    /// By how much a better epoch is better than the best so far.
    pub min_delta: f64,
}

impl Default for EarlyStopping {
    fn default() -> EarlyStopping {
        EarlyStopping { monitor: Monitor::ValidationLoss, patience: 10, min_delta: 0.0 }
    }
}

impl EarlyStopping {
    /// What is looked at, larger where it is better; none of an epoch that has none.
    pub(super) fn score(&self, epoch: &Epoch) -> Option<f64> {
        let validation = epoch.validation.as_ref()?;
        match self.monitor {
            Monitor::ValidationLoss => Some(-validation.mean_loss()),
            Monitor::ValidationAccuracy => validation.accuracy(),
        }
    }

    /// The best epoch, counted from 1, and whether so many have followed it that it is time to stop.
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
