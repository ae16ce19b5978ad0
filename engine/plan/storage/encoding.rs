//! How a synapse is packed into words, and other sizes of a layout: of delay blocks, epochs, groups and rings.

use crate::number::Fixed;
use crate::tile::MAX_EPOCH;

/// The largest number of steps of a delay block.
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
    /// All formats, the smallest first.
    pub const ALL: [SynapseFormat; 4] =
        [SynapseFormat::Plain2, SynapseFormat::Plain4, SynapseFormat::Narrow, SynapseFormat::Wide];

    /// The name in experiment files and reports.
    pub fn name(self) -> &'static str {
        match self {
            SynapseFormat::Plain2 => "plain2",
            SynapseFormat::Plain4 => "plain4",
            SynapseFormat::Narrow => "narrow",
            SynapseFormat::Wide => "wide",
        }
    }
}

/// How a synapse is packed into a word: the accumulator in the lowest bits, the delay within its block above it, and in
/// the narrow format the weight on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding {
    /// What a packed synapse holds.
    pub format: SynapseFormat,
    /// Number of bits of the accumulator within its source layout.
    pub accumulator_bits: u32,
    /// Number of bits of the delay within its block.
    pub delay_bits: u32,
}

impl Encoding {
    /// The encoding of `format` with delay blocks of `block` steps, a power of two.
    pub fn new(format: SynapseFormat, block: u32) -> Encoding {
        let delay_bits = block.max(1).ilog2();
        let accumulator_bits = match format {
            SynapseFormat::Plain2 => 16u32.saturating_sub(delay_bits),
            SynapseFormat::Plain4 | SynapseFormat::Wide => 32 - delay_bits,
            SynapseFormat::Narrow => 16,
        };
        Encoding { format, accumulator_bits, delay_bits }
    }

    /// The size of a synapse, bytes, where a weight that is stored apart has `weight` bytes.
    pub fn bytes(&self, weight: u64) -> u64 {
        match self.format {
            SynapseFormat::Plain2 => 2,
            SynapseFormat::Plain4 | SynapseFormat::Narrow => 4,
            SynapseFormat::Wide => 4 + weight,
        }
    }

    /// The largest magnitude that a packed weight can have, counts; infinity where weights are not packed.
    pub fn largest_weight(&self) -> f64 {
        match self.format {
            SynapseFormat::Narrow if self.delay_bits < 15 => f64::from((1u32 << (15 - self.delay_bits)) - 1),
            SynapseFormat::Narrow => 0.0,
            _ => f64::INFINITY,
        }
    }

    /// The largest number of accumulators of a source layout.
    pub fn max_source_accumulators(&self) -> u64 {
        1 << self.accumulator_bits
    }

    /// The word of a synapse with this accumulator, delay `within` its block, and, in the narrow format, weight.
    #[inline(always)]
    pub fn pack<F: Fixed>(&self, accumulator: u32, within: u32, weight: F) -> u32 {
        // A block of one step leaves no bit of delay, and an accumulator may have all 32.
        let place = accumulator | (u64::from(within) << self.accumulator_bits) as u32;
        match self.format {
            SynapseFormat::Narrow => place | (weight.narrow().unwrap_or(0) as u32) << (16 + self.delay_bits),
            _ => place,
        }
    }

    /// The accumulator of the synapse packed in `word`.
    #[inline(always)]
    pub fn accumulator(&self, word: u32) -> u32 {
        word & (((1u64 << self.accumulator_bits) - 1) as u32)
    }

    /// The delay, within its block, of the synapse packed in `word`.
    #[inline(always)]
    pub fn within(&self, word: u32) -> u32 {
        (u64::from(word) >> self.accumulator_bits) as u32 & ((1 << self.delay_bits) - 1)
    }

    /// The weight of the synapse packed in `word` in the narrow format, counts.
    #[inline(always)]
    pub fn weight(&self, word: u32) -> i32 {
        word as i32 >> (16 + self.delay_bits)
    }
}

/// How the synapses of a source population count accumulators, and the weight they share.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SourceLayout<F> {
    /// The one channel that they reach, whose accumulators are counted; `None` where those of all channels are.
    pub channel: Option<u8>,
    /// The weight of all synapses, counts, where weights are neither packed nor stored apart.
    pub weight: F,
}

/// An encoding with its delay block and number of shards, and what they cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StorageLayout {
    /// How a synapse is packed.
    pub encoding: Encoding,
    /// Number of steps of a delay block.
    pub block: u32,
    /// Where events are sorted before they are added, the number of neurons of a group.
    pub group: Option<u32>,
    /// Number of shards.
    pub shards: u64,
    /// The largest number of neurons of a shard.
    pub most: u64,
    /// Expected time to deliver one spike, ns of one core.
    pub spike_ns: f64,
    /// Expected time to read and clear the input sums of one neuron between two of its spikes, ns of one core.
    pub ring_ns: f64,
    /// Size of rows, row starts, rings and event buckets, bytes.
    pub bytes: u64,
}

/// The number of slots of a ring, a power of two: an epoch reads one for each of its steps while a delay block reaches
/// `block - 1` further.
pub fn slots(block: u32, min_delay: u32) -> u32 {
    (block + longest_epoch(min_delay) - 1).next_power_of_two()
}

/// The number of accumulators from one channel to the next in the ring of a group of `group` neurons: a few more than
/// neurons, so that the same neuron of all steps does not fall into the same set of the cache.
pub(crate) fn group_accumulators(group: u32) -> u32 {
    group + 64
}

/// The largest number of steps of an epoch.
pub fn longest_epoch(min_delay: u32) -> u32 {
    min_delay.clamp(1, MAX_EPOCH)
}

/// The number of bits of the place of one of `sums` sums in an event of one word, whose other bits are the weight;
/// `None` where weights of up to `largest` counts do not fit into these.
pub(crate) fn event_bits(sums: u64, largest: f64) -> Option<u32> {
    let bits = sums.next_power_of_two().trailing_zeros();
    (bits < 31 && largest < f64::from(1u32 << (31 - bits))).then_some(bits)
}

/// Size of a page of an event bucket, bytes.
pub(crate) const PAGE_BYTES: u64 = 3 << 10;
