//! Tasks: the inputs of a machine, the targets of its readout, and the measures of how well these are met.

use super::signals::{self, MackeyGlass};
use crate::error::{Error, Result};
use crate::text::{count, counted};
use crate::train::Array;

/// What a readout is to give.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    /// The inputs of 1 to this many steps ago (Jaeger 2001, "Short term memory in echo state networks").
    Memory(usize),
    /// The next value of NARMA-10.
    Narma10,
    /// The Mackey-Glass series, 1 and 84 steps ahead.
    MackeyGlass,
    /// The next point of Lorenz's system.
    Lorenz,
    /// The parity of three bits, of which the last came 0, 1, 2... steps ago, each a target.
    Parity,
    /// Which of four patterns of spikes has just come.
    Patterns,
    /// The next value of a given series.
    Series(Vec<f64>),
}

/// The number of bits of a parity.
const BITS: usize = 3;
/// The number of delays, from 0 on, of [`Task::Parity`].
const PARITY_DELAYS: usize = 16;
/// How many steps ahead [`Task::MackeyGlass`] is predicted, besides one.
pub(super) const AHEAD: usize = 84;
/// The time between two points of Lorenz's system.
const LORENZ_DT: f64 = 0.02;

impl Task {
    /// The names of all tasks, as options take them.
    pub const NAMES: [&'static str; 7] =
        ["memory", "narma-10", "mackey-glass", "lorenz", "parity", "patterns", "series"];

    /// A phrase about each task, in the order of [`Task::NAMES`].
    pub const ABOUT: [&'static str; 7] = [
        "inputs of some steps ago: memory capacity",
        "the next value of NARMA-10 from its input",
        "a chaotic series 1 and 84 steps ahead, and running by itself",
        "the next point of Lorenz's system, and running by itself",
        "the parity of three bits of some steps ago",
        "which of four patterns of spikes has just come; spiking reservoirs alone",
        "the next value of a series of your own, --data",
    ];

    /// The name of the task.
    pub fn name(&self) -> &'static str {
        Task::NAMES[match self {
            Task::Memory(_) => 0,
            Task::Narma10 => 1,
            Task::MackeyGlass => 2,
            Task::Lorenz => 3,
            Task::Parity => 4,
            Task::Patterns => 5,
            Task::Series(_) => 6,
        }]
    }

    /// Whether the loop can be closed: whether a readout's outputs predict the next inputs.
    pub fn closes_loop(&self) -> bool {
        matches!(self, Task::MackeyGlass | Task::Lorenz | Task::Series(_))
    }
}

/// How many steps of a task a machine is run for, and what they are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protocol {
    /// The first steps, which are left out, so that the machine's start is forgotten.
    pub washout: usize,
    /// The next steps, which are learned from; the last fifth of them chooses alpha.
    pub train: usize,
    /// The last steps, by which the readout is judged.
    pub test: usize,
}

impl Default for Protocol {
    fn default() -> Protocol {
        Protocol { washout: 200, train: 2000, test: 2000 }
    }
}

impl Protocol {
    /// The number of all steps.
    pub fn steps(&self) -> usize {
        self.washout + self.train + self.test
    }

    /// Checks the numbers of steps.
    ///
    /// # Errors
    /// Fewer than 10 steps to learn from or to judge by; more than 10,000,000 of a kind.
    pub fn check(&self) -> Result<()> {
        let Protocol { washout, train, test } = *self;
        if train < 10 || test < 10 || [washout, train, test].iter().any(|&steps| steps > 10_000_000) {
            let problem = format!(
                "{train} steps to learn from and {test} to be judged by must be 10 at least, and all below 10,000,000"
            );
            return Err(Error::invalid("reservoir", problem));
        }
        Ok(())
    }
}

/// How a readout learns.
#[derive(Debug, Clone, PartialEq)]
pub enum Learner {
    /// [`super::ridge_chosen`] among these alphas.
    Ridge(Vec<f64>),
    /// [`super::Rls`] with this alpha.
    Rls(f64),
    /// [`super::Force`] with this alpha, in tasks whose output is the next input.
    Force(f64),
}

impl Learner {
    /// The name of the method, as options take it.
    pub fn name(&self) -> &'static str {
        match self {
            Learner::Ridge(_) => "ridge",
            Learner::Rls(_) => "rls",
            Learner::Force(_) => "force",
        }
    }
}

/// A measure of how well a readout meets its targets.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// The name of the measure.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// Whether more is better.
    pub more_is_better: bool,
    /// The value for answers that repeat the last value, or are random.
    pub last_value: Option<f64>,
}

