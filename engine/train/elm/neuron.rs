//! The ELM neuron (Spieler, Rahaman, Martius, Schölkopf & Levina 2024, "The expressive leaky memory neuron: an
//! efficient and expressive phenomenological neuron model can solve long-horizon tasks"), with a hand-written forward
//! and backward pass.

use super::cell::{Cell, Input, add, linear, sum_rows};
use crate::error::{Error, Result};
use crate::number::math;
use crate::random::{Draws, Purpose, stream};
use crate::simd::{Level, Work, vectorised};
use crate::train::Array;
use crate::train::fit::{Parameter, Sign, Signs};
use crate::train::gemm::{Float, Into, Matrix, product};

/// The constants of LeCun's tanh, 1.7159·tanh(2/3·x).
const TANH: [f64; 2] = [1.7159, 2.0 / 3.0];

/// An ELM neuron: synapses on branches, memories with several time constants, and a small network that computes how
/// these change.
///
/// s ← κ_s·s + x for each input, branch sums b = Σ w_s·s with w_s ≥ 0; Δ = 1.7159·tanh(2/3·MLP([b, κ_m·m]));
/// m ← κ_m·m + λ·(1 - κ_m)·Δ; the readout is linear in m. κ = exp(-1/τ), τ in steps. The MLP has one hidden layer of rectified
/// units, twice as many as memories.
#[derive(Debug, Clone, PartialEq)]
pub struct Elm {
    channels: usize,
    branches: usize,
    /// τ_m, the time constant of each memory, in steps.
    tau: Vec<f64>,
    /// τ_s, the time constant of synapses, in steps.
    tau_s: f64,
    /// λ, the gain of changes.
    lambda: f64,
    /// [branch, channel]: whether there is a synapse.
    synapses: Vec<bool>,
}

impl Elm {
    /// A neuron of `branches` branches, each with synapses of half of the channels, chosen by `seed`, and `memories`
    /// memories, whose time constants go from 1 to 500 steps in equal ratios; τ_s = 5 steps, λ = 5.
    ///
    /// # Errors
    /// A number of channels, branches or memories that is 0 or above 10,000.
    pub fn new(channels: usize, branches: usize, memories: usize, seed: u64) -> Result<Elm> {
        if [channels, branches, memories].iter().any(|size| !(1..=10_000).contains(size)) {
            return Err(Error::invalid("ELM neuron", "channels, branches and memories must each be from 1 to 10,000"));
        }
        let share = |k: usize| k as f64 / (memories - 1).max(1) as f64;
        let tau = (0..memories).map(|k| math::exp(math::ln(500.0) * share(k))).collect();
        let mut synapses = vec![false; branches * channels];
        for (branch, own) in synapses.chunks_exact_mut(channels).enumerate() {
            let mut draws = Draws::new(seed, stream(Purpose::Initial, 0xe18), branch as u64);
            let mut left = channels.div_ceil(2);
            while left > 0 {
                let place = &mut own[draws.below(channels as u32) as usize];
                left -= usize::from(!*place);
                *place = true;
            }
        }
        Ok(Elm { channels, branches, tau, tau_s: 5.0, lambda: 5.0, synapses })
    }

    /// The same neuron with other time constants, in steps: `tau` of each memory, and `tau_s` of synapses.
    ///
    /// # Errors
    /// A time constant that is not above 0, or another number of them than of memories.
    pub fn with_tau(self, tau: &[f64], tau_s: f64) -> Result<Elm> {
        if tau.len() != self.tau.len() || tau.iter().chain([&tau_s]).any(|tau| !(*tau > 0.0 && tau.is_finite())) {
            let problem = format!("{} time constants above 0 are needed, one for each memory", self.tau.len());
            return Err(Error::invalid("ELM neuron", problem));
        }
        Ok(Elm { tau: tau.to_vec(), tau_s, ..self })
    }

    /// The time constants of the memories, in steps.
    pub fn tau(&self) -> &[f64] {
        &self.tau
    }

    /// κ_m and λ·(1 - κ_m) of each memory.
    fn kappas_and_gains<T: Float>(&self) -> (Vec<T>, Vec<T>) {
        let kappa = |tau: &f64| math::exp(-1.0 / tau);
        let gain = |tau: &f64| self.lambda * (1.0 - kappa(tau));
        (self.tau.iter().map(|tau| T::of(kappa(tau))).collect(), self.tau.iter().map(|tau| T::of(gain(tau))).collect())
    }
}

