//! A leaky network of rates that learns choices.

use rand_distr::{Distribution, StandardNormal};

use crate::error::{Error, Result};
use crate::random::{Draws, Purpose, stream};
use crate::train::Array;
use crate::train::regimes::choice::{Choice, Trials};
use crate::train::tape::{Add, CrossEntropy, Curve, Datum, Linear, Pointwise, Reshape, Scale, Tape, Value};

/// The share of its state that a unit keeps from a step to the next.
pub const KEEPS: f64 = 0.8;

/// The network h(t+1) = [`KEEPS`] h(t) + (1 - KEEPS) (f(h(t)) W + x(t) W_in), and two logits f(h) W_out after the last
/// step; all three matrices are learned.
#[derive(Debug, Clone, PartialEq)]
pub struct Rnn {
    units: usize,
    curve: Curve,
    /// W_in [inputs, units], W [units, units], W_out [units, 2].
    weights: [Array<f64>; 3],
}

/// A network's rates and answers on some trials.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The rates after the last step, [trials, units].
    pub rates: Vec<f64>,
    /// The mean loss.
    pub loss: f64,
    /// The share of right answers.
    pub right: f64,
}

impl Rnn {
    /// A network of `units` units with these recurrent weights, [units, units], a row for each source; the weights of
    /// inputs and readout are drawn from the seed, with standard deviations 1 and 1 / √units.
    ///
    /// # Errors
    /// Recurrent weights that are not units · units numbers.
    pub fn new((units, curve): (usize, Curve), recurrent: Vec<f64>, seed: u64) -> Result<Rnn> {
        let mut draws = Draws::new(seed, stream(Purpose::Initial, 2), 0);
        let mut random = |rows: usize, columns: usize, sd: f64| {
            let normal = |_| sd * Distribution::<f64>::sample(&StandardNormal, &mut draws);
            Array::new("weights", &[rows, columns], (0..rows * columns).map(normal).collect())
        };
        let w_in = random(Choice::INPUTS, units, 1.0)?;
        let out = random(units, 2, (1.0 / units as f64).sqrt())?;
        let recurrent = Array::new("recurrent weights", &[units, units], recurrent)?;
        Ok(Rnn { units, curve, weights: [w_in, recurrent, out] })
    }

    /// The recurrent weights, [units, units], a row for each source.
    pub fn recurrent(&self) -> &[f64] {
        self.weights[1].data()
    }

    /// Plays trials on a tape, and gives the rates after the last step, [trials, 1, units], and the logits, [trials,
    /// 2].
    fn forward(&self, tape: &mut Tape<f64>, weights: &[Value; 3], trials: &Trials) -> Result<(Value, Value)> {
        let count = trials.labels.len();
        let mut state = tape.constant(Datum::Numbers(Array::zeros("state", &[count, 1, self.units])?));
        for inputs in &trials.inputs {
            let inputs = inputs.clone().reshaped("inputs", &[count, 1, Choice::INPUTS])?;
            let inputs = tape.constant(Datum::Numbers(inputs));
            let rates = tape.apply(Pointwise(self.curve), &[state])?;
            let recurrent = tape.apply(Linear::new(0), &[rates, weights[1]])?;
            let given = tape.apply(Linear::new(0), &[inputs, weights[0]])?;
            let arriving = tape.apply(Add, &[recurrent, given])?;
            let arriving = tape.apply(Scale(1.0 - KEEPS), &[arriving])?;
            let kept = tape.apply(Scale(KEEPS), &[state])?;
            state = tape.apply(Add, &[kept, arriving])?;
        }
        let rates = tape.apply(Pointwise(self.curve), &[state])?;
        let logits = tape.apply(Linear::new(0), &[rates, weights[2]])?;
        let logits = tape.apply(Reshape(vec![count, 2]), &[logits])?;
        Ok((rates, logits))
    }

    /// A tape with the three matrices on it.
    fn tape(&self) -> (Tape<f64>, [Value; 3]) {
        let mut tape = Tape::new(1);
        let values = self.weights.each_ref().map(|weights| tape.variable(weights.clone()));
        (tape, values)
    }

    /// Takes a step of plain gradient descent, for other optimisers change the regime, and gives the loss before it.
    ///
    /// # Errors
    /// A loss that is not finite.
    pub fn learn(&mut self, trials: &Trials, rate: f64) -> Result<f64> {
        let (mut tape, weights) = self.tape();
        let (_, logits) = self.forward(&mut tape, &weights, trials)?;
        let loss = tape.apply(CrossEntropy::new(trials.labels.clone()), &[logits])?;
        let value = tape.datum(loss).numbers("loss")?.data()[0];
        if !value.is_finite() {
            return Err(Error::invalid("choice", format!("the loss is {value}; choose a smaller rate")));
        }
        let mut adjoints = tape.backward(loss)?;
        for (own, value) in self.weights.iter_mut().zip(weights) {
            if let Some(adjoint) = adjoints.take(value) {
                own.data_mut().iter_mut().zip(adjoint.data()).for_each(|(own, slope)| *own -= rate * slope);
            }
        }
        Ok(value)
    }

    /// The network's rates, loss and share of right answers on trials.
    ///
    /// # Errors
    /// Trials of another number of inputs.
    pub fn judge(&self, trials: &Trials) -> Result<Judged> {
        let (mut tape, weights) = self.tape();
        let (rates, logits) = self.forward(&mut tape, &weights, trials)?;
        let loss = tape.apply(CrossEntropy::new(trials.labels.clone()), &[logits])?;
        let loss = tape.datum(loss).numbers("loss")?.data()[0];
        let logits = tape.datum(logits).numbers("logits")?.data();
        let right = logits.chunks(2).zip(&trials.labels).filter(|(two, label)| (two[1] > two[0]) == (**label == 1));
        let right = right.count() as f64 / trials.labels.len() as f64;
        Ok(Judged { rates: tape.datum(rates).numbers("rates")?.data().to_vec(), loss, right })
    }

    /// The derivative of the difference of the logits by each weight, a row for each trial, [trials, weights], and the
    /// length of a row: what tangent kernels are made of (Jacot et al. 2018).
    ///
    /// # Errors
    /// As [`Rnn::judge`].
    pub fn tangents(&self, trials: &Trials) -> Result<(Vec<f64>, usize)> {
        let mut rows = Vec::new();
        for trial in 0..trials.labels.len() {
            let (mut tape, weights) = self.tape();
            let (_, logits) = self.forward(&mut tape, &weights, &trials.single(trial)?)?;
            let mut adjoints = tape.backward_from(logits, Array::new("difference", &[1, 2], vec![-1.0, 1.0])?)?;
            for (own, value) in self.weights.iter().zip(weights) {
                match adjoints.take(value) {
                    Some(adjoint) => rows.extend_from_slice(adjoint.data()),
                    None => rows.extend(std::iter::repeat_n(0.0, own.data().len())),
                }
            }
        }
        Ok((rows, self.weights.iter().map(|weights| weights.data().len()).sum()))
    }
}
