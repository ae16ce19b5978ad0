//! Weighing encodings with delay blocks and shards: what fits, what it costs, and which suits a network best.

use crate::plan::cost::model::CostModel;
use crate::plan::options::Delivery;
use crate::plan::storage::encoding::{
    Encoding, LARGEST_BLOCK, PAGE_BYTES, StorageLayout, SynapseFormat, event_bits, group_accumulators, longest_epoch,
    slots,
};
use crate::simd::backing;
use crate::tile::MARGIN;

/// The least number of neurons of a group: those of a tile.
const LEAST_GROUP: u64 = 256;

/// All that the choice of a storage layout depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LayoutConstraints {
    /// Number of neurons.
    pub neurons: u64,
    /// The largest number of input channels of a neuron.
    pub channels: u64,
    /// Whether each source population reaches one channel only, so that a source layout is one channel of a shard.
    pub one_channel: bool,
    /// Whether each source population has one weight.
    pub one_weight: bool,
    /// The largest weight in counts.
    pub largest: f64,
    /// Number of stored synapses.
    pub synapses: u64,
    /// Shortest and longest delay, steps.
    pub delays: (u32, u32),
    /// Size of a weight that is stored apart, bytes.
    pub weight_bytes: u64,
    /// Size of an input sum, bytes.
    pub sum_bytes: u64,
    /// The least number of shards.
    pub shards: u64,
    /// The size that no array of a shard may exceed, bytes.
    pub shard_bytes: u64,
    /// Number of synapses that are drawn at each spike, which happens in each shard and once for each delay block.
    pub procedural: u64,
    /// The number of steps that rings must reach ahead of the shortest delay, whatever the delay block.
    pub span: u32,
    /// Number of trials side by side, each with rings of its own.
    pub copies: u64,
    /// How events may be delivered.
    pub delivery: Delivery,
    /// Length of a step, ms.
    pub dt: f64,
    /// Whether fewer shards are always better, whatever they cost otherwise.
    pub few_shards: bool,
    /// The cost model.
    pub cost: CostModel,
}

/// Why an encoding does not fit, ordered so that the least reason is that of the choice that comes nearest to fitting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Misfit {
    /// The row starts of a shard are larger than an array may be: their bytes.
    RowStarts(u64),
    /// The ring of a shard is larger than an array may be: the bytes of the input sums of one neuron.
    Ring(u64),
    /// A weight exceeds the largest that can be packed.
    LargeWeight {
        /// The largest weight that can be packed, counts.
        most: u64,
    },
    /// A shard would have too many event buckets: their number.
    EventBuckets(u64),
    /// Weights have 64 bits, and only 32 can be packed.
    LongWeights,
    /// A source population has several weights, and none is packed.
    SeveralWeights,
}

impl LayoutConstraints {
    /// The number of accumulators of a source layout in a shard of `neurons` neurons.
    fn source_accumulators(&self, neurons: u64) -> u64 {
        neurons * if self.one_channel { 1 } else { self.channels }
    }

    /// Checks that an encoding can hold the weights.
    fn check_weights(&self, encoding: Encoding) -> Result<(), Misfit> {
        match encoding.format {
            SynapseFormat::Plain2 | SynapseFormat::Plain4 if !self.one_weight => Err(Misfit::SeveralWeights),
            SynapseFormat::Narrow if self.weight_bytes != 4 => Err(Misfit::LongWeights),
            SynapseFormat::Narrow if self.largest > encoding.largest_weight() => {
                Err(Misfit::LargeWeight { most: encoding.largest_weight() as u64 })
            }
            _ => Ok(()),
        }
    }

