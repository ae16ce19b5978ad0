//! The pass `propagate`: row segments into the ring. Integer sums, so that the order of spikes cannot matter. Twin of
//! `shaders/propagate.wgsl`.

use crate::device::cpu::ring::{Ring, Sum};
use crate::number::Fixed;
use crate::plan::{Form, MARGIN, Packing, StoredRows, Window, Words};
use crate::simd::{Level, Work, prefetch, prefetch_once};

/// A row segment that is due.
#[derive(Debug, Clone, Copy)]
pub struct Due {
    /// source * blocks + block.
    pub segment: u32,
    /// Step at which its shortest delay arrives.
    pub arrival: u32,
    /// Index of the source's population.
    pub population: u32,
}

/// Row segments of a shard that are added into its ring.
pub struct Deliver<'a, F> {
    pub ring: &'a mut Ring<F>,
    pub rows: &'a StoredRows<F>,
    pub due: &'a [Due],
    pub packing: Packing,
    pub windows: &'a [Window<F>],
    /// Neurons of the shard.
    pub neurons: usize,
    /// Lanes of a slot.
    pub lanes: usize,
    /// Slots - 1.
    pub mask: u32,
}

/// Segments whose row starts, and whose first synapses, are fetched ahead.
const AHEAD: [usize; 2] = [32, 12];
/// Bytes of rows beyond which none is used again before others have taken its place in every cache.
const ONCE: usize = 64 << 20;
/// Cache lines of a segment that are fetched ahead; the processor finds the rest by itself.
const LINES: usize = 6;

impl<F: Fixed> Work for Deliver<'_, F> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let Deliver { ring, rows, due, packing, windows, neurons, lanes, mask } = self;
        let place = Place { rows, due, packing, windows, neurons, lanes, mask };
        match ring {
            Ring::Byte(sums) => place.add(sums),
            Ring::Short(sums) => place.add(sums),
            Ring::Full(sums) => place.add(sums),
        }
    }
}

struct Place<'a, F> {
    rows: &'a StoredRows<F>,
    due: &'a [Due],
    packing: Packing,
    windows: &'a [Window<F>],
    neurons: usize,
    lanes: usize,
    mask: u32,
}

impl<F: Fixed> Place<'_, F> {
    #[inline(always)]
    fn add<C: Sum<F>>(&self, sums: &mut [C]) {
        let packing = self.packing;
        let window = move |word: u32, _: F| F::wide(packing.weight(word));
        let same = |_: u32, weight: F| weight;
        match (&self.rows.words, packing.form) {
            (Words::Two(words), _) => self.short(words, sums, same),
            (Words::Four(words), Form::Narrow) => self.short(words, sums, window),
            (Words::Four(words), Form::Wide) => self.wide(words, sums),
            (Words::Four(words), _) => self.long(words, sums, same),
        }
    }

    /// The first lane of a source's window, and the weight its synapses share.
    #[inline(always)]
    fn window(&self, due: Due) -> (usize, F) {
        let window = &self.windows[due.population as usize];
        (usize::from(window.channel.unwrap_or(0)) * self.neurons, window.weight)
    }

    /// Words whose lane has at most 16 bits: in blocks of one step their windows are arrays of a known size, which need
    /// no check of bounds.
    #[inline(always)]
    fn short<C: Sum<F>, W: Copy + Into<u32>>(&self, words: &[W], sums: &mut [C], weight: impl Fn(u32, F) -> F) {
        let packing = self.packing;
        each(&self.rows.offsets, self.due, words, |start, end, due| {
            let (base, same) = self.window(due);
            if packing.delay_bits == 0 {
                let slot = (due.arrival & self.mask) as usize * self.lanes + base;
                let Some(sums) = sums[slot..].first_chunk_mut::<MARGIN>() else { return };
                for &word in &words[start..end] {
                    let word = word.into();
                    let sum = &mut sums[(packing.lane(word) & 0xFFFF) as usize];
                    *sum = sum.plus(weight(word, same));
                }
            } else {
                for &word in &words[start..end] {
                    let word = word.into();
                    let slot = (due.arrival + packing.within(word)) & self.mask;
                    let at = slot as usize * self.lanes + base + packing.lane(word) as usize;
                    let sum = &mut sums[at];
                    *sum = sum.plus(weight(word, same));
                }
            }
        });
    }

    /// Words of a lane and a delay.
    #[inline(always)]
    fn long<C: Sum<F>>(&self, words: &[u32], sums: &mut [C], weight: impl Fn(u32, F) -> F) {
        let packing = self.packing;
        each(&self.rows.offsets, self.due, words, |start, end, due| {
            let (base, same) = self.window(due);
            for &word in &words[start..end] {
                let slot = (due.arrival + packing.within(word)) & self.mask;
                let sum = &mut sums[slot as usize * self.lanes + base + packing.lane(word) as usize];
                *sum = sum.plus(weight(word, same));
            }
        });
    }

    /// Words with a weight beside each.
    #[inline(always)]
    fn wide<C: Sum<F>>(&self, words: &[u32], sums: &mut [C]) {
        let packing = self.packing;
        each(&self.rows.offsets, self.due, words, |start, end, due| {
            let (base, _) = self.window(due);
            for (&word, &weight) in words[start..end].iter().zip(&self.rows.weights[start..end]) {
                let slot = (due.arrival + packing.within(word)) & self.mask;
                let sum = &mut sums[slot as usize * self.lanes + base + packing.lane(word) as usize];
                *sum = sum.plus(weight);
            }
        });
    }
}

/// The segments in turn: where each starts in the words, where it ends, and itself.
#[inline(always)]
pub fn each<W>(offsets: &[u32], all: &[Due], words: &[W], mut each: impl FnMut(usize, usize, Due)) {
    let per_line = 64 / std::mem::size_of::<W>().max(1);
    let once = std::mem::size_of_val(words) > ONCE;
    for (k, due) in all.iter().enumerate() {
        if let Some(ahead) = all.get(k + AHEAD[0]) {
            prefetch(offsets, ahead.segment as usize);
        }
        if let Some(ahead) = all.get(k + AHEAD[1]) {
            let (start, end) = (offsets[ahead.segment as usize], offsets[ahead.segment as usize + 1]);
            for line in 0..LINES.min(((end - start) as usize).div_ceil(per_line)) {
                let at = start as usize + line * per_line;
                if once { prefetch_once(words, at) } else { prefetch(words, at) }
            }
        }
        each(offsets[due.segment as usize] as usize, offsets[due.segment as usize + 1] as usize, *due);
    }
}
