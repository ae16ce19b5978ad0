//! Which units of a hidden layer are computed for a sample, and what that costs.

use crate::error::{Error, Result};
use crate::random::{Draws, Purpose, stream};

/// Whether each unit is kept: the `count` units with the largest scores are, the first of them where several are equal.
///
/// # Errors
/// More units than there are; a score that is not a number.
pub fn keep(scores: &[f64], count: usize) -> Result<Vec<bool>> {
    if count > scores.len() || scores.iter().any(|score| score.is_nan()) {
        let problem =
            format!("{count} of {} units are to be kept, by scores that are numbers; keep fewer", scores.len());
        return Err(Error::invalid("gate", problem));
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let mut kept = vec![false; scores.len()];
    order[..count].iter().for_each(|&unit| kept[unit] = true);
    Ok(kept)
}

/// Whether each unit is kept: `count` of `units` are, drawn at random from the seed and the sample's number.
///
/// # Errors
/// More units than there are.
pub fn keep_random(units: usize, count: usize, (seed, sample): (u64, u64)) -> Result<Vec<bool>> {
    let mut draws = Draws::new(seed, stream(Purpose::Shuffle, 1), sample);
    let scores: Vec<f64> = (0..units).map(|_| draws.uniform()).collect();
    keep(&scores, count)
}

/// What the operations of a sample depend on. An operation is a weight that is added, or multiplied and added, or an
/// update of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// How many spikes, or inputs that are not zero, reach each hidden unit.
    pub arriving: u64,
    /// Updates of a unit: steps of a neuron, 1 of a ReLU.
    pub updates: u64,
    /// Units of the readout, one for each class.
    pub classes: u64,
}

impl Cost {
    /// Operations where `kept` units are computed and send `sent` spikes, or numbers that are not zero; the readout's
    /// updates count, too.
    pub fn operations(&self, kept: u64, sent: u64) -> u64 {
        kept * (self.arriving + self.updates) + (sent + self.updates) * self.classes
    }
}
