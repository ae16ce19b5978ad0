//! Pooling of images.

use crate::error::Result;
use crate::train::Array;
use crate::train::gemm::Float;
use crate::train::share;
use crate::train::tape::needs;
use crate::train::tape::patches::{Axis, Patches};
use crate::train::tape::{Datum, Given, Operation};

/// What a window gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// The sum of its places.
    Sum,
    /// The mean of its places; zeros of the padding count.
    Average,
}

/// Sums or means over windows of each channel. Input: [samples, steps, channels, height, width], numbers or spikes.
#[derive(Debug, Clone)]
pub struct Pool {
    pooling: Pooling,
    size: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
}

const NAME: &str = "pooling";

impl Pool {
    /// Pooling over windows of `size`, down and across, that lie side by side.
    pub fn new(pooling: Pooling, size: [usize; 2]) -> Pool {
        Pool { pooling, size, stride: size, padding: [0; 2] }
    }

    /// The pooling with the distance from one window to the next, down and across.
    #[must_use]
    pub fn stride(self, stride: [usize; 2]) -> Pool {
        Pool { stride, ..self }
    }

    /// The pooling with rows and columns of zeros at each side of an image.
    #[must_use]
    pub fn padding(self, padding: [usize; 2]) -> Pool {
        Pool { padding, ..self }
    }

    /// The windows over one channel of an input of this shape, and the shape of the output.
    fn windows(&self, shape: &[usize]) -> Result<(Patches, [usize; 5])> {
        let [_, channels, height, width] = needs::images(NAME, shape)?;
        let axis = |place: usize, length| {
            let [size, stride, padding] = [self.size[place], self.stride[place], self.padding[place]];
            Axis { length, size, stride, padding, dilation: 1 }
        };
        let patches = Patches::new(NAME, 1, axis(0, height), axis(1, width))?;
        Ok((patches, [shape[0], shape[1], channels, patches.windows[0], patches.windows[1]]))
    }

    /// The factor from the sum of a window to its output.
    fn factor<T: Float>(&self) -> T {
        match self.pooling {
            Pooling::Sum => T::of(1.0),
            Pooling::Average => T::of(1.0 / (self.size[0] * self.size[1]) as f64),
        }
    }
}

impl<T: Float> Operation<T> for Pool {
    fn name(&self) -> &str {
        NAME
    }

    fn forward(&mut self, inputs: &[&Datum<T>], threads: usize) -> Result<Datum<T>> {
        let [input] = needs::exactly(NAME, inputs, "one input")?;
        let (patches, shape) = self.windows(input.shape())?;
        let input = needs::unpacked(NAME, input)?;
        let (plane, count, factor) = (patches.image(), patches.count(), self.factor::<T>());
        let mut to = Array::zeros(NAME, &shape)?;
        if plane > 0 {
            share::blocks(threads, to.data_mut(), count, |image, to| {
                let mut room = vec![T::of(0.0); patches.places() * count];
                patches.spread(&input.data()[image * plane..][..plane], &mut room);
                for from in room.chunks(count) {
                    to.iter_mut().zip(from).for_each(|(to, &from)| *to += from);
                }
                to.iter_mut().for_each(|to| *to *= factor);
                Ok(())
            })?;
        }
        Ok(Datum::Numbers(to))
    }

    fn backward(&mut self, given: Given<'_, T>, threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let shape = given.inputs[0].shape();
        let (patches, _) = self.windows(shape)?;
        let (count, factor) = (patches.count(), self.factor::<T>());
        let mut to = Array::zeros(NAME, shape)?;
        share::blocks(threads, to.data_mut(), patches.image(), |image, to| {
            let bar: Vec<T> = given.bar.data()[image * count..][..count].iter().map(|&bar| bar * factor).collect();
            patches.gather(&bar.repeat(patches.places()), to);
            Ok(())
        })?;
        Ok(vec![Some(to)])
    }
}
