//! A machine tried on a task, and what came of it.

use super::dynamics::{Dynamics, Machine};
use super::measures::{accuracy, scores};
use super::online::{Force, Rls};
use super::readout::{Chosen, outputs, ridge_chosen, rows, with_one};
use super::signals::squared_correlation;
use super::tasks::{Data, Learner, Protocol, Task, Trial, data};
use super::{free, patterns};
use crate::error::{Error, Result};
use crate::train::Array;

/// Tries a machine on a task.
///
/// # Errors
/// Numbers out of their range, data that are too short, FORCE where nothing can be fed back, patterns of spikes for units that
/// have none.
pub fn trial(task: &Task, machine: &Machine, learner: &Learner, protocol: &Protocol, seed: u64) -> Result<Trial> {
    protocol.check()?;
    if *task == Task::Patterns {
        return patterns::trial(machine, learner, seed);
    }
    // States, with ones, and those that are learned from, once more for the choice of alpha.
    super::room("reservoir", &[[protocol.steps() * 4, machine.units()?]])?;
    let data = data(task, protocol, seed)?;
    let (from, to, end) = (protocol.washout, protocol.washout + protocol.train, protocol.steps());
    let dynamics = machine.made(&rows(&data.inputs, 0, to)?, seed)?;
    let states = with_one(&dynamics.states(&data.inputs)?)?;
    let (s, y) = (rows(&states, from, to)?, rows(&data.targets, from, to)?);
    let Chosen { weights, alpha, .. } = match learner {
        Learner::Ridge(alphas) => ridge_chosen(&s, &y, alphas, (protocol.train / 5).max(1))?,
        Learner::Rls(alpha) => online(&s, &y, *alpha)?,
        Learner::Force(alpha) => force(task, &dynamics, &data, to, *alpha)?,
    };
    let [_, width] = super::axes("weights", &weights)?;
    let said = outputs(&rows(&states, to, end)?, &weights)?;
    let column = |table: &Array<f64>, of: usize, k: usize| -> Vec<f64> {
        table.data().iter().skip(k).step_by(of).copied().collect()
    };
    let [_, asked_width] = super::axes("targets", &data.targets)?;
    let asked = rows(&data.targets, to, end)?;
    let pairs: Vec<(Vec<f64>, Vec<f64>)> =
        (0..width).map(|k| (column(&said, width, k), column(&asked, asked_width, k))).collect();
    let last = data.last.as_ref().map(|last| &last[to..end]);
    let mut scores = scores(task, &pairs, last)?;
    let mut shown = Vec::new();
    let mut axes = ["step", "value"];
    if task.closes() {
        let closed = free::closed(task, (&dynamics, &weights), &data, (to, end))?;
        scores.extend(closed.scores);
        shown = closed.shown;
    }
    if let Task::Memory(_) | Task::Parity = task {
        let over = (0..).zip(&pairs).map(|(k, (said, asked))| {
            let first = if matches!(task, Task::Memory(_)) { 1 } else { 0 };
            Ok((
                f64::from(k + first),
                if first == 1 { squared_correlation(said, asked)? } else { accuracy(said, asked) },
            ))
        });
        let name = if matches!(task, Task::Memory(_)) { "squared correlation" } else { "share of right answers" };
        (shown, axes) = (vec![(name, over.collect::<Result<Vec<_>>>()?)], ["delay (steps)", name]);
    }
    if shown.is_empty() {
        let curve = |numbers: &[f64]| (0..).zip(numbers).take(150).map(|(t, &y)| (f64::from(t), y)).collect();
        shown = vec![("asked", curve(&pairs[0].1)), ("said", curve(&pairs[0].0))];
    }
    Ok(Trial { scores, shown, axes, alpha })
}

/// Recursive least squares over all steps, one after the other.
fn online(states: &Array<f64>, targets: &Array<f64>, alpha: f64) -> Result<Chosen> {
    let ([_, units], [_, outputs]) = (super::axes("states", states)?, super::axes("targets", targets)?);
    let mut rls = Rls::new(units, outputs, alpha, 1.0)?;
    let (mut error, mut steps) = (0.0, 0.0);
    for (state, target) in states.data().chunks_exact(units).zip(targets.data().chunks_exact(outputs)) {
        error += rls.step(state, target)?.iter().map(|e| e * e).sum::<f64>();
        steps += outputs as f64;
    }
    Ok(Chosen { weights: rls.weights()?, alpha, error: error / steps })
}

/// FORCE over all steps up to `to`, from the first on.
fn force(task: &Task, dynamics: &Dynamics, data: &Data, to: usize, alpha: f64) -> Result<Chosen> {
    let Dynamics::Rate(reservoir) = dynamics else {
        return Err(Error::invalid(
            "FORCE",
            "it feeds outputs back step by step, as rate reservoirs alone can; choose ridge or rls",
        ));
    };
    if !task.closes() {
        let problem = format!(
            "the output of '{}' is not its next input, so that nothing is fed back; choose ridge or rls",
            task.name()
        );
        return Err(Error::invalid("FORCE", problem));
    }
    let [_, asked] = super::axes("targets", &data.targets)?;
    let outputs = reservoir.inputs();
    let mut force = Force::new(reservoir.as_ref().clone(), outputs, alpha)?;
    let mut error = 0.0;
    for target in data.targets.data().chunks_exact(asked).take(to) {
        error += force.learn(&[], &target[..outputs])?.iter().map(|e| e * e).sum::<f64>();
    }
    let mut weights = force.readout().weights()?.into_data();
    // The column of ones is not read.
    weights.extend(vec![0.0; outputs]);
    let weights = Array::new("weights", &[reservoir.units() + 1, outputs], weights)?;
    Ok(Chosen { weights, alpha, error: error / (to * outputs) as f64 })
}
