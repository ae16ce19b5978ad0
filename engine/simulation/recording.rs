//! What a simulation keeps of its spikes and samples. Spikes are counted, neuron by neuron, whatever becomes of them: kept,
//! streamed, or neither.

use std::ops::Range;

use crate::checkpoint::Checkpoint;
use crate::error::{Error, Result};
use crate::host::available;
use crate::network::{Network, Recorder, RecorderId};
use crate::record::SpikeCounter;
use crate::record::stream::{SpikeSink, SpikeStream, Streamed};
use crate::simulation::{Simulation, no_recorder};
use crate::spike::Spike;

/// What becomes of spikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Kept,
    /// Some went to a stream.
    Streamed,
    Counted,
}

/// What was recorded so far.
pub(super) struct Recording {
    /// Steps over which spikes are recorded and counted: after the first number, until and with the second.
    pub window: (u64, u64),
    /// Spikes of each neuron in these steps, whether they are kept or not.
    pub counts: Vec<u64>,
    /// All spikes, of any step, kept or not.
    pub emitted: u64,
    pub fate: Fate,
    /// Every spike of the window, where they are kept.
    pub spikes: Vec<Spike>,
    pub stream: Option<SpikeStream>,
    /// Spikes of the last max-delay steps.
    pub recent: Vec<Spike>,
    /// Per recorder, samples in the user's unit (time-major).
    pub samples: Vec<Vec<f64>>,
}

impl Recording {
    pub fn new(network: &Network) -> Recording {
        Recording {
            window: network.spike_window(),
            counts: vec![0; network.neurons() as usize],
            emitted: 0,
            fate: Fate::Kept,
            spikes: Vec::new(),
            stream: None,
            recent: Vec::new(),
            samples: network.recorders().iter().map(Recorder::initial_state).collect(),
        }
    }

    /// As it was at a checkpoint.
    ///
    /// # Errors
    /// Counts that are not one for each neuron.
    pub fn restore(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        self.recent.clone_from(&checkpoint.recent);
        self.spikes.clone_from(&checkpoint.spikes);
        self.samples.clone_from(&checkpoint.samples);
        self.emitted = checkpoint.emitted;
        self.fate = match &checkpoint.stream {
            Some(_) => Fate::Streamed,
            None if checkpoint.counts.is_empty() => Fate::Kept,
            None => Fate::Counted,
        };
        if checkpoint.counts.is_empty() {
            // Where spikes are kept they are counted again.
            self.count(&checkpoint.spikes);
        } else if checkpoint.counts.len() == self.counts.len() {
            self.counts.clone_from(&checkpoint.counts);
        } else {
            let problem = "its counts of spikes are not one for each neuron";
            return Err(Error::invalid("checkpoint", problem));
        }
        Ok(())
    }

    /// Counts the spikes of a batch, keeps or streams them, and forgets of the recent ones those up to step `delivered`.
    pub fn take(&mut self, spikes: Vec<Spike>, delivered: u64) -> Result<()> {
        self.count(&spikes);
        self.emitted += spikes.len() as u64;
        self.recent.extend_from_slice(&spikes);
        let over = self.recent.partition_point(|spike| u64::from(spike.step) <= delivered);
        self.recent.drain(..over);
        match &mut self.stream {
            Some(stream) => stream.send(spikes)?,
            None if self.fate == Fate::Counted => {}
            None => self.spikes.extend_from_slice(&spikes[self.within(&spikes)]),
        }
        Ok(())
    }

    fn count(&mut self, spikes: &[Spike]) {
        let within = self.within(spikes);
        spikes[within].iter().for_each(|spike| self.counts[spike.id as usize] += 1);
    }

    /// Which of these spikes, sorted by step, are recorded.
    pub fn within(&self, spikes: &[Spike]) -> Range<usize> {
        let until = |step: u64| spikes.partition_point(|spike| u64::from(spike.step) <= step);
        until(self.window.0)..until(self.window.1)
    }

