//! Which rows are stored, and how they are packed: all of them where they fit, else all but the largest that can be
//! drawn at each spike.

use crate::error::{Error, Result};
use crate::number::Fixed;
use crate::plan::connectivity::procedural::Connectivity;
use crate::plan::connectivity::projection::RowPattern;
use crate::plan::cost::budget::no_layout;
use crate::plan::cost::memory::rest;
use crate::plan::fixed_point::Scales;
use crate::plan::resolve::Resolved;
use crate::plan::storage::encoding::StorageLayout;
use crate::plan::storage::weigh::LayoutConstraints;
use crate::plan::{Delivery, PlanOptions, Storage};
use crate::tile::SumWidth;

/// The number of further counts of projections drawn at each spike that are weighed.
const TRIED: usize = 8;

/// Decides which projections are stored, sets this in `connectivity`, and chooses the layout of their rows. Explicit
/// projections are stored in any case. Whether all of it fits into memory is checked by
/// [`crate::plan::cost::budget::check`].
///
/// # Errors
/// As [`no_layout`], where no layout suits rows that must be stored.
pub(crate) fn choose_storage<F: Fixed>(
    network: &Resolved<'_>,
    connectivity: &mut Connectivity<F>,
    options: &PlanOptions,
    units: &Scales,
    sum_width: SumWidth,
) -> Result<(LayoutConstraints, StorageLayout)> {
    let rest = rest(network, connectivity, options).total();
    let memory = options.offered().map_or(u64::MAX, |most| most.saturating_sub(rest));
    let mut largest: Vec<usize> = (0..connectivity.projections.len()).collect();
    largest.retain(|&index| {
        let projection = &connectivity.projections[index];
        !projection.learns && !matches!(projection.rows, RowPattern::Explicit(_))
    });
    largest.sort_by_key(|&index| std::cmp::Reverse(connectivity.projections[index].synapses));
    let mut weigh = |left_out: usize| {
        let mut stored = vec![true; connectivity.projections.len()];
        largest[..left_out].iter().for_each(|&index| stored[index] = false);
        connectivity.store(|index| stored[index]);
        let needs = constraints(network, connectivity, options, units, sum_width);
        let choice = needs.choose(options.block, options.format, memory);
        choice.ok_or_else(|| no_layout(&needs, options)).map(|choice| (needs, choice))
    };
    let fits = |weighed: &Result<(LayoutConstraints, StorageLayout)>| {
        weighed.as_ref().is_ok_and(|(_, choice)| choice.bytes <= memory)
    };
    let most = match options.storage {
        Storage::Stored => 0,
        Storage::Procedural | Storage::Auto => largest.len(),
    };
    let all = weigh(if options.storage == Storage::Procedural { most } else { 0 });
    if options.storage != Storage::Auto || most == 0 || fits(&all) {
        return all;
    }
    // What is left out never makes the rest larger.
    let (mut too_few, mut enough) = (0, most);
    while enough - too_few > 1 {
        let middle = too_few + (enough - too_few) / 2;
        if fits(&weigh(middle)) { enough = middle } else { too_few = middle }
    }
    // With fewer stored, there may be room for a longer ring, and each row is drawn for fewer delay blocks.
    let counts = (0..=TRIED).map(|k| enough + (most - enough) * k / TRIED);
    let cost = |weighed: Result<(LayoutConstraints, StorageLayout)>| {
        weighed.map_or(f64::INFINITY, |(_, choice)| choice.spike_ns + choice.ring_ns)
    };
    let costs = counts.map(|left_out| {
        let weighed = weigh(left_out);
        (left_out, if fits(&weighed) { cost(weighed) } else { f64::INFINITY })
    });
    let best = costs.reduce(|a, b| if b.1 < a.1 { b } else { a });
    weigh(best.map_or(enough, |(left_out, _)| left_out))
}

