//! A model of which one thing is changed on purpose.

use std::sync::Arc;

use neuropil::models::{Declaration, Equations, Model};
use neuropil::tile::{Programs, TileTask};

/// What is not given is that of the model.
#[derive(Debug)]
pub struct Altered {
    pub inner: Arc<dyn Model>,
    pub declaration: Option<&'static Declaration>,
    /// The GPU's code.
    pub wgsl: Option<String>,
    /// What it is played by on the CPU, in place of its Rust.
    pub programs: Option<Programs>,
}

impl Altered {
    /// The model as it is.
    pub fn new(inner: &Arc<dyn Model>) -> Altered {
        Altered { inner: inner.clone(), declaration: None, wgsl: None, programs: None }
    }
}

impl Model for Altered {
    fn declaration(&self) -> &'static Declaration {
        self.declaration.unwrap_or_else(|| self.inner.declaration())
    }
    fn equations(&self) -> &Equations {
        self.inner.equations()
    }
    fn wgsl(&self) -> neuropil::Result<String> {
        self.wgsl.clone().map_or_else(|| self.inner.wgsl(), Ok)
    }
    fn derive(&self, parameters: &[f64], dt: f64) -> Vec<f64> {
        self.inner.derive(parameters, dt)
    }
    fn broken_rule(&self, parameters: &[f64]) -> Option<(&'static str, String)> {
        self.inner.broken_rule(parameters)
    }
    fn refractory_steps(&self, parameters: &[f64], dt: f64) -> u64 {
        self.inner.refractory_steps(parameters, dt)
    }
    fn integrate_f32(&self, task: TileTask<'_, f32>) {
        match &self.programs {
            Some(programs) => programs.integrate(task),
            None => self.inner.integrate_f32(task),
        }
    }
    fn integrate_f64(&self, task: TileTask<'_, f64>) {
        match &self.programs {
            Some(programs) => programs.integrate(task),
            None => self.inner.integrate_f64(task),
        }
    }
}
