//! Many trials at once, and sweeps over balances.

use std::sync::Mutex;

use super::balance::{Homeostasis, Settings, Targets};
use super::dynamics::Machine;
use super::tasks::{Learner, Protocol, Task, Trial};
use super::trial::trial;
use crate::error::{Error, Result};
use crate::train::share;

/// A trial to be run: see [`trial`].
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The task.
    pub task: Task,
    /// The machine that the readout reads.
    pub machine: Machine,
    /// How the readout learns.
    pub learner: Learner,
    /// The seed of all that is random.
    pub seed: u64,
}

/// Runs trials, as many at once as there are threads, and gives them in the order of `jobs`, the same for any number of
/// threads. `go_on` is called before each with how many are done; where it ever gives false, the result is [`None`].
///
/// # Errors
/// The first error in the order of trials; a system that gives no threads.
pub fn trials(
    jobs: &[Job],
    protocol: &Protocol,
    threads: usize,
    go_on: &(dyn Fn(usize) -> bool + Sync),
) -> Result<Option<Vec<Trial>>> {
    let mut done: Vec<Option<Trial>> = jobs.iter().map(|_| None).collect();
    let count = Mutex::new(0);
    share::items(threads, jobs.iter().zip(&mut done).collect(), |(job, done)| {
        let done_so_far = *count.lock().map_err(|_| Error::Internal("a trial stopped".into()))?;
        if go_on(done_so_far) {
            *done = Some(trial(&job.task, &job.machine, &job.learner, protocol, job.seed)?);
            *count.lock().map_err(|_| Error::Internal("a trial stopped".into()))? += 1;
        }
        Ok(())
    })?;
    go_on(done.iter().flatten().count());
    Ok(done.into_iter().collect())
}

/// The smallest and the largest balance of a sweep.
pub const BALANCES: (f64, f64) = (0.6, 2.0);

/// A sweep over balances, from 0.6 to 2.0, that all units have, or from which they adapt by some rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// The sizes and weights of the reservoirs.
    pub settings: Settings,
    /// The number of balances.
    pub count: usize,
    /// The targets that units adapt to, a rule for each.
    pub targets: Vec<Targets>,
    /// How units adapt.
    pub homeostasis: Homeostasis,
}

/// A measure of one rule, by seed and balance.
#[derive(Debug, Clone, PartialEq)]
pub struct Swept {
    /// The name of the measure.
    pub measure: &'static str,
    /// Whether more is better.
    pub more_is_better: bool,
    /// The values by seed, then by balance.
    pub values: Vec<Vec<f64>>,
}

impl Sweep {
    /// The balances, evenly spaced.
    pub fn balances(&self) -> Vec<f64> {
        let step = (BALANCES.1 - BALANCES.0) / (self.count.max(2) - 1) as f64;
        (0..self.count).map(|k| BALANCES.0 + step * k as f64).collect()
    }

    /// The names of the rules: no adaptation, then one for each of the targets.
    pub fn rules(&self) -> Vec<String> {
        let local = |targets: &Targets| match targets {
            Targets::Same(target) => format!("local, {target}"),
            Targets::Beta22 => "local, Beta(2,2)".into(),
        };
        std::iter::once("the same for all".into()).chain(self.targets.iter().map(local)).collect()
    }

    /// All trials, by rule, then seed, then balance.
    ///
    /// # Errors
    /// Fewer than two balances, or more than 1,000.
    pub fn jobs(&self, task: &Task, learner: &Learner, seeds: &[u64]) -> Result<Vec<Job>> {
        if !(2..=1000).contains(&self.count) {
            return Err(Error::invalid("sweep", format!("{} must be from 2 to 1,000 balances", self.count)));
        }
        let rules = std::iter::once(None).chain(self.targets.iter().copied().map(Some));
        let job = |targets: Option<Targets>, seed: u64, beta: f64| {
            let (settings, homeostasis) = (self.settings, self.homeostasis);
            let machine = Machine::Balanced { settings, beta, targets, homeostasis };
            Job { task: task.clone(), machine, learner: learner.clone(), seed }
        };
        let balances = self.balances();
        Ok(rules
            .flat_map(|targets| seeds.iter().map(move |&seed| (targets, seed)))
            .flat_map(|(targets, seed)| balances.iter().map(move |&beta| (targets, seed, beta)))
            .map(|(targets, seed, beta)| job(targets, seed, beta))
            .collect())
    }

    /// The measures of the trials of [`Sweep::jobs`] with `seeds` seeds, by measure, then rule.
    pub fn measures(&self, trials: &[Trial], seeds: usize) -> Vec<Vec<Swept>> {
        let measures = trials.first().map_or(0, |trial| trial.scores.len());
        let rule = |measure: usize, trials: &[Trial]| {
            let values = trials.chunks(self.count).map(|row| row.iter().map(|t| t.scores[measure].value).collect());
            let score = &trials[0].scores[measure];
            Swept { measure: score.name, more_is_better: score.more_is_better, values: values.collect() }
        };
        let own = |measure| trials.chunks((self.count * seeds).max(1)).map(|trials| rule(measure, trials)).collect();
        (0..measures).map(own).collect()
    }
}

impl Swept {
    /// The best value of each seed.
    pub fn best(&self) -> Vec<f64> {
        let better = |a: f64, b: f64| if (b > a) == self.more_is_better { b } else { a };
        self.values.iter().map(|row| row.iter().copied().reduce(better).unwrap_or(f64::NAN)).collect()
    }

    /// The mean over seeds at each balance.
    pub fn means(&self) -> Vec<f64> {
        let count = self.values.first().map_or(0, Vec::len);
        (0..count).map(|k| mean(self.values.iter().map(|row| row[k]))).collect()
    }

    /// The gain of each value over `best`, that of the same seed: the mean over seeds and balances, and the least. The
    /// gain is the value by the best, less 1; for an error the best by the value, less 1, so that twice the error is
    /// -0.5.
    pub fn gain(&self, best: &[f64]) -> (f64, f64) {
        let better = |v: f64, best: f64| if self.more_is_better { v / best } else { best / v };
        let gains =
            || self.values.iter().zip(best).flat_map(|(row, &best)| row.iter().map(move |&v| better(v, best) - 1.0));
        (mean(gains()), gains().fold(f64::INFINITY, f64::min))
    }
}

/// The mean of some numbers; NaN without numbers.
pub fn mean(numbers: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = numbers.fold((0.0, 0.0), |(sum, count), x| (sum + x, count + 1.0));
    sum / count
}
