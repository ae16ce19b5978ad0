//! Layers there and back: convolutions beside a product of matrices of the same run, and a dense layer of neurons that is given
//! spikes or numbers.
//!
//! `cargo bench --bench training [-- threads]`; one thread unless told otherwise. On one thread, time is that which the thread
//! had of its core, where the system says so, so that other work on the machine counts little; else it is wall time.
#![allow(missing_docs, clippy::print_stdout)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use neuropil::Result;
use neuropil::equations::derivative::Surrogate;
use neuropil::host::used;
use neuropil::models::named;
use neuropil::network::Population;
use neuropil::seed::Seed;
use neuropil::train::fit::{Initial, Parameters};
use neuropil::train::gemm::{Into, Matrix, product};
use neuropil::train::layer::{Options, Shows, Steps as Neural};
use neuropil::train::net::Net;
use neuropil::train::tape::{Conv2d, CrossEntropy, Datum, Given, Linear, Operation, Readout, Steps, Tape};
use neuropil::train::{Array, Spikes};

/// Times each case is done for so many seconds; the best counts.
const TIMES: usize = 5;
const LONG: f64 = 0.2;

/// Seconds that this thread has had, where the system says so; it counts them some times a second.
fn had() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split(' ').next()?.parse::<f64>().ok()? / 1e9)
}

/// The least seconds that `work` takes, of some times that take long enough to be counted.
fn best(threads: usize, mut work: impl FnMut() -> Result<()>) -> Result<f64> {
    let begun = Instant::now();
    work()?;
    let often = (LONG / begun.elapsed().as_secs_f64().max(1e-6)).ceil().max(1.0) as usize;
    let mut best = f64::INFINITY;
    for _ in 0..TIMES {
        let (begun, before) = (Instant::now(), had());
        (0..often).try_for_each(|_| work())?;
        let own = had().zip(before).map(|(after, before)| after - before).filter(|_| threads == 1);
        best = best.min(own.unwrap_or_else(|| begun.elapsed().as_secs_f64()) / often as f64);
    }
    Ok(best)
}

/// Numbers that look like any.
fn numbers(shape: &[usize]) -> Result<Array<f32>> {
    let count = shape.iter().product();
    Array::new("bench", shape, (0..count).map(|k: usize| ((k * 7919 % 1013) as f32 - 506.0) / 1013.0).collect())
}

/// Billions of operations a second of a product of 1024 x 1024 matrices, one on each thread.
fn gemm(threads: usize) -> Result<f64> {
    let side = 1024;
    let (left, right) = (numbers(&[side, side])?, numbers(&[side, side])?);
    let mut to = vec![vec![0f32; side * side]; threads];
    let one = |to: &mut [f32]| {
        let (left, right) = (Matrix::new(left.data(), side, side), Matrix::new(right.data(), side, side));
        product(to, Into::Place, left, right);
    };
    let seconds = best(threads, || {
        if let [alone] = to.as_mut_slice() {
            one(alone);
        } else {
            std::thread::scope(|scope| to.iter_mut().for_each(|to| drop(scope.spawn(|| one(to)))));
        }
        Ok(())
    })?;
    Ok(2e-9 * threads as f64 * (side * side * side) as f64 / seconds)
}

/// Convolutions 3 x 3 of 128 images: channels there and back, and pixels of a side.
const IMAGES: [(usize, usize); 8] = [(1, 28), (16, 28), (16, 14), (32, 28), (32, 32), (32, 14), (64, 16), (128, 8)];

