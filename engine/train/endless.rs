//! Learning from samples that are generated as they are needed: none is seen twice.
//!
//! A [`Learner`] computes losses and gradients for samples given by their numbers; [`learn`] makes batches of these,
//! which are shared out among threads in parts of a fixed size. What may not live here: a particular network or task.

use std::ops::ControlFlow;

use super::fit::{Adam, Clip, Cosine, Method, Optimiser, Parameters, Schedule, norm};
use super::gemm::Float;
use super::share;
use super::study::{Step, Watch};
use crate::error::{Error, Result};

/// Samples that a thread takes at a time: sums do not depend on the number of threads.
pub const PART: u64 = 64;
/// The number of the first sample that is only judged on: learning takes samples below it.
pub const UNSEEN: u64 = 1 << 40;

/// Results of some samples: sums over them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Judged {
    /// The sum of losses.
    pub loss: f64,
    /// The number of right answers.
    pub right: u64,
    /// The number of samples.
    pub samples: u64,
}

impl Judged {
    /// The share of right answers, 0 without samples.
    pub fn accuracy(&self) -> f64 {
        self.right as f64 / self.samples.max(1) as f64
    }

    /// The sums over both sets of samples.
    fn and(self, other: Judged) -> Judged {
        Judged { loss: self.loss + other.loss, right: self.right + other.right, samples: self.samples + other.samples }
    }
}

/// A network with a task that it learns.
pub trait Learner<T>: Sync {
    /// Initial parameters, drawn from `seed`.
    ///
    /// # Errors
    /// Sizes that do not fit.
    fn begin(&self, seed: u64) -> Result<Parameters<T>>;
    /// Loss and right answers of the samples of these numbers; `weights` holds the values of the parameters in their
    /// order. Where `gradients` are given, the derivatives of the summed loss are added to them.
    ///
    /// # Errors
    /// Numbers that are no longer finite.
    fn judge(
        &self,
        weights: &[&[T]],
        samples: std::ops::Range<u64>,
        gradients: Option<&mut [Vec<T>]>,
    ) -> Result<Judged>;
}

/// The settings of learning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Course {
    /// The number of updates.
    pub updates: u64,
    /// Samples of each update.
    pub batch: u64,
    /// The largest learning rate of Adam, which falls along half a cosine after a short warm-up.
    pub lr: f64,
    /// The norm to which longer gradients are clipped.
    pub clip: f64,
    /// The seed of the initial parameters.
    pub seed: u64,
    /// Threads; results do not depend on how many.
    pub threads: usize,
}

/// The result of learning.
pub struct Learned<T> {
    /// The learned parameters.
    pub parameters: Parameters<T>,
    /// (updates, accuracy) at the end of each twentieth of the updates, of the samples in it.
    pub curve: Vec<(u64, f64)>,
    /// Updates that were left out, as their gradient was not finite.
    pub skipped: u64,
    /// Whether it was ended by `watch`.
    pub interrupted: bool,
}

