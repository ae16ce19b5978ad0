//! A gated recurrent unit (Cho et al. 2014), in the form of `torch.nn.GRU`.

use super::cell::{Cell, Input, add, linear, sum_rows};
use crate::error::{Error, Result};
use crate::number::math;
use crate::random::{Draws, Purpose, stream};
use crate::simd::{Level, Work, vectorised};
use crate::train::fit::Parameter;
use crate::train::gemm::{Float, Into, Matrix, product};

/// r = σ(W_r·x + U_r·h), z = σ(W_z·x + U_z·h), n = tanh(W_n·x + r·(U_n·h)), h ← (1 - z)·n + z·h, with biases for x and
/// for h.
#[derive(Debug, Clone, PartialEq)]
pub struct Gru {
    channels: usize,
    units: usize,
    /// The longest time constant, in steps, that the biases of z are drawn for; without, they are drawn as PyTorch
    /// draws them.
    longest: Option<f64>,
}

impl Gru {
    /// A layer of `units` units with `channels` inputs. With `longest`, initial biases of z are drawn such that units
    /// remember for 1 to `longest` steps (Tallec & Ollivier 2018, "Can recurrent neural networks warp time?").
    ///
    /// # Errors
    /// No channels or units, or more than 10,000; a longest time below 2.
    pub fn new(channels: usize, units: usize, longest: Option<f64>) -> Result<Gru> {
        if [channels, units].iter().any(|size| !(1..=10_000).contains(size))
            || longest.is_some_and(|steps| !(steps >= 2.0 && steps.is_finite()))
        {
            let problem = "channels and units must be from 1 to 10,000, and the longest time 2 steps or more";
            return Err(Error::invalid("GRU", problem));
        }
        Ok(Gru { channels, units, longest })
    }
}

/// What the backward pass needs, all [step, row, ...].
pub struct GruTrace<T> {
    /// r, z, n side by side.
    gates: Vec<T>,
    /// U_n·h with its bias.
    candidate: Vec<T>,
    /// h after the step.
    state: Vec<T>,
}

/// A step of all rows.
struct Gated<'a, T> {
    /// Before: the input's part of what enters the gates; after: r, z, n.
    gates: &'a mut [T],
    /// The state's part of what enters the gates.
    own: &'a [T],
    /// After: U_n·h with its bias.
    candidate: &'a mut [T],
    /// h, updated in place.
    state: &'a mut [T],
    units: usize,
}

impl<T: Float> Work for Gated<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let h = self.units;
        let gates = self.gates.chunks_exact_mut(3 * h).zip(self.own.chunks_exact(3 * h));
        let rest = self.candidate.chunks_exact_mut(h).zip(self.state.chunks_exact_mut(h));
        for ((gates, own), (candidate, state)) in gates.zip(rest) {
            let (open, n) = gates.split_at_mut(2 * h);
            open.iter_mut().zip(own).for_each(|(gate, &own)| *gate = math::sigmoid(*gate + own));
            candidate.copy_from_slice(&own[2 * h..]);
            let (r, z) = open.split_at(h);
            for (((n, &r), &z), (&u, state)) in n.iter_mut().zip(r).zip(z).zip(candidate.iter().zip(state)) {
                *n = math::tanh(*n + r * u);
                *state = *n + z * (*state - *n);
            }
        }
    }
}

impl<T: Float> Cell<T> for Gru {
    type Trace = GruTrace<T>;

    fn channels(&self) -> usize {
        self.channels
    }

    fn width(&self) -> usize {
        self.units
    }

    /// `input.weight` [3 units, channel], `hidden.weight` [3 units, unit], `input.bias` and `hidden.bias` \[3 units\],
    /// the rows in the order r, z, n.
    fn begin(&self, seed: u64) -> Result<Vec<Parameter<T>>> {
        let h = self.units;
        let mut bias = linear("input.bias", &[3 * h], h, seed, 3)?;
        if let Some(longest) = self.longest {
            let mut draws = Draws::new(seed, stream(Purpose::Initial, 0xe19), 0);
            let keep = bias.value_mut().data_mut()[h..2 * h].iter_mut();
            keep.for_each(|own| *own = T::of(math::ln(1.0 + draws.uniform() * (longest - 1.0))));
        }
        Ok(vec![
            linear("input.weight", &[3 * h, self.channels], h, seed, 1)?,
            linear("hidden.weight", &[3 * h, h], h, seed, 2)?,
            bias,
            linear("hidden.bias", &[3 * h], h, seed, 4)?,
        ])
    }

