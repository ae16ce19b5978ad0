//! Memory, predicted in `u64` before anything is allocated: part by part, and phase by phase.
//!
//! The number of spikes is not known beforehand: a [`CostModel`](crate::plan::CostModel) says how many are expected,
//! and how many may be under way at a time.

use crate::network::{Delay, Perturb, Population, Value};
use crate::number::Fixed;
use crate::plan::connectivity::procedural::Connectivity;
use crate::plan::cost::plastic::PlasticMemory;
use crate::plan::input::Input;
use crate::plan::resolve::{Law, Resolved, ResolvedProjection, ResolvedStimulus};
use crate::plan::storage::encoding::{group_accumulators, longest_epoch};
use crate::plan::storage::weigh::LayoutConstraints;
use crate::plan::{CutSynapse, Plan, PlanOptions};
use crate::simd::backing;
use crate::tile::{MARGIN, MAX_EPOCH};

/// Size of a spike that is kept, bytes: step and neuron.
const SPIKE: u64 = 8;
/// Number of steps of a batch of the native player.
const BATCH: f64 = 1000.0;
/// Size of a synapse whose weight is recorded, bytes: its number and ends, and a weight as it is read.
const WATCHED: u64 = 4 + 8 + 8;
/// Size of a number in a list of the network, or derived from such numbers, bytes.
const LISTED: u64 = 8;

/// The memory of a plan, part by part, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Memory {
    /// Packed synapses.
    pub synapses: u64,
    /// Synapses that learn: their rows and states.
    pub plastic: u64,
    /// Starts of row blocks.
    pub row_starts: u64,
    /// Input rings.
    pub rings: u64,
    /// Unused sums behind each ring.
    pub margins: u64,
    /// States of neurons, their currents, weights of stimuli, out-degrees and spike counts.
    pub neurons: u64,
    /// Derived values.
    pub derived: u64,
    /// Rules and lists that rows are drawn from, and connections that are cut.
    #[serde(rename = "wiring")]
    pub connectivity: u64,
    /// Lists of the network: sources, weights, delays, parameters, positions, names.
    pub network: u64,
    /// States and derived values of the plan, until the player has its own.
    pub layout: u64,
    /// Couplings: links, and the signals of steps that are still needed.
    #[serde(skip_serializing_if = "is_zero")]
    pub couplings: u64,
    /// Sorted events that have yet to arrive.
    #[serde(rename = "inboxes")]
    pub buckets: u64,
    /// Spikes that have yet to be delivered, in the lists of each thread.
    pub history: u64,
    /// Recorded spikes.
    pub spikes: u64,
    /// Samples of state variables and of weights.
    pub samples: u64,
}

/// Whether a part takes no bytes; such parts are not written.
pub(super) fn is_zero(bytes: &u64) -> bool {
    *bytes == 0
}

impl Memory {
    /// The bytes that are in use from the first step to the last.
    fn lasting(&self) -> u64 {
        let rows = [self.synapses, self.plastic, self.row_starts, self.rings, self.margins];
        let others = [self.neurons, self.derived, self.connectivity, self.network, self.couplings];
        rows.iter().chain(&others).fold(0, |sum, part| sum.saturating_add(*part))
    }

    /// All bytes in use when a network has been built.
    pub fn building(&self) -> u64 {
        self.lasting().saturating_add(self.layout)
    }

    /// All bytes in use at the end of a run.
    pub fn running(&self) -> u64 {
        let parts = [self.buckets, self.history, self.spikes, self.samples];
        parts.iter().fold(self.lasting(), |sum, part| sum.saturating_add(*part))
    }

    /// The most bytes in use at a time.
    pub fn total(&self) -> u64 {
        self.building().max(self.running())
    }
}

