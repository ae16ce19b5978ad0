//! A network that thinks in ticks (Darlow et al. 2025): each neuron has a small network of its own over its last pre-activations, and
//! what is read is the synchrony of pairs, or the state.
//!
//! Left out of the paper's: attention (all inputs are there in every tick), the deep synapse model (one matrix here), gates.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::number::math;
use crate::random::{Draws, Purpose, stream};
use crate::simd::{Level, Work, vectorised};
use crate::train::Array;
use crate::train::elm::sum_rows;
use crate::train::endless::{Judged, Learner};
use crate::train::fit::{Initial, Parameter, Parameters};
use crate::train::gemm::{Float, Into, Matrix, product};

/// Streams of this room among those of samples.
const STREAM: u32 = 0xc73;

/// What is read in each tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// The synchrony of as many random pairs as there are neurons.
    Synchrony,
    /// The state of all neurons.
    State,
}

/// Its sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticking {
    /// Bits whose parity is asked.
    pub bits: usize,
    /// Neurons.
    pub neurons: usize,
    /// Pre-activations that a neuron remembers.
    pub memory: usize,
    /// Hidden units of a neuron's own network.
    pub hidden: usize,
    /// Ticks.
    pub ticks: usize,
    /// What is read.
    pub read: Read,
    /// What pairs and samples depend on.
    pub seed: u64,
}

impl Ticking {
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

    /// Bits of samples, -1 and 1, [sample, bit], and their parities: 1 where an odd number of bits is -1.
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

    /// Goes over all ticks.
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
        let mut trace =
            Trace { pre: vec![zero; ticks * size], own: vec![zero; ticks * size * h], state: vec![zero; ticks * size] };
        for tick in 0..ticks {
            let (at, before) = (tick * size, tick.saturating_sub(1) * size);
            trace.pre[at..at + size].copy_from_slice(&base);
            if tick > 0 {
                let state = Matrix::new(&trace.state[before..before + size], rows, d);
                product(&mut trace.pre[at..at + size], Into::Sum, state, Matrix::new(weights[1], d, d).transposed());
            }
            let pre = &trace.pre[..at + size];
            let own = &mut trace.own[at * h..(at + size) * h];
            let state = &mut trace.state[at..at + size];
            vectorised(Private { pre, weights: &weights[3..6], own, state, sizes: [tick, rows, d, m, h] });
        }
        trace
    }

    /// What is read, [tick, row, neuron or pair], with α and β where it is synchrony.
    fn read<T: Float>(&self, weights: &[&[T]], trace: &Trace<T>, rows: usize) -> Seen<T> {
        let (d, size) = (self.neurons, rows * self.neurons);
        if self.read == Read::State {
            return Seen { features: trace.state.clone(), alphas: Vec::new(), betas: Vec::new() };
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
        Seen { features, alphas, betas }
    }

    /// From derivatives by what is read to those by states; those by decays are added to `decays`.
    fn unread<T: Float>(
        &self,
        weights: &[&[T]],
        (trace, seen): (&Trace<T>, &Seen<T>),
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
                    let own = seen.betas[tick * d + p];
                    let root = root_of(own);
                    let bar = bars[at + p];
                    beta[p] -= bar * seen.alphas[at + p].over(T::of(2.0) * own * root);
                    let to = &mut alpha[row * d + p];
                    *to = bar.over(root) + rates[p] * *to;
                    states[at + i] += *to * trace.state[at + j];
                    states[at + j] += *to * trace.state[at + i];
                    if tick > 0 {
                        rate[p] += *to * seen.alphas[at - size + p];
                    }
                }
            }
            if tick > 0 {
                (0..d).for_each(|p| rate[p] += beta[p] * seen.betas[(tick - 1) * d + p]);
            }
        }
        decays.iter_mut().zip(rate).zip(rates).for_each(|((to, bar), r)| *to -= r * bar);
        states
    }

    /// Back over all ticks.
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
            let given = BackPrivate {
                trace,
                weights: &weights[3..6],
                state: &state,
                pre: &mut pre,
                gradients: &mut gradients[3..6],
                sizes: [tick, rows, d, m, h],
            };
            vectorised(given);
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

fn root_of<T: Float>(x: T) -> T {
    crate::number::Real::sqrt(x)
}

/// What the way back needs: pre-activations and states [tick, row, neuron], hidden units [tick, row, hidden, neuron].
struct Trace<T> {
    pre: Vec<T>,
    own: Vec<T>,
    state: Vec<T>,
}

/// What is read, [tick, row, pair], with its sums.
struct Seen<T> {
    features: Vec<T>,
    alphas: Vec<T>,
    betas: Vec<T>,
}

