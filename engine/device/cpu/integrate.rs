//! The pass `integrate` of one tile: input -> state, spikes. Twin of `shaders/integrate.wgsl`.

use std::ops::Range;

use crate::models::{Columns, Neuron};
use crate::number::Number;
use crate::plan::MOST_CHANNELS;
use crate::simd::{Work, vectorised};

/// Neurons of a tile: a population is stepped tile by tile, so that a tile's state stays in the first cache for all
/// steps of an epoch.
pub const TILE: usize = 256;

/// Input of a tile in one step, channel by channel.
pub type Input<R> = [[R; TILE]; MOST_CHANNELS];

/// Neurons of one population in one shard, a tile of which is stepped.
#[derive(Debug)]
pub struct Patch<'a, R: Number> {
    /// Neurons of the piece.
    pub count: usize,
    /// The tile.
    pub tile: Range<usize>,
    /// Derived values, field by field; one column entry in all where every neuron has the same.
    pub derived: &'a [R],
    /// Entries per derived field: 1 or `count`.
    pub derived_stride: usize,
    /// State, field by field.
    pub state: &'a mut [R],
    /// What arrived in this step at the tile.
    pub input: &'a Input<R>,
    /// Current from stimuli, pA: one entry each, or empty for none.
    pub current: &'a [R],
    /// Global id of the first neuron of the piece.
    pub first: u32,
    /// Most spikes one neuron may emit.
    pub most: u32,
    /// Spikes of this step are appended here, by global id.
    pub spikes: &'a mut Vec<u32>,
    /// Set to the first neuron whose state is no longer finite, or which emits too much, by global id.
    pub fault: &'a mut Option<u32>,
}

/// One step of a tile.
pub fn integrate<N: Neuron, R: Number>(patch: Patch<'_, R>) {
    vectorised(Integrate::<N, R>(patch, std::marker::PhantomData));
}

struct Integrate<'a, N, R: Number>(Patch<'a, R>, std::marker::PhantomData<N>);

impl<N: Neuron, R: Number> Work for Integrate<'_, N, R> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let patch = self.0;
        if patch.derived_stride == 1 {
            let derived = N::Derived::<R>::gather(patch.derived, 1, 0);
            advance::<N, R>(patch, |_| derived);
        } else {
            let (columns, stride) = (patch.derived, patch.derived_stride);
            advance::<N, R>(patch, |i| N::Derived::<R>::gather(columns, stride, i));
        }
    }
}

/// Neurons are advanced before their margins are looked at: without the rare spikes in it, the loop over them is straight
/// arithmetic, which the compiler turns into vector instructions.
#[inline(always)]
fn advance<N: Neuron, R: Number>(mut patch: Patch<'_, R>, derived: impl Fn(usize) -> N::Derived<R>) {
    let (start, length) = (patch.tile.start, patch.tile.len());
    let mut margins = [R::of(0.0); TILE];
    let input = patch.input;
    let channels = N::DECLARATION.channels.len();
    let none = [R::of(0.0); TILE];
    // One loop for both, so that the equations are inlined into it.
    let current = if patch.current.is_empty() { &none[..length] } else { &patch.current[patch.tile.clone()] };
    N::State::<R>::each(patch.state, patch.count, patch.tile.clone(), |i, state| {
        let derived = derived(start + i);
        let own: [R; MOST_CHANNELS] = std::array::from_fn(|channel| input[channel][i % TILE]);
        N::advance(&derived, state, &own[..channels], current[i]);
        margins[i % TILE] = N::margin(&derived, state);
    });
    let margins = &margins[..length];
    if margins.iter().fold(false, |loud, &margin| loud | !quiet(margin)) {
        for (i, &margin) in margins.iter().enumerate().filter(|(_, margin)| !quiet(**margin)) {
            emit::<N, R>(&mut patch, start + i, &derived(start + i), margin);
        }
    }
}

/// Below threshold, and a number.
#[inline(always)]
fn quiet<R: Number>(margin: R) -> bool {
    (margin < R::of(0.0)) & margin.finite()
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
