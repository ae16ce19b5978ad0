//! Progress of a training, for those who watch it.

use super::history::Epoch;

/// How far a training is, after a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// The epoch, counted from 1.
    pub epoch: u32,
    /// The number of all epochs.
    pub epochs: u32,
    /// The step of this epoch, counted from 1: the number of its batches that were learned from.
    pub step: u32,
    /// The number of steps of an epoch.
    pub steps: u32,
    /// The mean loss of this epoch so far.
    pub loss: f64,
    /// The share of right answers in this epoch so far, where samples have a right answer.
    pub accuracy: Option<f64>,
    /// The mean number of spikes of a sample in this epoch so far.
    pub spikes_per_sample: f64,
    /// Time left until the last epoch ends, s, at the mean pace of this run.
    pub seconds_left: f64,
}

/// An observer of a training, which may end it.
pub trait Progress {
    /// Called after each batch that was learned from.
    fn step(&mut self, _moment: &Moment) {}
    /// Called at the end of each epoch.
    fn epoch(&mut self, _epoch: &Epoch) {}
    /// Whether to end the training now; asked between steps. What was learned so far is kept, and saved where saving is
    /// asked for.
    fn stop(&mut self) -> bool {
        false
    }
}

/// An observer that does nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Progress for Unwatched {}
