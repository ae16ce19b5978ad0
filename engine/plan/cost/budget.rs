//! Whether a network fits into the memory it may use, before anything is allocated, and what would fit if it does not;
//! and the errors of networks that no layout suits.

use crate::error::{Error, Result};
use crate::number::Fixed;
use crate::plan::connectivity::procedural::Connectivity;
use crate::plan::connectivity::projection::RowPattern;
use crate::plan::cost::memory::{predict, state};
use crate::plan::input::Input;
use crate::plan::resolve::Resolved;
use crate::plan::storage::encoding::{Encoding, SynapseFormat};
use crate::plan::storage::weigh::{LayoutConstraints, Misfit};
use crate::plan::{Delivery, LARGEST_BLOCK, Plan, PlanOptions, PlanPart, Storage};
use crate::text::{bytes, counted};

/// Checks that lists fit into memory: explicit pairs, listed input, couplings, states, and what rules keep per source;
/// where all rows must be stored, these too, in the smallest packing.
///
/// # Errors
/// [`Error::Memory`] where they do not.
pub(crate) fn check_lists(network: &Resolved<'_>, options: &PlanOptions) -> Result<()> {
    let mut needed = 0u128;
    for projection in &network.projections {
        needed += u128::from(projection.declared.from.len()) * 4;
        let synapses = projection.synapses_at_most;
        if projection.explicit {
            needed += synapses * 12;
        } else if options.storage == Storage::Stored {
            needed += synapses * u128::from(options.format.map_or(LEAST, |format| Encoding::new(format, 1).bytes(4)));
        }
    }
    for couplings in network.couplings {
        let (from, to) = (u64::from(couplings.from.len()), u64::from(couplings.to.len()));
        needed += couplings.rule.synapses_at_most(from, to) * COUPLED;
    }
    needed += network.populations.iter().map(|p| u128::from(state(p, 12))).sum::<u128>();
    for stimulus in &network.stimuli {
        match &stimulus.input {
            Input::Spikes { list, .. } => {
                let to_all = list.spikes.iter().filter(|(t, _)| t.is_none()).count() as u128;
                needed += (to_all * u128::from(stimulus.to.len()) + list.spikes.len() as u128) * 16;
            }
            Input::Poisson(train) => needed += u128::from(train.listed_count()) * 24,
            Input::Current(_) | Input::Wave(_) => {}
        }
    }
    let Some(available) = options.offered().filter(|&most| needed > u128::from(most)) else { return Ok(()) };
    Err(Error::Memory {
        what: format!(
            "a network of {neurons} and up to {synapses}",
            neurons = counted(network.neurons, "neuron"),
            synapses = counted(network.projections.iter().map(|p| p.synapses_at_most).sum::<u128>(), "synapse")
        ),
        needed: u64::try_from(needed).unwrap_or(u64::MAX),
        available,
        hint: if options.storage == Storage::Stored {
            "rows that are drawn at each spike need no memory (--set plan.rows=procedural)".into()
        } else {
            "use fewer neurons, or fewer synapses that are listed or drawn without repetition".into()
        },
    })
}

/// Size of a coupled pair, both ways, while it is laid out, bytes.
const COUPLED: u128 = 128;
/// Size of a synapse in the smallest packing, bytes.
const LEAST: u64 = 2;

/// Checks that a plan fits into memory.
///
/// # Errors
/// [`Error::Memory`] with what would fit.
pub(crate) fn check<F: Fixed>(
    network: &Resolved<'_>,
    plan: &Plan<F>,
    connectivity: &Connectivity<F>,
    needs: &LayoutConstraints,
    options: &PlanOptions,
) -> Result<()> {
    let size = std::mem::size_of::<F>() as u64;
    let memory = predict(network, plan, connectivity, needs, options);
    let needed = memory.total();
    let Some(available) = options.offered().filter(|&most| most < needed) else { return Ok(()) };
    let synapse = plan.encoding.bytes(size);
    let rest = needed - memory.synapses;
    let drawable = connectivity.projections.iter().any(|p| !matches!(p.rows, RowPattern::Explicit(_)));
    let hint = if rest > available && options.copies > 1 {
        format!("{} trials side by side alone need {}; play fewer at once (--threads 1)", options.copies, bytes(rest))
    } else if rest > available {
        format!(
            "delays of up to {steps} and {neurons} alone need {}; use fewer or shorter ones",
            bytes(rest),
            steps = counted(plan.max_delay, "step"),
            neurons = counted(plan.neurons, "neuron")
        )
    } else if options.storage == Storage::Stored && drawable {
        "rows that are drawn at each spike need no memory (--set plan.rows=procedural)".into()
    } else {
        format!(
            "about {} synapses of {synapse} bytes fit; use fewer or a machine with more memory",
            (available - rest) / synapse
        )
    };
    let what = if memory.history > available / 2 {
        format!("a delay of {steps}", steps = counted(plan.max_delay, "step"))
    } else if options.copies > 1 {
        let (neurons, synapses) = (plan.neurons, plan.synapses);
        format!(
            "a network of {neurons} and {synapses} with {} states",
            options.copies,
            neurons = counted(neurons, "neuron"),
            synapses = counted(synapses, "synapse")
        )
    } else {
        format!(
            "a network of {neurons} and {synapses}",
            neurons = counted(plan.neurons, "neuron"),
            synapses = counted(plan.synapses, "synapse")
        )
    };
    Err(Error::Memory { what, needed, available, hint })
}

