//! Checkpoints: what lies between is computed again on the way back.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::train::Array;
use crate::train::gemm::Float;
use crate::train::tape::{Datum, Given, Operation, Tape, Value};

/// What a block does with values of a tape.
type Body<T> = dyn Fn(&mut Tape<T>, &[Value]) -> Result<Value> + Send + Sync;

/// Some operations as one, of which nothing but inputs and output is kept: the way back does them again, from inputs that
/// are numbers, or spikes as bits. Weights are inputs like any other.
#[derive(Clone)]
pub struct Block<T> {
    body: Arc<Body<T>>,
}

const NAME: &str = "block";

impl<T: Float> Block<T> {
    /// Of what `body` does, which must be the same each time.
    pub fn new(body: impl Fn(&mut Tape<T>, &[Value]) -> Result<Value> + Send + Sync + 'static) -> Block<T> {
        Block { body: Arc::new(body) }
    }
}

/// Whether two values are the same; what is no number is the same as itself here.
fn same<T: Float>(one: &Datum<T>, other: &Datum<T>) -> bool {
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
        if !same(tape.datum(output), given.output) {
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
