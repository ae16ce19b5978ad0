//! Currents of stimuli that are constant for many steps.

use crate::tile::course::held;

/// A current stimulus that is constant between given steps.
#[derive(Debug, Clone)]
pub struct CurrentPlan {
    /// (first step, amplitude in pA), rising; zero before the first.
    pub changes: Vec<(u64, f64)>,
}

impl CurrentPlan {
    /// The amplitude in the update of `step`, pA.
    pub fn amplitude(&self, step: u64) -> f64 {
        held(&self.changes, step)
    }
    /// The step of the first change after `step`, if there is one.
    pub fn next_change(&self, step: u64) -> Option<u64> {
        self.changes.get(self.changes.partition_point(|c| c.0 <= step)).map(|c| c.0)
    }
}
