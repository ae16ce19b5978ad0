//! An operation that multiplies each time step by a weight of its own.

use crate::error::{Error, Result};
use crate::train::Array;
use crate::train::gemm::Float;
use crate::train::share;
use crate::train::tape::{Datum, Given, Operation};

/// y\[sample, step, ...\] = p\[step\] · x, the temporal-wise spiking mechanism of Cao et al. 2024: the output of a
/// convolution in a step counts p\[step\] times.
///
/// Inputs: x, [samples, steps, places...]; p, \[steps\].
#[derive(Debug, Clone)]
pub struct Temporal;

const NAME: &str = "temporal weights";

/// The number of places of a sample in a step, after a check that both inputs fit each other.
fn checked_places<T: Float>(inputs: &[&Datum<T>]) -> Result<usize> {
    let wrong = |problem: String| Error::invalid(NAME, problem);
    let [x, p] = inputs else {
        return Err(wrong(format!("it was given {} inputs, and takes two", inputs.len())));
    };
    match (x.shape(), p.shape()) {
        ([_, steps, places @ ..], [own]) if steps == own => Ok(places.iter().product()),
        (x, p) => {
            Err(wrong(format!("{p:?} does not weigh the steps of {x:?}; [steps] does [samples, steps, places...]")))
        }
    }
}

/// Multiplies each step of `numbers` by its weight in `p`.
fn weigh_steps<T: Float>(numbers: &mut [T], places: usize, p: &[T], threads: usize) -> Result<()> {
    share::blocks(threads, numbers, places * p.len(), |_, sample| {
        for (numbers, &p) in sample.chunks_mut(places.max(1)).zip(p) {
            numbers.iter_mut().for_each(|number| *number *= p);
        }
        Ok(())
    })
}

/// The dot product, summed in an order that depends on the length alone.
fn dot<T: Float>(x: &[T], y: &[T]) -> T {
    let mut sums = [T::of(0.0); 16];
    for (x, y) in x.chunks(16).zip(y.chunks(16)) {
        for (sum, (&x, &y)) in sums.iter_mut().zip(x.iter().zip(y)) {
            *sum += x * y;
        }
    }
    sums.into_iter().fold(T::of(0.0), |total, sum| total + sum)
}

impl<T: Float> Operation<T> for Temporal {
    fn name(&self) -> &str {
        NAME
    }

    fn forward(&mut self, inputs: &[&Datum<T>], threads: usize) -> Result<Datum<T>> {
        let places = checked_places(inputs)?;
        let mut to = inputs[0].numbers(NAME)?.clone();
        weigh_steps(to.data_mut(), places, inputs[1].numbers(NAME)?.data(), threads)?;
        Ok(Datum::Numbers(to))
    }

    fn backward(&mut self, given: Given<'_, T>, threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let places = checked_places(given.inputs)?;
        let (x, p) = (given.inputs[0].numbers(NAME)?, given.inputs[1].numbers(NAME)?);
        let mut sums = Array::zeros(NAME, p.shape())?;
        if given.wanted[1] {
            let rows = x.data().chunks(places.max(1)).zip(given.bar.data().chunks(places.max(1)));
            for (row, (x, bar)) in rows.enumerate() {
                sums.data_mut()[row % p.data().len()] += dot(x, bar);
            }
        }
        let mut to = given.bar.clone();
        if given.wanted[0] {
            weigh_steps(to.data_mut(), places, p.data(), threads)?;
        }
        Ok(vec![given.wanted[0].then_some(to), given.wanted[1].then_some(sums)])
    }
}
