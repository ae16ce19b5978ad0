//! The progress of the study of motion, and what its parts share.

use std::ops::ControlFlow;

use super::judge::{Answers, Pool, Window, judge};
use super::kernel::Kernel;
use super::task::Task;
use crate::error::Result;
use crate::train::Spikes;
use crate::train::study::{Asked, Step, Watch};

/// The number of the first movie on which kernels are judged; none is learned from.
pub(super) const JUDGED: u64 = 1 << 32;
/// The number of movies on which kernels are judged, at most.
const TESTED: u64 = 180;

/// A run of the study, and how far it is.
pub(super) struct Run<'a, 'w> {
    /// What was asked of the study.
    pub asked: &'a Asked<'a>,
    pub watch: &'a mut Watch<'w>,
    /// Movies on which kernels are judged.
    pub tested: u64,
    /// Movies learned from or judged so far.
    pub done: u64,
    /// Movies of the whole study.
    pub of: u64,
    /// Whether `watch` has asked for an end.
    pub stopped: bool,
}

/// The number of movies on which kernels are judged that learn from `movies`: no more than these.
pub(super) fn tested(movies: u64) -> u64 {
    TESTED.min(movies)
}

impl Run<'_, '_> {
    /// The number of movies on which kernels are judged that are looked at in passing.
    pub fn fewer(&self) -> u64 {
        self.tested.div_ceil(3)
    }

    /// Reports that `movies` more movies were learned from or judged; `false` if `watch` has asked for an end.
    pub fn report_progress(&mut self, movies: u64, words: &str) -> bool {
        self.done = (self.done + movies).min(self.of);
        self.stopped |= (self.watch)(Step { done: self.done, of: self.of, words }) == ControlFlow::Break(());
        !self.stopped
    }

    /// A kernel learned from `movies` movies of a task, see [`Task::learn`], with progress reported as `words`.
    ///
    /// # Errors
    /// As [`Task::learn`].
    pub fn learn(&mut self, task: &Task, movies: u64, words: &str) -> Result<Kernel> {
        let (threads, mut before) = (self.asked.threads, 0);
        task.learn(movies, threads, &mut |seen, _, _| {
            let more = seen - std::mem::replace(&mut before, seen);
            self.report_progress(more, words)
        })
    }

    /// The answers of kernels to `movies` movies that nothing was learned from, for each kernel and each window; see
    /// [`judge`].
    ///
    /// # Errors
    /// As [`judge`].
    pub fn judge(
        &mut self,
        task: &Task,
        kernels: &[(&Kernel, Pool)],
        windows: &[Window],
        movies: u64,
    ) -> Result<Vec<Vec<Answers>>> {
        let answers = judge(task, kernels, windows, JUDGED..JUDGED + movies, self.asked.threads)?;
        self.report_progress(movies, "judging");
        Ok(answers)
    }
}

/// The number of places at which only one of two sets of spikes, of one shape, has a spike.
pub(super) fn differing(a: &Spikes, b: &Spikes) -> u64 {
    a.words().iter().zip(b.words()).map(|(a, b)| u64::from((a ^ b).count_ones())).sum()
}
