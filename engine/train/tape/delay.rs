//! Delays that each connection has several of, and kernels over them.

use crate::error::{Error, Result};
use crate::number::math;
use crate::train::Array;
use crate::train::gemm::Float;
use crate::train::tape::linear::{Route, adjoints, bias, checked_project};
use crate::train::tape::needs;
use crate::train::tape::project::Project;
use crate::train::tape::{Datum, Given, Operation};

/// y[sample, step, out] = Σ over delays and units of x[sample, step - first - delay, unit] · K[delay, unit, out], + b\[out\]
/// where a bias is given: each connection has a kernel over delays.
///
/// Inputs: x, [samples, steps, units...], numbers or spikes; K, [delays, units, outs]; b, \[outs\].
#[derive(Debug, Clone)]
pub struct DelayConvolution {
    first: usize,
    route: Route,
}

const NAME: &str = "delay convolution";
const NEEDS: &str = "an input, a kernel, and a bias if there is one";

impl DelayConvolution {
    /// A convolution whose shortest delay is `first` steps: that of the kernel's first rows.
    pub fn new(first: usize) -> DelayConvolution {
        DelayConvolution { first, route: Route::ByDensity }
    }

    /// The operation with a fixed route for spikes, whatever their density.
    #[must_use]
    pub fn by(self, route: Route) -> DelayConvolution {
        DelayConvolution { route, ..self }
    }

    fn fit<T: Float>(&self, inputs: &[&Datum<T>]) -> Result<Project> {
        let (input, kernel) = match inputs {
            [input, kernel] | [input, kernel, _] => (input, kernel),
            _ => return Err(needs::another_number(NAME, inputs.len(), NEEDS)),
        };
        let [samples, steps, units] = needs::timed(NAME, "input", input.shape())?;
        let [delays, outs] = match *kernel.shape() {
            [delays, rows, outs] if rows == units => [delays, outs],
            _ => return Err(needs::shape(NAME, "kernel", kernel.shape(), &format!("[delays, {units}, outs]"))),
        };
        checked_project(NAME, Project { samples, steps, units, outs, first: self.first, delays })
    }
}

impl<T: Float> Operation<T> for DelayConvolution {
    fn name(&self) -> &str {
        NAME
    }

    fn forward(&mut self, inputs: &[&Datum<T>], threads: usize) -> Result<Datum<T>> {
        let project = self.fit(inputs)?;
        let kernel = inputs[1].numbers(NAME)?.data();
        let bias = bias(NAME, &project, inputs.get(2), 0)?;
        let by_events = self.route.by_events(inputs[0]);
        project.forward(NAME, (inputs[0], kernel), bias, by_events, threads).map(Datum::Numbers)
    }

    fn backward(&mut self, given: Given<'_, T>, threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let project = self.fit(given.inputs)?;
        adjoints(NAME, &project, self.route.back_by_events(given.inputs[0]), 0, given, threads)
    }
}

/// How the weight of a delay that is not a whole number of steps is shared out among whole delays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Form {
    /// Between its two neighbours, by nearness.
    Triangle,
    /// A normal distribution of this standard deviation in steps, of sum 1: wide initially, so that far delays are
    /// found, and made narrower as training goes on, until the delay can be rounded (Hammouamri, Khalfaoui-Hassani,
    /// Masquelier 2023).
    Gaussian(f64),
}

/// K[delay, unit, out] = w[unit, out] · share of `delay` in d[unit, out]: one weight and one delay for each connection, both
/// trained; for [`DelayConvolution`].
///
/// Inputs: w, [units, outs]; d, of the same shape, in steps behind the kernel's first row. A delay outside the kernel counts as
/// the nearest inside it, and has no derivative.
#[derive(Debug, Clone)]
pub struct DelayKernel {
    delays: usize,
    form: Form,
}

const KERNEL: &str = "delay kernel";

impl DelayKernel {
    /// A kernel of `delays` whole delays.
    ///
    /// # Errors
    /// No delays, or a standard deviation that is not above 0.
    pub fn new(delays: usize, form: Form) -> Result<DelayKernel> {
        if delays == 0 {
            return Err(Error::invalid(KERNEL, "it has no delays; give at least 1".to_owned()));
        }
        match form {
            Form::Gaussian(deviation) if !(deviation > 0.0 && deviation.is_finite()) => {
                let problem =
                    format!("the standard deviation is {deviation} steps, and must be above 0; Triangle has none");
                Err(Error::invalid(KERNEL, problem))
            }
            _ => Ok(DelayKernel { delays, form }),
        }
    }

