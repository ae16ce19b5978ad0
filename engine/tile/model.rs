//! A model as networks hold it.

use std::fmt::Debug;

use crate::tile::{Columns, Declaration, Neuron, Patch, integrate};

/// A [`Neuron`] behind one type, as networks hold it.
pub trait Model: Debug + Send + Sync {
    /// Parameters, state, channels, WGSL.
    fn declaration(&self) -> &'static Declaration;
    /// Derived values of one neuron from its parameters (both in declared order).
    fn derive(&self, parameters: &[f64], dt: f64) -> Vec<f64>;
    /// A rule between parameters that is broken.
    fn broken_rule(&self, parameters: &[f64]) -> Option<(&'static str, String)>;
    /// See [`Neuron::silent_steps`].
    fn silent_steps(&self, parameters: &[f64], dt: f64) -> u64;
    /// Some steps of a patch of neurons in `f32`.
    fn integrate_f32(&self, patch: Patch<'_, f32>);
    /// Some steps of a patch of neurons in `f64`.
    fn integrate_f64(&self, patch: Patch<'_, f64>);
}

/// Makes a [`Model`] of a [`Neuron`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Of<N>(std::marker::PhantomData<N>);

impl<N: Neuron> Of<N> {
    /// The model of the neuron `N`.
    pub fn new() -> Of<N> {
        Of(std::marker::PhantomData)
    }
}

impl<N: Neuron> Model for Of<N> {
    fn declaration(&self) -> &'static Declaration {
        const { &N::DECLARATION }
    }
    fn derive(&self, parameters: &[f64], dt: f64) -> Vec<f64> {
        N::of(parameters).derive(dt).list()
    }
    fn broken_rule(&self, parameters: &[f64]) -> Option<(&'static str, String)> {
        N::of(parameters).broken_rule()
    }
    fn silent_steps(&self, parameters: &[f64], dt: f64) -> u64 {
        N::of(parameters).silent_steps(dt)
    }
    fn integrate_f32(&self, patch: Patch<'_, f32>) {
        integrate::<N, f32>(patch);
    }
    fn integrate_f64(&self, patch: Patch<'_, f64>) {
        integrate::<N, f64>(patch);
    }
}
