//! Memory, predicted in `u64` before anything is allocated.

use crate::error::{Error, Result, bytes};
use crate::network::{Delay, Drive, Network, Pattern, Population, Projection, Value};
use crate::number::Fixed;
use crate::plan::packing::{Form, Needs, Packing, Unfit, longest_epoch};
use crate::plan::wiring::{Rows, Wiring, is_listed};
use crate::plan::{Delivery, LARGEST_BLOCK, MARGIN, Plan, PlanOptions, Storage, group_lanes};
use crate::simd::backing;

/// What of the free memory a network takes at most unless told otherwise.
const SHARE: f64 = 0.85;

/// Bytes a network may use.
pub(crate) fn offered(options: &PlanOptions) -> Option<u64> {
    options.memory.or_else(|| available_memory().map(|free| (free as f64 * SHARE) as u64))
}

/// Refuses lists that do not fit: synapses that are drawn target by target or given one by one, listed input, and what
/// a rule keeps per source.
///
/// # Errors
/// [`Error::Memory`].
pub(crate) fn check_lists(network: &Network, options: &PlanOptions) -> Result<()> {
    let mut needed = 0u128;
    for projection in network.projections() {
        let (from, to) = (u64::from(projection.from.len()), u64::from(projection.to.len()));
        needed += u128::from(from) * 4;
        let synapses = projection.rule.synapses_at_most(from, to);
        if is_listed(projection) {
            needed += synapses * 12;
        } else if options.storage == Storage::Stored {
            needed += synapses * u128::from(options.form.map_or(LEAST, |form| Packing::new(form, 1).bytes(4)));
        }
    }
    needed += network.populations().iter().map(|p| u128::from(state::<f32>(p))).sum::<u128>();
    for stimulus in network.stimuli() {
        if let Drive::Spikes(list) = &stimulus.drive {
            let to_all = list.spikes.iter().filter(|(t, _)| t.is_none()).count() as u128;
            needed += (to_all * u128::from(stimulus.to.len()) + list.spikes.len() as u128) * 16;
        }
    }
    let Some(available) = offered(options).filter(|&most| needed > u128::from(most)) else { return Ok(()) };
    Err(Error::Memory {
        what: format!("a network of {} neurons and up to {} synapses", network.neurons(), synapses_at_most(network)),
        needed: u64::try_from(needed).unwrap_or(u64::MAX),
        available,
        hint: if options.storage == Storage::Stored {
            "rows that are drawn at each spike need no memory (--set plan.rows=drawn)".into()
        } else {
            "use fewer neurons, or fewer synapses that are listed or drawn without repetition".into()
        },
    })
}

/// Bytes of a synapse in the smallest packing.
const LEAST: u64 = 2;
/// Spikes of a neuron per second that are reckoned with: networks fire at a few.
pub(crate) const RATE: f64 = 10.0;

/// The memory of a plan, part by part; the program itself takes some 9 MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Memory {
    /// Packed synapses.
    pub synapses: u64,
    /// Starts of row segments.
    pub row_starts: u64,
    /// Input rings.
    pub rings: u64,
    /// Sums behind each ring.
    pub margins: u64,
    /// Synaptic events that are sorted and wait to arrive, at 10 spikes/s, as nobody knows how many there will be.
    pub inboxes: u64,
    /// State of neurons, as it is laid out and as it is played; their currents, weights of stimuli and out-degrees.
    pub neurons: u64,
    /// Derived values, as they are laid out and as they are played.
    pub derived: u64,
    /// What is kept of rules and lists to draw rows from.
    pub wiring: u64,
    /// What the network lists: sources, weights, delays, parameters, positions.
    pub network: u64,
    /// Spikes that delays still have to deliver, listed by each thread; at 10 spikes/s, as nobody knows how many there
    /// will be.
    pub history: u64,
}

impl Memory {
    /// All of it.
    pub fn total(&self) -> u64 {
        let rows = [self.synapses, self.row_starts, self.rings, self.margins, self.inboxes];
        let others = [self.neurons, self.derived, self.wiring, self.network, self.history];
        rows.iter().chain(&others).fold(0, |sum, part| sum.saturating_add(*part))
    }
}

