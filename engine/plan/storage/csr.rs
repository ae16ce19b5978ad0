//! Laying out stored rows: the synapses that reach a shard, sorted by (source, delay block). They are generated twice,
//! once to count and once to fill; each thread takes ranges of sources, whose rows are contiguous in every shard.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, Result};
use crate::number::Fixed;
use crate::plan::SourceLayout;
use crate::plan::connectivity::generate_row::{SynapseBatch, SynapseSink};
use crate::plan::connectivity::procedural::Connectivity;
use crate::plan::storage::encoding::{Encoding, SynapseFormat};
use crate::plan::storage::rows::{StoredRows, Topology, Words};
use crate::simd::{Level, Work, vectorised, zeros};
use crate::threads::{BUILDING, together};

/// All that stored rows are made from.
pub(crate) struct RowBuilder<'a, F> {
    pub connectivity: &'a Connectivity<F>,
    /// Per population, the global id of its first neuron, and the number of its neurons.
    pub populations: &'a [(u32, u32)],
    /// Number of all neurons.
    pub neurons: u32,
    pub encoding: Encoding,
    /// Number of delay blocks.
    pub blocks: u32,
    /// Shortest delay, steps.
    pub min_delay: u32,
    /// The neurons of each shard that is laid out, contiguous: of all shards, or of those of one player.
    pub cuts: &'a [Range<u32>],
    /// The neurons of all these shards.
    pub owned: Range<u32>,
    /// One per source population.
    pub source_layouts: &'a [SourceLayout<F>],
    /// Number of threads that build.
    pub threads: u32,
}

/// A shard's topology and weights while they are laid out.
type Rows<F> = (Topology, Vec<F>);

/// Number of ranges of sources per thread, so that none waits long for the others.
const RANGES: u32 = 16;

impl<F: Fixed> RowBuilder<'_, F> {
    /// The rows of all shards that are laid out.
    ///
    /// # Errors
    /// [`Error::DeviceLimit`] for more synapses in a shard than its row starts can count; a system that gives no more
    /// threads.
    pub fn build(&self) -> Result<Vec<StoredRows<F>>> {
        let mut rows: Vec<Rows<F>> = self.cuts.iter().map(|_| Rows::default()).collect();
        if self.connectivity.any_stored() {
            self.lay_out(&mut rows)?;
        }
        let shared = |(topology, weights)| StoredRows { topology: Arc::new(topology), weights: Arc::new(weights) };
        Ok(rows.into_iter().map(shared).collect())
    }

    /// Counts and fills the rows of all shards.
    fn lay_out(&self, rows: &mut [Rows<F>]) -> Result<()> {
        let row_blocks = self.neurons as usize * self.blocks as usize;
        rows.iter_mut().for_each(|(topology, _)| topology.offsets = zeros(row_blocks + 1));
        self.count(rows)?;
        for (topology, weights) in rows.iter_mut() {
            let mut sum = 0u64;
            for offset in &mut topology.offsets {
                sum += u64::from(*offset);
                *offset = u32::try_from(sum).map_err(|_| too_many(sum))?;
            }
            match self.encoding.format {
                SynapseFormat::Plain2 => topology.words = Words::Two(zeros(sum as usize)),
                SynapseFormat::Wide => {
                    (topology.words, *weights) = (Words::Four(zeros(sum as usize)), zeros(sum as usize));
                }
                SynapseFormat::Plain4 | SynapseFormat::Narrow => topology.words = Words::Four(zeros(sum as usize)),
            }
        }
        self.fill(rows)
    }

    /// Ranges of sources with the index of their population; none spans two populations.
    fn ranges(&self) -> Vec<(usize, Range<u32>)> {
        let share = self.neurons.div_ceil(self.threads.max(1) * RANGES).max(64);
        let mut ranges = Vec::new();
        for (population, &(first, size)) in self.populations.iter().enumerate() {
            let starts = (0..size).step_by(share as usize);
            ranges.extend(starts.map(|at| (population, first + at..first + (at + share).min(size))));
        }
        ranges
    }

    /// Counts the synapses of each row block into the word behind its start.
    fn count(&self, rows: &mut [Rows<F>]) -> Result<()> {
        let mut rest: Vec<&mut [u32]> = rows.iter_mut().map(|(topology, _)| &mut topology.offsets[1..]).collect();
        let tasks = self.ranges().into_iter().map(|(population, sources)| {
            let own = take_each(&mut rest, |_| sources.len() * self.blocks as usize);
            Count { layout: self, population, sources, counts: own }
        });
        parallel(self.threads, tasks.collect())
    }

    /// Fills the rows, whose starts are known, with synapses.
    fn fill(&self, rows: &mut [Rows<F>]) -> Result<()> {
        let ranges = self.ranges();
        let mut tasks: Vec<Fill<'_, F>> = ranges
            .into_iter()
            .map(|(population, sources)| Fill { layout: self, population, sources, shards: Vec::new() })
            .collect();
        for (topology, weights) in rows {
            let Topology { offsets, words } = topology;
            let mut words = match words {
                Words::Two(words) => WordsMut::Two(words),
                Words::Four(words) => WordsMut::Four(words),
            };
            let mut weights = weights.as_mut_slice();
            for task in &mut tasks {
                let first = task.sources.start as usize * self.blocks as usize;
                let last = task.sources.end as usize * self.blocks as usize;
                let starts = &offsets[first..=last];
                let count = (starts[starts.len() - 1] - starts[0]) as usize;
                let own = if weights.is_empty() { 0 } else { count };
                let (mine, rest) = std::mem::take(&mut weights).split_at_mut(own);
                weights = rest;
                task.shards.push(FillShard { starts, words: words.take(count), weights: mine });
            }
        }
        parallel(self.threads, tasks)
    }

    /// Whether a synapse onto `target` is laid out.
    #[inline(always)]
    fn owns(&self, target: u32) -> bool {
        target.wrapping_sub(self.owned.start) < self.owned.end - self.owned.start
    }

    /// The indices of the shard and of the delay block that a synapse onto `target` with a delay of `delay` steps goes
    /// to.
    #[inline(always)]
    fn place(&self, target: u32, delay: u32) -> (usize, usize) {
        let shard = match self.cuts {
            [_] => 0,
            [a, _] => usize::from(target >= a.end),
            many => many.partition_point(|c| c.end <= target),
        };
        (shard, ((delay - self.min_delay) >> self.encoding.delay_bits) as usize)
    }
}

