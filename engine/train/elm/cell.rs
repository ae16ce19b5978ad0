//! What networks with memory have in common here: a state with a forward and a backward pass over time, and a readout
//! of its mean over the last steps.

use std::ops::Range;

use super::task::{READ, Task};
use crate::error::Result;
use crate::number::math;
use crate::train::endless::{Judged, Learner};
use crate::train::fit::{Initial, Parameter, Parameters};
use crate::train::gemm::{Float, Into, Matrix, product};

/// The input of a cell, [step, row, channel]; a row is a sample of the batch.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a, T> {
    /// The numbers.
    pub numbers: &'a [T],
    /// Steps.
    pub steps: usize,
    /// Samples of the batch.
    pub rows: usize,
    /// Channels.
    pub channels: usize,
}

/// A recurrent cell: a state that is updated by inputs, step by step.
pub trait Cell<T: Float>: Sync {
    /// What the backward pass needs of the forward pass.
    type Trace;
    /// The number of input channels.
    fn channels(&self) -> usize;
    /// The number of state variables that are read.
    fn width(&self) -> usize;
    /// The cell's initial parameters, drawn from `seed`; `weights` and `gradients` of the other methods are in their
    /// order.
    ///
    /// # Errors
    /// Sizes that do not fit.
    fn begin(&self, seed: u64) -> Result<Vec<Parameter<T>>>;
    /// The forward pass over all steps, from a state of zeros; of `weights` the first are the cell's own.
    fn forward(&self, weights: &[&[T]], input: Input<'_, T>) -> Self::Trace;
    /// The states that are read, [step, row, width].
    fn states<'a>(&self, trace: &'a Self::Trace) -> &'a [T];
    /// The backward pass: `bars` are the loss's derivatives by the states that are read, [step, row, width]; the
    /// derivatives by parameters are added to `gradients`.
    fn backward(
        &self,
        weights: &[&[T]],
        input: Input<'_, T>,
        trace: &Self::Trace,
        bars: &[T],
        gradients: &mut [Vec<T>],
    );
}

/// A cell with a linear readout that learns a task: see [`Learner`].
#[derive(Debug, Clone)]
pub struct Net<C> {
    /// The cell.
    pub cell: C,
    /// The task.
    pub task: Task,
}

/// A parameter with the initial distribution of `torch.nn.Linear`; `place` keeps the draws of a net's parameters apart.
///
/// # Errors
/// A shape with more places than memory.
pub(super) fn linear<T: Float>(
    name: &str,
    shape: &[usize],
    fan_in: usize,
    seed: u64,
    place: u32,
) -> Result<Parameter<T>> {
    Parameter::new(name, Initial::Linear(fan_in as u32).array(name, shape, seed, place)?)
}

impl<T: Float, C: Cell<T>> Learner<T> for Net<C> {
    fn begin(&self, seed: u64) -> Result<Parameters<T>> {
        let mut parameters = Parameters::new();
        for parameter in self.cell.begin(seed)? {
            parameters.add(parameter)?;
        }
        let (width, classes) = (self.cell.width(), self.task.kind().classes());
        parameters.add(linear("readout.weight", &[classes, width], width, seed, 100)?)?;
        parameters.add(linear("readout.bias", &[classes], width, seed, 101)?)?;
        Ok(parameters)
    }

    fn judge(&self, weights: &[&[T]], samples: Range<u64>, gradients: Option<&mut [Vec<T>]>) -> Result<Judged> {
        let (numbers, answers) = self.task.samples::<T>(samples);
        let (steps, rows, width) = (self.task.steps(), answers.len(), self.cell.width());
        let input = Input { numbers: &numbers, steps, rows, channels: self.task.channels() };
        let trace = self.cell.forward(weights, input);
        let states = self.cell.states(&trace);
        let mut mean = vec![T::of(0.0); rows * width];
        let each = T::of(1.0 / READ as f64);
        for state in states[(steps - READ) * rows * width..].chunks_exact(rows * width) {
            mean.iter_mut().zip(state).for_each(|(mean, &own)| *mean += own * each);
        }
        let count = weights.len();
        let classes = self.task.kind().classes();
        let mut logits = vec![T::of(0.0); rows * classes];
        let readout = Matrix::new(weights[count - 2], classes, width);
        product(&mut logits, Into::Place, Matrix::new(&mean, rows, width), readout.transposed());
        logits.chunks_exact_mut(classes).for_each(|row| add(row, weights[count - 1]));
        let (judged, bars) = cross_entropy(&logits, &answers, classes);
        let Some(gradients) = gradients else { return Ok(judged) };
        let bars_of = Matrix::new(&bars, rows, classes);
        product(&mut gradients[count - 2], Into::Sum, bars_of.transposed(), Matrix::new(&mean, rows, width));
        sum_rows(&mut gradients[count - 1], &bars);
        let mut back = vec![T::of(0.0); rows * width];
        product(&mut back, Into::Place, bars_of, readout);
        back.iter_mut().for_each(|bar| *bar *= each);
        let mut all = vec![T::of(0.0); steps * rows * width];
        all[(steps - READ) * rows * width..].chunks_exact_mut(rows * width).for_each(|to| to.copy_from_slice(&back));
        self.cell.backward(weights, input, &trace, &all, gradients);
        Ok(judged)
    }
}

/// Adds `more` to `to`, element by element.
pub(super) fn add<T: Float>(to: &mut [T], more: &[T]) {
    to.iter_mut().zip(more).for_each(|(to, &more)| *to += more);
}

/// Adds all rows, each as long as `to`, to `to`.
pub(in crate::train) fn sum_rows<T: Float>(to: &mut [T], rows: &[T]) {
    rows.chunks_exact(to.len()).for_each(|row| add(to, row));
}

/// Softmax with cross-entropy of `logits`, [row, class]: the summed loss with the number of right answers, and its
/// derivatives by logits.
fn cross_entropy<T: Float>(logits: &[T], answers: &[usize], classes: usize) -> (Judged, Vec<T>) {
    let mut judged = Judged { samples: answers.len() as u64, ..Judged::default() };
    let mut bars = Vec::with_capacity(logits.len());
    for (row, &answer) in logits.chunks_exact(classes).zip(answers) {
        let most = row.iter().fold(row[0], |most, &own| if own > most { own } else { most });
        let terms: Vec<T> = row.iter().map(|&own| math::exp(own - most)).collect();
        let sum = terms.iter().fold(T::of(0.0), |sum, &term| sum + term);
        judged.loss += math::ln(sum).value() - (row[answer] - most).value();
        // The answer given is the first of the largest.
        judged.right += u64::from(row.iter().position(|&own| own == most) == Some(answer));
        let each = |(class, term): (usize, &T)| term.over(sum) - T::of(f64::from(u8::from(class == answer)));
        bars.extend(terms.iter().enumerate().map(each));
    }
    (judged, bars)
}