    fn forward(&self, weights: &[&[T]], input: Input<'_, T>) -> GruTrace<T> {
        let Input { numbers, steps, rows, channels } = input;
        let (h, all, zero) = (self.units, steps * rows, T::of(0.0));
        let mut gates: Vec<T> = weights[2].iter().copied().cycle().take(all * 3 * h).collect();
        let incoming = Matrix::new(weights[0], 3 * h, channels).transposed();
        product(&mut gates, Into::Sum, Matrix::new(numbers, all, channels), incoming);
        let (mut candidate, mut state) = (vec![zero; all * h], vec![zero; all * h]);
        let (mut before, mut own) = (vec![zero; rows * h], vec![zero; rows * 3 * h]);
        let recurrent = Matrix::new(weights[1], 3 * h, h).transposed();
        for step in 0..steps {
            own.chunks_exact_mut(3 * h).for_each(|row| row.copy_from_slice(weights[3]));
            product(&mut own, Into::Sum, Matrix::new(&before, rows, h), recurrent);
            let at = step * rows * h..(step + 1) * rows * h;
            let gates = &mut gates[3 * at.start..3 * at.end];
            vectorised(Gated { gates, own: &own, candidate: &mut candidate[at.clone()], state: &mut before, units: h });
            state[at].copy_from_slice(&before);
        }
        GruTrace { gates, candidate, state }
    }

    fn states<'a>(&self, trace: &'a GruTrace<T>) -> &'a [T] {
        &trace.state
    }

    fn backward(
        &self,
        weights: &[&[T]],
        input: Input<'_, T>,
        trace: &GruTrace<T>,
        bars: &[T],
        gradients: &mut [Vec<T>],
    ) {
        let Input { numbers, steps, rows, channels } = input;
        let (h, all, one) = (self.units, steps * rows, T::of(1.0));
        let recurrent = Matrix::new(weights[1], 3 * h, h);
        // Derivatives by what enters the gates from x (`outer`) and from h (`inner`).
        let (mut outer, mut inner) = (vec![T::of(0.0); all * 3 * h], vec![T::of(0.0); all * 3 * h]);
        let (mut state, rest) = (vec![T::of(0.0); rows * h], vec![T::of(0.0); rows * h]);
        for step in (0..steps).rev() {
            let at = step * rows * h..(step + 1) * rows * h;
            add(&mut state, &bars[at.clone()]);
            let before = if step > 0 { &trace.state[at.start - rows * h..at.start] } else { &rest };
            let wide = 3 * at.start..3 * at.end;
            let gates = trace.gates[wide.clone()].chunks_exact(3 * h).zip(trace.candidate[at].chunks_exact(h));
            let given = gates.zip(before.chunks_exact(h));
            let to = outer[wide.clone()].chunks_exact_mut(3 * h).zip(inner[wide.clone()].chunks_exact_mut(3 * h));
            for (((gates, candidate), before), ((outer, inner), state)) in given.zip(to.zip(state.chunks_exact_mut(h)))
            {
                for k in 0..h {
                    let (r, z, n) = (gates[k], gates[h + k], gates[2 * h + k]);
                    let by_n = state[k] * (one - z) * (one - n * n);
                    let by_r = by_n * candidate[k] * r * (one - r);
                    let by_z = state[k] * (before[k] - n) * z * (one - z);
                    (outer[k], outer[h + k], outer[2 * h + k]) = (by_r, by_z, by_n);
                    (inner[k], inner[h + k], inner[2 * h + k]) = (by_r, by_z, by_n * r);
                    state[k] *= z;
                }
            }
            product(&mut state, Into::Sum, Matrix::new(&inner[wide], rows, 3 * h), recurrent);
        }
        let outer_of = Matrix::new(&outer, all, 3 * h).transposed();
        product(&mut gradients[0], Into::Sum, outer_of, Matrix::new(numbers, all, channels));
        sum_rows(&mut gradients[2], &outer);
        sum_rows(&mut gradients[3], &inner);
        if steps > 1 {
            let later = Matrix::new(&inner[rows * 3 * h..], all - rows, 3 * h).transposed();
            product(&mut gradients[1], Into::Sum, later, Matrix::new(&trace.state, all - rows, h));
        }
    }
}
