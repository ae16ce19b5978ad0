//! The pass `propagate_sorted`: where delays are long and neurons many, a ring fits into no cache, and each event would
//! wait for memory. Events are then written, as soon as their spike is known, into buckets, one for each epoch and
//! group of neurons; when the epoch comes, a group's bucket is added into a ring that the second-level cache holds.

use std::ops::Range;

use crate::device::cpu::paged_lists::PagedLists;
use crate::device::cpu::propagate_stored::{Due, RowBlocks};
use crate::number::Fixed;
use crate::plan::{Encoding, Plan, Shard, SourceLayout, StoredRows, SynapseFormat, Words};
use crate::schedule::Epoch;
use crate::simd::{Level, Work};
use crate::tile::dirty::{DIRTY_NEURONS, dirty_bit};
use crate::tile::ring::{Ring, Sum};

/// Dirty bits are kept where fewer than one in this many are expected to be set: elsewhere to branch on them costs more
/// than to read sums that are zero.
const SPARSE_BELOW: usize = 4;

/// The event buckets of a shard.
#[derive(Debug)]
pub struct EventBuckets {
    address: BucketAddress,
    /// Number of bits of the place of a sum in an event of one word, whose other bits are the weight; `None` where
    /// weights have words of their own (2 or 4 words per event, so that none lies across two cache lines).
    bits: Option<u32>,
    /// Per step and channel, its [`dirty_bit`].
    dirty_bits: Vec<u32>,
    /// Per epoch and group, its events: places of sums, and weights.
    lists: PagedLists,
    /// Per step from the first of epoch `epoch` on, where events that arrive in it go.
    times: Vec<BucketStep>,
    /// The number of the epoch that `times` begins with, if it has been set.
    epoch: Option<u64>,
}

/// What leads from a synapse to a bucket, and to a sum in the ring of its group.
#[derive(Debug, Clone, Copy)]
struct BucketAddress {
    /// The largest number of steps of an epoch: epoch `e` has steps `e * steps + 1 ..= (e + 1) * steps`.
    steps: u32,
    /// Number of epochs that have buckets.
    epochs: u32,
    /// Number of channels.
    channels: u32,
    /// Binary logarithm of the number of neurons of a group.
    group_bits: u32,
    /// Number of sums from one channel to the next.
    stride: u32,
    /// Global id of the shard's first neuron, and the group that it is in.
    first: (u32, u32),
    /// Number of groups of the shard.
    groups: u32,
}

impl BucketAddress {
    /// The list for events that arrive at neuron `id` at `time`.
    #[inline(always)]
    fn list(self, time: BucketStep, id: u32) -> usize {
        time.list.wrapping_add(id >> self.group_bits) as usize
    }

    /// The index of neuron `id` in its group.
    #[inline(always)]
    fn within(self, id: u32) -> u32 {
        id & ((1 << self.group_bits) - 1)
    }
}

/// An event in one word: the place `sum` in the lowest `bits` bits, and `weight` in the others.
#[inline(always)]
fn packed_event<F: Fixed>(bits: u32, sum: u32, weight: F) -> u32 {
    sum | (weight.low() as u32) << bits
}

impl EventBuckets {
    /// Empty buckets for `shard`, whose groups have `group` neurons, a power of two.
    pub fn new<F: Fixed>(plan: &Plan<F>, shard: &Shard<F>, group: u32) -> EventBuckets {
        let (steps, group_bits) = (plan.longest_epoch(), group.trailing_zeros());
        let first = shard.ids.start >> group_bits;
        let address = BucketAddress {
            steps,
            epochs: plan.max_delay / steps + 2,
            channels: plan.channels,
            group_bits,
            stride: plan.channel_stride(shard),
            first: (shard.ids.start, first),
            groups: (shard.ids.end.saturating_sub(1) >> group_bits) - first + 1,
        };
        let lists = PagedLists::new((address.epochs * address.groups) as usize);
        let channels = plan.channels as usize;
        let dirty_bits =
            (0..steps as usize).flat_map(|step| (0..channels).map(move |channel| dirty_bit(step, channel))).collect();
        EventBuckets { address, bits: plan.event_bits(shard), dirty_bits, lists, times: Vec::new(), epoch: None }
    }

    /// The number of sums of a step in the ring of a group.
    pub fn accumulators(&self) -> usize {
        (self.address.channels * self.address.stride) as usize
    }

