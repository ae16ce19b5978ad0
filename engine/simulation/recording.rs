//! The spikes and samples that a simulation keeps. Spikes are counted for each neuron, whether they are kept, streamed
//! or neither.

use std::ops::Range;

use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result};
use crate::host::available;
use crate::network::{Network, Recorder, RecorderId};
use crate::record::SpikeCounter;
use crate::record::stream::{SpikeSink, SpikeStream, Streamed};
use crate::simulation::{Simulation, no_recorder};
use crate::spike::Spike;

/// How spikes are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SpikeStorage {
    /// In memory.
    Kept,
    /// Some or all were written to a stream.
    Streamed,
    /// Not at all: they are only counted.
    Counted,
}

/// The spikes and samples so far.
pub(super) struct Recording {
    /// Steps in which spikes are recorded and counted: after the first number, up to and including the second.
    pub window: (u64, u64),
    /// Number of spikes of each neuron in these steps, kept or not.
    pub counts: Vec<u64>,
    /// Number of all spikes, in any step, kept or not.
    pub emitted: u64,
    pub storage: SpikeStorage,
    /// All spikes of the window, where they are kept.
    pub spikes: Vec<Spike>,
    /// The stream that spikes are written to, while there is one.
    pub stream: Option<SpikeStream>,
    /// Spikes of the last steps, as many as the longest delay has: those that may not have arrived yet.
    pub recent: Vec<Spike>,
    /// Samples of each recorder in the user's unit, time-major.
    pub samples: Vec<Vec<f64>>,
}

impl Recording {
    /// A recording of `network` before its first step.
    pub fn new(network: &Network) -> Recording {
        Recording {
            window: network.spike_window(),
            counts: vec![0; network.neurons() as usize],
            emitted: 0,
            storage: SpikeStorage::Kept,
            spikes: Vec::new(),
            stream: None,
            recent: Vec::new(),
            samples: network.recorders().iter().map(Recorder::initial_state).collect(),
        }
    }

    /// Restores the recording as it was at a checkpoint.
    ///
    /// # Errors
    /// A checkpoint whose counts are not one for each neuron.
    pub fn restore(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        self.recent.clone_from(&checkpoint.recent);
        self.spikes.clone_from(&checkpoint.spikes);
        self.samples.clone_from(&checkpoint.samples);
        self.emitted = checkpoint.emitted;
        self.storage = match &checkpoint.stream {
            Some(_) => SpikeStorage::Streamed,
            None if checkpoint.counts.is_empty() => SpikeStorage::Kept,
            None => SpikeStorage::Counted,
        };
        if checkpoint.counts.is_empty() {
            // Spikes that are kept are counted again.
            self.count(&checkpoint.spikes);
        } else if checkpoint.counts.len() == self.counts.len() {
            self.counts.clone_from(&checkpoint.counts);
        } else {
            let problem = "its counts of spikes are not one for each neuron";
            return Err(Error::invalid("checkpoint", problem));
        }
        Ok(())
    }

    /// Counts the spikes of a batch and keeps or streams them; recent spikes up to step `delivered`, which have
    /// arrived, are dropped.
    ///
    /// # Errors
    /// A stream that fails.
    pub fn add_batch(&mut self, spikes: Vec<Spike>, delivered: u64) -> Result<()> {
        self.count(&spikes);
        self.emitted += spikes.len() as u64;
        self.recent.extend_from_slice(&spikes);
        let arrived = self.recent.partition_point(|spike| u64::from(spike.step) <= delivered);
        self.recent.drain(..arrived);
        match &mut self.stream {
            Some(stream) => stream.send(spikes)?,
            None if self.storage == SpikeStorage::Counted => {}
            None => self.spikes.extend_from_slice(&spikes[self.in_window(&spikes)]),
        }
        Ok(())
    }

    /// Counts those of these spikes, sorted by step, that lie in the window.
    fn count(&mut self, spikes: &[Spike]) {
        let within = self.in_window(spikes);
        spikes[within].iter().for_each(|spike| self.counts[spike.id as usize] += 1);
    }

    /// The range of these spikes, sorted by step, that lies in the window.
    pub fn in_window(&self, spikes: &[Spike]) -> Range<usize> {
        let until = |step: u64| spikes.partition_point(|spike| u64::from(spike.step) <= step);
        until(self.window.0)..until(self.window.1)
    }

    /// Refuses to give spikes that are not kept.
    ///
    /// # Errors
    /// Spikes that are streamed or only counted.
    pub fn check_kept(&self) -> Result<()> {
        match self.storage {
            SpikeStorage::Kept => Ok(()),
            SpikeStorage::Streamed => {
                Err(spike_error("they are streamed and not kept; look into what they were streamed to"))
            }
            SpikeStorage::Counted => Err(spike_error("they are counted and not kept; ask for their counts or rates")),
        }
    }
}

/// The error that spikes cannot be given or stored.
fn spike_error(problem: &str) -> Error {
    Error::invalid("spikes", problem)
}

