//! Which units of a hidden layer are computed for a sample, and what that costs.

use crate::error::{Error, Result};
use crate::random::{Draws, Purpose, stream};

/// The `count` units with the largest scores, the first where several are equal.
///
/// # Errors
/// More units than there are; a score that is no number.
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

/// `count` of `units` at random, others for each sample.
///
/// # Errors
/// More units than there are.
pub fn random(units: usize, count: usize, (seed, sample): (u64, u64)) -> Result<Vec<bool>> {
    let mut draws = Draws::new(seed, stream(Purpose::Shuffle, 1), sample);
    let scores: Vec<f64> = (0..units).map(|_| draws.uniform()).collect();
    keep(&scores, count)
}

/// What a sample costs, in operations: a weight that is added or multiplied and added, an update of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// What reaches each hidden unit: spikes, or inputs that are not zero.
    pub arriving: u64,
    /// Updates of a unit: steps of a neuron, 1 of a ReLU.
    pub updates: u64,
    /// Answers.
    pub classes: u64,
}

impl Cost {
    /// Of so many computed units that sent so many spikes, or numbers that are not zero, beside the readout's own updates.
    pub fn operations(&self, kept: u64, sent: u64) -> u64 {
        kept * (self.arriving + self.updates) + (sent + self.updates) * self.classes
    }
}
