//! The readout: one value of each unit from those of all steps.

use crate::error::{Error, Result};
use crate::train::Array;
use crate::train::array::argmax;
use crate::train::gemm::Float;
use crate::train::share;
use crate::train::tape::needs;
use crate::train::tape::{Datum, Given, Operation};

/// How the values of a unit in all steps become one.
#[derive(Debug, Clone, PartialEq)]
pub enum Steps {
    /// Their sum.
    Sum,
    /// Their mean.
    Mean,
    /// Their largest; backward, the gradient goes to the first of them where several are.
    Max,
    /// That of the last step.
    Last,
    /// Their sum, each times the weight of its step.
    Weighted(Vec<f64>),
}

/// y[sample, unit...] from x[sample, step, unit...], numbers or spikes.
#[derive(Debug, Clone)]
pub struct Readout(pub Steps);

const NAME: &str = "readout";

impl Readout {
    /// Checks an input's shape: [samples, steps, units], and the weight of each step, or none for [`Steps::Max`].
    fn sizes_and_weights<T: Float>(&self, shape: &[usize]) -> Result<([usize; 3], Option<Vec<T>>)> {
        let [samples, steps, units] = needs::timed(NAME, "input", shape)?;
        if steps == 0 {
            return Err(Error::invalid(NAME, "the input has no steps; give at least 1".to_owned()));
        }
        let weights = match &self.0 {
            Steps::Sum => Some(vec![T::of(1.0); steps]),
            Steps::Mean => Some(vec![T::of(1.0 / steps as f64); steps]),
            Steps::Max => None,
            Steps::Last => {
                let mut weights = vec![T::of(0.0); steps];
                weights[steps - 1] = T::of(1.0);
                Some(weights)
            }
            Steps::Weighted(weights) if weights.len() == steps => Some(weights.iter().map(|&w| T::of(w)).collect()),
            Steps::Weighted(weights) => {
                let problem = format!("there are {} weights for {steps} steps; give one for each", weights.len());
                return Err(Error::invalid(NAME, problem));
            }
        };
        Ok(([samples, steps, units], weights))
    }
}

/// Where in `input`, [steps, units], the largest value of a unit is, the first of them where several are.
fn place_of_largest<T: Float>(input: &[T], units: usize, unit: usize) -> usize {
    unit + units * argmax(input[unit..].iter().step_by(units))
}

impl<T: Float> Operation<T> for Readout {
    fn name(&self) -> &str {
        NAME
    }

    fn forward(&mut self, inputs: &[&Datum<T>], threads: usize) -> Result<Datum<T>> {
        let [input] = needs::exactly(NAME, inputs, "one")?;
        let ([samples, steps, units], weights) = self.sizes_and_weights::<T>(input.shape())?;
        let input = needs::unpacked(NAME, input)?;
        let mut shape = vec![samples];
        shape.extend_from_slice(&input.shape()[2..]);
        let mut to = Array::zeros(NAME, &shape)?;
        share::blocks(threads, to.data_mut(), units, |sample, to| {
            let input = &input.data()[sample * steps * units..][..steps * units];
            match &weights {
                None => {
                    to.iter_mut().enumerate().for_each(|(unit, to)| *to = input[place_of_largest(input, units, unit)])
                }
                Some(weights) => {
                    for (input, &weight) in
                        input.chunks(units).zip(weights).filter(|(_, weight)| **weight != T::of(0.0))
                    {
                        to.iter_mut().zip(input).for_each(|(to, &input)| *to += weight * input);
                    }
                }
            }
            Ok(())
        })?;
        Ok(Datum::Numbers(to))
    }

    fn backward(&mut self, given: Given<'_, T>, threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let ([_, steps, units], weights) = self.sizes_and_weights::<T>(given.inputs[0].shape())?;
        let input = needs::unpacked(NAME, given.inputs[0])?;
        let mut to = Array::zeros(NAME, input.shape())?;
        share::blocks(threads, to.data_mut(), steps * units, |sample, to| {
            let bar = &given.bar.data()[sample * units..][..units];
            match &weights {
                None => {
                    let input = &input.data()[sample * steps * units..][..steps * units];
                    bar.iter().enumerate().for_each(|(unit, &bar)| to[place_of_largest(input, units, unit)] = bar);
                }
                Some(weights) => {
                    for (to, &weight) in to.chunks_mut(units).zip(weights) {
                        to.iter_mut().zip(bar).for_each(|(to, &bar)| *to = weight * bar);
                    }
                }
            }
            Ok(())
        })?;
        Ok(vec![Some(to)])
    }
}
