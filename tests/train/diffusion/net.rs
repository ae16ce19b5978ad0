//! The whole net: gradients against differences, bits on any number of threads, what it counts.

use std::collections::BTreeMap;

use neuropil::Result;
use neuropil::train::Array;
use neuropil::train::diffusion::{Design, Neuron, Shift, UNet};
use neuropil::train::tape::{Datum, Given, Operation, Tape, Value};

use super::super::ops::check;
use super::{numbers, told};

/// Integrate-and-fire whose spike is the primitive of the arctangent's derivative, so that it is smooth: V = V' · (1 - s') + x,
/// s = ½ + atan(π (V - 1)) / π.
#[derive(Clone)]
struct Smooth {
    /// Whether the way back forgets that a spike resets.
    forgets: bool,
}

impl Smooth {
    /// Potential and spike of each step.
    fn run(x: &Array<f64>) -> Vec<[f64; 2]> {
        let [samples, steps] = [x.shape()[0], x.shape()[1]];
        let units = x.data().len() / (samples * steps);
        let mut all = vec![[0.0; 2]; x.data().len()];
        for sample in 0..samples {
            for unit in 0..units {
                let (mut v, mut s) = (0.0, 0.0);
                for step in 0..steps {
                    let at = (sample * steps + step) * units + unit;
                    v = v * (1.0 - s) + x.data()[at];
                    s = 0.5 + (std::f64::consts::PI * (v - 1.0)).atan() / std::f64::consts::PI;
                    all[at] = [v, s];
                }
            }
        }
        all
    }
}

impl Operation<f64> for Smooth {
    fn name(&self) -> &str {
        "smooth neurons"
    }

    fn forward(&mut self, inputs: &[&Datum<f64>], _: usize) -> Result<Datum<f64>> {
        let x = inputs[0].numbers("smooth")?;
        let spikes = Smooth::run(x).into_iter().map(|[_, s]| s).collect();
        Ok(Datum::Numbers(Array::new("smooth", x.shape(), spikes)?))
    }

    fn backward(&mut self, given: Given<'_, f64>, _: usize) -> Result<Vec<Option<Array<f64>>>> {
        let x = given.inputs[0].numbers("smooth")?;
        let all = Smooth::run(x);
        let [samples, steps] = [x.shape()[0], x.shape()[1]];
        let units = x.data().len() / (samples * steps);
        let mut to = vec![0.0; x.data().len()];
        for sample in 0..samples {
            for unit in 0..units {
                let mut later = 0.0;
                for step in (0..steps).rev() {
                    let at = (sample * steps + step) * units + unit;
                    let [v, s] = all[at];
                    let slope = 1.0 / (1.0 + (std::f64::consts::PI * (v - 1.0)).powi(2));
                    let reset = if self.forgets { 0.0 } else { later * v };
                    let bar = (given.bar.data()[at] - reset) * slope + later * (1.0 - s);
                    (to[at], later) = (bar, bar);
                }
            }
        }
        Ok(vec![Some(Array::new("smooth", x.shape(), to)?)])
    }
}

const TINY: Design = Design { channels: 2, size: 8, steps: 3, neuron: Neuron::Spiking, threshold: 1.0 };
const STEPS: [u32; 2] = [3, 700];

/// Σ of outputs times fixed numbers, and its derivatives by all weights and the image; weights are moved along `way` by `by`.
fn weighed(net: &UNet<f64>, (way, by): (u32, f64)) -> (f64, f64) {
    let parameters = net.parameters(4).unwrap();
    let (mut tape, mut ways) = (Tape::new(1), Vec::new());
    let mut values: BTreeMap<String, Value> = BTreeMap::new();
    for (number, own) in (0..).zip(parameters.iter()) {
        // Away from what they begin as: betas are 0 there.
        let (off, moves) =
            (numbers(1000 + number, own.value().data().len()), numbers(way + number, own.value().data().len()));
        let data = own.value().data().iter().zip(&off).zip(&moves).map(|((w, off), way)| w + 0.2 * off + by * way);
        let array = Array::new("w", own.value().shape(), data.collect()).unwrap();
        let value = tape.variable(array);
        values.insert(own.name().to_owned(), value);
        ways.push((value, moves));
    }
    let moves = numbers(way + 999, 128);
    let x = numbers(7, 128).iter().zip(&moves).map(|(x, way)| x + by * way).collect();
    let x = tape.variable(Array::new("x", &[2, 1, 1, 8, 8], x).unwrap());
    ways.push((x, moves));
    let (y, _) = net.forward(&mut tape, &values, x, &STEPS, (&net.statistics(), true)).unwrap();
    let bar = Array::new("bar", &[2, 1, 1, 8, 8], numbers(8, 128)).unwrap();
    let sum = tape.datum(y).numbers("y").unwrap().data().iter().zip(bar.data()).map(|(y, bar)| y * bar).sum();
    let mut adjoints = tape.backward_from(y, bar).unwrap();
    let along = ways.into_iter().map(|(value, way)| {
        let adjoint = adjoints.take(value).unwrap();
        adjoint.data().iter().zip(way).map(|(adjoint, way)| adjoint * way).sum::<f64>()
    });
    (sum, along.sum())
}

