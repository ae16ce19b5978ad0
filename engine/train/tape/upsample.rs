//! Up-sampling of images.

use crate::error::{Error, Result};
use crate::train::Array;
use crate::train::gemm::Float;
use crate::train::share;
use crate::train::tape::needs;
use crate::train::tape::{Datum, Given, Operation};

/// Repeats each place of an image down and across: up-sampling by nearest neighbours. Input: [samples, steps, channels,
/// height, width], numbers or spikes.
#[derive(Debug, Clone)]
pub struct Upsample {
    times: [usize; 2],
}

const NAME: &str = "up-sampling";

impl Upsample {
    /// Up-sampling by these factors, down and across.
    pub fn new(times: [usize; 2]) -> Upsample {
        Upsample { times }
    }

    /// The height and width of an image of this shape, and the shape of the output.
    fn sizes(&self, shape: &[usize]) -> Result<([usize; 2], [usize; 5])> {
        let [_, channels, height, width] = needs::images(NAME, shape)?;
        let [down, across] = self.times;
        match (height.checked_mul(down), width.checked_mul(across)) {
            (Some(rows), Some(columns)) if down > 0 && across > 0 => {
                Ok(([height, width], [shape[0], shape[1], channels, rows, columns]))
            }
            _ => {
                let problem = format!("{height} x {width} cannot be made {down} x {across} times as large");
                Err(Error::invalid(NAME, format!("{problem}; use 1 or more, and no more than memory holds")))
            }
        }
    }
}

impl<T: Float> Operation<T> for Upsample {
    fn name(&self) -> &str {
        NAME
    }

    fn forward(&mut self, inputs: &[&Datum<T>], threads: usize) -> Result<Datum<T>> {
        let [input] = needs::exactly(NAME, inputs, "one input")?;
        let ([height, width], shape) = self.sizes(input.shape())?;
        let input = needs::unpacked(NAME, input)?;
        let [down, across] = self.times;
        let mut to = Array::zeros(NAME, &shape)?;
        share::blocks(threads, to.data_mut(), shape[3] * shape[4], |image, to| {
            for (row, to) in to.chunks_mut(shape[4]).enumerate() {
                let from = &input.data()[(image * height + row / down) * width..][..width];
                to.chunks_mut(across).zip(from).for_each(|(to, &from)| to.fill(from));
            }
            Ok(())
        })?;
        Ok(Datum::Numbers(to))
    }

    fn backward(&mut self, given: Given<'_, T>, threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let ([height, width], shape) = self.sizes(given.inputs[0].shape())?;
        let [down, across] = self.times;
        let mut to = Array::zeros(NAME, given.inputs[0].shape())?;
        share::blocks(threads, to.data_mut(), height * width, |image, to| {
            for row in 0..shape[3] {
                let bar = &given.bar.data()[(image * shape[3] + row) * shape[4]..][..shape[4]];
                for (to, bar) in to[row / down * width..].iter_mut().zip(bar.chunks(across)) {
                    *to = bar.iter().fold(*to, |sum, &bar| sum + bar);
                }
            }
            Ok(())
        })?;
        Ok(vec![Some(to)])
    }
}
