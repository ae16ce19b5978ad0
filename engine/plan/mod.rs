//! Plans: a network laid out in shards, rows and tables, before any device exists. Pure and testable.
//!
//! `wiring` turns rules into rows that can be drawn source by source (`share`: how many synapses each source has;
//! `pairs`: what can only be listed), `draw` draws them, `table` turns random numbers into weights and delays (`weight`,
//! `delay`), `unit` chooses fixed-point units (`listed`: what lists add up to), `packing` the layout by a cost model,
//! `store` what is stored, `segments` cuts shards, `rows` stores, `read` reads back, `memory` predicts what it takes, `budget`
//! refuses what does not fit, `drive` lays out stimuli, `traffic` counts what playing moves, `outline` says what was chosen,
//! `trial` makes plans that share rows.
//! Both players play the same [`Plan`]. What may not live here: anything that knows a device, a file or a clock.
//!
//! **Rows.** Within a shard, synapses are sorted by (source, delay block): `offsets[source * blocks + block]` is where a
//! segment starts. Block b holds the delays from `min_delay + b * B` on, B of them. Before the step in which the first
//! of them arrives, the segments (source, b) of that step's spikes are added into a ring of a few slots.

use std::ops::Range;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::network::{Network, Projection};
use crate::number::Fixed;
use crate::tile::{Cell, PoissonPlan, PoissonTarget};

pub mod budget;
mod delay;
pub mod distribution;
pub mod draw;
mod drive;
mod listed;
pub mod memory;
mod options;
mod outline;
pub mod packing;
mod pairs;
mod population;
mod read;
mod rows;
mod segments;
mod share;
mod store;
pub mod table;
mod traffic;
mod trial;
mod unit;
pub mod weight;
pub mod wiring;

pub use drive::{CurrentPlan, CurrentTarget, Event};
pub use options::{Delivery, PlanOptions, Storage};
pub use outline::Outline;
pub use packing::{Choice, Form, Packing};
pub use population::{PopulationPlan, ProbePlan};
pub(crate) use population::{populations, probes};
pub use read::Synapse;
pub use rows::{StoredRows, Words};
pub use traffic::Traffic;
pub use trial::Footing;

use packing::Needs;
use wiring::Wiring;

/// Largest delay block.
pub const LARGEST_BLOCK: u32 = 256;
/// Values of state that are all but zero become zero in every step that is a multiple of this, so that neurons come to
/// rest.
pub const REST_STEPS: u32 = 64;

/// The lanes that a source population reaches in a shard.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Window<F> {
    /// The one channel it reaches; nothing where lanes count all channels.
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
    pub dynamics: u64,
    /// Neurons in all.
    pub neurons: u32,
    /// Synapses in all; of rows that are drawn at each spike and left to chance, the mean.
    pub synapses: u64,
    /// How a synapse is packed.
    pub packing: Packing,
    /// What a ring sums in.
    pub cell: Cell,
    /// Input channels: lanes of a shard are channel * neurons + neuron.
    pub channels: u32,
    /// Per source population, the lanes it reaches.
    pub windows: Vec<Window<F>>,
    /// The wiring that is drawn at each spike; nothing where all is stored.
    pub wiring: Option<Arc<Wiring<F>>>,
    /// What the cost model chose.
    pub choice: Choice,
    /// Where events are sorted before they are added, neurons of a group; see [`Delivery`].
    pub group: Option<u32>,
    /// Whether neurons at rest are left out of a step.
    pub active: bool,
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
    pub segments: Vec<Segment>,
    /// Stored synapses, shared by all trials.
    pub rows: Arc<StoredRows<F>>,
    /// Listed input, by step of arrival.
    pub events: Vec<Event<F>>,
}

impl<F> Shard<F> {
    /// Neurons.
    pub fn neurons(&self) -> u32 {
        self.ids.end - self.ids.start
    }
}

/// The piece of a population that lies in a shard.
#[derive(Debug, Clone)]
pub struct Segment {
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
    /// Largest relative rounding of the weight of a listed input spike.
    pub weight_error: f64,
}

