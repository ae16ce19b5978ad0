//! A network that thinks in ticks (Darlow et al. 2025): each neuron has a small network of its own over its last pre-activations, and
//! the readout reads the synchrony of pairs, or the state.
//!
//! Left out of the paper's: attention (all inputs are there in every tick), the deep synapse model (one matrix here), gates.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::number::math;
use crate::random::{Draws, Purpose, stream};
use crate::simd::vectorised;
use crate::train::Array;
use crate::train::elm::sum_rows;
use crate::train::endless::{Judged, Learner};
use crate::train::fit::{Initial, Parameter, Parameters};
use crate::train::gemm::{Float, Into, Matrix, product};
use crate::train::synchrony::private::{Private, PrivateBackward, Trace};

/// The random stream of this file.
const STREAM: u32 = 0xc73;

/// What the readout reads in each tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// The synchrony of as many random pairs as there are neurons.
    Synchrony,
    /// The state of all neurons.
    State,
}

/// A network that learns the parity of bits: its sizes, and what it depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticking {
    /// The bits whose parity is learned.
    pub bits: usize,
    /// The number of neurons.
    pub neurons: usize,
    /// How many of its last pre-activations a neuron remembers.
    pub memory: usize,
    /// The hidden units of a neuron's own network.
    pub hidden: usize,
    /// The number of ticks.
    pub ticks: usize,
    /// What the readout reads.
    pub read: Read,
    /// The seed of pairs and samples.
    pub seed: u64,
}

impl Ticking {
    /// Checks the sizes.
    fn check(&self) -> Result<()> {
        let Ticking { bits, neurons, memory, hidden, ticks, .. } = *self;
        if [bits, neurons, memory, hidden, ticks].iter().any(|size| !(1..=1000).contains(size)) {
            return Err(Error::invalid(
                "ticking network",
                "bits, neurons, memory, hidden units and ticks must be from 1 to 1,000",
            ));
        }
        Ok(())
    }

    /// The pairs whose synchrony is read.
    pub fn pairs(&self) -> Vec<(usize, usize)> {
        let mut draws = Draws::new(self.seed, stream(Purpose::Initial, STREAM), 0);
        let mut one = || draws.below(self.neurons as u32) as usize;
        (0..self.neurons).map(|_| (one(), one())).collect()
    }

    /// The samples of these numbers: their bits, each -1 or 1, [sample, bit], and their parities: 1 where an odd number
    /// of bits is -1.
    pub fn samples<T: Float>(&self, numbers: Range<u64>) -> (Vec<T>, Vec<usize>) {
        let (mut bits, mut answers) = (Vec::new(), Vec::new());
        for number in numbers {
            let mut draws = Draws::new(self.seed, stream(Purpose::Encode, STREAM), number);
            let own: Vec<bool> = (0..self.bits).map(|_| draws.below(2) == 1).collect();
            answers.push(own.iter().filter(|bit| **bit).count() % 2);
            bits.extend(own.into_iter().map(|bit| T::of(if bit { -1.0 } else { 1.0 })));
        }
        (bits, answers)
    }

    /// Plays all ticks for `rows` samples with these bits.
    fn forward<T: Float>(&self, weights: &[&[T]], bits: &[T], rows: usize) -> Trace<T> {
        let Ticking { neurons: d, memory: m, hidden: h, ticks, .. } = *self;
        let (zero, size) = (T::of(0.0), rows * d);
        let mut base: Vec<T> = weights[2].iter().copied().cycle().take(size).collect();
        product(
            &mut base,
            Into::Sum,
            Matrix::new(bits, rows, self.bits),
            Matrix::new(weights[0], d, self.bits).transposed(),
        );
        let mut trace = Trace {
            pre: vec![zero; ticks * size],
            hidden_units: vec![zero; ticks * size * h],
            state: vec![zero; ticks * size],
        };
        for tick in 0..ticks {
            let (at, before) = (tick * size, tick.saturating_sub(1) * size);
            trace.pre[at..at + size].copy_from_slice(&base);
            if tick > 0 {
                let state = Matrix::new(&trace.state[before..before + size], rows, d);
                product(&mut trace.pre[at..at + size], Into::Sum, state, Matrix::new(weights[1], d, d).transposed());
            }
            let pre = &trace.pre[..at + size];
            let hidden_units = &mut trace.hidden_units[at * h..(at + size) * h];
            let state = &mut trace.state[at..at + size];
            vectorised(Private { pre, weights: &weights[3..6], hidden_units, state, sizes: [tick, rows, d, m, h] });
        }
        trace
    }

