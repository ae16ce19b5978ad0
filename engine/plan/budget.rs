//! Memory, predicted in `u64` before anything is allocated.

use crate::error::{Error, Result, bytes};
use crate::network::{Drive, Network};
use crate::number::Fixed;
use crate::plan::{LARGEST_BLOCK, Plan, PlanOptions};

/// Refuses a network that cannot fit.
///
/// # Errors
/// [`Error::Memory`] with what would fit.
pub fn check<F: Fixed>(network: &Network, options: &PlanOptions) -> Result<()> {
    let size = std::mem::size_of::<F>() as u128;
    let synapses = synapses_at_most(network);
    // A synapse is packed (4 bytes and its weight); while a shard is sorted it is held once more with its key.
    let rows = synapses * (4 + size) + synapses * (8 + size) / u128::from(options.shards.max(1));
    let per_neuron = |state: usize, channels: usize| ((state as u128 + 4 * channels as u128) * size + 64) as u64;
    let neurons: u128 = network
        .populations()
        .iter()
        .map(|p| {
            let declaration = p.model.declaration();
            u128::from(p.size) * u128::from(per_neuron(declaration.state.len(), declaration.channels.len()))
        })
        .sum();
    let listed: u128 = network
        .stimuli()
        .iter()
        .map(|s| match &s.drive {
            Drive::Spikes(list) => {
                let to_all = list.spikes.iter().filter(|(t, _)| t.is_none()).count() as u128;
                (to_all * u128::from(s.to.len()) + list.spikes.len() as u128) * (8 + size)
            }
            _ => 0,
        })
        .sum();
    let needed = rows + neurons + listed;
    let Some(available) = options.memory.or_else(available_memory) else { return Ok(()) };
    if needed <= u128::from(available) {
        return Ok(());
    }
    let most = u128::from(available) / (4 + size) * 9 / 10;
    Err(Error::Memory {
        what: format!("a network of {} neurons and up to {synapses} synapses", network.neurons()),
        needed: u64::try_from(needed).unwrap_or(u64::MAX),
        available,
        hint: format!(
            "about {most} synapses fit ({} each); use fewer or a machine with more memory",
            bytes((4 + size) as u64)
        ),
    })
}

/// Refuses delays that cannot be held: row starts and spike lists grow with the longest.
///
/// # Errors
/// [`Error::Memory`].
pub fn check_delays<F: Fixed>(plan: &Plan<F>, shards: usize, lanes: u64, options: &PlanOptions) -> Result<()> {
    let row_starts = u64::from(plan.neurons) * u64::from(plan.blocks) + 1;
    let steps = u64::from(plan.block) * (u64::from(plan.blocks) + 1);
    let lists = steps.next_power_of_two() * std::mem::size_of::<Vec<u32>>() as u64;
    let ring = u64::from(plan.slots()) * lanes * std::mem::size_of::<F>() as u64;
    // Row starts are held once more while the rows of a shard are sorted.
    let needed = row_starts.saturating_mul(4 * (shards as u64 + 1)).saturating_add(lists).saturating_add(ring);
    let Some(available) = options.memory.or_else(available_memory).filter(|&most| most < needed) else {
        return Ok(());
    };
    let what = format!("a delay of {} steps", plan.max_delay);
    Err(Error::Memory { what, needed, available, hint: "use shorter delays or a larger dt".into() })
}

/// Synapses of all projections, at most.
pub fn synapses_at_most(network: &Network) -> u128 {
    let projections = network.projections().iter();
    projections.map(|p| p.rule.synapses_at_most(u64::from(p.from.len()), u64::from(p.to.len()))).sum()
}

/// The delay block that needs the least memory: the ring grows with B, the row starts with the number of blocks. Row
/// starts of one shard stay within `limit` bytes where any block allows it.
pub fn choose_block(max_delay: u32, neurons: u32, lanes: u64, limit: u64) -> u32 {
    let cost = |block: u32| {
        let ring = 2 * u64::from(block) * lanes;
        let row_starts = u64::from(neurons) * u64::from(max_delay.div_ceil(block));
        ring + row_starts
    };
    let too_long = |block: u32| row_start_bytes(neurons, max_delay.div_ceil(block)) > limit;
    let powers = (0..=LARGEST_BLOCK.ilog2()).map(|p| 1u32 << p);
    powers.min_by_key(|&block| (too_long(block), cost(block))).unwrap_or(1)
}

/// Bytes of the row starts of one shard.
pub fn row_start_bytes(neurons: u32, blocks: u32) -> u64 {
    (u64::from(neurons) * u64::from(blocks) + 1) * 4
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
