//! Activation functions, applied to each number.

use crate::error::Result;
use crate::number::{Real, math};
use crate::simd::{Fields, FieldsMut, Items, Level, Vector, Work, vectorised};
use crate::train::Array;
use crate::train::gemm::Float;
use crate::train::share;
use crate::train::tape::needs;
use crate::train::tape::{Datum, Given, Operation};

/// How many numbers a thread takes at a time.
const BLOCK: usize = 4096;
const NAME: &str = "curve";

/// An activation function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// 1 / (1 + exp(-x)).
    Sigmoid,
    /// x / (1 + exp(-x)).
    Silu,
    /// The hyperbolic tangent.
    Tanh,
    /// x above zero, else zero.
    Relu,
}

impl Curve {
    /// The curve at x.
    #[inline(always)]
    fn at<R: Real>(self, x: R) -> R {
        match self {
            Curve::Sigmoid => math::sigmoid(x),
            Curve::Silu => x * math::sigmoid(x),
            Curve::Tanh => math::tanh(x),
            Curve::Relu => R::choose(x.above(R::of(0.0)), x, R::of(0.0)),
        }
    }

    /// The slope at x, where the curve is y.
    #[inline(always)]
    fn slope<R: Real>(self, x: R, y: R) -> R {
        let one = R::of(1.0);
        match self {
            Curve::Sigmoid => y * (one - y),
            Curve::Silu => {
                let sigmoid = math::sigmoid(x);
                sigmoid + y * (one - sigmoid)
            }
            Curve::Tanh => one - y * y,
            Curve::Relu => R::choose(x.above(R::of(0.0)), one, R::of(0.0)),
        }
    }
}

/// Replaces each number by the curve at it.
struct Apply<'a, T> {
    curve: Curve,
    to: &'a mut [T],
}

impl<T: Float> Work for Apply<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let count = self.to.len();
        let mut to = FieldsMut::new(self.to, 1, count);
        for first in (0..count).step_by(T::Side::<L>::LANES) {
            let items = Items { first, count: T::Side::<L>::LANES.min(count - first) };
            let x: T::Side<L> = to.fields().load(0, items);
            to.store(0, items, self.curve.at(x));
        }
    }
}

/// Multiplies each adjoint in `to` by the slope at `x`, where the curve is `y`.
struct MultiplyBySlopes<'a, T> {
    curve: Curve,
    to: &'a mut [T],
    x: &'a [T],
    y: &'a [T],
}

impl<T: Float> Work for MultiplyBySlopes<'_, T> {
    type Out = ();
    #[inline(always)]
    fn run<L: Level>(self) {
        let count = self.to.len();
        let mut to = FieldsMut::new(self.to, 1, count);
        let [x, y] = [self.x, self.y].map(|numbers| Fields::new(numbers, 1, count));
        for first in (0..count).step_by(T::Side::<L>::LANES) {
            let items = Items { first, count: T::Side::<L>::LANES.min(count - first) };
            let bar: T::Side<L> = to.fields().load(0, items);
            to.store(0, items, bar * self.curve.slope(x.load(0, items), y.load(0, items)));
        }
    }
}

/// Applies a [`Curve`] to each number. Input: numbers or spikes of any shape.
#[derive(Debug, Clone)]
pub struct Pointwise(pub Curve);

impl<T: Float> Operation<T> for Pointwise {
    fn name(&self) -> &str {
        NAME
    }

    fn forward(&mut self, inputs: &[&Datum<T>], threads: usize) -> Result<Datum<T>> {
        let [input] = needs::exactly(NAME, inputs, "one")?;
        let mut to = needs::unpacked(NAME, input)?.into_owned();
        share::blocks(threads, to.data_mut(), BLOCK, |_, to| {
            vectorised(Apply { curve: self.0, to });
            Ok(())
        })?;
        Ok(Datum::Numbers(to))
    }

    fn backward(&mut self, given: Given<'_, T>, threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let input = needs::unpacked(NAME, given.inputs[0])?;
        let output = given.output.numbers(NAME)?;
        let mut to = given.bar.clone();
        share::blocks(threads, to.data_mut(), BLOCK, |block, to| {
            let own = block * BLOCK..block * BLOCK + to.len();
            vectorised(MultiplyBySlopes { curve: self.0, to, x: &input.data()[own.clone()], y: &output.data()[own] });
            Ok(())
        })?;
        Ok(vec![Some(to)])
    }
}
