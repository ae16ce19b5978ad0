//! Reservoirs of excitatory and inhibitory units whose balance is one number for all, or found by each unit for itself.
//!
//! V_i(t+1) = Σ A_ij·r_j(t) + Σ W_in·u(t+1), r = 1 / (1 + e^(-c·V)), where four fifths of the units excite (Dale's law), each unit has
//! `degree` inputs, four fifths of them excitatory with weights of the mean 1 / (`degree`·0.8), and inhibitory ones are β·4 times as
//! strong: β = 1 balances them. Local homeostasis adds δ·(r_i - ρ_i) to the strength of each inhibitory synapse of unit i, which stays
//! at 0 or above, so that each unit comes to fire at its target ρ_i in the mean (Nature Communications 2025, s41467-025-64978-8, arXiv
//! 2504.12480, equations 1 and 7 as others have implemented them; its own code and figures were not seen).

use super::graph::input_weights;
use super::rate::{Reservoir, Unit};
use super::sparse::{Sparse, check_units};
use crate::error::{Error, Result};
use crate::number::math::{normal, sigmoid};
use crate::random::{Draws, Purpose, stream};
use crate::train::Array;

/// The share of units that excite.
const EXCITATORY: f64 = 0.8;

/// The sizes and weights of a balanced reservoir.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// The number of units.
    pub units: usize,
    /// The connections that reach a unit from other units.
    pub degree: usize,
    /// The gain c: how steep the units are.
    pub gain: f64,
    /// The standard deviation of weights, as a share of their mean.
    pub spread: f64,
    /// Input weights lie between this and its negative.
    pub input: f64,
    /// The share of units that the input reaches.
    pub share: f64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { units: 500, degree: 50, gain: 10.0, spread: 0.2, input: 0.1, share: 0.3 }
    }
}

/// The activities that units adapt to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Targets {
    /// The same for all, from 0 to 1.
    Same(f64),
    /// Drawn from the Beta distribution with both parameters 2: 0.5 in the mean, most between 0.1 and 0.9.
    Beta22,
}

impl Targets {
    /// The target of each unit, \[units\].
    ///
    /// # Errors
    /// A target that is not between 0 and 1.
    pub fn for_units(self, units: usize, seed: u64) -> Result<Vec<f64>> {
        match self {
            Targets::Same(target) if target > 0.0 && target < 1.0 => Ok(vec![target; units]),
            Targets::Same(target) => {
                Err(Error::invalid("target", format!("an activity of {target} must lie between 0 and 1")))
            }
            Targets::Beta22 => {
                let mut draws = Draws::new(seed, stream(Purpose::State, 1), 0);
                // The median of three uniform numbers has this distribution.
                Ok((0..units).map(|_| median([draws.uniform(), draws.uniform(), draws.uniform()])).collect())
            }
        }
    }
}

/// The median of three numbers.
fn median([a, b, c]: [f64; 3]) -> f64 {
    a.min(b).max(a.max(b).min(c))
}

/// How the inhibition of a reservoir adapts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Homeostasis {
    /// The rate δ and the number of steps of each phase, one phase after the other.
    pub phases: [(f64, usize); 2],
}

impl Default for Homeostasis {
    fn default() -> Homeostasis {
        Homeostasis { phases: [(1e-2, 3000), (1e-3, 3000)] }
    }
}

/// A reservoir of excitatory and inhibitory units.
#[derive(Debug, Clone)]
pub struct Balanced {
    /// The gain c.
    gain: f64,
    /// A: weights among the units, below zero where the source inhibits.
    a: Sparse,
    /// W_in: input weights, [units, inputs].
    w_in: Sparse,
    /// Units with numbers below this excite, the others inhibit.
    excitatory: u32,
}

impl Balanced {
    /// A random reservoir with `inputs` inputs, whose inhibition is `beta` times as strong as its excitation.
    ///
    /// # Errors
    /// No units, more inputs than units of a kind, numbers out of their range.
    pub fn random(settings: &Settings, inputs: usize, beta: f64, seed: u64) -> Result<Balanced> {
        let Settings { units, degree, gain, spread, input, share } = *settings;
        check_units(units)?;
        let excitatory = (EXCITATORY * units as f64).round() as usize;
        let from =
            [(EXCITATORY * degree as f64).round() as usize, degree - (EXCITATORY * degree as f64).round() as usize];
        let of = [excitatory, units - excitatory];
        if from[0] == 0 || from[1] == 0 || from[0] > of[0] || from[1] > of[1] {
            let problem =
                format!("{degree} inputs of a unit, a fifth of them inhibitory, cannot come from {units} units");
            return Err(Error::invalid("reservoir", problem));
        }
        if units.saturating_mul(degree) > 200_000_000 {
            return Err(Error::invalid("reservoir", "more than 2·10⁸ connections; use fewer units or a lower degree"));
        }
        if !(beta >= 0.0 && beta.is_finite() && gain > 0.0 && gain.is_finite() && (0.0..=1.0).contains(&spread)) {
            let problem =
                format!("beta {beta} must be 0 or more, gain {gain} above 0, and spread {spread} from 0 to 1");
            return Err(Error::invalid("reservoir", problem));
        }
        let mut entries = Vec::with_capacity(units * degree);
        for unit in 0..units as u32 {
            let mut chosen = Draws::new(seed, stream(Purpose::Connect, 2), unit.into());
            let mut strength = Draws::new(seed, stream(Purpose::Weight, 2), unit.into());
            for (kind, sign) in [1.0, -beta].into_iter().enumerate() {
                // Excitation and inhibition of beta = 1 have the same sum.
                let mean = 1.0 / from[kind] as f64;
                for source in choose(from[kind], of[kind], &mut chosen) {
                    let weight = (mean * (1.0 + spread * standard_normal(&mut strength))).max(0.0);
                    entries.push((unit, (kind * excitatory) as u32 + source, sign * weight));
                }
            }
        }
        let a = Sparse::new(units, units, entries)?;
        let w_in = input_weights(units, inputs, (input, share), seed)?;
        Ok(Balanced { gain, a, w_in, excitatory: excitatory as u32 })
    }

