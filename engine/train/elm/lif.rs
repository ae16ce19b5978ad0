//! A recurrent layer of leaky integrate-and-fire neurons, trained with a surrogate gradient (Neftci, Mostafa & Zenke
//! 2019).

use super::cell::{Cell, Input, add, linear, sum_rows};
use crate::error::{Error, Result};
use crate::number::math;
use crate::train::fit::{Initial, Parameter};
use crate::train::gemm::{Float, Into, Matrix, product};

/// Leaky integrate-and-fire neurons with recurrent weights U: v ← κ·v + W·x + U·s + (1 - κ)·b - s, where s are the
/// spikes of the step before, and a spike is fired where v reaches 1. κ = exp(-1/τ).
///
/// In the backward pass a spike has the derivative of the fast sigmoid ½·(1 + 4x / (1 + 4|x|)) at x = v - 1 (Zenke &
/// Ganguli 2018).
#[derive(Debug, Clone, PartialEq)]
pub struct Lif {
    channels: usize,
    units: usize,
    /// τ, the membrane time constant, in steps.
    tau: f64,
    /// Whether the fast sigmoid stands in place of spikes in the forward pass, too.
    smooth: bool,
}

/// Steepness of the fast sigmoid.
const STEEP: f64 = 4.0;

impl Lif {
    /// A layer of `units` neurons with `channels` inputs and the membrane time constant `tau`, in steps.
    ///
    /// # Errors
    /// No channels or neurons, or more than 10,000; a time constant that is not above 0.
    pub fn new(channels: usize, units: usize, tau: f64) -> Result<Lif> {
        if [channels, units].iter().any(|size| !(1..=10_000).contains(size)) || !(tau > 0.0 && tau.is_finite()) {
            let problem = "channels and neurons must be from 1 to 10,000, and the time constant above 0 steps";
            return Err(Error::invalid("LIF neurons", problem));
        }
        Ok(Lif { channels, units, tau, smooth: false })
    }

    /// The same layer with the fast sigmoid in place of spikes in the forward pass, too: its gradients are exact.
    #[must_use]
    pub fn smooth(self) -> Lif {
        Lif { smooth: true, ..self }
    }
}

/// What the backward pass needs, all [step, row, unit].
pub struct LifTrace<T> {
    potential: Vec<T>,
    spikes: Vec<T>,
}

impl<T: Float> Cell<T> for Lif {
    type Trace = LifTrace<T>;

    fn channels(&self) -> usize {
        self.channels
    }

    fn width(&self) -> usize {
        self.units
    }

    /// `input.weight` [unit, channel], `recurrent.weight` [unit, unit], `bias` \[unit\].
    fn begin(&self, seed: u64) -> Result<Vec<Parameter<T>>> {
        let incoming = Initial::Kaiming { fan_in: self.channels as u32, gain: 2.0 };
        Ok(vec![
            Parameter::new("input.weight", incoming.array("input.weight", &[self.units, self.channels], seed, 1)?)?,
            linear("recurrent.weight", &[self.units, self.units], self.units, seed, 2)?,
            linear("bias", &[self.units], self.units, seed, 3)?,
        ])
    }

    fn forward(&self, weights: &[&[T]], input: Input<'_, T>) -> LifTrace<T> {
        let Input { numbers, steps, rows, channels } = input;
        let (h, all, one) = (self.units, steps * rows, T::of(1.0));
        let kappa = T::of(math::exp(-1.0 / self.tau));
        let biases: Vec<T> = weights[2].iter().map(|&bias| bias * (one - kappa)).collect();
        let mut potential: Vec<T> = biases.iter().copied().cycle().take(all * h).collect();
        let incoming = Matrix::new(weights[0], h, channels).transposed();
        product(&mut potential, Into::Sum, Matrix::new(numbers, all, channels), incoming);
        let mut spikes = vec![T::of(0.0); all * h];
        let recurrent = Matrix::new(weights[1], h, h).transposed();
        for step in 0..steps {
            let own = step * rows * h..(step + 1) * rows * h;
            if step > 0 {
                let before = own.start - rows * h..own.start;
                let (done, now) = potential.split_at_mut(own.start);
                let now = &mut now[..rows * h];
                let places = now.iter_mut().zip(&done[before.clone()]).zip(&spikes[before.clone()]);
                places.for_each(|((now, &v), &s)| *now += kappa * v - s);
                product(now, Into::Sum, Matrix::new(&spikes[before], rows, h), recurrent);
            }
            for (spike, &v) in spikes[own.clone()].iter_mut().zip(&potential[own]) {
                *spike = if self.smooth { fast_sigmoid(v - one) } else { T::of(f64::from(u8::from(v >= one))) };
            }
        }
        LifTrace { potential, spikes }
    }

    fn states<'a>(&self, trace: &'a LifTrace<T>) -> &'a [T] {
        &trace.spikes
    }

    fn backward(
        &self,
        weights: &[&[T]],
        input: Input<'_, T>,
        trace: &LifTrace<T>,
        bars: &[T],
        gradients: &mut [Vec<T>],
    ) {
        let Input { numbers, steps, rows, channels } = input;
        let (h, all, one) = (self.units, steps * rows, T::of(1.0));
        let kappa = T::of(math::exp(-1.0 / self.tau));
        let recurrent = Matrix::new(weights[1], h, h);
        let mut potentials = vec![T::of(0.0); all * h];
        let mut spikes = vec![T::of(0.0); rows * h];
        for step in (0..steps).rev() {
            let own = step * rows * h..(step + 1) * rows * h;
            let (now, later) = potentials.split_at_mut(own.end);
            spikes.copy_from_slice(&bars[own.clone()]);
            let now = &mut now[own.start..];
            if step + 1 < steps {
                let later = &later[..rows * h];
                spikes.iter_mut().zip(later).for_each(|(to, &later)| *to -= later);
                product(&mut spikes, Into::Sum, Matrix::new(later, rows, h), recurrent);
                now.iter_mut().zip(later).for_each(|(to, &later)| *to = kappa * later);
            }
            let places = now.iter_mut().zip(&spikes).zip(&trace.potential[own]);
            places.for_each(|((to, &bar), &v)| *to += bar * fast_sigmoid_slope(v - one));
        }
        let all_of = Matrix::new(&potentials, all, h).transposed();
        product(&mut gradients[0], Into::Sum, all_of, Matrix::new(numbers, all, channels));
        let mut biases = vec![T::of(0.0); h];
        sum_rows(&mut biases, &potentials);
        biases.iter_mut().for_each(|own| *own *= one - kappa);
        add(&mut gradients[2], &biases);
        if steps > 1 {
            let later = Matrix::new(&potentials[rows * h..], all - rows, h).transposed();
            product(&mut gradients[1], Into::Sum, later, Matrix::new(&trace.spikes, all - rows, h));
        }
    }
}

/// The fast sigmoid that stands for a spike at v - 1 = `x`.
fn fast_sigmoid<T: Float>(x: T) -> T {
    let steep = T::of(STEEP) * x;
    T::of(0.5) * (T::of(1.0) + steep.over(T::of(1.0) + math::abs(steep)))
}

/// The derivative of [`fast_sigmoid`].
fn fast_sigmoid_slope<T: Float>(x: T) -> T {
    let below = T::of(1.0) + math::abs(T::of(STEEP) * x);
    T::of(STEEP / 2.0).over(below * below)
}
