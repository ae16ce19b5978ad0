//! The pass `integrate` of one tile: input -> state, spikes. Twin of `shaders/integrate.wgsl`.

use std::marker::PhantomData;
use std::ops::Range;

use crate::number::{Fixed, Number};
use crate::simd::{Fields, FieldsMut, Items, Level, Vector, Wide, Work, vectorised};
use crate::tile::dirty::{DIRTY_NEURONS, Dirty, dirty_bit};
use crate::tile::input::{Arriving, Fill, Rows};
use crate::tile::ring::{Ring, Sum};
use crate::tile::task::{Out, TileTask};
use crate::tile::{Columns, MAX_CHANNELS, MAX_EPOCH, Neuron};

/// The most channels of a model in Rust whose sums are read straight from the ring into registers; the sums of models
/// with more channels are put into an [`Input`](crate::tile::input::Input) first.
const UNROLLED: usize = 4;

/// What arrives at a tile, channel by channel.
trait Arrivals<R: Number> {
    /// Whether neurons come in whole vectors only.
    const WHOLE: bool;
    /// The [`dirty_bit`] of each step and channel of the epoch on which something may arrive at the neurons at `place`.
    fn dirty(&self, place: Items) -> u64;
    /// What arrives on `channel` in step `k` of the epoch at the neurons at `place`.
    fn take<V: Vector<Number = R>>(&mut self, channel: usize, k: usize, place: Items) -> V;
}

/// Sums of a ring in cells of type `C`; where `ASK`, it is known which of them may differ from zero.
struct Sums<'a, R, C, const ASK: bool> {
    sums: &'a mut [C],
    dirty: Dirty<'a>,
    starts: [usize; MAX_EPOCH as usize],
    stride: usize,
    units: [R; UNROLLED],
}

impl<R: Number, C: Sum<R::Fixed>, const ASK: bool> Arrivals<R> for Sums<'_, R, C, ASK> {
    const WHOLE: bool = true;
    #[inline(always)]
    fn dirty(&self, place: Items) -> u64 {
        if ASK { self.dirty.at(place.first) } else { u64::MAX }
    }
    #[inline(always)]
    fn take<V: Vector<Number = R>>(&mut self, channel: usize, k: usize, place: Items) -> V {
        const {
            assert!(
                DIRTY_NEURONS.is_multiple_of(V::LANES),
                "a vector lies within the neurons of one word of dirty bits"
            )
        };
        let from = self.starts[k] + channel * self.stride + place.first;
        let sums = &mut self.sums[from..from + V::LANES];
        let values: V = C::side_by_side(sums);
        sums.fill(C::default());
        values * V::splat(self.units[channel])
    }
}

/// The rows of an [`Input`](crate::tile::input::Input).
impl<R: Wide> Arrivals<R> for Rows<'_, R> {
    const WHOLE: bool = false;
    #[inline(always)]
    fn dirty(&self, _: Items) -> u64 {
        u64::MAX
    }
    #[inline(always)]
    fn take<V: Vector<Number = R>>(&mut self, channel: usize, k: usize, place: Items) -> V {
        self.load(channel, k, Items { first: place.first, count: V::LANES })
    }
}

/// Plays the steps of `task` for the neuron model `N`, with the widest vectors of this machine.
pub fn integrate<N: Neuron, R: Wide>(task: TileTask<'_, R>) {
    vectorised(Integrate::<N, R>(task, PhantomData));
}

/// The work of [`integrate`].
struct Integrate<'a, N, R: Wide>(TileTask<'a, R>, PhantomData<N>);

impl<N: Neuron, R: Wide> Work for Integrate<'_, N, R> {
    type Out = ();

    #[inline(always)]
    fn run<L: Level>(self) {
        let TileTask { stride, tile, state, mut arriving, stimuli, input, current, steps, out, scratch: _, noise: _ } =
            self.0;
        let mut task = TileState { stride, state, current, steps, out };
        let direct = stimuli.is_none() && N::DECLARATION.channels.len() <= UNROLLED;
        let whole = if direct { whole_vectors::<R::Side<L>>(task.out.first, &tile) } else { tile.end..tile.end };
        let pieces = [tile.start..whole.start, whole.clone(), whole.end..tile.end];
        for (index, piece) in pieces.into_iter().enumerate().filter(|(_, piece)| !piece.is_empty()) {
            let start = piece.start - tile.start;
            if index == 1 {
                by_sum_width::<N, R, L>(&mut task, piece, &mut arriving, start);
                continue;
            }
            let (first, steps) = (task.out.first, task.steps.clone());
            let neurons = piece.clone();
            let (arriving, stimuli) = (&mut arriving, stimuli.as_ref());
            L::out_of_line(Fill { arriving, stimuli, first, start, neurons, steps, input: &mut *input });
            let first = first as usize + piece.start;
            by_parameters::<N, R, L>(&mut task, piece, input.rows(first));
        }
    }
}

