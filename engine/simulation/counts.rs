//! Spikes are counted, neuron by neuron, whatever becomes of them: kept, streamed, or neither.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::network::RecorderId;
use crate::simulation::{Simulation, no_recorder};
use crate::spike::Spike;

impl Simulation {
    /// Counts spikes from here on and keeps none, so that a run of any length needs no memory for them.
    ///
    /// # Errors
    /// Spikes that are kept already, or streamed.
    pub fn count_spikes(&mut self) -> Result<()> {
        if self.streamed || !self.spikes.is_empty() {
            let problem = "some are kept or streamed already; say so before the run";
            return Err(Error::invalid("spikes", problem));
        }
        self.counted_only = true;
        Ok(())
    }

    /// Spikes of each neuron so far, by global id, in the time in which spikes are recorded; of all neurons, recorded or
    /// not.
    pub fn spike_counts(&self) -> &[u64] {
        &self.counts
    }

    /// The time over which spikes have been recorded and counted so far, ms: after the first number, until and with the
    /// second.
    pub fn window_ms(&self) -> (f64, f64) {
        let (start, stop) = self.window;
        let grid = self.network.grid();
        let stop = stop.min(self.step);
        (grid.time(start.min(stop)), grid.time(stop))
    }

    /// The mean rate of the neurons of a recorder, of spikes or of anything else, over the time in which spikes are
    /// recorded, spikes/s.
    ///
    /// # Errors
    /// A recorder of another network, or no time over which there could be a rate.
    pub fn rate(&self, recorder: RecorderId) -> Result<f64> {
        let from = &self.network.recorders().get(recorder.0).ok_or_else(|| no_recorder(recorder.0))?.from;
        let ranges = from.parts().iter().map(|part| part.first as usize..(part.first + part.count) as usize);
        let spikes: u64 = ranges.map(|range| self.counts[range].iter().sum::<u64>()).sum();
        let (start, stop) = self.window_ms();
        let seconds = (stop - start) * 1e-3;
        if seconds > 0.0 {
            return Ok(spikes as f64 / f64::from(from.len()) / seconds);
        }
        let problem = format!("there is no rate before any time has been recorded; run beyond {start} ms first");
        Err(Error::invalid(format!("recorder {}", recorder.0), problem))
    }

    /// Counts the spikes of a batch and the synaptic events that they cause.
    pub(super) fn count(&mut self, spikes: &[Spike]) {
        self.events += spikes.iter().map(|spike| u64::from(self.out_degrees[spike.id as usize])).sum::<u64>();
        let within = self.within(spikes);
        spikes[within].iter().for_each(|spike| self.counts[spike.id as usize] += 1);
    }

    /// Which of these spikes, sorted by step, are recorded.
    pub(super) fn within(&self, spikes: &[Spike]) -> Range<usize> {
        let until = |step: u64| spikes.partition_point(|spike| u64::from(spike.step) <= step);
        until(self.window.0)..until(self.window.1)
    }
}
