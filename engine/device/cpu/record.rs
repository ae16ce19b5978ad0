//! The pass `record`: samples of state variables, time-major.

use std::ops::Range;

use crate::device::cpu::state::State;
use crate::number::Number;
use crate::plan::{PopulationSlice, ProbePlan};
use crate::schedule::Epoch;

/// Samples of one probe in one shard since a batch began.
#[derive(Debug, Default)]
pub struct Samples {
    /// Neurons sampled in this shard.
    width: usize,
    /// Global id of the first of them.
    first: u32,
    /// The sample, counted from the start of the run, that the first row holds.
    start: u64,
    values: Vec<f64>,
}

impl Samples {
    /// Forgets the last batch; the next begins after `done` steps.
    pub fn begin(&mut self, probe: &ProbePlan, done: u64) {
        self.values.clear();
        self.start = done / u64::from(probe.interval) + 1;
    }

    /// Rows for the samples that are due in an epoch.
    pub fn make_room(&mut self, probe: &ProbePlan, ids: &Range<u32>, epoch: Epoch) {
        let (low, high) = (probe.ids.start.max(ids.start), probe.ids.end.min(ids.end));
        (self.first, self.width) = (low, high.saturating_sub(low) as usize);
        let rows = ((epoch.first + u64::from(epoch.steps)) / u64::from(probe.interval) + 1 - self.start) as usize;
        self.values.resize(rows * self.width, 0.0);
    }

    /// The values of a tile at the end of `step`, if they are due.
    #[inline]
    pub fn take<R: Number>(
        &mut self,
        probe: &ProbePlan,
        slice: &PopulationSlice,
        state: &State<R>,
        tile: &Range<usize>,
        step: u64,
    ) {
        if !step.is_multiple_of(u64::from(probe.interval)) || !probe.reaches(slice, tile) {
            return;
        }
        let first = slice.first as usize;
        let low = (probe.ids.start as usize).max(first + tile.start);
        let high = (probe.ids.end as usize).min(first + tile.end);
        let row = (step / u64::from(probe.interval) - self.start) as usize;
        let to = row * self.width + low - self.first as usize;
        let values = &state.field(probe.variable)[low - first..high - first];
        self.values[to..to + values.len()].iter_mut().zip(values).for_each(|(to, v)| *to = v.value());
    }

    /// Row `t`.
    pub fn row(&self, t: usize) -> &[f64] {
        &self.values[t * self.width..(t + 1) * self.width]
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.values.len().checked_div(self.width).unwrap_or(0)
    }
}