/// A curve: its name, and its points.
pub(super) type Curve = (&'static str, Vec<(f64, f64)>);

/// The result of one machine on one task with one seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The measures.
    pub scores: Vec<Score>,
    /// Curves: targets and outputs of some steps, or a measure over delays.
    pub shown: Vec<Curve>,
    /// The labels of the axes of `shown`, x and y.
    pub axes: [&'static str; 2],
    /// The alpha that was chosen.
    pub alpha: f64,
}

/// Inputs and targets of a task.
pub(super) struct Data {
    /// The inputs, [steps, inputs].
    pub inputs: Array<f64>,
    /// The targets, [steps, outputs]; where the loop can be closed, the first of them are the next inputs.
    pub targets: Array<f64>,
    /// The last value that could be repeated as an answer to the first target, where there is one.
    pub last: Option<Vec<f64>>,
}

/// A table [steps, columns] of columns.
pub(super) fn table(columns: &[Vec<f64>], steps: usize) -> Result<Array<f64>> {
    let data = (0..steps).flat_map(|t| columns.iter().map(move |column| column[t])).collect();
    Array::new("table", &[steps, columns.len()], data)
}

/// The inputs and targets of a task, for the steps of a protocol.
pub(super) fn data(task: &Task, protocol: &Protocol, seed: u64) -> Result<Data> {
    let steps = protocol.steps();
    match task {
        Task::Memory(most) => {
            let most = (*most).clamp(1, 10_000);
            let u = signals::uniform(steps + most, (-1.0, 1.0), seed);
            let columns: Vec<Vec<f64>> = (1..=most).map(|delay| u[most - delay..][..steps].to_vec()).collect();
            Ok(Data { inputs: table(&[u[most..].to_vec()], steps)?, targets: table(&columns, steps)?, last: None })
        }
        Task::Narma10 => narma10(steps, seed),
        Task::MackeyGlass => {
            let first = first_point(seed);
            let x = signals::mackey_glass(first + steps + AHEAD, &MackeyGlass::default())?;
            let x: Vec<f64> = x[first..].iter().map(|x| x - 1.0).collect();
            predicted(&x, &[1, AHEAD], steps)
        }
        Task::Lorenz => lorenz(steps, seed),
        Task::Parity => {
            let bits = signals::bits(steps, seed);
            let columns: Vec<Vec<f64>> = (0..PARITY_DELAYS).map(|delay| signals::parity(&bits, BITS, delay)).collect();
            Ok(Data { targets: table(&columns, steps)?, inputs: table(&[bits], steps)?, last: None })
        }
        Task::Series(series) => predicted(&standardised(series, steps)?, &[1], steps),
        Task::Patterns => Err(Error::Internal("patterns are no series".into())),
    }
}

/// The first point that is taken of a chaotic system: each seed begins elsewhere on the attractor.
fn first_point(seed: u64) -> usize {
    1000 + (seed % 1000) as usize * 97
}

/// A series as input, and as targets its values some steps ahead.
fn predicted(x: &[f64], ahead: &[usize], steps: usize) -> Result<Data> {
    let from = |by: usize| x[by..by + steps].to_vec();
    let targets: Vec<Vec<f64>> = ahead.iter().map(|&by| from(by)).collect();
    Ok(Data { inputs: table(&[from(0)], steps)?, targets: table(&targets, steps)?, last: Some(from(0)) })
}

/// NARMA-10, with its input brought from 0 to 0.5 to -1 to 1.
fn narma10(steps: usize, seed: u64) -> Result<Data> {
    // Some inputs make it grow without bounds; the next that do not are taken.
    let found = (0..20u64).find_map(|more| {
        let u = signals::uniform(steps + 1, (0.0, 0.5), seed.wrapping_add(more << 32));
        signals::narma10(&u).ok().map(|y| (u, y))
    });
    let (u, y) =
        found.ok_or_else(|| Error::invalid("NARMA-10", "it grows without bounds; take another seed or fewer steps"))?;
    let inputs: Vec<f64> = u[..steps].iter().map(|u| 4.0 * u - 1.0).collect();
    let last = Some(y[..steps].to_vec());
    Ok(Data { inputs: table(&[inputs], steps)?, targets: table(&[y[1..=steps].to_vec()], steps)?, last })
}

/// Lorenz's system, each coordinate scaled to about -1 to 1, and as targets the next points.
fn lorenz(steps: usize, seed: u64) -> Result<Data> {
    let first = first_point(seed);
    let points = signals::lorenz(first + steps + 1, LORENZ_DT, [1.0, 1.0, 1.0]);
    let part = |i: usize, by: usize| -> Vec<f64> {
        let points = &points[first + by..][..steps];
        points.iter().map(|p| [p[0] / 20.0, p[1] / 27.0, (p[2] - 25.0) / 25.0][i]).collect()
    };
    let [inputs, targets] = [0, 1].map(|by| table(&[part(0, by), part(1, by), part(2, by)], steps));
    Ok(Data { inputs: inputs?, targets: targets?, last: Some(part(0, 0)) })
}

/// A series less its mean and over its standard deviation; refuses one with fewer than `steps` + 1 values.
fn standardised(series: &[f64], steps: usize) -> Result<Vec<f64>> {
    if series.len() <= steps {
        let (has, needs) = (counted(series.len() as u64, "value"), count(steps as u64 + 1));
        let problem = format!(
            "it has {has}, and washout, training and test need {needs}; give fewer of --washout, --train and --test"
        );
        return Err(Error::invalid("series", problem));
    }
    super::check_finite_list("series", series)?;
    let mean = series.iter().sum::<f64>() / series.len() as f64;
    let sd = (series.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / series.len() as f64).sqrt();
    if sd <= 0.0 {
        return Err(Error::invalid("series", "its values are all the same, so that there is nothing to learn"));
    }
    Ok(series.iter().map(|x| (x - mean) / sd).collect())
}