    fn fit<'a, T: Float>(&self, inputs: &[&'a Datum<T>]) -> Result<[&'a Array<T>; 2]> {
        let [weights, delays] = needs::exactly(KERNEL, inputs, "weights and delays")?;
        let weights = weights.numbers(KERNEL)?;
        let [_, _] = *weights.shape() else {
            return Err(needs::shape(KERNEL, "weights", weights.shape(), "[units, outs]"));
        };
        let delays = needs::numbers(KERNEL, "delays", delays, weights.shape())?;
        match delays.data().iter().position(|delay| !delay.finite()) {
            Some(place) => {
                let problem = format!("delay {place} is {}; it must be a number", delays.data()[place].value());
                Err(Error::invalid(KERNEL, problem))
            }
            None => Ok([weights, delays]),
        }
    }

    /// Sets the shares of whole delays in `delay`, and their derivatives by it.
    fn set_shares<T: Float>(&self, delay: T, shares: &mut [T], slopes: &mut [T]) {
        let last = T::of(self.delays as f64 - 1.0);
        let inside = delay >= T::of(0.0) && delay <= last;
        let at = math::min(math::max(delay, T::of(0.0)), last);
        match self.form {
            Form::Triangle => triangle(at, shares, slopes),
            Form::Gaussian(deviation) => gaussian(at, deviation, shares, slopes),
        }
        if !inside {
            slopes.fill(T::of(0.0));
        }
    }
}

/// Sets the shares of [`Form::Triangle`] for a delay inside the kernel, and their derivatives by it.
fn triangle<T: Float>(at: T, shares: &mut [T], slopes: &mut [T]) {
    for (whole, (share, slope)) in shares.iter_mut().zip(slopes).enumerate() {
        let away = T::of(whole as f64) - at;
        let near = math::abs(away) < T::of(1.0);
        *share = if near { T::of(1.0) - math::abs(away) } else { T::of(0.0) };
        *slope = match near {
            true if away > T::of(0.0) => T::of(1.0),
            true => T::of(-1.0),
            false => T::of(0.0),
        };
        // At a whole delay the derivative is that towards the next.
        if away == T::of(1.0) {
            *slope = T::of(1.0);
        }
    }
}

/// Sets the shares of [`Form::Gaussian`] for a delay inside the kernel, and their derivatives by it.
fn gaussian<T: Float>(at: T, deviation: f64, shares: &mut [T], slopes: &mut [T]) {
    let scale = T::of(1.0 / deviation);
    let exponent = |whole: usize| {
        let away = (T::of(whole as f64) - at) * scale;
        T::of(-0.5) * away * away
    };
    // The nearest whole delay has the largest share, which is 1 until the sum is known.
    let nearest = (at.value().round() as usize).min(shares.len() - 1);
    let most = exponent(nearest);
    let (mut sum, mut mean) = (T::of(0.0), T::of(0.0));
    for (whole, share) in shares.iter_mut().enumerate() {
        *share = math::exp(exponent(whole) - most);
        sum += *share;
        mean += *share * T::of(whole as f64);
    }
    let mean = mean.over(sum);
    for (whole, (share, slope)) in shares.iter_mut().zip(slopes).enumerate() {
        *share = (*share).over(sum);
        *slope = *share * (T::of(whole as f64) - mean) * scale * scale;
    }
}

impl<T: Float> Operation<T> for DelayKernel {
    fn name(&self) -> &str {
        KERNEL
    }

    fn forward(&mut self, inputs: &[&Datum<T>], _threads: usize) -> Result<Datum<T>> {
        let [weights, delays] = self.fit(inputs)?;
        let [units, outs] = [weights.shape()[0], weights.shape()[1]];
        let mut kernel = Array::zeros(KERNEL, &[self.delays, units, outs])?;
        let (mut shares, mut slopes) = (vec![T::of(0.0); self.delays], vec![T::of(0.0); self.delays]);
        for (place, (&weight, &delay)) in weights.data().iter().zip(delays.data()).enumerate() {
            self.set_shares(delay, &mut shares, &mut slopes);
            for (to, &share) in kernel.data_mut().iter_mut().skip(place).step_by(units * outs).zip(&shares) {
                *to = weight * share;
            }
        }
        Ok(Datum::Numbers(kernel))
    }

    fn backward(&mut self, given: Given<'_, T>, _threads: usize) -> Result<Vec<Option<Array<T>>>> {
        let [weights, delays] = self.fit(given.inputs)?;
        let mut adjoints = [Array::zeros(KERNEL, weights.shape())?, Array::zeros(KERNEL, weights.shape())?];
        let (mut shares, mut slopes) = (vec![T::of(0.0); self.delays], vec![T::of(0.0); self.delays]);
        for (place, (&weight, &delay)) in weights.data().iter().zip(delays.data()).enumerate() {
            self.set_shares(delay, &mut shares, &mut slopes);
            let (mut of_weight, mut of_delay) = (T::of(0.0), T::of(0.0));
            let bars = given.bar.data().iter().skip(place).step_by(weights.data().len());
            for (&bar, (&share, &slope)) in bars.zip(shares.iter().zip(&slopes)) {
                of_weight += bar * share;
                of_delay += bar * slope;
            }
            adjoints[0].data_mut()[place] = of_weight;
            adjoints[1].data_mut()[place] = weight * of_delay;
        }
        Ok(adjoints.into_iter().zip(given.wanted).map(|(adjoint, &wanted)| wanted.then_some(adjoint)).collect())
    }
}