/// The neurons of `tile` that fill whole vectors, of which the first begins a line of cache; `first` is the global id
/// of the piece's first neuron. The others, at the ends of the tile, are stepped with their input in an
/// [`Input`](crate::tile::input::Input), so that vectors that are not full cost these nothing.
#[inline(always)]
fn whole_vectors<V: Vector>(first: u32, tile: &Range<usize>) -> Range<usize> {
    let before = (V::LANES - (first as usize + tile.start) % V::LANES) % V::LANES;
    let start = tile.end.min(tile.start + before);
    start..start + (tile.end - start) / V::LANES * V::LANES
}

/// Steps `neurons`, which fill whole vectors and begin `start` places into the tile, with sums straight from the ring:
/// a compiled version for each width of sums.
#[inline(always)]
fn by_sum_width<N: Neuron, R: Wide, L: Level>(
    task: &mut TileState<'_, R>,
    neurons: Range<usize>,
    arriving: &mut Arriving<'_, R>,
    start: usize,
) {
    let Arriving { ring, dirty, starts, stride, units } = arriving;
    let (mut dirty, stride) = (*dirty, *stride);
    dirty.before.0 = dirty.before.0.wrapping_add(start);
    let starts = starts.map(|first| first + start);
    let units = std::array::from_fn(|channel| units.get(channel).copied().unwrap_or_default());
    match &mut **ring {
        // Rings of 64-bit weights have no narrower cells; without the condition they would be compiled.
        Ring::I8(sums) if R::Fixed::BITS < 32 && !dirty.words.is_empty() => {
            by_parameters::<N, R, L>(task, neurons, Sums::<R, i8, true> { sums, dirty, starts, stride, units });
        }
        Ring::I8(sums) if R::Fixed::BITS < 32 => {
            by_parameters::<N, R, L>(task, neurons, Sums::<R, i8, false> { sums, dirty, starts, stride, units });
        }
        Ring::I16(sums) if R::Fixed::BITS < 32 && !dirty.words.is_empty() => {
            by_parameters::<N, R, L>(task, neurons, Sums::<R, i16, true> { sums, dirty, starts, stride, units });
        }
        Ring::I16(sums) if R::Fixed::BITS < 32 => {
            by_parameters::<N, R, L>(task, neurons, Sums::<R, i16, false> { sums, dirty, starts, stride, units });
        }
        Ring::I8(_) | Ring::I16(_) => {}
        // Sums as wide as weights are rare: the time to compile a version with dirty bits counts more than its speed.
        Ring::Full(sums) => {
            by_parameters::<N, R, L>(task, neurons, Sums::<R, R::Fixed, false> { sums, dirty, starts, stride, units });
        }
    }
}

/// A [`TileTask`] without what arrives.
struct TileState<'a, R> {
    stride: usize,
    state: &'a mut [R],
    current: &'a [R],
    steps: Range<usize>,
    out: Out<'a, R>,
}

/// Steps `neurons`, at which `arrivals` arrive: a compiled version each for shared derived values and for those of each
/// neuron.
#[inline(always)]
fn by_parameters<N: Neuron, R: Wide, L: Level>(
    task: &mut TileState<'_, R>,
    neurons: Range<usize>,
    arrivals: impl Arrivals<R>,
) {
    let Out { derived, derived_stride, .. } = task.out;
    if derived_stride == 1 {
        by_vector::<N, R, R::Side<L>, _>(task, neurons, arrivals, Shared(N::Derived::<R::Side<L>>::splat(derived)));
    } else {
        let derived = Fields::new(derived, N::Derived::<R>::COUNT, derived_stride);
        by_vector::<N, R, R::Side<L>, _>(task, neurons, arrivals, PerNeuron(derived));
    }
}

/// The derived values of neurons. Not a closure, since nothing can oblige the compiler to inline one.
trait DerivedOf<N: Neuron, V: Vector> {
    /// Those of the neurons at `items`, side by side.
    fn of(&self, items: Items) -> N::Derived<V>;
}

/// Derived values that all neurons share.
struct Shared<D>(D);

impl<N: Neuron<Derived<V> = D>, V: Vector, D: Copy> DerivedOf<N, V> for Shared<D> {
    #[inline(always)]
    fn of(&self, _: Items) -> D {
        self.0
    }
}

/// Derived values of each neuron.
struct PerNeuron<'a, R>(Fields<'a, R>);

impl<N: Neuron, V: Vector> DerivedOf<N, V> for PerNeuron<'_, V::Number> {
    #[inline(always)]
    fn of(&self, items: Items) -> N::Derived<V> {
        N::Derived::<V>::load(&self.0, items)
    }
}

