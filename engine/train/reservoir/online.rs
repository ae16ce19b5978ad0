//! Readouts that learn step by step: recursive least squares; and FORCE, which feeds their outputs back.

use super::rate::{Reservoir, State, Unit};
use crate::error::{Error, Result};
use crate::train::Array;

/// Recursive least squares (Haykin 2002, "Adaptive filter theory", chapter 9): after t steps the weights are those of
/// [`super::ridge`] with the same alpha where λ = 1, so that nothing is forgotten; else of a sum in which a step counts
/// λ times as much as the next, and alpha λᵗ times.
#[derive(Debug, Clone, PartialEq)]
pub struct Rls {
    units: usize,
    outputs: usize,
    forgetting: f64,
    /// The inverse of the states' correlations, [units, units], symmetric.
    inverse: Vec<f64>,
    /// The weights, [outputs, units].
    weights: Vec<f64>,
    /// Space for the product of the inverse and a step's states, \[units\].
    gain: Vec<f64>,
    /// The errors of the last step, \[outputs\].
    error: Vec<f64>,
}

impl Rls {
    /// Readouts with weights of zero, `outputs` of them from `units` states. `forgetting` is λ, above 0 and at most 1.
    ///
    /// # Errors
    /// No units or outputs, or more than 20,000; more than memory holds; alpha that is not above 0; λ out of its range.
    pub fn new(units: usize, outputs: usize, alpha: f64, forgetting: f64) -> Result<Rls> {
        if !(1..=20_000).contains(&units) || !(1..=20_000).contains(&outputs) {
            return Err(Error::invalid("RLS", format!("{units} units and {outputs} outputs must be from 1 to 20,000")));
        }
        if !(alpha > 0.0 && alpha.is_finite() && forgetting > 0.0 && forgetting <= 1.0) {
            let problem = format!("alpha = {alpha} must be above 0, and lambda = {forgetting} above 0 and at most 1");
            return Err(Error::invalid("RLS", problem));
        }
        super::check_memory("RLS", &[[units, units], [units, outputs]])?;
        let mut inverse = vec![0.0; units * units];
        (0..units).for_each(|unit| inverse[unit * units + unit] = 1.0 / alpha);
        let (weights, gain) = (vec![0.0; outputs * units], vec![0.0; units]);
        Ok(Rls { units, outputs, forgetting, inverse, weights, gain, error: vec![0.0; outputs] })
    }

    /// The outputs of the readouts, \[outputs\], for states \[units\].
    ///
    /// # Panics
    /// Another number of states.
    pub fn output(&self, states: &[f64]) -> Vec<f64> {
        assert!(states.len() == self.units, "the states of another reservoir");
        self.weights.chunks_exact(self.units).map(|weights| dot(weights, states)).collect()
    }

    /// Learns from one step, and gives the error of each output before it: output less target, \[outputs\].
    ///
    /// # Errors
    /// Numbers that are not finite; an inverse that rounding has made useless.
    ///
    /// # Panics
    /// Another number of states or targets.
    pub fn step(&mut self, states: &[f64], targets: &[f64]) -> Result<&[f64]> {
        assert!(states.len() == self.units && targets.len() == self.outputs, "states or targets of another readout");
        super::check_finite_list("states", states)?;
        super::check_finite_list("targets", targets)?;
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

    /// The weights, [units, outputs], as [`super::ridge`] gives them.
    ///
    /// # Errors
    /// [`Error::Internal`] alone.
    pub fn weights(&self) -> Result<Array<f64>> {
        let (units, outputs) = (self.units, self.outputs);
        let data = (0..units * outputs).map(|k| self.weights[k % outputs * units + k / outputs]).collect();
        Array::new("weights", &[units, outputs], data)
    }
}

/// The inner product of two lists, by eight sums side by side in a fixed order.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (mut a, mut b) = (a.chunks_exact(8), b.chunks_exact(8));
    for (a, b) in a.by_ref().zip(b.by_ref()) {
        (0..8).for_each(|i| sums[i] += a[i] * b[i]);
    }
    let rest: f64 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

/// FORCE (Sussillo & Abbott 2009, "Generating coherent patterns of activity from chaotic neural networks"): the outputs
/// of the readouts are fed back as the last inputs of the reservoir while recursive least squares keeps it near the
/// targets, so that the network goes on by itself afterwards.
#[derive(Debug, Clone)]
pub struct Force<T> {
    reservoir: Reservoir<T>,
    state: State<T>,
    rls: Rls,
    /// Space for the inputs of a step: those given, then those fed back.
    input: Vec<T>,
    /// The units' states after the last step.
    states: Vec<f64>,
    /// The outputs after the last step, which the next feeds back.
    outputs: Vec<f64>,
}

impl<T: Unit> Force<T> {
    /// FORCE with a reservoir whose last `outputs` inputs are for feedback.
    ///
    /// # Errors
    /// More outputs than the reservoir has inputs; as [`Rls::new`].
    pub fn new(reservoir: Reservoir<T>, outputs: usize, alpha: f64) -> Result<Force<T>> {
        if outputs > reservoir.inputs() {
            let problem =
                format!("{outputs} outputs are fed back, and the reservoir has {} inputs", reservoir.inputs());
            return Err(Error::invalid("FORCE", problem));
        }
        let rls = Rls::new(reservoir.units(), outputs, alpha, 1.0)?;
        let (state, input) = (reservoir.start(), vec![T::of(0.0); reservoir.inputs()]);
        let states = vec![0.0; reservoir.units()];
        Ok(Force { reservoir, state, rls, input, states, outputs: vec![0.0; outputs] })
    }

    /// Sets the states of all units.
    ///
    /// # Panics
    /// Another number of states.
    pub fn begin_at(&mut self, states: &[T]) {
        self.state.set(states);
    }

    /// Takes a step with the inputs that are not fed back, and gives the outputs after it, which the next step feeds
    /// back.
    ///
    /// # Panics
    /// Another number of inputs.
    pub fn step(&mut self, inputs: &[T]) -> &[f64] {
        let given = self.input.len() - self.outputs.len();
        self.input[..given].copy_from_slice(inputs);
        self.input[given..].iter_mut().zip(&self.outputs).for_each(|(to, &output)| *to = T::of(output));
        let states = self.reservoir.step(&mut self.state, &self.input);
        self.states.iter_mut().zip(states).for_each(|(to, x)| *to = x.value());
        self.outputs = self.rls.output(&self.states);
        &self.outputs
    }

    /// Takes a step and lets the readouts learn from it; gives their errors before they did, \[outputs\]. The next step
    /// feeds back the outputs after learning.
    ///
    /// # Errors
    /// Targets or states that are not finite.
    ///
    /// # Panics
    /// Another number of inputs or targets.
    pub fn learn(&mut self, inputs: &[T], targets: &[f64]) -> Result<Vec<f64>> {
        self.step(inputs);
        let error = self.rls.step(&self.states, targets)?.to_vec();
        self.outputs = self.rls.output(&self.states);
        Ok(error)
    }

    /// The readout.
    pub fn readout(&self) -> &Rls {
        &self.rls
    }
}