/// What a network takes beside rows and rings, whatever their layout.
pub(crate) fn rest<F: Fixed>(network: &Network, wiring: &Wiring<F>, options: &PlanOptions) -> Memory {
    let size = std::mem::size_of::<F>() as u64;
    let (shortest, longest) = wiring.delay_range();
    let steps = (u64::from(longest) + u64::from(longest_epoch(shortest))).next_power_of_two();
    let spikes = f64::from(network.neurons()) * RATE * 1e-3 * network.dt() * steps as f64;
    // A list in a `Vec`, and its numbers; each thread has its own, and a last one outlives the batch.
    let lists = steps * 24 + 4 * spikes as u64;
    let threads = u64::from(options.threads.min(options.shards).max(1));
    let copies = u64::from(options.copies.max(1));
    let mut memory = Memory {
        wiring: wiring.bytes(),
        network: network_lists(network),
        history: lists.saturating_mul(copies * (threads + 1)),
        ..Memory::default()
    };
    for population in network.populations() {
        let different = if population.uniform() { 1 } else { u64::from(population.size) };
        memory.derived += different * population.model.declaration().derived.len() as u64 * (8 + size);
        memory.neurons += state::<F>(population) + relative(population) + 4 * u64::from(population.size);
    }
    for stimulus in network.stimuli() {
        let targets = u64::from(stimulus.to.len());
        memory.neurons += match &stimulus.drive {
            Drive::Dc(_) | Drive::Current(_) => targets * size,
            Drive::Poisson(_) if !stimulus.synapse.weight.is_constant() => targets * (8 + size),
            Drive::Poisson(_) => 0,
            Drive::Spikes(list) => {
                let one = list.spikes.iter().filter(|(target, _)| target.is_some()).count() as u64;
                (one + (list.spikes.len() as u64 - one) * targets) * (8 + size)
            }
        };
    }
    // The plan that is laid out has states, too, beside those of the trials.
    let states = if copies > 1 { copies + 1 } else { 1 };
    memory.derived *= states;
    memory.neurons *= states;
    memory
}

/// Bytes of what a network lists; targets are counted where rows are kept.
fn network_lists(network: &Network) -> u64 {
    let each = |value: &Value| if let Value::Each(all) = value { all.len() as u64 * 8 } else { 0 };
    let population = |p: &Population| {
        let positions = p.positions.as_ref().map_or(0, |all| all.len() as u64 * 24);
        positions + p.parameters.iter().map(each).sum::<u64>()
    };
    let projection = |p: &Projection| {
        let sources = if let Pattern::Explicit(list) = &p.rule.pattern { list.sources.len() as u64 * 4 } else { 0 };
        let delays = if let Delay::Value(value) = &p.synapse.delay { each(value) } else { 0 };
        sources + each(&p.synapse.weight) + delays
    };
    let populations: u64 = network.populations().iter().map(population).sum();
    populations + network.projections().iter().map(projection).sum::<u64>()
}

/// Bytes of the state of a population.
fn state<F>(population: &Population) -> u64 {
    let variables = population.model.declaration().state.len() as u64;
    u64::from(population.size) * variables * (8 + std::mem::size_of::<F>() as u64)
}

/// Bytes of what state is relative to, where that differs from neuron to neuron: for the plan, and to give results back.
fn relative(population: &Population) -> u64 {
    let declaration = population.model.declaration();
    let parameters = declaration.state.iter().filter_map(|v| v.relative_to);
    let index = parameters.filter_map(|name| declaration.parameters.iter().position(|p| p.name == name));
    2 * 8 * u64::from(population.size) * index.filter(|&i| !population.parameters[i].is_constant()).count() as u64
}

/// The memory that `plan` will take, before it is laid out.
pub(crate) fn predict<F: Fixed>(
    network: &Network,
    plan: &Plan<F>,
    wiring: &Wiring<F>,
    needs: &Needs,
    options: &PlanOptions,
) -> Memory {
    let stored = wiring.stored_synapses();
    let shards = plan.choice.shards;
    let starts = if stored == 0 { 0 } else { (u64::from(plan.neurons) * u64::from(plan.blocks) + 1) * 4 };
    let copies = u64::from(options.copies.max(1));
    let neurons = plan.group.map_or(u64::from(plan.neurons), |group| shards * u64::from(group_lanes(group)));
    let lanes = u64::from(plan.channels) * neurons;
    let ring = (lanes * u64::from(plan.slots()) * plan.cell.bytes::<F>()).div_ceil(shards.max(1));
    let margin = MARGIN as u64 * plan.cell.bytes::<F>();
    Memory {
        synapses: stored.saturating_mul(plan.packing.bytes(std::mem::size_of::<F>() as u64)),
        row_starts: shards * starts,
        // A ring and its margin are one buffer, which takes whole pages.
        rings: copies * shards * (backing(ring + margin, ring) - margin),
        inboxes: if plan.group.is_some() { copies * needs.inboxes(RATE) } else { 0 },
        margins: copies * shards * margin,
        ..rest(network, wiring, options)
    }
}

