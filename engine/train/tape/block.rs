//! Checkpoints: what lies between inputs and output is computed again in the backward pass.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::train::Array;
use crate::train::gemm::Float;
use crate::train::tape::{Datum, Given, Operation, Tape, Value};

/// The operations of a block, from values on a tape to another value.
type Body<T> = dyn Fn(&mut Tape<T>, &[Value]) -> Result<Value> + Send + Sync;

/// Several operations as one, of which nothing but inputs and output is kept: the backward pass does them again, from
/// the inputs. Weights are inputs like any other.
#[derive(Clone)]
pub struct Block<T> {
    body: Arc<Body<T>>,
}

const NAME: &str = "block";

impl<T: Float> Block<T> {
    /// A block of the operations that `body` puts on a tape, from the block's inputs to its output; it must do the same
    /// each time.
    pub fn new(body: impl Fn(&mut Tape<T>, &[Value]) -> Result<Value> + Send + Sync + 'static) -> Block<T> {
        Block { body: Arc::new(body) }
    }
}

/// Whether two values are the same; numbers that are not finite count as the same here.
fn same_datum<T: Float>(one: &Datum<T>, other: &Datum<T>) -> bool {
    match (one, other) {
        (Datum::Numbers(one), Datum::Numbers(other)) => {
            let same = |(&one, &other): (&T, &T)| one == other || !(one.finite() || other.finite());
            one.shape() == other.shape() && one.data().iter().zip(other.data()).all(same)
        }
        _ => one == other,
    }
}

impl<T: Float> Operation<T> for Block<T> {
    fn name(&self) -> &str {
        NAME
    }

    fn forward(&mut self, inputs: &[&Datum<T>], threads: usize) -> Result<Datum<T>> {
        let mut tape = Tape::new(threads);
        let values: Vec<Value> = inputs.iter().map(|&input| tape.constant(input.clone())).collect();
        let output = (self.body)(&mut tape, &values)?;
        tape.into_datum(output)
    }

    fn backward(&mut self, given: Given<'_, T>, threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let mut tape = Tape::new(threads);
        let pairs = given.inputs.iter().zip(given.wanted);
        let values: Vec<Value> = pairs
            .map(|(&input, &wanted)| if wanted { tape.input(input.clone()) } else { tape.constant(input.clone()) })
            .collect();
        let output = (self.body)(&mut tape, &values)?;
        if !same_datum(tape.datum(output), given.output) {
            let problem = "what it computes again differs from what it computed; its body must do the same each time";
            return Err(Error::invalid(NAME, problem.to_owned()));
        }
        let mut adjoints = tape.backward_from(output, given.bar.clone())?;
        let mut taken = Vec::new();
        for ((&value, &input), &wanted) in values.iter().zip(given.inputs).zip(given.wanted) {
            taken.push(match (wanted, adjoints.take(value)) {
                (true, None) => Some(Array::zeros(NAME, input.shape())?),
                (true, some) => some,
                (false, _) => None,
            });
        }
        Ok(taken)
    }
}
