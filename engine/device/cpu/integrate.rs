//! The pass `integrate`: input of this step -> state, spikes, slot cleared. Twin of `shaders/integrate.wgsl`.

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

#[inline(always)]
fn advance_all<N: Neuron, R: Number>(patch: Patch<'_, R>, derived: impl Fn(usize) -> N::Derived<R>) {
    const MOST_CHANNELS: usize = 4;
    let channels = N::DECLARATION.channels.len();
    let count = patch.count;
    for i in 0..count {
        let derived = derived(i);
        let mut state = N::State::<R>::gather(patch.state, count, i);
        let mut input = [R::of(0.0); MOST_CHANNELS];
        for (channel, value) in input.iter_mut().enumerate().take(channels) {
            let slot = &mut patch.input[channel * count + i];
            *value = R::of_fixed(*slot, patch.units[channel]);
            *slot = R::Fixed::default();
        }
        let current = if patch.current.is_empty() { R::of(0.0) } else { patch.current[i] };
        N::advance(&derived, &mut state, &input[..channels], current);
        let margin = N::margin(&derived, &state);
        if margin >= R::of(0.0) {
            let times = if N::DECLARATION.multiple { 1 + margin.value() as u32 } else { 1 };
            if (times > patch.most || !margin.finite()) && patch.fault.is_none() {
                *patch.fault = Some(patch.first + i as u32);
            }
            let times = times.min(patch.most);
            patch.spikes.extend(std::iter::repeat_n(patch.first + i as u32, times as usize));
            N::reset(&derived, &mut state);
        } else if !margin.finite() && patch.fault.is_none() {
            *patch.fault = Some(patch.first + i as u32);
        }
        state.scatter(patch.state, count, i);
    }
}
