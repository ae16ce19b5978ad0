//! How fast programs are, beside the Rust of the same models. Not a test: it prints, and holds nothing.

use std::marker::PhantomData;
use std::time::Instant;

use neuropil::equations::{Interpret, Program};
use neuropil::models::{Columns, IafCondAlpha, IafPscExp, Neuron, equations};
use neuropil::random::Draws;
use neuropil::simd::{Fields, FieldsMut, Items, Level, Vector, Wide, Work, Workspace, vectorised};

use super::models::inputs;

const NEURONS: usize = 10_000;

/// Neurons of a model that never spike, field by field.
struct Neurons<R> {
    derived: Vec<R>,
    state: Vec<R>,
    input: Vec<R>,
    margin: Vec<R>,
}

impl<R: Wide> Neurons<R> {
    fn new<N: Neuron>() -> Neurons<R> {
        let mut draws = Draws::new(12, 5, 0);
        let derived = inputs::<N, R>(&mut draws)[..N::DECLARATION.derived.len()].to_vec();
        let state = vec![R::of(0.0); N::DECLARATION.state.len() * NEURONS];
        let input = (0..N::DECLARATION.channels.len() * NEURONS).map(|_| R::of(draws.uniform())).collect();
        Neurons { derived, state, input, margin: vec![R::of(0.0); NEURONS] }
    }
}

/// One step of all, by the Rust of the model.
struct Native<'a, N, R>(&'a mut Neurons<R>, PhantomData<N>);

impl<N: Neuron, R: Wide> Work for Native<'_, N, R> {
    type Out = u32;
    #[inline(always)]
    fn run<L: Level>(self) -> u32 {
        let Neurons { derived, state, input, .. } = self.0;
        let channels = N::DECLARATION.channels.len();
        let derived = N::Derived::<R::Side<L>>::splat(derived);
        let arriving = Fields::new(input, channels, NEURONS);
        let mut fields = FieldsMut::new(state, N::DECLARATION.state.len(), NEURONS);
        let (mut first, mut crossed) = (0, 0);
        while first < NEURONS {
            let items = Items { first, count: (NEURONS - first).min(<R::Side<L>>::LANES) };
            let input = [arriving.load(0, items), arriving.load(channels - 1, items)];
            let mut state = N::State::<R::Side<L>>::load(fields.fields(), items);
            N::advance(&derived, &mut state, &input, <R::Side<L>>::splat(R::default()));
            crossed |= N::margin(&derived, &state).crossed();
            state.store(&mut fields, items);
            first += items.count;
        }
        crossed
    }
}

/// One step of all, by a program.
fn interpreted<R: Interpret>(program: &Program, workspace: &mut Workspace<R>, neurons: &mut Neurons<R>, tile: usize) {
    let Neurons { derived, state, input, margin } = neurons;
    for (k, margin) in margin.chunks_mut(tile).enumerate() {
        let items = k * tile..k * tile + margin.len();
        let mut table = workspace.table(margin.len());
        for &value in derived.iter() {
            table.share(value);
        }
        for field in state.chunks_exact_mut(NEURONS) {
            table.write(&mut field[items.clone()]);
        }
        for channel in input.chunks_exact(NEURONS) {
            table.read(&channel[items.clone()]);
        }
        table.share(R::default());
        table.write(margin);
        program.run(&mut table);
    }
}

fn fastest(mut work: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..60 {
        let start = Instant::now();
        for _ in 0..10 {
            work();
        }
        best = best.min(start.elapsed().as_secs_f64() / 10.0);
    }
    best * 1e9 / NEURONS as f64
}

fn compare<N: Neuron, R: Interpret>() {
    let mut neurons = Neurons::<R>::new::<N>();
    let native = fastest(|| {
        vectorised(Native::<N, R>(&mut neurons, PhantomData));
    });
    let (declared, step) = (N::DECLARATION, equations::<N>().step);
    let program = Program::step(&step, declared.derived.len(), declared.state.len());
    print!(
        "{} {}: native {native:.3} ns, {} instructions:",
        declared.name,
        size_of::<R>(),
        program.instructions().len()
    );
    for tile in [64, 128, 256, 512, 1024] {
        let mut workspace = program.workspace::<R>(tile);
        let time = fastest(|| interpreted(&program, &mut workspace, &mut neurons, tile));
        print!(" {tile} {time:.3} ({:.2})", time / native);
    }
    println!();
}

#[test]
#[ignore = "a measurement, of a release build on a quiet machine"]
fn programs_beside_the_rust_of_their_models() {
    compare::<IafPscExp, f32>();
    compare::<IafCondAlpha, f32>();
    compare::<IafPscExp, f64>();
    compare::<IafCondAlpha, f64>();
}
