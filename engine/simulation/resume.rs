//! Checkpoints of simulations, and simulations that continue from them.

use std::time::Duration;

use crate::checkpoint::{Checkpoint, Identity};
use crate::device::{Device, PopulationState, Precision};
use crate::error::{Error, Result};
use crate::network::{Network, Recorder};
use crate::plan::PlanOptions;
use crate::record::PopulationLabel;
use crate::seed::Trial;
use crate::simulation::recording::SpikeStorage;
use crate::simulation::{Simulation, offset_of};
use crate::text::counted;
use crate::time::NEVER;

impl Simulation {
    /// A checkpoint of the present state, from which [`Simulation::resume`] continues; streamed spikes are flushed to
    /// the disk.
    ///
    /// # Errors
    /// A device or a stream that fails.
    pub fn checkpoint(&mut self) -> Result<Checkpoint> {
        let identity = self.identity().clone();
        let mut state = Vec::new();
        for (population, stored) in identity.populations.iter().enumerate() {
            let columns = (0..stored.variables.len()).map(|variable| self.player.state(population, variable));
            state.push(columns.collect::<Result<Vec<_>>>()?);
        }
        let recording = &mut self.recording;
        let stream = match &mut recording.stream {
            Some(stream) => stream.sync()?,
            None => None,
        };
        Ok(Checkpoint {
            identity,
            step: self.step,
            run_time_s: self.run_time.as_secs_f64(),
            state,
            memory: self.player.memory()?,
            recent: recording.recent.clone(),
            emitted: recording.emitted,
            spikes: recording.spikes.clone(),
            counts: if recording.storage == SpikeStorage::Kept { Vec::new() } else { recording.counts.clone() },
            samples: recording.samples.clone(),
            signals: self.player.signals()?,
            stream,
            note: serde_json::Value::Null,
        })
    }

    /// A simulation that continues from `checkpoint` with the same spikes, bit for bit, as without the interruption, on
    /// any device, number of threads and layout. Where spikes were streamed, [`Simulation::stream_spikes_after`]
    /// continues the stream.
    ///
    /// # Errors
    /// As [`Network::build`]; a checkpoint of another network, seed, trial or precision, or one that is not consistent.
    pub fn resume(
        network: Network,
        device: Device,
        trial: impl Into<Trial>,
        options: &PlanOptions,
        checkpoint: &Checkpoint,
    ) -> Result<Simulation> {
        let bits = if device.precision == Precision::F64 { 64 } else { 32 };
        let trial = trial.into();
        checkpoint.identity.check(&Identity::of(&network, trial, bits))?;
        let shapes = network.populations().iter().zip(&checkpoint.state);
        let fits = shapes.into_iter().all(|(p, state)| state.iter().all(|column| column.len() == p.size as usize));
        if !fits || checkpoint.state.len() != network.populations().len() {
            let problem = "its states are not one for each neuron";
            return Err(Error::invalid("checkpoint", problem));
        }
        let wrong = |problem: &str| Error::invalid("checkpoint", problem);
        if !checkpoint.is_consistent() {
            return Err(wrong("its parts contradict each other; take an earlier copy"));
        }
        let mut simulation = Simulation::new(network, device, trial, options)?;
        simulation.check_parts(checkpoint).map_err(|problem| wrong(&problem))?;
        simulation.player.restore(checkpoint.step, &checkpoint.state, &checkpoint.recent)?;
        simulation.player.restore_signals(&checkpoint.signals)?;
        simulation.player.recall(&checkpoint.memory)?;
        simulation.recall_sends(checkpoint)?;
        simulation.step = checkpoint.step;
        simulation.recording.restore(checkpoint)?;
        simulation.run_time = Duration::try_from_secs_f64(checkpoint.run_time_s).unwrap_or_default();
        Ok(simulation)
    }

