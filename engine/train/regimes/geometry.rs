//! Whether the geometry of a hidden layer after learning is that of its inputs or of the answers (Alleman, Lindsey &
//! Fusi 2024).

use rand_distr::{Distribution, StandardNormal};

use crate::error::{Error, Result};
use crate::random::{Draws, Purpose, stream};
use crate::train::Array;
use crate::train::regimes::measures::{cka, kernel};
use crate::train::tape::{CrossEntropy, Curve, Datum, Linear, Pointwise, Reshape, Tape, Value};

/// States of the world, which of their properties is asked for, and how they are given to a network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setting {
    /// Bits that make up a state of the world.
    pub bits: u32,
    /// Whether the parity of the first two bits is asked for, or the first alone.
    pub parity: bool,
    /// How far states lie apart from what bits make of them, from 0, a direction for each bit, to 1, a random place for each state.
    /// Above 0 a parity can be read by a line.
    pub apart: f64,
    /// The standard deviation of the noise on each input; a state's own place has the length √bits.
    pub noise: f64,
    /// The seed of places, noise and initial weights.
    pub seed: u64,
}

/// How the hidden layer compares with inputs and answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alignments {
    /// Centred alignment of its kernel over states with that of the inputs.
    pub input: f64,
    /// Centred alignment of its kernel over states with that of the answers.
    pub target: f64,
    /// The loss before the last step.
    pub loss: f64,
}

/// The number of inputs.
const INPUTS: usize = 20;
/// The number of hidden units.
const HIDDEN: usize = 100;
/// The number of samples.
const SAMPLES: usize = 64;
/// Steps of plain gradient descent, each on all samples.
const STEPS: usize = 1000;
/// The learning rate.
const RATE: f64 = 1.0;
/// Weight decay: in each step a weight loses this part of itself times the rate.
const DECAY: f64 = 1e-3;
/// The size of initial weights: sums of inputs of unit size have this standard deviation. Small, so that learning
/// shapes the layer.
const INITIAL_SIZE: f64 = 0.1;

/// States of the world, and the right answer to each.
struct World {
    /// The inputs of each state without noise, [states, INPUTS].
    places: Vec<f64>,
    /// The right answers, 0 or 1, \[states\].
    labels: Vec<u32>,
}

impl World {
    /// The states of a setting; `normal` draws standard normal numbers.
    fn new(setting: &Setting, normal: &mut dyn FnMut() -> f64) -> World {
        let bits = setting.bits as usize;
        let axes = orthonormal_directions(bits, normal);
        let sign = |state: usize, bit: usize| if state >> bit & 1 == 1 { 1.0 } else { -1.0 };
        let (shared, own) = ((1.0 - setting.apart).sqrt(), (setting.apart * bits as f64 / INPUTS as f64).sqrt());
        let (mut places, mut labels) = (Vec::new(), Vec::new());
        for state in 0..1 << bits {
            for input in 0..INPUTS {
                let sum: f64 = (0..bits).map(|bit| sign(state, bit) * axes[bit * INPUTS + input]).sum();
                places.push(shared * sum + own * normal());
            }
            let other = if setting.parity { state >> 1 & 1 } else { 0 };
            labels.push((state & 1 ^ other) as u32);
        }
        World { places, labels }
    }
}

/// `count` random directions at right angles to each other, of length 1, [count, INPUTS]: by the method of Gram and
/// Schmidt.
fn orthonormal_directions(count: usize, normal: &mut dyn FnMut() -> f64) -> Vec<f64> {
    let mut axes: Vec<f64> = Vec::new();
    for _ in 0..count {
        let mut axis: Vec<f64> = (0..INPUTS).map(|_| normal()).collect();
        for other in axes.chunks(INPUTS) {
            let along: f64 = axis.iter().zip(other).map(|(a, b)| a * b).sum();
            axis.iter_mut().zip(other).for_each(|(a, b)| *a -= along * b);
        }
        let length = axis.iter().map(|a| a * a).sum::<f64>().sqrt();
        axes.extend(axis.iter().map(|a| a / length));
    }
    axes
}

