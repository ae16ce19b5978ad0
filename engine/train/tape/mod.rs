//! The tape: operations in the order they were made, and the way back over them.
//!
//! An operation is a struct that keeps what its way back needs. What flows is [`Datum`]: numbers, or spikes as bits, whose
//! adjoints are numbers. Each file holds one kind of operation; a test checks every one against differences in `f64`.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::train::array::same_shape;
use crate::train::gemm::Float;
use crate::train::{Array, Spikes};

mod block;
mod conv2d;
mod delay;
mod direct;
mod embedding;
mod linear;
mod loss;
mod needs;
mod norm;
mod patches;
mod pointwise;
mod pool;
mod project;
mod readout;
pub(in crate::train) mod rows;
mod simple;
pub(in crate::train) mod sparse;
mod upsample;

pub use block::Block;
pub use conv2d::Conv2d;
pub use delay::{DelayConvolution, DelayKernel, Form};
pub use embedding::Embedding;
pub use linear::{Linear, Route};
pub use loss::{CrossEntropy, MeanSquare, RateBand};
pub use norm::{BatchNorm, Running};
pub use pointwise::{Curve, Pointwise};
pub use pool::{Pool, Pooling};
pub use readout::{Readout, Steps};
pub use simple::{Add, Concat, Mul, Repeat, Reshape, Scale};
pub use sparse::{Connections, Delays, Sparse};
pub use upsample::Upsample;

/// A value, as operations take and give it.
#[derive(Debug, Clone, PartialEq)]
pub enum Datum<T> {
    /// Numbers.
    Numbers(Array<T>),
    /// Spikes, which count as 0 and 1.
    Spikes(Spikes),
}

impl<T: Float> Datum<T> {
    /// The length of each axis.
    pub fn shape(&self) -> &[usize] {
        match self {
            Datum::Numbers(array) => array.shape(),
            Datum::Spikes(spikes) => spikes.shape(),
        }
    }

    /// The numbers; `what` names who needs them, for the error.
    ///
    /// # Errors
    /// Spikes instead of numbers.
    pub fn numbers(&self, what: &str) -> Result<&Array<T>> {
        match self {
            Datum::Numbers(array) => Ok(array),
            Datum::Spikes(_) => Err(Error::invalid(what, "it takes numbers, and was given spikes".to_owned())),
        }
    }
}

/// A differentiable step of a computation.
pub trait Operation<T: Float>: Send {
    /// The name of the operation, for messages.
    fn name(&self) -> &str;

    /// The output for some inputs, computed on `threads` threads; keeps what [`Operation::backward`] needs.
    ///
    /// # Errors
    /// Inputs that do not fit, in their number, shape or kind.
    fn forward(&mut self, inputs: &[&Datum<T>], threads: usize) -> Result<Datum<T>>;

    /// The adjoint of each input, of its shape, from that of the output; [`None`] may stand for those that are not
    /// wanted.
    ///
    /// # Errors
    /// [`Error::Internal`]; a system that gives no threads; a state that is no longer finite, where states are computed
    /// again.
    fn backward(&mut self, given: Given<'_, T>, threads: usize) -> Result<Vec<Option<Array<T>>>>;

    /// Bytes that the forward pass has kept for the way back, beside inputs and output.
    fn kept(&self) -> usize {
        0
    }
}

/// What [`Operation::backward`] is given.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a, T> {
    /// The inputs, as in the forward pass.
    pub inputs: &'a [&'a Datum<T>],
    /// The output.
    pub output: &'a Datum<T>,
    /// The adjoint of the output.
    pub bar: &'a Array<T>,
    /// Of each input whether its adjoint is wanted.
    pub wanted: &'a [bool],
}

/// A value on a tape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value(usize);

struct Node<T> {
    datum: Arc<Datum<T>>,
    operation: Option<Box<dyn Operation<T>>>,
    inputs: Vec<usize>,
    /// Whether adjoints are passed on to it.
    active: bool,
}

/// Operations and their values, in the order in which they were applied.
pub struct Tape<T> {
    nodes: Vec<Node<T>>,
    threads: usize,
}

impl<T: Float> Tape<T> {
    /// An empty tape whose operations run on as many threads; results are the same for any number.
    pub fn new(threads: usize) -> Tape<T> {
        Tape { nodes: Vec::new(), threads: threads.max(1) }
    }

    /// A value that no derivative is wanted of; what others hold, too, is not copied.
    pub fn constant(&mut self, datum: impl Into<Arc<Datum<T>>>) -> Value {
        self.push(Node { datum: datum.into(), operation: None, inputs: Vec::new(), active: false })
    }

    /// A value whose adjoint [`Tape::backward`] gives: a parameter.
    pub fn variable(&mut self, array: Array<T>) -> Value {
        self.push(Node { datum: Datum::Numbers(array).into(), operation: None, inputs: Vec::new(), active: true })
    }

