//! The progress bar of trials.

use super::super::progress::StepBar;
use super::super::tables::seconds;

/// A progress bar over trials.
pub struct TrialBar {
    bar: StepBar,
    trials: u64,
}

impl TrialBar {
    /// A bar over `trials` trials.
    pub fn new(trials: usize) -> TrialBar {
        TrialBar { bar: StepBar::new("trying"), trials: trials as u64 }
    }

    /// Shows that `done` of the trials are done.
    pub fn show(&self, done: usize) {
        let (TrialBar { bar, trials }, done) = (self, done as u64);
        bar.show(done, *trials, format!("{done} of {trials} trials, {} left", seconds(bar.left(done, *trials))));
    }

    /// Removes the bar from the terminal.
    pub fn end(&self) {
        self.bar.end();
    }
}
