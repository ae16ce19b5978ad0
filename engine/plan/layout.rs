//! What players play: the plan of a network, its shards, and the slices of populations in them. `lay_out` makes them.

use std::ops::Range;
use std::sync::Arc;

use crate::number::Fixed;
use crate::plan::connectivity::procedural::Connectivity;
use crate::plan::plastic::PlasticPlan;
use crate::plan::plastic_rows::PlasticRows;
use crate::plan::storage::encoding;
use crate::plan::{
    CouplingPlan, CurrentPlan, CurrentTarget, Cut, Encoding, Event, Perturbed, PopulationPlan, ProbePlan, Reaching,
    SourceLayout, StorageLayout, StoredRows, WavePlan,
};
use crate::tile::{PoissonPlan, PoissonTarget, SumWidth};

/// State values of next to nothing become zero in every step that is a multiple of this, so that neurons come to rest.
pub const IDLE_CHECK_STEPS: u32 = 64;

/// A network laid out for players that sum input in `F`.
#[derive(Debug, Clone)]
pub struct Plan<F> {
    /// Length of a step, ms.
    pub dt: f64,
    /// Seed of what is drawn while the network is made: rows, parameters.
    pub seed: u64,
    /// Seed of what is drawn for a run of it: initial states, Poisson trains; that of the network in trial 0.
    pub run_seed: u64,
    /// Number of neurons.
    pub neurons: u32,
    /// Number of synapses; of rows that are drawn at each spike and left to chance, the mean.
    pub synapses: u64,
    /// How a synapse is packed.
    pub encoding: Encoding,
    /// The width of the sums of rings.
    pub sum_width: SumWidth,
    /// The largest number of input channels of a neuron: accumulators of a shard are channel * neurons + neuron.
    pub channels: u32,
    /// Per source population, the accumulators that it reaches.
    pub source_layouts: Vec<SourceLayout<F>>,
    /// The connectivity that is drawn at each spike; `None` where all rows are stored.
    pub connectivity: Option<Arc<Connectivity<F>>>,
    /// The layout that the cost model chose.
    pub choice: StorageLayout,
    /// Where events are sorted before they are added, the number of neurons of a group; see [`crate::plan::Delivery`].
    pub group: Option<u32>,
    /// Whether tiles of neurons at rest are skipped.
    pub skip_idle: bool,
    /// Number of steps of a delay block (B).
    pub block: u32,
    /// Number of delay blocks.
    pub blocks: u32,
    /// Shortest delay of a projection, steps (at least 1).
    pub min_delay: u32,
    /// Longest delay of a projection, steps.
    pub max_delay: u32,
    /// Populations in the order of the network.
    pub populations: Vec<PopulationPlan>,
    /// Shards in the order of their neurons.
    pub shards: Vec<Shard<F>>,
    /// Stimuli of spike trains that are drawn.
    pub poisson: Vec<PoissonPlan>,
    /// Current stimuli that are constant for many steps.
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
    /// The least number of steps that rings reach ahead of the shortest delay.
    pub span: u32,
    /// The largest weight of a synapse, in counts.
    pub largest_weight: f64,
    /// Largest relative error that quantisation makes in a weight that is not drawn from a distribution.
    pub weight_error: f64,
}

/// A contiguous range of neurons with everything that reaches them.
#[derive(Debug, Clone)]
pub struct Shard<F> {
    /// Global ids of its neurons.
    pub ids: Range<u32>,
    /// The slices of populations that lie in it, in order.
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
    /// The number of its neurons.
    pub fn neurons(&self) -> u32 {
        self.ids.end - self.ids.start
    }
}

/// The part of a population that lies in a shard.
#[derive(Debug, Clone)]
pub struct PopulationSlice {
    /// Index of the population.
    pub population: usize,
    /// Global id of the first neuron.
    pub first: u32,
    /// Number of neurons.
    pub count: u32,
    /// Derived values, field by field.
    pub derived: Vec<f64>,
    /// Number of entries per derived field: 1 where all neurons share it, else `count`.
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
    /// Perturbations of its neurons.
    pub perturbed: Perturbed,
    /// The largest relative rounding error of the weight of a listed input spike.
    pub weight_error: f64,
}

