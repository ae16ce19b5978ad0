//! Losses: one number that training makes smaller. Each is a mean, so that it does not depend on the number of samples,
//! and is summed in a fixed order.

use crate::error::{Error, Result};
use crate::number::math;
use crate::train::Array;
use crate::train::array::same_shape;
use crate::train::gemm::Float;
use crate::train::tape::needs;
use crate::train::tape::rows::{Lists, Rows, add_rows, total};
use crate::train::tape::{Datum, Given, Operation};

/// The mean over samples of -ln softmax(x)\[label\], of [samples, classes]: what a [`super::Readout`] gives.
#[derive(Debug, Clone)]
pub struct CrossEntropy {
    labels: Vec<u32>,
}

const CROSS: &str = "cross-entropy";

impl CrossEntropy {
    /// The loss with a label for each sample; classes are counted from 0.
    pub fn new(labels: Vec<u32>) -> CrossEntropy {
        CrossEntropy { labels }
    }

    /// The number of classes of an input of this shape, which must have all labels.
    fn classes(&self, shape: &[usize]) -> Result<usize> {
        let classes = match *shape {
            [samples, classes] if samples == self.labels.len() && samples > 0 => classes,
            _ => {
                let needs = format!("[{}, classes], a row a label, of one label or more", self.labels.len());
                return Err(needs::shape(CROSS, "input", shape, &needs));
            }
        };
        match self.labels.iter().position(|&label| label as usize >= classes) {
            None => Ok(classes),
            Some(sample) => {
                let label = self.labels[sample];
                let problem = format!("sample {sample} has the label {label}, and there are {classes} classes");
                Err(Error::invalid(CROSS, format!("{problem}; labels count from 0")))
            }
        }
    }
}

/// Replaces numbers by their softmax, and gives ln Σ exp of them.
fn softmax<T: Float>(numbers: &mut [T]) -> T {
    let most = numbers.iter().fold(T::of(f64::NEG_INFINITY), |most, &number| if number > most { number } else { most });
    let mut sum = T::of(0.0);
    for number in &mut *numbers {
        *number = math::exp(*number - most);
        sum += *number;
    }
    numbers.iter_mut().for_each(|number| *number = number.over(sum));
    most + math::ln(sum)
}

impl<T: Float> Operation<T> for CrossEntropy {
    fn name(&self) -> &str {
        CROSS
    }

    fn forward(&mut self, inputs: &[&Datum<T>], _threads: usize) -> Result<Datum<T>> {
        let [input] = needs::exactly(CROSS, inputs, "one")?;
        let classes = self.classes(input.shape())?;
        let input = needs::unpacked(CROSS, input)?;
        let mut sum = T::of(0.0);
        for (row, &label) in input.data().chunks(classes).zip(&self.labels) {
            sum += softmax(&mut row.to_vec()) - row[label as usize];
        }
        Ok(Datum::Numbers(Array::scalar(sum.over(T::of(self.labels.len() as f64)))))
    }

    fn backward(&mut self, given: Given<'_, T>, _threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let classes = self.classes(given.inputs[0].shape())?;
        let mut to = needs::unpacked(CROSS, given.inputs[0])?.into_owned();
        let share = loss_adjoint(CROSS, given.bar)?.over(T::of(self.labels.len() as f64));
        for (row, &label) in to.data_mut().chunks_mut(classes).zip(&self.labels) {
            softmax(row);
            row[label as usize] -= T::of(1.0);
            row.iter_mut().for_each(|number| *number *= share);
        }
        Ok(vec![Some(to)])
    }
}

/// The adjoint of a loss: the one number of `bar`.
fn loss_adjoint<T: Float>(name: &str, bar: &Array<T>) -> Result<T> {
    bar.data().first().copied().ok_or_else(|| Error::Internal(format!("{name}: an adjoint without a number")))
}

/// The mean of (x - target)² over all places. Inputs: x and the target, of one shape, numbers or spikes.
#[derive(Debug, Clone)]
pub struct MeanSquare;

const SQUARE: &str = "mean-squared error";

/// The differences of the two inputs, whose shapes are checked.
fn differences<T: Float>(inputs: &[&Datum<T>]) -> Result<Array<T>> {
    let [input, target] = needs::exactly(SQUARE, inputs, "two, the second of which is the target")?;
    same_shape(SQUARE, input.shape(), target.shape())?;
    if input.shape().contains(&0) {
        return Err(needs::shape(SQUARE, "input", input.shape(), "without an axis of 0: of nothing there is no mean"));
    }
    let (mut left, target) = (needs::unpacked(SQUARE, input)?.into_owned(), needs::unpacked(SQUARE, target)?);
    left.data_mut().iter_mut().zip(target.data()).for_each(|(left, &right)| *left -= right);
    Ok(left)
}

