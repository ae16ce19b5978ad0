//! The networks that neurons of [`super::Ticking`] have of their own, in one tick, forward and backward.

use crate::number::math;
use crate::simd::{Level, Work};
use crate::train::gemm::Float;

/// What the forward pass of [`super::Ticking`] records for the backward pass.
pub(super) struct Trace<T> {
    /// Pre-activations, [tick, row, neuron].
    pub(super) pre: Vec<T>,
    /// Hidden units of the neurons' own networks, [tick, row, hidden, neuron].
    pub(super) hidden_units: Vec<T>,
    /// States, [tick, row, neuron].
    pub(super) state: Vec<T>,
}

/// The networks of all neurons in one tick: z = Σ_h v_h·tanh(b_h + Σ_m w_hm·p(t - m)).
pub(super) struct Private<'a, T> {
    /// Pre-activations p up to this tick, [tick, row, neuron].
    pub(super) pre: &'a [T],
    /// w [hidden, memory, neuron], b [hidden, neuron] and v [hidden, neuron].
    pub(super) weights: &'a [&'a [T]],
    /// To write: the hidden units' tanh of this tick, [row, hidden, neuron].
    pub(super) hidden_units: &'a mut [T],
    /// To write: the states z of this tick, [row, neuron], which must be zeros.
    pub(super) state: &'a mut [T],
    /// The tick, and the number of rows, of neurons, of ticks in memory and of hidden units of a neuron.
    pub(super) sizes: [usize; 5],
}

impl<T: Float> Work for Private<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let [tick, rows, d, m, h] = self.sizes;
        let rest = self.hidden_units.chunks_exact_mut(h * d).zip(self.state.chunks_exact_mut(d));
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

/// The backward pass of [`Private`].
pub(super) struct PrivateBackward<'a, T> {
    /// What the forward pass recorded.
    pub(super) trace: &'a Trace<T>,
    /// As in [`Private`].
    pub(super) weights: &'a [&'a [T]],
    /// Derivatives of the loss by the states of this tick, [row, neuron].
    pub(super) state: &'a [T],
    /// To add to: derivatives by pre-activations, [tick, row, neuron].
    pub(super) pre: &'a mut [T],
    /// To add to: derivatives by w, b and v.
    pub(super) gradients: &'a mut [Vec<T>],
    /// As in [`Private`].
    pub(super) sizes: [usize; 5],
}

impl<T: Float> Work for PrivateBackward<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let [tick, rows, d, m, h] = self.sizes;
        let mut bar = vec![T::of(0.0); d];
        let [by_weight, by_bias, by_out] = self.gradients else { return };
        for row in 0..rows {
            let state = &self.state[row * d..(row + 1) * d];
            for k in 0..h {
                let own = &self.trace.hidden_units[((tick * rows + row) * h + k) * d..][..d];
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
