//! How far a study of motion is, and what all its parts share.

use std::ops::ControlFlow;

use super::judge::{Answers, Pool, Window, judge};
use super::kernel::Kernel;
use super::task::Task;
use crate::error::Result;
use crate::train::Spikes;
use crate::train::study::{Asked, Step, Watch};

/// Movies that answers are judged on begin with this number.
pub(super) const JUDGED: u64 = 1 << 32;
/// How many there are of them.
pub(super) const TESTED: u64 = 180;

/// What is done, and how far it is.
pub(super) struct Run<'a, 'w> {
    pub asked: &'a Asked<'a>,
    pub watch: &'a mut Watch<'w>,
    pub done: u64,
    pub of: u64,
    pub stopped: bool,
}

impl Run<'_, '_> {
    /// So many movies more were looked at; false if somebody wants an end.
    pub fn tell(&mut self, movies: u64, words: &str) -> bool {
        self.done = (self.done + movies).min(self.of);
        self.stopped |= (self.watch)(Step { done: self.done, of: self.of, words }) == ControlFlow::Break(());
        !self.stopped
    }

    /// Learns, telling how far it is.
    pub fn learn(&mut self, task: &Task, movies: u64, words: &str) -> Result<Kernel> {
        let (threads, mut before) = (self.asked.threads, 0);
        task.learn(movies, threads, &mut |seen, _, _| {
            let more = seen - std::mem::replace(&mut before, seen);
            self.tell(more, words)
        })
    }

    /// Judges kernels on movies that nobody learned from.
    pub fn judge(
        &mut self,
        task: &Task,
        kernels: &[(&Kernel, Pool)],
        windows: &[Window],
        movies: u64,
    ) -> Result<Vec<Vec<Answers>>> {
        let answers = judge(task, kernels, windows, JUDGED..JUDGED + movies, self.asked.threads)?;
        self.tell(movies, "judging");
        Ok(answers)
    }
}

/// Places where one has a spike and the other none.
pub(super) fn differing(a: &Spikes, b: &Spikes) -> u64 {
    a.words().iter().zip(b.words()).map(|(a, b)| u64::from((a ^ b).count_ones())).sum()
}
