//! A model as networks hold it.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::equations::{Interpret, Op, text, wgsl};
use crate::error::Result;
use crate::tile::integrate::integrate;
use crate::tile::{Columns, Declaration, Equations, Gives, Neuron, TileTask, equations};

/// A [`Neuron`] behind one type, as networks hold it.
pub trait Model: Debug + Send + Sync {
    /// Parameters, state, channels.
    fn declaration(&self) -> &'static Declaration;
    /// What a step and a spike do, as graphs.
    fn equations(&self) -> &Equations;
    /// Derived values of one neuron from its parameters (both in declared order).
    fn derive(&self, parameters: &[f64], dt: f64) -> Vec<f64>;
    /// A rule between parameters that is broken.
    fn broken_rule(&self, parameters: &[f64]) -> Option<(&'static str, String)>;
    /// A number that tells what it does from what others do, the same on every machine.
    fn digest(&self) -> u64 {
        self.equations().digest()
    }
    /// A rule of states at time 0 that is broken, beside the bounds of each.
    fn broken_start(&self, _parameters: &[f64], _state: &[f64]) -> Option<(&'static str, String)> {
        None
    }
    /// The text that it was read from, as it was understood.
    fn text(&self) -> Option<&text::Model> {
        None
    }
    /// See [`Neuron::refractory_steps`].
    fn refractory_steps(&self, parameters: &[f64], dt: f64) -> u64;
    /// Whether the current of stimuli and couplings does anything.
    fn takes_current(&self) -> bool {
        let declared = self.declaration();
        let current = declared.derived.len() + declared.state.len() + declared.channels.len();
        self.equations().step.pruned().graph.ops().contains(&Op::Input(current as u32))
    }
    /// The signals that it gives couplings: that of an astrocyte; none of a neuron, of which any variable can be coupled.
    fn gives(&self) -> Option<&Gives> {
        None
    }
    /// The same model with a conductance (nS) behind its parameters, through which current leaves it by its potential as this
    /// runs within a step: g·(V_m - E), where E is what the potential is stored relative to, or 0. None where it has no such
    /// form; then the potential is held.
    ///
    /// # Errors
    /// Equations that cannot be read again.
    fn with_conductance(&self) -> Result<Option<Arc<dyn Model>>> {
        Ok(None)
    }
    /// The functions `advance`, `margin` and `reset` for the GPU, with the imports they need.
    ///
    /// # Errors
    /// Equations that have no such form.
    fn wgsl(&self) -> Result<String> {
        let declared = self.declaration();
        let state: Vec<&str> = declared.state.iter().map(|variable| variable.name).collect();
        let Equations { step, reset } = self.equations();
        wgsl::neuron(step, reset, declared.derived, &state, declared.draws)
    }
    /// The same with what it shows others.
    ///
    /// # Errors
    /// As [`Model::wgsl`].
    fn coupled_wgsl(&self) -> Result<String> {
        let declared = self.declaration();
        let state: Vec<&str> = declared.state.iter().map(|variable| variable.name).collect();
        let Equations { step, reset } = self.equations();
        let gives = self.gives().map(Gives::function);
        wgsl::coupled_neuron((step, reset), gives, declared.derived, &state, declared.draws)
    }
    /// Some steps of a tile of neurons in `f32`.
    fn integrate_f32(&self, task: TileTask<'_, f32>);
    /// Some steps of a tile of neurons in `f64`.
    fn integrate_f64(&self, task: TileTask<'_, f64>);
}

/// Makes a [`Model`] of a [`Neuron`].
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
    /// Some steps of a tile of a model's neurons.
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