/// The error where no packing and delay block suits a network: what does not fit in the best of them, and what would.
pub(crate) fn no_layout(needs: &LayoutConstraints, options: &PlanOptions) -> Error {
    let format = options.format.unwrap_or(SynapseFormat::Wide);
    let blocks = (0..=LARGEST_BLOCK.ilog2()).map(|power| 1 << power);
    let blocks = blocks.filter(|block| options.block.is_none_or(|own| own == *block));
    let unfit = blocks.filter_map(|block| needs.weigh(format, block, options.delivery == Delivery::Sorted).err()).min();
    let refused = |problem: String| {
        let place = "plan.packing";
        Error::invalid(place, format!("{} synapses {problem}", format.name()))
    };
    let limit = |what: &str, needed: u64, hint: &str| Error::DeviceLimit {
        what: what.into(),
        needed,
        offered: options.shard_bytes,
        hint: hint.into(),
    };
    match unfit {
        Some(Misfit::LongWeights) => {
            refused("hold weights of a few bits, and in f64 weights have 64; use wide, or leave the packing to be chosen".into())
        }
        Some(Misfit::SeveralWeights) => refused(
            "hold no weight, and a source population has several; use narrow or wide, or leave the packing to be chosen"
                .into(),
        ),
        Some(Misfit::LargeWeight { most }) => refused(format!(
            "hold weights of up to {most} counts beside their delay, and the largest has {:.0}; use wide, a smaller \
             delay block, or leave them to be chosen",
            needs.largest
        )),
        Some(Misfit::Ring(needed)) => {
            limit("bytes of the input sums of one neuron", needed, "use a smaller delay block or a longer shortest delay")
        }
        Some(Misfit::EventBuckets(needed)) => {
            let most = needs.cost.most_buckets;
            let problem = format!(
                "sorted events need {needed} buckets for a shard, and at most {most} are quick; use direct, or leave it to \
                 be chosen"
            );
            Error::invalid("plan.delivery", problem)
        }
        Some(Misfit::RowStarts(needed)) => {
            let hint = "use a larger delay block, shorter delays, or rows that are drawn (--set plan.rows=procedural)";
            limit("bytes of the row starts of one shard", needed, hint)
        }
        None => Error::Internal("no encoding was weighed".into()),
    }
}

/// The error where even the synapses onto one neuron are too many bytes for a shard.
pub(crate) fn no_shard(needed: u64, offered: u64) -> Error {
    Error::DeviceLimit {
        what: "bytes of the synapses onto one neuron".into(),
        needed,
        offered,
        hint: "no shard can hold its inputs; reduce its in-degree".into(),
    }
}

/// The error where a player of several would have no shard.
pub(crate) fn no_shard_for(part: PlanPart, shards: usize) -> Error {
    let players = counted(part.of, "player");
    let problem = match part.index < part.of {
        true => format!(
            "{} leave none for player {} of {}; use fewer players",
            counted(shards, "shard"),
            part.index,
            part.of
        ),
        false => format!("there is no player {} among {players}; count from 0", part.index),
    };
    Error::invalid("plan.part", problem)
}

/// The delay block `block` that a user gave at `place`, steps.
///
/// # Errors
/// [`Error::Invalid`] unless it is a power of two from 1 to 256.
pub fn checked_block(block: u64, place: &str) -> Result<u32> {
    if block.is_power_of_two() && block <= u64::from(LARGEST_BLOCK) {
        return Ok(block as u32);
    }
    let problem = format!("block = {block} must be a power of two from 1 to {LARGEST_BLOCK}");
    Err(Error::invalid(place, problem))
}
