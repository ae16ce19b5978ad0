//! What learning moves, over wirings and seeds.

use std::ops::ControlFlow;

use crate::error::{Error, Result};
use crate::record::functional::rank_correlation;
use crate::train::regimes::choice::{Choice, Trials};
use crate::train::regimes::measures::{alignment, change, effective_rank, kernel};
use crate::train::regimes::rnn::Rnn;
use crate::train::regimes::start::Start;
use crate::train::share;
use crate::train::tape::Curve;

/// What is gone over.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What is learned.
    pub choice: Choice,
    /// Units of the network.
    pub units: usize,
    /// Wirings at first.
    pub starts: Vec<Start>,
    /// Seeds.
    pub seeds: Vec<u64>,
    /// Size of recurrent weights at first: their norm is gain · √units.
    pub gain: f64,
    /// What units make of their state.
    pub curve: Curve,
    /// The loss on trials apart at which learning ends, the same for all.
    pub loss: f64,
    /// Rate of plain gradient descent.
    pub rate: f64,
    /// Steps at most.
    pub most: u32,
}

/// What learning moved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moved {
    /// The wiring at first.
    pub start: Start,
    /// Its [`effective_rank`].
    pub effective: f64,
    /// The seed.
    pub seed: u64,
    /// Steps that were learned.
    pub steps: u32,
    /// Whether the loss was reached.
    pub reached: bool,
    /// The loss at the end.
    pub loss: f64,
    /// The share of right answers at the end.
    pub right: f64,
    /// ‖W - W₀‖ / ‖W₀‖ of recurrent weights.
    pub change: f64,
    /// Alignment of what units show of trials with what they showed at first: 1 where it stays, which is lazy.
    pub representation: f64,
    /// The same of tangent kernels.
    pub tangent: f64,
}

/// Trials of a step, trials that are judged by, and those of which tangents are taken.
const BATCH: usize = 64;
const JUDGED: usize = 200;
const PROBED: usize = 32;

/// Goes over all of a plan, as many networks at once as threads; `watch` is told how many are done, and may end it: then what is done is
/// given.
///
/// # Errors
/// A plan without units, starts or seeds; what [`Start::weights`] refuses; a loss that is no number.
pub fn run(plan: &Plan, threads: usize, watch: &mut dyn FnMut(usize) -> ControlFlow<()>) -> Result<Vec<Moved>> {
    let jobs: Vec<(Start, u64)> =
        plan.starts.iter().flat_map(|&start| plan.seeds.iter().map(move |&seed| (start, seed))).collect();
    if jobs.is_empty() || plan.units == 0 {
        return Err(Error::invalid("regimes", "there is nothing to go over; name units, starts and seeds"));
    }
    let mut all = Vec::new();
    for jobs in jobs.chunks(threads.max(1)) {
        let mut moved: Vec<Option<Moved>> = vec![None; jobs.len()];
        share::blocks(threads, &mut moved, 1, |place, moved| {
            moved[0] = Some(learn(plan, jobs[place])?);
            Ok(())
        })?;
        all.extend(moved.into_iter().flatten());
        if watch(all.len()).is_break() {
            break;
        }
    }
    Ok(all)
}

/// One wiring and seed.
fn learn(plan: &Plan, (start, seed): (Start, u64)) -> Result<Moved> {
    let weights = start.weights(plan.units, plan.gain, seed)?;
    let effective = effective_rank(&weights)?;
    let before = Rnn::new((plan.units, plan.curve), weights, seed)?;
    let (judged, probed) = (plan.choice.trials(JUDGED, seed, 0)?, plan.choice.trials(PROBED, seed, 1)?);
    let mut network = before.clone();
    let (mut steps, mut reached) = (0, false);
    while steps < plan.most && !reached {
        network.learn(&plan.choice.trials(BATCH, seed, 2 + steps)?, plan.rate)?;
        steps += 1;
        reached = network.judge(&judged)?.loss <= plan.loss;
    }
    let (shown, shown_before) = (network.judge(&judged)?, before.judge(&judged)?);
    Ok(Moved {
        start,
        effective,
        seed,
        steps,
        reached,
        loss: shown.loss,
        right: shown.right,
        change: change(before.recurrent(), network.recurrent())?,
        representation: alignment(&kernel(&shown_before.rates, plan.units)?, &kernel(&shown.rates, plan.units)?)?,
        tangent: alignment(&tangent(&before, &probed)?, &tangent(&network, &probed)?)?,
    })
}

fn tangent(network: &Rnn, trials: &Trials) -> Result<Vec<f64>> {
    let (rows, width) = network.tangents(trials)?;
    kernel(&rows, width)
}

/// Spearman's correlation of a measure with the rank of random wirings: over all networks at once, and of each seed alone, whose
/// wirings are one matrix cut to several ranks. None where it is not known.
pub fn by_rank(moved: &[Moved], of: fn(&Moved) -> f64) -> (Option<f64>, Vec<f64>) {
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
