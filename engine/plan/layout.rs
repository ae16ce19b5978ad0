//! What players play: the plan of a network, its shards, and the slices of populations in them. `lay_out` makes it.

use std::ops::Range;
use std::sync::Arc;

use crate::number::Fixed;
use crate::plan::connectivity::procedural::Connectivity;
use crate::plan::plastic::{PlasticPlan, PlasticRows};
use crate::plan::storage::encoding;
use crate::plan::{
    CouplingPlan, CurrentPlan, CurrentTarget, Cut, Encoding, Event, Perturbed, PopulationPlan, ProbePlan, Reaching,
    SourceLayout, StorageLayout, StoredRows, WavePlan,
};
use crate::tile::{PoissonPlan, PoissonTarget, SumWidth};

/// Values of state that are all but zero become zero in every step that is a multiple of this, so that neurons come to
/// rest.
pub const IDLE_CHECK_STEPS: u32 = 64;

/// A network laid out for players that sum input in `F`.
#[derive(Debug, Clone)]
pub struct Plan<F> {
    /// Step, ms.
    pub dt: f64,
    /// Seed of what is drawn while the network is made: rows, parameters.
    pub seed: u64,
    /// Seed of what is drawn for a run of it: initial states, Poisson trains; that of the network in trial 0.
    pub run_seed: u64,
    /// Neurons in all.
    pub neurons: u32,
    /// Synapses in all; of rows that are drawn at each spike and left to chance, the mean.
    pub synapses: u64,
    /// How a synapse is packed.
    pub encoding: Encoding,
    /// What a ring sums in.
    pub sum_width: SumWidth,
    /// Input channels: accumulators of a shard are channel * neurons + neuron.
    pub channels: u32,
    /// Per source population, the accumulators it reaches.
    pub source_layouts: Vec<SourceLayout<F>>,
    /// The connectivity that is drawn at each spike; nothing where all is stored.
    pub connectivity: Option<Arc<Connectivity<F>>>,
    /// What the cost model chose.
    pub choice: StorageLayout,
    /// Where events are sorted before they are added, neurons of a group; see [`crate::plan::Delivery`].
    pub group: Option<u32>,
    /// Whether neurons at rest are left out of a step.
    pub skip_idle: bool,
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
    /// Current stimuli that change from step to step.
    pub waves: Vec<WavePlan>,
    /// Continuous couplings.
    pub couplings: CouplingPlan,
    /// Steps at which perturbations begin or end, rising; a batch begins with each.
    pub changes: Vec<u64>,
    /// Recorded state variables.
    pub probes: Vec<ProbePlan>,
    /// Projections that learn, population by population of their targets.
    pub plastic: Vec<PlasticPlan>,
    /// Steps that rings reach ahead of the shortest delay at least.
    pub span: u32,
    /// The largest weight of a synapse, in counts.
    pub largest_weight: f64,
    /// Largest relative error that quantisation makes in a weight that is not drawn from a distribution.
    pub weight_error: f64,
}

/// A contiguous range of neurons with everything that reaches them.
#[derive(Debug, Clone)]
pub struct Shard<F> {
    /// Global ids.
    pub ids: Range<u32>,
    /// Its pieces of populations, in order.
    pub slices: Vec<PopulationSlice>,
    /// Stored synapses, shared by all trials.
    pub rows: StoredRows<F>,
    /// Listed input, by step of arrival.
    pub events: Vec<Event<F>>,
    /// Rows of the projections that learn, in the order of the plan; shared by all trials.
    pub plastic: Vec<Arc<PlasticRows>>,
    /// Connections that are cut for a while.
    pub cuts: Vec<Cut<F>>,
}

impl<F> Shard<F> {
    /// Neurons.
    pub fn neurons(&self) -> u32 {
        self.ids.end - self.ids.start
    }
}

/// The piece of a population that lies in a shard.
#[derive(Debug, Clone)]
pub struct PopulationSlice {
    /// Index of the population.
    pub population: usize,
    /// Global id of the first neuron.
    pub first: u32,
    /// Neurons.
    pub count: u32,
    /// Derived values, field by field.
    pub derived: Vec<f64>,
    /// Entries per derived field: 1 or `count`.
    pub derived_stride: u32,
    /// Initial state, field by field, as stored.
    pub state: Vec<f64>,
    /// Poisson stimuli that reach it.
    pub poisson: Vec<PoissonTarget>,
    /// Current stimuli that reach it.
    pub currents: Vec<CurrentTarget>,
    /// Current stimuli that change from step to step and reach it.
    pub waves: Vec<CurrentTarget>,
    /// Continuous couplings that reach it.
    pub couplings: Reaching,
    /// What is done to it for a while.
    pub perturbed: Perturbed,
    /// Largest relative rounding of the weight of a listed input spike.
    pub weight_error: f64,
}

