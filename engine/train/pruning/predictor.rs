//! A cheap guess at what a hidden layer will do: a linear map of low rank from the input (reduced-rank regression, Izenman 1975).

use faer::MatRef;

use crate::error::{Error, Result};
use crate::train::Array;
use crate::train::gemm::{Into, Matrix, product};
use crate::train::reservoir::ridge;

/// activity ≈ mean + (x - mean x) P Q: P [inputs, rank] projects an input, Q [rank, units] tells each unit's activity from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictor {
    rank: usize,
    down: Vec<f64>,
    up: Vec<f64>,
    /// What is told where the projection is zero: the constant of each unit.
    constant: Vec<f64>,
}

impl Predictor {
    /// From inputs [samples, inputs] and what units did with them [samples, units]: of all maps of this rank, that of the least squared
    /// error, where `alpha` · |B|² holds the map of full rank B small.
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
        let mut told = vec![0.0; samples * units];
        product(&mut told, Into::Place, Matrix::new(x.data(), samples, width), Matrix::new(full.data(), width, units));
        let mut squares = vec![0.0; units * units];
        let told = Matrix::new(&told, samples, units);
        product(&mut squares, Into::Place, told.transposed(), told);
        let svd = MatRef::from_row_major_slice(&squares, units, units).svd();
        let svd = svd.map_err(|_| Error::invalid("predictor", "no main directions found; scale the numbers"))?;
        let main = svd.U();
        let up: Vec<f64> = (0..rank).flat_map(|k| (0..units).map(move |unit| main[(unit, k)])).collect();
        let mut down = vec![0.0; width * rank];
        let (full, rows) = (Matrix::new(full.data(), width, units), Matrix::new(&up, rank, units));
        product(&mut down, Into::Place, full, rows.transposed());
        let shift = |k: usize| (0..width).map(|input| mean_x[input] * down[input * rank + k]).sum::<f64>();
        let shifts: Vec<f64> = (0..rank).map(shift).collect();
        let lost = |unit: usize| (0..rank).map(|k| shifts[k] * up[k * units + unit]).sum::<f64>();
        let constant = (0..units).map(|unit| mean_y[unit] - lost(unit)).collect();
        Ok(Predictor { rank, down, up, constant })
    }

    /// What it tells of each unit for an input.
    ///
    /// # Errors
    /// Another number of inputs.
    pub fn predict(&self, input: &[f64]) -> Result<Vec<f64>> {
        if input.len() * self.rank != self.down.len() {
            let problem = format!("{} inputs, and it knows {}", input.len(), self.down.len() / self.rank);
            return Err(Error::invalid("predictor", problem));
        }
        let mut middle = vec![0.0; self.rank];
        for (value, row) in input.iter().zip(self.down.chunks(self.rank)) {
            if *value != 0.0 {
                middle.iter_mut().zip(row).for_each(|(sum, weight)| *sum += value * weight);
            }
        }
        let mut told = self.constant.clone();
        for (value, row) in middle.iter().zip(self.up.chunks(told.len())) {
            told.iter_mut().zip(row).for_each(|(sum, weight)| *sum += value * weight);
        }
        Ok(told)
    }

    /// Operations of a prediction from so many inputs that are not zero, and of the comparison of each unit with a bound.
    pub fn operations(&self, inputs: u64) -> u64 {
        let (rank, units) = (self.rank as u64, self.constant.len() as u64);
        inputs * rank + rank * units + units
    }
}

/// A table without the means of its columns, and these.
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
