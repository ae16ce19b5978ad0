//! What is stepped: a tile of neurons, with what arrives at it and where its spikes go.

use std::ops::Range;

use crate::number::Number;
use crate::simd::Workspace;
use crate::tile::input::{Arriving, Input};
use crate::tile::noise::Noise;
use crate::tile::poisson::Stimuli;

/// Neurons of one population in one shard, a tile of which is stepped.
#[derive(Debug)]
pub struct TileTask<'a, R: Number> {
    /// From a field of the state to the next.
    pub stride: usize,
    /// The tile.
    pub tile: Range<usize>,
    /// State, field by field.
    pub state: &'a mut [R],
    /// Sums that arrive at the tile.
    pub arriving: Arriving<'a, R>,
    /// Poisson stimuli, if some reach it in these steps.
    pub stimuli: Option<Stimuli<'a, R>>,
    /// Room for what they and the sums add up to.
    pub input: &'a mut Input<R>,
    /// Current from stimuli, pA: one entry each, or empty for none.
    pub current: &'a [R],
    /// Random numbers, for models that take some.
    pub noise: Noise<'a>,
    /// The steps to play, counted from the start of the epoch.
    pub steps: Range<usize>,
    /// Room for models that are interpreted.
    pub scratch: &'a mut Scratch<R>,
    /// Where spikes go.
    pub out: Out<'a, R>,
}

/// What a spike needs.
#[derive(Debug)]
pub struct Out<'a, R> {
    /// Derived values, field by field; one column entry in all where every neuron has the same.
    pub derived: &'a [R],
    /// Entries per derived field: 1, or the neurons of the piece.
    pub derived_stride: usize,
    /// Global id of the first neuron of the piece.
    pub first: u32,
    /// Most spikes one neuron may emit.
    pub most: u32,
    /// Per step of the epoch, spikes are appended here, by global id.
    pub spikes: &'a mut [Vec<u32>],
    /// The first (step, neuron) whose state is no longer finite, or which emits too much, by global id.
    pub fault: &'a mut Option<(usize, u32)>,
}

impl<R: Number> Out<'_, R> {
    /// Takes the spikes, or the fault, of a neuron with this margin in step `k`; says whether it has spiked.
    #[inline]
    pub fn note(&mut self, multiple: bool, k: usize, id: u32, margin: R) -> bool {
        let times = if multiple { 1u32.saturating_add(margin.value() as u32) } else { 1 };
        if times > self.most || !margin.finite() {
            let earlier = |fault: &(usize, u32)| *fault <= (k, id);
            *self.fault = self.fault.filter(earlier).or(Some((k, id)));
            return false;
        }
        self.spikes[k].extend(std::iter::repeat_n(id, times as usize));
        true
    }
}

/// What interpreting needs beside the state; kept from tile to tile.
#[derive(Debug, Default)]
pub struct Scratch<R> {
    pub(super) workspaces: Option<[Workspace<R>; 2]>,
    pub(super) margins: Vec<R>,
    pub(super) spiking: Vec<u32>,
    /// Random numbers of a step, one kind behind the other.
    pub(super) drawn: Vec<R>,
}
