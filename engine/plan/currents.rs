//! Piecewise constant currents of stimuli.

use crate::tile::course::held;

/// A current stimulus.
#[derive(Debug, Clone)]
pub struct CurrentPlan {
    /// (first step, amplitude in pA), rising; zero before the first.
    pub changes: Vec<(u64, f64)>,
}

impl CurrentPlan {
    /// Amplitude in the update of `step`, pA.
    pub fn amplitude(&self, step: u64) -> f64 {
        held(&self.changes, step)
    }
    /// The first change after `step`.
    pub fn next_change(&self, step: u64) -> Option<u64> {
        self.changes.get(self.changes.partition_point(|c| c.0 <= step)).map(|c| c.0)
    }
}
