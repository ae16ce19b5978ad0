//! Readouts that learn step by step: recursive least squares, and with feedback FORCE.

use super::rate::{Reservoir, State, Unit};
use crate::error::{Error, Result};
use crate::train::Array;

/// Recursive least squares (Haykin 2002, "Adaptive filter theory", chapter 9): after t steps the weights are those of [`super::ridge`]
/// with the same alpha, where nothing is forgotten; else of a sum in which a step counts λ times the next, and alpha λᵗ times.
#[derive(Debug, Clone, PartialEq)]
pub struct Rls {
    units: usize,
    outputs: usize,
    forgetting: f64,
    /// The inverse of the states' correlations, [units, units], symmetric.
    inverse: Vec<f64>,
    /// [outputs, units]
    weights: Vec<f64>,
    gain: Vec<f64>,
    error: Vec<f64>,
}

impl Rls {
    /// With weights of zero. `forgetting` λ is above 0 and at most 1.
    ///
    /// # Errors
    /// No units or outputs, too many; alpha that is not above 0; λ out of its range.
    pub fn new(units: usize, outputs: usize, alpha: f64, forgetting: f64) -> Result<Rls> {
        if !(1..=20_000).contains(&units) || !(1..=20_000).contains(&outputs) {
            return Err(Error::invalid("RLS", format!("{units} units and {outputs} outputs must be from 1 to 20,000")));
        }
        if !(alpha > 0.0 && alpha.is_finite() && forgetting > 0.0 && forgetting <= 1.0) {
            let problem = format!("alpha = {alpha} must be above 0, and lambda = {forgetting} above 0 and at most 1");
            return Err(Error::invalid("RLS", problem));
        }
        super::room("RLS", &[[units, units], [units, outputs]])?;
        let mut inverse = vec![0.0; units * units];
        (0..units).for_each(|unit| inverse[unit * units + unit] = 1.0 / alpha);
        let (weights, gain) = (vec![0.0; outputs * units], vec![0.0; units]);
        Ok(Rls { units, outputs, forgetting, inverse, weights, gain, error: vec![0.0; outputs] })
    }

    /// What the readouts say of states.
    ///
    /// # Panics
    /// Another number of states.
    pub fn output(&self, states: &[f64]) -> Vec<f64> {
        assert!(states.len() == self.units, "the states of another reservoir");
        self.weights.chunks_exact(self.units).map(|weights| dot(weights, states)).collect()
    }

    /// Learns from one step; the error before it, of each output: what was said less the target.
    ///
    /// # Errors
    /// Numbers that are none.
    ///
    /// # Panics
    /// Another number of states or targets.
    pub fn step(&mut self, states: &[f64], targets: &[f64]) -> Result<&[f64]> {
        assert!(states.len() == self.units && targets.len() == self.outputs, "states or targets of another readout");
        super::finite_numbers("states", states)?;
        super::finite_numbers("targets", targets)?;
        let units = self.units;
        for (gain, row) in self.gain.iter_mut().zip(self.inverse.chunks_exact(units)) {
            *gain = dot(row, states);
        }
        let scale = 1.0 / (self.forgetting + dot(&self.gain, states));
        if !(scale > 0.0 && scale.is_finite()) {
            return Err(Error::invalid(
                "RLS",
                "its inverse has lost its sign to rounding; give a larger alpha or lambda = 1",
            ));
        }
        for (row, own) in self.inverse.chunks_exact_mut(units).zip(&self.gain) {
            // A product of the two first: rows and columns stay the same to the bit.
            row.iter_mut().zip(&self.gain).for_each(|(p, gain)| *p = (*p - (own * gain) * scale) / self.forgetting);
        }
        for ((weights, target), error) in self.weights.chunks_exact_mut(units).zip(targets).zip(&mut self.error) {
            *error = dot(weights, states) - target;
            let step = *error * scale;
            weights.iter_mut().zip(&self.gain).for_each(|(weight, gain)| *weight -= step * gain);
        }
        Ok(&self.error)
    }

    /// The weights, [units, outputs] as of [`super::ridge`].
    ///
    /// # Errors
    /// [`Error::Internal`] alone.
    pub fn weights(&self) -> Result<Array<f64>> {
        let (units, outputs) = (self.units, self.outputs);
        let data = (0..units * outputs).map(|k| self.weights[k % outputs * units + k / outputs]).collect();
        Array::new("weights", &[units, outputs], data)
    }
}

/// A product of eight sums side by side, in a fixed order.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (mut a, mut b) = (a.chunks_exact(8), b.chunks_exact(8));
    for (a, b) in a.by_ref().zip(b.by_ref()) {
        (0..8).for_each(|i| sums[i] += a[i] * b[i]);
    }
    let rest: f64 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

/// FORCE (Sussillo & Abbott 2009, "Generating coherent patterns of activity from chaotic neural networks"): what the readouts say
/// is fed back as the last inputs of the reservoir while recursive least squares keeps it near the targets, so that the
/// network goes on by itself afterwards.
#[derive(Debug, Clone)]
pub struct Force<T> {
    reservoir: Reservoir<T>,
    state: State<T>,
    rls: Rls,
    /// Given inputs, then what is fed back.
    input: Vec<T>,
    states: Vec<f64>,
    said: Vec<f64>,
}

impl<T: Unit> Force<T> {
    /// Of a reservoir whose last `outputs` inputs are for feedback.
    ///
    /// # Errors
    /// More outputs than the reservoir has inputs; as of [`Rls::new`].
    pub fn new(reservoir: Reservoir<T>, outputs: usize, alpha: f64) -> Result<Force<T>> {
        if outputs > reservoir.inputs() {
            let problem =
                format!("{outputs} outputs are fed back, and the reservoir has {} inputs", reservoir.inputs());
            return Err(Error::invalid("FORCE", problem));
        }
        let rls = Rls::new(reservoir.units(), outputs, alpha, 1.0)?;
        let (state, input) = (reservoir.start(), vec![T::of(0.0); reservoir.inputs()]);
        let states = vec![0.0; reservoir.units()];
        Ok(Force { reservoir, state, rls, input, states, said: vec![0.0; outputs] })
    }

    /// Starts the units at these states.
    ///
    /// # Panics
    /// Another number of states.
    pub fn begin_at(&mut self, states: &[T]) {
        self.state.set(states);
    }

    /// One step with given inputs; what the readouts say after it, which is fed back in the next.
    ///
    /// # Panics
    /// Another number of inputs.
    pub fn step(&mut self, inputs: &[T]) -> &[f64] {
        let given = self.input.len() - self.said.len();
        self.input[..given].copy_from_slice(inputs);
        self.input[given..].iter_mut().zip(&self.said).for_each(|(to, &said)| *to = T::of(said));
        let states = self.reservoir.step(&mut self.state, &self.input);
        self.states.iter_mut().zip(states).for_each(|(to, x)| *to = x.value());
        self.said = self.rls.output(&self.states);
        &self.said
    }

    /// One step, and what the readouts learn from it; their error before they did. What is fed back is what they say then.
    ///
    /// # Errors
    /// Targets that are no numbers, a network that left all bounds.
    pub fn learn(&mut self, inputs: &[T], targets: &[f64]) -> Result<Vec<f64>> {
        self.step(inputs);
        let error = self.rls.step(&self.states, targets)?.to_vec();
        self.said = self.rls.output(&self.states);
        Ok(error)
    }

    /// The readout.
    pub fn readout(&self) -> &Rls {
        &self.rls
    }
}