/// The error of a shard with more synapses than 32 bits can count.
fn too_many(synapses: u64) -> Error {
    Error::DeviceLimit {
        what: "synapses of one shard".into(),
        needed: synapses,
        offered: u64::from(u32::MAX),
        hint: "use more threads, or rows that are drawn at each spike (--set plan.rows=procedural)".into(),
    }
}

/// Cuts a piece off the front of each slice, of the length that `count` gives for its index.
fn take_each<'a, T>(rest: &mut [&'a mut [T]], count: impl Fn(usize) -> usize) -> Vec<&'a mut [T]> {
    let pieces = rest.iter_mut().enumerate().map(|(shard, slice)| {
        let (own, others) = std::mem::take(slice).split_at_mut(count(shard));
        *slice = others;
        own
    });
    pieces.collect()
}

/// Does `tasks` on `threads` threads, each in vector code.
///
/// # Errors
/// A system that gives no more threads.
fn parallel<W: Work<Out = ()> + Send>(threads: u32, mut tasks: Vec<W>) -> Result<()> {
    // From the first to the last, so that memory is touched in order.
    tasks.reverse();
    let tasks = Mutex::new(tasks);
    let next = || tasks.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let work = || {
        while let Some(task) = next() {
            vectorised(task);
        }
    };
    together(threads as usize, BUILDING, |_| work(), work)
}

/// The task to count the synapses of the row blocks of a range of sources.
struct Count<'a, F> {
    layout: &'a RowBuilder<'a, F>,
    /// Index of the sources' population.
    population: usize,
    sources: Range<u32>,
    /// Per shard, the counts of these row blocks.
    counts: Vec<&'a mut [u32]>,
}

impl<F: Fixed> Work for Count<'_, F> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(mut self) {
        for (index, source) in self.sources.clone().enumerate() {
            let row_blocks = index * self.layout.blocks as usize;
            let mut sink = CountSink { layout: self.layout, counts: &mut self.counts, row_blocks };
            self.layout.connectivity.generate_stored(self.population, source, &mut sink);
        }
    }
}

/// A receiver that counts the synapses of one source.
struct CountSink<'a, 'b, F> {
    layout: &'a RowBuilder<'a, F>,
    counts: &'a mut [&'b mut [u32]],
    /// The first row block of the source.
    row_blocks: usize,
}

