//! How a synapse is packed, and which packing, delay block and shards suit a network: a cost model.

use crate::number::Fixed;

/// What a packed synapse holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// 2 bytes: lane and delay; every synapse of a source population has one weight.
    Plain2,
    /// 4 bytes: lane and delay; every synapse of a source population has one weight.
    Plain4,
    /// 4 bytes: 16 bits of lane, delay, and a weight in the bits that remain.
    Narrow,
    /// 4 bytes of lane and delay, and a weight of 4 or 8 bytes.
    Wide,
}

impl Form {
    /// All forms, the smallest first.
    pub const ALL: [Form; 4] = [Form::Plain2, Form::Plain4, Form::Narrow, Form::Wide];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Form::Plain2 => "plain2",
            Form::Plain4 => "plain4",
            Form::Narrow => "narrow",
            Form::Wide => "wide",
        }
    }
}

/// A packing: lane in the lowest bits, the delay within its block above it, and where it is narrow the weight on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packing {
    /// What a synapse holds.
    pub form: Form,
    /// Bits of the lane within its window.
    pub lane_bits: u32,
    /// Bits of the delay within its block.
    pub delay_bits: u32,
}

impl Packing {
    /// `form` with delay blocks of `block` steps, a power of two.
    pub fn new(form: Form, block: u32) -> Packing {
        let delay_bits = block.max(1).ilog2();
        let lane_bits = match form {
            Form::Plain2 => 16u32.saturating_sub(delay_bits),
            Form::Plain4 | Form::Wide => 32 - delay_bits,
            Form::Narrow => 16,
        };
        Packing { form, lane_bits, delay_bits }
    }

    /// Bytes of a synapse whose weight, where it is apart, has `weight` bytes.
    pub fn bytes(&self, weight: u64) -> u64 {
        match self.form {
            Form::Plain2 => 2,
            Form::Plain4 | Form::Narrow => 4,
            Form::Wide => 4 + weight,
        }
    }

    /// The largest magnitude that a packed weight can have.
    pub fn largest_weight(&self) -> f64 {
        match self.form {
            Form::Narrow if self.delay_bits < 15 => f64::from((1u32 << (15 - self.delay_bits)) - 1),
            Form::Narrow => 0.0,
            _ => f64::INFINITY,
        }
    }

    /// Lanes a window may have.
    pub fn window(&self) -> u64 {
        1 << self.lane_bits
    }

    /// Packs lane, delay within its block, and, where it is packed, the weight.
    #[inline(always)]
    pub fn pack<F: Fixed>(&self, lane: u32, within: u32, weight: F) -> u32 {
        // A block of one step leaves no bit of delay, and a lane may have all 32.
        let place = lane | (u64::from(within) << self.lane_bits) as u32;
        match self.form {
            Form::Narrow => place | (weight.narrow().unwrap_or(0) as u32) << (16 + self.delay_bits),
            _ => place,
        }
    }

    /// The lane of a packed synapse.
    #[inline(always)]
    pub fn lane(&self, word: u32) -> u32 {
        word & (((1u64 << self.lane_bits) - 1) as u32)
    }

    /// Its delay within the block.
    #[inline(always)]
    pub fn within(&self, word: u32) -> u32 {
        (u64::from(word) >> self.lane_bits) as u32 & ((1 << self.delay_bits) - 1)
    }

    /// Its weight, where it is packed.
    #[inline(always)]
    pub fn weight(&self, word: u32) -> i32 {
        word as i32 >> (16 + self.delay_bits)
    }
}

/// What the choice of a packing depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Needs {
    /// Neurons.
    pub neurons: u64,
    /// Input channels of a neuron, at most.
    pub channels: u64,
    /// Whether each source population reaches one channel only, so that a window is one channel of a shard.
    pub one_channel: bool,
    /// Whether each source population has one weight.
    pub one_weight: bool,
    /// The largest weight in counts.
    pub largest: f64,
    /// Stored synapses.
    pub synapses: u64,
    /// Shortest and longest delay, steps.
    pub delays: (u32, u32),
    /// Bytes of a weight that is stored apart.
    pub weight_bytes: u64,
    /// Bytes of an input sum.
    pub sum_bytes: u64,
    /// Shards at least.
    pub shards: u64,
    /// Largest array of a shard, bytes.
    pub shard_bytes: u64,
    /// Whether rows are drawn at each spike, once for each delay block.
    pub drawn: bool,
    /// Whether a shard more costs more than any layout of its rows can gain, as dispatches do.
    pub few_shards: bool,
}

/// A packing with its delay block and number of shards, and what it costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// Packing.
    pub packing: Packing,
    /// Steps per delay block.
    pub block: u32,
    /// Shards.
    pub shards: u64,
    /// Expected time to deliver one spike, ns of one core.
    pub spike_ns: f64,
    /// Bytes of rows, row starts and rings.
    pub bytes: u64,
}

