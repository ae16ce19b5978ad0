//! A network that runs: a player plays its plan, and recorders keep spikes and samples.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::checkpoint::Identity;
use crate::device::{Counts, Device, Kind, PassTime, Played, Player, Precision};
use crate::error::{Error, Result};
use crate::network::{Network, Probe, RecorderId};
use crate::plan::{LayoutReport, Offsets, PlanOptions};
use crate::schedule;
use crate::seed::{Seed, Trial};
use crate::spike::Spike;
use crate::time::Time;

mod bold;
mod facts;
mod measures;
mod parts;
#[cfg(feature = "pictures")]
mod pictures;
mod recording;
mod records;
mod resolve;
mod resume;
mod sending;
mod sends;
mod trials;
mod watched;
mod weights;

pub use facts::PlanFacts;
pub use measures::series_names;
use recording::Recording;
pub use records::Recorded;
use resolve::{resolve_device, with_program_memory};
use sending::SendingSynapses;
use trials::Started;
pub use trials::Trials;
use watched::WatchedSynapses;

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Number of steps of this run that are done.
    pub done: u64,
    /// Number of steps of this run.
    pub of: u64,
    /// Number of spikes of the simulation so far.
    pub spikes: u64,
}

/// A network that runs.
pub struct Simulation {
    network: Network,
    player: Box<dyn Player>,
    facts: PlanFacts,
    /// Number of outgoing synapses of each neuron.
    out_degrees: Arc<[u32]>,
    /// Number of synaptic events so far.
    events: u64,
    /// By population and state variable: what is added to the state of the player to have it in its unit.
    offset: Vec<Offsets>,
    /// Injected currents, which can limit batches.
    currents: Vec<crate::plan::CurrentPlan>,
    /// Steps at which perturbations begin or end.
    changes: Vec<u64>,
    /// The state variables that the player samples.
    probes: Vec<crate::plan::ProbePlan>,
    /// Synapses whose weights are recorded.
    watched: Vec<WatchedSynapses>,
    /// Synapses of which it is recorded what they send.
    sending: Vec<SendingSynapses>,
    /// Steps simulated so far.
    step: u64,
    /// Largest number of steps of a batch.
    batch: u32,
    recording: Recording,
    trial: Trial,
    /// Bits of a number of the state.
    bits: u32,
    /// What checkpoints are compared by; computed when it is first needed.
    identity: Option<Identity>,
    build_time: Duration,
    run_time: Duration,
}

impl std::fmt::Debug for Simulation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulation").field("device", &self.player.describe()).field("facts", &self.facts).finish()
    }
}

impl Network {
    /// Plans the network and hands it to a device; a [`Seed`] alone means its trial 0.
    ///
    /// # Errors
    /// A network that cannot be built or needs too much memory, a device that is missing or fails.
    pub fn build(&self, device: Device, trial: impl Into<Trial>) -> Result<Simulation> {
        Simulation::new(self.clone(), device, trial, &PlanOptions::default())
    }
}

impl Simulation {
    /// Plans `network` with `options` and hands it to `device`; a [`Seed`] alone means its trial 0.
    ///
    /// # Errors
    /// As [`Network::build`].
    pub fn new(network: Network, device: Device, trial: impl Into<Trial>, options: &PlanOptions) -> Result<Simulation> {
        let (started, trial) = (Instant::now(), trial.into());
        let (trials, adapter) = Trials::lay_out(network, device, trial.seed, options)?;
        trials.start(trial.number, None, adapter, started)
    }

    /// The outline of what [`Simulation::new`] would plan; nothing is allocated for stored synapses.
    ///
    /// # Errors
    /// As [`Network::build`], except that too little memory is no error.
    pub fn outline(network: &Network, device: Device, seed: Seed, options: &PlanOptions) -> Result<LayoutReport> {
        let (device, _, options) = resolve_device(network, device, options)?;
        match (device.kind, device.precision) {
            (Kind::Cpu, Precision::F64) => with_program_memory(|| LayoutReport::new::<i64>(network, seed.0, &options)),
            #[cfg(feature = "gpu")]
            (Kind::Gpu, _) => {
                let gpu = crate::device::gpu::Adapter::open(&device)?;
                with_program_memory(|| LayoutReport::new::<i32>(network, seed.0, &gpu.options(&options)))
            }
            #[cfg(not(feature = "gpu"))]
            (Kind::Gpu, _) => Err(Error::NoDevice("this program was built without the feature gpu".into())),
            _ => with_program_memory(|| LayoutReport::new::<i32>(network, seed.0, &options)),
        }
    }

