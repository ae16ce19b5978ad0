//! The pass `integrate` of one tile: input -> state, spikes. Twin of `shaders/integrate.wgsl`.

use std::marker::PhantomData;
use std::ops::Range;

use crate::device::cpu::inbox::TOUCH;
use crate::device::cpu::ring::{Ring, Sum};
use crate::models::{Columns, Neuron};
use crate::number::{Fixed, Number};
use crate::plan::{MOST_CHANNELS, MOST_EPOCH};
use crate::simd::{Fields, FieldsMut, Items, Level, Vector, Work, vectorised};

/// Neurons of a tile: a population is stepped tile by tile, so that what a tile reads and writes stays in the first
/// cache for all steps of an epoch.
pub const TILE: usize = 256;

/// What arrives at a tile in the steps of an epoch, a row for each step and channel; kept, since clearing it costs as much
/// as stepping.
#[derive(Debug)]
pub struct Input<R>(Vec<R>);

/// A little longer than a tile, so that the same neuron of all steps does not fall into the same places of the cache.
const ROW: usize = TILE + 16;
/// Rows.
const ROWS: usize = MOST_EPOCH as usize * MOST_CHANNELS;

impl<R: Number> Default for Input<R> {
    fn default() -> Input<R> {
        Input(vec![R::of(0.0); ROWS * ROW])
    }
}

impl<R> Input<R> {
    /// What arrives on `channel` in step `k` of the epoch.
    #[inline(always)]
    pub fn row(&mut self, k: usize, channel: usize) -> &mut [R] {
        &mut self.0[(k * MOST_CHANNELS + channel) * ROW..][..TILE]
    }
}

/// Sums of a ring that arrive at a tile.
#[derive(Debug)]
pub struct Arriving<'a, R: Number> {
    /// Where they are; they are cleared.
    pub ring: &'a mut Ring<R::Fixed>,
    /// For each 32 sums, whether there may be one that is not zero; empty where that is not known.
    pub touched: &'a [bool],
    /// Per step of the epoch, the sum of the tile's first neuron on the first channel.
    pub starts: [usize; MOST_EPOCH as usize],
    /// From a channel to the next.
    pub stride: usize,
    /// Per channel, the value of one count.
    pub units: &'a [R],
}

/// What arrives at a tile, channel by channel.
trait Arrivals<R: Number> {
    /// In step `k` of the epoch, for neurons of the tile.
    fn take<V: Vector<Number = R>>(&mut self, channel: usize, k: usize, place: Items) -> V;
}

/// Sums in cells of one kind.
struct Sums<'a, R, C> {
    sums: &'a mut [C],
    touched: &'a [bool],
    starts: [usize; MOST_EPOCH as usize],
    stride: usize,
    units: [R; MOST_CHANNELS],
}

impl<R: Number, C: Sum<R::Fixed>> Arrivals<R> for Sums<'_, R, C> {
    #[inline(always)]
    fn take<V: Vector<Number = R>>(&mut self, channel: usize, k: usize, place: Items) -> V {
        let from = self.starts[k] + channel * self.stride + place.first;
        const { assert!(V::LANES <= TOUCH, "the first and the last tell of all") };
        let touched = |at: usize| self.touched.get(at / TOUCH) != Some(&false);
        if !touched(from) && !touched(from + V::LANES - 1) {
            return V::of(0.0);
        }
        let sums = &mut self.sums[from..from + V::LANES];
        let values: V = C::side_by_side(sums);
        sums[..place.count].fill(C::default());
        values * V::splat(self.units[channel])
    }
}

impl<R: Number> Arrivals<R> for &Input<R> {
    #[inline(always)]
    fn take<V: Vector<Number = R>>(&mut self, channel: usize, k: usize, place: Items) -> V {
        let place = Items { first: place.first, count: V::LANES };
        Fields::new(&self.0, ROWS, ROW).load(k * MOST_CHANNELS + channel, place)
    }
}

/// Neurons of one population in one shard, a tile of which is stepped.
#[derive(Debug)]
pub struct Patch<'a, R: Number> {
    /// Neurons of the piece.
    pub count: usize,
    /// The tile.
    pub tile: Range<usize>,
    /// State, field by field.
    pub state: &'a mut [R],
    /// Sums that arrive at the tile; nothing where `input` holds all.
    pub arriving: Option<Arriving<'a, R>>,
    /// What arrives at the tile, as numbers.
    pub input: &'a Input<R>,
    /// Current from stimuli, pA: one entry each, or empty for none.
    pub current: &'a [R],
    /// The steps to play, counted from the start of the epoch.
    pub steps: Range<usize>,
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

/// Some steps of a tile.
pub fn integrate<N: Neuron, R: Number>(patch: Patch<'_, R>) {
    vectorised(Integrate::<N, R>(patch, PhantomData));
}

struct Integrate<'a, N, R: Number>(Patch<'a, R>, PhantomData<N>);

impl<N: Neuron, R: Number> Work for Integrate<'_, N, R> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let mut patch = self.0;
        let Some(Arriving { ring, touched, starts, stride, units }) = patch.arriving.take() else {
            let input = patch.input;
            return from::<N, R, L>(patch, input);
        };
        let units = std::array::from_fn(|channel| units.get(channel).copied().unwrap_or_default());
        match ring {
            // Rings of 64-bit weights have no narrower cells; without the condition they would be compiled.
            Ring::Byte(sums) if R::Fixed::BITS < 32 => {
                from::<N, R, L>(patch, Sums { sums, touched, starts, stride, units });
            }
            Ring::Short(sums) if R::Fixed::BITS < 32 => {
                from::<N, R, L>(patch, Sums { sums, touched, starts, stride, units });
            }
            Ring::Byte(_) | Ring::Short(_) => {}
            Ring::Full(sums) => from::<N, R, L>(patch, Sums { sums, touched, starts, stride, units }),
        }
    }
}

