//! The pass `propagate_stored`: adds row blocks into the ring. Sums are integers, so that the order of spikes cannot
//! matter. Twin of `shaders/propagate_stored.wgsl`.

use crate::number::Fixed;
use crate::plan::{Encoding, SourceLayout, StoredRows, SynapseFormat, Topology, Words};
use crate::simd::{Level, Work, prefetch, prefetch_once};
use crate::tile::MARGIN;
use crate::tile::ring::{Ring, Sum};

/// A row block that is due.
#[derive(Debug, Clone, Copy)]
pub struct Due {
    /// Its number: source * blocks + block.
    pub row_block: u32,
    /// The step in which an event of its shortest delay arrives.
    pub arrival: u32,
    /// Index of the source's population.
    pub population: u32,
}

/// Row blocks of a shard that are added into its ring.
pub struct PropagateStored<'a, F> {
    pub ring: &'a mut Ring<F>,
    pub rows: &'a StoredRows<F>,
    pub due: &'a [Due],
    pub encoding: Encoding,
    pub source_layouts: &'a [SourceLayout<F>],
    /// Number of neurons of the shard.
    pub neurons: usize,
    /// Number of accumulators of a slot.
    pub accumulators: usize,
    /// Number of slots of the ring - 1.
    pub mask: u32,
}

/// How many row blocks ahead row starts are prefetched, and how many ahead the first synapses.
const AHEAD: [usize; 2] = [32, 12];
/// Size of rows beyond which none is still in a cache when it is used again, bytes.
const ONCE: usize = 64 << 20;
/// The largest number of cache lines of a row block that are prefetched; the processor prefetches the rest by itself.
const LINES: usize = 6;

impl<F: Fixed> Work for PropagateStored<'_, F> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let PropagateStored { ring, rows, due, encoding, source_layouts, neurons, accumulators, mask } = self;
        let Topology { offsets, words } = &*rows.topology;
        let weights = rows.weights.as_slice();
        let row_blocks =
            AddRowBlocks { offsets, words, weights, due, encoding, source_layouts, neurons, accumulators, mask };
        match ring {
            Ring::I8(sums) => row_blocks.add(sums),
            Ring::I16(sums) => row_blocks.add(sums),
            Ring::Full(sums) => row_blocks.add(sums),
        }
    }
}

/// [`PropagateStored`] but for its ring.
struct AddRowBlocks<'a, F> {
    offsets: &'a [u32],
    words: &'a Words,
    weights: &'a [F],
    due: &'a [Due],
    encoding: Encoding,
    source_layouts: &'a [SourceLayout<F>],
    neurons: usize,
    accumulators: usize,
    mask: u32,
}