    /// The smallest number of shards, a multiple of [`LayoutConstraints::shards`] up to the number of neurons, that
    /// hold all synapses and neurons, of which a shard has `most` at most.
    fn fewest_shards(&self, encoding: Encoding, most: u64) -> u64 {
        let apart = if encoding.format == SynapseFormat::Wide { self.weight_bytes } else { 0 };
        let largest_array = self.synapses.saturating_mul(encoding.bytes(self.weight_bytes).min(4).max(apart));
        let shards = self.shards.max(self.neurons.div_ceil(most)).max(largest_array.div_ceil(self.shard_bytes));
        // The same number for each thread.
        shards.next_multiple_of(self.shards).min(self.neurons)
    }

    /// The layout with synapses of `format`, delay blocks of `block` steps, and events `sorted` or not, and its
    /// expected costs.
    ///
    /// # Errors
    /// Why it does not fit.
    pub fn weigh(&self, format: SynapseFormat, block: u32, sorted: bool) -> Result<StorageLayout, Misfit> {
        let encoding = Encoding::new(format, block);
        self.check_weights(encoding)?;
        let per_accumulator = if format == SynapseFormat::Wide { self.channels } else { self.source_accumulators(1) };
        let most_neurons = (encoding.max_source_accumulators() / per_accumulator).min(u64::from(u32::MAX));
        let slots =
            u64::from(if sorted { longest_epoch(self.delays.0) } else { slots(block.max(self.span), self.delays.0) });
        let sums = slots * self.channels * self.sum_bytes;
        let most = if sorted { most_neurons } else { most_neurons.min(self.shard_bytes / sums.max(1)) };
        if most == 0 {
            return Err(Misfit::Ring(sums));
        }
        let shards = self.fewest_shards(encoding, most);
        let neurons = self.neurons.div_ceil(shards);
        let epochs = u64::from(self.delays.1) / slots + 2;
        let group = sorted.then(|| group(&self.cost, sums, epochs, neurons) as u32);
        let ring = sums * group.map_or(neurons, |group| u64::from(group_accumulators(group)));
        if let Some(group) = group {
            let lists = epochs * (neurons / u64::from(group) + 1);
            if ring > self.shard_bytes {
                return Err(Misfit::Ring(sums));
            }
            if lists > self.cost.most_buckets {
                return Err(Misfit::EventBuckets(lists));
            }
        }
        let blocks = u64::from((self.delays.1 - self.delays.0) / block + 1);
        let row_starts = if self.synapses == 0 { 0 } else { (self.neurons * blocks + 1) * 4 };
        if row_starts > self.shard_bytes {
            return Err(Misfit::RowStarts(row_starts));
        }
        let spike_ns = self.spike_ns(encoding, (shards, blocks), row_starts, self.cost.event(sorted, ring));
        let updates = 1000.0 / (self.cost.rate_low * self.dt);
        // A thread works on its shards in turn, so that the ring of one is what the cache must hold.
        let ring_ns = updates * (self.channels * self.sum_bytes) as f64 * self.cost.ring_byte(ring);
        let bytes = self.bytes(encoding, shards, row_starts, ring, group);
        Ok(StorageLayout { encoding, block, group, shards, most, spike_ns, ring_ns, bytes })
    }

    /// The expected time to deliver a spike to all of `shards` shards, each of which has `blocks` delay blocks and row
    /// starts of `row_starts` bytes, ns of one core; `event` is the time of one synapse, ns.
    fn spike_ns(&self, encoding: Encoding, (shards, blocks): (u64, u64), row_starts: u64, event: f64) -> f64 {
        let row_block = self.cost.row_block(shards * row_starts);
        let of_spike = |synapses: u64| synapses as f64 / self.neurons.max(1) as f64;
        let read = self.cost.byte_ns * encoding.bytes(self.weight_bytes) as f64;
        let stored_ns = of_spike(self.synapses) * (event + read);
        let procedural_ns = of_spike(self.procedural) * (event + self.cost.draw_ns * (shards * blocks) as f64);
        stored_ns + procedural_ns + row_block * (shards * blocks) as f64
    }

