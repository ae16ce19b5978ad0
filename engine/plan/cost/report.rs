//! The report on a layout: what would be chosen, what memory it would take, and what else was weighed, before rows are
//! allocated.

use serde::Serialize;

use crate::error::Result;
use crate::network::Network;
use crate::number::Fixed;
use crate::plan::cost::memory::{Kept, Memory, Phases, is_zero, predict};
use crate::plan::resolve::Resolved;
use crate::plan::storage::encoding::{StorageLayout, SynapseFormat};
use crate::plan::{Plan, PlanOptions};

/// The layout that a network would have.
#[derive(Debug, Clone, Serialize)]
pub struct LayoutReport {
    /// Number of neurons.
    pub neurons: u32,
    /// Number of stored synapses; where chance decides, the mean.
    pub stored: u64,
    /// Number of synapses that are drawn at each spike; where chance decides, the mean.
    pub drawn: u64,
    /// Number of synapses that learn.
    pub plastic: u64,
    /// Number of projections that are drawn at each spike, and of all.
    pub projections: (u32, u32),
    /// Number of coupled pairs of neurons, each way counted.
    #[serde(skip_serializing_if = "is_zero")]
    pub couplings: u64,
    /// Shortest and longest delay, steps.
    pub delays: (u32, u32),
    /// The layout that was chosen.
    pub chosen: Weighed,
    /// Where events are sorted, the number of neurons of a group.
    pub group: Option<u32>,
    /// Number of bits of an input sum.
    pub sum_bits: u64,
    /// Number of slots of the input ring.
    pub slots: u32,
    /// The largest number of steps of an epoch.
    pub epoch: u32,
    /// Memory of the network, predicted part by part.
    pub memory: Memory,
    /// Memory of the program, predicted phase by phase.
    pub phases: Phases,
    /// Number of trials side by side.
    pub copies: u32,
    /// Memory that may be used, bytes, where it is known.
    pub offered: Option<u64>,
    /// The best layout of each packing that fits, the fastest first.
    pub weighed: Vec<Weighed>,
    /// Length of a step, ms.
    #[serde(skip)]
    dt: f64,
    /// Expected mean rate of a neuron, spikes/s.
    #[serde(skip)]
    rate: f64,
    /// Number of neurons of the largest population.
    #[serde(skip)]
    largest: u32,
    /// Number of synapses of each projection; where chance decides, the mean.
    #[serde(skip)]
    synapses: Vec<u64>,
    /// Memory of the program in use before the layout, and the most so far, bytes.
    #[serde(skip)]
    in_use: (u64, u64),
}

/// A layout that was weighed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Weighed {
    /// Name of the packing.
    pub packing: &'static str,
    /// Size of a synapse, bytes.
    pub synapse_bytes: u64,
    /// Number of steps of a delay block.
    pub block: u32,
    /// Number of shards.
    pub shards: u64,
    /// Expected time to deliver a spike, us of one core.
    pub spike_us: f64,
    /// Size of rows, row starts and rings, bytes.
    pub bytes: u64,
}

impl Weighed {
    /// The layout `choice`, where a stored weight has `weight` bytes.
    fn of(choice: &StorageLayout, weight: u64) -> Weighed {
        Weighed {
            packing: choice.encoding.format.name(),
            synapse_bytes: choice.encoding.bytes(weight),
            block: choice.block,
            shards: choice.shards,
            spike_us: choice.spike_ns * 1e-3,
            bytes: choice.bytes,
        }
    }
}

impl LayoutReport {
    /// The report on the plan that [`Plan::new`] would lay out for `network`, whether or not it fits into memory.
    ///
    /// # Errors
    /// As [`Plan::new`]; [`Error::Memory`](crate::Error::Memory) only where lists and states do not fit, or rows that
    /// must be stored would not at 2 bytes a synapse.
    pub fn new<F: Fixed>(network: &Network, seed: u64, options: &PlanOptions) -> Result<LayoutReport> {
        let network = Resolved::new(network)?;
        let (plan, connectivity, needs) = Plan::<F>::prepare(&network, seed, options)?;
        let weight = std::mem::size_of::<F>() as u64;
        let memory = options.offered().unwrap_or(u64::MAX);
        let best = SynapseFormat::ALL.iter().filter_map(|&f| needs.choose(options.block, Some(f), memory));
        let mut weighed: Vec<Weighed> = best.map(|choice| Weighed::of(&choice, weight)).collect();
        weighed.sort_by(|a, b| a.spike_us.total_cmp(&b.spike_us));
        let mut drawn: Vec<u32> = connectivity.procedural.iter().flatten().copied().collect();
        drawn.sort_unstable();
        drawn.dedup();
        let memory = predict(&network, &plan, &connectivity, &needs, options);
        Ok(LayoutReport {
            phases: Phases::new(&memory, 0, (u64::from(options.copies), false), (0, 0)),
            memory,
            copies: options.copies,
            dt: network.grid.dt(),
            rate: options.cost.rate_expected,
            largest: network.populations.iter().map(|p| p.size).max().unwrap_or(0),
            synapses: connectivity.projections.iter().map(|own| own.synapses).collect(),
            in_use: (0, 0),
            neurons: plan.neurons,
            stored: connectivity.stored_synapses(),
            drawn: connectivity.procedural_synapses(),
            plastic: connectivity.plastic_synapses(),
            projections: (drawn.len() as u32, connectivity.projections.len() as u32),
            couplings: plan.couplings.pairs,
            delays: (plan.min_delay, plan.max_delay),
            chosen: Weighed::of(&plan.choice, weight),
            group: plan.group,
            sum_bits: 8 * plan.sum_width.bytes::<F>(),
            slots: plan.slots(),
            epoch: plan.longest_epoch(),
            offered: options.offered(),
            weighed,
        })
    }

    /// The same report for a program that had `before` bytes in use before the layout, and at most `most` until now.
    pub fn of_program(mut self, before: u64, most: u64) -> LayoutReport {
        self.in_use = (before, most);
        self.phases = Phases::new(&self.memory, 0, (u64::from(self.copies), false), self.in_use);
        self
    }

    /// The same report for a run that keeps `kept`, and makes statistics and pictures of it at its end. `results` (such
    /// as `record::pictures::memory`) gives the bytes these need, from the number of neurons, that of the largest
    /// population, the number of spikes, and whether a picture is drawn.
    pub fn of_run(mut self, kept: &Kept, results: fn(u32, u32, u64, bool) -> u64) -> LayoutReport {
        let spikes = (f64::from(self.neurons) * self.rate * 1e-3 * self.dt * kept.spike_steps as f64) as u64;
        let copies = u64::from(self.copies.max(1));
        self.memory.keep(kept, spikes, copies, &self.synapses);
        let results = results(self.neurons, self.largest, spikes, kept.picture);
        self.phases = Phases::new(&self.memory, results, (copies, kept.shared), self.in_use);
        self
    }
}