/// Refuses a plan that does not fit.
///
/// # Errors
/// [`Error::Memory`] with what would fit.
pub(crate) fn check<F: Fixed>(
    network: &Network,
    plan: &Plan<F>,
    wiring: &Wiring<F>,
    needs: &Needs,
    options: &PlanOptions,
) -> Result<()> {
    let size = std::mem::size_of::<F>() as u64;
    let memory = predict(network, plan, wiring, needs, options);
    let needed = memory.total();
    let Some(available) = offered(options).filter(|&most| most < needed) else { return Ok(()) };
    let synapse = plan.packing.bytes(size);
    let rest = needed - memory.synapses;
    let drawable = wiring.projections.iter().any(|p| !matches!(p.rows, Rows::Pairs(_)));
    let hint = if rest > available && options.copies > 1 {
        format!("{} trials side by side alone need {}; play fewer at once (--threads 1)", options.copies, bytes(rest))
    } else if rest > available {
        format!(
            "delays of up to {} steps and {} neurons alone need {}; use fewer or shorter ones",
            plan.max_delay,
            plan.neurons,
            bytes(rest)
        )
    } else if options.storage == Storage::Stored && drawable {
        "rows that are drawn at each spike need no memory (--set plan.rows=drawn)".into()
    } else {
        format!(
            "about {} synapses of {synapse} bytes fit; use fewer or a machine with more memory",
            (available - rest) / synapse
        )
    };
    let what = if memory.history > available / 2 {
        format!("a delay of {} steps", plan.max_delay)
    } else if options.copies > 1 {
        let (neurons, synapses) = (plan.neurons, plan.synapses);
        format!("a network of {neurons} neurons and {synapses} synapses with {} states", options.copies)
    } else {
        format!("a network of {} neurons and {} synapses", plan.neurons, plan.synapses)
    };
    Err(Error::Memory { what, needed, available, hint })
}

/// No packing fits: what does not, and what would.
pub(crate) fn no_choice(needs: &Needs, options: &PlanOptions) -> Error {
    let form = options.form.unwrap_or(Form::Wide);
    let blocks = (0..=LARGEST_BLOCK.ilog2()).map(|power| 1 << power);
    let blocks = blocks.filter(|block| options.block.is_none_or(|own| own == *block));
    let unfit = blocks.filter_map(|block| needs.weigh(form, block, options.delivery == Delivery::Sorted).err()).min();
    let refused = |problem: String| {
        let place = "plan.packing".into();
        Error::Experiment { place, problem: format!("{} synapses {problem}", form.name()) }
    };
    let limit = |what: &str, needed: u64, hint: &str| Error::DeviceLimit {
        what: what.into(),
        needed,
        offered: options.shard_bytes,
        hint: hint.into(),
    };
    match unfit {
        Some(Unfit::LongWeights) => {
            refused("hold weights of a few bits, and in f64 weights have 64; use wide, or leave the packing to be chosen".into())
        }
        Some(Unfit::SeveralWeights) => refused(
            "hold no weight, and a source population has several; use narrow or wide, or leave the packing to be chosen"
                .into(),
        ),
        Some(Unfit::LargeWeight { most }) => refused(format!(
            "hold weights of up to {most} counts beside their delay, and the largest has {:.0}; use wide, a smaller \
             delay block, or leave them to be chosen",
            needs.largest
        )),
        Some(Unfit::Ring(needed)) => {
            limit("bytes of the input sums of one neuron", needed, "use a smaller delay block or a longer shortest delay")
        }
        Some(Unfit::Inboxes(needed)) => {
            let most = super::packing::MOST_INBOXES;
            let problem = format!(
                "sorted events need {needed} inboxes for a shard, and at most {most} are quick; use direct, or leave it to \
                 be chosen"
            );
            Error::Experiment { place: "plan.delivery".into(), problem }
        }
        Some(Unfit::RowStarts(needed)) => {
            let hint = "use a larger delay block, shorter delays, or rows that are drawn (--set plan.rows=drawn)";
            limit("bytes of the row starts of one shard", needed, hint)
        }
        None => Error::Internal("no packing was weighed".into()),
    }
}

/// No shard is small enough.
pub(crate) fn no_shard(needed: u64, offered: u64) -> Error {
    Error::DeviceLimit {
        what: "bytes of the synapses onto one neuron".into(),
        needed,
        offered,
        hint: "no shard can hold its inputs; reduce its in-degree".into(),
    }
}

/// Synapses of all projections, at most.
pub fn synapses_at_most(network: &Network) -> u128 {
    let projections = network.projections().iter();
    projections.map(|p| p.rule.synapses_at_most(u64::from(p.from.len()), u64::from(p.to.len()))).sum()
}

/// A block given by the user.
///
/// # Errors
/// One that is not a power of two from 1 to 256.
pub fn checked_block(block: u32) -> Result<u32> {
    if block.is_power_of_two() && block <= LARGEST_BLOCK {
        return Ok(block);
    }
    let problem = format!("block = {block} must be a power of two from 1 to {LARGEST_BLOCK}");
    Err(Error::Experiment { place: "plan".into(), problem })
}

/// Bytes of memory the system has free, where it says so.
pub fn available_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib * 1024)
}
