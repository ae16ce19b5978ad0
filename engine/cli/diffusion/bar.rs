//! The bar of what takes long, and rests in between, so that what was learned is saved.

use std::time::{Duration, Instant};

use neuropil::train::fit::{Moment, Progress};

use super::super::progress::{Steps, interrupted};
use super::super::tables::{seconds, short};

/// How long it learns between two checkpoints.
const REST: Duration = Duration::from_secs(300);

/// A bar that may rest.
pub struct Bar {
    bar: Steps,
    /// Whether it stops now and then, and when it did last.
    rests: bool,
    rested: Instant,
    batches: u64,
}

impl Bar {
    /// A bar behind these words.
    pub fn new(words: &str) -> Bar {
        Bar { bar: Steps::new(words), rests: false, rested: Instant::now(), batches: 0 }
    }

    /// The same, which rests.
    pub fn resting(self, rests: bool) -> Bar {
        Bar { rests, ..self }
    }

    /// Batches that were learned under it.
    pub fn batches(&self) -> u64 {
        self.batches
    }

    /// Takes it away.
    pub fn end(&self) {
        self.bar.end();
    }

    /// Seconds that are left at the mean pace.
    pub fn left(&self, done: u64, of: u64) -> f64 {
        self.bar.left(done, of)
    }

    /// Shows how far it is, and what `words` makes of it.
    pub fn show(&mut self, done: u64, of: u64, words: impl Fn(&Bar) -> String) {
        self.bar.show(done, of, words(self));
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
        let rests = self.rests && self.rested.elapsed() > REST;
        if rests {
            self.rested = Instant::now();
        }
        rests || interrupted()
    }
}