impl Memory {
    /// Sets the memory of what each of `copies` runs records: `spikes` spikes, and the samples of `kept`. Per
    /// projection, `synapses` is the number of its synapses.
    pub(super) fn keep(&mut self, kept: &Kept, spikes: u64, copies: u64, synapses: &[u64]) {
        self.spikes = copies.saturating_mul(spikes).saturating_mul(SPIKE);
        let weights = kept.weights.iter().map(|&(projection, share, samples)| {
            let recorded = synapses.get(projection).map_or(0.0, |all| *all as f64 * share) as u64;
            recorded.saturating_mul(samples.saturating_mul(LISTED).saturating_add(WATCHED))
        });
        let weights = weights.fold(0, u64::saturating_add);
        self.samples = copies.saturating_mul(kept.samples.saturating_mul(LISTED).saturating_add(weights));
    }
}

/// The memory that a network takes beside rows and rings, whatever their layout.
pub(crate) fn rest<F: Fixed>(network: &Resolved<'_>, connectivity: &Connectivity<F>, options: &PlanOptions) -> Memory {
    let size = std::mem::size_of::<F>() as u64;
    let (shortest, longest) = connectivity.delay_range();
    let steps = (u64::from(longest) + u64::from(longest_epoch(shortest))).next_power_of_two();
    let spikes = f64::from(network.neurons) * options.cost.rate_bound * 1e-3 * network.grid.dt() * steps as f64;
    // Per step a `Vec` and its numbers; each thread has its own, and a last one outlives the batch. Recent spikes are
    // kept once more, with their steps, and so are the spikes of a batch.
    let batch = (f64::from(network.neurons) * options.cost.rate_bound * 1e-3 * network.grid.dt() * BATCH) as u64;
    let lists = steps * 24 + 4 * spikes as u64;
    let threads = u64::from(options.threads.min(options.shards).max(1));
    let copies = u64::from(options.copies.max(1));
    let listed = targets_of(network);
    let plastic = PlasticMemory::of(network, connectivity, size, u64::from(options.shards.max(1)));
    let mut memory = Memory {
        plastic: plastic.rows.saturating_add(plastic.state.saturating_mul(copies)),
        // The connectivity has the network's own list of targets.
        connectivity: connectivity.bytes().saturating_sub(listed)
            + cut_synapses(network, connectivity) * copies * size_of::<CutSynapse<F>>() as u64,
        network: lists_of(network) + listed,
        history: lists.saturating_mul(copies * (threads + 1)) + copies * SPIKE * (spikes as u64 + batch),
        ..Memory::default()
    };
    // Bytes of states and derived values in the plan, and of states in the player.
    let (mut laid_out, mut played) = (0u64, 0u64);
    for (index, population) in network.populations.iter().enumerate() {
        let different =
            if population.uniform() && !network.changes_parameters(index) { 1 } else { u64::from(population.size) };
        let derived = different * population.model.declaration().derived.len() as u64;
        memory.derived += derived * size;
        laid_out += derived * LISTED + state(population, LISTED);
        // Beside the state: out-degrees, which all trials share, and numbers of spikes.
        played += state(population, size) + offset(population) + 8 * u64::from(population.size);
        memory.neurons += 4 * u64::from(population.size);
    }
    played += network.stimuli.iter().map(numbers_of).sum::<u64>() * (LISTED + size);
    played += network.stimuli.iter().map(processes_of).sum::<u64>();
    memory.derived *= copies;
    memory.neurons += played * copies;
    // The plan that trials share keeps what it has laid out.
    memory.layout = laid_out * copies;
    if copies > 1 {
        memory.neurons += laid_out;
    }
    memory
}

/// The number of synapses that perturbations cut, if those of a projection are spread evenly.
fn cut_synapses<F>(network: &Resolved<'_>, connectivity: &Connectivity<F>) -> u64 {
    let mut cut = 0.0;
    for perturbation in network.perturbations {
        let Perturb::Disconnect(to) = &perturbation.what else { continue };
        let projections = network.projections.iter().zip(&connectivity.projections);
        for (own, drawn) in projections.filter(|(own, _)| own.declared.synapse.model.plasticity().is_none()) {
            cut += drawn.synapses as f64 * own.declared.share_of_pairs(&perturbation.of, to);
        }
    }
    cut as u64
}

