//! Weights of plastic synapses: read at any time, and recorded while a network runs.

use crate::device::{PlasticSynapses, WeightsAt};
use crate::error::{Error, Result};
use crate::network::{Projection, RecorderId};
use crate::record::WeightRecord;
use crate::simulation::{Simulation, no_recorder};

impl Simulation {
    /// The synapses of the plastic projection with index `projection`, in the order in which projections were added.
    /// Their state is that after the last spike of each source, as NEST gives it.
    ///
    /// # Errors
    /// A projection that does not exist or has static synapses, a device that fails.
    pub fn synapses(&mut self, projection: usize) -> Result<PlasticSynapses> {
        self.check_learns(projection)?;
        self.player.synapses(projection)
    }

    /// The weights at time 0 of the synapses that [`Simulation::synapses`] gives, in the same order.
    ///
    /// # Errors
    /// As [`Simulation::synapses`].
    pub fn weights_at_first(&mut self, projection: usize) -> Result<Vec<f64>> {
        self.check_learns(projection)?;
        self.player.weights(projection, WeightsAt::Start)
    }

    /// The weights that a recorder of weights has sampled so far.
    ///
    /// # Errors
    /// A recorder of something else.
    pub fn weights(&self, recorder: RecorderId) -> Result<WeightRecord> {
        let own = self.watched.iter().find(|own| own.recorder == recorder.0);
        let own = own.ok_or_else(|| no_recorder(recorder.0))?;
        Ok(own.to_record(&self.network, self.recording.samples[recorder.0].clone()))
    }

    /// Refuses a projection that does not exist or has static synapses.
    fn check_learns(&self, projection: usize) -> Result<()> {
        if self.network.projections().get(projection).is_some_and(Projection::learns) {
            return Ok(());
        }
        let problem = "there is no projection of this number with synapses that learn";
        Err(Error::invalid(format!("projection {projection}"), problem))
    }

    /// Number of values in a row of samples of a recorder.
    pub(super) fn width(&self, recorder: usize) -> u64 {
        let watched = self.watched.iter().find(|own| own.recorder == recorder);
        watched.map_or(self.network.recorders()[recorder].width().into(), |own| own.numbers.len() as u64)
    }

    /// Whether weights are recorded at the end of `step`.
    pub(super) fn weights_are_due(&self, step: u64) -> bool {
        self.watched.iter().any(|own| own.is_due(step))
    }

    /// Number of steps of a batch after `step`: at most `steps`, and not beyond the step at which weights are recorded
    /// next.
    pub(super) fn until_weights(&self, step: u64, steps: u32) -> u32 {
        let next = self.watched.iter().filter_map(|own| own.next(step)).min();
        next.map_or(steps, |next| u64::from(steps).min(next - step) as u32)
    }

    /// Records the weights that are due at the end of the current step.
    pub(super) fn record_weights(&mut self) -> Result<()> {
        for own in self.watched.iter().filter(|own| own.is_due(self.step)) {
            let up_to_date = WeightsAt::UpToDate(&self.recording.recent);
            let at = if own.up_to_date { up_to_date } else { WeightsAt::Now };
            let weights = self.player.weights(own.projection, at)?;
            let recorded = own.numbers.iter().map(|&number| weights[number as usize]);
            self.recording.samples[own.recorder].extend(recorded);
        }
        Ok(())
    }
}