/// The neurons' own networks in a tick: z = Σ_h v_h·tanh(b_h + Σ_m w_hm·p(t - m)), weights [hidden, memory, neuron].
struct Private<'a, T> {
    pre: &'a [T],
    weights: &'a [&'a [T]],
    own: &'a mut [T],
    state: &'a mut [T],
    sizes: [usize; 5],
}

impl<T: Float> Work for Private<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let [tick, rows, d, m, h] = self.sizes;
        let rest = self.own.chunks_exact_mut(h * d).zip(self.state.chunks_exact_mut(d));
        for (row, (own, state)) in rest.enumerate() {
            for (k, own) in own.chunks_exact_mut(d).enumerate() {
                own.copy_from_slice(&self.weights[1][k * d..(k + 1) * d]);
                for ago in 0..m.min(tick + 1) {
                    let p = &self.pre[((tick - ago) * rows + row) * d..][..d];
                    let w = &self.weights[0][(k * m + ago) * d..][..d];
                    own.iter_mut().zip(p).zip(w).for_each(|((to, &p), &w)| *to += w * p);
                }
                let v = &self.weights[2][k * d..(k + 1) * d];
                for ((own, state), &v) in own.iter_mut().zip(state.iter_mut()).zip(v) {
                    *own = math::tanh(*own);
                    *state += v * *own;
                }
            }
        }
    }
}

/// The way back over [`Private`].
struct BackPrivate<'a, T> {
    trace: &'a Trace<T>,
    weights: &'a [&'a [T]],
    state: &'a [T],
    pre: &'a mut [T],
    gradients: &'a mut [Vec<T>],
    sizes: [usize; 5],
}

impl<T: Float> Work for BackPrivate<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let [tick, rows, d, m, h] = self.sizes;
        let mut bar = vec![T::of(0.0); d];
        let [by_weight, by_bias, by_out] = self.gradients else { return };
        for row in 0..rows {
            let state = &self.state[row * d..(row + 1) * d];
            for k in 0..h {
                let own = &self.trace.own[((tick * rows + row) * h + k) * d..][..d];
                let v = &self.weights[2][k * d..(k + 1) * d];
                let places = bar.iter_mut().zip(own).zip(state.iter().zip(v));
                places.for_each(|((bar, &y), (&z, &v))| *bar = z * v * (T::of(1.0) - y * y));
                let out = by_out[k * d..(k + 1) * d].iter_mut().zip(own).zip(state);
                out.for_each(|((to, &y), &z)| *to += z * y);
                by_bias[k * d..(k + 1) * d].iter_mut().zip(&bar).for_each(|(to, &bar)| *to += bar);
                for ago in 0..m.min(tick + 1) {
                    let at = ((tick - ago) * rows + row) * d;
                    let (p, to) = (&self.trace.pre[at..at + d], &mut self.pre[at..at + d]);
                    let w = &self.weights[0][(k * m + ago) * d..][..d];
                    let by_w = &mut by_weight[(k * m + ago) * d..][..d];
                    for n in 0..d {
                        by_w[n] += bar[n] * p[n];
                        to[n] += bar[n] * w[n];
                    }
                }
            }
        }
    }
}

impl<T: Float> Learner<T> for Ticking {
    /// `input.weight` [neuron, bit], `recurrent.weight` [neuron, neuron], `bias`, `private.weight` [hidden, memory, neuron],
    /// `private.bias` [hidden, neuron], `private.out` [hidden, neuron], `decay` (a number for each pair), `readout.weight` [2, neuron], `readout.bias`.
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
        let seen = self.read(weights, &trace, rows);
        let mut logits: Vec<T> = weights[8].iter().copied().cycle().take(ticks * rows * 2).collect();
        let features = Matrix::new(&seen.features, ticks * rows, d);
        product(&mut logits, Into::Sum, features, Matrix::new(weights[7], 2, d).transposed());
        let (judged, bars) = two_ticks(&logits, &answers);
        let Some(gradients) = gradients else { return Ok(judged) };
        let bars_of = Matrix::new(&bars, ticks * rows, 2);
        product(&mut gradients[7], Into::Sum, bars_of.transposed(), features);
        sum_rows(&mut gradients[8], &bars);
        let mut back = vec![T::of(0.0); ticks * rows * d];
        product(&mut back, Into::Place, bars_of, Matrix::new(weights[7], 2, d));
        let states = self.unread(weights, (&trace, &seen), back, &mut gradients[6], rows);
        self.backward(weights, &bits, &trace, &states, gradients, rows);
        Ok(judged)
    }
}

/// The mean of the losses of the tick with the least and of the most certain one (certainty: 1 - entropy / ln 2), summed over samples, with
/// derivatives by logits [tick, sample, 2]; the answer is that of the most certain tick.
pub(super) fn two_ticks<T: Float>(logits: &[T], answers: &[usize]) -> (Judged, Vec<T>) {
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