    /// The group of neuron `id`, and the global id of the first neuron of that group.
    pub fn group_of(&self, id: u32) -> (u32, u32) {
        let group = id >> self.address.group_bits;
        (group, group << self.address.group_bits)
    }

    /// A writer of events that arrive after step `after`.
    pub fn writer(&mut self, after: u64) -> EventWriter<'_> {
        let (address, epoch) = (self.address, after / u64::from(self.address.steps));
        if self.epoch != Some(epoch) {
            self.epoch = Some(epoch);
            self.times.clear();
            for later in 0..u64::from(address.epochs) {
                let list = ((epoch + later) % u64::from(address.epochs)) as u32 * address.groups;
                let list = list.wrapping_sub(address.first.1);
                let sums = (0..address.steps).map(|step| step * address.channels * address.stride);
                self.times.extend(sums.map(|sum| BucketStep { list, sum }));
            }
        }
        let base = (epoch * u64::from(address.steps)) as u32 + 1;
        EventWriter { address, bits: self.bits, base, times: &self.times, lists: &mut self.lists }
    }

    /// Adds the events that arrive at `group` in `epoch` into `ring`. Where these are few, `dirty` becomes the words of
    /// [`Dirty`](crate::tile::dirty::Dirty); elsewhere it becomes empty.
    pub fn add_group<F: Fixed>(&mut self, group: u32, epoch: Epoch, ring: &mut Ring<F>, dirty: &mut Vec<u64>) {
        let steps = u64::from(self.address.steps);
        let place = (epoch.first / steps % u64::from(self.address.epochs)) as u32;
        let list = (place * self.address.groups + group - self.address.first.1) as usize;
        let first = (epoch.first % steps) as usize;
        let sums = first * self.accumulators()..(first + epoch.steps as usize) * self.accumulators();
        dirty.clear();
        if self.lists.len(list) < sums.len() / DIRTY_NEURONS / SPARSE_BELOW {
            dirty.resize((self.address.stride as usize).div_ceil(DIRTY_NEURONS), 0);
        }
        match ring {
            Ring::I8(ring) => self.add_events::<F, _>(list, ring, &sums, dirty),
            Ring::I16(ring) => self.add_events::<F, _>(list, ring, &sums, dirty),
            Ring::Full(ring) => self.add_events::<F, _>(list, ring, &sums, dirty),
        }
        // An epoch that was cut short leaves events for the next.
        if first + epoch.steps as usize == steps as usize {
            self.lists.clear(list);
        }
    }

    /// Adds those events of list `list` whose sum is one of `sums` into `ring`.
    fn add_events<F: Fixed, C: Sum<F>>(&self, list: usize, ring: &mut [C], sums: &Range<usize>, dirty: &mut [u64]) {
        let ring = &mut ring[sums.clone()];
        let (dirty_bits, stride) = (self.dirty_bits.as_slice(), self.address.stride as usize);
        // Division by multiplication; exact, since sums have fewer than 32 bits.
        let inverse = u64::MAX / stride as u64 + 1;
        let mut add = |at: u32, weight: F| {
            if let Some(sum) = ring.get_mut((at as usize).wrapping_sub(sums.start)) {
                *sum = sum.plus(weight);
            }
            if !dirty.is_empty() {
                let row = ((u128::from(inverse) * u128::from(at)) >> 64) as usize;
                dirty[(at as usize - row * stride) / DIRTY_NEURONS] |= 1 << dirty_bits[row];
            }
        };
        for words in self.lists.read(list) {
            match self.bits {
                Some(bits) => words.iter().for_each(|w| add(w & ((1 << bits) - 1), F::wide(*w as i32 >> bits))),
                None if F::BITS < 32 => words.chunks_exact(2).for_each(|w| add(w[0], F::of_words([w[1], 0]))),
                None => words.chunks_exact(4).for_each(|w| add(w[0], F::of_words([w[1], w[2]]))),
            }
        }
    }

    /// Removes all events.
    pub fn clear(&mut self) {
        self.lists.clear_all();
    }
}

/// A writer of events to buckets; its fields are those of [`EventBuckets`].
pub struct EventWriter<'a> {
    address: BucketAddress,
    bits: Option<u32>,
    /// The step that the first of `times` belongs to.
    base: u32,
    times: &'a [BucketStep],
    lists: &'a mut PagedLists,
}