impl Segment {
    /// Current from stimuli in the update of `step`, pA, one each; empty where none reaches the segment.
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
        let (mut plan, wiring, needs) = Plan::prepare(network, seed, options)?;
        budget::check(network, &plan, &wiring, &needs, options)?;
        plan.lay_out(network, wiring, options)?;
        Ok(plan)
    }

    /// Whether `network` can be laid out; nothing is allocated for stored synapses.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn check(network: &Network, seed: u64, options: &PlanOptions) -> Result<()> {
        let (plan, wiring, needs) = Plan::<F>::prepare(network, seed, options)?;
        budget::check(network, &plan, &wiring, &needs, options)
    }

    /// All that is decided before synapses are laid out.
    fn prepare(network: &Network, seed: u64, options: &PlanOptions) -> Result<(Plan<F>, Wiring<F>, Needs)> {
        if let Some(block) = options.block {
            budget::checked_block(block)?;
        }
        budget::check_lists(network, options)?;
        let emissions = unit::most_emitted(network)?;
        let pairs = pairs::all(network, seed);
        let units = unit::units::<F>(network, seed, &emissions, &pairs)?;
        let mut wiring = Wiring::<F>::new(network, seed, &units.units, pairs)?;
        let cell = store::cell::<F>(&units, options)?;
        let (needs, choice) = store::store(network, &mut wiring, options, &units, cell)?;
        let (channels, delays) = (needs.channels as u32, needs.delays);
        let windows = store::windows(&wiring, network.populations().len());
        // Wide words have room for the lane of any channel, and the GPU reads them without a window.
        let keep = needs.one_channel && choice.packing.form != Form::Wide;
        let windows = windows.into_iter();
        let windows =
            windows.map(|w| Window { channel: w.channel.filter(|_| keep), weight: w.weight.unwrap_or_default() });
        let plan = Plan {
            dt: network.dt(),
            seed,
            dynamics: seed,
            neurons: network.neurons(),
            synapses: wiring.synapses(),
            packing: choice.packing,
            cell,
            channels,
            windows: windows.collect(),
            wiring: None,
            choice,
            group: choice.group,
            active: options.active,
            block: choice.block,
            blocks: (delays.1 - delays.0) / choice.block + 1,
            min_delay: delays.0,
            max_delay: delays.1,
            populations: populations(network, units.units, &emissions, seed)?,
            shards: Vec::new(),
            poisson: drive::poisson(network)?,
            currents: drive::currents(network)?,
            probes: probes(network)?,
            largest_weight: units.largest,
            weight_error: units.error,
        };
        Ok((plan, wiring, needs))
    }

    /// Cuts the network into shards and fills them; cut again where the synapses are spread more unevenly than expected.
    fn lay_out(&mut self, network: &Network, wiring: Wiring<F>, options: &PlanOptions) -> Result<()> {
        let mut shards = self.choice.shards;
        let (cuts, rows) = loop {
            let cuts = segments::cuts(network, &wiring, shards, self.choice.most);
            let populations: Vec<(u32, u32)> = self.populations.iter().map(|p| (p.first, p.size)).collect();
            let layout = rows::Layout {
                wiring: &wiring,
                populations: &populations,
                neurons: self.neurons,
                packing: self.packing,
                blocks: self.blocks,
                min_delay: self.min_delay,
                cuts: &cuts,
                windows: &self.windows,
                threads: options.threads,
            };
            let rows = layout.build()?;
            let largest = rows.iter().map(|r| r.words.len() as u64 * 4).max().unwrap_or(0);
            if largest <= options.shard_bytes {
                break (cuts, rows);
            }
            if cuts.len() as u64 >= u64::from(self.neurons) {
                return Err(budget::no_shard(largest, options.shard_bytes));
            }
            shards = (cuts.len() as u64 + 1).max(shards.saturating_mul(largest) / options.shard_bytes);
        };
        let stored = rows.iter().map(|r| r.words.len() as u64).sum::<u64>();
        self.synapses = self.synapses - wiring.stored_synapses() + stored;
        self.choice.shards = cuts.len() as u64;
        let rows = rows.into_iter().map(Arc::new).collect();
        self.shards = segments::shards(network, self, cuts, rows, options.threads)?;
        self.count_weight_error();
        self.wiring = wiring.any_drawn().then(|| Arc::new(wiring));
        Ok(())
    }

    /// With the rounding of what is listed.
    fn count_weight_error(&mut self) {
        let segments = self.shards.iter().flat_map(|s| &s.segments);
        self.weight_error = segments.map(|s| s.weight_error).fold(self.weight_error, f64::max);
    }

    /// Slots of the input ring.
    pub fn slots(&self) -> u32 {
        if self.group.is_some() { self.longest_epoch() } else { packing::slots(self.block, self.min_delay) }
    }

    /// Lanes from a channel to the next in a shard's ring.
    pub fn stride(&self, shard: &Shard<F>) -> u32 {
        self.group.map_or(shard.neurons(), group_lanes)
    }

    /// Lanes of a slot of a shard's ring, which is that of a group where events are sorted.
    pub fn ring_lanes(&self, shard: &Shard<F>) -> u32 {
        self.stride(shard) * self.channels
    }

    /// Where events are sorted: bits of the sum in an event of one word that has the weight in its other bits; nothing
    /// where the weights of `shard` need words of their own.
    pub fn event_bits(&self, shard: &Shard<F>) -> Option<u32> {
        let listed = shard.events.iter().map(|event| event.weight.value(1.0).abs());
        let largest = listed.fold(self.largest_weight, f64::max);
        packing::event_bits(u64::from(self.slots()) * u64::from(self.ring_lanes(shard)), largest)
    }

    /// Steps of an epoch at most.
    pub fn longest_epoch(&self) -> u32 {
        packing::longest_epoch(self.min_delay)
    }

    /// Input lanes of a shard.
    pub fn lanes(&self, shard: &Shard<F>) -> u32 {
        shard.neurons() * self.channels
    }

    /// Bytes of rows, rings, states, listed input, and what is kept to draw rows from.
    pub fn bytes(&self) -> u64 {
        let size = std::mem::size_of::<F>() as u64;
        let shard = |s: &Shard<F>| {
            let neurons: u64 = s.segments.iter().map(|g| (g.state.len() + g.derived.len()) as u64 * size).sum();
            let ring = u64::from(self.ring_lanes(s)) * u64::from(self.slots()) * self.cell.bytes::<F>();
            s.rows.bytes() + neurons + ring + s.events.len() as u64 * (8 + size)
        };
        self.shards.iter().map(shard).sum::<u64>() + self.wiring.as_ref().map_or(0, |wiring| wiring.bytes())
    }

    /// The population a neuron belongs to, and its index there.
    pub fn locate(&self, id: u32) -> (&PopulationPlan, u32) {
        let index = self.populations.partition_point(|p| p.first <= id).saturating_sub(1);
        let population = &self.populations[index];
        (population, id - population.first)
    }
}

/// What is wrong with a projection.
pub(crate) fn place_error(network: &Network, projection: &Projection, problem: String) -> Error {
    Error::Network { place: projection.place(network), problem }
}

/// Lanes from a channel to the next in the ring of a group: a few more than neurons, so that the same neuron of all steps
/// does not fall into the same places of the cache.
pub(crate) fn group_lanes(group: u32) -> u32 {
    group + 64
}
