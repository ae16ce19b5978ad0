//! The bar of trials.

use super::super::progress::Steps;
use super::super::tables::seconds;

/// See [`Steps`].
pub struct Bar(Steps, u64);

impl Bar {
    /// Over so many trials.
    pub fn new(trials: usize) -> Bar {
        Bar(Steps::new("trying"), trials as u64)
    }

    /// So many have been made.
    pub fn go_on(&self, made: usize) -> bool {
        let (Bar(bar, trials), made) = (self, made as u64);
        bar.show(made, *trials, format!("{made} of {trials} trials, {} left", seconds(bar.left(made, *trials))));
        true
    }

    /// Takes it away.
    pub fn end(&self) {
        self.0.end();
    }
}