    /// A simulation at its start of a network that a player has taken; building began at `started`.
    fn from_started(
        network: Network,
        trial: Trial,
        facts: PlanFacts,
        out_degrees: Arc<[u32]>,
        Started { player, offset, currents, changes, probes, watched, sending, bits }: Started,
        started: Instant,
    ) -> Simulation {
        Simulation {
            batch: u32::MAX,
            recording: Recording::new(&network),
            network,
            player,
            facts,
            out_degrees,
            events: 0,
            offset,
            currents,
            changes,
            probes,
            watched,
            sending,
            step: 0,
            trial,
            bits,
            identity: None,
            build_time: started.elapsed(),
            run_time: Duration::ZERO,
        }
    }

    /// Limits a batch to `steps`; the results do not depend on it.
    pub fn set_batch(&mut self, steps: u32) {
        self.batch = steps.max(1);
    }

    /// Simulates for another `duration`.
    ///
    /// # Errors
    /// A duration that is not a whole number of steps, a state that becomes NaN or infinite, a device that fails.
    pub fn run(&mut self, duration: Time) -> Result<()> {
        self.run_with(duration, &mut |_| ControlFlow::Continue(()))
    }

    /// Simulates for another `duration` and calls `watch` with the progress after each batch, which may end the run
    /// there.
    ///
    /// # Errors
    /// As [`Simulation::run`].
    pub fn run_with(&mut self, duration: Time, watch: &mut dyn FnMut(Progress) -> ControlFlow<()>) -> Result<()> {
        self.run_steps(duration.steps(self.network.dt(), "duration")?, watch)
    }

    /// Simulates `of` more steps, otherwise as [`Simulation::run_with`].
    ///
    /// # Errors
    /// As [`Simulation::run`].
    pub fn run_steps(&mut self, of: u64, watch: &mut dyn FnMut(Progress) -> ControlFlow<()>) -> Result<()> {
        self.check_steps(of)?;
        let started = Instant::now();
        // A device may play a batch while the host reads the one before.
        let (first, mut begun, mut done) = (self.step, 0, 0);
        let mut until = of;
        loop {
            while begun < until && self.player.under_way() < self.player.at_once() {
                // Weights are read while no batch is under way.
                if self.weights_are_due(first + begun) && self.player.under_way() > 0 {
                    break;
                }
                let longest = self.batch.min(self.player.longest_batch()).min(self.longest_measured_batch());
                let steps = schedule::batch(first + begun, of - begun, longest, &self.currents);
                let steps = schedule::until_change(first + begun, steps, &self.changes);
                let steps = self.until_weights(first + begun, steps);
                self.player.submit(steps)?;
                begun += u64::from(steps);
            }
            let Some(played) = self.player.next()? else { break };
            done += self.add_batch(played)?;
            if watch(Progress { done, of, spikes: self.recording.emitted }).is_break() {
                // Batches that are under way are still played.
                until = begun;
            }
        }
        self.run_time += started.elapsed();
        Ok(())
    }

    /// Adds the spikes and samples of a batch to those that are recorded, and gives its number of steps.
    fn add_batch(&mut self, played: Played) -> Result<u64> {
        let steps = u64::from(played.steps);
        self.step += steps;
        let events = played.spikes.iter().map(|spike| u64::from(self.out_degrees[spike.id as usize]));
        self.events += events.sum::<u64>();
        self.count_into_bins(&played.spikes, steps)?;
        self.record_sends(&played.spikes);
        self.recording.add_batch(played.spikes, self.step.saturating_sub(u64::from(self.facts.delays.1)))?;
        self.add_samples(played.samples, steps)?;
        self.record_weights()?;
        if let Some((spike, projection)) = played.overflow {
            let place = self.network.projections().get(projection).map_or(String::new(), |p| p.place(&self.network));
            let fault = format!(
                "was sent more by {place} than its input has room for, or of a sign that its receptor does not take (give the weights a range, or room with most = ...),"
            );
            return Err(self.fault(spike, fault));
        }
        let Some(spike) = played.fault else { return Ok(steps) };
        let what = "became NaN or infinite, its input overflowed, or it had more spikes in a step than its model may,";
        Err(self.fault(spike, what.into()))
    }