/// With what arrives from one place.
#[inline(always)]
fn from<N: Neuron, R: Number, L: Level>(patch: Patch<'_, R>, arrivals: impl Arrivals<R>) {
    let Patch { count, out: Out { derived, derived_stride, .. }, .. } = patch;
    if derived_stride == 1 {
        tile::<N, R, R::Side<L>>(patch, arrivals, Same(N::Derived::<R::Side<L>>::splat(derived)));
    } else {
        tile::<N, R, R::Side<L>>(patch, arrivals, Own(Fields::new(derived, N::Derived::<R>::COUNT, count)));
    }
}

/// The derived values of neurons. Not a closure, which nothing could oblige the compiler to inline.
trait DerivedOf<N: Neuron, V: Vector> {
    fn of(&self, items: Items) -> N::Derived<V>;
}

/// All neurons have the same.
struct Same<D>(D);

impl<N: Neuron<Derived<V> = D>, V: Vector, D: Copy> DerivedOf<N, V> for Same<D> {
    #[inline(always)]
    fn of(&self, _: Items) -> D {
        self.0
    }
}

/// Each has its own.
struct Own<'a, R>(Fields<'a, R>);

impl<N: Neuron, V: Vector> DerivedOf<N, V> for Own<'_, V::Number> {
    #[inline(always)]
    fn of(&self, items: Items) -> N::Derived<V> {
        N::Derived::<V>::load(&self.0, items)
    }
}

/// As many neurons as there are lanes through all steps, then the next: their state stays in registers.
#[inline(always)]
fn tile<N: Neuron, R: Number, V: Vector<Number = R>>(
    patch: Patch<'_, R>,
    mut arrivals: impl Arrivals<R>,
    derived: impl DerivedOf<N, V>,
) {
    let Patch { count, tile, steps, current, .. } = patch;
    let mut state = FieldsMut::new(patch.state, N::State::<R>::COUNT, count);
    let mut out = patch.out;
    let mut start = 0;
    while start + V::LANES <= tile.len() {
        let items = Items { first: tile.start + start, count: V::LANES };
        chunk::<N, R, V>(
            &mut state,
            &mut arrivals,
            (&derived.of(items), current),
            steps.clone(),
            (start, items),
            &mut out,
        );
        start += V::LANES;
    }
    if start < tile.len() {
        let items = Items { first: tile.start + start, count: tile.len() - start };
        chunk::<N, R, V>(&mut state, &mut arrivals, (&derived.of(items), current), steps, (start, items), &mut out);
    }
}

/// Neurons side by side through all steps: their derived values and current, their place in the tile and in the piece.
#[inline(always)]
fn chunk<N: Neuron, R: Number, V: Vector<Number = R>>(
    fields: &mut FieldsMut<'_, R>,
    arrivals: &mut impl Arrivals<R>,
    (derived, current): (&N::Derived<V>, &[R]),
    steps: Range<usize>,
    (start, items): (usize, Items),
    out: &mut Out<'_, R>,
) {
    let place = Items { first: start, count: items.count };
    let own = ((1u64 << place.count) - 1) as u32;
    let current = if current.is_empty() { V::of(0.0) } else { Fields::new(current, 1, current.len()).load(0, items) };
    let mut state = N::State::<V>::load(fields.fields(), items);
    for k in steps {
        // Not a loop, since what a loop fills stays in memory; and not a closure, see `DerivedOf`.
        let input: [V; MOST_CHANNELS] = [
            arrived::<N, R, V>(arrivals, 0, k, place),
            arrived::<N, R, V>(arrivals, 1, k, place),
            arrived::<N, R, V>(arrivals, 2, k, place),
            arrived::<N, R, V>(arrivals, 3, k, place),
        ];
        N::advance(derived, &mut state, &input[..N::DECLARATION.channels.len()], current);
        let loud = N::margin(derived, &state).loud() & own;
        if loud != 0 {
            state.store(fields, items);
            emit::<N, R>(fields.numbers(), out, k, items.first, loud);
            state = N::State::<V>::load(fields.fields(), items);
        }
    }
    state.store(fields, items);
}

/// What arrives on a channel, if there is one.
#[inline(always)]
fn arrived<N: Neuron, R: Number, V: Vector<Number = R>>(
    arrivals: &mut impl Arrivals<R>,
    channel: usize,
    k: usize,
    place: Items,
) -> V {
    if channel < N::DECLARATION.channels.len() { arrivals.take(channel, k, place) } else { V::of(0.0) }
}

/// The spikes, or the faults, of those neurons from `start` on whose bit in `loud` is set.
#[cold]
#[inline(never)]
fn emit<N: Neuron, R: Number>(fields: &mut [R], out: &mut Out<'_, R>, k: usize, start: usize, mut loud: u32) {
    let count = fields.len() / N::State::<R>::COUNT.max(1);
    while loud != 0 {
        let i = start + loud.trailing_zeros() as usize;
        loud &= loud - 1;
        let derived = N::Derived::<R>::gather(out.derived, out.derived_stride, i % out.derived_stride);
        let mut state = N::State::<R>::gather(fields, count, i);
        let margin = N::margin(&derived, &state);
        let id = out.first + i as u32;
        let times = if N::DECLARATION.multiple { 1 + margin.value() as u32 } else { 1 };
        if times > out.most || !margin.finite() {
            let earlier = |fault: &(usize, u32)| *fault <= (k, id);
            *out.fault = out.fault.filter(earlier).or(Some((k, id)));
            continue;
        }
        out.spikes[k].extend(std::iter::repeat_n(id, times as usize));
        N::reset(&derived, &mut state);
        state.scatter(fields, count, i);
    }
}
