//! The dense projection: a product with weights, from events or numbers.

use crate::error::{Error, Result};
use crate::train::Array;
use crate::train::gemm::Float;
use crate::train::tape::needs;
use crate::train::tape::project::Projection;
use crate::train::tape::{Datum, Given, Operation};

/// The density of spikes below which events are faster than a product of matrices. On an EPYC with AVX-512 both took
/// equally long at 43 % and 34 % from 784 to 512 units, and at about 30 % and 20 % from 512 to 10.
const EVENTS_BELOW: f64 = 0.3;
/// The same for the adjoint of weights.
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
    /// Whether an input goes by events in the forward pass.
    pub(super) fn by_events<T>(self, input: &Datum<T>) -> bool {
        self.below(input, EVENTS_BELOW)
    }

    /// Whether the adjoint of weights is summed by events.
    pub(super) fn back_by_events<T>(self, input: &Datum<T>) -> bool {
        self.below(input, EVENTS_BELOW_BACK)
    }

    /// Whether an input goes by events where these are faster below `density`.
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
/// Inputs: x, [samples, steps, units...], numbers or spikes; W, [units, outs], a row for each input unit; b, \[outs\].
/// In the first `delay` steps the output is the bias alone.
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

    /// The projection of some inputs, whose shapes are checked.
    fn projection<T: Float>(&self, inputs: &[&Datum<T>]) -> Result<Projection> {
        let (input, weights) = match inputs {
            [input, weights] | [input, weights, _] => (input, weights),
            _ => return Err(needs::another_number(NAME, inputs.len(), NEEDS)),
        };
        let [samples, steps, units] = needs::timed(NAME, "input", input.shape())?;
        let outs = match *weights.shape() {
            [rows, outs] if rows == units => outs,
            _ => return Err(needs::shape(NAME, "weights", weights.shape(), &format!("[{units}, outs], a row a unit"))),
        };
        checked(NAME, Projection { samples, steps, units, outs, first: self.delay, delays: 1 })
    }
}

/// Refuses a projection with 2³² rows of input or of weights, or more; `name` is that of the operation.
pub(super) fn checked(name: &str, project: Projection) -> Result<Projection> {
    let rows = [project.samples.checked_mul(project.steps), project.units.checked_mul(project.delays)];
    if rows.iter().any(|rows| rows.is_none_or(|rows| u32::try_from(rows).is_err())) {
        let Projection { samples, steps, units, delays, .. } = project;
        let problem =
            format!("{samples} samples of {steps} steps, or {units} units of {delays} delays, are 2³² or more");
        return Err(Error::invalid(name, format!("{problem}; use smaller batches")));
    }
    Ok(project)
}

/// An output [samples, steps, outs] with the bias in it from step `from` on, and zeros elsewhere.
pub(super) fn with_bias<T: Float>(
    name: &str,
    project: &Projection,
    bias: Option<&&Datum<T>>,
    from: usize,
) -> Result<Array<T>> {
    let Projection { samples, steps, outs, .. } = *project;
    let mut to = Array::zeros(name, &[samples, steps, outs])?;
    if let Some(bias) = bias {
        let bias = needs::numbers(name, "bias", bias, &[outs])?.data();
        for to in to.data_mut().chunks_mut((steps * outs).max(1)) {
            to.chunks_mut(outs.max(1)).skip(from).for_each(|to| to.copy_from_slice(bias));
        }
    }
    Ok(to)
}

impl<T: Float> Operation<T> for Linear {
    fn name(&self) -> &str {
        NAME
    }

    fn forward(&mut self, inputs: &[&Datum<T>], threads: usize) -> Result<Datum<T>> {
        let project = self.projection(inputs)?;
        let weights = inputs[1].numbers(NAME)?.data();
        let mut to = with_bias(NAME, &project, inputs.get(2), self.bias_from)?;
        project.forward(to.data_mut(), inputs[0], weights, self.route.by_events(inputs[0]), threads)?;
        Ok(Datum::Numbers(to))
    }

    fn backward(&mut self, given: Given<'_, T>, threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let project = self.projection(given.inputs)?;
        let by_events = self.route.back_by_events(given.inputs[0]);
        projection_adjoints(NAME, &project, by_events, self.bias_from, given, threads)
    }
}

/// The adjoints of input, weights and bias, as far as they are wanted.
pub(super) fn projection_adjoints<T: Float>(
    name: &str,
    project: &Projection,
    by_events: bool,
    bias_from: usize,
    given: Given<'_, T>,
    threads: usize,
) -> Result<Vec<Option<Array<T>>>> {
    let Given { inputs, bar, wanted, .. } = given;
    let mut adjoints = vec![None; inputs.len()];
    if wanted[0] {
        let mut to = Array::zeros(name, inputs[0].shape())?;
        project.to_input(to.data_mut(), bar.data(), inputs[1].numbers(name)?.data(), threads)?;
        adjoints[0] = Some(to);
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
