//! What the parts of a run cost, measured by leaving parts out.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::median;
use crate::device::Device;
use crate::error::Result;
use crate::models::IafPscDelta;
use crate::network::{Explicit, Network, Population, Selection, Static, Value};
use crate::plan::PlanOptions;
use crate::simulation::{PlanFacts, Seed, Simulation};
use crate::units::Time;

/// Steps between two looks at the clock.
const STEPS: u32 = 1000;
/// Wall time that a measurement takes at least, s.
const PATIENCE: f64 = 0.3;

/// Wall time of two networks that lack a part of the measured one, s per second of biological time. Both have its step,
/// its shortest and longest delay and its threads, so they exchange spikes as often. Where neurons fire more often
/// without their synapses, updates look dearer by the price of these spikes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Costs {
    /// A few neurons that never fire: what exchange and dispatch cost.
    pub synchronisation_s: f64,
    /// All neurons and stimuli without synapses: synchronisation and updates.
    pub update_s: f64,
}

impl Costs {
    /// Measures for `network`, whose plan has these `facts`, on the device that has played it; `options` as it had.
    ///
    /// # Errors
    /// A device that fails.
    pub fn measure(
        network: &Network,
        facts: &PlanFacts,
        device: &Device,
        seed: Seed,
        options: &PlanOptions,
    ) -> Result<Costs> {
        let options = PlanOptions { block: Some(facts.block), ..options.clone() };
        let seconds = |network: Network| time(Simulation::new(network, device.clone(), seed, &options)?);
        Ok(Costs {
            synchronisation_s: seconds(few(network, facts, device.threads.unwrap_or(1))?)?,
            update_s: seconds(unconnected(network, facts)?)?,
        })
    }
}

/// Wall time over biological time.
fn time(mut simulation: Simulation) -> Result<f64> {
    let biological = Time::from_ms(f64::from(STEPS) * simulation.network().dt());
    simulation.run(biological)?;
    let began = Instant::now();
    let mut walls = Vec::new();
    while walls.is_empty() || began.elapsed().as_secs_f64() < PATIENCE {
        let started = Instant::now();
        simulation.run(biological)?;
        walls.push(started.elapsed().as_secs_f64());
    }
    Ok(median(&walls) / (biological.as_ms() * 1e-3))
}

/// Some silent neurons for each thread.
fn few(network: &Network, facts: &PlanFacts, threads: u32) -> Result<Network> {
    let mut few = Network::new(Time::from_ms(network.dt()));
    few.add("few", 8 * threads, IafPscDelta::default())?;
    keep_delays(&mut few, facts)?;
    Ok(few)
}

/// The populations and stimuli of a network.
fn unconnected(network: &Network, facts: &PlanFacts) -> Result<Network> {
    let mut bare = Network::new(Time::from_ms(network.dt()));
    for population in network.populations() {
        bare.add_population(population.clone())?;
    }
    for stimulus in network.stimuli() {
        bare.stimulate(stimulus.to.clone(), stimulus.drive.clone(), stimulus.synapse.clone())?;
    }
    keep_delays(&mut bare, facts)?;
    Ok(bare)
}

/// Two synapses of no weight, with the shortest and the longest delay.
fn keep_delays(network: &mut Network, facts: &PlanFacts) -> Result<()> {
    let takes_weights = |population: &&(usize, &Population)| !population.1.model.declaration().multiple;
    let populations: Vec<(usize, &Population)> = network.populations().iter().enumerate().collect();
    // A relay would answer itself for ever.
    let Some(&(index, population)) = populations.iter().find(takes_weights) else { return Ok(()) };
    let neuron = Selection::of(index, population.first, 1);
    let delays = [facts.delays.0, facts.delays.1].map(|steps| f64::from(steps) * network.dt()).to_vec();
    network.connect(neuron.clone(), neuron, Explicit::new([0, 0], [0, 0]), Static::new(0.0, Value::each(delays)))
}
