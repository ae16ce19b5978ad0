//! Closed loops: the outputs of a readout are the next inputs.

use super::dynamics::{Dynamics, MachineState};
use super::tasks::{AHEAD, Curve, Data, Score, Task};
use crate::error::{Error, Result};
use crate::train::Array;

/// The most loops that are closed, spread over the steps by which readouts are judged.
const STARTS: usize = 40;
/// The most steps that a loop runs by itself.
const MAX_STEPS: usize = 1000;
/// The largest Lyapunov exponent of Lorenz's system, per unit of time (Sprott 2003), times the time between its points.
const LYAPUNOV: f64 = 0.9056 * 0.02;
/// The error at which a forecast has failed, as a share of the standard deviation (much as in Pathak et al. 2018, "Hybrid forecasting
/// of chaotic processes").
const FAILED: f64 = 0.4;

/// The measures and curves of closed loops.
pub(super) struct ClosedLoops {
    pub scores: Vec<Score>,
    pub curves: Vec<Curve>,
}

/// A run of a closed loop: the step of the data at which it was closed, and the first outputs, as many as inputs, of
/// each step after.
struct Loop {
    start: usize,
    outputs: Vec<Vec<f64>>,
}

/// The inputs of the data, [steps, width], which the outputs of closed loops should be.
struct Truth<'a> {
    inputs: &'a Array<f64>,
    width: usize,
}

impl Truth<'_> {
    /// The inputs of step `t`.
    fn at(&self, t: usize) -> &[f64] {
        &self.inputs.data()[t * self.width..(t + 1) * self.width]
    }

    /// The variance of input `k` from step `from` to before `to`.
    fn variance(&self, k: usize, (from, to): (usize, usize)) -> f64 {
        let column = || (from..to).map(|t| self.at(t)[k]);
        let mean = column().sum::<f64>() / (to - from) as f64;
        column().map(|x| (x - mean).powi(2)).sum::<f64>() / (to - from) as f64
    }
}

/// Closes the loop at several steps from `from` to before `to` of the data, each time after the machine has had all
/// inputs before, and measures how long the outputs stay right. Gives nothing for machines whose steps cannot be taken
/// one by one.
pub(super) fn closed_loops(
    task: &Task,
    (dynamics, weights): (&Dynamics, &Array<f64>),
    data: &Data,
    (from, to): (usize, usize),
) -> Result<ClosedLoops> {
    let [_, width] = super::axes("input", &data.inputs)?;
    let truth = Truth { inputs: &data.inputs, width };
    let most = MAX_STEPS.min((to - from) / 2);
    let steps = if *task == Task::MackeyGlass { most.max(AHEAD).min(to - from - 1) } else { most };
    let loops = run_loops((dynamics, weights), &truth, (from, to), steps)?;
    let Some(first) = loops.first() else { return Ok(ClosedLoops { scores: Vec::new(), curves: Vec::new() }) };
    let variance: Vec<f64> = (0..width).map(|k| truth.variance(k, (from, to))).collect();
    let valid = loops.iter().map(|one| valid_steps(one, &truth, &variance) as f64).sum::<f64>() / loops.len() as f64;
    let score = |name, value, more_is_better| Score { name, value, more_is_better, last_value: None };
    let mut scores = Vec::new();
    if *task == Task::MackeyGlass && steps >= AHEAD {
        let errors = loops.iter().map(|one| (one.outputs[AHEAD - 1][0] - truth.at(one.start + AHEAD)[0]).powi(2));
        let value = (errors.sum::<f64>() / loops.len() as f64 / variance[0]).sqrt();
        scores.push(score("NRMSE, 84 steps alone", if value.is_finite() { value } else { f64::INFINITY }, false));
    }
    scores.push(match task {
        Task::Lorenz => score("right alone (Lyapunov times)", valid * LYAPUNOV, true),
        _ => score("right alone (steps)", valid, true),
    });
    Ok(ClosedLoops { scores, curves: curves(first, &truth) })
}

/// Runs loops of `steps` steps each, closed at up to [`STARTS`] steps from `from` on.
fn run_loops(
    (dynamics, weights): (&Dynamics, &Array<f64>),
    truth: &Truth<'_>,
    (from, to): (usize, usize),
    steps: usize,
) -> Result<Vec<Loop>> {
    let mut loops = Vec::new();
    let Some(mut state) = dynamics.start() else { return Ok(loops) };
    let every = ((to - from - steps) / STARTS).max(1);
    for (t, input) in truth.inputs.data().chunks_exact(truth.width).enumerate().take(to - steps) {
        let states = dynamics.step(&mut state, input)?;
        if t >= from && (t - from).is_multiple_of(every) && loops.len() < STARTS {
            let first = first_outputs(states, weights, truth.width);
            loops.push(Loop { start: t, outputs: run_alone(dynamics, state.clone(), first, weights, steps)? });
        }
    }
    Ok(loops)
}

/// The number of steps of a loop before its error is above [`FAILED`].
fn valid_steps(one: &Loop, truth: &Truth<'_>, variance: &[f64]) -> usize {
    let width = truth.width;
    let error = |k: usize| {
        let parts = (0..width).map(|i| (one.outputs[k][i] - truth.at(one.start + 1 + k)[i]).powi(2) / variance[i]);
        (parts.sum::<f64>() / width as f64).sqrt()
    };
    // An output that is not a number has failed.
    (0..one.outputs.len()).find(|&k| error(k).is_nan() || error(k) > FAILED).unwrap_or(one.outputs.len())
}

/// The first input, and what a loop gives in its place.
fn curves(one: &Loop, truth: &Truth<'_>) -> Vec<Curve> {
    let length = one.outputs.len();
    let target = |k: usize| truth.at(one.start + 1 + k)[0];
    let targets = (0..length).map(|k| (k as f64, target(k))).collect();
    // Outputs that leave the system's range by more than half of it would hide all else.
    let range = (0..length).map(target);
    let (low, high) = range.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(y), high.max(y)));
    let room = 0.5 * (high - low);
    let bounded = |y: f64| if (low - room..=high + room).contains(&y) { y } else { f64::NAN };
    let outputs = (0..length).map(|k| (k as f64, bounded(one.outputs[k][0]))).collect();
    vec![("the system", targets), ("the readout, alone", outputs)]
}

/// Runs a closed loop of `steps` steps from a state and its outputs: gives the outputs of each step, from `first` on.
fn run_alone(
    dynamics: &Dynamics,
    mut state: MachineState,
    first: Vec<f64>,
    weights: &Array<f64>,
    steps: usize,
) -> Result<Vec<Vec<f64>>> {
    let mut all = vec![first];
    while all.len() < steps {
        let last = all.last().ok_or_else(|| Error::Internal("a loop without a beginning".into()))?;
        let next = first_outputs(dynamics.step(&mut state, last)?, weights, last.len());
        all.push(next);
    }
    Ok(all)
}

/// The first `count` outputs of a readout for the states of a step; the last row of `weights` is that of a column of
/// ones.
fn first_outputs(states: &[f64], weights: &Array<f64>, count: usize) -> Vec<f64> {
    let width = weights.shape().last().copied().unwrap_or(1);
    let own = |k: usize| weights.data().iter().skip(k).step_by(width);
    (0..count).map(|k| states.iter().chain(&[1.0]).zip(own(k)).map(|(x, w)| x * w).sum()).collect()
}