    /// What the readout reads: the states, or the synchronies with their sums α and β.
    fn read<T: Float>(&self, weights: &[&[T]], trace: &Trace<T>, rows: usize) -> Features<T> {
        let (d, size) = (self.neurons, rows * self.neurons);
        if self.read == Read::State {
            return Features { features: trace.state.clone(), alphas: Vec::new(), betas: Vec::new() };
        }
        let rates: Vec<T> = weights[6].iter().map(|&decay| math::exp(-decay)).collect();
        let pairs = self.pairs();
        let zero = T::of(0.0);
        let (mut alphas, mut betas) = (vec![zero; self.ticks * size], vec![zero; self.ticks * d]);
        let mut features = vec![zero; self.ticks * size];
        for tick in 0..self.ticks {
            for p in 0..d {
                let before = if tick > 0 { betas[(tick - 1) * d + p] } else { zero };
                betas[tick * d + p] = rates[p] * before + T::of(1.0);
            }
            for row in 0..rows {
                let at = tick * size + row * d;
                for (p, &(i, j)) in pairs.iter().enumerate() {
                    let before = if tick > 0 { alphas[at - size + p] } else { zero };
                    alphas[at + p] = rates[p] * before + trace.state[at + i] * trace.state[at + j];
                    features[at + p] = alphas[at + p].over(root_of(betas[tick * d + p]));
                }
            }
        }
        Features { features, alphas, betas }
    }

    /// The backward pass of [`Ticking::read`]: from derivatives `bars` by what is read to those by states, [tick, row,
    /// neuron]; those by decays are added to `decays`.
    fn read_backward<T: Float>(
        &self,
        weights: &[&[T]],
        (trace, read): (&Trace<T>, &Features<T>),
        bars: Vec<T>,
        decays: &mut [T],
        rows: usize,
    ) -> Vec<T> {
        let (d, size, zero) = (self.neurons, rows * self.neurons, T::of(0.0));
        if self.read == Read::State {
            return bars;
        }
        let rates: Vec<T> = weights[6].iter().map(|&decay| math::exp(-decay)).collect();
        let pairs = self.pairs();
        let mut states = vec![zero; self.ticks * size];
        let (mut alpha, mut beta, mut rate) = (vec![zero; size], vec![zero; d], vec![zero; d]);
        for tick in (0..self.ticks).rev() {
            for p in 0..d {
                beta[p] = rates[p] * beta[p];
            }
            for row in 0..rows {
                let at = tick * size + row * d;
                for (p, &(i, j)) in pairs.iter().enumerate() {
                    let own = read.betas[tick * d + p];
                    let root = root_of(own);
                    let bar = bars[at + p];
                    beta[p] -= bar * read.alphas[at + p].over(T::of(2.0) * own * root);
                    let to = &mut alpha[row * d + p];
                    *to = bar.over(root) + rates[p] * *to;
                    states[at + i] += *to * trace.state[at + j];
                    states[at + j] += *to * trace.state[at + i];
                    if tick > 0 {
                        rate[p] += *to * read.alphas[at - size + p];
                    }
                }
            }
            if tick > 0 {
                (0..d).for_each(|p| rate[p] += beta[p] * read.betas[(tick - 1) * d + p]);
            }
        }
        decays.iter_mut().zip(rate).zip(rates).for_each(|((to, bar), r)| *to -= r * bar);
        states
    }

