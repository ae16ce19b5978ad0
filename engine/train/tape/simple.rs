//! Arithmetic and changes of shape. Spikes count as 0 and 1 throughout.

use crate::error::{Error, Result};
use crate::train::Array;
use crate::train::array::{same_shape, words};
use crate::train::gemm::Float;
use crate::train::tape::needs;
use crate::train::tape::{Datum, Given, Operation};

/// The sum of one or more inputs of the same shape.
#[derive(Debug, Clone)]
pub struct Add;

impl<T: Float> Operation<T> for Add {
    fn name(&self) -> &str {
        "sum"
    }

    fn forward(&mut self, inputs: &[&Datum<T>], _threads: usize) -> Result<Datum<T>> {
        let [first, others @ ..] = inputs else { return Err(needs::another_number("sum", 0, "at least one")) };
        let mut sum = needs::unpacked("sum", first)?.into_owned();
        for other in others {
            sum.add("sum", needs::unpacked("sum", other)?.as_ref())?;
        }
        Ok(Datum::Numbers(sum))
    }

    fn backward(&mut self, given: Given<'_, T>, _threads: usize) -> Result<Vec<Option<Array<T>>>> {
        Ok(given.wanted.iter().map(|&wanted| wanted.then(|| given.bar.clone())).collect())
    }
}

/// The product of two inputs of the same shape, place by place.
#[derive(Debug, Clone)]
pub struct Mul;

impl<T: Float> Operation<T> for Mul {
    fn name(&self) -> &str {
        "product"
    }

    fn forward(&mut self, inputs: &[&Datum<T>], _threads: usize) -> Result<Datum<T>> {
        let [left, right] = needs::exactly("product", inputs, "two")?;
        same_shape("product", left.shape(), right.shape())?;
        let right = needs::unpacked("product", right)?;
        Ok(Datum::Numbers(times(needs::unpacked("product", left)?.into_owned(), right.data())))
    }

    fn backward(&mut self, given: Given<'_, T>, _threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let others = [given.inputs[1], given.inputs[0]];
        let adjoint = |(other, &wanted): (&Datum<T>, &bool)| {
            let other = if wanted { Some(needs::unpacked("product", other)?) } else { None };
            Ok(other.map(|other| times(given.bar.clone(), other.data())))
        };
        others.into_iter().zip(given.wanted).map(adjoint).collect()
    }
}

/// The product of two arrays, place by place.
fn times<T: Float>(mut left: Array<T>, right: &[T]) -> Array<T> {
    left.data_mut().iter_mut().zip(right).for_each(|(left, &right)| *left *= right);
    left
}

/// The input times a constant.
#[derive(Debug, Clone)]
pub struct Scale(pub f64);

impl Scale {
    /// An array times the constant.
    fn scaled<T: Float>(&self, mut array: Array<T>) -> Array<T> {
        let factor = T::of(self.0);
        array.data_mut().iter_mut().for_each(|number| *number *= factor);
        array
    }
}

impl<T: Float> Operation<T> for Scale {
    fn name(&self) -> &str {
        "scale"
    }

    fn forward(&mut self, inputs: &[&Datum<T>], _threads: usize) -> Result<Datum<T>> {
        let [input] = needs::exactly("scale", inputs, "one")?;
        Ok(Datum::Numbers(self.scaled(needs::unpacked("scale", input)?.into_owned())))
    }

    fn backward(&mut self, given: Given<'_, T>, _threads: usize) -> Result<Vec<Option<Array<T>>>> {
        Ok(vec![Some(self.scaled(given.bar.clone()))])
    }
}

/// Inputs one behind the other along an axis; along all other axes their lengths must be the same.
#[derive(Debug, Clone)]
pub struct Concat {
    axis: usize,
}

impl Concat {
    /// The concatenation along an axis, counted from 0: 2 is that of channels.
    pub fn new(axis: usize) -> Concat {
        Concat { axis }
    }

    /// The shape of the output, how many turns the inputs take in its numbers, and how many numbers each input has in a
    /// turn.
    fn turns<T: Float>(&self, inputs: &[&Datum<T>]) -> Result<(Vec<usize>, usize, Vec<usize>)> {
        let name = "concatenation";
        let Some(first) = inputs.first() else { return Err(needs::another_number(name, 0, "at least one")) };
        let (mut shape, axis) = (first.shape().to_vec(), self.axis);
        if axis >= shape.len() {
            let problem = format!("there is no axis {axis} in the shape {}; they are counted from 0", words(&shape));
            return Err(Error::invalid(name, problem));
        }
        for other in &inputs[1..] {
            let mut needed = first.shape().to_vec();
            needed[axis] = other.shape().get(axis).copied().unwrap_or(needed[axis]);
            same_shape(name, &needed, other.shape())?;
            shape[axis] += needed[axis];
        }
        let inner: usize = shape[axis + 1..].iter().product();
        let each = inputs.iter().map(|input| input.shape()[axis] * inner).collect();
        let turns = shape[..axis].iter().product();
        Ok((shape, turns, each))
    }
}