    /// Spikes can only be asked for where they are kept.
    pub fn check_kept(&self) -> Result<()> {
        match self.fate {
            Fate::Kept => Ok(()),
            Fate::Streamed => Err(refused("they are streamed and not kept; look into what they were streamed to")),
            Fate::Counted => Err(refused("they are counted and not kept; ask for their counts or rates")),
        }
    }
}

fn refused(problem: &str) -> Error {
    Error::invalid("spikes", problem)
}

impl Simulation {
    /// Whether `steps` more steps can be counted, and their samples kept in memory.
    ///
    /// # Errors
    /// Too many steps, or more memory than there is.
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

    /// Counts spikes from here on and keeps none, so that a run of any length needs no memory for them.
    ///
    /// # Errors
    /// Spikes that are kept already, or streamed.
    pub fn count_spikes(&mut self) -> Result<()> {
        if self.recording.fate == Fate::Streamed || !self.recording.spikes.is_empty() {
            return Err(refused("some are kept or streamed already; say so before the run"));
        }
        self.recording.fate = Fate::Counted;
        Ok(())
    }

    /// Spikes of each neuron so far, by global id, in the time in which spikes are recorded; of all neurons, recorded or
    /// not.
    pub fn spike_counts(&self) -> &[u64] {
        &self.recording.counts
    }

    /// The time over which spikes have been recorded and counted so far, ms: after the first number, until and with the
    /// second.
    pub fn window_ms(&self) -> (f64, f64) {
        let (start, stop) = self.recording.window;
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
        let spikes: u64 = ranges.map(|range| self.recording.counts[range].iter().sum::<u64>()).sum();
        let (start, stop) = self.window_ms();
        let seconds = (stop - start) * 1e-3;
        if seconds > 0.0 {
            return Ok(spikes as f64 / f64::from(from.len()) / seconds);
        }
        let problem = format!("there is no rate before any time has been recorded; run beyond {start} ms first");
        Err(Error::invalid(format!("recorder {}", recorder.0), problem))
    }

    /// Writes the spikes of all recorders of spikes into `sink` while they come, and keeps none; those kept so far go
    /// first. [`Simulation::finish_stream`] ends it.
    ///
    /// # Errors
    /// A system that gives no more threads, or a stream that there is already.
    pub fn stream_spikes(&mut self, sink: impl SpikeSink + 'static) -> Result<()> {
        if self.recording.fate == Fate::Counted && self.recording.emitted > 0 {
            return Err(refused("they were only counted so far; stream them from the start"));
        }
        let tally = self.spike_tally();
        self.stream_spikes_after(sink, tally)
    }

    /// What counts the spikes of all recorders of spikes as they are streamed, from the start.
    pub fn spike_tally(&self) -> SpikeCounter {
        let (start, stop) = self.recording.window;
        SpikeCounter::new(self.network.dt(), self.spike_recorders()).within(start, stop)
    }

    /// As [`Simulation::stream_spikes`], where `sink` holds the spikes that `tally` has counted already.
    ///
    /// # Errors
    /// As [`Simulation::stream_spikes`].
    pub fn stream_spikes_after(&mut self, sink: impl SpikeSink + 'static, tally: SpikeCounter) -> Result<()> {
        if self.recording.stream.is_some() {
            return Err(refused("they are streamed already; finish that stream first"));
        }
        let mut stream = SpikeStream::new(sink, tally)?;
        stream.send(std::mem::take(&mut self.recording.spikes))?;
        (self.recording.stream, self.recording.fate) = (Some(stream), Fate::Streamed);
        Ok(())
    }

    /// Ends the stream of spikes: all are written, and the sink is finished. Later spikes stay in memory, apart from these.
    ///
    /// # Errors
    /// What the sink said, or that there is no stream.
    pub fn finish_stream(&mut self) -> Result<Streamed> {
        self.recording.stream.take().ok_or_else(|| refused("they are not streamed"))?.finish()
    }
}
