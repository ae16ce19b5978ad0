//! One trial: a machine is run on a task, a readout learns, and is judged.

use super::dynamics::{Dynamics, Machine};
use super::measures::{accuracy, scores};
use super::online::{Force, Rls};
use super::readout::{Chosen, outputs, ridge_chosen, rows, with_one};
use super::signals::squared_correlation;
use super::tasks::{Curve, Data, Learner, Protocol, Task, Trial, data};
use super::{free, patterns};
use crate::error::{Error, Result};
use crate::train::Array;

/// Runs a machine on a task, lets a readout learn, and judges it in the last steps of the protocol.
///
/// # Errors
/// Numbers out of their range, data that are too short, FORCE where nothing can be fed back, patterns of spikes for
/// machines that take none, more states than memory holds.
pub fn trial(task: &Task, machine: &Machine, learner: &Learner, protocol: &Protocol, seed: u64) -> Result<Trial> {
    protocol.check()?;
    if let Task::Memory(most) = task
        && protocol.test / 2 < *most
    {
        let problem = format!(
            "{} steps to be judged by are too few for the inputs of {most} steps ago, as chance looks like memory; judge by {} at least (--test)",
            protocol.test,
            most.saturating_mul(2)
        );
        return Err(Error::invalid("memory", problem));
    }
    if *task == Task::Patterns {
        return patterns::trial(machine, learner, seed);
    }
    // All states, those with a column of ones, those that are learned from, and a part of these once more for the
    // choice of alpha.
    super::check_memory("reservoir", &[[protocol.steps() * 4, machine.units()?]])?;
    let data = data(task, protocol, seed)?;
    let (from, to, end) = (protocol.washout, protocol.washout + protocol.train, protocol.steps());
    let dynamics = machine.build(&rows(&data.inputs, 0, to)?, seed)?;
    let states = with_one(&dynamics.states(&data.inputs)?)?;
    let (s, y) = (rows(&states, from, to)?, rows(&data.targets, from, to)?);
    let Chosen { weights, alpha, .. } = match learner {
        Learner::Ridge(alphas) => ridge_chosen(&s, &y, alphas, (protocol.train / 5).max(1))?,
        Learner::Rls(alpha) => rls_over(&s, &y, *alpha)?,
        Learner::Force(alpha) => force_over(task, &dynamics, &data, to, *alpha)?,
    };
    let pairs = output_target_pairs(&outputs(&rows(&states, to, end)?, &weights)?, &rows(&data.targets, to, end)?)?;
    let last = data.last.as_ref().map(|last| &last[to..end]);
    let mut scores = scores(task, &pairs, last)?;
    let mut shown = Vec::new();
    let mut axes = ["step", "value"];
    if task.closes_loop() {
        let closed = free::closed_loops(task, (&dynamics, &weights), &data, (to, end))?;
        scores.extend(closed.scores);
        shown = closed.curves;
    }
    if let Some((name, points)) = delay_curve(task, &pairs)? {
        (shown, axes) = (vec![(name, points)], ["delay (steps)", name]);
    }
    if shown.is_empty() {
        let curve = |numbers: &[f64]| (0..).zip(numbers).take(150).map(|(t, &y)| (f64::from(t), y)).collect();
        shown = vec![("asked", curve(&pairs[0].1)), ("said", curve(&pairs[0].0))];
    }
    Ok(Trial { scores, shown, axes, alpha })
}

/// The outputs of each readout, with its targets, of tables [steps, outputs] and [steps, targets]; there may be more
/// targets than outputs.
fn output_target_pairs(outputs: &Array<f64>, targets: &Array<f64>) -> Result<Vec<(Vec<f64>, Vec<f64>)>> {
    let ([_, width], [_, target_width]) = (super::axes("outputs", outputs)?, super::axes("targets", targets)?);
    let column = |table: &Array<f64>, of: usize, k: usize| -> Vec<f64> {
        table.data().iter().skip(k).step_by(of).copied().collect()
    };
    Ok((0..width).map(|k| (column(outputs, width, k), column(targets, target_width, k))).collect())
}

/// How well each delay of a task is remembered, as a curve; [`None`] for tasks without delays.
fn delay_curve(task: &Task, pairs: &[(Vec<f64>, Vec<f64>)]) -> Result<Option<Curve>> {
    let (name, first) = match task {
        Task::Memory(_) => ("squared correlation", 1),
        Task::Parity => ("share of right answers", 0),
        _ => return Ok(None),
    };
    let points = (first..).zip(pairs).map(|(delay, (output, target))| {
        let value = if first == 1 { squared_correlation(output, target)? } else { accuracy(output, target) };
        Ok((f64::from(delay), value))
    });
    Ok(Some((name, points.collect::<Result<_>>()?)))
}

/// Recursive least squares over all steps, one after the other.
fn rls_over(states: &Array<f64>, targets: &Array<f64>, alpha: f64) -> Result<Chosen> {
    let ([_, units], [_, outputs]) = (super::axes("states", states)?, super::axes("targets", targets)?);
    let mut rls = Rls::new(units, outputs, alpha, 1.0)?;
    let (mut error, mut steps) = (0.0, 0.0);
    for (state, target) in states.data().chunks_exact(units).zip(targets.data().chunks_exact(outputs)) {
        error += rls.step(state, target)?.iter().map(|e| e * e).sum::<f64>();
        steps += outputs as f64;
    }
    Ok(Chosen { weights: rls.weights()?, alpha, error: error / steps })
}

/// FORCE over the first `to` steps of the data, one after the other.
fn force_over(task: &Task, dynamics: &Dynamics, data: &Data, to: usize, alpha: f64) -> Result<Chosen> {
    let Dynamics::Rate(reservoir) = dynamics else {
        return Err(Error::invalid(
            "FORCE",
            "it feeds outputs back step by step, as rate reservoirs alone can; choose ridge or rls",
        ));
    };
    if !task.closes_loop() {
        let problem = format!(
            "the output of '{}' is not its next input, so that nothing is fed back; choose ridge or rls",
            task.name()
        );
        return Err(Error::invalid("FORCE", problem));
    }
    let [_, width] = super::axes("targets", &data.targets)?;
    let outputs = reservoir.inputs();
    let mut force = Force::new(reservoir.as_ref().clone(), outputs, alpha)?;
    let mut error = 0.0;
    for target in data.targets.data().chunks_exact(width).take(to) {
        error += force.learn(&[], &target[..outputs])?.iter().map(|e| e * e).sum::<f64>();
    }
    let mut weights = force.readout().weights()?.into_data();
    // FORCE does not read the column of ones.
    weights.extend(vec![0.0; outputs]);
    let weights = Array::new("weights", &[reservoir.units() + 1, outputs], weights)?;
    Ok(Chosen { weights, alpha, error: error / (to * outputs) as f64 })
}
