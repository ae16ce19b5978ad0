//! Drives one neuron step by step and records what it does.

use std::collections::BTreeMap;

use neuropil::models::{Channel, Columns, Neuron, Start, Takes};
use neuropil::models::{IafCondAlpha, IafCondExp, IafPscAlpha, IafPscDelta, IafPscExp, ParrotNeuron};
use neuropil::number::Number;

/// Parameters and start values by name.
pub type Values = BTreeMap<String, f64>;

/// Values from pairs.
pub fn values<const N: usize>(pairs: [(&str, f64); N]) -> Values {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What reaches the neuron: step k (from 1) reads entry k - 1.
#[derive(Debug, Clone)]
pub struct Input {
    /// Weights that arrive in each step.
    pub weights: Vec<Vec<f64>>,
    /// Current in each step, pA.
    pub current: Vec<f64>,
}

impl Input {
    /// No input for `steps` steps.
    pub fn none(steps: usize) -> Input {
        Input { weights: vec![Vec::new(); steps], current: vec![0.0; steps] }
    }

    /// A spike of `weight` that acts on the update of `step`, counted from 1.
    pub fn spike(mut self, step: usize, weight: f64) -> Input {
        if let Some(arriving) = self.weights.get_mut(step - 1) {
            arriving.push(weight);
        }
        self
    }

    /// A constant current.
    pub fn current(mut self, picoamperes: f64) -> Input {
        self.current.fill(picoamperes);
        self
    }
}

/// What the neuron did.
#[derive(Debug, Clone)]
pub struct Run {
    /// Names of the state variables.
    pub names: Vec<&'static str>,
    /// State at the end of each step, in the user's units.
    pub states: Vec<Vec<f64>>,
    /// Steps with a spike, counted from 1.
    pub spikes: Vec<usize>,
}

impl Run {
    /// One state variable over time.
    pub fn trace(&self, name: &str) -> Vec<f64> {
        let at = self.names.iter().position(|n| *n == name).unwrap();
        self.states.iter().map(|state| state[at]).collect()
    }
}

/// A model and its values, driven in the number type `R`.
pub fn run<R: Number>(model: &str, values: &Values, dt: f64, input: &Input) -> Run {
    run_twisted::<R>(model, values, dt, input, &|_, value| value)
}

/// As [`run`], with each derived value passed through `twist` first: the way to break a model on purpose.
pub fn run_twisted<R: Number>(
    model: &str,
    values: &Values,
    dt: f64,
    input: &Input,
    twist: &dyn Fn(&str, f64) -> f64,
) -> Run {
    match model {
        "iaf_cond_alpha" => drive::<IafCondAlpha, R>(values, dt, input, twist),
        "iaf_cond_exp" => drive::<IafCondExp, R>(values, dt, input, twist),
        "iaf_psc_alpha" => drive::<IafPscAlpha, R>(values, dt, input, twist),
        "iaf_psc_delta" => drive::<IafPscDelta, R>(values, dt, input, twist),
        "iaf_psc_exp" => drive::<IafPscExp, R>(values, dt, input, twist),
        "parrot_neuron" => drive::<ParrotNeuron, R>(values, dt, input, twist),
        _ => panic!("no model {model}"),
    }
}

fn drive<N: Neuron, R: Number>(values: &Values, dt: f64, input: &Input, twist: &dyn Fn(&str, f64) -> f64) -> Run {
    let declaration = N::DECLARATION;
    let parameters = parameters::<N>(values);
    let by_name = |name| declaration.parameters.iter().position(|p| p.name == name).map_or(0.0, |at| parameters[at]);
    let derived = N::of(&parameters).derive(dt).list();
    let derived: Vec<R> = declaration.derived.iter().zip(derived).map(|(name, v)| R::of(twist(name, v))).collect();
    let derived = N::Derived::<R>::gather(&derived, 1, 0);
    let base: Vec<f64> = declaration.state.iter().map(|v| v.relative_to.map_or(0.0, by_name)).collect();
    let start = declaration.state.iter().zip(&base).map(|(variable, base)| {
        let default = match variable.start {
            Start::At(value) => value,
            Start::Parameter(name) => by_name(name),
        };
        R::of(values.get(variable.name).copied().unwrap_or(default) - base)
    });
    let mut state = N::State::<R>::gather(&start.collect::<Vec<R>>(), 1, 0);
    let names = declaration.state.iter().map(|v| v.name).collect();
    let mut run = Run { names, states: Vec::new(), spikes: Vec::new() };
    for (step, (weights, current)) in input.weights.iter().zip(&input.current).enumerate() {
        let arrived = sum(declaration.channels, weights);
        let arrived: Vec<R> = arrived.into_iter().map(R::of).collect();
        N::advance(&derived, &mut state, &arrived, R::of(*current));
        let margin = N::margin(&derived, &state);
        if margin >= R::of(0.0) {
            let times = if declaration.multiple { 1 + margin.value() as usize } else { 1 };
            run.spikes.extend(std::iter::repeat_n(step + 1, times));
            N::reset(&derived, &mut state);
        }
        run.states.push(state.list().iter().zip(&base).map(|(value, base)| value.value() + base).collect());
    }
    run
}

/// The parameters of a model in declared order, defaults where `values` says nothing.
fn parameters<N: Neuron>(values: &Values) -> Vec<f64> {
    let declaration = N::DECLARATION;
    let known = |name: &str| {
        declaration.parameters.iter().any(|p| p.name == name) || declaration.state.iter().any(|v| v.name == name)
    };
    assert!(values.keys().all(|name| known(name)), "{} does not know all of {values:?}", declaration.name);
    declaration.parameters.iter().map(|p| values.get(p.name).copied().unwrap_or(p.default)).collect()
}

fn sum(channels: &[Channel], weights: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; channels.len()];
    for weight in weights {
        for (channel, sum) in channels.iter().zip(&mut sums) {
            *sum += match channel.takes {
                Takes::All => *weight,
                Takes::Positive | Takes::NonNegative => weight.max(0.0),
                Takes::Negative => weight.min(0.0),
                Takes::Magnitude => (-weight).max(0.0),
                Takes::Count => 1.0,
            };
        }
    }
    sums
}
