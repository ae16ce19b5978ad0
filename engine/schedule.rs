//! The schedule of a run: epochs (steps that need no exchange of spikes) and batches (steps that a player is given at
//! once).

use crate::plan::CurrentPlan;

/// Steps `first + 1 ..= first + steps` that are played without an exchange of spikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch {
    /// Number of steps done before it.
    pub first: u64,
    /// Number of its steps.
    pub steps: u32,
}

/// The epochs from step `done` to step `until`: each ends at a multiple of `longest` steps, or at `until`.
pub fn epochs(done: u64, until: u64, longest: u32) -> impl Iterator<Item = Epoch> {
    let longest = u64::from(longest.max(1));
    let mut first = done;
    std::iter::from_fn(move || {
        let steps = (longest - first % longest).min(until.saturating_sub(first)) as u32;
        let epoch = Epoch { first, steps };
        first += u64::from(steps);
        (steps > 0).then_some(epoch)
    })
}

/// The number of steps of a batch after step `done`: at most `steps`, and only up to the step before the next of
/// `changes`, which rise and begin batches.
pub fn until_change(done: u64, steps: u32, changes: &[u64]) -> u32 {
    let next = changes.get(changes.partition_point(|&change| change <= done + 1));
    next.map_or(steps, |change| u64::from(steps).min(change - 1 - done) as u32)
}

/// The number of steps of a batch after step `done`: at most `remaining` and `most`, and only up to the step before the
/// next change of a current, which begins a batch.
pub fn batch(done: u64, remaining: u64, most: u32, currents: &[CurrentPlan]) -> u32 {
    // A change at step c is in force in the update of step c, so a batch may reach c - 1.
    let change = currents.iter().filter_map(|c| c.next_change(done + 1)).min().unwrap_or(u64::MAX);
    remaining.min(u64::from(most)).min(change - 1 - done) as u32
}