/// Where events that arrive in a step go.
#[derive(Debug, Clone, Copy)]
struct BucketStep {
    /// The list of group 0 in its epoch, modulo 2³²: a shard whose first group is not 0 has no such list.
    list: u32,
    /// The place of the first sum of the step.
    sum: u32,
}

impl EventWriter<'_> {
    /// Writes an event of `weight` that arrives at neuron `n` of the shard, on `channel`, in step `arrival`.
    #[inline(always)]
    pub fn write<F: Fixed>(&mut self, n: u32, channel: u32, arrival: u32, weight: F) {
        let (address, time) = (&self.address, self.times[(arrival - self.base) as usize]);
        let id = address.first.0 + n;
        let list = address.list(time, id);
        let sum = time.sum + channel * address.stride + address.within(id);
        match self.bits {
            Some(bits) => self.lists.push(list, [packed_event(bits, sum, weight)]),
            None if F::BITS < 32 => self.lists.push(list, [sum, weight.words()[0]]),
            None => {
                let [low, high] = weight.words();
                self.lists.push(list, [sum, low, high, 0]);
            }
        }
    }
}

/// Stored row blocks whose events are to be written into buckets.
pub struct BucketEvents<'a, F> {
    pub buckets: &'a mut EventBuckets,
    pub rows: &'a StoredRows<F>,
    pub due: &'a [Due],
    pub encoding: Encoding,
    pub source_layouts: &'a [SourceLayout<F>],
    /// Number of neurons of the shard.
    pub neurons: u32,
    /// The last step that is over.
    pub after: u64,
}

impl<F: Fixed> Work for BucketEvents<'_, F> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        match (&self.rows.topology.words, self.encoding.format) {
            (Words::Two(words), _) => self.sort(words, |_, _, same| same),
            (Words::Four(words), SynapseFormat::Wide) => self.sort(words, |weights, at, _| weights[at]),
            (Words::Four(words), SynapseFormat::Narrow) => {
                let encoding = self.encoding;
                self.sort(words, |_, at, _| F::wide(encoding.weight(words[at])))
            }
            (Words::Four(words), _) => self.sort(words, |_, _, same| same),
        }
    }
}

impl<F: Fixed> BucketEvents<'_, F> {
    /// Writes the events of `words`; `weight` gives the weight of a synapse from the weights of the rows, the synapse's
    /// place, and the weight that all synapses of a source population share.
    #[inline(always)]
    fn sort<W: Copy + Into<u32>>(self, words: &[W], weight: impl Fn(&[F], usize, F) -> F) {
        let BucketEvents { buckets, rows, due, encoding, source_layouts, neurons, after } = self;
        let mut writer = buckets.writer(after);
        let weights = rows.weights.as_slice();
        for (start, end, due) in RowBlocks::new(&rows.topology.offsets, due, words) {
            let SourceLayout { channel, weight: same } = source_layouts[due.population as usize];
            // All of these arrive later but after a restart.
            let late = u64::from(due.arrival) > after;
            if let (true, Some(channel), Some(bits)) = (late, channel, writer.bits) {
                // Copies, since the compiler would look again after each event whether it has changed them.
                let (address, encoding, lists) = (writer.address, encoding, &mut *writer.lists);
                let times = &writer.times[(due.arrival - writer.base) as usize..];
                let (first, channel) = (address.first.0, u32::from(channel) * address.stride);
                for (at, &word) in (start..end).zip(&words[start..end]) {
                    let (id, time) =
                        (first + encoding.accumulator(word.into()), times[encoding.within(word.into()) as usize]);
                    let sum = time.sum + channel + address.within(id);
                    lists.push(address.list(time, id), [packed_event(bits, sum, weight(weights, at, same))]);
                }
                continue;
            }
            for (at, &word) in (start..end).zip(&words[start..end]) {
                let (accumulator, arrival) =
                    (encoding.accumulator(word.into()), due.arrival + encoding.within(word.into()));
                if late || u64::from(arrival) > after {
                    let (n, channel) = match channel {
                        Some(channel) => (accumulator, u32::from(channel)),
                        None => (accumulator % neurons, accumulator / neurons),
                    };
                    writer.write(n, channel, arrival, weight(weights, at, same));
                }
            }
        }
    }
}
