//! Machines, which turn inputs into states step by step: their descriptions, and what is made of them for a task.

use super::balance::{Balanced, Homeostasis, Settings, Targets};
use super::graph::{Graph, Rates};
use super::rate::{Reservoir, State};
use super::spiking::{Neurons, Spiking};
use crate::error::{Error, Result};
use crate::train::Array;

/// What turns inputs into the states that a readout reads: its description.
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
        /// The initial β.
        beta: f64,
        /// The activities that units adapt to.
        targets: Option<Targets>,
        /// How they adapt.
        homeostasis: Homeostasis,
    },
    /// A delay line: the last inputs as they are, this many.
    Taps(usize),
}

/// A machine, made for a task and a seed.
#[derive(Debug, Clone)]
pub enum Dynamics {
    /// Rate units.
    Rate(Box<Reservoir<f64>>),
    /// Spiking neurons.
    Spiking(Box<Spiking>),
    /// A delay line: how many of the last inputs, and how many numbers each input has.
    Taps(usize, usize),
}

impl Machine {
    /// Makes the machine for `inputs`, [steps, inputs], to which it adapts if it has targets.
    ///
    /// # Errors
    /// Numbers out of their range.
    pub fn build(&self, inputs: &Array<f64>, seed: u64) -> Result<Dynamics> {
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
                    balanced.adapt(&targets.for_units(settings.units, seed)?, inputs, &homeostasis)?;
                }
                Ok(Dynamics::Rate(Box::new(balanced.reservoir()?)))
            }
            Machine::Taps(count) if (1..=10_000).contains(&count) => Ok(Dynamics::Taps(count, width)),
            Machine::Taps(count) => Err(Error::invalid("delay line", format!("{count} taps must be from 1 to 10,000"))),
        }
    }

    /// The number of its units, or of the taps of a delay line.
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

/// The state of a machine between two steps.
#[derive(Debug, Clone)]
pub enum MachineState {
    /// That of rate units.
    Rate(State<f64>),
    /// The inputs in a delay line, the newest first.
    Taps(Vec<f64>),
}

impl Dynamics {
    /// The states after each step, [steps, states], for inputs [steps, inputs].
    ///
    /// # Errors
    /// Inputs of another shape; of rate units and spiking neurons, inputs that are not finite.
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

    /// The state before the first step; [`None`] for spiking neurons, whose steps cannot be taken one by one.
    pub fn start(&self) -> Option<MachineState> {
        match self {
            Dynamics::Rate(reservoir) => Some(MachineState::Rate(reservoir.start())),
            Dynamics::Spiking(_) => None,
            Dynamics::Taps(count, width) => Some(MachineState::Taps(vec![0.0; count * width])),
        }
    }

    /// Takes a step from a state of this machine, and gives the units' states after it.
    ///
    /// # Errors
    /// A state of another machine.
    pub fn step<'a>(&self, state: &'a mut MachineState, input: &[f64]) -> Result<&'a [f64]> {
        match (self, state) {
            (Dynamics::Rate(reservoir), MachineState::Rate(state)) => Ok(reservoir.step(state, input)),
            (Dynamics::Taps(..), MachineState::Taps(taps)) => {
                shift(taps, input);
                Ok(taps)
            }
            _ => Err(Error::Internal("the moment of another machine".into())),
        }
    }
}

/// Moves the inputs of a delay line back, and puts `input` first.
fn shift(taps: &mut [f64], input: &[f64]) {
    let kept = taps.len() - input.len();
    taps.copy_within(..kept, input.len());
    taps[..input.len()].copy_from_slice(input);
}
