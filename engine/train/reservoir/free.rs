//! Loops that are closed: what a readout says is the next input.

use super::dynamics::{Dynamics, Moment};
use super::tasks::{AHEAD, Data, Score, Task};
use crate::error::{Error, Result};
use crate::train::Array;

/// Times at which loops are closed, spread over the steps that are judged.
const STARTS: usize = 40;
/// Most steps that a loop runs by itself.
const MOST: usize = 1000;
/// The largest Lyapunov exponent of Lorenz's system, per unit of time (Sprott 2003), and the time between its points.
const LYAPUNOV: f64 = 0.9056 * 0.02;
/// The error at which a forecast has failed, as a share of the standard deviation (much as in Pathak et al. 2018, "Hybrid forecasting
/// of chaotic processes").
const FAILED: f64 = 0.4;

/// What came of it.
pub(super) struct Closed {
    pub scores: Vec<Score>,
    pub shown: Vec<(&'static str, Vec<(f64, f64)>)>,
}

/// One loop: the steps of truth it was closed at, and the first of the outputs it said.
struct Loop {
    start: usize,
    said: Vec<Vec<f64>>,
}

/// Closes the loop again and again between two steps of the data, each time after the machine has heard all that came before.
pub(super) fn closed(
    task: &Task,
    (dynamics, weights): (&Dynamics, &Array<f64>),
    data: &Data,
    (from, to): (usize, usize),
) -> Result<Closed> {
    let nothing = Closed { scores: Vec::new(), shown: Vec::new() };
    let Some(mut moment) = dynamics.start() else { return Ok(nothing) };
    let [_, width] = super::axes("input", &data.inputs)?;
    let most = MOST.min((to - from) / 2);
    let wanted = if *task == Task::MackeyGlass { most.max(AHEAD).min(to - from - 1) } else { most };
    let every = ((to - from - wanted) / STARTS).max(1);
    let mut loops = Vec::new();
    for (t, input) in data.inputs.data().chunks_exact(width).enumerate().take(to - wanted) {
        let states = dynamics.step(&mut moment, input)?;
        if t >= from && (t - from).is_multiple_of(every) && loops.len() < STARTS {
            let first = say(states, weights, width);
            loops.push(Loop { start: t, said: alone(dynamics, moment.clone(), first, weights, wanted)? });
        }
    }
    let Some(first) = loops.first() else { return Ok(nothing) };
    let truth = |t: usize| &data.inputs.data()[t * width..(t + 1) * width];
    let variance: Vec<f64> = (0..width).map(|k| variance(&data.inputs, width, k, (from, to))).collect();
    let failed = |one: &Loop| {
        let error = |k: usize| {
            let parts = (0..width).map(|i| (one.said[k][i] - truth(one.start + 1 + k)[i]).powi(2) / variance[i]);
            (parts.sum::<f64>() / width as f64).sqrt()
        };
        // What is no number has failed.
        (0..one.said.len()).find(|&k| error(k).is_nan() || error(k) > FAILED).unwrap_or(one.said.len())
    };
    let valid = loops.iter().map(|one| failed(one) as f64).sum::<f64>() / loops.len() as f64;
    let score = |name, value, more_is_better| Score { name, value, more_is_better, last_value: None };
    let mut scores = Vec::new();
    if *task == Task::MackeyGlass && wanted >= AHEAD {
        let errors = loops.iter().map(|one| (one.said[AHEAD - 1][0] - truth(one.start + AHEAD)[0]).powi(2));
        let value = (errors.sum::<f64>() / loops.len() as f64 / variance[0]).sqrt();
        scores.push(score("NRMSE, 84 steps alone", if value.is_finite() { value } else { f64::INFINITY }, false));
    }
    scores.push(match task {
        Task::Lorenz => score("right alone (Lyapunov times)", valid * LYAPUNOV, true),
        _ => score("right alone (steps)", valid, true),
    });
    let length = first.said.len();
    let asked = (0..length).map(|k| (k as f64, truth(first.start + 1 + k)[0])).collect();
    // What leaves the system's range by more than half of it would hide all else.
    let range = (0..length).map(|k| truth(first.start + 1 + k)[0]);
    let (low, high) = range.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), y| (low.min(y), high.max(y)));
    let room = 0.5 * (high - low);
    let bounded = |y: f64| if (low - room..=high + room).contains(&y) { y } else { f64::NAN };
    let said = (0..length).map(|k| (k as f64, bounded(first.said[k][0]))).collect();
    Ok(Closed { scores, shown: vec![("the system", asked), ("the readout, alone", said)] })
}

/// Runs by itself: what it says is what it hears next.
fn alone(
    dynamics: &Dynamics,
    mut moment: Moment,
    first: Vec<f64>,
    weights: &Array<f64>,
    steps: usize,
) -> Result<Vec<Vec<f64>>> {
    let mut all = vec![first];
    while all.len() < steps {
        let last = all.last().ok_or_else(|| Error::Internal("a loop without a beginning".into()))?;
        let next = say(dynamics.step(&mut moment, last)?, weights, last.len());
        all.push(next);
    }
    Ok(all)
}

/// The first outputs of a readout, whose last weights are those of a column of ones.
fn say(states: &[f64], weights: &Array<f64>, count: usize) -> Vec<f64> {
    let width = weights.shape().last().copied().unwrap_or(1);
    let own = |k: usize| weights.data().iter().skip(k).step_by(width);
    (0..count).map(|k| states.iter().chain(&[1.0]).zip(own(k)).map(|(x, w)| x * w).sum()).collect()
}

fn variance(table: &Array<f64>, width: usize, k: usize, (from, to): (usize, usize)) -> f64 {
    let column = || (from..to).map(|t| table.data()[t * width + k]);
    let mean = column().sum::<f64>() / (to - from) as f64;
    column().map(|x| (x - mean).powi(2)).sum::<f64>() / (to - from) as f64
}
