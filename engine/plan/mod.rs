//! Plans: a network laid out in shards, rows and tables, before any device exists. Pure and testable.
//!
//! `draw` turns rules into synapses, `rows` sorts them into delay-blocked CSR, `unit` chooses fixed-point units, `budget`
//! predicts memory, `drive` lays out stimuli. Both players play the same [`Plan`]. What may not live here: anything that
//! knows a device, a file or a clock.
//!
//! **Rows.** Within a shard, synapses are sorted by (source, delay block): `offsets[source * blocks + block]` is where a
//! segment starts. A spike of step s is delivered block by block: in the epoch that holds step s + b·B, segment
//! (source, b) is added into a ring of 2B slots.

use std::ops::Range;
use std::sync::Arc;

use crate::error::Result;
use crate::models::Model;
use crate::network::{Network, Probe};
use crate::number::Fixed;

pub mod budget;
mod draw;
mod drive;
mod rows;
mod survey;
mod unit;

pub use drive::{CurrentPlan, CurrentTarget, Event, PoissonPlan, PoissonTarget};

/// Bits of a packed target that hold the lane; the rest hold the delay within its block.
pub const LANE_BITS: u32 = 24;
/// Largest delay block, from the bits left in a packed target.
pub const LARGEST_BLOCK: u32 = 1 << (32 - LANE_BITS);

/// Choices a plan leaves to its user.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanOptions {
    /// Steps per delay block, a power of two up to 256; chosen by [`budget::choose_block`] if absent.
    pub block: Option<u32>,
    /// At least this many shards.
    pub shards: u32,
    /// No array of a shard exceeds this many bytes.
    pub shard_bytes: u64,
    /// Threads that build.
    pub threads: u32,
    /// Memory the network may use; what the system has free if absent.
    pub memory: Option<u64>,
}

impl Default for PlanOptions {
    fn default() -> PlanOptions {
        PlanOptions { block: None, shards: 1, shard_bytes: 1 << 30, threads: 1, memory: None }
    }
}

/// A network laid out for players that sum input in `F`.
#[derive(Debug)]
pub struct Plan<F: Fixed> {
    /// Step, ms.
    pub dt: f64,
    /// Seed of all random numbers.
    pub seed: u64,
    /// Neurons in all.
    pub neurons: u32,
    /// Synapses in all.
    pub synapses: u64,
    /// Steps per delay block (B).
    pub block: u32,
    /// Delay blocks.
    pub blocks: u32,
    /// Shortest delay of a projection, steps (at least 1).
    pub min_delay: u32,
    /// Longest delay of a projection, steps.
    pub max_delay: u32,
    /// Populations in the order of the network.
    pub populations: Vec<PopulationPlan>,
    /// Shards in the order of their neurons.
    pub shards: Vec<Shard<F>>,
    /// Poisson stimuli.
    pub poisson: Vec<PoissonPlan>,
    /// Current stimuli.
    pub currents: Vec<CurrentPlan>,
    /// Recorded state variables.
    pub probes: Vec<ProbePlan>,
    /// Largest relative error that quantisation makes in a weight.
    pub weight_error: f64,
}

/// What a plan needs to know of a population.
#[derive(Debug)]
pub struct PopulationPlan {
    /// Name.
    pub name: String,
    /// Model.
    pub model: Arc<dyn Model>,
    /// Global id of the first neuron.
    pub first: u32,
    /// Neurons.
    pub size: u32,
    /// Value of one count of each input channel, a power of two.
    pub units: Vec<f64>,
    /// Most spikes one neuron can emit in one step.
    pub most: u32,
    /// Steps for which a neuron is silent after a spike, at least.
    pub silent: u64,
    /// Per state variable, what is added to the stored value: nothing, one value, or one each.
    pub relative: Vec<Vec<f64>>,
}

/// A recorded state variable.
#[derive(Debug, Clone)]
pub struct ProbePlan {
    /// Index of the recorder in the network.
    pub recorder: usize,
    /// Index of the population.
    pub population: usize,
    /// Index of the state variable.
    pub variable: usize,
    /// Steps between samples.
    pub interval: u32,
    /// Global ids sampled.
    pub ids: Range<u32>,
}

/// A contiguous range of neurons with everything that reaches them.
#[derive(Debug)]
pub struct Shard<F> {
    /// Global ids.
    pub ids: Range<u32>,
    /// Its pieces of populations, in order.
    pub segments: Vec<Segment<F>>,
    /// Input lanes: neurons times channels, segment by segment, channel by channel.
    pub lanes: u32,
    /// `neurons * blocks + 1` starts of row segments.
    pub offsets: Vec<u32>,
    /// Packed targets: lane | (delay - 1 - block * B) << [`LANE_BITS`].
    pub targets: Vec<u32>,
    /// Weights in units of the target's channel.
    pub weights: Vec<F>,
    /// Listed input, by step of arrival.
    pub events: Vec<Event<F>>,
}

/// The piece of a population that lies in a shard.
#[derive(Debug)]
pub struct Segment<F> {
    /// Index of the population.
    pub population: usize,
    /// Global id of the first neuron.
    pub first: u32,
    /// Neurons.
    pub count: u32,
    /// First input lane in the shard.
    pub lane: u32,
    /// Derived values, field by field.
    pub derived: Vec<f64>,
    /// Entries per derived field: 1 or `count`.
    pub derived_stride: u32,
    /// Initial state, field by field, as stored.
    pub state: Vec<f64>,
    /// Poisson stimuli that reach it.
    pub poisson: Vec<PoissonTarget<F>>,
    /// Current stimuli that reach it.
    pub currents: Vec<CurrentTarget>,
}

