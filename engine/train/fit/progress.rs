//! Who watches a training.

use super::history::Epoch;

/// Where a training is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// The epoch, counted from 1.
    pub epoch: u32,
    /// Epochs in all.
    pub epochs: u32,
    /// The step of this epoch, counted from 1: how many of its batches were learned from.
    pub step: u32,
    /// Steps of an epoch.
    pub steps: u32,
    /// The mean loss of this epoch so far.
    pub loss: f64,
    /// The share of right answers in it.
    pub accuracy: Option<f64>,
    /// Spikes of a sample in it, in the mean.
    pub spikes_per_sample: f64,
    /// Time left until the last epoch ends, s, at the mean pace of this run.
    pub seconds_left: f64,
}

/// Watches a training, and may end it.
pub trait Progress {
    /// A batch was learned from.
    fn step(&mut self, _moment: &Moment) {}
    /// An epoch has ended.
    fn epoch(&mut self, _epoch: &Epoch) {}
    /// Whether to end behind this step. What was learned so far is kept, and saved where it is asked for.
    fn stop(&mut self) -> bool {
        false
    }
}

/// Nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Progress for Unwatched {}
