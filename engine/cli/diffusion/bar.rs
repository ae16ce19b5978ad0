//! The progress bar of training and drawing, which stops training now and then so that a checkpoint is saved.

use std::time::{Duration, Instant};

use neuropil::train::fit::{Moment, Progress};

use super::super::progress::{StepBar, interrupted};
use super::super::tables::{seconds, short};

/// How long training goes on between two checkpoints.
const SAVE_INTERVAL: Duration = Duration::from_secs(300);

/// A progress bar that may stop training so that it is saved.
pub struct Bar {
    bar: StepBar,
    /// Whether it stops training every [`SAVE_INTERVAL`].
    stops_to_save: bool,
    /// When it did last.
    last_stop: Instant,
    /// Batches that were learned so far.
    batches: u64,
}

impl Bar {
    /// A bar that `label` stands before, and which does not stop training.
    pub fn new(label: &str) -> Bar {
        Bar { bar: StepBar::new(label), stops_to_save: false, last_stop: Instant::now(), batches: 0 }
    }

    /// The same bar, which stops training now and then if `stops` says so.
    pub fn stopping_to_save(self, stops: bool) -> Bar {
        Bar { stops_to_save: stops, ..self }
    }

    /// Number of batches that were learned while the bar was shown.
    pub fn batches(&self) -> u64 {
        self.batches
    }

    /// Removes the bar from the terminal.
    pub fn end(&self) {
        self.bar.end();
    }

    /// Seconds that the rest takes at the mean pace, after `done` of `of` steps.
    pub fn left(&self, done: u64, of: u64) -> f64 {
        self.bar.left(done, of)
    }

    /// Shows that `done` of `of` steps are done, with the text that `message` gives behind the bar.
    pub fn show(&mut self, done: u64, of: u64, message: impl Fn(&Bar) -> String) {
        self.bar.show(done, of, message(self));
    }
}

impl Progress for Bar {
    fn step(&mut self, moment: &Moment) {
        let Moment { epoch, epochs, step, steps, loss, seconds_left, .. } = *moment;
        self.batches += 1;
        let done = u64::from(epoch - 1) * u64::from(steps) + u64::from(step);
        let of = u64::from(epochs) * u64::from(steps);
        self.show(done, of, |bar| {
            let pace = bar.batches as f64 / bar.bar.elapsed();
            format!("loss {loss:.4}, {} batches a second, {} left", short(pace), seconds(seconds_left))
        });
    }

    fn stop(&mut self) -> bool {
        let stops = self.stops_to_save && self.last_stop.elapsed() > SAVE_INTERVAL;
        if stops {
            self.last_stop = Instant::now();
        }
        stops || interrupted()
    }
}