    /// The size of rows, row starts, rings and event buckets, bytes; `row_starts` and `ring` are those of one shard.
    fn bytes(&self, encoding: Encoding, shards: u64, row_starts: u64, ring: u64, group: Option<u32>) -> u64 {
        let buckets = group.map_or(0, |group| self.buckets(group, shards));
        let margin = MARGIN as u64 * self.sum_bytes;
        let rows = self.synapses.saturating_mul(encoding.bytes(self.weight_bytes));
        rows.saturating_add(shards * (row_starts + self.copies * backing(ring + margin, ring)) + self.copies * buckets)
    }

    /// The size of sorted events that have yet to arrive when neurons fire most, bytes, in groups of `group` neurons.
    pub fn buckets(&self, group: u32, shards: u64) -> u64 {
        let epoch = longest_epoch(self.delays.0);
        let events = (self.synapses + self.procedural) as f64 * self.cost.rate_bound * self.dt * 1e-3;
        let wait = f64::from(self.delays.0 + self.delays.1) / 2.0 + f64::from(epoch);
        let sums = u64::from(epoch) * self.channels * u64::from(group_accumulators(group));
        let words = event_words(sums, self.largest, self.weight_bytes);
        let lists =
            shards * (u64::from(self.delays.1 / epoch) + 2) * (self.neurons / shards.max(1) / u64::from(group) + 1);
        // A list ends somewhere in its last page.
        (events * wait) as u64 * words * 4 + lists * PAGE_BYTES / 2
    }

    /// The layout with the least expected costs, with `block` and `format` where they are given; `None` where none
    /// fits. Memory counts a little, so that the smaller of two equal layouts is chosen; one of more than `memory`
    /// bytes is chosen only where all are.
    pub fn choose(&self, block: Option<u32>, format: Option<SynapseFormat>, memory: u64) -> Option<StorageLayout> {
        let blocks = (0..=LARGEST_BLOCK.ilog2()).map(|p| 1u32 << p).filter(|b| block.is_none_or(|own| own == *b));
        let span = self.delays.1 - self.delays.0 + 1;
        let useful = move |b: &u32| block.is_some() || *b < 2 * span.next_power_of_two();
        let all = blocks.filter(useful).flat_map(|b| SynapseFormat::ALL.map(|f| (f, b)));
        let ways: &[bool] = match self.delivery {
            Delivery::Auto => &[false, true],
            Delivery::Direct => &[false],
            Delivery::Sorted => &[true],
        };
        let all = all.filter(|(f, _)| format.is_none_or(|own| own == *f));
        let choices = all.flat_map(|(f, b)| ways.iter().filter_map(move |&sorted| self.weigh(f, b, sorted).ok()));
        let shards = |c: &StorageLayout| if self.few_shards { c.shards } else { 0 };
        let cost = |c: &StorageLayout| ((c.bytes > memory, shards(c)), c.spike_ns + c.ring_ns + 1e-7 * c.bytes as f64);
        choices.min_by(|a, b| {
            let (a, b) = (cost(a), cost(b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        })
    }
}

/// The number of words of a sorted event, for `sums` sums in a ring and weights of `weight_bytes` bytes, up to
/// `largest` counts.
fn event_words(sums: u64, largest: f64, weight_bytes: u64) -> u64 {
    match event_bits(sums, largest) {
        Some(_) => 1,
        None if weight_bytes == 4 => 2,
        None => 4,
    }
}

/// The number of neurons of a group, a power of two: as few as have a small ring, or as many more as keep the event
/// buckets few, as long as their ring is not too large. `sums` is the size of the sums of a neuron, bytes, and `epochs`
/// the number of epochs that have buckets.
fn group(cost: &CostModel, sums: u64, epochs: u64, neurons: u64) -> u64 {
    let fitting = |bytes: u64| 1u64 << (bytes / sums.max(1)).max(1).ilog2();
    let few = (neurons * epochs).div_ceil(cost.few_buckets).next_power_of_two();
    let (small, large) = cost.group_ring;
    few.clamp(fitting(small), fitting(large)).clamp(LEAST_GROUP, cost.most_of_group)
}
