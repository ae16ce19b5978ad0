//! Which neurons the weights of a parameter go onto, and how weights are rounded.

use crate::error::{Error, Result};
use crate::files::Checksum;
use crate::number::Number;
use crate::simd::{Level, Work, vectorised};
use crate::train::array::words;

/// The neurons onto which the synapses go whose weights a parameter holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The name of the neurons; parameters of one name share a unit, since their weights are added up.
    pub neurons: String,
    /// The neuron of each place.
    pub targets: Targets,
}

/// The target of each place of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Targets {
    /// The index on the first axis, as in [target, source] or [channel, channel before, row, column].
    First,
    /// The index on the last axis, as in [source, target].
    Last,
    /// A target for each place, as for a list of synapses.
    Each {
        /// The target of each place, below `neurons`.
        targets: Vec<u32>,
        /// The number of neurons.
        neurons: u32,
    },
}

impl Incoming {
    /// Checks that the targets fit a shape; `what` names the parameter.
    ///
    /// # Errors
    /// They do not, or a target is beyond the neurons.
    pub(super) fn check(&self, what: &str, shape: &[usize]) -> Result<()> {
        let places: usize = shape.iter().product();
        match &self.targets {
            Targets::Each { targets, .. } if targets.len() != places => {
                let problem =
                    format!("{} targets do not fit its shape {}, which needs {places}", targets.len(), words(shape));
                Err(Error::invalid(what, problem))
            }
            Targets::Each { targets, neurons } => match targets.iter().find(|target| *target >= neurons) {
                Some(target) => Err(Error::invalid(what, format!("target {target} is none of {neurons} neurons"))),
                None => Ok(()),
            },
            _ if shape.is_empty() => Err(Error::invalid(what, "a single number has no targets")),
            _ => Ok(()),
        }
    }

    /// Adds the name and the targets to a checksum.
    pub(super) fn add_to_checksum(&self, checksum: &mut Checksum) {
        checksum.update(&(self.neurons.len() as u64).to_le_bytes());
        checksum.update(self.neurons.as_bytes());
        match &self.targets {
            Targets::First => checksum.update(&[0]),
            Targets::Last => checksum.update(&[1]),
            Targets::Each { targets, neurons } => {
                checksum.update(&[2]);
                checksum.update(&neurons.to_le_bytes());
                targets.iter().for_each(|target| checksum.update(&target.to_le_bytes()));
            }
        }
    }

    /// Calls `each` with target and place for all places of a parameter of this shape.
    pub(super) fn for_each_target(&self, shape: &[usize], mut each: impl FnMut(usize, usize)) {
        let places: usize = shape.iter().product();
        let last = shape.last().copied().unwrap_or(1).max(1);
        let row = (places / shape.first().copied().unwrap_or(1).max(1)).max(1);
        match &self.targets {
            Targets::First => (0..places).for_each(|place| each(place / row, place)),
            Targets::Last => (0..places).step_by(last).for_each(|row| (0..last).for_each(|to| each(to, row + to))),
            Targets::Each { targets, .. } => {
                targets.iter().enumerate().for_each(|(place, &to)| each(to as usize, place))
            }
        }
    }

    /// The number of target neurons of a parameter of this shape.
    pub(super) fn target_count(&self, shape: &[usize]) -> usize {
        match &self.targets {
            Targets::First => shape.first().copied().unwrap_or(1),
            Targets::Last => shape.last().copied().unwrap_or(1),
            Targets::Each { neurons, .. } => *neurons as usize,
        }
    }
}

/// Rounds values to whole multiples of `unit`, ties to the even one, as the fixed point of the players does.
pub fn round<T: Number>(values: &mut [T], unit: f64) {
    vectorised(Round { values, unit });
}

struct Round<'a, T> {
    values: &'a mut [T],
    unit: f64,
}

impl<T: Number> Work for Round<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        for value in self.values {
            *value = T::of((value.value() / self.unit).round_ties_even() * self.unit);
        }
    }
}
