//! Sorted delivery: where delays are long and neurons many, a ring lies beyond every cache, and each event would wait for
//! memory. Events are then written, as soon as their spike is known, into inboxes, one for each epoch and group of
//! neurons; when the epoch comes, a group's inbox is added into a ring that the second cache holds.

use std::ops::Range;

use crate::device::cpu::deliver::{Due, Segments};
use crate::device::cpu::sheets::Sheets;
use crate::number::Fixed;
use crate::plan::{Form, Packing, Plan, Shard, StoredRows, Window, Words};
use crate::schedule::Epoch;
use crate::simd::{Level, Work};
use crate::tile::ring::{Ring, Sum};
use crate::tile::touched::{TOUCH, touch};

/// Sums are asked whether something was added where that is the case for fewer than one in so many; a branch that goes
/// either way costs more than reading zeros.
const SELDOM: usize = 4;

/// The inboxes of a shard.
#[derive(Debug)]
pub struct Inboxes {
    map: Map,
    /// Bits of a sum in an event of one word, whose weight is in the others; nothing where weights have words of their own
    /// (2 or 4 in all, so that no event goes on from one line to the next).
    bits: Option<u32>,
    /// Per step and channel, its [`touch`].
    touches: Vec<u32>,
    /// Per epoch and group, the sums and weights of events.
    lists: Sheets,
    /// Per step from the first of `epoch` on, where what arrives in it goes.
    times: Vec<Time>,
    epoch: Option<u64>,
}

/// From a synapse to an inbox, and to a sum in the ring of its group.
#[derive(Debug, Clone, Copy)]
struct Map {
    /// Steps of an epoch at most: epoch `e` has steps `e * steps + 1 ..= (e + 1) * steps`.
    steps: u32,
    /// Epochs that have inboxes.
    epochs: u32,
    channels: u32,
    /// Neurons of a group, as a power of two.
    group_bits: u32,
    /// Lanes from a channel to the next.
    stride: u32,
    /// The shard's first neuron, and the group it is in.
    first: (u32, u32),
    groups: u32,
}

impl Map {
    /// The list of what arrives at a neuron.
    #[inline(always)]
    fn list(self, time: Time, id: u32) -> usize {
        time.list.wrapping_add(id >> self.group_bits) as usize
    }

    /// The place of a neuron in its group.
    #[inline(always)]
    fn within(self, id: u32) -> u32 {
        id & ((1 << self.group_bits) - 1)
    }
}

/// An event of one word.
#[inline(always)]
fn packed<F: Fixed>(bits: u32, sum: u32, weight: F) -> u32 {
    sum | (weight.low() as u32) << bits
}

impl Inboxes {
    /// Empty inboxes, for groups of so many neurons.
    pub fn new<F: Fixed>(plan: &Plan<F>, shard: &Shard<F>, group: u32) -> Inboxes {
        let (steps, group_bits) = (plan.longest_epoch(), group.trailing_zeros());
        let first = shard.ids.start >> group_bits;
        let map = Map {
            steps,
            epochs: plan.max_delay / steps + 2,
            channels: plan.channels,
            group_bits,
            stride: plan.stride(shard),
            first: (shard.ids.start, first),
            groups: (shard.ids.end.saturating_sub(1) >> group_bits) - first + 1,
        };
        let lists = Sheets::new((map.epochs * map.groups) as usize);
        let channels = plan.channels as usize;
        let touches =
            (0..steps as usize).flat_map(|step| (0..channels).map(move |channel| touch(step, channel))).collect();
        Inboxes { map, bits: plan.event_bits(shard), touches, lists, times: Vec::new(), epoch: None }
    }

    /// Lanes of a step in the ring of a group.
    pub fn lanes(&self) -> usize {
        (self.map.channels * self.map.stride) as usize
    }

    /// The group of a neuron, and the first neuron of that group.
    pub fn group_of(&self, id: u32) -> (u32, u32) {
        let group = id >> self.map.group_bits;
        (group, group << self.map.group_bits)
    }