    /// The backward pass of [`Ticking::forward`], from derivatives by `states`, [tick, row, neuron]: adds those by
    /// weights and biases to `gradients`.
    fn backward<T: Float>(
        &self,
        weights: &[&[T]],
        bits: &[T],
        trace: &Trace<T>,
        states: &[T],
        gradients: &mut [Vec<T>],
        rows: usize,
    ) {
        let Ticking { neurons: d, memory: m, hidden: h, ticks, .. } = *self;
        let (zero, size) = (T::of(0.0), rows * d);
        let mut pre = vec![zero; ticks * size];
        let mut state = vec![zero; size];
        let recurrent = Matrix::new(weights[1], d, d);
        for tick in (0..ticks).rev() {
            let at = tick * size;
            state.copy_from_slice(&states[at..at + size]);
            if tick + 1 < ticks {
                product(&mut state, Into::Sum, Matrix::new(&pre[at + size..at + 2 * size], rows, d), recurrent);
            }
            let pass = PrivateBackward {
                trace,
                weights: &weights[3..6],
                state: &state,
                pre: &mut pre,
                gradients: &mut gradients[3..6],
                sizes: [tick, rows, d, m, h],
            };
            vectorised(pass);
        }
        let mut base = vec![zero; size];
        pre.chunks_exact(size).for_each(|own| base.iter_mut().zip(own).for_each(|(to, &own)| *to += own));
        product(
            &mut gradients[0],
            Into::Sum,
            Matrix::new(&base, rows, d).transposed(),
            Matrix::new(bits, rows, self.bits),
        );
        sum_rows(&mut gradients[2], &base);
        if ticks > 1 {
            let later = Matrix::new(&pre[size..], (ticks - 1) * rows, d).transposed();
            product(&mut gradients[1], Into::Sum, later, Matrix::new(&trace.state, (ticks - 1) * rows, d));
        }
    }
}

/// The square root of a number.
fn root_of<T: Float>(x: T) -> T {
    crate::number::Real::sqrt(x)
}

/// What the readout reads, and the sums of synchrony, which are empty where states are read.
struct Features<T> {
    /// States [tick, row, neuron], or synchronies [tick, row, pair].
    features: Vec<T>,
    /// α of each pair, [tick, row, pair].
    alphas: Vec<T>,
    /// β of each pair, [tick, pair].
    betas: Vec<T>,
}

impl<T: Float> Learner<T> for Ticking {
    /// The initial parameters: `input.weight` [neuron, bit], `recurrent.weight` [neuron, neuron], `bias`,
    /// `private.weight` [hidden, memory, neuron], `private.bias` [hidden, neuron], `private.out` [hidden, neuron],
    /// `decay` (a number for each pair), `readout.weight` [2, neuron], `readout.bias`.
    fn begin(&self, seed: u64) -> Result<Parameters<T>> {
        self.check()?;
        let Ticking { bits, neurons: d, memory: m, hidden: h, .. } = *self;
        let mut parameters = Parameters::new();
        let all: [(&str, Vec<usize>, Initial); 6] = [
            ("input.weight", vec![d, bits], Initial::Linear((d + bits) as u32)),
            ("recurrent.weight", vec![d, d], Initial::Linear((d + bits) as u32)),
            ("bias", vec![d], Initial::Linear((d + bits) as u32)),
            ("private.weight", vec![h, m, d], Initial::Kaiming { fan_in: m as u32, gain: 1.5 }),
            ("private.bias", vec![h, d], Initial::Linear(m as u32)),
            ("private.out", vec![h, d], Initial::Kaiming { fan_in: h as u32, gain: 1.0 }),
        ];
        for (place, (name, shape, initial)) in (0u32..).zip(all) {
            parameters.add(Parameter::new(name, initial.array(name, &shape, seed, place)?)?)?;
        }
        let mut decay = Parameter::new("decay", Array::zeros("decay", &[d])?)?.bounded(0.0, 15.0)?;
        if self.read == Read::State {
            decay = decay.frozen();
        }
        parameters.add(decay)?;
        let readout = Initial::Linear(d as u32);
        parameters.add(Parameter::new("readout.weight", readout.array("readout.weight", &[2, d], seed, 7)?)?)?;
        parameters.add(Parameter::new("readout.bias", Array::zeros("readout.bias", &[2])?)?)?;
        Ok(parameters)
    }

