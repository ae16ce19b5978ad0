//! The pass `integrate`: input of this step -> state, spikes, slot cleared. Twin of `shaders/integrate.wgsl`.

use std::ops::Range;

use crate::models::{Columns, Neuron};
use crate::number::Number;

/// Neurons of one population in one shard, for one step.
#[derive(Debug)]
pub struct Patch<'a, R: Number> {
    /// Neurons.
    pub count: usize,
    /// Derived values, field by field; one column entry in all where every neuron has the same.
    pub derived: &'a [R],
    /// Entries per derived field: 1 or `count`.
    pub derived_stride: usize,
    /// State, field by field.
    pub state: &'a mut [R],
    /// This step's input, channel by channel; cleared.
    pub input: &'a mut [R::Fixed],
    /// Value of one count of each channel.
    pub units: &'a [R],
    /// Current from stimuli, pA: one entry each, or empty for none.
    pub current: &'a [R],
    /// Global id of the first neuron.
    pub first: u32,
    /// Most spikes one neuron may emit.
    pub most: u32,
    /// Spikes of this step are appended here, by global id.
    pub spikes: &'a mut Vec<u32>,
    /// Set to the first neuron whose state is no longer finite, or which emits too much, by global id.
    pub fault: &'a mut Option<u32>,
}

/// One step of a patch.
pub fn integrate<N: Neuron, R: Number>(patch: Patch<'_, R>) {
    if patch.derived_stride == 1 {
        let derived = N::Derived::<R>::gather(patch.derived, 1, 0);
        advance_all::<N, R>(patch, |_| derived);
    } else {
        let (columns, stride) = (patch.derived, patch.derived_stride);
        advance_all::<N, R>(patch, |i| N::Derived::<R>::gather(columns, stride, i));
    }
}

/// Neurons that are advanced before their margins are looked at: without the rare spikes in it, the loop over them is
/// straight arithmetic, which the compiler turns into vector instructions.
const BLOCK: usize = 256;
/// Input channels a model may have.
const MOST_CHANNELS: usize = 4;

#[inline(always)]
fn advance_all<N: Neuron, R: Number>(mut patch: Patch<'_, R>, derived: impl Fn(usize) -> N::Derived<R>) {
    let zero = R::of(0.0);
    let mut input = [[zero; BLOCK]; MOST_CHANNELS];
    let mut margins = [zero; BLOCK];
    let none = [zero; BLOCK];
    for start in (0..patch.count).step_by(BLOCK) {
        let block = start..(start + BLOCK).min(patch.count);
        take_input(&mut patch, N::DECLARATION.channels.len(), &block, &mut input);
        let current = if patch.current.is_empty() { &none[..block.len()] } else { &patch.current[block.clone()] };
        let margins = &mut margins[..block.len()];
        N::State::<R>::each(patch.state, patch.count, block.clone(), |i, state| {
            let derived = derived(start + i);
            let own: [R; MOST_CHANNELS] = std::array::from_fn(|channel| input[channel][i]);
            N::advance(&derived, state, &own[..N::DECLARATION.channels.len()], current[i]);
            margins[i] = N::margin(&derived, state);
        });
        if margins.iter().fold(false, |loud, &margin| loud | !quiet(margin)) {
            for (i, &margin) in margins.iter().enumerate().filter(|(_, margin)| !quiet(**margin)) {
                emit::<N, R>(&mut patch, start + i, &derived(start + i), margin);
            }
        }
    }
}

/// Below threshold, and a number.
#[inline(always)]
fn quiet<R: Number>(margin: R) -> bool {
    margin < R::of(0.0) && margin.finite()
}

/// The input of a block of neurons as numbers; its slots are cleared.
#[inline(always)]
fn take_input<R: Number>(
    patch: &mut Patch<'_, R>,
    channels: usize,
    block: &Range<usize>,
    input: &mut [[R; BLOCK]; MOST_CHANNELS],
) {
    for (channel, values) in input.iter_mut().enumerate().take(channels) {
        let unit = patch.units[channel];
        let slots = &mut patch.input[channel * patch.count..][block.clone()];
        for (value, slot) in values.iter_mut().zip(slots) {
            *value = R::of_fixed(*slot, unit);
            *slot = R::Fixed::default();
        }
    }
}

/// The spikes of a neuron whose margin is zero or more, or its fault.
#[cold]
fn emit<N: Neuron, R: Number>(patch: &mut Patch<'_, R>, i: usize, derived: &N::Derived<R>, margin: R) {
    let id = patch.first + i as u32;
    let times = if N::DECLARATION.multiple { 1 + margin.value() as u32 } else { 1 };
    if times > patch.most || !margin.finite() {
        patch.fault.get_or_insert(id);
        return;
    }
    patch.spikes.extend(std::iter::repeat_n(id, times as usize));
    let mut state = N::State::<R>::gather(patch.state, patch.count, i);
    N::reset(derived, &mut state);
    state.scatter(patch.state, patch.count, i);
}
