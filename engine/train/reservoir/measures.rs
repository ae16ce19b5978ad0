//! How well the outputs of readouts fit their targets.

use super::readout::{outputs, ridge_chosen, rows, with_one};
use super::signals::{nrmse, squared_correlation};
use super::tasks::{Score, Task, table};
use crate::error::{Error, Result};
use crate::text::counted;
use crate::train::Array;

/// The measures of a task, for pairs of outputs and targets, one for each target; `last` answers the first target with
/// the last value.
pub(super) fn scores(task: &Task, pairs: &[(Vec<f64>, Vec<f64>)], last: Option<&[f64]>) -> Result<Vec<Score>> {
    let error = |name: &'static str, k: usize| {
        let (output, target) = &pairs[k];
        let last_value = last.map(|last| nrmse(last, target)).transpose()?;
        Ok::<_, Error>(Score { name, value: nrmse(output, target)?, more_is_better: false, last_value })
    };
    match task {
        Task::Memory(_) => {
            let parts = pairs.iter().map(|(output, target)| squared_correlation(output, target));
            let value = parts.sum::<Result<f64>>()?;
            Ok(vec![Score { name: "memory capacity", value, more_is_better: true, last_value: None }])
        }
        Task::MackeyGlass if pairs.len() > 1 => Ok(vec![error("NRMSE, 1 step", 0)?, error("NRMSE, 84 steps", 1)?]),
        Task::Parity => {
            let information = pairs.iter().map(|(output, target)| information(output, target)).sum();
            let right = accuracy(&pairs[1].0, &pairs[1].1);
            Ok(vec![
                Score { name: "information (bits)", value: information, more_is_better: true, last_value: Some(0.0) },
                Score { name: "right, 1 step ago", value: right, more_is_better: true, last_value: Some(0.5) },
            ])
        }
        Task::Lorenz => {
            let parts = (0..pairs.len()).map(|k| nrmse(&pairs[k].0, &pairs[k].1));
            let value = parts.sum::<Result<f64>>()? / pairs.len() as f64;
            let last_value = last.map(|last| nrmse(last, &pairs[0].1)).transpose()?;
            Ok(vec![Score { name: "NRMSE, 1 step", value, more_is_better: false, last_value }])
        }
        _ => Ok(vec![error("NRMSE, 1 step", 0)?]),
    }
}

/// The share of outputs with the sign of their target.
pub(super) fn accuracy(output: &[f64], target: &[f64]) -> f64 {
    let right = output.iter().zip(target).filter(|(output, target)| (**output > 0.0) == (**target > 0.0)).count();
    right as f64 / target.len() as f64
}

/// The mutual information of the signs of outputs and of targets, bits.
fn information(output: &[f64], target: &[f64]) -> f64 {
    let mut counts = [[0.0f64; 2]; 2];
    for (output, target) in output.iter().zip(target) {
        counts[usize::from(*output > 0.0)][usize::from(*target > 0.0)] += 1.0;
    }
    let all = target.len() as f64;
    let (by_output, by_target) =
        ([0, 1].map(|i| counts[i][0] + counts[i][1]), [0, 1].map(|k| counts[0][k] + counts[1][k]));
    let terms = [(0, 0), (0, 1), (1, 0), (1, 1)].into_iter().filter(|&(i, k)| counts[i][k] > 0.0);
    terms.map(|(i, k)| counts[i][k] / all * (counts[i][k] * all / (by_output[i] * by_target[k])).log2()).sum()
}

/// The memory of states (Jaeger 2001, "Short term memory in echo state networks"): for each delay from 1 to `most`, the
/// squared correlation of the input that many steps ago with the output of a readout of `states`, [steps, units], by
/// ridge regression, in the steps that it has not learned from. Their sum is the memory capacity, which is at most the
/// number of states. The first `most` steps are left out, and the next `train` are learned from. A delay that cannot be
/// remembered has about 1 / steps by chance.
///
/// # Errors
/// Another number of states than of inputs, too few of them, numbers that are not finite.
pub fn memory(states: &Array<f64>, inputs: &[f64], most: usize, train: usize) -> Result<Vec<f64>> {
    let [steps, _] = super::axes("states", states)?;
    let to = most.saturating_add(train);
    if steps != inputs.len() || most == 0 || train < 10 || to.saturating_add(10) > steps {
        let inputs = counted(inputs.len() as u64, "input");
        let problem = format!(
            "{steps} steps of states and {inputs} must be as many, and more than {most} delays and {train} steps to learn from"
        );
        return Err(Error::invalid("memory", problem));
    }
    super::check_finite_list("input", inputs)?;
    let columns: Vec<Vec<f64>> = (1..=most).map(|delay| inputs[most - delay..steps - delay].to_vec()).collect();
    let targets = table(&columns, steps - most)?;
    let states = with_one(&rows(states, most, steps)?)?;
    let (s, y) = (rows(&states, 0, train)?, rows(&targets, 0, train)?);
    let weights = ridge_chosen(&s, &y, &super::ALPHAS, (train / 5).max(1))?.weights;
    let output = outputs(&rows(&states, train, steps - most)?, &weights)?;
    let column = |k: usize| output.data().iter().skip(k).step_by(most).copied().collect::<Vec<_>>();
    columns.iter().enumerate().map(|(k, target)| squared_correlation(&column(k), &target[train..])).collect()
}