impl PopulationSlice {
    /// The current of stimuli that are constant for many steps, in the update of `step`, pA, one entry per neuron;
    /// empty where no such stimulus reaches the slice.
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
    /// Whether it samples any of `neurons` of a slice, by their indices there.
    pub fn reaches(&self, slice: &PopulationSlice, neurons: &Range<usize>) -> bool {
        let first = slice.first as usize;
        slice.population == self.population
            && (self.ids.start as usize) < first + neurons.end
            && first + neurons.start < self.ids.end as usize
    }
}

impl<F: Fixed> Plan<F> {
    /// Sets the error of weights to that of listed input where this is larger.
    pub(crate) fn add_listed_weight_error(&mut self) {
        let slices = self.shards.iter().flat_map(|s| &s.slices);
        self.weight_error = slices.map(|s| s.weight_error).fold(self.weight_error, f64::max);
    }

    /// The number of slots of an input ring.
    pub fn slots(&self) -> u32 {
        if self.group.is_some() {
            self.longest_epoch()
        } else {
            encoding::slots(self.block.max(self.span), self.min_delay)
        }
    }

    /// The number of accumulators from one channel to the next in the ring of `shard`.
    pub fn channel_stride(&self, shard: &Shard<F>) -> u32 {
        self.group.map_or(shard.neurons(), encoding::group_accumulators)
    }

    /// The number of accumulators of a slot of the ring of `shard`, which is that of a group where events are sorted.
    pub fn ring_accumulators(&self, shard: &Shard<F>) -> u32 {
        self.channel_stride(shard) * self.channels
    }

    /// Where events are sorted, the number of bits of the place of a sum in an event of one word, whose other bits are
    /// the weight; `None` where the weights of `shard` need words of their own.
    pub fn event_bits(&self, shard: &Shard<F>) -> Option<u32> {
        let listed = shard.events.iter().map(|event| event.weight.value(1.0).abs());
        let largest = listed.fold(self.largest_weight, f64::max);
        encoding::event_bits(u64::from(self.slots()) * u64::from(self.ring_accumulators(shard)), largest)
    }

    /// The largest number of steps of an epoch.
    pub fn longest_epoch(&self) -> u32 {
        encoding::longest_epoch(self.min_delay).min(self.couplings.epoch)
    }

    /// The number of input accumulators of `shard` in one step.
    pub fn accumulators(&self, shard: &Shard<F>) -> u32 {
        shard.neurons() * self.channels
    }

    /// The number of steps whose spikes and signals are needed.
    pub fn history(&self) -> u32 {
        self.max_delay.max(self.couplings.depth) + self.longest_epoch()
    }

    /// The size of rows, rings, states, listed input, couplings and rules, bytes.
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
            + self.couplings.bytes(size, (1, 1), self.history())
            + self.connectivity.as_ref().map_or(0, |connectivity| connectivity.bytes())
    }

    /// The population of the neuron of global id `id`, and its index there.
    pub fn locate(&self, id: u32) -> (&PopulationPlan, u32) {
        let index = self.populations.partition_point(|p| p.first <= id).saturating_sub(1);
        let population = &self.populations[index];
        (population, id - population.first)
    }
}

impl<F> Plan<F> {
    /// The derived values of neuron `i` of population `index` with `parameters`, in a version of its couplings.
    pub(crate) fn derived_of(&self, (index, i): (usize, u32), parameters: &[f64], version: usize) -> Vec<f64> {
        let conductance = self.couplings.conductance(version, index, i);
        let inputs: Vec<f64> = parameters.iter().copied().chain(conductance).collect();
        self.populations[index].model.derive(&inputs, self.dt)
    }
}