impl<F: Fixed> SynapseSink<F> for CountSink<'_, '_, F> {
    const WEIGHTS: bool = false;

    #[inline(always)]
    fn push_batch(&mut self, synapses: &SynapseBatch<F>) {
        for i in (0..synapses.count).filter(|&i| self.layout.owns(synapses.targets[i])) {
            let (shard, block) = self.layout.place(synapses.targets[i], synapses.delays[i]);
            self.counts[shard][self.row_blocks + block] += 1;
        }
    }
}

/// The task to fill the rows of a range of sources.
struct Fill<'a, F> {
    layout: &'a RowBuilder<'a, F>,
    /// Index of the sources' population.
    population: usize,
    sources: Range<u32>,
    shards: Vec<FillShard<'a, F>>,
}

/// The rows of a range of sources in one shard.
struct FillShard<'a, F> {
    /// Starts of the row blocks of these sources, and the end of the last.
    starts: &'a [u32],
    words: WordsMut<'a>,
    /// Weights of the synapses; empty where these are packed or shared.
    weights: &'a mut [F],
}

/// Packed synapses that are still to be written.
enum WordsMut<'a> {
    Two(&'a mut [u16]),
    Four(&'a mut [u32]),
}

impl<'a> WordsMut<'a> {
    /// Cuts the first `count` words off.
    fn take(&mut self, count: usize) -> WordsMut<'a> {
        match self {
            WordsMut::Two(words) => {
                let (own, rest) = std::mem::take(words).split_at_mut(count);
                *words = rest;
                WordsMut::Two(own)
            }
            WordsMut::Four(words) => {
                let (own, rest) = std::mem::take(words).split_at_mut(count);
                *words = rest;
                WordsMut::Four(own)
            }
        }
    }
}

impl<F: Fixed> Work for Fill<'_, F> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(mut self) {
        let layout = self.layout;
        let blocks = layout.blocks as usize;
        let bases: Vec<(u32, u32)> = layout.cuts.iter().map(|cut| (cut.start, cut.end - cut.start)).collect();
        let one_channel = layout.source_layouts[self.population].channel.is_some();
        let mut next = vec![0u32; self.shards.len() * blocks];
        for (index, source) in self.sources.clone().enumerate() {
            for (shard, own) in self.shards.iter().enumerate() {
                let starts = &own.starts[index * blocks..(index + 1) * blocks];
                let first = own.starts[0];
                for (next, start) in next[shard * blocks..(shard + 1) * blocks].iter_mut().zip(starts) {
                    *next = start - first;
                }
            }
            let shards = &mut self.shards;
            let mut sink = FillSink { layout, bases: &bases, one_channel, next: &mut next, shards };
            layout.connectivity.generate_stored(self.population, source, &mut sink);
        }
    }
}

/// A receiver that stores the synapses of one source.
struct FillSink<'a, 'b, F> {
    layout: &'a RowBuilder<'a, F>,
    /// Per shard, the global id of its first neuron, and the number of its neurons.
    bases: &'a [(u32, u32)],
    /// Whether accumulators count one channel only.
    one_channel: bool,
    /// Per shard and block, where the next synapse goes.
    next: &'a mut [u32],
    shards: &'a mut [FillShard<'b, F>],
}

impl<F: Fixed> SynapseSink<F> for FillSink<'_, '_, F> {
    #[inline(always)]
    fn push_batch(&mut self, synapses: &SynapseBatch<F>) {
        let (layout, encoding) = (self.layout, self.layout.encoding);
        for i in (0..synapses.count).filter(|&i| layout.owns(synapses.targets[i])) {
            let (target, delay, weight) = (synapses.targets[i], synapses.delays[i], synapses.weights[i]);
            let (shard, block) = layout.place(target, delay);
            let (first, neurons) = self.bases[shard];
            let channel = if self.one_channel { 0 } else { synapses.channels[i] };
            let within = (delay - layout.min_delay) & ((1 << encoding.delay_bits) - 1);
            let word = encoding.pack(channel * neurons + target - first, within, weight);
            let at = &mut self.next[shard * layout.blocks as usize + block];
            let own = &mut self.shards[shard];
            match &mut own.words {
                WordsMut::Two(words) => words[*at as usize] = word as u16,
                WordsMut::Four(words) => words[*at as usize] = word,
            }
            if encoding.format == SynapseFormat::Wide {
                own.weights[*at as usize] = weight;
            }
            *at += 1;
        }
    }
}
