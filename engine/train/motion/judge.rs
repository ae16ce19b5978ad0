//! The accuracy of kernels as classifiers of motion.

use std::ops::Range;

use super::kernel::Kernel;
use super::learn::{add_weights, best, softmax};
use super::patch::{Movie, Patches, Place};
use super::task::Task;
use crate::error::{Error, Result};
use crate::train::share::items;

/// How the evidence of all events in a window is pooled to one answer: the class with the largest sum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pool {
    /// The sum of evidence.
    Evidence,
    /// The sum of probabilities, a softmax for each event.
    Probability,
    /// The number of events whose evidence is at least this: spikes of the detector, ON and OFF together.
    Spikes(f32),
}

/// The window in which events are pooled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The length of the window, steps; 0 for each event on its own.
    pub steps: usize,
    /// Height and width of the part in the middle of the field whose events are pooled, pixels; 0 for the whole field.
    pub side: usize,
    /// Answers count only where the motion has been the same for at least this many steps.
    pub since: usize,
}

/// The confusion matrix of answers: how often each class was answered for each true class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    classes: usize,
    /// [true class, answered class].
    counts: Vec<u64>,
}

impl Answers {
    /// No answers yet.
    fn none(classes: usize) -> Answers {
        Answers { classes, counts: vec![0; classes * classes] }
    }

    /// How often the class `said` was answered where the true class was `there`.
    pub fn count(&self, there: usize, said: usize) -> u64 {
        self.counts[there * self.classes + said]
    }

    /// The number of answers.
    pub fn len(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Whether there is no answer.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The share of right answers.
    pub fn right(&self) -> f64 {
        self.share(|there, said| there == said)
    }

    /// The share of answers with the right direction, whatever the speed, for classes of `directions` directions.
    pub fn direction(&self, directions: usize) -> f64 {
        self.share(|there, said| there % directions == said % directions)
    }

    /// The share of answers with the right speed, whatever the direction, for classes of `directions` directions.
    pub fn speed(&self, directions: usize) -> f64 {
        self.share(|there, said| there / directions == said / directions)
    }

    /// The share of answers for which `right`, of true and answered class, holds.
    fn share(&self, right: impl Fn(usize, usize) -> bool) -> f64 {
        let each = (0..self.classes).flat_map(|there| (0..self.classes).map(move |said| (there, said)));
        let sum: u64 =
            each.filter(|&(there, said)| right(there, said)).map(|(there, said)| self.count(there, said)).sum();
        sum as f64 / self.len() as f64
    }
}

/// The answers of kernels to the movies `numbers` of a task, for each kernel and each window. The true class of a
/// window is the motion in its last step; where it holds no event the answer is the first class.
///
/// # Errors
/// Kernels of another extent or number of classes than the task's; what [`Task::movie`] refuses.
pub fn judge(
    task: &Task,
    kernels: &[(&Kernel, Pool)],
    windows: &[Window],
    numbers: Range<u64>,
    threads: usize,
) -> Result<Vec<Vec<Answers>>> {
    let classes = task.motions.len();
    if kernels.iter().any(|(kernel, _)| kernel.extent() != task.extent || kernel.classes() != classes) {
        return Err(Error::invalid("kernel", "it is of another extent or other classes than the task".to_owned()));
    }
    let kernels: Vec<Columns<'_>> = kernels.iter().map(|(kernel, pool)| Columns::new(kernel, *pool)).collect();
    let none = vec![vec![Answers::none(classes); windows.len()]; kernels.len()];
    let mut each: Vec<Vec<Vec<Answers>>> = numbers.clone().map(|_| none.clone()).collect();
    items(threads, numbers.zip(&mut each).collect(), |(number, answers)| {
        let (events, there) = task.movie(number)?;
        let movie = Movie::new(&events)?;
        let places = task.places(&movie, number)?;
        let mut patches = Patches::default();
        places.iter().try_for_each(|&(place, off)| patches.push(task.extent, &movie, place, off))?;
        for (kernel, answers) in kernels.iter().zip(answers) {
            let evidence = kernel.evidence(&patches);
            for (window, answers) in windows.iter().zip(answers) {
                window.answer(task, (&places, &evidence), &there, answers);
            }
        }
        Ok(())
    })?;
    let mut all = none;
    for (sum, own) in
        each.iter().flatten().flatten().enumerate().map(|(k, own)| (k % (kernels.len() * windows.len()), own))
    {
        let sum = &mut all[sum / windows.len()][sum % windows.len()];
        sum.counts.iter_mut().zip(&own.counts).for_each(|(sum, own)| *sum += own);
    }
    Ok(all)
}

/// A kernel with its weights ordered by feature, and the features that have a weight.
pub(super) struct Columns<'a> {
    kernel: &'a Kernel,
    pool: Pool,
    weights: Vec<f32>,
    used: Vec<bool>,
}

