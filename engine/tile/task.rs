//! What is stepped: a tile of neurons, with what arrives at it and where its spikes go.

use std::ops::Range;

use crate::number::Number;
use crate::simd::Workspace;
use crate::tile::input::{Arriving, Input};
use crate::tile::noise::Noise;
use crate::tile::poisson::Stimuli;

/// Neurons of one population in one shard, a tile of which is stepped. Places of neurons are those in this piece of the
/// population.
#[derive(Debug)]
pub struct TileTask<'a, R: Number> {
    /// The distance from a field of the state to the next.
    pub stride: usize,
    /// The neurons of the tile, by place.
    pub tile: Range<usize>,
    /// State, field by field.
    pub state: &'a mut [R],
    /// Sums that arrive at the tile.
    pub arriving: Arriving<'a, R>,
    /// Poisson stimuli, if some reach it in these steps.
    pub stimuli: Option<Stimuli<'a, R>>,
    /// Memory in which the sums and the Poisson stimuli are added up.
    pub input: &'a mut Input<R>,
    /// The current of stimuli, pA, by place; empty where there is none.
    pub current: &'a [R],
    /// Random numbers, for models that take some.
    pub noise: Noise<'a>,
    /// The steps to play, counted from the start of the epoch.
    pub steps: Range<usize>,
    /// Memory for models that are played by their equations.
    pub scratch: &'a mut Scratch<R>,
    /// Where spikes go.
    pub out: Out<'a, R>,
}

/// What emitting a spike needs: derived values for the reset, and where spikes and faults are noted.
#[derive(Debug)]
pub struct Out<'a, R> {
    /// Derived values, field by field; one entry for each field where all neurons have the same.
    pub derived: &'a [R],
    /// Entries of each derived field: 1, or the number of neurons of the piece.
    pub derived_stride: usize,
    /// Global id of the first neuron of the piece.
    pub first: u32,
    /// The most spikes that a neuron may emit in a step; more are a fault.
    pub max_spikes: u32,
    /// For each step of the epoch, the list to which the global ids of spiking neurons are appended.
    pub spikes: &'a mut [Vec<u32>],
    /// The first step of the epoch and global id of a neuron whose state is no longer finite, or which emits more than
    /// `max_spikes`.
    pub fault: &'a mut Option<(usize, u32)>,
}

impl<R: Number> Out<'_, R> {
    /// Records the spikes of neuron `id`, whose margin in step `k` of the epoch is not below zero, or its fault. Where
    /// `multiple` the margin is the number of spikes less one. Whether it has spiked.
    #[inline]
    pub fn record(&mut self, multiple: bool, k: usize, id: u32, margin: R) -> bool {
        let times = if multiple { 1u32.saturating_add(margin.value() as u32) } else { 1 };
        if times > self.max_spikes || !margin.finite() {
            let earlier = |fault: &(usize, u32)| *fault <= (k, id);
            *self.fault = self.fault.filter(earlier).or(Some((k, id)));
            return false;
        }
        self.spikes[k].extend(std::iter::repeat_n(id, times as usize));
        true
    }
}

/// Memory that playing a model by its equations needs beside the state; kept from tile to tile.
#[derive(Debug, Default)]
pub struct Scratch<R> {
    /// Of the programs of the step and of the reset.
    pub(super) workspaces: Option<[Workspace<R>; 2]>,
    /// The margins of the neurons after a step.
    pub(super) margins: Vec<R>,
    /// Places of the neurons that spike, or whose state is no longer finite.
    pub(super) spiking: Vec<u32>,
    /// Random numbers of a step: for each input of the step that is one, those of all neurons.
    pub(super) drawn: Vec<R>,
}