    /// A value of any kind whose adjoint [`Tape::backward`] gives: spikes have one, too.
    pub fn input(&mut self, datum: Datum<T>) -> Value {
        self.push(Node { datum: datum.into(), operation: None, inputs: Vec::new(), active: true })
    }

    /// What an operation makes of values.
    ///
    /// # Errors
    /// Values that it cannot take.
    pub fn apply(&mut self, mut operation: impl Operation<T> + 'static, inputs: &[Value]) -> Result<Value> {
        let data: Vec<&Datum<T>> = inputs.iter().map(|value| self.datum(*value)).collect();
        let datum = operation.forward(&data, self.threads)?;
        let active = inputs.iter().any(|value| self.nodes[value.0].active);
        let inputs = inputs.iter().map(|value| value.0).collect();
        Ok(self.push(Node { datum: datum.into(), operation: Some(Box::new(operation)), inputs, active }))
    }

    /// What a value is.
    pub fn datum(&self, value: Value) -> &Datum<T> {
        &self.nodes[value.0].datum
    }

    /// A value taken off the tape, which is used up.
    ///
    /// # Errors
    /// A value of another tape.
    pub fn into_datum(mut self, value: Value) -> Result<Datum<T>> {
        if value.0 >= self.nodes.len() {
            return Err(Error::invalid("tape", "the value is of another tape; use this tape's own".to_owned()));
        }
        Ok(Arc::unwrap_or_clone(self.nodes.swap_remove(value.0).datum))
    }

    /// Bytes of all values on the tape, and of what operations keep for the way back: spikes are bits. What the way back
    /// itself takes, adjoints and blocks that are computed again, comes on top.
    pub fn bytes(&self) -> u64 {
        let of = |node: &Node<T>| {
            let datum = match &*node.datum {
                Datum::Numbers(array) => size_of_val(array.data()),
                Datum::Spikes(spikes) => size_of_val(spikes.words()),
            };
            (datum + node.operation.as_ref().map_or(0, |operation| operation.kept())) as u64
        };
        self.nodes.iter().map(of).sum()
    }

    fn push(&mut self, node: Node<T>) -> Value {
        self.nodes.push(node);
        Value(self.nodes.len() - 1)
    }

    /// The adjoints of variables: the derivatives of `of`, a single number such as a loss, by each of them. The tape is
    /// used up, and each value dropped as soon as nothing needs it.
    ///
    /// # Errors
    /// A value that is not a single number; those of [`Operation::backward`].
    pub fn backward(self, of: Value) -> Result<Adjoints<T>> {
        if self.nodes[of.0].datum.shape().iter().product::<usize>() != 1 {
            let problem = "derivatives are taken of one number; sum it up, or use a loss".to_owned();
            return Err(Error::invalid("way back", problem));
        }
        let shape = self.nodes[of.0].datum.shape().to_vec();
        self.backward_from(of, Array::new("way back", &shape, vec![T::of(1.0)])?)
    }

    /// As [`Tape::backward`], from a value of any shape and its adjoint, `bar`.
    ///
    /// # Errors
    /// An adjoint of another shape; those of [`Operation::backward`].
    pub fn backward_from(mut self, of: Value, bar: Array<T>) -> Result<Adjoints<T>> {
        same_shape("way back", self.nodes[of.0].datum.shape(), bar.shape())?;
        let mut bars: Vec<Option<Array<T>>> = self.nodes.iter().map(|_| None).collect();
        bars[of.0] = Some(bar);
        while let Some(node) = self.nodes.pop() {
            let place = self.nodes.len();
            let (Some(mut operation), true) = (node.operation, node.active) else { continue };
            let Some(bar) = bars[place].take() else { continue };
            let inputs: Vec<&Datum<T>> = node.inputs.iter().map(|&input| self.datum(Value(input))).collect();
            let wanted: Vec<bool> = node.inputs.iter().map(|&input| self.nodes[input].active).collect();
            let given = Given { inputs: &inputs, output: &node.datum, bar: &bar, wanted: &wanted };
            let adjoints = operation.backward(given, self.threads)?;
            for (&input, adjoint) in node.inputs.iter().zip(adjoints) {
                let Some(adjoint) = adjoint else { continue };
                match &mut bars[input] {
                    Some(sum) => sum.add(operation.name(), &adjoint)?,
                    none => *none = Some(adjoint),
                }
            }
        }
        Ok(Adjoints(bars))
    }
}

/// The adjoints of the values of a tape.
pub struct Adjoints<T>(Vec<Option<Array<T>>>);

impl<T> Adjoints<T> {
    /// Takes the adjoint of a variable out; [`None`] where the loss does not depend on it.
    pub fn take(&mut self, value: Value) -> Option<Array<T>> {
        self.0.get_mut(value.0)?.take()
    }
}