impl<F: Fixed> AddRowBlocks<'_, F> {
    /// Adds all row blocks into `sums`.
    #[inline(always)]
    fn add<C: Sum<F>>(&self, sums: &mut [C]) {
        let encoding = self.encoding;
        let packed = move |word: u32, _: F| F::wide(encoding.weight(word));
        let same = |_: u32, weight: F| weight;
        match (self.words, encoding.format) {
            (Words::Two(words), _) => self.add_16bit(words, sums, same),
            (Words::Four(words), SynapseFormat::Narrow) => self.add_16bit(words, sums, packed),
            (Words::Four(words), SynapseFormat::Wide) => self.add_weighted(words, sums),
            (Words::Four(words), _) => self.add_32bit(words, sums, same),
        }
    }

    /// The first accumulator of the source layout of `due`, and the weight that its synapses share.
    #[inline(always)]
    fn base_of(&self, due: Due) -> (usize, F) {
        let source = &self.source_layouts[due.population as usize];
        (usize::from(source.channel.unwrap_or(0)) * self.neurons, source.weight)
    }

    /// Adds words whose accumulator has at most 16 bits. In delay blocks of one step their accumulators are an array of
    /// known size, so that bounds need no check.
    #[inline(always)]
    fn add_16bit<C: Sum<F>, W: Copy + Into<u32>>(
        &self,
        words: &[W],
        sums: &mut [C],
        weight: impl Fn(u32, F) -> F + Copy,
    ) {
        for (start, end, due) in RowBlocks::new(self.offsets, self.due, words) {
            let (base, same) = self.base_of(due);
            // Copies, since the compiler would look again after each sum whether it has changed them.
            let (encoding, weight) = (self.encoding, weight);
            if encoding.delay_bits == 0 {
                let slot = (due.arrival & self.mask) as usize * self.accumulators + base;
                let Some(sums) = sums[slot..].first_chunk_mut::<MARGIN>() else { continue };
                let mut add = |word: &W| {
                    let word = (*word).into();
                    let sum = &mut sums[(encoding.accumulator(word) & 0xFFFF) as usize];
                    *sum = sum.plus(weight(word, same));
                };
                // Four at a time: the fewer instructions, the more sums the processor waits for at once.
                let (fours, rest) = words[start..end].as_chunks::<4>();
                fours.iter().for_each(|four| four.iter().for_each(&mut add));
                rest.iter().for_each(add);
            } else {
                let (mask, accumulators) = (self.mask, self.accumulators);
                for &word in &words[start..end] {
                    let word = word.into();
                    let slot = (due.arrival + encoding.within(word)) & mask;
                    let at = slot as usize * accumulators + base + encoding.accumulator(word) as usize;
                    let sum = &mut sums[at];
                    *sum = sum.plus(weight(word, same));
                }
            }
        }
    }

    /// Adds words of 32 bits that hold an accumulator and a delay; `weight` gives the weight of a word.
    #[inline(always)]
    fn add_32bit<C: Sum<F>>(&self, words: &[u32], sums: &mut [C], weight: impl Fn(u32, F) -> F + Copy) {
        for (start, end, due) in RowBlocks::new(self.offsets, self.due, words) {
            let (base, same) = self.base_of(due);
            let (encoding, weight, mask, accumulators) = (self.encoding, weight, self.mask, self.accumulators);
            for &word in &words[start..end] {
                let slot = (due.arrival + encoding.within(word)) & mask;
                let sum = &mut sums[slot as usize * accumulators + base + encoding.accumulator(word) as usize];
                *sum = sum.plus(weight(word, same));
            }
        }
    }

    /// Adds words of 32 bits whose weights lie apart.
    #[inline(always)]
    fn add_weighted<C: Sum<F>>(&self, words: &[u32], sums: &mut [C]) {
        for (start, end, due) in RowBlocks::new(self.offsets, self.due, words) {
            let (base, _) = self.base_of(due);
            let (encoding, mask, accumulators) = (self.encoding, self.mask, self.accumulators);
            for (&word, &weight) in words[start..end].iter().zip(&self.weights[start..end]) {
                let slot = (due.arrival + encoding.within(word)) & mask;
                let sum = &mut sums[slot as usize * accumulators + base + encoding.accumulator(word) as usize];
                *sum = sum.plus(weight);
            }
        }
    }
}

/// Iterates over row blocks: where each starts in the words, where it ends, and the block itself. The next ones are
/// prefetched. It is no function that takes a closure, since the compiler cannot be made to inline one.
pub struct RowBlocks<'a, W> {
    offsets: &'a [u32],
    due: &'a [Due],
    words: &'a [W],
    /// Index in `due` of the next row block.
    next: usize,
    /// Whether rows are too large to be found in a cache when they are used again.
    once: bool,
}

impl<'a, W> RowBlocks<'a, W> {
    /// The row blocks `due` of `words`, whose row blocks start at `offsets`.
    #[inline(always)]
    pub fn new(offsets: &'a [u32], due: &'a [Due], words: &'a [W]) -> RowBlocks<'a, W> {
        let row_blocks = RowBlocks { offsets, due, words, next: 0, once: std::mem::size_of_val(words) > ONCE };
        for due in due.iter().take(AHEAD[0]) {
            prefetch(offsets, due.row_block as usize);
        }
        for due in due.iter().take(AHEAD[1]) {
            row_blocks.prefetch_words(due);
        }
        row_blocks
    }

    /// Where the words of a row block start and end.
    #[inline(always)]
    fn bounds(&self, due: &Due) -> (usize, usize) {
        (self.offsets[due.row_block as usize] as usize, self.offsets[due.row_block as usize + 1] as usize)
    }

    /// Prefetches the first synapses of a row block.
    #[inline(always)]
    fn prefetch_words(&self, due: &Due) {
        let per_line = 64 / std::mem::size_of::<W>().max(1);
        let (start, end) = self.bounds(due);
        for line in 0..LINES.min((end - start).div_ceil(per_line)) {
            let at = start + line * per_line;
            if self.once { prefetch_once(self.words, at) } else { prefetch(self.words, at) }
        }
    }
}

impl<W> Iterator for RowBlocks<'_, W> {
    type Item = (usize, usize, Due);

    #[inline(always)]
    fn next(&mut self) -> Option<(usize, usize, Due)> {
        let due = *self.due.get(self.next)?;
        if let Some(ahead) = self.due.get(self.next + AHEAD[0]) {
            prefetch(self.offsets, ahead.row_block as usize);
        }
        if let Some(ahead) = self.due.get(self.next + AHEAD[1]) {
            self.prefetch_words(ahead);
        }
        self.next += 1;
        let (start, end) = self.bounds(&due);
        Some((start, end, due))
    }
}