    /// Checks that a checkpoint has the spikes that have not arrived yet, and the samples of each recorder.
    fn check_parts(&self, checkpoint: &Checkpoint) -> Result<(), String> {
        let delivered = checkpoint.step.saturating_sub(u64::from(self.facts.delays.1));
        if checkpoint.recent.iter().any(|spike| u64::from(spike.step) <= delivered) {
            return Err("it has spikes under way that have long arrived; take an earlier copy".into());
        }
        if checkpoint.counts.is_empty() {
            let under_way = checkpoint.spikes.partition_point(|spike| u64::from(spike.step) <= delivered);
            if checkpoint.spikes[under_way..] != checkpoint.recent[self.recording.in_window(&checkpoint.recent)] {
                return Err("it lacks spikes that are under way; take an earlier copy".into());
            }
        }
        let found = match checkpoint.counts.is_empty() {
            true => checkpoint.spikes.len() as u64,
            false => checkpoint.counts.iter().sum(),
        };
        if self.recording.window == (0, NEVER) && found != checkpoint.emitted {
            return Err(format!(
                "it has {found} of {spikes}; take an earlier copy",
                spikes = counted(checkpoint.emitted, "spike")
            ));
        }
        if checkpoint.stream.is_some_and(|position| position.spikes != self.count_recorded(&checkpoint.counts)) {
            return Err("it has counted other spikes than were streamed; take an earlier copy".into());
        }
        self.check_state(&checkpoint.state)?;
        let expected = |(index, recorder): (usize, &Recorder)| {
            let samples = checkpoint.samples.get(index).map_or(&[][..], Vec::as_slice);
            if self.sends_fit(index, samples, checkpoint.step) == Some(true) {
                return Ok(samples.len() as u64);
            }
            let rows = recorder.rows(&self.network, 0, checkpoint.step).map_err(|error| error.to_string())?;
            Ok((rows.end - rows.start) * self.width(index) + recorder.initial_state().len() as u64)
        };
        let recorders = self.network.recorders();
        let expected = recorders.iter().enumerate().map(expected).collect::<Result<Vec<u64>, String>>()?;
        if !checkpoint.samples.iter().map(|samples| samples.len() as u64).eq(expected) {
            return Err(
                "its samples are not those that the recorders have taken by its time; take an earlier copy".into()
            );
        }
        Ok(())
    }

    /// The number of spikes of recorded neurons; `counts` are those of all neurons.
    fn count_recorded(&self, counts: &[u64]) -> u64 {
        let labels = self.populations_of_spike_recorders();
        let own =
            |label: &PopulationLabel| counts.iter().skip(label.first as usize).take(label.size as usize).sum::<u64>();
        labels.iter().map(own).sum()
    }

    /// Checks that each value of a state is valid for its variable.
    fn check_state(&self, state: &[PopulationState]) -> Result<(), String> {
        for (index, (population, columns)) in self.network.populations().iter().zip(state).enumerate() {
            // A fluctuating conductance may be below zero.
            let fluctuates = self.network.stimuli().iter().any(|own| own.fluctuates(index));
            for (variable, (declared, column)) in population.model.declaration().state.iter().zip(columns).enumerate() {
                let offset = &self.offset[index][variable];
                let broken = |(i, stored): (usize, &f64)| {
                    let value = stored + offset_of(offset, i);
                    let free = fluctuates && declared.unit == "nS" && value.is_finite();
                    declared.bound.broken_by(value).filter(|_| !free).map(|rule| (value, rule))
                };
                if let Some((value, rule)) = column.iter().enumerate().find_map(broken) {
                    let (name, variable) = (&population.name, declared.name);
                    return Err(format!("its {name}.{variable} = {value} must be {rule}; take an earlier copy"));
                }
            }
        }
        Ok(())
    }

    /// What must be the same for a checkpoint to fit; computed once, since networks can be large.
    fn identity(&mut self) -> &Identity {
        let (trial, bits) = (self.trial, self.bits);
        self.identity.get_or_insert_with(|| Identity::of(&self.network, trial, bits))
    }
}
