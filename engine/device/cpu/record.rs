//! The pass `record`: samples of state variables, time-major.

use std::ops::Range;

use crate::device::cpu::state::State;
use crate::number::Number;
use crate::plan::{PopulationSlice, ProbePlan};
use crate::schedule::Epoch;

/// The samples of one probe in one shard since a batch began.
#[derive(Debug, Default)]
pub struct Samples {
    /// Number of neurons sampled in this shard.
    width: usize,
    /// Global id of the first of them.
    first: u32,
    /// The number of the sample that the first row holds, counted from the start of the run.
    start: u64,
    /// Rows of `width` values, one per sample.
    values: Vec<f64>,
}

impl Samples {
    /// Empties the samples for a batch that begins after `done` steps.
    pub fn begin(&mut self, probe: &ProbePlan, done: u64) {
        self.values.clear();
        self.start = done / u64::from(probe.interval) + 1;
    }

    /// Adds rows for the samples that are due in `epoch`; `ids` are the neurons of the shard.
    pub fn make_room(&mut self, probe: &ProbePlan, ids: &Range<u32>, epoch: Epoch) {
        let (low, high) = (probe.ids.start.max(ids.start), probe.ids.end.min(ids.end));
        (self.first, self.width) = (low, high.saturating_sub(low) as usize);
        let rows = ((epoch.first + u64::from(epoch.steps)) / u64::from(probe.interval) + 1 - self.start) as usize;
        self.values.resize(rows * self.width, 0.0);
    }

    /// Records the values of neurons `tile` of `slice` at the end of `step`, if a sample of them is due.
    #[inline]
    pub fn record<R: Number>(
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

    /// Sample `t` of the batch: a value per neuron.
    pub fn row(&self, t: usize) -> &[f64] {
        &self.values[t * self.width..(t + 1) * self.width]
    }

    /// The number of samples of the batch; 0 where no neuron of the shard is sampled.
    pub fn row_count(&self) -> usize {
        self.values.len().checked_div(self.width).unwrap_or(0)
    }
}