    /// Adapts the inhibition of each unit towards its target while `inputs`, [steps, inputs], arrive over and over from
    /// the first step on. Gives the mean activity of each unit in the last phase, \[units\].
    ///
    /// # Errors
    /// No inputs, inputs of another width, numbers that are not finite, another number of targets than units.
    pub fn adapt(&mut self, targets: &[f64], inputs: &Array<f64>, homeostasis: &Homeostasis) -> Result<Vec<f64>> {
        let units = self.a.rows();
        let [length, width] = super::axes("input", inputs)?;
        if targets.len() != units || length == 0 || width != self.w_in.columns() {
            let problem = format!(
                "{} targets and inputs of {length} x {width} do not fit {units} units and {} inputs",
                targets.len(),
                self.w_in.columns()
            );
            return Err(Error::invalid("homeostasis", problem));
        }
        super::check_finite_list("targets", targets)?;
        super::check_finite("input", inputs)?;
        let [mut r, mut v, mut mean, mut from_input] = [0.5, 0.0, 0.0, 0.0].map(|start| vec![start; units]);
        let mut step = 0;
        for (rate, steps) in homeostasis.phases {
            mean.fill(0.0);
            for _ in 0..steps {
                let input = &inputs.data()[step % length * width..][..width];
                step += 1;
                self.a.product(&r, &mut v);
                self.w_in.product(input, &mut from_input);
                v.iter_mut().zip(&from_input).for_each(|(v, input)| *v += input);
                // Weights follow the activity that they led to, from the sources that they carried.
                for (unit, v) in v.iter().enumerate() {
                    let new = sigmoid(self.gain * v);
                    let change = rate * (new - targets[unit]);
                    mean[unit] += new / steps as f64;
                    let (places, weights) = self.a.row_mut(unit);
                    let first = places.partition_point(|&place| place < self.excitatory);
                    weights[first..].iter_mut().for_each(|weight| *weight = (*weight - change).min(0.0));
                }
                r.iter_mut().zip(&v).for_each(|(r, v)| *r = sigmoid(self.gain * v));
            }
        }
        Ok(mean)
    }

    /// The signed weights among the units; those of unit i stand in row i.
    pub fn weights(&self) -> &Sparse {
        &self.a
    }

    /// The balance of each unit: the sum of its inhibitory weights, as a positive number, by that of its excitatory
    /// ones.
    pub fn balances(&self) -> Vec<f64> {
        let balance = |unit| {
            let (places, weights) = self.a.row(unit);
            let first = places.partition_point(|&place| place < self.excitatory);
            -weights[first..].iter().sum::<f64>() / weights[..first].iter().sum::<f64>()
        };
        (0..self.a.rows()).map(balance).collect()
    }

    /// The same reservoir in the terms of [`Reservoir`]: with x = 2r - 1, 1 / (1 + e^(-c·V)) is (1 + tanh(c·V/2)) / 2, so that
    /// W = c/4·A, W_in = c/2·W_in, and the bias of a unit is c/4 times the sum of its row. Its first state is that of r = 1/2.
    ///
    /// # Errors
    /// [`Error::Internal`] alone.
    pub fn reservoir<T: Unit>(&self) -> Result<Reservoir<T>> {
        let quarter = self.gain / 4.0;
        let bias: Vec<f64> = (0..self.a.rows()).map(|unit| quarter * self.a.row(unit).1.iter().sum::<f64>()).collect();
        let (w, w_in) = (self.a.clone().scaled(quarter), self.w_in.clone().scaled(2.0 * quarter));
        Reservoir::new(&w, &w_in, &bias, 1.0)
    }
}

/// `count` different numbers below `of`, each set as likely as any other (Floyd, after Bentley 1987).
fn choose(count: usize, of: usize, draws: &mut Draws) -> Vec<u32> {
    let mut chosen: Vec<u32> = Vec::with_capacity(count);
    for last in of - count..of {
        let drawn = draws.below(last as u32 + 1);
        chosen.push(if chosen.contains(&drawn) { last as u32 } else { drawn });
    }
    chosen
}

/// A draw from the standard normal distribution.
fn standard_normal(draws: &mut Draws) -> f64 {
    let word = draws.word();
    normal(f64::from(word >> 16), f64::from(word & 0xFFFF) + 0.5)
}