/// Steps `neurons` vector by vector: one vector through all steps, then the next, so that its state stays in registers.
#[inline(always)]
fn by_vector<N: Neuron, R: Wide, V: Vector<Number = R>, A: Arrivals<R>>(
    task: &mut TileState<'_, R>,
    neurons: Range<usize>,
    mut arrivals: A,
    derived: impl DerivedOf<N, V>,
) {
    let TileState { stride, current, .. } = *task;
    let mut state = FieldsMut::new(task.state, N::State::<R>::COUNT, stride);
    // The first vector ends where a line of cache ends, so that the others begin one.
    let mut most = V::LANES - (task.out.first as usize + neurons.start) % V::LANES;
    let mut start = 0;
    while start < neurons.len() {
        let count = if A::WHOLE { V::LANES } else { most.min(neurons.len() - start) };
        let items = Items { first: neurons.start + start, count };
        step_vector::<N, R, V>(
            &mut state,
            &mut arrivals,
            (&derived.of(items), current),
            task.steps.clone(),
            (start, items),
            &mut task.out,
        );
        start += count;
        most = V::LANES;
    }
}

/// Plays all steps for the neurons of one vector: `items` are their places in the piece, `start` is that of the first
/// among the neurons that `arrivals` hold; `current` has an entry for each neuron of the piece, or none.
#[inline(always)]
fn step_vector<N: Neuron, R: Wide, V: Vector<Number = R>>(
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
    let dirty = arrivals.dirty(place);
    for k in steps {
        advance::<N, R, V>(arrivals, dirty, (k, place), derived, &mut state, current);
        let crossed = N::margin(derived, &state).crossed() & own;
        if crossed != 0 {
            state.store(fields, items);
            emit::<N, R>(fields.numbers(), out, k, items.first, crossed);
            state = N::State::<V>::load(fields.fields(), items);
        }
    }
    state.store(fields, items);
}

/// Advances the state of the neurons at `place` by step `k`, with what arrives in it.
#[inline(always)]
fn advance<N: Neuron, R: Wide, V: Vector<Number = R>>(
    arrivals: &mut impl Arrivals<R>,
    dirty: u64,
    (k, place): (usize, Items),
    derived: &N::Derived<V>,
    state: &mut N::State<V>,
    current: V,
) {
    const { assert!(N::DECLARATION.channels.len() <= MAX_CHANNELS, "a model has at most 255 channels") };
    if const { N::DECLARATION.channels.len() > UNROLLED } {
        let mut input = [V::of(0.0); MAX_CHANNELS];
        let channels = N::DECLARATION.channels.len();
        for (channel, input) in input[..channels].iter_mut().enumerate() {
            *input = arrived::<N, R, V>(arrivals, dirty, channel, k, place);
        }
        N::advance(derived, state, &input[..channels], current);
        return;
    }
    // Not a loop, since an array that a loop fills stays in memory; and not a closure, see `DerivedOf`.
    let input: [V; UNROLLED] = [
        arrived::<N, R, V>(arrivals, dirty, 0, k, place),
        arrived::<N, R, V>(arrivals, dirty, 1, k, place),
        arrived::<N, R, V>(arrivals, dirty, 2, k, place),
        arrived::<N, R, V>(arrivals, dirty, 3, k, place),
    ];
    N::advance(derived, state, &input[..N::DECLARATION.channels.len()], current);
}

/// What arrives on `channel` in step `k`; zero if the model has no such channel, or if `dirty` says that nothing
/// arrives.
#[inline(always)]
fn arrived<N: Neuron, R: Wide, V: Vector<Number = R>>(
    arrivals: &mut impl Arrivals<R>,
    dirty: u64,
    channel: usize,
    k: usize,
    place: Items,
) -> V {
    let some = channel < N::DECLARATION.channels.len() && dirty >> dirty_bit(k, channel) & 1 == 1;
    if some { arrivals.take(channel, k, place) } else { V::of(0.0) }
}

/// Records the spikes, or the faults, of the neurons from place `start` on whose bit in `crossed` is set, and resets
/// those that spike.
#[cold]
#[inline(never)]
fn emit<N: Neuron, R: Wide>(fields: &mut [R], out: &mut Out<'_, R>, k: usize, start: usize, mut crossed: u32) {
    let stride = fields.len() / N::State::<R>::COUNT.max(1);
    while crossed != 0 {
        let i = start + crossed.trailing_zeros() as usize;
        crossed &= crossed - 1;
        let derived = N::Derived::<R>::gather(out.derived, out.derived_stride, i % out.derived_stride);
        let mut state = N::State::<R>::gather(fields, stride, i);
        let margin = N::margin(&derived, &state);
        let id = out.first + i as u32;
        if !out.record(N::DECLARATION.multiple, k, id, margin) {
            continue;
        }
        N::reset(&derived, &mut state);
        state.scatter(fields, stride, i);
    }
}
