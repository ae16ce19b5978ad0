//! The pass `integrate` of a model by its equations: the same bits as [`crate::tile::integrate`], for models that have
//! no Rust.

use std::ops::Range;

use crate::equations::program::masked;
use crate::equations::{Interpret, Program};
use crate::number::Number;
use crate::simd::{Table, crossed, vectorised};
use crate::tile::input::{Fill, Input};
use crate::tile::noise::Noise;
use crate::tile::task::{Out, Scratch, TileTask};
use crate::tile::{Declaration, Draw, Equations};

/// The equations of a model as programs that go over many neurons at once.
#[derive(Debug)]
pub struct Programs {
    step: Program,
    /// Changes only neurons that spike, see [`masked`].
    reset: Program,
    channels: usize,
    draws: &'static [Draw],
    multiple: bool,
}

impl Programs {
    /// The programs of a model with this declaration and these equations.
    pub fn new(declaration: &Declaration, equations: &Equations) -> Programs {
        let (derived, fields) = (declaration.derived.len(), declaration.state.len());
        Programs {
            step: Program::step(&equations.step, derived, fields),
            reset: Program::step(&masked(&equations.reset), derived, fields),
            channels: declaration.channels.len(),
            draws: declaration.draws,
            multiple: declaration.multiple,
        }
    }

    /// Plays the steps of `task`, [`Program::tile`] neurons at a time.
    pub fn integrate<R: Interpret>(&self, task: TileTask<'_, R>) {
        let TileTask { stride, tile, state, mut arriving, stimuli, input, current, noise, steps, scratch, out } = task;
        let first = out.first;
        vectorised(Fill {
            arriving: &mut arriving,
            stimuli: stimuli.as_ref(),
            first,
            start: 0,
            neurons: tile.clone(),
            steps: steps.clone(),
            input: &mut *input,
        });
        let tile_start = (tile.start, first as usize + tile.start);
        let mut view = TileView { state, stride, input, current, noise, tile: tile_start, out };
        let most = Program::tile::<R>();
        let mut start = tile.start;
        while start < tile.end {
            let neurons = start..tile.end.min(start + most);
            steps.clone().for_each(|k| self.step(&mut view, scratch, neurons.clone(), k));
            start = neurons.end;
        }
    }

    /// Plays step `k` of the epoch for `neurons`, places in the piece, with their spikes.
    fn step<R: Interpret>(
        &self,
        view: &mut TileView<'_, R>,
        scratch: &mut Scratch<R>,
        neurons: Range<usize>,
        k: usize,
    ) {
        let Scratch { workspaces, margins, spiking, drawn } = scratch;
        let most = Program::tile::<R>();
        let [step, reset] = workspaces.get_or_insert_with(|| [self.step.workspace(most), self.reset.workspace(most)]);
        margins.resize(neurons.len(), R::default());
        let (first, id) = view.tile;
        let count = neurons.len();
        drawn.resize(self.draws.len() * count, R::default());
        for (number, &draw) in self.draws.iter().enumerate() {
            let numbers = &mut drawn[number * count..][..count];
            view.noise.fill((number, draw), k, (id + neurons.start - first) as u32, numbers);
        }
        let mut table = step.table(neurons.len());
        bind_derived(&mut table, &view.out, neurons.start);
        bind_state(&mut table, view.state, view.stride, &neurons);
        for channel in 0..self.channels {
            table.read(view.input.arrived((k, channel), id, neurons.start - first, neurons.len()));
        }
        match view.current {
            [] => table.share(R::default()),
            each => table.read(&each[neurons.clone()]),
        }
        drawn.chunks_exact(count).for_each(|numbers| table.read(numbers));
        table.write(margins);
        self.step.run(&mut table);
        spiking.clear();
        crossed(margins, spiking);
        if spiking.is_empty() {
            return;
        }
        let mut table = reset.table(neurons.len());
        bind_derived(&mut table, &view.out, neurons.start);
        bind_state(&mut table, view.state, view.stride, &neurons);
        table.read(margins);
        self.reset.run(&mut table);
        let id = (id + neurons.start - first) as u32;
        for &i in spiking.iter() {
            view.out.record(self.multiple, k, id + i, margins[i as usize]);
        }
    }
}

/// What stepping a tile reads and writes.
struct TileView<'a, R> {
    /// State, field by field.
    state: &'a mut [R],
    /// The distance from a field to the next.
    stride: usize,
    /// What arrives at the tile in each step and channel.
    input: &'a Input<R>,
    /// See [`TileTask::current`].
    current: &'a [R],
    noise: Noise<'a>,
    /// The first neuron of the tile: its place in the piece, and its global id.
    tile: (usize, usize),
    out: Out<'a, R>,
}

/// Binds the derived values of neurons from place `from` of the piece on: a number for each, or one for all.
fn bind_derived<'a, R: Number>(table: &mut Table<'a, R>, out: &Out<'a, R>, from: usize) {
    for values in out.derived.chunks(out.derived_stride.max(1)) {
        match values {
            [value] => table.share(*value),
            each => table.read(&each[from..]),
        }
    }
}

/// Binds the state of `neurons`, places in the piece, to be written over.
fn bind_state<'a, R: Number>(table: &mut Table<'a, R>, state: &'a mut [R], stride: usize, neurons: &Range<usize>) {
    for field in state.chunks_mut(stride.max(1)) {
        table.write(&mut field[neurons.clone()]);
    }
}