/// Time to add one synapse into a ring that fits into the first, second or third cache, or none of them, ns.
const EVENT_NS: [(f64, f64); 4] = [(32e3, 0.8), (768e3, 1.2), (8e6, 2.6), (f64::INFINITY, 6.0)];
/// Time to find one row segment, ns.
const SEGMENT_NS: f64 = 6.0;
/// Time to read a byte of a row, ns.
const BYTE_NS: f64 = 0.08;
/// Time to draw a synapse, ns; a row is taken to have 1000.
const DRAW_NS: f64 = 4.0;

impl Needs {
    /// Lanes of the window of `neurons` neurons.
    fn window(&self, neurons: u64) -> u64 {
        neurons * if self.one_channel { 1 } else { self.channels }
    }

    /// Weighs one choice; nothing where it does not fit.
    pub fn weigh(&self, form: Form, block: u32) -> Option<Choice> {
        let packing = Packing::new(form, block);
        let fits = match form {
            Form::Plain2 | Form::Plain4 => self.one_weight,
            Form::Narrow => self.largest <= packing.largest_weight() && self.weight_bytes == 4,
            Form::Wide => true,
        };
        if !fits || packing.lane_bits == 0 {
            return None;
        }
        let per_lane = if form == Form::Wide { self.channels } else { self.window(1) };
        let most_neurons = (packing.window() / per_lane).min(u64::from(u32::MAX));
        let slots = u64::from(slots(block, self.delays.0));
        let most_by_ring = self.shard_bytes / (slots * self.channels * self.sum_bytes).max(1);
        let most = most_neurons.min(most_by_ring);
        if most == 0 {
            return None;
        }
        let synapse = packing.bytes(self.weight_bytes);
        let largest_array = self.synapses * synapse.min(4).max(self.weight_bytes * u64::from(form == Form::Wide));
        let shards = self
            .shards
            .max(self.neurons.div_ceil(most))
            .max(largest_array.div_ceil(self.shard_bytes))
            .min(self.neurons);
        let blocks = u64::from((self.delays.1 - self.delays.0) / block + 1);
        let row_starts = if self.synapses == 0 { 0 } else { (self.neurons * blocks + 1) * 4 };
        let ring = slots * self.neurons.div_ceil(shards) * self.channels * self.sum_bytes;
        // A thread works on its shards in turn, so that the ring of one is what the cache must hold.
        let event = EVENT_NS.iter().find(|(bytes, _)| ring as f64 <= *bytes).map_or(6.0, |e| e.1);
        let degree = self.synapses as f64 / self.neurons.max(1) as f64;
        let drawn = if self.drawn { 1000.0 * DRAW_NS * blocks as f64 } else { 0.0 };
        let spike_ns = degree * (event + BYTE_NS * synapse as f64) + SEGMENT_NS * (shards * blocks) as f64 + drawn;
        let bytes = self.synapses * synapse + shards * (row_starts + ring);
        (row_starts <= self.shard_bytes).then_some(Choice { packing, block, shards, spike_ns, bytes })
    }

    /// The cheapest choice, with `block` and `form` where they are given; memory counts a little, so that the smaller of
    /// two equals is taken, and more than `memory` bytes not at all.
    pub fn choose(&self, block: Option<u32>, form: Option<Form>, memory: u64) -> Option<Choice> {
        let blocks =
            (0..=super::LARGEST_BLOCK.ilog2()).map(|p| 1u32 << p).filter(|b| block.is_none_or(|own| own == *b));
        let span = self.delays.1 - self.delays.0 + 1;
        let useful = move |b: &u32| block.is_some() || *b < 2 * span.next_power_of_two();
        let all = blocks.filter(useful).flat_map(|b| Form::ALL.map(|f| (f, b)));
        let choices = all.filter(|(f, _)| form.is_none_or(|own| own == *f)).filter_map(|(f, b)| self.weigh(f, b));
        let shards = |c: &Choice| if self.few_shards { c.shards } else { 0 };
        let cost = |c: &Choice| ((c.bytes > memory, shards(c)), c.spike_ns + 1e-7 * c.bytes as f64);
        choices.min_by(|a, b| {
            let (a, b) = (cost(a), cost(b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        })
    }
}

/// Slots of a ring, a power of two: an epoch reads one for each of its steps while a delay block reaches `block - 1`
/// further.
pub fn slots(block: u32, min_delay: u32) -> u32 {
    (block + longest_epoch(min_delay) - 1).next_power_of_two()
}

/// Steps of an epoch at most.
pub fn longest_epoch(min_delay: u32) -> u32 {
    min_delay.clamp(1, MOST_EPOCH)
}

/// Longer epochs gain nothing more.
const MOST_EPOCH: u32 = 16;