/// The largest difference between derivatives and differences along some ways, as a share.
fn off(design: Design, fire: Option<Smooth>) -> f64 {
    let net = || match fire.clone() {
        None => UNet::<f64>::new(design).unwrap(),
        Some(smooth) => UNet::with(design, move |tape, x| tape.apply(smooth.clone(), &[x])).unwrap(),
    };
    let net = net();
    let ways = (0..4).map(|k| {
        let way = 2000 * (k + 1);
        let slope = weighed(&net, (way, 0.0)).1;
        let h = 2e-5;
        let step = |by: f64| (weighed(&net, (way, by)).0 - weighed(&net, (way, -by)).0) / (2.0 * by);
        // Richardson: the error of two differences is of the fourth power.
        let difference = (4.0 * step(h) - step(2.0 * h)) / 3.0;
        (slope - difference).abs() / difference.abs().max(1e-3)
    });
    ways.fold(0.0, f64::max)
}

#[test]
fn gradients_of_the_whole_net_are_differences() {
    let right = off(TINY, Some(Smooth { forgets: false }));
    assert!(right < 1e-6, "{right}");
    let wrong = off(TINY, Some(Smooth { forgets: true }));
    assert!(wrong > 1e-3, "a way back without the reset passes: {wrong}");
    let twin = off(Design { steps: 1, neuron: Neuron::Ann, ..TINY }, None);
    assert!(twin < 1e-4, "the twin of ReLUs: {twin}");
}

#[test]
fn images_are_shifted_by_their_own_numbers() {
    let mut draws = check::Draws::new(51);
    check::holds(&Shift, &[draws.numbers(&[2, 3, 4, 2, 3]), draws.numbers(&[2, 1, 4])], &[0, 1]);
    let misfit = [draws.numbers(&[2, 3, 4, 2, 3]), draws.numbers(&[2, 1, 3])];
    assert!(check::refusal(Shift, &misfit).contains("does not shift"));
}

/// Outputs of the tiny net in `f32`, its spikes and operations.
fn passed(design: Design, threads: usize) -> (Vec<u32>, neuropil::train::diffusion::Seen) {
    let net = UNet::<f32>::new(design).unwrap();
    let mut tape = Tape::new(threads);
    let parameters = net.parameters(4).unwrap();
    let values = parameters.iter().map(|own| (own.name().to_owned(), tape.variable(own.value().clone())));
    let values = values.collect();
    let x = numbers(7, 128).into_iter().map(|x| x as f32).collect();
    let x = tape.constant(Datum::Numbers(Array::new("x", &[2, 1, 1, 8, 8], x).unwrap()));
    let (y, seen) = net.forward(&mut tape, &values, x, &STEPS, (&net.statistics(), true)).unwrap();
    (tape.datum(y).numbers("y").unwrap().data().iter().map(|y| y.to_bits()).collect(), seen)
}

#[test]
fn threads_do_not_count_and_spikes_do() {
    let one = passed(TINY, 1);
    assert_eq!(one, passed(TINY, 2));
    assert_ne!(one.0, passed(Design { threshold: 0.9, ..TINY }, 1).0, "a lower threshold changes nothing");
    let (spikes, operations) = (one.1.spikes, one.1.operations);
    assert!(spikes > 0 && operations.additions > 9 * spikes, "{operations:?}");
    let twin = passed(Design { steps: 1, neuron: Neuron::Ann, ..TINY }, 1).1;
    assert_eq!((twin.spikes, twin.operations.additions), (0, 0));
    // By hand, of an image of 8 x 8 and 2 channels: 3 x 3 weights from each channel in to each out, at each place.
    let places = |level: u64| (8 >> level) * (8 >> level);
    let convolutions: u64 = [
        (1, 2, 0),
        (2, 2, 0),
        (2, 2, 0),
        (2, 2, 0),
        (2, 2, 1),
        (2, 4, 1),
        (4, 4, 1),
        (4, 4, 2),
        (4, 4, 2),
        (4, 4, 2),
        (4, 4, 2),
        (4, 4, 2),
        (8, 4, 2),
        (4, 4, 2),
        (4, 4, 1),
        (8, 4, 1),
        (4, 4, 1),
        (4, 4, 0),
        (6, 2, 0),
        (2, 2, 0),
        (2, 1, 0),
    ]
    .iter()
    .map(|&(from, to, level)| 9 * from * to * places(level))
    .sum();
    let shortcuts = 2 * 4 * places(1) + 8 * 4 * places(2) + 8 * 4 * places(1) + 6 * 2 * places(0);
    let steps = 2 * 8 + 8 * 8 + 8 * (2 + 4 + 4 + 4 + 4 + 4 + 2);
    assert_eq!(twin.operations.multiplications, 2 * (convolutions + shortcuts + steps));
}

