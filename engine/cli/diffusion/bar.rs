//! The bar of what takes long, and rests in between, so that what was learned is saved.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use neuropil::train::fit::{Moment, Progress};

use super::super::progress::interrupted;
use super::super::tables::{seconds, short};

/// How long it learns between two checkpoints.
const REST: Duration = Duration::from_secs(300);

/// A bar, shown once it takes long.
pub struct Bar {
    bar: ProgressBar,
    begun: Instant,
    hidden: bool,
    /// Whether it stops now and then, and when it did last.
    rests: bool,
    rested: Instant,
    batches: u64,
}

impl Bar {
    /// A bar behind these words.
    pub fn new(words: &str) -> Bar {
        let style = ProgressStyle::with_template(&format!("{words} {{bar:40}} {{msg}}"));
        let bar = ProgressBar::hidden();
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸ "));
        Bar { bar, begun: Instant::now(), hidden: true, rests: false, rested: Instant::now(), batches: 0 }
    }

    /// The same, which rests.
    pub fn resting(self, rests: bool) -> Bar {
        Bar { rests, ..self }
    }

    /// Takes it away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }

    /// Seconds that are left at the mean pace.
    pub fn left(&self, done: u64, of: u64) -> f64 {
        self.begun.elapsed().as_secs_f64() / done.max(1) as f64 * of.saturating_sub(done) as f64
    }

    /// Shows how far it is, and what `words` makes of it.
    pub fn show(&mut self, done: u64, of: u64, words: impl Fn(&Bar) -> String) {
        if self.hidden && self.begun.elapsed() > Duration::from_secs(2) {
            self.hidden = false;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_length(of);
        self.bar.set_position(done);
        let words = words(self);
        self.bar.set_message(words);
    }
}

impl Progress for Bar {
    fn step(&mut self, moment: &Moment) {
        let Moment { epoch, epochs, step, steps, loss, seconds_left, .. } = *moment;
        self.batches += 1;
        let done = u64::from(epoch - 1) * u64::from(steps) + u64::from(step);
        let of = u64::from(epochs) * u64::from(steps);
        self.show(done, of, |bar| {
            let pace = bar.batches as f64 / bar.begun.elapsed().as_secs_f64();
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