impl Simulation {
    /// Refuses `steps` more steps where their number cannot be held, or their samples do not fit into memory.
    ///
    /// # Errors
    /// Too many steps in all, or more memory than is free.
    pub fn check_steps(&self, steps: u64) -> Result<()> {
        if self.step + steps > u64::from(u32::MAX) - 1024 {
            let problem = format!("more than {} steps in all; use a larger dt", u32::MAX - 1024);
            return Err(Error::invalid("duration", problem));
        }
        let mut needed = 0u128;
        for (index, recorder) in self.network.recorders().iter().enumerate() {
            let rows = recorder.rows(&self.network, self.step, self.step + steps)?;
            let samples = rows.end - rows.start;
            needed += u128::from(samples) * u128::from(self.width(index)) * 8;
        }
        match available() {
            Some(available) if needed > u128::from(available) => Err(Error::Memory {
                what: "recording state variables and weights".into(),
                needed: u64::try_from(needed).unwrap_or(u64::MAX),
                available,
                hint: "use a longer interval, fewer neurons or synapses, or a shorter run".into(),
            }),
            _ => Ok(()),
        }
    }

    /// Only counts spikes from here on and keeps none, so that a run of any length needs no memory for them.
    ///
    /// # Errors
    /// Spikes that are kept or streamed already.
    pub fn count_spikes(&mut self) -> Result<()> {
        if self.recording.storage == SpikeStorage::Streamed || !self.recording.spikes.is_empty() {
            return Err(spike_error("some are kept or streamed already; say so before the run"));
        }
        self.recording.storage = SpikeStorage::Counted;
        Ok(())
    }

    /// Number of spikes of each neuron so far, by global id, in the time in which spikes are recorded; also of neurons
    /// that are not recorded.
    pub fn spike_counts(&self) -> &[u64] {
        &self.recording.counts
    }

    /// The time in which spikes were recorded and counted so far, ms: after the first number, up to and including the
    /// second.
    pub fn window_ms(&self) -> (f64, f64) {
        let (start, stop) = self.recording.window;
        let grid = self.network.grid();
        let stop = stop.min(self.step);
        (grid.time(start.min(stop)), grid.time(stop))
    }

    /// The mean rate, spikes/s, of the neurons of any recorder over the time in which spikes are recorded.
    ///
    /// # Errors
    /// A recorder of another network, or no recorded time yet.
    pub fn rate(&self, recorder: RecorderId) -> Result<f64> {
        let from = &self.network.recorders().get(recorder.0).ok_or_else(|| no_recorder(recorder.0))?.from;
        let ranges = from.parts().iter().map(|part| part.first as usize..(part.first + part.count) as usize);
        let spikes: u64 = ranges.map(|range| self.recording.counts[range].iter().sum::<u64>()).sum();
        let (start, stop) = self.window_ms();
        let seconds = (stop - start) * 1e-3;
        if seconds > 0.0 {
            return Ok(spikes as f64 / f64::from(from.len()) / seconds);
        }
        let problem = format!("there is no rate before any time has been recorded; run beyond {start} ms first");
        Err(Error::invalid(format!("recorder {}", recorder.0), problem))
    }

    /// Writes the spikes of all recorders of spikes into `sink` from here on, and keeps none; those kept so far are
    /// written first. [`Simulation::finish_stream`] ends the stream.
    ///
    /// # Errors
    /// A system that has no more threads, spikes that were only counted so far, or a stream that is open already.
    pub fn stream_spikes(&mut self, sink: impl SpikeSink + 'static) -> Result<()> {
        if self.recording.storage == SpikeStorage::Counted && self.recording.emitted > 0 {
            return Err(spike_error("they were only counted so far; stream them from the start"));
        }
        let tally = self.spike_tally();
        self.stream_spikes_after(sink, tally)
    }

    /// A counter, without spikes yet, for the spikes of all recorders of spikes.
    pub fn spike_tally(&self) -> SpikeCounter {
        let (start, stop) = self.recording.window;
        SpikeCounter::new(self.network.dt(), self.populations_of_spike_recorders()).within(start, stop)
    }

    /// As [`Simulation::stream_spikes`], for a `sink` that holds already the spikes that `tally` has counted.
    ///
    /// # Errors
    /// As [`Simulation::stream_spikes`].
    pub fn stream_spikes_after(&mut self, sink: impl SpikeSink + 'static, tally: SpikeCounter) -> Result<()> {
        if self.recording.stream.is_some() {
            return Err(spike_error("they are streamed already; finish that stream first"));
        }
        let mut stream = SpikeStream::new(sink, tally)?;
        stream.send(std::mem::take(&mut self.recording.spikes))?;
        (self.recording.stream, self.recording.storage) = (Some(stream), SpikeStorage::Streamed);
        Ok(())
    }

    /// Ends the stream of spikes: writes all spikes so far and finishes the sink. Later spikes stay in memory.
    ///
    /// # Errors
    /// The error of the sink, or no stream.
    pub fn finish_stream(&mut self) -> Result<Streamed> {
        self.recording.stream.take().ok_or_else(|| spike_error("they are not streamed"))?.finish()
    }
}