/// What the backward pass needs, all [step, row, ...].
pub struct ElmTrace<T> {
    /// s, the synaptic trace of each channel, without weights.
    traces: Vec<T>,
    /// b, the sum of each branch.
    branches: Vec<T>,
    /// κ_m·m before the step.
    kept: Vec<T>,
    /// The rectified hidden units of the MLP.
    hidden: Vec<T>,
    /// tanh(2/3·MLP).
    curve: Vec<T>,
    /// m after the step.
    memory: Vec<T>,
}

/// tanh(`slope` · x) of many numbers, in place.
struct Curved<'a, T> {
    curve: &'a mut [T],
    slope: T,
}

impl<T: Float> Work for Curved<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        self.curve.iter_mut().for_each(|own| *own = math::tanh(self.slope * *own));
    }
}

impl<T: Float> Cell<T> for Elm {
    type Trace = ElmTrace<T>;

    fn channels(&self) -> usize {
        self.channels
    }

    fn width(&self) -> usize {
        self.tau.len()
    }

    /// `synapses` [branch, channel], `branch.weight` [hidden, branch], `memory.weight` [hidden, memory], `hidden.bias`
    /// \[hidden\], `change.weight` [memory, hidden], `change.bias` \[memory\].
    fn begin(&self, seed: u64) -> Result<Vec<Parameter<T>>> {
        let (b, d) = (self.branches, self.tau.len());
        let weights = self.synapses.iter().map(|&there| T::of(if there { 0.5 } else { 0.0 })).collect();
        let synapses = Array::new("synapses", &[b, self.channels], weights)?;
        let synapses = Parameter::new("synapses", synapses)?.masked(self.synapses.clone())?;
        Ok(vec![
            synapses.signed(Signs::First(vec![Sign::Positive; b]))?,
            linear("branch.weight", &[2 * d, b], b + d, seed, 1)?,
            linear("memory.weight", &[2 * d, d], b + d, seed, 2)?,
            linear("hidden.bias", &[2 * d], b + d, seed, 3)?,
            linear("change.weight", &[d, 2 * d], 2 * d, seed, 4)?,
            linear("change.bias", &[d], 2 * d, seed, 5)?,
        ])
    }

    fn forward(&self, weights: &[&[T]], input: Input<'_, T>) -> ElmTrace<T> {
        let Input { numbers, steps, rows, channels } = input;
        let (b, d, all, zero) = (self.branches, self.tau.len(), steps * rows, T::of(0.0));
        let kappa_s = T::of(math::exp(-1.0 / self.tau_s));
        let mut traces = numbers.to_vec();
        for at in rows * channels..traces.len() {
            let before = traces[at - rows * channels];
            traces[at] += kappa_s * before;
        }
        let mut branches = vec![zero; all * b];
        let synapses = Matrix::new(weights[0], b, channels).transposed();
        product(&mut branches, Into::Place, Matrix::new(&traces, all, channels), synapses);
        let mut hidden: Vec<T> = weights[3].iter().copied().cycle().take(all * 2 * d).collect();
        product(&mut hidden, Into::Sum, Matrix::new(&branches, all, b), Matrix::new(weights[1], 2 * d, b).transposed());
        let (mut kept, mut curve, mut memory) = (vec![zero; all * d], vec![zero; all * d], vec![zero; all * d]);
        let (kappa, gain) = self.kappas_and_gains::<T>();
        let (recurrent, change) =
            (Matrix::new(weights[2], 2 * d, d).transposed(), Matrix::new(weights[4], d, 2 * d).transposed());
        let (slope, height) = (T::of(TANH[1]), T::of(TANH[0]));
        for step in 0..steps {
            let own = step * rows * d..(step + 1) * rows * d;
            if step > 0 {
                let before = memory[own.start - rows * d..own.start].chunks_exact(d);
                for (kept, before) in kept[own.clone()].chunks_exact_mut(d).zip(before) {
                    (0..d).for_each(|k| kept[k] = kappa[k] * before[k]);
                }
            }
            let hidden = &mut hidden[2 * own.start..2 * own.end];
            product(hidden, Into::Sum, Matrix::new(&kept[own.clone()], rows, d), recurrent);
            hidden.iter_mut().for_each(|own| *own = if *own > zero { *own } else { zero });
            let curve = &mut curve[own.clone()];
            curve.chunks_exact_mut(d).for_each(|row| row.copy_from_slice(weights[5]));
            product(curve, Into::Sum, Matrix::new(hidden, rows, 2 * d), change);
            vectorised(Curved { curve, slope });
            let places =
                memory[own.clone()].chunks_exact_mut(d).zip(curve.chunks_exact(d)).zip(kept[own].chunks_exact(d));
            for ((memory, curve), kept) in places {
                (0..d).for_each(|k| memory[k] = kept[k] + gain[k] * height * curve[k]);
            }
        }
        ElmTrace { traces, branches, kept, hidden, curve, memory }
    }