    /// The error that neuron `id` had a `fault` in a step.
    fn fault(&self, Spike { step, id }: Spike, fault: String) -> Error {
        let population = self.network.populations().iter().rfind(|p| p.first <= id);
        Error::Numerics {
            population: population.map_or(String::new(), |p| p.name.clone()),
            index: id - population.map_or(0, |p| p.first),
            step: u64::from(step),
            // Products of dt end in 9.600000000000001.
            time_ms: self.network.grid().time(u64::from(step)),
            fault,
        }
    }

    /// Number of spikes of all neurons so far.
    pub fn spike_count(&self) -> u64 {
        self.recording.emitted
    }

    /// Number of synaptic events so far: for each spike, the outgoing synapses of the neuron. Some may not have arrived
    /// yet.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Number of GPU dispatches in a step; 0 on the CPU.
    pub fn dispatches_per_step(&self) -> f64 {
        self.player.dispatches_per_step()
    }

    /// What a GPU was asked to do so far; all 0 on the CPU.
    pub fn counts(&self) -> Counts {
        self.player.counts()
    }

    /// Measures the time that each pass takes from now on.
    ///
    /// # Errors
    /// A device that cannot measure it.
    pub fn profile(&mut self) -> Result<()> {
        self.player.profile()
    }

    /// The time that each pass has taken since [`Simulation::profile`].
    pub fn pass_times(&self) -> Vec<PassTime> {
        self.player.pass_times()
    }

    /// All spikes so far in the recorded time, in order; empty where spikes are streamed or only counted.
    pub fn all_spikes(&self) -> &[Spike] {
        &self.recording.spikes
    }

    /// The samples of a recorder of a state variable, in its unit: time-major, with a row for each sampling time.
    ///
    /// # Errors
    /// A recorder that does not record a state variable.
    pub fn samples(&self, recorder: RecorderId) -> Result<&[f64]> {
        let found = self.network.recorders().get(recorder.0);
        match found.is_some_and(|found| matches!(found.probe, Probe::Variable(_))) {
            true => Ok(&self.recording.samples[recorder.0]),
            false => Err(no_recorder(recorder.0)),
        }
    }

    /// A state variable of every neuron of a population, in its unit.
    ///
    /// # Errors
    /// A population or a variable that does not exist, a device that fails.
    pub fn state(&mut self, population: &str, variable: &str) -> Result<Vec<f64>> {
        let part = self.network.population(population, "state")?.parts()[0];
        let declaration = self.network.populations()[part.population].model.declaration();
        let index = declaration.state.iter().position(|v| v.name == variable).ok_or_else(|| {
            let known: Vec<&str> = declaration.state.iter().map(|v| v.name).collect();
            Error::unknown("state variable", variable, format!("population '{population}'"), &known)
        })?;
        let offset = &self.offset[part.population][index];
        let values = self.player.state(part.population, index)?;
        Ok(values.into_iter().enumerate().map(|(i, v)| v + offset_of(offset, i)).collect())
    }

    /// The network that runs.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The seed and the trial that run.
    pub fn trial(&self) -> Trial {
        self.trial
    }

    /// The facts of its plan.
    pub fn facts(&self) -> &PlanFacts {
        &self.facts
    }

    /// A description of the device, for people.
    pub fn device(&self) -> String {
        self.player.describe()
    }

    /// What a user should know of the device before a run, such as that it is slow; `None` for most devices.
    pub fn caution(&self) -> Option<String> {
        self.player.caution()
    }

    /// Number of steps simulated so far.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// Biological time simulated so far, ms.
    pub fn time_ms(&self) -> f64 {
        self.network.grid().time(self.step)
    }

    /// Wall time that building took.
    pub fn build_time(&self) -> Duration {
        self.build_time
    }

    /// Wall time that running has taken.
    pub fn run_time(&self) -> Duration {
        self.run_time
    }
}

/// The offset of the `i`-th neuron of a population; `offset` is empty, one number for all, or a number for each.
fn offset_of(offset: &[f64], i: usize) -> f64 {
    match offset {
        [] => 0.0,
        [one] => *one,
        each => each[i],
    }
}

/// The error that a recorder does not record what is asked for.
fn no_recorder(recorder: usize) -> Error {
    let problem = "it does not record what is asked of it, or belongs to another network";
    Error::invalid(format!("recorder {recorder}"), problem)
}