fn convolutions(threads: usize) -> Result<()> {
    let most = gemm(threads)?;
    println!("product 1024 x 1024 x 1024: {most:.0} GFLOP/s");
    println!("convolution 3 x 3 of 128 images: GFLOP/s, and share of the product");
    for (channels, side) in IMAGES {
        let outs = channels.max(16);
        let inputs = [numbers(&[128, 1, channels, side, side])?, numbers(&[outs, channels, 3, 3])?].map(Datum::Numbers);
        let inputs = inputs.each_ref();
        let bar = numbers(&[128, 1, outs, side, side])?;
        let mut operation = Conv2d::new(0).padding([1, 1]);
        let forward = best(threads, || operation.forward(&inputs, threads).map(|made| drop(black_box(made))))?;
        let output = operation.forward(&inputs, threads)?;
        let given = Given { inputs: &inputs, output: &output, bar: &bar, wanted: &[true, true] };
        let backward = best(threads, || operation.backward(given, threads).map(|made| drop(black_box(made))))?;
        let billions = 2e-9 * (128 * outs * channels * 9 * side * side) as f64;
        let [there, back] = [billions / forward, 2.0 * billions / backward];
        println!(
            "{channels:4} -> {outs:3} channels, {side:2} px: forward {there:4.0} ({:2.0} %), backward {back:4.0} ({:2.0} %)",
            100.0 * there / most,
            100.0 * back / most
        );
    }
    Ok(())
}

/// 784-512-10 neurons, both layers spiking, which leak with a time constant of 10 steps.
fn net(parameters: &mut Parameters<f32>) -> Result<Net<f32>> {
    let mut net = Net::new(1.0, 784)?;
    for (name, units, gain) in [("hidden", 512, 1.0), ("out", 10, 1.0)] {
        let mut population = Population::new(name, units, named("lif_neuron", name)?)?;
        population.set("tau_m", 10.0)?;
        let (surrogate, receptors) = (Surrogate::Atan(2.0), vec!["in".into()]);
        let options = Options { surrogate, attached: false, receptors, shows: Shows::Spikes };
        let fan_in = net.layers().last().map_or(784, |layer| layer.neurons.units()) as u32;
        net.layer(population, (1, &options), Initial::Kaiming { fan_in, gain }, (parameters, Seed(1)))?;
    }
    // So that a hidden neuron fires in some steps of ten.
    parameters.iter_mut().flat_map(|own| own.value_mut().data_mut()).for_each(|weight| *weight += 0.02);
    Ok(net)
}

/// Of 128 samples of 100 steps.
const SHAPE: [usize; 3] = [128, 100, 784];

/// Some of the samples: of a hundred inputs two have a spike in each step.
fn spikes(part: usize) -> Result<Spikes> {
    let [_, steps, units] = SHAPE;
    let mut spikes = Spikes::silent("bench", &[TOGETHER, steps, units])?;
    let mut state = part as u64 + 1;
    for place in 0..TOGETHER * steps * units {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        if state >> 33 < (1 << 31) / 50 {
            spikes.set(place / (steps * units), place / units % steps, place % units);
        }
    }
    Ok(spikes)
}

fn megabytes() -> f64 {
    used().map_or(f64::NAN, |(_, most)| most as f64 / 1e6)
}

/// Samples that share a tape, as of a batch that is trained.
const TOGETHER: usize = 32;

/// All samples there and back; spikes of a hidden neuron in a step.
fn learned(threads: usize, net: &Net<f32>, parameters: &Parameters<f32>, inputs: &[Arc<Datum<f32>>]) -> Result<f64> {
    let mut sums: Vec<Array<f32>> =
        parameters.iter().map(|own| Array::zeros("bench", own.value().shape())).collect::<Result<_>>()?;
    let mut rate = 0.0;
    for input in inputs {
        let mut tape = Tape::new(threads);
        let values: Vec<_> = parameters.iter().map(|parameter| tape.variable(parameter.seen())).collect();
        let given = tape.constant(input.clone());
        let shown = net.forward(&mut tape, given, &values)?;
        if let Datum::Spikes(hidden) = tape.datum(shown[0]) {
            rate += hidden.density() / inputs.len() as f64;
        }
        let logits = tape.apply(Readout(Steps::Sum), &[shown[1]])?;
        let loss =
            tape.apply(CrossEntropy::new((0..TOGETHER as u32).map(|sample| sample % 10).collect()), &[logits])?;
        let mut adjoints = tape.backward(loss)?;
        for (sum, &value) in sums.iter_mut().zip(&values) {
            adjoints.take(value).map_or(Ok(()), |adjoint| sum.add("bench", &adjoint))?;
        }
    }
    black_box(sums);
    Ok(rate)
}