impl<F: Fixed> Segment<F> {
    /// Current from stimuli in the update of `step`, pA, one each; empty where none reaches the segment.
    pub fn current_at(&self, plan: &Plan<F>, step: u64) -> Vec<f64> {
        if self.currents.is_empty() {
            return Vec::new();
        }
        let mut current = vec![0.0; self.count as usize];
        for target in &self.currents {
            let amplitude = plan.currents[target.stimulus as usize].amplitude(step);
            for i in target.neurons.clone() {
                let factor = if target.factors.len() == 1 { 0 } else { (i - target.neurons.start) as usize };
                current[i as usize] += amplitude * target.factors[factor];
            }
        }
        current
    }
}

impl<F: Fixed> Plan<F> {
    /// Lays `network` out.
    ///
    /// # Errors
    /// Parameters or draws out of bounds, more memory than there is (predicted before it is allocated).
    pub fn new(network: &Network, seed: u64, options: &PlanOptions) -> Result<Plan<F>> {
        budget::check::<F>(network, options)?;
        let emissions = unit::most_emitted(network)?;
        let survey = survey::Survey::new(network, seed, &emissions, options.threads)?;
        let block = match options.block {
            Some(block) => budget::checked_block(block)?,
            None => budget::choose_block(survey.max_delay, network.neurons(), survey.lanes, options.shard_bytes),
        };
        let units = unit::units::<F>(network, seed, &survey);
        let mut plan = Plan {
            dt: network.dt(),
            seed,
            neurons: network.neurons(),
            synapses: survey.synapses,
            block,
            blocks: survey.max_delay.div_ceil(block).max(1),
            min_delay: survey.min_delay,
            max_delay: survey.max_delay,
            populations: populations(network, units, &emissions, seed)?,
            shards: Vec::new(),
            poisson: drive::poisson(network)?,
            currents: drive::currents(network)?,
            probes: probes(network)?,
            weight_error: 0.0,
        };
        let cuts = survey.cuts(block, plan.blocks, std::mem::size_of::<F>() as u64, options)?;
        budget::check_delays(&plan, cuts.len(), survey.lanes, options)?;
        let (shards, weight_error) = rows::build(network, &plan, &cuts, options.threads)?;
        plan.shards = shards;
        plan.weight_error = weight_error;
        Ok(plan)
    }

    /// Slots of the input ring.
    pub fn slots(&self) -> u32 {
        2 * self.block
    }

    /// Bytes of rows, rings and states.
    pub fn bytes(&self) -> u64 {
        let size = std::mem::size_of::<F>() as u64;
        let shard = |s: &Shard<F>| {
            let rows = s.offsets.len() as u64 * 4 + s.targets.len() as u64 * (4 + size);
            let neurons: u64 = s.segments.iter().map(|g| (g.state.len() + g.derived.len()) as u64 * size).sum();
            rows + neurons + u64::from(s.lanes) * u64::from(self.slots()) * size + s.events.len() as u64 * (8 + size)
        };
        self.shards.iter().map(shard).sum()
    }

    /// The population a neuron belongs to, and its index there.
    pub fn locate(&self, id: u32) -> (&PopulationPlan, u32) {
        let index = self.populations.partition_point(|p| p.first <= id).saturating_sub(1);
        let population = &self.populations[index];
        (population, id - population.first)
    }
}

fn populations(network: &Network, units: Vec<Vec<f64>>, most: &[u32], seed: u64) -> Result<Vec<PopulationPlan>> {
    let plans = network.populations().iter().zip(units).zip(most).map(|((population, units), &most)| {
        let declaration = population.model.declaration();
        let column = |name: &str| declaration.parameters.iter().position(|p| p.name == name);
        let relative = declaration.state.iter().map(|variable| match variable.relative_to.and_then(column) {
            None => Ok(Vec::new()),
            Some(index) if population.parameters[index].is_constant() => {
                Ok(vec![population.parameters_of(0, seed)?[index]])
            }
            Some(index) => (0..population.size).map(|i| Ok(population.parameters_of(i, seed)?[index])).collect(),
        });
        let different = if population.uniform() { 1 } else { population.size };
        let mut silent = u64::MAX;
        for i in 0..different {
            let parameters = population.parameters_of(i, seed)?;
            silent = silent.min(population.model.silent_steps(&parameters, network.dt()));
        }
        Ok(PopulationPlan {
            silent,
            name: population.name.clone(),
            model: population.model.clone(),
            first: population.first,
            size: population.size,
            units,
            most,
            relative: relative.collect::<Result<_>>()?,
        })
    });
    plans.collect()
}

fn probes(network: &Network) -> Result<Vec<ProbePlan>> {
    let mut probes = Vec::new();
    for (index, recorder) in network.recorders().iter().enumerate() {
        let Probe::Variable(variable) = &recorder.probe else { continue };
        let part = recorder.from.parts()[0];
        let state = network.populations()[part.population].model.declaration().state;
        probes.push(ProbePlan {
            recorder: index,
            population: part.population,
            variable: state.iter().position(|v| v.name == variable.name).unwrap_or(0),
            interval: recorder.interval_steps(network)?,
            ids: part.first..part.first + part.count,
        });
    }
    Ok(probes)
}