impl<T: Float> Operation<T> for MeanSquare {
    fn name(&self) -> &str {
        SQUARE
    }

    fn forward(&mut self, inputs: &[&Datum<T>], _threads: usize) -> Result<Datum<T>> {
        let mut away = differences(inputs)?;
        let count = T::of(away.data().len() as f64);
        away.data_mut().iter_mut().for_each(|away| *away = *away * *away);
        // By blocks, whose sums are added: a sum of millions of numbers one after the other would lose precision in
        // f32.
        let sums: Vec<T> = away.data().chunks(4096).map(total).collect();
        Ok(Datum::Numbers(Array::scalar(total(&sums).over(count))))
    }

    fn backward(&mut self, given: Given<'_, T>, _threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let mut to = differences(given.inputs)?;
        let factor = T::of(2.0 / to.data().len() as f64) * loss_adjoint(SQUARE, given.bar)?;
        to.data_mut().iter_mut().for_each(|away| *away *= factor);
        let mut other = to.clone();
        other.data_mut().iter_mut().for_each(|away| *away = -*away);
        Ok([to, other].into_iter().zip(given.wanted).map(|(adjoint, &wanted)| wanted.then_some(adjoint)).collect())
    }
}

/// A penalty on rates outside a band: the mean over units of the square of how far a unit's mean over samples and steps
/// is below `low` or above `high`, in spikes per step. Input: [samples, steps, units...], spikes or numbers.
#[derive(Debug, Clone)]
pub struct RateBand {
    low: f64,
    high: f64,
}

const BAND: &str = "rate band";

impl RateBand {
    /// The penalty for a band from `low` to `high` spikes per step.
    ///
    /// # Errors
    /// A band that ends before it begins.
    pub fn new(low: f64, high: f64) -> Result<RateBand> {
        if low <= high {
            return Ok(RateBand { low, high });
        }
        let problem = format!("the band goes from {low} to {high} spikes per step; it must rise");
        Err(Error::invalid(BAND, problem))
    }

    /// The number of samples times steps, and how far the rate of each unit is above the band, or (negative) below.
    fn outside<T: Float>(&self, input: &Datum<T>) -> Result<(usize, Vec<T>)> {
        let [samples, steps, units] = needs::timed(BAND, "input", input.shape())?;
        let rows = samples * steps;
        if rows == 0 || units == 0 {
            return Err(needs::shape(
                BAND,
                "input",
                input.shape(),
                "without an axis of 0: of nothing there is no mean",
            ));
        }
        let mut rates = vec![T::of(0.0); units];
        match input {
            Datum::Spikes(spikes) => {
                let mut counts = vec![0u32; units];
                for row in spikes.words().chunks(spikes.row_words()) {
                    crate::train::spikes::firing(row).for_each(|unit| counts[unit] += 1);
                }
                rates.iter_mut().zip(counts).for_each(|(rate, count)| *rate = T::of_count(count));
            }
            Datum::Numbers(array) => {
                let mut lists = Lists::default();
                (0..rows as u32).for_each(|row| lists.add(row));
                lists.end();
                add_rows(&mut rates, units, Rows { numbers: array.data(), width: units, first: 0 }, &lists);
            }
        }
        let [low, high, count] = [self.low, self.high, rows as f64].map(T::of);
        for rate in &mut rates {
            let own = rate.over(count);
            *rate = math::max(own - high, T::of(0.0)) + math::min(own - low, T::of(0.0));
        }
        Ok((rows, rates))
    }
}

impl<T: Float> Operation<T> for RateBand {
    fn name(&self) -> &str {
        BAND
    }

    fn forward(&mut self, inputs: &[&Datum<T>], _threads: usize) -> Result<Datum<T>> {
        let [input] = needs::exactly(BAND, inputs, "one")?;
        let (_, away) = self.outside(input)?;
        let squares: Vec<T> = away.iter().map(|&away| away * away).collect();
        Ok(Datum::Numbers(Array::scalar(total(&squares).over(T::of(squares.len() as f64)))))
    }

    fn backward(&mut self, given: Given<'_, T>, _threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let (rows, mut away) = self.outside(given.inputs[0])?;
        let factor = T::of(2.0 / (rows * away.len()) as f64) * loss_adjoint(BAND, given.bar)?;
        away.iter_mut().for_each(|away| *away *= factor);
        Array::new(BAND, given.inputs[0].shape(), away.repeat(rows)).map(|to| vec![Some(to)])
    }
}