fn layers(threads: usize) -> Result<()> {
    let mut parameters = Parameters::new();
    let net = net(&mut parameters)?;
    let [samples, steps, _] = SHAPE;
    println!("784-512-10 neurons, {steps} steps, {samples} samples, {TOGETHER} together, there and back:");
    for dense in [false, true] {
        let some = |part: usize| match dense {
            false => Ok(Datum::Spikes(spikes(part)?)),
            true => spikes(part)?.numbers("bench").map(Datum::Numbers),
        };
        let inputs: Vec<Arc<Datum<f32>>> =
            (0..samples / TOGETHER).map(|part| some(part).map(Arc::new)).collect::<Result<_>>()?;
        let (before, mut rate) = (megabytes(), 0.0);
        let seconds = best(threads, || learned(threads, &net, &parameters, &inputs).map(|found| rate = found))?;
        let kind = if dense { "numbers" } else { "spikes, 2 %" };
        println!(
            "given {kind}: {:.0} ms, {:.0} MB above data; {rate:.2} spikes a step of a hidden neuron",
            1e3 * seconds,
            megabytes() - before
        );
        println!("  of these, on one thread and each alone:");
        phases(&net, &parameters, Datum::clone(&inputs[0]))?;
    }
    Ok(())
}

/// Milliseconds of each phase of all samples, alone: of a projection there, to its weights and to its input, and of the neurons
/// behind it there and back.
fn phases(net: &Net<f32>, parameters: &Parameters<f32>, input: Datum<f32>) -> Result<()> {
    let times = (SHAPE[0] / TOGETHER) as f64;
    let tell = |what: &str, seconds: f64| println!("    {what}: {:.1} ms", 1e3 * times * seconds);
    let (mut from, mut first) = (input, true);
    for layer in net.layers() {
        let name = layer.neurons.name();
        let weights =
            Datum::Numbers(parameters.iter().nth(layer.weights).map(|own| own.seen()).unwrap_or(numbers(&[0])?));
        let (mut linear, inputs) = (Linear::new(layer.delay), [&from, &weights]);
        let drive = linear.forward(&inputs, 1)?;
        let mut bar = numbers(drive.shape())?;
        bar.data_mut().iter_mut().for_each(|bar| *bar *= 0.01);
        tell(&format!("onto {name}, there"), best(1, || linear.forward(&inputs, 1).map(|made| drop(black_box(made))))?);
        for (what, wanted) in [("weights", [false, true]), ("input", [true, false])] {
            // Nothing is asked of what is given.
            if wanted[0] && first {
                continue;
            }
            let given = Given { inputs: &inputs, output: &drive, bar: &bar, wanted: &wanted };
            let seconds = best(1, || linear.backward(given, 1).map(|made| drop(black_box(made))))?;
            tell(&format!("onto {name}, to the {what}"), seconds);
        }
        let (mut steps, inputs) = (Neural::new(layer.neurons.clone()), [&drive]);
        let shown = steps.forward(&inputs, 1)?;
        let there = best(1, || steps.forward(&inputs, 1).map(|made| drop(black_box(made))))?;
        let given = Given { inputs: &inputs, output: &shown, bar: &bar, wanted: &[true] };
        let both = best(1, || {
            black_box(steps.forward(&inputs, 1)?);
            steps.backward(given, 1).map(|made| drop(black_box(made)))
        })?;
        tell(&format!("neurons {name}, there"), there);
        tell(&format!("neurons {name}, back"), both - there);
        (from, first) = (shown, false);
    }
    Ok(())
}

fn main() -> Result<()> {
    neuropil::simd::keep_freed();
    let threads = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(1);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("{threads} threads, load {}", load.split(' ').next().unwrap_or("unknown"));
    layers(threads)?;
    convolutions(threads)
}
