//! A model as networks hold it.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::equations::{Interpret, Op, text, wgsl};
use crate::error::Result;
use crate::tile::integrate::integrate;
use crate::tile::{Columns, Declaration, Equations, Neuron, Signals, TileTask, equations};

/// A [`Neuron`] behind one type, as networks hold it.
pub trait Model: Debug + Send + Sync {
    /// What it declares: parameters, state, derived values, channels.
    fn declaration(&self) -> &'static Declaration;
    /// What a step and a spike do, as graphs.
    fn equations(&self) -> &Equations;
    /// Derived values of one neuron from its parameters, both in declared order, for a step of `dt` ms.
    fn derive(&self, parameters: &[f64], dt: f64) -> Vec<f64>;
    /// The parameter and the rule, in words, that these parameters (in declared order) break, beside the bounds of
    /// each; `None` if they keep all rules.
    fn broken_rule(&self, parameters: &[f64]) -> Option<(&'static str, String)>;
    /// A hash of what it computes, the same on every machine.
    fn digest(&self) -> u64 {
        self.equations().digest()
    }
    /// The state variable and the rule, in words, that the states at time 0 break, beside the bounds of each; `None` if
    /// they keep all rules.
    fn broken_start(&self, _parameters: &[f64], _state: &[f64]) -> Option<(&'static str, String)> {
        None
    }
    /// The model that was read, where it comes from text.
    fn text(&self) -> Option<&text::Model> {
        None
    }
    /// Steps for which a neuron stays silent after a spike, at least; see [`Neuron::refractory_steps`].
    fn refractory_steps(&self, parameters: &[f64], dt: f64) -> u64;
    /// Whether its step depends on the current of stimuli and couplings.
    fn takes_current(&self) -> bool {
        let declared = self.declaration();
        let current = declared.derived.len() + declared.state.len() + declared.channels.len();
        self.equations().step.pruned().graph.ops().contains(&Op::Input(current as u32))
    }
    /// The synapse model that alone may reach this channel, if there is one.
    fn synapse_of(&self, channel: usize) -> Option<&str> {
        self.text()?.receptors.get(channel)?.synapse.as_deref()
    }
    /// The signals that it gives couplings: those of an astrocyte. `None` of a neuron, of which any state variable can
    /// be coupled.
    fn signals(&self) -> Option<&Signals> {
        None
    }
    /// The same model with one more parameter, a conductance g (nS), through which the current g·(V_m - E) leaves it as
    /// the potential changes within a step; E is the parameter that `V_m` is stored relative to, or 0. `None` where it
    /// has no such form; then players hold the potential of the step's start.
    ///
    /// # Errors
    /// A model whose text cannot be read again.
    fn with_conductance(&self) -> Result<Option<Arc<dyn Model>>> {
        Ok(None)
    }
    /// The functions `advance`, `margin` and `reset` for the GPU, with the imports they need.
    ///
    /// # Errors
    /// A step without a margin; shifts beyond 31 bits.
    fn wgsl(&self) -> Result<String> {
        let declared = self.declaration();
        let state: Vec<&str> = declared.state.iter().map(|variable| variable.name).collect();
        let Equations { step, reset } = self.equations();
        wgsl::neuron(step, reset, declared.derived, &state, declared.draws)
    }
    /// The functions of [`Model::wgsl`], and those by which couplings read its state and signals, see
    /// [`wgsl::coupled_neuron`].
    ///
    /// # Errors
    /// As [`Model::wgsl`].
    fn coupled_wgsl(&self) -> Result<String> {
        let declared = self.declaration();
        let state: Vec<&str> = declared.state.iter().map(|variable| variable.name).collect();
        let Equations { step, reset } = self.equations();
        let signals = self.signals().map(Signals::equations);
        wgsl::coupled_neuron((step, reset), signals, declared.derived, &state, declared.draws)
    }
    /// Plays the steps of `task` for its tile of neurons, in `f32`.
    fn integrate_f32(&self, task: TileTask<'_, f32>);
    /// Plays the steps of `task` for its tile of neurons, in `f64`.
    fn integrate_f64(&self, task: TileTask<'_, f64>);
}

/// The [`Model`] of the [`Neuron`] `N`, with its equations traced once.
#[derive(Debug, Clone)]
pub struct Of<N> {
    equations: Equations,
    neuron: PhantomData<N>,
}

impl<N: Neuron> Default for Of<N> {
    fn default() -> Of<N> {
        Of::new()
    }
}

impl<N: Neuron> Of<N> {
    /// The model of the neuron `N`.
    pub fn new() -> Of<N> {
        Of { equations: equations::<N>(), neuron: PhantomData }
    }
}

impl<N: Neuron> Model for Of<N> {
    fn declaration(&self) -> &'static Declaration {
        const { &N::DECLARATION }
    }
    fn equations(&self) -> &Equations {
        &self.equations
    }
    fn derive(&self, parameters: &[f64], dt: f64) -> Vec<f64> {
        N::of(parameters).derive(dt).list()
    }
    fn broken_rule(&self, parameters: &[f64]) -> Option<(&'static str, String)> {
        N::of(parameters).broken_rule()
    }
    fn refractory_steps(&self, parameters: &[f64], dt: f64) -> u64 {
        N::of(parameters).refractory_steps(dt)
    }
    fn integrate_f32(&self, task: TileTask<'_, f32>) {
        integrate::<N, f32>(task);
    }
    fn integrate_f64(&self, task: TileTask<'_, f64>) {
        integrate::<N, f64>(task);
    }
}

/// A number type in which neurons are stepped.
pub trait Stepped: Interpret {
    /// Plays the steps of `task` for its tile of the model's neurons.
    fn integrate(model: &dyn Model, task: TileTask<'_, Self>);
}

impl Stepped for f32 {
    fn integrate(model: &dyn Model, task: TileTask<'_, f32>) {
        model.integrate_f32(task);
    }
}

impl Stepped for f64 {
    fn integrate(model: &dyn Model, task: TileTask<'_, f64>) {
        model.integrate_f64(task);
    }
}
