//! What players play: the plan of a network, its shards, and the slices of populations in them.

use std::ops::Range;
use std::sync::Arc;

use crate::error::Result;
use crate::network::Network;
use crate::number::Fixed;
use crate::plan::connectivity::explicit;
use crate::plan::connectivity::procedural::Connectivity;
use crate::plan::cost::budget;
use crate::plan::plastic::{self, PlasticPlan, PlasticRows};
use crate::plan::resolve::Resolved;
use crate::plan::storage::encoding::{self, LayoutConstraints};
use crate::plan::storage::{choose, csr, partition};
use crate::plan::{
    CouplingPlan, CurrentPlan, CurrentTarget, Encoding, Event, PlanOptions, PopulationPlan, ProbePlan, Reaching,
    StorageLayout, StoredRows, SynapseFormat,
};
use crate::plan::{fixed_point, populations};
use crate::tile::{PoissonPlan, PoissonTarget, SumWidth};

/// Largest delay block.
pub const LARGEST_BLOCK: u32 = 256;
/// Values of state that are all but zero become zero in every step that is a multiple of this, so that neurons come to
/// rest.
pub const IDLE_CHECK_STEPS: u32 = 64;

/// The accumulators that a source population reaches in a shard.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SourceLayout<F> {
    /// The one channel it reaches; nothing where accumulators count all channels.
    pub channel: Option<u8>,
    /// The weight that all its synapses have, where that is not packed.
    pub weight: F,
}

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
    /// Continuous couplings.
    pub couplings: CouplingPlan,
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
    /// Continuous couplings that reach it.
    pub couplings: Reaching,
    /// Largest relative rounding of the weight of a listed input spike.
    pub weight_error: f64,
}

impl PopulationSlice {
    /// Current from stimuli in the update of `step`, pA, one each; empty where none reaches the slice.
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

impl<F: Fixed> Plan<F> {
    /// Lays `network` out.
    ///
    /// # Errors
    /// Parameters or draws out of bounds, more memory than there is (predicted before it is allocated).
    pub fn new(network: &Network, seed: u64, options: &PlanOptions) -> Result<Plan<F>> {
        let network = Resolved::new(network)?;
        let (mut plan, connectivity, needs) = Plan::prepare(&network, seed, options)?;
        budget::check(&network, &plan, &connectivity, &needs, options)?;
        plan.lay_out(&network, connectivity, options)?;
        Ok(plan)
    }

    /// Whether `network` can be laid out; nothing is allocated for stored synapses.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn check(network: &Network, seed: u64, options: &PlanOptions) -> Result<()> {
        let network = Resolved::new(network)?;
        let (plan, connectivity, needs) = Plan::<F>::prepare(&network, seed, options)?;
        budget::check(&network, &plan, &connectivity, &needs, options)
    }

    /// All that is decided before synapses are laid out.
    pub(crate) fn prepare(
        network: &Resolved<'_>,
        seed: u64,
        options: &PlanOptions,
    ) -> Result<(Plan<F>, Connectivity<F>, LayoutConstraints)> {
        if let Some(block) = options.block {
            budget::checked_block(block.into(), "plan")?;
        }
        budget::check_lists(network, options)?;
        let pairs = explicit::all(network, seed);
        let units = fixed_point::units::<F>(network, seed, &pairs)?;
        let plastic = plastic::plans(network, seed, &units.units, &pairs)?;
        let mut connectivity = Connectivity::<F>::new(network, seed, &units.units, pairs)?;
        let sum_width = choose::sum_width::<F>(&units, options)?;
        let (needs, choice) = choose::store(network, &mut connectivity, options, &units, sum_width)?;
        let (channels, delays) = (needs.channels as u32, needs.delays);
        let source_layouts = choose::source_layouts(&connectivity, network.populations.len());
        // Wide words have room for the accumulator of any channel, and the GPU reads them without a source layout.
        let keep = needs.one_channel && choice.encoding.format != SynapseFormat::Wide;
        let source_layouts = source_layouts.into_iter();
        let source_layouts = source_layouts
            .map(|w| SourceLayout { channel: w.channel.filter(|_| keep), weight: w.weight.unwrap_or_default() });
        let mut populations = populations(network, units.units, seed)?;
        let couplings = CouplingPlan::new(network, &mut populations, seed)?;
        let plan = Plan {
            dt: network.grid.dt(),
            seed,
            run_seed: seed,
            neurons: network.neurons,
            synapses: connectivity.synapses(),
            encoding: choice.encoding,
            sum_width,
            channels,
            source_layouts: source_layouts.collect(),
            connectivity: None,
            choice,
            group: choice.group,
            skip_idle: options.skip_idle,
            block: choice.block,
            blocks: (delays.1 - delays.0) / choice.block + 1,
            min_delay: delays.0,
            max_delay: delays.1,
            populations,
            couplings,
            shards: Vec::new(),
            poisson: network.poisson(),
            currents: network.currents(),
            probes: network.probes.clone(),
            plastic,
            span: needs.span,
            largest_weight: units.largest,
            weight_error: units.error,
        };
        Ok((plan, connectivity, needs))
    }

    /// Cuts the network into shards and fills them; cut again where the synapses are spread more unevenly than expected.
    fn lay_out(&mut self, network: &Resolved<'_>, connectivity: Connectivity<F>, options: &PlanOptions) -> Result<()> {
        let mut shards = self.choice.shards;
        let (all, cuts, rows) = loop {
            let all = partition::cuts(network, &connectivity, shards, self.choice.most, &options.cost);
            let own = options.part.map_or(0..all.len(), |part| part.range(all.len()));
            let cuts = all[own].to_vec();
            if let (Some(part), true) = (options.part, cuts.is_empty()) {
                return Err(budget::no_shard_for(part, all.len()));
            }
            let populations: Vec<(u32, u32)> = self.populations.iter().map(|p| (p.first, p.size)).collect();
            let layout = csr::RowBuilder {
                connectivity: &connectivity,
                populations: &populations,
                neurons: self.neurons,
                encoding: self.encoding,
                blocks: self.blocks,
                min_delay: self.min_delay,
                owned: cuts.first().map_or(0, |cut| cut.start)..cuts.last().map_or(0, |cut| cut.end),
                cuts: &cuts,
                source_layouts: &self.source_layouts,
                threads: options.threads,
            };
            let rows = layout.build()?;
            let largest = rows.iter().map(|r| r.len() as u64 * 4).max().unwrap_or(0);
            if largest <= options.shard_bytes {
                break (all.len(), cuts, rows);
            }
            // Players that cut for themselves would not own all neurons between them.
            if all.len() as u64 >= u64::from(self.neurons) || options.part.is_some() {
                return Err(budget::no_shard(largest, options.shard_bytes));
            }
            shards = (all.len() as u64 + 1).max(shards.saturating_mul(largest) / options.shard_bytes);
        };
        let stored = rows.iter().map(|r| r.len() as u64).sum::<u64>();
        if options.part.is_none() {
            self.synapses = self.synapses - connectivity.stored_synapses() + stored;
        }
        self.choice.shards = all as u64;
        self.shards = partition::shards(network, self, cuts, rows, options.threads)?;
        self.count_weight_error();
        self.connectivity = connectivity.any_procedural().then(|| Arc::new(connectivity));
        Ok(())
    }

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
        self.group.map_or(shard.neurons(), group_accumulators)
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

/// Lanes from a channel to the next in the ring of a group: a few more than neurons, so that the same neuron of all steps
/// does not fall into the same places of the cache.
pub(crate) fn group_accumulators(group: u32) -> u32 {
    group + 64
}