#[test]
fn the_twin_has_as_many_weights() {
    let count = |neuron| UNet::<f32>::new(Design::new(neuron, 28)).unwrap().parameters(1).unwrap().trained();
    assert_eq!([count(Neuron::Spiking), count(Neuron::Ann)], [176_545; 2]);
}

#[test]
fn designs_out_of_bounds_are_refused() {
    let told = |design: Design| told(UNet::<f32>::new(design));
    assert!(told(Design { channels: 3, ..TINY }).contains("3 channels"));
    assert!(told(Design { size: 30, ..TINY }).contains("multiple of 4"));
    assert!(told(Design { steps: 0, ..TINY }).contains("0 steps"));
    assert!(told(Design { neuron: Neuron::Ann, ..TINY }).contains("one step"));
    assert!(told(Design { threshold: f64::NAN, ..TINY }).contains("threshold"));
}

/// The gradients of the tiny net, whose blocks are computed again or not, and the bytes that its forward pass kept.
fn learned(design: Design, recompute: bool, samples: usize) -> (Vec<Vec<u32>>, u64) {
    let net = UNet::<f32>::new(design).unwrap().recomputing(recompute);
    let (mut tape, parameters) = (Tape::new(1), net.parameters(4).unwrap());
    let values = parameters.iter().map(|own| (own.name().to_owned(), tape.variable(own.value().clone())));
    let values: BTreeMap<String, Value> = values.collect();
    let some = |seed| numbers(seed, 64 * samples).into_iter().map(|x| x as f32).collect();
    let x = tape.constant(Datum::Numbers(Array::new("x", &[samples, 1, 1, 8, 8], some(7)).unwrap()));
    let steps: Vec<u32> = STEPS.into_iter().cycle().take(samples).collect();
    let (y, _) = net.forward(&mut tape, &values, x, &steps, (&net.statistics(), true)).unwrap();
    let bytes = tape.bytes();
    assert_eq!(net.kept(samples as u64).unwrap(), bytes, "what is told beforehand");
    let mut adjoints = tape.backward_from(y, Array::new("bar", &[samples, 1, 1, 8, 8], some(8)).unwrap()).unwrap();
    let bits = |value| adjoints.take(value).unwrap().data().iter().map(|bar: &f32| bar.to_bits()).collect();
    (values.into_values().map(bits).collect(), bytes)
}

/// Bytes of what lies within the residual blocks and is not their output, by hand.
fn within_blocks(design: Design, samples: usize) -> u64 {
    let (images, f) = (samples * design.steps, 4);
    let blocks = [(1, 1, 0), (1, 2, 1), (2, 2, 2), (2, 2, 2), (4, 2, 2), (4, 2, 1), (3, 1, 0)];
    let of = |(place, (from, to, level)): (usize, (usize, usize, usize))| {
        let units = |times: usize| times * design.channels * (design.size >> level) * (design.size >> level);
        let numbers = |times: usize| images * units(times) * f;
        // Spikes are bits, and potential and refractoriness are kept before every second step.
        let fired = |times: usize| match design.neuron {
            Neuron::Ann => numbers(times),
            Neuron::Spiking => {
                images * units(times).div_ceil(64) * 8 + samples * design.steps.div_ceil(2) * 2 * units(times) * f
            }
        };
        let concatenated = if place > 3 { numbers(from) } else { 0 };
        let shortcut = if from == to { 0 } else { numbers(to) };
        // Two convolutions with their normalisations, and a shift by the time.
        let layers = 5 * numbers(to) + 2 * 16 * to * design.channels + samples * to * design.channels * f;
        concatenated + fired(from) + fired(to) + layers + shortcut
    };
    blocks.into_iter().enumerate().map(of).sum::<usize>() as u64
}

#[test]
fn blocks_that_are_computed_again_keep_less_and_change_no_bit() {
    for design in [TINY, Design { steps: 1, neuron: Neuron::Ann, ..TINY }, Design { channels: 4, ..TINY }] {
        for samples in [2, 5] {
            let (kept, again) = (learned(design, false, samples), learned(design, true, samples));
            assert!(kept.0 == again.0, "gradients differ: {design:?}");
            assert_eq!(kept.1 - again.1, within_blocks(design, samples), "{design:?}, {samples} images");
            assert!((again.1 as f64) < 0.75 * kept.1 as f64, "{} of {}", again.1, kept.1);
        }
    }
    // Another net is seen in the gradients, and another count in the bytes.
    let [own, other] = [TINY, Design { threshold: 0.9, ..TINY }].map(|design| learned(design, true, 2));
    assert_ne!(own.0, other.0);
    assert_ne!(learned(TINY, false, 3).1 - learned(TINY, true, 3).1, within_blocks(TINY, 2));
}
