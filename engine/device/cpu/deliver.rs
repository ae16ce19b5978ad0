//! The pass `propagate`: row segments into the ring. Integer sums, so that the order of spikes cannot matter. Twin of
//! `shaders/propagate.wgsl`.

use crate::number::Fixed;
use crate::plan::{Form, Packing, StoredRows, Window, Words};
use crate::simd::{Level, Work, prefetch, prefetch_once};
use crate::tile::MARGIN;
use crate::tile::ring::{Ring, Sum};

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
    fn short<C: Sum<F>, W: Copy + Into<u32>>(&self, words: &[W], sums: &mut [C], weight: impl Fn(u32, F) -> F + Copy) {
        for (start, end, due) in Segments::new(&self.rows.offsets, self.due, words) {
            let (base, same) = self.window(due);
            // Copies, since the compiler would look again after each sum whether it has changed them.
            let (packing, weight) = (self.packing, weight);
            if packing.delay_bits == 0 {
                let slot = (due.arrival & self.mask) as usize * self.lanes + base;
                let Some(sums) = sums[slot..].first_chunk_mut::<MARGIN>() else { continue };
                let mut add = |word: &W| {
                    let word = (*word).into();
                    let sum = &mut sums[(packing.lane(word) & 0xFFFF) as usize];
                    *sum = sum.plus(weight(word, same));
                };
                // Four at a time: the fewer instructions, the more sums the processor waits for at once.
                let (fours, rest) = words[start..end].as_chunks::<4>();
                fours.iter().for_each(|four| four.iter().for_each(&mut add));
                rest.iter().for_each(add);
            } else {
                let (mask, lanes) = (self.mask, self.lanes);
                for &word in &words[start..end] {
                    let word = word.into();
                    let slot = (due.arrival + packing.within(word)) & mask;
                    let at = slot as usize * lanes + base + packing.lane(word) as usize;
                    let sum = &mut sums[at];
                    *sum = sum.plus(weight(word, same));
                }
            }
        }
    }

    /// Words of a lane and a delay.
    #[inline(always)]
    fn long<C: Sum<F>>(&self, words: &[u32], sums: &mut [C], weight: impl Fn(u32, F) -> F + Copy) {
        for (start, end, due) in Segments::new(&self.rows.offsets, self.due, words) {
            let (base, same) = self.window(due);
            let (packing, weight, mask, lanes) = (self.packing, weight, self.mask, self.lanes);
            for &word in &words[start..end] {
                let slot = (due.arrival + packing.within(word)) & mask;
                let sum = &mut sums[slot as usize * lanes + base + packing.lane(word) as usize];
                *sum = sum.plus(weight(word, same));
            }
        }
    }

    /// Words with a weight beside each.
    #[inline(always)]
    fn wide<C: Sum<F>>(&self, words: &[u32], sums: &mut [C]) {
        for (start, end, due) in Segments::new(&self.rows.offsets, self.due, words) {
            let (base, _) = self.window(due);
            let (packing, mask, lanes) = (self.packing, self.mask, self.lanes);
            for (&word, &weight) in words[start..end].iter().zip(&self.rows.weights[start..end]) {
                let slot = (due.arrival + packing.within(word)) & mask;
                let sum = &mut sums[slot as usize * lanes + base + packing.lane(word) as usize];
                *sum = sum.plus(weight);
            }
        }
    }
}

/// Segments in turn: where each starts in the words, where it ends, and itself; the next are fetched meanwhile. Not a
/// function that takes a closure, which nothing could oblige the compiler to inline.
pub struct Segments<'a, W> {
    offsets: &'a [u32],
    due: &'a [Due],
    words: &'a [W],
    next: usize,
    once: bool,
}

impl<'a, W> Segments<'a, W> {
    /// Of some words.
    #[inline(always)]
    pub fn new(offsets: &'a [u32], due: &'a [Due], words: &'a [W]) -> Segments<'a, W> {
        let segments = Segments { offsets, due, words, next: 0, once: std::mem::size_of_val(words) > ONCE };
        for due in due.iter().take(AHEAD[0]) {
            prefetch(offsets, due.segment as usize);
        }
        for due in due.iter().take(AHEAD[1]) {
            segments.fetch(due);
        }
        segments
    }

    #[inline(always)]
    fn bounds(&self, due: &Due) -> (usize, usize) {
        (self.offsets[due.segment as usize] as usize, self.offsets[due.segment as usize + 1] as usize)
    }

    #[inline(always)]
    fn fetch(&self, due: &Due) {
        let per_line = 64 / std::mem::size_of::<W>().max(1);
        let (start, end) = self.bounds(due);
        for line in 0..LINES.min((end - start).div_ceil(per_line)) {
            let at = start + line * per_line;
            if self.once { prefetch_once(self.words, at) } else { prefetch(self.words, at) }
        }
    }
}

impl<W> Iterator for Segments<'_, W> {
    type Item = (usize, usize, Due);

    #[inline(always)]
    fn next(&mut self) -> Option<(usize, usize, Due)> {
        let due = *self.due.get(self.next)?;
        if let Some(ahead) = self.due.get(self.next + AHEAD[0]) {
            prefetch(self.offsets, ahead.segment as usize);
        }
        if let Some(ahead) = self.due.get(self.next + AHEAD[1]) {
            self.fetch(ahead);
        }
        self.next += 1;
        let (start, end) = self.bounds(&due);
        Some((start, end, due))
    }
}