impl PopulationSlice {
    /// Current from stimuli that do not change from step to step in the update of `step`, pA, one each; empty where none reaches the slice.
    pub fn current_at<F>(&self, plan: &Plan<F>, step: u64) -> Vec<f64> {
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

impl ProbePlan {
    /// Whether it samples any of these neurons of a slice.
    pub fn reaches(&self, slice: &PopulationSlice, neurons: &Range<usize>) -> bool {
        let first = slice.first as usize;
        slice.population == self.population
            && (self.ids.start as usize) < first + neurons.end
            && first + neurons.start < self.ids.end as usize
    }
}

impl<F: Fixed> Plan<F> {
    /// With the rounding of what is listed.
    pub(crate) fn count_weight_error(&mut self) {
        let slices = self.shards.iter().flat_map(|s| &s.slices);
        self.weight_error = slices.map(|s| s.weight_error).fold(self.weight_error, f64::max);
    }

    /// Slots of the input ring.
    pub fn slots(&self) -> u32 {
        if self.group.is_some() {
            self.longest_epoch()
        } else {
            encoding::slots(self.block.max(self.span), self.min_delay)
        }
    }

    /// Lanes from a channel to the next in a shard's ring.
    pub fn channel_stride(&self, shard: &Shard<F>) -> u32 {
        self.group.map_or(shard.neurons(), encoding::group_accumulators)
    }

    /// Accumulators of a slot of a shard's ring, which is that of a group where events are sorted.
    pub fn ring_accumulators(&self, shard: &Shard<F>) -> u32 {
        self.channel_stride(shard) * self.channels
    }

    /// Where events are sorted: bits of the sum in an event of one word that has the weight in its other bits; nothing
    /// where the weights of `shard` need words of their own.
    pub fn event_bits(&self, shard: &Shard<F>) -> Option<u32> {
        let listed = shard.events.iter().map(|event| event.weight.value(1.0).abs());
        let largest = listed.fold(self.largest_weight, f64::max);
        encoding::event_bits(u64::from(self.slots()) * u64::from(self.ring_accumulators(shard)), largest)
    }

    /// Steps of an epoch at most.
    pub fn longest_epoch(&self) -> u32 {
        encoding::longest_epoch(self.min_delay).min(self.couplings.epoch)
    }

    /// Input accumulators of a shard.
    pub fn accumulators(&self, shard: &Shard<F>) -> u32 {
        shard.neurons() * self.channels
    }

    /// Steps whose spikes and signals are needed.
    pub fn history(&self) -> u32 {
        self.max_delay.max(self.couplings.depth) + self.longest_epoch()
    }

    /// Bytes of rows, rings, states, listed input, and what is kept to draw rows from.
    pub fn bytes(&self) -> u64 {
        let size = std::mem::size_of::<F>() as u64;
        let shard = |s: &Shard<F>| {
            let neurons: u64 = s.slices.iter().map(|g| (g.state.len() + g.derived.len()) as u64 * size).sum();
            let ring = u64::from(self.ring_accumulators(s)) * u64::from(self.slots()) * self.sum_width.bytes::<F>();
            let plastic = s.plastic.iter().zip(&self.plastic);
            let plastic = plastic.map(|(rows, own)| rows.bytes() + (rows.len() * own.start.len()) as u64 * size);
            s.rows.bytes() + plastic.sum::<u64>() + neurons + ring + s.events.len() as u64 * (8 + size)
        };
        self.shards.iter().map(shard).sum::<u64>()
            + self.couplings.bytes(size, 1, 1)
            + self.connectivity.as_ref().map_or(0, |connectivity| connectivity.bytes())
    }

    /// The population a neuron belongs to, and its index there.
    pub fn locate(&self, id: u32) -> (&PopulationPlan, u32) {
        let index = self.populations.partition_point(|p| p.first <= id).saturating_sub(1);
        let population = &self.populations[index];
        (population, id - population.first)
    }
}

impl<F> Plan<F> {
    /// Derived values of neuron `i` of population `index` with these parameters in a version of its couplings.
    pub(crate) fn derived_of(&self, (index, i): (usize, u32), parameters: &[f64], version: usize) -> Vec<f64> {
        let conductance = self.couplings.conductance(version, index, i);
        let inputs: Vec<f64> = parameters.iter().copied().chain(conductance).collect();
        self.populations[index].model.derive(&inputs, self.dt)
    }
}