impl<T: Float> Operation<T> for Concat {
    fn name(&self) -> &str {
        "concatenation"
    }

    fn forward(&mut self, inputs: &[&Datum<T>], _threads: usize) -> Result<Datum<T>> {
        let (shape, turns, each) = self.turns(inputs)?;
        let mut data = Vec::with_capacity(turns * each.iter().sum::<usize>());
        let inputs: Vec<_> =
            inputs.iter().map(|input| needs::unpacked("concatenation", input)).collect::<Result<_>>()?;
        for turn in 0..turns {
            for (input, &count) in inputs.iter().zip(&each) {
                data.extend_from_slice(&input.data()[turn * count..][..count]);
            }
        }
        Array::new("concatenation", &shape, data).map(Datum::Numbers)
    }

    fn backward(&mut self, given: Given<'_, T>, _threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let (_, turns, each) = self.turns(given.inputs)?;
        let all: usize = each.iter().sum();
        let mut before = 0;
        let mut adjoints = Vec::new();
        for ((input, &count), &wanted) in given.inputs.iter().zip(&each).zip(given.wanted) {
            let mut data = Vec::new();
            if wanted {
                (0..turns).for_each(|turn| data.extend_from_slice(&given.bar.data()[turn * all + before..][..count]));
            }
            before += count;
            adjoints.push(if wanted { Some(Array::new("concatenation", input.shape(), data)?) } else { None });
        }
        Ok(adjoints)
    }
}

/// The same numbers in another shape.
#[derive(Debug, Clone)]
pub struct Reshape(pub Vec<usize>);

impl<T: Float> Operation<T> for Reshape {
    fn name(&self) -> &str {
        "reshape"
    }

    fn forward(&mut self, inputs: &[&Datum<T>], _threads: usize) -> Result<Datum<T>> {
        let [input] = needs::exactly("reshape", inputs, "one")?;
        needs::unpacked("reshape", input)?.into_owned().reshaped("reshape", &self.0).map(Datum::Numbers)
    }

    fn backward(&mut self, given: Given<'_, T>, _threads: usize) -> Result<Vec<Option<Array<T>>>> {
        Ok(vec![Some(given.bar.clone().reshaped("reshape", given.inputs[0].shape())?)])
    }
}

/// Repeats the input along its axes of length 1 until it has the given shape, such as [8, 1, 16, 1, 1] for each step
/// and each place of images.
#[derive(Debug, Clone)]
pub struct Repeat(pub Vec<usize>);

impl Repeat {
    /// Refuses an input that cannot be repeated to the shape.
    fn check_shape(&self, shape: &[usize]) -> Result<()> {
        let fits = shape.len() == self.0.len() && shape.iter().zip(&self.0).all(|(&own, &to)| own == to || own == 1);
        if fits {
            return Ok(());
        }
        Err(needs::shape("repeat", "input", shape, &format!("{} or 1 along some of these axes", words(&self.0))))
    }

    /// Calls `work` with each place of the output, in order, and the place of the input that it repeats.
    fn for_each_place(&self, shape: &[usize], mut work: impl FnMut(usize, usize)) {
        // How far the input's place moves when the index along an axis grows by 1.
        let mut strides = vec![0; shape.len()];
        let mut stride = 1;
        for axis in (0..shape.len()).rev() {
            strides[axis] = if shape[axis] == 1 { 0 } else { stride };
            stride *= shape[axis];
        }
        let all: usize = self.0.iter().product();
        let mut at = vec![0; shape.len()];
        let mut from = 0;
        for to in 0..all {
            work(to, from);
            for axis in (0..shape.len()).rev() {
                at[axis] += 1;
                from += strides[axis];
                if at[axis] < self.0[axis] {
                    break;
                }
                from -= strides[axis] * self.0[axis];
                at[axis] = 0;
            }
        }
    }
}

impl<T: Float> Operation<T> for Repeat {
    fn name(&self) -> &str {
        "repeat"
    }

    fn forward(&mut self, inputs: &[&Datum<T>], _threads: usize) -> Result<Datum<T>> {
        let [input] = needs::exactly("repeat", inputs, "one")?;
        self.check_shape(input.shape())?;
        let input = needs::unpacked("repeat", input)?;
        let mut to = Array::zeros("repeat", &self.0)?;
        let numbers = to.data_mut();
        self.for_each_place(input.shape(), |to, from| numbers[to] = input.data()[from]);
        Ok(Datum::Numbers(to))
    }

    fn backward(&mut self, given: Given<'_, T>, _threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let mut to = Array::zeros("repeat", given.inputs[0].shape())?;
        let sums = to.data_mut();
        let bar = given.bar.data();
        self.for_each_place(given.inputs[0].shape(), |place, sum| sums[sum] += bar[place]);
        Ok(vec![Some(to)])
    }
}