    /// Writes events that arrive after step `after` to inboxes.
    pub fn writer(&mut self, after: u64) -> Writer<'_> {
        let (map, epoch) = (self.map, after / u64::from(self.map.steps));
        if self.epoch != Some(epoch) {
            self.epoch = Some(epoch);
            self.times.clear();
            for later in 0..u64::from(map.epochs) {
                let list = ((epoch + later) % u64::from(map.epochs)) as u32 * map.groups;
                let list = list.wrapping_sub(map.first.1);
                let sums = (0..map.steps).map(|step| step * map.channels * map.stride);
                self.times.extend(sums.map(|sum| Time { list, sum }));
            }
        }
        let base = (epoch * u64::from(map.steps)) as u32 + 1;
        Writer { map, bits: self.bits, base, times: &self.times, lists: &mut self.lists }
    }

    /// Adds what arrives at a group in `epoch` into its ring. Where that is little, `touched` becomes the words of
    /// [`Touched`]; else it is empty.
    pub fn open<F: Fixed>(&mut self, group: u32, epoch: Epoch, ring: &mut Ring<F>, touched: &mut Vec<u64>) {
        let steps = u64::from(self.map.steps);
        let place = (epoch.first / steps % u64::from(self.map.epochs)) as u32;
        let list = (place * self.map.groups + group - self.map.first.1) as usize;
        let first = (epoch.first % steps) as usize;
        let sums = first * self.lanes()..(first + epoch.steps as usize) * self.lanes();
        touched.clear();
        if self.lists.len(list) < sums.len() / TOUCH / SELDOM {
            touched.resize((self.map.stride as usize).div_ceil(TOUCH), 0);
        }
        match ring {
            Ring::Byte(ring) => self.add::<F, _>(list, ring, &sums, touched),
            Ring::Short(ring) => self.add::<F, _>(list, ring, &sums, touched),
            Ring::Full(ring) => self.add::<F, _>(list, ring, &sums, touched),
        }
        // An epoch that was cut short leaves events for the next.
        if first + epoch.steps as usize == steps as usize {
            self.lists.clear(list);
        }
    }

    /// Adds the events of a list whose sum is one of `sums`.
    fn add<F: Fixed, C: Sum<F>>(&self, list: usize, ring: &mut [C], sums: &Range<usize>, touched: &mut [u64]) {
        let ring = &mut ring[sums.clone()];
        let (touches, stride) = (self.touches.as_slice(), self.map.stride as usize);
        // Division by multiplication; exact, since sums have fewer than 32 bits.
        let inverse = u64::MAX / stride as u64 + 1;
        let mut add = |at: u32, weight: F| {
            if let Some(sum) = ring.get_mut((at as usize).wrapping_sub(sums.start)) {
                *sum = sum.plus(weight);
            }
            if !touched.is_empty() {
                let row = ((u128::from(inverse) * u128::from(at)) >> 64) as usize;
                touched[(at as usize - row * stride) / TOUCH] |= 1 << touches[row];
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

    /// Forgets all events.
    pub fn clear(&mut self) {
        self.lists.clear_all();
    }
}

/// Writes to inboxes.
pub struct Writer<'a> {
    map: Map,
    bits: Option<u32>,
    /// The step that the first of `times` is for.
    base: u32,
    times: &'a [Time],
    lists: &'a mut Sheets,
}

/// Where what arrives in a step goes.
#[derive(Debug, Clone, Copy)]
struct Time {
    /// The list of group 0 of its epoch; may be before the first.
    list: u32,
    /// The first sum of the step.
    sum: u32,
}

impl Writer<'_> {
    /// Writes an event for neuron `n` of the shard, on `channel`, in step `arrival`.
    #[inline(always)]
    pub fn write<F: Fixed>(&mut self, n: u32, channel: u32, arrival: u32, weight: F) {
        let (map, time) = (&self.map, self.times[(arrival - self.base) as usize]);
        let id = map.first.0 + n;
        let list = map.list(time, id);
        let sum = time.sum + channel * map.stride + map.within(id);
        match self.bits {
            Some(bits) => self.lists.push(list, [packed(bits, sum, weight)]),
            None if F::BITS < 32 => self.lists.push(list, [sum, weight.words()[0]]),
            None => {
                let [low, high] = weight.words();
                self.lists.push(list, [sum, low, high, 0]);
            }
        }
    }
}

/// Rows whose spikes are known, into inboxes.
pub struct Sort<'a, F> {
    pub inboxes: &'a mut Inboxes,
    pub rows: &'a StoredRows<F>,
    pub due: &'a [Due],
    pub packing: Packing,
    pub windows: &'a [Window<F>],
    /// Neurons of the shard.
    pub neurons: u32,
    /// The last step that is over.
    pub after: u64,
}

impl<F: Fixed> Work for Sort<'_, F> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        match (&self.rows.words, self.packing.form) {
            (Words::Two(words), _) => self.sort(words, |_, _, same| same),
            (Words::Four(words), Form::Wide) => self.sort(words, |rows, at, _| rows.weights[at]),
            (Words::Four(words), Form::Narrow) => {
                let packing = self.packing;
                self.sort(words, |_, at, _| F::wide(packing.weight(words[at])))
            }
            (Words::Four(words), _) => self.sort(words, |_, _, same| same),
        }
    }
}

impl<F: Fixed> Sort<'_, F> {
    /// Its words, of which `weight` tells the weight from the rows, their place and the weight that all of a source have.
    #[inline(always)]
    fn sort<W: Copy + Into<u32>>(self, words: &[W], weight: impl Fn(&StoredRows<F>, usize, F) -> F) {
        let Sort { inboxes, rows, due, packing, windows, neurons, after } = self;
        let mut writer = inboxes.writer(after);
        for (start, end, due) in Segments::new(&rows.offsets, due, words) {
            let Window { channel, weight: same } = windows[due.population as usize];
            // All of these arrive later but after a restart.
            let late = u64::from(due.arrival) > after;
            if let (true, Some(channel), Some(bits)) = (late, channel, writer.bits) {
                // Copies, since the compiler would look again after each event whether it has changed them.
                let (map, packing, lists) = (writer.map, packing, &mut *writer.lists);
                let times = &writer.times[(due.arrival - writer.base) as usize..];
                let (first, channel) = (map.first.0, u32::from(channel) * map.stride);
                for (at, &word) in (start..end).zip(&words[start..end]) {
                    let (id, time) = (first + packing.lane(word.into()), times[packing.within(word.into()) as usize]);
                    let sum = time.sum + channel + map.within(id);
                    lists.push(map.list(time, id), [packed(bits, sum, weight(rows, at, same))]);
                }
                continue;
            }
            for (at, &word) in (start..end).zip(&words[start..end]) {
                let (lane, arrival) = (packing.lane(word.into()), due.arrival + packing.within(word.into()));
                if late || u64::from(arrival) > after {
                    let (n, channel) = match channel {
                        Some(channel) => (lane, u32::from(channel)),
                        None => (lane % neurons, lane / neurons),
                    };
                    writer.write(n, channel, arrival, weight(rows, at, same));
                }
            }
        }
    }
}
