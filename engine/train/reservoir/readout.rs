//! Linear readouts, fitted to all steps at once: ridge regression (Hoerl & Kennard 1970).

use faer::linalg::solvers::Solve;
use faer::{Mat, MatRef, Side};

use crate::error::{Error, Result};
use crate::text::counted;
use crate::train::Array;
use crate::train::gemm::{Into, Matrix, product};

/// The alphas that one is chosen from by default.
pub const ALPHAS: [f64; 8] = [1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-4, 1e-2, 1.0];

/// The weights W [units, outputs] that make |states·W - targets|² + alpha·|W|² least: (SᵀS + alpha·1) W = Sᵀ Y, by
/// Cholesky. No constant is added; give the states a column of ones where one is wanted ([`with_one`]), whose weights
/// alpha keeps small, too. `states` have the shape [steps, units], `targets` [steps, outputs].
///
/// # Errors
/// Other shapes, numbers that are not finite, alpha below 0; alpha too small for states that depend on each other.
pub fn ridge(states: &Array<f64>, targets: &Array<f64>, alpha: f64) -> Result<Array<f64>> {
    Normal::new(states, targets)?.solve(alpha)
}

/// The normal equations of a ridge regression without their alpha, to be solved for several alphas.
#[derive(Debug, Clone)]
pub struct Normal {
    /// SᵀS, [units, units].
    gram: Array<f64>,
    /// SᵀY, [units, outputs].
    moments: Array<f64>,
}

/// Steps of a block: products are summed block by block, in the order of time.
const BLOCK: usize = 1024;

impl Normal {
    /// The normal equations of states S, [steps, units], and targets Y, [steps, outputs].
    ///
    /// # Errors
    /// As [`ridge`].
    pub fn new(states: &Array<f64>, targets: &Array<f64>) -> Result<Normal> {
        let ([steps, units], [rows, outputs]) = (super::axes("states", states)?, super::axes("targets", targets)?);
        if steps != rows || steps == 0 || units == 0 || outputs == 0 {
            let problem = format!("{steps} steps of {units} states and {rows} of {outputs} targets do not fit");
            return Err(Error::invalid("readout", problem));
        }
        super::check_finite("states", states)?;
        super::check_finite("targets", targets)?;
        // The Cholesky factor is as large as SᵀS.
        super::check_memory("readout", &[[2 * units, units], [units, outputs]])?;
        let mut gram = Array::zeros("readout", &[units, units])?;
        let mut moments = Array::zeros("readout", &[units, outputs])?;
        for (s, y) in states.data().chunks(BLOCK * units).zip(targets.data().chunks(BLOCK * outputs)) {
            let steps = s.len() / units;
            let (s, y) = (Matrix::new(s, steps, units), Matrix::new(y, steps, outputs));
            product(gram.data_mut(), Into::Sum, s.transposed(), s);
            product(moments.data_mut(), Into::Sum, s.transposed(), y);
        }
        Ok(Normal { gram, moments })
    }

    /// The weights for one alpha, [units, outputs].
    ///
    /// # Errors
    /// As [`ridge`].
    pub fn solve(&self, alpha: f64) -> Result<Array<f64>> {
        if !(alpha >= 0.0 && alpha.is_finite()) {
            return Err(Error::invalid("readout", format!("alpha = {alpha} must be a number from 0 on")));
        }
        let (units, outputs) = (self.gram.shape()[0], self.moments.shape()[1]);
        let gram = MatRef::from_row_major_slice(self.gram.data(), units, units);
        let full =
            Mat::from_fn(units, units, |row, column| gram[(row, column)] + if row == column { alpha } else { 0.0 });
        let moments = MatRef::from_row_major_slice(self.moments.data(), units, outputs);
        let dependent = || {
            let problem =
                format!("alpha = {alpha} is too small for states that depend on each other; give a larger one");
            Error::invalid("readout", problem)
        };
        let factor = full.llt(Side::Lower).map_err(|_| dependent())?;
        // Of a state that is a sum of others, rounding may leave a little more than nothing.
        let dependent_unit = |unit: usize| {
            let left = factor.L()[(unit, unit)].powi(2);
            left <= units as f64 * f64::EPSILON * gram[(unit, unit)]
        };
        if alpha == 0.0 && (0..units).any(dependent_unit) {
            return Err(dependent());
        }
        let weights = factor.solve(moments);
        let data: Vec<f64> =
            (0..units).flat_map(|row| (0..outputs).map(move |column| (row, column))).map(|at| weights[at]).collect();
        if data.iter().any(|weight| !weight.is_finite()) {
            return Err(dependent());
        }
        Array::new("readout", &[units, outputs], data)
    }
}

