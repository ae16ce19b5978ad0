//! What arrives at neurons that have Poisson stimuli: sums of the ring and counts, as numbers.

use std::ops::Range;

use crate::number::Number;
use crate::simd::{Buffer, Fields, Items, Level, Vector, Wide, Work};
use crate::tile::MAX_EPOCH;
use crate::tile::dirty::Dirty;
use crate::tile::poisson::{BLOCK, Stimuli};
use crate::tile::ring::Ring;

/// Neurons of a tile: a population is stepped tile by tile, so that what a tile reads and writes stays in the first
/// cache for all steps of an epoch; the shorter the epochs, the more neurons may share the way into a tile.
pub fn tile(longest_epoch: u32) -> usize {
    (2048 >> longest_epoch.max(1).ilog2()).max(256)
}

/// Sums of a ring that arrive at a tile.
#[derive(Debug)]
pub struct Arriving<'a, R: Number> {
    /// Where they are; they are cleared.
    pub ring: &'a mut Ring<R::Fixed>,
    /// Which may not be zero, by neurons of the tile.
    pub dirty: Dirty<'a>,
    /// Per step of the epoch, the sum of the tile's first neuron on the first channel.
    pub starts: [usize; MAX_EPOCH as usize],
    /// From a channel to the next.
    pub stride: usize,
    /// Per channel, the value of one count.
    pub units: &'a [R],
}

/// What arrives at a tile in the steps of an epoch, a row for each step and channel; kept, since clearing it costs as much
/// as stepping.
#[derive(Debug)]
pub struct Input<R> {
    rows: Buffer<R>,
    /// Numbers of a row.
    row: usize,
    /// Rows of a step.
    channels: usize,
}

/// The rows of an [`Input`], from the first neuron of a tile on.
#[derive(Debug)]
pub struct Rows<'a, R> {
    fields: Fields<'a, R>,
    channels: usize,
}

impl<R: Wide> Rows<'_, R> {
    /// What arrives on `channel` in step `k` of the epoch at neurons of the tile.
    #[inline(always)]
    pub fn load<V: Vector<Number = R>>(&self, channel: usize, k: usize, neurons: Items) -> V {
        self.fields.load(k * self.channels + channel, neurons)
    }
}

impl<R: Wide> Input<R> {
    /// Room for tiles of a plan whose epochs have so many steps at most, and whose neurons so many channels; they may be a
    /// block longer than planned.
    pub fn new(longest_epoch: u32, channels: u32) -> Input<R> {
        let channels = channels as usize;
        // Whole blocks of Poisson counts may begin before a tile, and end behind it. So rows are not a power of two long
        // either, and the same neuron of all steps does not fall into the same places of the cache.
        let row = BLOCK + (tile(longest_epoch) + BLOCK) + 16;
        Input { rows: Buffer::zeros((longest_epoch as usize * channels + 1) * row), row, channels }
    }

    /// What arrives on `channel` in step `k` of the epoch, from the block on that has the first neuron of the tile.
    #[inline(always)]
    fn row(&mut self, k: usize, channel: usize) -> &mut [R] {
        &mut self.rows[(k * self.channels + channel) * self.row..][..self.row]
    }

    /// What arrives on `channel` in the steps of the epoch, from the `from`-th number on, and the numbers from a step to the next.
    #[inline(always)]
    fn steps(&mut self, channel: usize, from: usize) -> (&mut [R], usize) {
        let stride = self.channels * self.row;
        (&mut self.rows[channel * self.row + from..], stride)
    }

    /// What arrives on `channel` in step `k` of the epoch at `count` neurons, `start` behind the first of the tile, which has
    /// global id `first`.
    pub fn arrived(&self, (k, channel): (usize, usize), first: usize, start: usize, count: usize) -> &[R] {
        &self.rows[(k * self.channels + channel) * self.row + first % BLOCK + start..][..count]
    }

    /// All rows, from the first neuron of the tile on, by its global id.
    #[inline(always)]
    pub fn rows(&self, first: usize) -> Rows<'_, R> {
        let rows = self.rows.len() / self.row - 1;
        Rows { fields: Fields::new(&self.rows[first % BLOCK..], rows, self.row), channels: self.channels }
    }
}

/// Puts the input of some neurons of a tile together.
pub struct Fill<'a, 'b, R: Wide> {
    /// Sums that arrive at the tile.
    pub arriving: &'b mut Arriving<'a, R>,
    /// Poisson stimuli, if some reach it.
    pub stimuli: Option<&'b Stimuli<'a, R>>,
    /// Global id of the slice's first neuron.
    pub first: u32,
    /// Neurons of the tile before the first.
    pub start: usize,
    /// By places in the slice.
    pub neurons: Range<usize>,
    /// Counted from the start of the epoch.
    pub steps: Range<usize>,
    /// Where it goes.
    pub input: &'b mut Input<R>,
}

impl<R: Wide> Work for Fill<'_, '_, R> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let Fill { arriving, stimuli, first, start, neurons, steps, input } = self;
        let before = (first as usize + neurons.start) % BLOCK;
        for k in steps.clone() {
            for (channel, &unit) in arriving.units.iter().enumerate() {
                let from = arriving.starts[k] + start + channel * arriving.stride;
                arriving.ring.take::<R::Side<L>>((from, neurons.len()), unit, &mut input.row(k, channel)[before..]);
            }
        }
        let Some(stimuli) = stimuli else { return };
        for (target, weights) in stimuli.targets.iter().zip(stimuli.weights) {
            let (on, Some(reached)) = (stimuli.on(target, &steps), target.among(&neurons)) else { continue };
            let block = (before + reached.start - neurons.start) / BLOCK * BLOCK;
            let rows = input.steps(target.channel as usize, block);
            let all = reached == neurons;
            stimuli.add::<L>((on, target, weights), (first + reached.start as u32, reached), all, rows);
        }
    }
}
