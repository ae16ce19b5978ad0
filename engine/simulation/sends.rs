//! Recorders of what synapses send, while a network runs.

use crate::checkpoint::Checkpoint;
use crate::error::Result;
use crate::network::RecorderId;
use crate::record::SendRecord;
use crate::simulation::{Simulation, no_recorder};
use crate::spike::Spike;

impl Simulation {
    /// The spikes that the synapses of a recorder have sent so far, with the weights they were sent with.
    ///
    /// # Errors
    /// A recorder of something else.
    pub fn sends(&self, recorder: RecorderId) -> Result<SendRecord> {
        let own = self.sending.iter().find(|own| own.recorder == recorder.0).ok_or_else(|| no_recorder(recorder.0))?;
        Ok(own.to_record(&self.network, &self.recording.samples[recorder.0]))
    }

    /// Records what synapses send on the `spikes` of a batch.
    pub(super) fn record_sends(&mut self, spikes: &[Spike]) {
        self.sending.iter_mut().for_each(|own| own.play(spikes, &mut self.recording.samples[own.recorder]));
    }

    /// Goes on from `checkpoint`, which the player has taken up.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn recall_sends(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        for (replay, _) in self.sending.iter_mut().flat_map(|own| &mut own.played) {
            let memory = self.player.plastic_memory(replay.plan())?;
            replay.recall(checkpoint.step, &memory, &checkpoint.recent)?;
        }
        Ok(())
    }

    /// Whether these can be the samples of a recorder at the end of `step`; `None` where it does not record what is sent.
    pub(super) fn sends_fit(&self, recorder: usize, samples: &[f64], step: u64) -> Option<bool> {
        self.sending.iter().find(|own| own.recorder == recorder).map(|own| own.fit(samples, step))
    }
}