    fn judge(&self, weights: &[&[T]], samples: Range<u64>, gradients: Option<&mut [Vec<T>]>) -> Result<Judged> {
        let (bits, answers) = self.samples::<T>(samples);
        let (rows, d, ticks) = (answers.len(), self.neurons, self.ticks);
        let trace = self.forward(weights, &bits, rows);
        let read = self.read(weights, &trace, rows);
        let mut logits: Vec<T> = weights[8].iter().copied().cycle().take(ticks * rows * 2).collect();
        let features = Matrix::new(&read.features, ticks * rows, d);
        product(&mut logits, Into::Sum, features, Matrix::new(weights[7], 2, d).transposed());
        let (judged, bars) = two_ticks(&logits, &answers);
        let Some(gradients) = gradients else { return Ok(judged) };
        let bars_of = Matrix::new(&bars, ticks * rows, 2);
        product(&mut gradients[7], Into::Sum, bars_of.transposed(), features);
        sum_rows(&mut gradients[8], &bars);
        let mut back = vec![T::of(0.0); ticks * rows * d];
        product(&mut back, Into::Place, bars_of, Matrix::new(weights[7], 2, d));
        let states = self.read_backward(weights, (&trace, &read), back, &mut gradients[6], rows);
        self.backward(weights, &bits, &trace, &states, gradients, rows);
        Ok(judged)
    }
}

/// The loss of a sample is the mean of those in the tick with the least loss and in the most certain tick (certainty:
/// 1 - entropy / ln 2); its answer is that of the most certain tick. Gives both summed over samples, and the derivatives
/// of the loss by `logits`, [tick, sample, 2].
fn two_ticks<T: Float>(logits: &[T], answers: &[usize]) -> (Judged, Vec<T>) {
    let rows = answers.len();
    let mut judged = Judged { samples: rows as u64, ..Judged::default() };
    let mut bars = vec![T::of(0.0); logits.len()];
    for (row, &answer) in answers.iter().enumerate() {
        let (mut least, mut surest) = ((0, f64::INFINITY), (0, -1.0, f64::INFINITY));
        for (at, pair) in logits.chunks_exact(2).enumerate().skip(row).step_by(rows) {
            let apart = pair[1 - answer].value() - pair[answer].value();
            // ln(1 + exp(apart)); of two classes the more certain are farther apart.
            let loss = apart.max(0.0) + math::ln(1.0 + math::exp(-apart.abs()));
            if loss < least.1 {
                least = (at, loss);
            }
            if apart.abs() > surest.1 {
                surest = (at, apart.abs(), loss);
            }
            if loss.is_nan() {
                judged.loss = f64::NAN;
            }
        }
        judged.loss += 0.5 * (least.1 + surest.2);
        for at in [least.0, surest.0] {
            let pair = &logits[2 * at..2 * at + 2];
            let wrong = T::of(0.5) * math::sigmoid(pair[1 - answer] - pair[answer]);
            bars[2 * at + 1 - answer] += wrong;
            bars[2 * at + answer] -= wrong;
        }
        let pair = &logits[2 * surest.0..2 * surest.0 + 2];
        judged.right += u64::from(pair[answer] > pair[1 - answer]);
    }
    (judged, bars)
}
