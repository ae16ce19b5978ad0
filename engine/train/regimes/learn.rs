//! How far learning moves networks from where they began, over wirings and seeds.

use std::ops::ControlFlow;

use crate::error::{Error, Result};
use crate::record::functional::rank_correlation;
use crate::train::regimes::choice::{Choice, Trials};
use crate::train::regimes::measures::{alignment, change, effective_rank, kernel};
use crate::train::regimes::rnn::Rnn;
use crate::train::regimes::start::Start;
use crate::train::share;
use crate::train::tape::Curve;

/// Trainings of one network on one task, from each of some wirings with each of some seeds.
#[derive(Debug, Clone, PartialEq)]
pub struct Training {
    /// The task.
    pub choice: Choice,
    /// The number of units of a network.
    pub units: usize,
    /// The initial wirings.
    pub starts: Vec<Start>,
    /// The seeds, each of which is used with each wiring.
    pub seeds: Vec<u64>,
    /// The size of initial recurrent weights: their norm is gain · √units.
    pub gain: f64,
    /// The activation: what units make of their state.
    pub curve: Curve,
    /// The loss on trials kept apart at which learning ends, the same for all.
    pub loss: f64,
    /// The rate of plain gradient descent.
    pub rate: f64,
    /// The most steps that a network learns.
    pub max_steps: u32,
}

/// What learning moved in one network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moved {
    /// The initial wiring.
    pub start: Start,
    /// The [`effective_rank`] of the initial wiring.
    pub effective: f64,
    /// The seed.
    pub seed: u64,
    /// The steps that it learned.
    pub steps: u32,
    /// Whether the loss at which learning ends was reached.
    pub reached: bool,
    /// The loss at the end.
    pub loss: f64,
    /// The share of right answers at the end.
    pub right: f64,
    /// How far the recurrent weights moved: ‖W - W₀‖ / ‖W₀‖.
    pub change: f64,
    /// The alignment of the kernels of rates over trials before and after learning: 1 where they stay the same, which
    /// is lazy.
    pub representation: f64,
    /// The alignment of the tangent kernels before and after learning.
    pub tangent: f64,
}

/// Trials of a step of learning.
const BATCH: usize = 64;
/// Trials by which a network is judged.
const JUDGED: usize = 200;
/// Trials over which tangent kernels are taken.
const PROBED: usize = 32;

/// Trains a network for each wiring and seed, as many at once as there are threads. `watch` is called with the number
/// of networks that are done, and may end the run: then those are given.
///
/// # Errors
/// No units, wirings or seeds; what [`Start::weights`] refuses; a loss that is not finite.
pub fn run(training: &Training, threads: usize, watch: &mut dyn FnMut(usize) -> ControlFlow<()>) -> Result<Vec<Moved>> {
    let jobs: Vec<(Start, u64)> =
        training.starts.iter().flat_map(|&start| training.seeds.iter().map(move |&seed| (start, seed))).collect();
    if jobs.is_empty() || training.units == 0 {
        return Err(Error::invalid("regimes", "there is nothing to go over; name units, starts and seeds"));
    }
    let mut all = Vec::new();
    for jobs in jobs.chunks(threads.max(1)) {
        let mut moved: Vec<Option<Moved>> = vec![None; jobs.len()];
        share::blocks(threads, &mut moved, 1, |place, moved| {
            moved[0] = Some(learn_one(training, jobs[place])?);
            Ok(())
        })?;
        all.extend(moved.into_iter().flatten());
        if watch(all.len()).is_break() {
            break;
        }
    }
    Ok(all)
}

/// Trains one network, from one wiring with one seed.
fn learn_one(training: &Training, (start, seed): (Start, u64)) -> Result<Moved> {
    let weights = start.weights(training.units, training.gain, seed)?;
    let effective = effective_rank(&weights)?;
    let before = Rnn::new((training.units, training.curve), weights, seed)?;
    let (judged, probed) = (training.choice.trials(JUDGED, seed, 0)?, training.choice.trials(PROBED, seed, 1)?);
    let mut network = before.clone();
    let (mut steps, mut reached) = (0, false);
    while steps < training.max_steps && !reached {
        network.learn(&training.choice.trials(BATCH, seed, 2 + steps)?, training.rate)?;
        steps += 1;
        reached = network.judge(&judged)?.loss <= training.loss;
    }
    let (judged_after, judged_before) = (network.judge(&judged)?, before.judge(&judged)?);
    Ok(Moved {
        start,
        effective,
        seed,
        steps,
        reached,
        loss: judged_after.loss,
        right: judged_after.right,
        change: change(before.recurrent(), network.recurrent())?,
        representation: alignment(
            &kernel(&judged_before.rates, training.units)?,
            &kernel(&judged_after.rates, training.units)?,
        )?,
        tangent: alignment(&tangent_kernel(&before, &probed)?, &tangent_kernel(&network, &probed)?)?,
    })
}

/// The tangent kernel of a network over trials, [trials, trials].
fn tangent_kernel(network: &Rnn, trials: &Trials) -> Result<Vec<f64>> {
    let (rows, width) = network.tangents(trials)?;
    kernel(&rows, width)
}

/// Spearman's correlation of a measure with the rank of random wirings: over all networks at once, and for each seed
/// alone, whose wirings are one matrix cut to several ranks. [`None`], and no number for a seed, where it is not
/// defined.
pub fn correlation_with_rank(moved: &[Moved], of: fn(&Moved) -> f64) -> (Option<f64>, Vec<f64>) {
    let pairs = |seed: Option<u64>| {
        let own = moved.iter().filter(|moved| seed.is_none_or(|seed| seed == moved.seed));
        let ranked = own.filter_map(|moved| match moved.start {
            Start::Rank(rank) => Some((rank as f64, of(moved))),
            _ => None,
        });
        let (ranks, values): (Vec<f64>, Vec<f64>) = ranked.unzip();
        if ranks.len() < 2 { None } else { rank_correlation(&ranks, &values) }
    };
    let mut seeds: Vec<u64> = moved.iter().map(|moved| moved.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    (pairs(None), seeds.into_iter().filter_map(|seed| pairs(Some(seed))).collect())
}