/// Learns by Adam, as `course` says, from the samples numbered from 0; after each update `watch` may ask for an end.
///
/// # Errors
/// Settings out of their range; a loss that is not finite; as [`Learner::begin`] and [`Learner::judge`].
pub fn learn<T: Float>(
    learner: &impl Learner<T>,
    course: &Course,
    watch: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<Learned<T>> {
    let Course { updates, batch, lr, clip, seed, threads } = *course;
    if batch == 0 || updates.checked_mul(batch).is_none_or(|all| all >= UNSEEN) {
        return Err(Error::invalid("training", "a batch must have a sample, and all together must be below 2^40"));
    }
    let mut parameters = learner.begin(seed)?;
    let method = Method::Adam(Adam { lr, ..Adam::default() });
    let mut optimiser = Optimiser::new(method, &parameters)?;
    let schedule = Schedule::Cosine(Cosine { warmup_steps: (updates / 20).min(50), eta_min: 0.0 });
    let clip = Clip::Norm(clip);
    clip.check()?;
    let mut learned = Learned { parameters: Parameters::new(), curve: Vec::new(), skipped: 0, interrupted: false };
    let (mut part, every) = (Judged::default(), (updates / 20).max(1));
    for update in 0..updates {
        let samples = update * batch..(update + 1) * batch;
        let (judged, gradients) = parts(learner, &parameters, samples, true, threads)?;
        if !judged.loss.is_finite() {
            let problem = format!("the loss of update {} is {}; take a smaller learning rate", update + 1, judged.loss);
            return Err(Error::invalid("training", problem));
        }
        let each = T::of(1.0 / batch as f64);
        for (parameter, own) in parameters.iter_mut().zip(gradients) {
            parameter.gradient_mut().data_mut().iter_mut().zip(own).for_each(|(to, from)| *to = from * each);
            parameter.mask_gradient();
        }
        // Over hundreds of steps a gradient may overflow: then nothing is learned from that batch.
        if norm(&parameters).is_finite() {
            clip.apply(&mut parameters);
            optimiser.update(&mut parameters, schedule.at(lr, update, updates));
        } else {
            learned.skipped += 1;
        }
        part = part.and(judged);
        if (update + 1) % every == 0 {
            learned.curve.push((update + 1, part.accuracy()));
            part = Judged::default();
        }
        if watch() == ControlFlow::Break(()) {
            learned.interrupted = true;
            break;
        }
    }
    learned.parameters = parameters;
    Ok(learned)
}

/// The results of `count` samples that nothing was learned from.
///
/// # Errors
/// As [`Learner::judge`].
pub fn unseen<T: Float>(
    learner: &impl Learner<T>,
    parameters: &Parameters<T>,
    count: u64,
    threads: usize,
) -> Result<Judged> {
    Ok(parts(learner, parameters, UNSEEN..UNSEEN.saturating_add(count), false, threads)?.0)
}

/// The results of samples and, with `wanted`, the sum of their gradients, computed in parts of [`PART`] samples that
/// are added in order; without it, empty gradients.
///
/// # Errors
/// As [`Learner::judge`].
pub fn parts<T: Float>(
    learner: &impl Learner<T>,
    parameters: &Parameters<T>,
    samples: std::ops::Range<u64>,
    wanted: bool,
    threads: usize,
) -> Result<(Judged, Vec<Vec<T>>)> {
    let seen: Vec<_> = parameters.iter().map(|parameter| parameter.value().clone()).collect();
    let weights: Vec<&[T]> = seen.iter().map(|own| own.data()).collect();
    let zeros =
        || -> Vec<Vec<T>> { weights.iter().map(|own| vec![T::of(0.0); if wanted { own.len() } else { 0 }]).collect() };
    let count = samples.end.saturating_sub(samples.start).div_ceil(PART);
    let mut own: Vec<(Judged, Vec<Vec<T>>)> = (0..count).map(|_| (Judged::default(), zeros())).collect();
    share::blocks(threads, &mut own, 1, |part, own| {
        let Some((judged, gradients)) = own.first_mut() else { return Ok(()) };
        let first = samples.start + part as u64 * PART;
        let range = first..(first + PART).min(samples.end);
        *judged = learner.judge(&weights, range, wanted.then_some(gradients.as_mut_slice()))?;
        Ok(())
    })?;
    let add = |(judged, mut sums): (Judged, Vec<Vec<T>>), (own, more): (Judged, Vec<Vec<T>>)| {
        for (sum, more) in sums.iter_mut().zip(more) {
            sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
        (judged.and(own), sums)
    };
    Ok(own.into_iter().fold((Judged::default(), zeros()), add))
}

/// Runs jobs in rounds of as many as there are threads; before each round `watch` is called, with `words` on what is
/// done, and may ask for an end. Returns the results so far, in order, and whether the end was asked for.
///
/// # Errors
/// The error of a job of the first round in which one fails.
pub fn at_once<J: Sync, D: Send>(
    jobs: &[J],
    threads: usize,
    words: &str,
    watch: &mut Watch<'_>,
    run: impl Fn(&J) -> Result<D> + Sync,
) -> Result<(Vec<D>, bool)> {
    let mut done = Vec::new();
    for round in jobs.chunks(threads.max(1)) {
        let step = Step { done: done.len() as u64, of: jobs.len() as u64, words };
        if watch(step) == ControlFlow::Break(()) {
            return Ok((done, true));
        }
        let mut places: Vec<Option<D>> = round.iter().map(|_| None).collect();
        share::items(threads, round.iter().zip(&mut places).collect(), |(job, place)| {
            *place = Some(run(job)?);
            Ok(())
        })?;
        done.extend(places.into_iter().flatten());
    }
    Ok((done, false))
}
