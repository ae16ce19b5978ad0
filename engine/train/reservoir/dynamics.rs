//! What turns inputs into states, one step after the other.

use super::balance::{Balanced, Homeostasis, Settings, Targets};
use super::graph::{Graph, Rates};
use super::rate::{Reservoir, State};
use super::spiking::{Neurons, Spiking};
use crate::error::{Error, Result};
use crate::train::Array;

/// What a readout reads from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Machine {
    /// Rate units on a graph.
    Rate {
        /// The graph.
        graph: Graph,
        /// Its units.
        rates: Rates,
    },
    /// Spiking neurons on a graph.
    Spiking {
        /// The graph.
        graph: Graph,
        /// Its neurons.
        neurons: Neurons,
    },
    /// Excitatory and inhibitory rate units, with the balance that all begin with, and the activities that they adapt to, if any.
    Balanced {
        /// Its units.
        settings: Settings,
        /// β at the beginning.
        beta: f64,
        /// What each unit adapts to.
        targets: Option<Targets>,
        /// How it does.
        homeostasis: Homeostasis,
    },
    /// The last inputs as they are, so many: a line of delays.
    Taps(usize),
}

/// A machine as it is made for a task and a seed.
#[derive(Debug, Clone)]
pub enum Dynamics {
    /// Rate units.
    Rate(Box<Reservoir<f64>>),
    /// Spiking neurons.
    Spiking(Box<Spiking>),
    /// The last inputs, so many of so wide.
    Taps(usize, usize),
}

impl Machine {
    /// Makes it for inputs of shape [steps, inputs], to which it adapts if it does.
    ///
    /// # Errors
    /// Numbers out of their range.
    pub fn made(&self, inputs: &Array<f64>, seed: u64) -> Result<Dynamics> {
        let [_, width] = super::axes("input", inputs)?;
        match *self {
            Machine::Rate { graph, rates } => {
                Ok(Dynamics::Rate(Box::new(graph.wiring(seed)?.reservoir(width, &rates, seed)?)))
            }
            Machine::Spiking { graph, neurons } => {
                Ok(Dynamics::Spiking(Box::new(Spiking::new(&graph, width, &neurons, seed)?)))
            }
            Machine::Balanced { settings, beta, targets, homeostasis } => {
                let mut balanced = Balanced::random(&settings, width, beta, seed)?;
                if let Some(targets) = targets {
                    balanced.adapt(&targets.each(settings.units, seed)?, inputs, &homeostasis)?;
                }
                Ok(Dynamics::Rate(Box::new(balanced.reservoir()?)))
            }
            Machine::Taps(count) if (1..=10_000).contains(&count) => Ok(Dynamics::Taps(count, width)),
            Machine::Taps(count) => Err(Error::invalid("delay line", format!("{count} taps must be from 1 to 10,000"))),
        }
    }

    /// Its units; of a delay line, its taps.
    ///
    /// # Errors
    /// A connectome that cannot be read.
    pub fn units(&self) -> Result<usize> {
        match *self {
            Machine::Rate { graph: Graph::Random { units, .. }, .. } => Ok(units),
            Machine::Spiking { graph: Graph::Random { units, .. }, .. } => Ok(units),
            Machine::Rate { graph, .. } | Machine::Spiking { graph, .. } => Ok(graph.wiring(0)?.w.rows()),
            Machine::Balanced { settings, .. } => Ok(settings.units),
            Machine::Taps(count) => Ok(count),
        }
    }
}

/// A machine at some moment.
#[derive(Debug, Clone)]
pub enum Moment {
    /// Of rate units.
    Rate(State<f64>),
    /// Of a delay line, the newest first.
    Taps(Vec<f64>),
}

impl Dynamics {
    /// States after each step, shape [steps, states], of inputs of shape [steps, inputs].
    ///
    /// # Errors
    /// Inputs of another shape, or that are no numbers.
    pub fn states(&self, inputs: &Array<f64>) -> Result<Array<f64>> {
        match self {
            Dynamics::Rate(reservoir) => reservoir.run(inputs),
            Dynamics::Spiking(spiking) => spiking.run(inputs),
            Dynamics::Taps(count, width) => {
                let [steps, _] = super::axes("input", inputs)?;
                let mut states = Array::zeros("states", &[steps, count * width])?;
                let mut taps = vec![0.0; count * width];
                for (input, to) in
                    inputs.data().chunks_exact(*width).zip(states.data_mut().chunks_exact_mut(count * width))
                {
                    shift(&mut taps, input);
                    to.copy_from_slice(&taps);
                }
                Ok(states)
            }
        }
    }

    /// Before the first step; none where steps cannot be taken one by one, as in the simulator.
    pub fn start(&self) -> Option<Moment> {
        match self {
            Dynamics::Rate(reservoir) => Some(Moment::Rate(reservoir.start())),
            Dynamics::Spiking(_) => None,
            Dynamics::Taps(count, width) => Some(Moment::Taps(vec![0.0; count * width])),
        }
    }

    /// One step from a moment of its own; the states after it.
    ///
    /// # Errors
    /// The moment of another machine.
    pub fn step<'a>(&self, moment: &'a mut Moment, input: &[f64]) -> Result<&'a [f64]> {
        match (self, moment) {
            (Dynamics::Rate(reservoir), Moment::Rate(state)) => Ok(reservoir.step(state, input)),
            (Dynamics::Taps(..), Moment::Taps(taps)) => {
                shift(taps, input);
                Ok(taps)
            }
            _ => Err(Error::Internal("the moment of another machine".into())),
        }
    }
}

/// The newest comes first.
fn shift(taps: &mut [f64], input: &[f64]) {
    let kept = taps.len() - input.len();
    taps.copy_within(..kept, input.len());
    taps[..input.len()].copy_from_slice(input);
}
