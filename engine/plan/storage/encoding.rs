//! How a synapse is packed, and what else a layout is made of: delay blocks, groups, slots of rings.

use crate::number::Fixed;
use crate::tile::MAX_EPOCH;

/// Largest delay block.
pub const LARGEST_BLOCK: u32 = 256;

/// What a packed synapse holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SynapseFormat {
    /// 2 bytes: accumulator and delay; every synapse of a source population has one weight.
    Plain2,
    /// 4 bytes: accumulator and delay; every synapse of a source population has one weight.
    Plain4,
    /// 4 bytes: 16 bits of accumulator, delay, and a weight in the bits that remain.
    Narrow,
    /// 4 bytes of accumulator and delay, and a weight of 4 or 8 bytes.
    Wide,
}

impl SynapseFormat {
    /// All forms, the smallest first.
    pub const ALL: [SynapseFormat; 4] =
        [SynapseFormat::Plain2, SynapseFormat::Plain4, SynapseFormat::Narrow, SynapseFormat::Wide];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            SynapseFormat::Plain2 => "plain2",
            SynapseFormat::Plain4 => "plain4",
            SynapseFormat::Narrow => "narrow",
            SynapseFormat::Wide => "wide",
        }
    }
}

/// A packing: accumulator in the lowest bits, the delay within its block above it, and where it is narrow the weight on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding {
    /// What a synapse holds.
    pub format: SynapseFormat,
    /// Bits of the accumulator within its source layout.
    pub accumulator_bits: u32,
    /// Bits of the delay within its block.
    pub delay_bits: u32,
}

impl Encoding {
    /// `form` with delay blocks of `block` steps, a power of two.
    pub fn new(format: SynapseFormat, block: u32) -> Encoding {
        let delay_bits = block.max(1).ilog2();
        let accumulator_bits = match format {
            SynapseFormat::Plain2 => 16u32.saturating_sub(delay_bits),
            SynapseFormat::Plain4 | SynapseFormat::Wide => 32 - delay_bits,
            SynapseFormat::Narrow => 16,
        };
        Encoding { format, accumulator_bits, delay_bits }
    }

    /// Bytes of a synapse whose weight, where it is apart, has `weight` bytes.
    pub fn bytes(&self, weight: u64) -> u64 {
        match self.format {
            SynapseFormat::Plain2 => 2,
            SynapseFormat::Plain4 | SynapseFormat::Narrow => 4,
            SynapseFormat::Wide => 4 + weight,
        }
    }

    /// The largest magnitude that a packed weight can have.
    pub fn largest_weight(&self) -> f64 {
        match self.format {
            SynapseFormat::Narrow if self.delay_bits < 15 => f64::from((1u32 << (15 - self.delay_bits)) - 1),
            SynapseFormat::Narrow => 0.0,
            _ => f64::INFINITY,
        }
    }

    /// Accumulators that a source layout may have.
    pub fn source_accumulators(&self) -> u64 {
        1 << self.accumulator_bits
    }

    /// Packs accumulator, delay within its block, and, where it is packed, the weight.
    #[inline(always)]
    pub fn pack<F: Fixed>(&self, accumulator: u32, within: u32, weight: F) -> u32 {
        // A block of one step leaves no bit of delay, and an accumulator may have all 32.
        let place = accumulator | (u64::from(within) << self.accumulator_bits) as u32;
        match self.format {
            SynapseFormat::Narrow => place | (weight.narrow().unwrap_or(0) as u32) << (16 + self.delay_bits),
            _ => place,
        }
    }

    /// The accumulator of a packed synapse.
    #[inline(always)]
    pub fn accumulator(&self, word: u32) -> u32 {
        word & (((1u64 << self.accumulator_bits) - 1) as u32)
    }

    /// Its delay within the block.
    #[inline(always)]
    pub fn within(&self, word: u32) -> u32 {
        (u64::from(word) >> self.accumulator_bits) as u32 & ((1 << self.delay_bits) - 1)
    }

    /// Its weight, where it is packed.
    #[inline(always)]
    pub fn weight(&self, word: u32) -> i32 {
        word as i32 >> (16 + self.delay_bits)
    }
}

/// The accumulators that a source population reaches in a shard.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SourceLayout<F> {
    /// The one channel it reaches; nothing where accumulators count all channels.
    pub channel: Option<u8>,
    /// The weight that all its synapses have, where that is not packed.
    pub weight: F,
}

/// A packing with its delay block and number of shards, and what it costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StorageLayout {
    /// Encoding.
    pub encoding: Encoding,
    /// Steps per delay block.
    pub block: u32,
    /// Where events are sorted before they are added, neurons of a group.
    pub group: Option<u32>,
    /// Shards.
    pub shards: u64,
    /// Neurons of a shard, at most.
    pub most: u64,
    /// Expected time to deliver one spike, ns of one core.
    pub spike_ns: f64,
    /// Expected time that one neuron waits for its input sums between two spikes, ns of one core.
    pub ring_ns: f64,
    /// Bytes of rows, row starts and rings.
    pub bytes: u64,
}

/// Slots of a ring, a power of two: an epoch reads one for each of its steps while a delay block reaches `block - 1`
/// further.
pub fn slots(block: u32, min_delay: u32) -> u32 {
    (block + longest_epoch(min_delay) - 1).next_power_of_two()
}

/// Lanes from a channel to the next in the ring of a group: a few more than neurons, so that the same neuron of all steps
/// does not fall into the same places of the cache.
pub(crate) fn group_accumulators(group: u32) -> u32 {
    group + 64
}

/// Steps of an epoch at most.
pub fn longest_epoch(min_delay: u32) -> u32 {
    min_delay.clamp(1, MAX_EPOCH)
}

/// Bits of the sum in an event of one word that has the weight in its other bits, among so many sums; nothing where the
/// largest weight, in counts, needs words of its own.
pub(crate) fn event_bits(sums: u64, largest: f64) -> Option<u32> {
    let bits = sums.next_power_of_two().trailing_zeros();
    (bits < 31 && largest < f64::from(1u32 << (31 - bits))).then_some(bits)
}

/// Bytes of a page of a bucket.
pub(crate) const PAGE_BYTES: u64 = 3 << 10;
