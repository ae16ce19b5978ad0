//! The bar of trials, shown once they take long.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shown after 2 s.
pub struct Bar {
    bar: ProgressBar,
    begun: Instant,
    shown: Mutex<bool>,
}

impl Bar {
    /// Over so many trials.
    pub fn new(trials: usize) -> Bar {
        let bar = ProgressBar::hidden();
        let style = ProgressStyle::with_template("trying {bar:40} {pos} of {len} trials, {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸ "));
        bar.set_length(trials as u64);
        Bar { bar, begun: Instant::now(), shown: Mutex::new(false) }
    }

    /// So many have been made.
    pub fn go_on(&self, made: usize) -> bool {
        if let Ok(mut shown) = self.shown.lock()
            && !*shown
            && self.begun.elapsed() > Duration::from_secs(2)
        {
            *shown = true;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(made as u64);
        true
    }

    /// Takes it away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}