    fn states<'a>(&self, trace: &'a ElmTrace<T>) -> &'a [T] {
        &trace.memory
    }

    fn backward(
        &self,
        weights: &[&[T]],
        input: Input<'_, T>,
        trace: &ElmTrace<T>,
        bars: &[T],
        gradients: &mut [Vec<T>],
    ) {
        let Input { steps, rows, channels, .. } = input;
        let (b, d, all, zero) = (self.branches, self.tau.len(), steps * rows, T::of(0.0));
        let (recurrent, change) = (Matrix::new(weights[2], 2 * d, d), Matrix::new(weights[4], d, 2 * d));
        let (kappa, gain) = self.kappas_and_gains::<T>();
        let factor = T::of(TANH[0] * TANH[1]);
        let (mut changes, mut hiddens) = (vec![zero; all * d], vec![zero; all * 2 * d]);
        let (mut memory, mut kept) = (vec![zero; rows * d], vec![zero; rows * d]);
        for step in (0..steps).rev() {
            let own = step * rows * d..(step + 1) * rows * d;
            add(&mut memory, &bars[own.clone()]);
            let changes = &mut changes[own.clone()];
            let given = memory.chunks_exact(d).zip(trace.curve[own.clone()].chunks_exact(d));
            for (to, (bar, y)) in changes.chunks_exact_mut(d).zip(given) {
                (0..d).for_each(|k| to[k] = bar[k] * gain[k] * factor * (T::of(1.0) - y[k] * y[k]));
            }
            let hidden = &mut hiddens[2 * own.start..2 * own.end];
            product(hidden, Into::Place, Matrix::new(changes, rows, d), change);
            let open = trace.hidden[2 * own.start..2 * own.end].iter();
            hidden.iter_mut().zip(open).for_each(|(bar, &open)| *bar = if open > zero { *bar } else { zero });
            kept.copy_from_slice(&memory);
            product(&mut kept, Into::Sum, Matrix::new(hidden, rows, 2 * d), recurrent);
            for (to, kept) in memory.chunks_exact_mut(d).zip(kept.chunks_exact(d)) {
                (0..d).for_each(|k| to[k] = kappa[k] * kept[k]);
            }
        }
        let (changes_of, hiddens_of) = (Matrix::new(&changes, all, d), Matrix::new(&hiddens, all, 2 * d));
        product(&mut gradients[4], Into::Sum, changes_of.transposed(), Matrix::new(&trace.hidden, all, 2 * d));
        sum_rows(&mut gradients[5], &changes);
        product(&mut gradients[1], Into::Sum, hiddens_of.transposed(), Matrix::new(&trace.branches, all, b));
        product(&mut gradients[2], Into::Sum, hiddens_of.transposed(), Matrix::new(&trace.kept, all, d));
        sum_rows(&mut gradients[3], &hiddens);
        let mut branches = vec![zero; all * b];
        product(&mut branches, Into::Place, hiddens_of, Matrix::new(weights[1], 2 * d, b));
        let branches = Matrix::new(&branches, all, b).transposed();
        product(&mut gradients[0], Into::Sum, branches, Matrix::new(&trace.traces, all, channels));
        let mask = gradients[0].iter_mut().zip(&self.synapses);
        mask.filter(|(_, there)| !**there).for_each(|(own, _)| *own = zero);
    }
}
