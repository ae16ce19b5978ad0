//! What arrives at neurons that have Poisson stimuli: sums of the ring and counts, as numbers.

use std::ops::Range;

use crate::number::Number;
use crate::simd::{Buffer, Fields, Items, Level, Vector, Wide, Work};
use crate::tile::MAX_EPOCH;
use crate::tile::dirty::Dirty;
use crate::tile::poisson::{BLOCK, Stimuli};
use crate::tile::ring::Ring;

/// The number of neurons of a tile where no epoch has more than `longest_epoch` steps: 2048 at one step, 256 at eight
/// and more. A population is stepped tile by tile, so that what a tile reads and writes stays in the first cache for
/// all steps of an epoch; the shorter the epochs, the more neurons fit, and the cost of beginning a tile is spread over
/// more of them.
pub fn tile_size(longest_epoch: u32) -> usize {
    (2048 >> longest_epoch.max(1).ilog2()).max(256)
}

/// Sums of a ring that arrive at a tile.
#[derive(Debug)]
pub struct Arriving<'a, R: Number> {
    /// The ring that holds them; they are cleared as they are read.
    pub ring: &'a mut Ring<R::Fixed>,
    /// Which of them may differ from zero, by neurons of the tile.
    pub dirty: Dirty<'a>,
    /// For each step of the epoch, where in the ring the sum of the tile's first neuron on the first channel is.
    pub starts: [usize; MAX_EPOCH as usize],
    /// The distance from a channel to the next in the ring.
    pub stride: usize,
    /// For each channel, the value of one count in its unit.
    pub units: &'a [R],
}

/// What arrives at a tile in the steps of an epoch, a row for each step and channel. Kept from tile to tile and not
/// cleared, since clearing would cost as much as stepping.
#[derive(Debug)]
pub struct Input<R> {
    rows: Buffer<R>,
    /// The length of a row.
    row_length: usize,
    /// Rows of a step.
    channels: usize,
}

/// The rows of an [`Input`], each beginning with the first neuron of a tile.
#[derive(Debug)]
pub struct Rows<'a, R> {
    fields: Fields<'a, R>,
    channels: usize,
}

impl<R: Wide> Rows<'_, R> {
    /// What arrives on `channel` in step `k` of the epoch at `neurons`, places in the tile.
    #[inline(always)]
    pub fn load<V: Vector<Number = R>>(&self, channel: usize, k: usize, neurons: Items) -> V {
        self.fields.load(k * self.channels + channel, neurons)
    }
}

impl<R: Wide> Input<R> {
    /// Memory for tiles of a plan whose epochs have at most `longest_epoch` steps and whose neurons at most `channels`
    /// channels. Tiles may be a block longer than [`tile_size`].
    pub fn new(longest_epoch: u32, channels: u32) -> Input<R> {
        let channels = channels as usize;
        // Whole blocks of Poisson counts may begin before a tile, and end behind it. So rows are not a power of two
        // long either, and the same neuron of all steps does not fall into the same places of the cache.
        let row_length = BLOCK + (tile_size(longest_epoch) + BLOCK) + 16;
        Input { rows: Buffer::zeros((longest_epoch as usize * channels + 1) * row_length), row_length, channels }
    }

    /// The row of step `k` of the epoch and `channel`; it begins with the block that holds the first neuron of the
    /// tile.
    #[inline(always)]
    fn row(&mut self, k: usize, channel: usize) -> &mut [R] {
        &mut self.rows[(k * self.channels + channel) * self.row_length..][..self.row_length]
    }

    /// The rows of `channel` from the `from`-th number of that of step 0 on, and the distance from a step to the next.
    #[inline(always)]
    fn rows_of_channel(&mut self, channel: usize, from: usize) -> (&mut [R], usize) {
        let stride = self.channels * self.row_length;
        (&mut self.rows[channel * self.row_length + from..], stride)
    }

    /// What arrives on `channel` in step `k` of the epoch at the `count` neurons that begin `start` places behind the
    /// first of the tile, whose global id is `first`.
    pub fn arrived(&self, (k, channel): (usize, usize), first: usize, start: usize, count: usize) -> &[R] {
        &self.rows[(k * self.channels + channel) * self.row_length + first % BLOCK + start..][..count]
    }

    /// All rows, each from the first neuron of the tile on, whose global id is `first`.
    #[inline(always)]
    pub fn rows(&self, first: usize) -> Rows<'_, R> {
        let rows = self.rows.len() / self.row_length - 1;
        Rows { fields: Fields::new(&self.rows[first % BLOCK..], rows, self.row_length), channels: self.channels }
    }
}

/// The work of writing the input of some neurons of a tile: sums of the ring, which are cleared, and Poisson counts.
pub struct Fill<'a, 'b, R: Wide> {
    /// Sums that arrive at the tile.
    pub arriving: &'b mut Arriving<'a, R>,
    /// Poisson stimuli, if some reach it.
    pub stimuli: Option<&'b Stimuli<'a, R>>,
    /// The global id of the first neuron of the slice.
    pub first: u32,
    /// How many neurons of the tile come before `neurons`.
    pub start: usize,
    /// The neurons, by place in the slice.
    pub neurons: Range<usize>,
    /// The steps, counted from the start of the epoch.
    pub steps: Range<usize>,
    /// Where the input is written.
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
            let (on, Some(reached)) = (stimuli.steps_on(target, &steps), target.among(&neurons)) else { continue };
            let block = (before + reached.start - neurons.start) / BLOCK * BLOCK;
            let rows = input.rows_of_channel(target.channel as usize, block);
            let all = reached == neurons;
            stimuli.add::<L>((on, target, weights), (first + reached.start as u32, reached), all, rows);
        }
    }
}
