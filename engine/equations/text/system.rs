//! Differential equations as a function to rates, and the values that a step of them starts from.

use crate::equations::{Function, Id};

/// The values, in a graph, that a step starts from.
#[derive(Debug, Clone)]
pub(crate) struct Start {
    /// Inputs that do not change while a model runs.
    pub(crate) fixed: Vec<Id>,
    /// State variables: inputs of the graph.
    pub(crate) states: Vec<Id>,
    /// Other inputs that do not change within a step.
    pub(crate) steady: Vec<Id>,
}

impl Start {
    /// The inputs of [`System::rates`] at the states `states`.
    pub(crate) fn with(&self, states: &[Id]) -> Vec<Id> {
        self.fixed.iter().chain(states).chain(&self.steady).copied().collect()
    }
}

/// The differential equations of a model.
#[derive(Debug, Clone)]
pub(crate) struct System {
    /// The function of fixed inputs, states and steady inputs to the rates of the moving variables.
    pub(crate) rates: Function,
    /// The places, among the states, of the moving variables, those with an equation.
    pub(crate) moving: Vec<usize>,
}