impl Columns<'_> {
    /// The columns of a kernel whose evidence will be pooled by `pool`.
    pub(super) fn new(kernel: &Kernel, pool: Pool) -> Columns<'_> {
        let weights = kernel.columns();
        let used = weights.chunks_exact(kernel.classes()).map(|all| all.iter().any(|&weight| weight != 0.0)).collect();
        Columns { kernel, pool, weights, used }
    }

    /// What each patch contributes to each class, [patches, classes]: evidence, probabilities or spikes, by the
    /// pooling.
    pub(super) fn evidence(&self, patches: &Patches) -> Vec<f32> {
        let classes = self.kernel.classes();
        let (mut evidence, mut used) = (vec![0.0; patches.len() * classes], Vec::new());
        for (number, own) in evidence.chunks_exact_mut(classes).enumerate() {
            own.copy_from_slice(self.kernel.bias());
            used.clear();
            used.extend(patches.patch(number).iter().copied().filter(|&feature| self.used[feature as usize]));
            add_weights(own, &self.weights, &used);
            match self.pool {
                Pool::Evidence => {}
                Pool::Probability => softmax(own),
                Pool::Spikes(threshold) => own.iter_mut().for_each(|own| *own = f32::from(u8::from(*own >= threshold))),
            }
        }
        evidence
    }
}

impl Window {
    /// Adds the answers in one movie to `answers`: `places` are those of its events, `evidence` is what each
    /// contributes, [places, classes], and `there` is the true class of each step.
    fn answer(self, task: &Task, (places, evidence): (&[(Place, bool)], &[f32]), there: &[u32], answers: &mut Answers) {
        let classes = answers.classes;
        let same = |step: usize| there[..step].iter().rev().take_while(|&&class| class == there[step]).count();
        let mut count = |step: usize, sum: &[f32]| {
            if self.since == 0 || same(step) >= self.since {
                answers.counts[there[step] as usize * classes + best(sum)] += 1;
            }
        };
        let inside = |[_, row, column]: Place| {
            let middle = |at: usize, all: usize| 2 * at + self.side >= all && 2 * at < all + self.side;
            self.side == 0 || middle(row, task.field.height) && middle(column, task.field.width)
        };
        let own = places.iter().zip(evidence.chunks_exact(classes)).filter(|((place, _), _)| inside(*place));
        if self.steps == 0 {
            own.for_each(|((place, _), evidence)| count(place[0], evidence));
            return;
        }
        let first = task.extent.delays - 1;
        let windows = task.field.steps.saturating_sub(first) / self.steps;
        let mut sums = vec![0.0f32; windows * classes];
        for ((place, _), evidence) in own {
            let window = (place[0] - first) / self.steps;
            let sum = sums.iter_mut().skip(window * classes).take(classes);
            sum.zip(evidence).for_each(|(sum, own)| *sum += own);
        }
        for (window, sum) in sums.chunks_exact(classes).enumerate() {
            count(first + (window + 1) * self.steps - 1, sum);
        }
    }
}
