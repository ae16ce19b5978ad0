//! Choices between two answers, over time.

use crate::error::{Error, Result};
use crate::random::{Draws, Purpose, stream};
use crate::train::Array;
use rand_distr::{Distribution as _, StandardNormal};

/// A task of choosing between two answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Two alternatives, forced choice: which of two noisy inputs is larger in the mean.
    Larger,
    /// Delayed match to sample: whether a second stimulus is the first again, after a delay.
    Match,
}

/// Inputs and right answers of some trials.
#[derive(Debug, Clone, PartialEq)]
pub struct Trials {
    /// The inputs of each step, [trials, inputs].
    pub inputs: Vec<Array<f64>>,
    /// The right answers, 0 or 1.
    pub labels: Vec<u32>,
}

/// Steps of a trial.
pub const STEPS: usize = 20;
/// Steps of each of the two stimuli of [`Choice::Match`].
const STIMULUS: usize = 6;
/// The standard deviation of the noise on each input in each step.
const NOISE: f64 = 0.5;
/// By how much the means of the two inputs differ in [`Choice::Larger`].
const STRENGTHS: [f64; 3] = [0.2, 0.4, 0.8];

impl Trials {
    /// Trial `trial`, counted from 0, alone.
    ///
    /// # Errors
    /// A trial that does not exist.
    pub fn single(&self, trial: usize) -> Result<Trials> {
        let Some(&label) = self.labels.get(trial) else {
            let problem = format!("there is no trial {trial}, counted from 0, of {}", self.labels.len());
            return Err(Error::invalid("choice", problem));
        };
        let row = |inputs: &Array<f64>| {
            let data = inputs.data()[trial * Choice::INPUTS..][..Choice::INPUTS].to_vec();
            Array::new("trial", &[1, Choice::INPUTS], data)
        };
        Ok(Trials { inputs: self.inputs.iter().map(row).collect::<Result<_>>()?, labels: vec![label] })
    }
}

impl Choice {
    /// All choices.
    pub const ALL: [Choice; 2] = [Choice::Larger, Choice::Match];

    /// Its short name.
    pub fn name(self) -> &'static str {
        match self {
            Choice::Larger => "2AF",
            Choice::Match => "DMS",
        }
    }

    /// Its full name.
    pub fn about(self) -> &'static str {
        match self {
            Choice::Larger => "two alternatives, forced choice (2AF)",
            Choice::Match => "delayed match to sample (DMS)",
        }
    }

    /// The number of inputs of a network that learns a choice.
    pub const INPUTS: usize = 2;

    /// `trials` trials, drawn from the seed and the number of a set: another set has other trials.
    ///
    /// # Errors
    /// No trials.
    pub fn trials(self, trials: usize, seed: u64, set: u32) -> Result<Trials> {
        if trials == 0 {
            return Err(Error::invalid("choice", "there are no trials; ask for some"));
        }
        let mut inputs = Vec::new();
        for _ in 0..STEPS {
            inputs.push(Array::zeros("trials", &[trials, Choice::INPUTS])?);
        }
        let mut labels = Vec::new();
        for trial in 0..trials {
            let mut draws = Draws::new(seed, stream(Purpose::Encode, set), trial as u64);
            let (first, second) = (draws.below(2), draws.below(2));
            let strength = STRENGTHS[draws.below(STRENGTHS.len() as u32) as usize];
            labels.push(if self == Choice::Match { u32::from(first == second) } else { first });
            for (step, inputs) in inputs.iter_mut().enumerate() {
                for (input, to) in inputs.data_mut()[trial * Choice::INPUTS..][..Choice::INPUTS].iter_mut().enumerate()
                {
                    let noise: f64 = StandardNormal.sample(&mut draws);
                    *to = self.mean_input(step, input as u32, (first, second), strength) + NOISE * noise;
                }
            }
        }
        Ok(Trials { inputs, labels })
    }

    /// An input without its noise: its mean in a step, by the two draws of a trial and the strength of
    /// [`Choice::Larger`].
    fn mean_input(self, step: usize, input: u32, (first, second): (u32, u32), strength: f64) -> f64 {
        match self {
            Choice::Larger if input == first => 0.5 * (1.0 + strength),
            Choice::Larger => 0.5 * (1.0 - strength),
            Choice::Match if step < STIMULUS => f64::from(u8::from(input == first)),
            Choice::Match if step >= STEPS - STIMULUS => f64::from(u8::from(input == second)),
            Choice::Match => 0.0,
        }
    }
}
