//! How many spikes of targets, and of the third factor, the device has to keep until all synapses that learn have seen
//! them.

use crate::device::plastic::held::{Held, NEVER_FIRED};
use crate::plan::plastic::PlasticPlan;
use crate::plan::plastic_rows::PlasticRows;
use crate::plan::{Plan, PopulationPlan};

/// Numbers of spikes that a device has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Spikes of each target, a power of two.
    pub target: u32,
    /// Spikes of the third factor in a domain, a power of two.
    pub modulator: u32,
}

/// The number of words for the traces of one end of a synapse, which begin as `start`: 1 where there are none, since
/// WGSL's arrays may not be empty.
pub fn trace_words(start: &[f64]) -> usize {
    start.len().max(1)
}

/// The largest number of spikes of one neuron of `population` in `steps` steps.
fn most_spikes(population: &PopulationPlan, steps: u64) -> u64 {
    (steps / (population.silent + 1) + 1) * u64::from(population.most)
}

/// The largest number of spikes that a target of plan `own`, and the third factor in a domain, may add in `steps`
/// steps.
pub fn growth(plan: &Plan<i32>, own: &PlasticPlan, steps: u64) -> [u64; 2] {
    let target = most_spikes(&plan.populations[own.part.population], steps);
    let parts = own.modulator.iter().flat_map(|(from, _)| from.parts());
    let each = parts.map(|part| (u64::from(part.count), most_spikes(&plan.populations[part.population], steps)));
    let third = match own.domains.is_one() {
        true => each.map(|(neurons, most)| neurons * most).sum(),
        false => u64::from(own.domains.heard()) * each.map(|(_, most)| most).max().unwrap_or(0),
    };
    [target, third]
}

/// About how many bytes the initial room for spikes may take.
const FEW_BYTES: u64 = 64 << 20;

/// The initial room for the synapses of plan `own` onto `targets` targets of a shard: for the spikes of the longest
/// delay and of two batches of `steps` steps where these take at most [`FEW_BYTES`], and at least for those of the
/// longest delay and of two epochs.
pub fn initial_room(plan: &Plan<i32>, own: &PlasticPlan, targets: u64, steps: u32) -> Room {
    let all = growth(plan, own, u64::from(plan.max_delay) + 2 * u64::from(steps));
    let few = growth(plan, own, u64::from(plan.max_delay) + 2 * u64::from(plan.longest_epoch()));
    let each = 4 * (1 + trace_words(own.rule.target_start()) as u64);
    let target = all[0].min(FEW_BYTES / (targets.max(1) * each)).max(few[0]).max(16);
    let modulator = all[1].min(FEW_BYTES / (4 * own.domains.count() as u64)).max(few[1]).max(4);
    Room { target: target.next_power_of_two() as u32, modulator: modulator.next_power_of_two() as u32 }
}

/// The largest number of spikes that a device has to keep of any target, and of the third factor in any domain. The
/// place of the first target in the shard is `first_place`.
pub fn needed_spikes(held: &Held<f32>, rows: &PlasticRows, first_place: usize) -> [u64; 2] {
    let until = held.seen(rows, first_place);
    let kept = |(n, until): (usize, &i64)| held.past.needed(n, *until) as u64;
    let oldest = held.fired.iter().map(|&fired| if fired == NEVER_FIRED { 0 } else { fired }).min().unwrap_or(0);
    let late = |steps: &Vec<u32>| (steps.len() - steps.partition_point(|&at| at <= oldest)) as u64;
    let third = held.modulated.iter().map(late).max().unwrap_or(0);
    [until.iter().enumerate().map(kept).max().unwrap_or(0), third]
}
