//! Tasks: what a machine is given, what is asked of its states, and how well a readout says it.

use super::signals::{self, MackeyGlass};
use crate::error::{Error, Result};
use crate::text::{count, counted};
use crate::train::Array;

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    /// Inputs of up to so many steps ago (Jaeger 2001, "Short term memory in echo state networks").
    Memory(usize),
    /// The next value of NARMA-10.
    Narma10,
    /// The Mackey-Glass series, 1 and 84 steps ahead.
    MackeyGlass,
    /// The next point of Lorenz's system.
    Lorenz,
    /// The parity of three bits, of which the last came 0, 1, 2... steps ago.
    Parity,
    /// Which of four patterns of spikes has just come.
    Patterns,
    /// The next value of a series of one's own.
    Series(Vec<f64>),
}

/// Bits of a parity, and delays that are asked for.
const BITS: usize = 3;
const PARITY_DELAYS: usize = 16;
/// Steps ahead that Mackey-Glass is asked for besides one.
pub(super) const AHEAD: usize = 84;
/// Time between two points of Lorenz's system.
const LORENZ_DT: f64 = 0.02;

impl Task {
    /// Names of all.
    pub const NAMES: [&'static str; 7] =
        ["memory", "narma-10", "mackey-glass", "lorenz", "parity", "patterns", "series"];

    /// What each is, in some words.
    pub const ABOUT: [&'static str; 7] = [
        "inputs of some steps ago: memory capacity",
        "the next value of NARMA-10 from its input",
        "a chaotic series 1 and 84 steps ahead, and running by itself",
        "the next point of Lorenz's system, and running by itself",
        "the parity of three bits of some steps ago",
        "which of four patterns of spikes has just come; spiking reservoirs alone",
        "the next value of a series of your own, --data",
    ];

    /// Its name.
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

    /// Whether what a readout says can be the next input.
    pub fn closes(&self) -> bool {
        matches!(self, Task::MackeyGlass | Task::Lorenz | Task::Series(_))
    }
}

/// How long a machine is listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protocol {
    /// Steps that are not learned from, so that the start is forgotten.
    pub washout: usize,
    /// Steps that are learned from. The last fifth of them chooses alpha.
    pub train: usize,
    /// Steps that are judged.
    pub test: usize,
}

impl Default for Protocol {
    fn default() -> Protocol {
        Protocol { washout: 200, train: 2000, test: 2000 }
    }
}

impl Protocol {
    /// All steps.
    pub fn steps(&self) -> usize {
        self.washout + self.train + self.test
    }

    /// Refuses what cannot be learned or judged.
    ///
    /// # Errors
    /// Too few steps, or too many.
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
    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Learner::Ridge(_) => "ridge",
            Learner::Rls(_) => "rls",
            Learner::Force(_) => "force",
        }
    }
}

/// One measure of how well it went.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// What is measured.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// Whether more is better.
    pub more_is_better: bool,
    /// What one has who answers with the last value, or at random.
    pub last_value: Option<f64>,
}