/// The number of weights, factors and random numbers that players keep for a stimulus.
fn numbers_of(stimulus: &ResolvedStimulus<'_>) -> u64 {
    let targets = u64::from(stimulus.to.len());
    match &stimulus.input {
        Input::Poisson(_) if stimulus.weight.is_constant() => 0,
        Input::Poisson(_) | Input::Current(_) => targets,
        Input::Wave(wave) => targets * (1 + wave.kept()),
        Input::Spikes { list, .. } => {
            let one = list.spikes.iter().filter(|(target, _)| target.is_some()).count() as u64;
            one + (list.spikes.len() as u64 - one) * targets
        }
    }
}

/// The size of the phases of a stimulus's processes, and of the counts of their spikes in an epoch, bytes.
fn processes_of(stimulus: &ResolvedStimulus<'_>) -> u64 {
    let Input::Poisson(train) = &stimulus.input else { return 0 };
    let each = train.superposed().map_or(0, |own| own.phases + MAX_EPOCH);
    4 * u64::from(stimulus.to.len()) * u64::from(each)
}

/// The size of the explicit targets of a network, bytes.
fn targets_of(network: &Resolved<'_>) -> u64 {
    let lists = network.projections.iter().filter_map(|p| p.declared.rule.explicit_pairs());
    lists.map(|list| list.targets.len() as u64).sum::<u64>() * 4
}

/// The size of all other lists of a network, bytes.
fn lists_of(network: &Resolved<'_>) -> u64 {
    let each = |value: &Value| if let Value::Each(all) = value { all.len() as u64 * LISTED } else { 0 };
    let population = |p: &Population| {
        let positions = p.positions.as_ref().map_or(0, |all| all.len() as u64 * 24);
        let names = p.names.as_ref().map_or(0, |all| all.iter().map(|name| 24 + name.capacity() as u64).sum());
        positions + names + p.parameters.iter().map(each).sum::<u64>()
    };
    let projection = |p: &ResolvedProjection<'_>| {
        let sources = p.declared.rule.explicit_pairs().map_or(0, |list| list.sources.len() as u64 * 4);
        let weights = if let Ok(Law::Each(all)) = p.weight() { all.len() as u64 * LISTED } else { 0 };
        let delays = if let Delay::Value(value) = p.delay { each(value) } else { 0 };
        sources + weights + delays
    };
    let populations: u64 = network.populations.iter().map(population).sum();
    let stimulus = |s: &ResolvedStimulus<'_>| match &s.input {
        // Rates and their thresholds; packets as they are drawn.
        Input::Poisson(train) => train.listed_count() * (LISTED + 8),
        Input::Current(_) | Input::Wave(_) | Input::Spikes { .. } => 0,
    };
    let stimuli: u64 = network.stimuli.iter().map(stimulus).sum();
    populations + network.projections.iter().map(projection).sum::<u64>() + stimuli
}

/// The size of the state of a population, bytes, where a number has `size` bytes.
pub(super) fn state(population: &Population, size: u64) -> u64 {
    u64::from(population.size) * population.model.declaration().state.len() as u64 * size
}

/// The size of the values that states are relative to, bytes, where these differ from neuron to neuron: once in the
/// plan, and once to convert results.
fn offset(population: &Population) -> u64 {
    let declaration = population.model.declaration();
    let parameters = declaration.state.iter().filter_map(|v| v.relative_to);
    let index = parameters.filter_map(|name| declaration.parameters.iter().position(|p| p.name == name));
    2 * 8 * u64::from(population.size) * index.filter(|&i| !population.parameters[i].is_constant()).count() as u64
}

