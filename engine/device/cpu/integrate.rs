//! The pass `integrate` of one tile: input -> state, spikes. Twin of `shaders/integrate.wgsl`.

use std::marker::PhantomData;
use std::ops::Range;

use crate::models::{Columns, Neuron, Visit};
use crate::number::Number;
use crate::plan::MOST_CHANNELS;
use crate::simd::{Work, vectorised};

/// Neurons of a tile: a population is stepped tile by tile, so that a tile's state stays in the first cache for all
/// steps of an epoch.
pub const TILE: usize = 256;

/// Input of a tile in one step, channel by channel.
pub type Input<R> = [[R; TILE]; MOST_CHANNELS];

/// What a step of a tile writes on its way; kept, since clearing it costs as much as stepping.
#[derive(Debug)]
pub struct Scratch<R> {
    /// What arrived in this step at the tile.
    pub input: Input<R>,
    /// Distances to threshold.
    margins: [R; TILE],
    /// No current.
    none: [R; TILE],
}

impl<R: Number> Default for Scratch<R> {
    fn default() -> Scratch<R> {
        Scratch::new()
    }
}

impl<R: Number> Scratch<R> {
    /// Zeros.
    pub fn new() -> Scratch<R> {
        let zeros = [R::of(0.0); TILE];
        Scratch { input: [zeros; MOST_CHANNELS], margins: zeros, none: zeros }
    }
}

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
    /// What arrived in this step at the tile, and room.
    pub scratch: &'a mut Scratch<R>,
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
    vectorised(Integrate::<N, R>(patch, PhantomData));
}

struct Integrate<'a, N, R: Number>(Patch<'a, R>, PhantomData<N>);

impl<N: Neuron, R: Number> Work for Integrate<'_, N, R> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let patch = self.0;
        if patch.derived_stride == 1 {
            let derived = One(N::Derived::<R>::gather(patch.derived, 1, 0));
            advance::<N, R>(patch, derived);
        } else {
            let derived = Columned(patch.derived, patch.derived_stride);
            advance::<N, R>(patch, derived);
        }
    }
}

/// Neurons are advanced before their margins are looked at: without the rare spikes in it, the loop over them is straight
/// arithmetic, which the compiler turns into vector instructions.
#[inline(always)]
fn advance<N: Neuron, R: Number>(mut patch: Patch<'_, R>, derived: impl DerivedOf<N, R>) {
    let (start, length) = (patch.tile.start, patch.tile.len());
    let Scratch { input, margins, none } = &mut *patch.scratch;
    let current = if patch.current.is_empty() { &none[..length] } else { &patch.current[patch.tile.clone()] };
    let step = Step { start, input, current, margins, derived: &derived, model: PhantomData::<N> };
    N::State::<R>::each(patch.state, patch.count, patch.tile.clone(), step);
    if margins[..length].iter().fold(false, |loud, &margin| loud | !quiet(margin)) {
        for i in 0..length {
            let margin = patch.scratch.margins[i];
            if !quiet(margin) {
                emit::<N, R>(&mut patch, start + i, &derived.of(start + i), margin);
            }
        }
    }
}

/// The derived values of a neuron of a piece.
trait DerivedOf<N: Neuron, R: Number> {
    fn of(&self, i: usize) -> N::Derived<R>;
}

/// The same for all neurons.
struct One<D>(D);

/// A column of values for each field.
struct Columned<'a, R>(&'a [R], usize);

impl<N: Neuron<Derived<R> = D>, R: Number, D: Copy> DerivedOf<N, R> for One<D> {
    #[inline(always)]
    fn of(&self, _: usize) -> D {
        self.0
    }
}

impl<N: Neuron, R: Number> DerivedOf<N, R> for Columned<'_, R> {
    #[inline(always)]
    fn of(&self, i: usize) -> N::Derived<R> {
        N::Derived::<R>::gather(self.0, self.1, i)
    }
}

/// One step of the neurons of a tile, whose first is `start`.
struct Step<'a, N, R: Number, D> {
    start: usize,
    input: &'a Input<R>,
    current: &'a [R],
    margins: &'a mut [R; TILE],
    derived: &'a D,
    model: PhantomData<N>,
}

impl<N: Neuron, R: Number, D: DerivedOf<N, R>> Visit<N::State<R>> for Step<'_, N, R, D> {
    #[inline(always)]
    fn visit(&mut self, i: usize, state: &mut N::State<R>) {
        let derived = self.derived.of(self.start + i);
        let mut own = [R::of(0.0); MOST_CHANNELS];
        for (own, input) in own.iter_mut().zip(self.input) {
            *own = input[i % TILE];
        }
        N::advance(&derived, state, &own[..N::DECLARATION.channels.len()], self.current[i]);
        self.margins[i % TILE] = N::margin(&derived, state);
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