/// The outputs of readouts, [steps, outputs]: states [steps, units] times weights [units, outputs].
///
/// # Errors
/// Shapes that do not fit.
pub fn outputs(states: &Array<f64>, weights: &Array<f64>) -> Result<Array<f64>> {
    let ([steps, units], [rows, columns]) = (super::axes("states", states)?, super::axes("weights", weights)?);
    if units != rows {
        let problem = format!("{} do not fit the readout of {rows}", counted(units as u64, "state"));
        return Err(Error::invalid("readout", problem));
    }
    let mut outputs = Array::zeros("outputs", &[steps, columns])?;
    let (states, weights) = (Matrix::new(states.data(), steps, units), Matrix::new(weights.data(), rows, columns));
    product(outputs.data_mut(), Into::Place, states, weights);
    Ok(outputs)
}

/// States [steps, units] with a column of ones as the last: [steps, units + 1].
///
/// # Errors
/// Another number of axes.
pub fn with_one(states: &Array<f64>) -> Result<Array<f64>> {
    let [steps, units] = super::axes("states", states)?;
    let mut data = Vec::with_capacity(steps * (units + 1));
    for state in states.data().chunks_exact(units.max(1)) {
        data.extend_from_slice(state);
        data.push(1.0);
    }
    Array::new("states", &[steps, units + 1], data)
}

/// The rows of a table from `from` to before `to`.
///
/// # Errors
/// Another number of axes, or fewer rows.
pub fn rows(table: &Array<f64>, from: usize, to: usize) -> Result<Array<f64>> {
    let [steps, width] = super::axes("table", table)?;
    if from > to || to > steps {
        return Err(Error::invalid("table", format!("rows {from} to {to} are not among its {steps}")));
    }
    Array::new("table", &[to - from, width], table.data()[from * width..to * width].to_vec())
}

/// A readout whose alpha was chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// The weights, [units, outputs].
    pub weights: Array<f64>,
    /// The alpha.
    pub alpha: f64,
    /// The mean squared error in the steps by which it was chosen, or, of readouts that learn step by step, while they
    /// learned.
    pub error: f64,
}

/// Ridge regression with the alpha among `alphas` whose readout, fitted to all but the last `held` steps, has the least
/// squared error in those; the readout that is returned is fitted to all steps, with a larger alpha where these need
/// one.
///
/// # Errors
/// As [`ridge`]; none of `alphas` large enough; `held` that is 0, or not less than the number of steps.
pub fn ridge_chosen(states: &Array<f64>, targets: &Array<f64>, alphas: &[f64], held: usize) -> Result<Chosen> {
    let [steps, _] = super::axes("states", states)?;
    if held == 0 || held >= steps {
        return Err(Error::invalid(
            "readout",
            format!("{held} steps to choose alpha by must be from 1 to less than {steps}"),
        ));
    }
    let cut = |table: &Array<f64>| Ok::<_, Error>((rows(table, 0, steps - held)?, rows(table, steps - held, steps)?));
    let ((s, s_held), (y, y_held)) = (cut(states)?, cut(targets)?);
    let normal = Normal::new(&s, &y)?;
    let (mut best, mut last) = (None, None);
    for &alpha in alphas {
        let weights = match normal.solve(alpha) {
            Ok(weights) => weights,
            // A larger alpha may be large enough.
            Err(error) => {
                last = Some(error);
                continue;
            }
        };
        let outputs = outputs(&s_held, &weights)?;
        let error = outputs.data().iter().zip(y_held.data()).map(|(o, y)| (o - y).powi(2)).sum::<f64>()
            / y_held.data().len() as f64;
        if best.is_none_or(|(least, _)| error < least) {
            best = Some((error, alpha));
        }
    }
    let missing =
        || last.unwrap_or_else(|| Error::invalid("readout", "there is no alpha to choose from; give at least one"));
    let (error, alpha) = best.ok_or_else(missing)?;
    let all = Normal::new(states, targets)?;
    // The fit to all steps may need a larger alpha.
    let mut larger: Vec<f64> = alphas.iter().copied().filter(|&other| other > alpha).collect();
    larger.sort_by(f64::total_cmp);
    for alpha in std::iter::once(alpha).chain(larger) {
        if let Ok(weights) = all.solve(alpha) {
            return Ok(Chosen { weights, alpha, error });
        }
    }
    all.solve(alpha).map(|weights| Chosen { weights, alpha, error })
}
