//! Curves that numbers go through, place by place.

use crate::error::Result;
use crate::number::math;
use crate::train::Array;
use crate::train::gemm::Float;
use crate::train::share;
use crate::train::tape::needs;
use crate::train::tape::{Datum, Given, Operation};

/// Numbers that a thread takes at a time.
const BLOCK: usize = 4096;
const NAME: &str = "curve";

/// A curve.
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
    fn at<T: Float>(self, x: T) -> T {
        match self {
            Curve::Sigmoid => math::sigmoid(x),
            Curve::Silu => x * math::sigmoid(x),
            Curve::Tanh => math::tanh(x),
            Curve::Relu => T::choose(x > T::of(0.0), x, T::of(0.0)),
        }
    }

    /// The slope at x, where the curve is y.
    fn slope<T: Float>(self, x: T, y: T) -> T {
        let one = T::of(1.0);
        match self {
            Curve::Sigmoid => y * (one - y),
            Curve::Silu => {
                let sigmoid = math::sigmoid(x);
                sigmoid + y * (one - sigmoid)
            }
            Curve::Tanh => one - y * y,
            Curve::Relu => T::choose(x > T::of(0.0), one, T::of(0.0)),
        }
    }
}

/// Each number through a [`Curve`].
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
            to.iter_mut().for_each(|number| *number = self.0.at(*number));
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
            for (bar, (&x, &y)) in to.iter_mut().zip(input.data()[own.clone()].iter().zip(&output.data()[own])) {
                *bar *= self.0.slope(x, y);
            }
            Ok(())
        })?;
        Ok(vec![Some(to)])
    }
}