/// The memory that `plan` will take, predicted before it is laid out.
pub(crate) fn predict<F: Fixed>(
    network: &Resolved<'_>,
    plan: &Plan<F>,
    connectivity: &Connectivity<F>,
    needs: &LayoutConstraints,
    options: &PlanOptions,
) -> Memory {
    let stored = connectivity.stored_synapses();
    let shards = plan.choice.shards;
    let starts = if stored == 0 { 0 } else { (u64::from(plan.neurons) * u64::from(plan.blocks) + 1) * 4 };
    let copies = u64::from(options.copies.max(1));
    let neurons = plan.group.map_or(u64::from(plan.neurons), |group| shards * u64::from(group_accumulators(group)));
    let accumulators = u64::from(plan.channels) * neurons;
    let ring = (accumulators * u64::from(plan.slots()) * plan.sum_width.bytes::<F>()).div_ceil(shards.max(1));
    let margin = MARGIN as u64 * plan.sum_width.bytes::<F>();
    let threads = u64::from(options.threads.min(options.shards).max(1));
    Memory {
        couplings: plan.couplings.bytes(std::mem::size_of::<F>() as u64, (copies, threads), plan.history()),
        synapses: stored.saturating_mul(plan.encoding.bytes(std::mem::size_of::<F>() as u64)),
        row_starts: shards * starts,
        // A ring and its margin are one buffer, which takes whole pages.
        rings: copies * shards * (backing(ring + margin, ring) - margin),
        buckets: plan.group.map_or(0, |group| copies * needs.buckets(group, shards)),
        margins: copies * shards * margin,
        ..rest(network, connectivity, options)
    }
}

/// What a run keeps in memory beside its network.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Kept {
    /// Number of steps over which spikes are kept; 0 where they are not.
    pub spike_steps: u64,
    /// Whether a picture is drawn of spikes or samples.
    pub picture: bool,
    /// Whether the network is kept for other trials.
    pub shared: bool,
    /// Number of samples of state variables, neuron by neuron.
    pub samples: u64,
    /// Recorders of weights: index of the projection, share of its synapses that are recorded, number of samples of
    /// each.
    pub weights: Vec<(usize, f64, u64)>,
}

/// The most memory that the program has in use, phase by phase, bytes; since phases follow each other, the largest
/// counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Phases {
    /// In use once the network is read and before anything is laid out, without the lists of the network: the program,
    /// and what reading has left. Measured, where the system says it.
    pub program: u64,
    /// Until the network was read and its explicit pairs were drawn; measured, where the system says it.
    pub reading: u64,
    /// Until the network is built.
    pub building: u64,
    /// Until the last step is simulated.
    pub running: u64,
    /// Until statistics are computed and pictures are drawn.
    pub results: u64,
}

impl Phases {
    /// The phases of a network that takes `memory`, of which `copies` trials are played side by side, each of which
    /// needs `results` bytes for its statistics and pictures; the network may be `shared` with later trials. `program`
    /// bytes were in use before it was laid out, and `reading` is the most so far.
    pub(crate) fn new(
        memory: &Memory,
        results: u64,
        (copies, shared): (u64, bool),
        (program, reading): (u64, u64),
    ) -> Phases {
        let program = program.saturating_sub(memory.network);
        // Of trials side by side, some are evaluated while others are not yet: three in four, beside the first.
        let evaluated = results.saturating_add((results / 4 * 3).saturating_mul(copies.saturating_sub(1)));
        // A run by itself gives up its network first.
        let beside = if shared { memory.lasting() } else { memory.network };
        Phases {
            program,
            reading,
            building: program.saturating_add(memory.building()),
            running: program.saturating_add(memory.running()),
            results: [evaluated, memory.samples, beside].into_iter().fold(program, u64::saturating_add),
        }
    }

    /// The memory of the largest phase, bytes.
    pub fn most(&self) -> u64 {
        self.reading.max(self.building).max(self.running).max(self.results)
    }
}
