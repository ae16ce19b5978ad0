//! A network laid out for going back over its runs.

use crate::error::Result;
use crate::network::Network;
use crate::number::Number;
use crate::plan::{Plan, PlanOptions, Storage, SynapseFormat};
use crate::seed::Trial;
use crate::spike::Spike;
use crate::train::events::grid::accept;
use crate::train::events::grid::constants::Constants;
use crate::train::events::grid::times::Times;

/// Steps of a delay block: rows are read whole, whatever their delays.
const BLOCK: u32 = 256;
/// Synaptic events for which a thread more is worth its start.
const LEAST_WORK: u64 = 200_000;

/// A network laid out for going back over its runs.
#[derive(Debug)]
pub(in crate::train::events) struct Laid<R: Number> {
    pub network: Network,
    pub seed: u64,
    pub plan: Plan<R::Fixed>,
    pub constants: Constants,
    /// As many as are free if 0.
    pub threads: u32,
    pub least_work: u64,
}

impl<R: Number> Laid<R> {
    /// # Errors
    /// What gradients of events do not go through; whatever keeps a network from being laid out.
    pub fn new(network: &Network, trial: Trial) -> Result<Laid<R>> {
        accept::check(network)?;
        let options = PlanOptions {
            block: Some(BLOCK),
            format: Some(SynapseFormat::Wide),
            storage: Storage::Stored,
            few_shards: true,
            threads: crate::threads::free_cores() as u32,
            memory: crate::host::available(),
            ..PlanOptions::default()
        };
        let mut plan = Plan::<R::Fixed>::new(network, trial.seed.0, &options)?;
        plan.reseed(network.populations(), trial.run_seed())?;
        let constants = Constants::new(network, &plan)?;
        let (network, seed) = (network.clone(), trial.seed.0);
        Ok(Laid { network, seed, plan, constants, threads: 0, least_work: LEAST_WORK })
    }

    /// The spikes of each neuron.
    ///
    /// # Errors
    /// As [`Times::new`].
    pub fn times(&self, spikes: &[Spike], steps: u64) -> Result<Times> {
        Times::new(spikes, steps, self.plan.neurons, |neuron| self.constants.held_steps(neuron))
    }

    /// Threads for work on so many synaptic events.
    pub fn threads_for(&self, events: u64) -> usize {
        let free = if self.threads > 0 { self.threads as usize } else { crate::threads::free_cores() };
        free.min((events / self.least_work).max(1) as usize).max(1)
    }
}
