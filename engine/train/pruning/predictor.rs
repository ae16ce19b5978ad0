//! A cheap guess at what a hidden layer will do: a linear map of low rank from the input (reduced-rank regression, Izenman 1975).

use faer::MatRef;

use crate::error::{Error, Result};
use crate::train::Array;
use crate::train::gemm::{Into, Matrix, product};
use crate::train::reservoir::ridge;

/// activity ≈ mean + (x - mean x) P Q: P [inputs, rank] projects an input, and Q [rank, units] predicts each
/// unit's activity from the projection.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictor {
    rank: usize,
    /// P, [inputs, rank].
    down: Vec<f64>,
    /// Q, [rank, units].
    up: Vec<f64>,
    /// The prediction of each unit for an input of zeros: mean - mean x P Q.
    constant: Vec<f64>,
}

impl Predictor {
    /// The map of this rank with the least squared error from inputs [samples, inputs] to what units did with them
    /// [samples, units], where `alpha` · |B|² keeps the map of full rank B small.
    ///
    /// # Errors
    /// Other shapes; a rank that is not from 1 to the units; what [`ridge`] refuses.
    pub fn fit(inputs: &Array<f64>, activity: &Array<f64>, rank: usize, alpha: f64) -> Result<Predictor> {
        let (&[samples, width], &[others, units]) = (inputs.shape(), activity.shape()) else {
            return Err(Error::invalid(
                "predictor",
                "inputs and activity have two axes each: samples, and numbers of a sample",
            ));
        };
        if samples != others || samples == 0 || !(1..=units).contains(&rank) {
            let problem = format!(
                "{samples} inputs, {others} activities of {units} units, rank {rank}; give as many of both, and a rank from 1 to the units"
            );
            return Err(Error::invalid("predictor", problem));
        }
        let (x, mean_x) = centred(inputs)?;
        let (y, mean_y) = centred(activity)?;
        let full = ridge(&x, &y, alpha)?;
        let mut predicted = vec![0.0; samples * units];
        product(
            &mut predicted,
            Into::Place,
            Matrix::new(x.data(), samples, width),
            Matrix::new(full.data(), width, units),
        );
        let mut squares = vec![0.0; units * units];
        let predicted = Matrix::new(&predicted, samples, units);
        product(&mut squares, Into::Place, predicted.transposed(), predicted);
        let svd = MatRef::from_row_major_slice(&squares, units, units).svd();
        let svd = svd.map_err(|_| Error::invalid("predictor", "no main directions found; scale the numbers"))?;
        let main = svd.U();
        let up: Vec<f64> = (0..rank).flat_map(|k| (0..units).map(move |unit| main[(unit, k)])).collect();
        let mut down = vec![0.0; width * rank];
        let (full, rows) = (Matrix::new(full.data(), width, units), Matrix::new(&up, rank, units));
        product(&mut down, Into::Place, full, rows.transposed());
        let shift = |k: usize| (0..width).map(|input| mean_x[input] * down[input * rank + k]).sum::<f64>();
        let shifts: Vec<f64> = (0..rank).map(shift).collect();
        let of_means = |unit: usize| (0..rank).map(|k| shifts[k] * up[k * units + unit]).sum::<f64>();
        let constant = (0..units).map(|unit| mean_y[unit] - of_means(unit)).collect();
        Ok(Predictor { rank, down, up, constant })
    }

    /// The predicted activity of each unit, \[units\], for the features of a sample, \[inputs\].
    ///
    /// # Errors
    /// Another number of inputs.
    pub fn predict(&self, input: &[f64]) -> Result<Vec<f64>> {
        if input.len() * self.rank != self.down.len() {
            let problem = format!("{} inputs, and it knows {}", input.len(), self.down.len() / self.rank);
            return Err(Error::invalid("predictor", problem));
        }
        let mut projected = vec![0.0; self.rank];
        for (value, row) in input.iter().zip(self.down.chunks(self.rank)) {
            if *value != 0.0 {
                projected.iter_mut().zip(row).for_each(|(sum, weight)| *sum += value * weight);
            }
        }
        let mut predicted = self.constant.clone();
        for (value, row) in projected.iter().zip(self.up.chunks(predicted.len())) {
            predicted.iter_mut().zip(row).for_each(|(sum, weight)| *sum += value * weight);
        }
        Ok(predicted)
    }

    /// Operations of a prediction from `inputs` inputs that are not zero, and of the comparison of each unit with a
    /// bound.
    pub fn operations(&self, inputs: u64) -> u64 {
        let (rank, units) = (self.rank as u64, self.constant.len() as u64);
        inputs * rank + rank * units + units
    }
}

/// A table, [rows, columns], less the means of its columns, and these means.
fn centred(table: &Array<f64>) -> Result<(Array<f64>, Vec<f64>)> {
    let width = table.shape()[1];
    let rows = table.shape()[0] as f64;
    let mut means = vec![0.0; width];
    for row in table.data().chunks(width.max(1)) {
        means.iter_mut().zip(row).for_each(|(mean, value)| *mean += value / rows);
    }
    let data = table.data().iter().enumerate().map(|(place, value)| value - means[place % width]).collect();
    Ok((Array::new("centred", table.shape(), data)?, means))
}