/// All that the layout of the stored rows depends on.
fn constraints<F: Fixed>(
    network: &Resolved<'_>,
    connectivity: &Connectivity<F>,
    options: &PlanOptions,
    units: &Scales,
    sum_width: SumWidth,
) -> LayoutConstraints {
    // Rings of neurons without receptors have one channel, on which nothing arrives.
    let channels = network.populations.iter().map(|p| p.model.declaration().channels.len()).fold(1, usize::max);
    let source_layouts = source_layouts(connectivity, network.populations.len());
    LayoutConstraints {
        neurons: u64::from(network.neurons),
        channels: channels as u64,
        one_channel: source_layouts.iter().all(|w| w.channel.is_some()),
        one_weight: source_layouts.iter().all(|w| w.one_weight),
        largest: units.largest,
        synapses: connectivity.stored_synapses(),
        delays: connectivity.delay_range(),
        weight_bytes: std::mem::size_of::<F>() as u64,
        sum_bytes: sum_width.bytes::<F>(),
        shards: u64::from(options.shards.max(1)).next_multiple_of(options.players()),
        shard_bytes: options.shard_bytes,
        copies: u64::from(options.copies.max(1)),
        // What learns is added into rings as it arrives.
        delivery: if connectivity.plastic_synapses() > 0 { Delivery::Direct } else { options.delivery },
        dt: network.grid.dt(),
        few_shards: options.few_shards,
        cost: options.cost,
        procedural: connectivity.procedural_synapses(),
        span: plastic_span(connectivity),
    }
}

/// The number of steps that rings must reach ahead of the shortest delay, for synapses that learn.
fn plastic_span<F: Fixed>(connectivity: &Connectivity<F>) -> u32 {
    let longest = connectivity.projections.iter().filter(|p| p.learns).map(|p| p.delay_range().1).max();
    longest.map_or(1, |longest| longest - connectivity.delay_range().0 + 1)
}

/// What the stored synapses of a source population have in common.
pub(crate) struct SharedBySource<F> {
    /// The channel, where all reach the same.
    pub channel: Option<u8>,
    /// The weight, where all have the same; `None` also where there are no synapses.
    pub weight: Option<F>,
    /// Whether no two have different weights.
    one_weight: bool,
}

/// Per source population, what its stored synapses have in common.
pub(crate) fn source_layouts<F: Fixed>(connectivity: &Connectivity<F>, populations: usize) -> Vec<SharedBySource<F>> {
    let common = |population: usize| {
        let projections = connectivity.stored[population].iter().map(|&p| &connectivity.projections[p as usize]);
        let mut all = projections.flat_map(|p| &p.target_ranges).map(|l| l.weights.common());
        let Some(first) = all.next() else {
            return SharedBySource { channel: Some(0), weight: None, one_weight: true };
        };
        let (mut channel, mut weight) = first;
        for (other, own) in all {
            channel = channel.filter(|_| other == channel);
            weight = weight.filter(|_| own == weight);
        }
        SharedBySource { channel, weight, one_weight: weight.is_some() }
    };
    (0..populations).map(common).collect()
}

/// The width of the sums of rings: the narrowest that holds the largest possible sum, or the one asked for.
///
/// # Errors
/// [`Error::Invalid`] where the one asked for is too narrow.
pub(crate) fn sum_width<F: Fixed>(units: &Scales, options: &PlanOptions) -> Result<SumWidth> {
    let largest = units.sums.iter().flatten().fold(0.0f64, |a, &b| a.max(b));
    let narrowest = match largest {
        _ if F::BITS > 31 => SumWidth::Full,
        sum if sum <= f64::from(i8::MAX) => SumWidth::I8,
        sum if sum <= f64::from(i16::MAX) => SumWidth::I16,
        _ => SumWidth::Full,
    };
    let bits = |sum_width: SumWidth| 8 * sum_width.bytes::<F>();
    match options.sum_width {
        Some(sum_width) if bits(sum_width) < bits(narrowest) => {
            let problem = format!(
                "sums of {} bits overflow: the largest of a step has {largest:.0} counts; take {} bits, or leave the \
                 cell to be chosen",
                bits(sum_width),
                bits(narrowest)
            );
            Err(Error::invalid("plan.sum_width", problem))
        }
        own => Ok(own.unwrap_or(narrowest)),
    }
}