/// How it went for one machine and one seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Its measures.
    pub scores: Vec<Score>,
    /// Names of curves, and their points: some of what was said beside what was asked.
    pub shown: Vec<(&'static str, Vec<(f64, f64)>)>,
    /// What `shown` is over, and of.
    pub axes: [&'static str; 2],
    /// The alpha that was chosen.
    pub alpha: f64,
}

/// Inputs and targets of a task.
pub(super) struct Data {
    /// [steps, inputs]
    pub inputs: Array<f64>,
    /// [steps, outputs]; the first of them, where a task closes its loop, are the next inputs.
    pub targets: Array<f64>,
    /// What the last value says of the first target, where it says anything.
    pub last: Option<Vec<f64>>,
}

/// A table of columns.
pub(super) fn table(columns: &[Vec<f64>], steps: usize) -> Result<Array<f64>> {
    let data = (0..steps).flat_map(|t| columns.iter().map(move |column| column[t])).collect();
    Array::new("table", &[steps, columns.len()], data)
}

/// What a task gives and asks.
pub(super) fn data(task: &Task, protocol: &Protocol, seed: u64) -> Result<Data> {
    let steps = protocol.steps();
    let ahead = |x: &[f64], by: usize| x[by..by + steps].to_vec();
    match task {
        Task::Memory(most) => {
            let most = (*most).clamp(1, 10_000);
            let u = signals::uniform(steps + most, (-1.0, 1.0), seed);
            let columns: Vec<Vec<f64>> = (1..=most).map(|delay| u[most - delay..][..steps].to_vec()).collect();
            Ok(Data { inputs: table(&[u[most..].to_vec()], steps)?, targets: table(&columns, steps)?, last: None })
        }
        Task::Narma10 => {
            // Some inputs make it grow without bounds; the next that do not are taken.
            let found = (0..20u64).find_map(|more| {
                let u = signals::uniform(steps + 1, (0.0, 0.5), seed.wrapping_add(more << 32));
                signals::narma10(&u).ok().map(|y| (u, y))
            });
            let (u, y) = found.ok_or_else(|| {
                Error::invalid("NARMA-10", "it grows without bounds; take another seed or fewer steps")
            })?;
            let inputs: Vec<f64> = u[..steps].iter().map(|u| 4.0 * u - 1.0).collect();
            let last = Some(y[..steps].to_vec());
            Ok(Data { inputs: table(&[inputs], steps)?, targets: table(&[ahead(&y, 1)], steps)?, last })
        }
        Task::MackeyGlass => {
            // Each seed begins elsewhere on the attractor.
            let first = 1000 + (seed % 1000) as usize * 97;
            let x = signals::mackey_glass(first + steps + AHEAD, &MackeyGlass::default())?;
            let x: Vec<f64> = x[first..].iter().map(|x| x - 1.0).collect();
            let targets = table(&[ahead(&x, 1), ahead(&x, AHEAD)], steps)?;
            Ok(Data { inputs: table(&[ahead(&x, 0)], steps)?, targets, last: Some(ahead(&x, 0)) })
        }
        Task::Lorenz => {
            let first = 1000 + (seed % 1000) as usize * 97;
            let points = signals::lorenz(first + steps + 1, LORENZ_DT, [1.0, 1.0, 1.0]);
            // To about -1 to 1 each.
            let part = |i: usize, by: usize| -> Vec<f64> {
                let points = &points[first + by..][..steps];
                points.iter().map(|p| [p[0] / 20.0, p[1] / 27.0, (p[2] - 25.0) / 25.0][i]).collect()
            };
            let [inputs, targets] = [0, 1].map(|by| table(&[part(0, by), part(1, by), part(2, by)], steps));
            Ok(Data { inputs: inputs?, targets: targets?, last: Some(part(0, 0)) })
        }
        Task::Parity => {
            let bits = signals::bits(steps, seed);
            let columns: Vec<Vec<f64>> = (0..PARITY_DELAYS).map(|delay| signals::parity(&bits, BITS, delay)).collect();
            Ok(Data { targets: table(&columns, steps)?, inputs: table(&[bits], steps)?, last: None })
        }
        Task::Series(series) => {
            if series.len() <= steps {
                let (has, needs) = (counted(series.len() as u64, "value"), count(steps as u64 + 1));
                let problem = format!(
                    "it has {has}, and washout, training and test need {needs}; give fewer of --washout, --train and --test"
                );
                return Err(Error::invalid("series", problem));
            }
            super::finite_numbers("series", series)?;
            let mean = series.iter().sum::<f64>() / series.len() as f64;
            let sd = (series.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / series.len() as f64).sqrt();
            if sd <= 0.0 {
                return Err(Error::invalid("series", "its values are all the same, so that there is nothing to learn"));
            }
            let x: Vec<f64> = series.iter().map(|x| (x - mean) / sd).collect();
            Ok(Data {
                inputs: table(&[ahead(&x, 0)], steps)?,
                targets: table(&[ahead(&x, 1)], steps)?,
                last: Some(ahead(&x, 0)),
            })
        }
        Task::Patterns => Err(Error::Internal("patterns are no series".into())),
    }
}
