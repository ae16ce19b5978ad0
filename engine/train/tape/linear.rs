//! The dense projection.

use crate::error::{Error, Result};
use crate::train::Array;
use crate::train::gemm::Float;
use crate::train::tape::needs;
use crate::train::tape::project::Project;
use crate::train::tape::{Datum, Given, Operation};

/// Below this share of places that hold a spike, events are faster than a product of matrices; for the adjoint of weights the
/// bound is the lower one. On an EPYC with AVX-512 both took equally long at 43 % and 34 % from 784 to 512 units, and at about
/// 30 % and 20 % from 512 to 10.
const EVENTS_BELOW: f64 = 0.3;
const EVENTS_BELOW_BACK: f64 = 0.2;

/// How spikes pass through weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Route {
    /// By whichever of the two is faster at the density of the input.
    #[default]
    ByDensity,
    /// By events: a spike adds a row of weights.
    Events,
    /// By a product of matrices, with spikes unpacked to numbers.
    Product,
}

impl Route {
    /// Whether an input goes by events.
    pub(super) fn by_events<T>(self, input: &Datum<T>) -> bool {
        self.below(input, EVENTS_BELOW)
    }

    /// Whether the adjoint of weights is summed by events.
    pub(super) fn back_by_events<T>(self, input: &Datum<T>) -> bool {
        self.below(input, EVENTS_BELOW_BACK)
    }

    fn below<T>(self, input: &Datum<T>, density: f64) -> bool {
        match (input, self) {
            (Datum::Numbers(_), _) | (_, Route::Product) => false,
            (_, Route::Events) => true,
            (Datum::Spikes(spikes), Route::ByDensity) => spikes.density() < density,
        }
    }
}

/// y[sample, step, out] = Σ over units of x[sample, step - delay, unit] · W[unit, out], + b\[out\] where a bias is given.
///
/// Inputs: x, [samples, steps, units...], numbers or spikes; W, [units, outs], a row for each input unit; b, \[outs\]. The
/// first `delay` steps have nothing but the bias.
#[derive(Debug, Clone)]
pub struct Linear {
    delay: usize,
    bias_from: usize,
    route: Route,
}

const NAME: &str = "linear";
const NEEDS: &str = "an input, weights, and a bias if there is one";

impl Linear {
    /// A projection with a delay in steps: 1 or more from layer to layer, as in the engine; 0 within a layer.
    pub fn new(delay: usize) -> Linear {
        Linear { delay, bias_from: 0, route: Route::ByDensity }
    }

    /// The projection with a bias that acts from `step` on, counted from 0: a layer that starts later starts with its
    /// input.
    #[must_use]
    pub fn bias_from(self, step: usize) -> Linear {
        Linear { bias_from: step, ..self }
    }

    /// The projection with a fixed route for spikes, whatever their density.
    #[must_use]
    pub fn by(self, route: Route) -> Linear {
        Linear { route, ..self }
    }

    fn fit<T: Float>(&self, inputs: &[&Datum<T>]) -> Result<Project> {
        let (input, weights) = match inputs {
            [input, weights] | [input, weights, _] => (input, weights),
            _ => return Err(needs::another_number(NAME, inputs.len(), NEEDS)),
        };
        let [samples, steps, units] = needs::timed(NAME, "input", input.shape())?;
        let outs = match *weights.shape() {
            [rows, outs] if rows == units => outs,
            _ => return Err(needs::shape(NAME, "weights", weights.shape(), &format!("[{units}, outs], a row a unit"))),
        };
        checked_project(NAME, Project { samples, steps, units, outs, first: self.delay, delays: 1 })
    }
}

/// The projection as it is given, if a `u32` can number its rows: those of the input, one for each sample and step, and those
/// of the weights, one for each unit and delay. `name` is the operation, for errors.
///
/// # Errors
/// 2³² rows or more.
pub(super) fn checked_project(name: &str, project: Project) -> Result<Project> {
    let rows = [project.samples.checked_mul(project.steps), project.units.checked_mul(project.delays)];
    if rows.iter().any(|rows| rows.is_none_or(|rows| u32::try_from(rows).is_err())) {
        let Project { samples, steps, units, delays, .. } = project;
        let problem =
            format!("{samples} samples of {steps} steps, or {units} units of {delays} delays, are 2³² or more");
        return Err(Error::invalid(name, format!("{problem}; use smaller batches")));
    }
    Ok(project)
}

/// A bias that acts from a step on, if there is one.
pub(super) fn bias<'a, T: Float>(
    name: &str,
    project: &Project,
    given: Option<&&'a Datum<T>>,
    from: usize,
) -> Result<Option<(&'a [T], usize)>> {
    let bias = given.map(|bias| needs::numbers(name, "bias", bias, &[project.outs])).transpose()?;
    Ok(bias.map(|bias| (bias.data(), from)))
}

impl<T: Float> Operation<T> for Linear {
    fn name(&self) -> &str {
        NAME
    }

    fn forward(&mut self, inputs: &[&Datum<T>], threads: usize) -> Result<Datum<T>> {
        let project = self.fit(inputs)?;
        let weights = inputs[1].numbers(NAME)?.data();
        let bias = bias(NAME, &project, inputs.get(2), self.bias_from)?;
        let by_events = self.route.by_events(inputs[0]);
        project.forward(NAME, (inputs[0], weights), bias, by_events, threads).map(Datum::Numbers)
    }

    fn backward(&mut self, given: Given<'_, T>, threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let project = self.fit(given.inputs)?;
        let by_events = self.route.back_by_events(given.inputs[0]);
        adjoints(NAME, &project, by_events, self.bias_from, given, threads)
    }
}

/// The adjoints of input, weights and bias.
pub(super) fn adjoints<T: Float>(
    name: &str,
    project: &Project,
    by_events: bool,
    bias_from: usize,
    given: Given<'_, T>,
    threads: usize,
) -> Result<Vec<Option<Array<T>>>> {
    let Given { inputs, bar, wanted, .. } = given;
    let mut adjoints = vec![None; inputs.len()];
    if wanted[0] {
        let weights = inputs[1].numbers(name)?.data();
        adjoints[0] = Some(project.to_input(name, inputs[0].shape(), (bar.data(), weights), threads)?);
    }
    if wanted[1] {
        let mut to = Array::zeros(name, inputs[1].shape())?;
        project.to_weights(to.data_mut(), inputs[0], bar.data(), by_events, threads)?;
        adjoints[1] = Some(to);
    }
    if wanted.get(2) == Some(&true) {
        adjoints[2] = Some(project.to_bias(bar, bias_from, threads)?);
    }
    Ok(adjoints)
}
