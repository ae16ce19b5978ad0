//! Memory, predicted in `u64` before anything is allocated.

use crate::error::{Error, Result, bytes};
use crate::network::{Drive, Network};
use crate::number::Fixed;
use crate::plan::packing::Needs;
use crate::plan::wiring::{Rows, Wiring, is_listed};
use crate::plan::{LARGEST_BLOCK, Plan, PlanOptions, Storage};

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
            needed += synapses * u128::from(LEAST);
        }
    }
    needed += u128::from(neuron_bytes::<f32>(network));
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

/// Bytes reckoned for a stored synapse while its packing is not chosen yet.
const LEAST: u64 = 4;

/// Decides which projections are stored, and returns the memory the network may use. Lists are stored in any case.
///
/// # Errors
/// None so far.
pub(crate) fn store<F: Fixed>(network: &Network, wiring: &mut Wiring<F>, options: &PlanOptions) -> Result<u64> {
    let most = offered(options).unwrap_or(u64::MAX);
    let drawable: Vec<bool> = wiring.projections.iter().map(|p| !matches!(p.rows, Rows::Pairs(_))).collect();
    let mut stored = vec![true; wiring.projections.len()];
    match options.storage {
        Storage::Stored => {}
        Storage::Drawn => stored.iter_mut().zip(&drawable).for_each(|(stored, drawable)| *stored = !drawable),
        Storage::Auto => {
            let rest = wiring.bytes() + neuron_bytes::<F>(network) * u64::from(options.copies.max(1));
            let mut needed: u128 = wiring.projections.iter().map(|p| u128::from(p.synapses * LEAST)).sum();
            let mut largest: Vec<usize> = (0..stored.len()).filter(|&i| drawable[i]).collect();
            largest.sort_by_key(|&i| std::cmp::Reverse(wiring.projections[i].synapses));
            for index in largest {
                if needed + u128::from(rest) <= u128::from(most) {
                    break;
                }
                stored[index] = false;
                needed -= u128::from(wiring.projections[index].synapses * LEAST);
            }
        }
    }
    wiring.store(|index| stored[index]);
    Ok(most)
}

/// Bytes of the states of a network, and of a ring of four slots.
fn neuron_bytes<F>(network: &Network) -> u64 {
    let size = std::mem::size_of::<F>() as u64;
    let neurons = network.populations().iter().map(|p| {
        let declaration = p.model.declaration();
        u64::from(p.size) * (declaration.state.len() as u64 * (8 + size) + 4 * declaration.channels.len() as u64 * size)
    });
    neurons.sum()
}

/// The memory of a plan, part by part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Memory {
    /// Packed synapses.
    pub synapses: u64,
    /// Starts of row segments.
    pub row_starts: u64,
    /// Input rings.
    pub rings: u64,
    /// Neurons: state, as it is laid out and as it is played.
    pub neurons: u64,
    /// What is kept of rules and lists to draw rows from.
    pub wiring: u64,
    /// Lists for the spikes that delays still have to deliver; how many there will be is not known.
    pub history: u64,
}

impl Memory {
    /// All of it.
    pub fn total(&self) -> u64 {
        let parts = [self.synapses, self.row_starts, self.rings, self.neurons, self.wiring, self.history];
        parts.iter().fold(0, |sum, part| sum.saturating_add(*part))
    }
}

/// The memory that `plan` will take, before it is laid out.
pub(crate) fn predict<F: Fixed>(plan: &Plan<F>, wiring: &Wiring<F>, copies: u32) -> Memory {
    let stored = wiring.stored_synapses();
    let shards = plan.choice.shards;
    let starts = if stored == 0 { 0 } else { (u64::from(plan.neurons) * u64::from(plan.blocks) + 1) * 4 };
    let copies = u64::from(copies.max(1));
    let lanes = u64::from(plan.neurons) * u64::from(plan.channels);
    Memory {
        synapses: stored * plan.packing.bytes(std::mem::size_of::<F>() as u64),
        row_starts: shards * starts,
        rings: copies * lanes * u64::from(plan.slots()) * plan.cell.bytes::<F>(),
        // The plan that is laid out has states, too, beside those of the trials.
        neurons: neurons_of(plan) * (if copies > 1 { copies + 1 } else { 1 }),
        wiring: wiring.bytes(),
        history: u64::from(plan.max_delay + plan.longest_epoch()).next_power_of_two() * 32 * copies,
    }
}

/// Bytes of the neurons of a plan.
fn neurons_of<F>(plan: &Plan<F>) -> u64 {
    let bytes = 8 + std::mem::size_of::<F>() as u64;
    plan.populations.iter().map(|p| u64::from(p.size) * p.model.declaration().state.len() as u64 * bytes).sum()
}

/// Whether a plan fits.
pub(crate) fn fits<F: Fixed>(plan: &Plan<F>, wiring: &Wiring<F>, options: &PlanOptions) -> bool {
    offered(options).is_none_or(|most| predict(plan, wiring, options.copies).total() <= most)
}

/// Refuses a plan that does not fit.
///
/// # Errors
/// [`Error::Memory`] with what would fit.
pub(crate) fn check<F: Fixed>(plan: &Plan<F>, wiring: &Wiring<F>, options: &PlanOptions) -> Result<()> {
    let size = std::mem::size_of::<F>() as u64;
    let memory = predict(plan, wiring, options.copies);
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

/// No packing fits.
pub(crate) fn no_choice(needs: &Needs, options: &PlanOptions) -> Error {
    Error::DeviceLimit {
        what: "bytes of row starts or input sums of one shard".into(),
        needed: needs.neurons.saturating_mul(4),
        offered: options.shard_bytes,
        hint: "use another delay block or packing, shorter delays, or a device with larger bindings".into(),
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
