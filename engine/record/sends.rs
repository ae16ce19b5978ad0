//! Spikes that plastic synapses send, as plain data and as the table `time_ms,source,target,weight,delay_ms,synapse`.

use std::io::Write;
use std::path::Path;

use crate::error::{Error, Result};
use crate::files::atomic_write;
use crate::time::{Grid, short};

/// A spike that a synapse sends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SentSpike {
    /// The step of the source's spike; the synapse's delay later it arrives.
    pub step: u32,
    /// Index of the synapse in the record.
    pub synapse: u32,
    /// What is sent, in the unit of the weight: of short-term plasticity the weight times what is released.
    pub weight: f64,
}

/// What some synapses of one projection have sent.
#[derive(Debug, Clone, PartialEq)]
pub struct SendRecord {
    /// Index of the projection in the network.
    pub projection: usize,
    /// Source and target populations, such as "exc -> inh".
    pub place: String,
    /// Name of the synapse model.
    pub synapse: String,
    /// Unit of the weights; empty for pure numbers.
    pub unit: String,
    /// Length of a step, ms.
    pub dt_ms: f64,
    /// Source and target of each synapse: indices in the projection's sources and targets.
    pub ends: Vec<(u32, u32)>,
    /// The place of each among all synapses of the projection, in the order of [`Simulation::synapses`](crate::simulation::Simulation::synapses).
    pub numbers: Vec<u32>,
    /// Delay of each, steps.
    pub delays: Vec<u32>,
    /// Spikes by step, source and synapse.
    pub sends: Vec<SentSpike>,
}

impl SendRecord {
    /// The times, ms, and weights of what synapse `synapse` of the record has sent.
    pub fn of(&self, synapse: u32) -> Vec<(f64, f64)> {
        let grid = Grid::new(self.dt_ms);
        let own = self.sends.iter().filter(|send| send.synapse == synapse);
        own.map(|send| (grid.time(send.step.into()), send.weight)).collect()
    }

    /// Checks that the record is consistent.
    ///
    /// # Errors
    /// A dt that is not above zero, lists of other lengths, or a spike of a synapse that is not there.
    pub fn check(&self) -> Result<()> {
        let place = || format!("what {} sends", self.place);
        if !(self.dt_ms > 0.0 && self.dt_ms.is_finite()) {
            return Err(Error::invalid(place(), format!("dt = {} ms must be above 0", short(self.dt_ms))));
        }
        let synapses = self.ends.len();
        if self.numbers.len() != synapses || self.delays.len() != synapses {
            return Err(Error::invalid(place(), "its lists of synapses have different lengths"));
        }
        match self.sends.iter().find(|send| send.synapse as usize >= synapses) {
            None => Ok(()),
            Some(send) => Err(Error::invalid(place(), format!("synapse {} of {synapses} sends a spike", send.synapse))),
        }
    }

    /// Writes all spikes as a CSV table.
    ///
    /// # Errors
    /// A broken record ([`SendRecord::check`]) or a file that cannot be written; nothing is left behind.
    pub fn write(&self, path: &Path) -> Result<()> {
        self.check()?;
        let grid = Grid::new(self.dt_ms);
        atomic_write(path, |file| {
            writeln!(file, "time_ms,source,target,weight,delay_ms,synapse")?;
            for SentSpike { step, synapse, weight } in &self.sends {
                let at = *synapse as usize;
                let ((source, target), number) = (self.ends[at], self.numbers[at]);
                let [time, delay] = [*step, self.delays[at]].map(|steps| grid.text(steps.into()));
                writeln!(file, "{time},{source},{target},{weight},{delay},{number}")?;
            }
            Ok(())
        })
    }
}
