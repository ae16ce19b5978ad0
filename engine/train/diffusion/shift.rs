//! An operation that adds an embedding to all places of a channel.

use crate::error::Result;
use crate::train::Array;
use crate::train::gemm::Float;
use crate::train::tape::{Datum, Given, Operation};

/// y\[sample, step, channel, ...\] = x + e\[sample, channel\], in all steps and places.
///
/// Inputs: x, [samples, steps, channels, places...]; e, [samples, 1, channels].
#[derive(Debug, Clone)]
pub struct Shift;

const NAME: &str = "shift";

/// The numbers of steps, channels and places of x, after a check that both inputs fit each other.
fn checked_sizes<T: Float>(inputs: &[&Datum<T>]) -> Result<[usize; 3]> {
    let wrong = |problem: String| crate::error::Error::invalid(NAME, problem);
    let [x, e] = inputs else {
        return Err(wrong(format!("it was given {} inputs, and takes two", inputs.len())));
    };
    match (x.shape(), e.shape()) {
        ([samples, steps, channels, places @ ..], [others, 1, own]) if (samples, channels) == (others, own) => {
            Ok([*steps, *channels, places.iter().product()])
        }
        (x, e) => Err(wrong(format!(
            "{e:?} does not shift {x:?}; [samples, 1, channels] shifts [samples, steps, channels, places...]"
        ))),
    }
}

impl<T: Float> Operation<T> for Shift {
    fn name(&self) -> &str {
        NAME
    }

    fn forward(&mut self, inputs: &[&Datum<T>], _threads: usize) -> Result<Datum<T>> {
        let [steps, channels, places] = checked_sizes(inputs)?;
        let e = inputs[1].numbers(NAME)?.data();
        let mut to = inputs[0].numbers(NAME)?.clone();
        for (plane, to) in to.data_mut().chunks_mut(places.max(1)).enumerate() {
            let by = e[plane / (steps * channels) * channels + plane % channels];
            to.iter_mut().for_each(|number| *number += by);
        }
        Ok(Datum::Numbers(to))
    }

    fn backward(&mut self, given: Given<'_, T>, _threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let [steps, channels, places] = checked_sizes(given.inputs)?;
        let mut sums = Array::zeros(NAME, given.inputs[1].shape())?;
        if given.wanted[1] {
            for (plane, bar) in given.bar.data().chunks(places.max(1)).enumerate() {
                let sum = &mut sums.data_mut()[plane / (steps * channels) * channels + plane % channels];
                bar.iter().for_each(|&bar| *sum += bar);
            }
        }
        Ok(vec![given.wanted[0].then(|| given.bar.clone()), given.wanted[1].then_some(sums)])
    }
}