/// Trains a network with hidden units of this curve on a setting, and compares what the hidden layer makes of the
/// states without noise with the inputs and with the answers.
///
/// # Errors
/// Bits that are not from 2 to 6; a share or noise out of its range; a loss that is not finite.
pub fn learn(setting: Setting, curve: Curve) -> Result<Alignments> {
    let Setting { bits, apart, noise, .. } = setting;
    if !((2..=6).contains(&bits) && (0.0..=1.0).contains(&apart) && noise.is_finite() && noise >= 0.0) {
        let problem =
            format!("{bits} bits, {apart} apart, noise {noise}; give 2 to 6 bits, 0 to 1 apart, noise of 0 or more");
        return Err(Error::invalid("geometry", problem));
    }
    let mut draws = Draws::new(setting.seed, stream(Purpose::Initial, 3), 0);
    let mut normal = || -> f64 { StandardNormal.sample(&mut draws) };
    let world = World::new(&setting, &mut normal);
    let states = world.labels.len();
    let place = |sample: usize| &world.places[sample % states * INPUTS..][..INPUTS];
    let inputs = (0..SAMPLES).flat_map(place).map(|mean| mean + noise * normal()).collect();
    let inputs = Array::new("inputs", &[SAMPLES, 1, INPUTS], inputs)?;
    let labels: Vec<u32> = (0..SAMPLES).map(|sample| world.labels[sample % states]).collect();
    let mut random = |shape: &[usize], sd: f64| {
        Array::new("weights", shape, (0..shape.iter().product()).map(|_| sd * normal()).collect())
    };
    let mut layers = Layers([
        random(&[INPUTS, HIDDEN], INITIAL_SIZE / (INPUTS as f64).sqrt())?,
        Array::zeros("bias", &[HIDDEN])?,
        random(&[HIDDEN, 2], INITIAL_SIZE / (HIDDEN as f64).sqrt())?,
        Array::zeros("bias", &[2])?,
    ]);
    let mut loss = f64::NAN;
    for _ in 0..STEPS {
        loss = layers.step(&inputs, &labels, curve)?;
    }
    let noiseless = Array::new("states", &[states, 1, INPUTS], world.places.clone())?;
    let (tape, _, hidden, _) = layers.forward(&noiseless, curve)?;
    let hidden = kernel(tape.datum(hidden).numbers("hidden")?.data(), HIDDEN)?;
    let answers: Vec<f64> = world.labels.iter().map(|&label| 2.0 * f64::from(label) - 1.0).collect();
    Ok(Alignments {
        input: cka(&hidden, &kernel(&world.places, INPUTS)?)?,
        target: cka(&hidden, &kernel(&answers, 1)?)?,
        loss,
    })
}

/// Weights and biases: those of the hidden layer, [INPUTS, HIDDEN] and \[HIDDEN\], and those of the readout, [HIDDEN,
/// 2] and \[2\].
struct Layers([Array<f64>; 4]);

impl Layers {
    /// A tape, and on it the parameters, the hidden layer [samples, 1, HIDDEN] and logits [samples, 2].
    fn forward(&self, inputs: &Array<f64>, curve: Curve) -> Result<(Tape<f64>, [Value; 4], Value, Value)> {
        let mut tape = Tape::new(1);
        let own = self.0.each_ref().map(|own| tape.variable(own.clone()));
        let given = tape.constant(Datum::Numbers(inputs.clone()));
        let hidden = tape.apply(Linear::new(0), &[given, own[0], own[1]])?;
        let hidden = tape.apply(Pointwise(curve), &[hidden])?;
        let logits = tape.apply(Linear::new(0), &[hidden, own[2], own[3]])?;
        let logits = tape.apply(Reshape(vec![inputs.shape()[0], 2]), &[logits])?;
        Ok((tape, own, hidden, logits))
    }

    /// Takes a step of gradient descent, and gives the loss before it.
    fn step(&mut self, inputs: &Array<f64>, labels: &[u32], curve: Curve) -> Result<f64> {
        let (mut tape, values, _, logits) = self.forward(inputs, curve)?;
        let loss = tape.apply(CrossEntropy::new(labels.to_vec()), &[logits])?;
        let value = tape.datum(loss).numbers("loss")?.data()[0];
        if !value.is_finite() {
            return Err(Error::invalid("geometry", format!("the loss is {value}; choose less noise")));
        }
        let mut adjoints = tape.backward(loss)?;
        for (place, (own, value)) in self.0.iter_mut().zip(values).enumerate() {
            // Biases, which come second, do not decay.
            let decay = if place % 2 == 0 { DECAY } else { 0.0 };
            if let Some(adjoint) = adjoints.take(value) {
                let pairs = own.data_mut().iter_mut().zip(adjoint.data());
                pairs.for_each(|(own, slope)| *own -= RATE * (slope + decay * *own));
            }
        }
        Ok(value)
    }
}
