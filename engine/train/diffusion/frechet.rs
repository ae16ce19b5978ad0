//! The Fréchet distance of two sets of points, from their means and covariances.
//!
//! Dowson & Landau 1982, "The Fréchet distance between multivariate normal distributions"; Heusel et al. 2017 for
//! images, in features of a classifier.

use faer::{Mat, Side};

use crate::error::{Error, Result};

const NAME: &str = "Fréchet distance";

/// The normal distribution of some points: their mean and covariance.
#[derive(Debug, Clone)]
pub struct Gaussian {
    mean: Vec<f64>,
    covariance: Mat<f64>,
}

impl Gaussian {
    /// The distribution with this mean, \[axes\], and this covariance, [axes, axes] row by row.
    ///
    /// # Errors
    /// A covariance that is not symmetric, or has other axes than the mean; numbers that are not finite.
    pub fn new(mean: &[f64], covariance: &[f64]) -> Result<Gaussian> {
        let axes = mean.len();
        if covariance.len() != axes * axes {
            let problem = format!("a covariance of {} numbers is none of {axes} axes", covariance.len());
            return Err(Error::invalid(NAME, problem));
        }
        if mean.iter().chain(covariance).any(|number| !number.is_finite()) {
            return Err(Error::invalid(NAME, "a mean or covariance is not finite".to_owned()));
        }
        let at = |row: usize, column: usize| covariance[row * axes + column];
        if (0..axes * axes).any(|k| at(k / axes, k % axes) != at(k % axes, k / axes)) {
            return Err(Error::invalid(NAME, "a covariance must be symmetric".to_owned()));
        }
        Ok(Gaussian { mean: mean.to_vec(), covariance: Mat::from_fn(axes, axes, at) })
    }

    /// The distribution of `points`, [count, axes] row by row, with the unbiased covariance (divided by count - 1).
    ///
    /// # Errors
    /// Fewer than two points; numbers that do not fill whole points, or are not finite.
    pub fn of(points: &[f64], axes: usize) -> Result<Gaussian> {
        let count = points.len() / axes.max(1);
        if axes == 0 || count < 2 || points.len() != count * axes {
            let problem = format!("{} numbers are not two or more points of {axes} axes", points.len());
            return Err(Error::invalid(NAME, problem));
        }
        let mut mean = vec![0.0; axes];
        for point in points.chunks(axes) {
            mean.iter_mut().zip(point).for_each(|(mean, &number)| *mean += number / count as f64);
        }
        let mut covariance = vec![0.0; axes * axes];
        for point in points.chunks(axes) {
            for row in 0..axes {
                let off = (point[row] - mean[row]) / (count - 1) as f64;
                for column in 0..=row {
                    covariance[row * axes + column] += off * (point[column] - mean[column]);
                }
            }
        }
        for row in 0..axes {
            (row + 1..axes).for_each(|column| covariance[row * axes + column] = covariance[column * axes + row]);
        }
        Gaussian::new(&mean, &covariance)
    }

    /// The squared Fréchet distance, |m₁ - m₂|² + tr(C₁ + C₂ - 2 (C₁^½ C₂ C₁^½)^½), which is what is reported for
    /// images.
    ///
    /// # Errors
    /// Another number of axes; eigenvalues that cannot be found.
    pub fn distance(&self, other: &Gaussian) -> Result<f64> {
        let (axes, others) = (self.mean.len(), other.mean.len());
        if axes != others {
            return Err(Error::invalid(NAME, format!("points of {axes} and of {others} axes lie nowhere together")));
        }
        let squares = self.mean.iter().zip(&other.mean).map(|(own, other)| (own - other) * (own - other));
        let root = square_root(&self.covariance)?;
        let both = &root * &other.covariance * &root;
        let both = Mat::from_fn(axes, axes, |row, column| (both[(row, column)] + both[(column, row)]) / 2.0);
        let cross: f64 = eigen(&both)?.0.into_iter().map(|value| value.max(0.0).sqrt()).sum();
        let traces: f64 = (0..axes).map(|axis| self.covariance[(axis, axis)] + other.covariance[(axis, axis)]).sum();
        Ok((squares.sum::<f64>() + traces - 2.0 * cross).max(0.0))
    }
}

/// Eigenvalues and eigenvectors of a symmetric matrix, the vectors as columns.
fn eigen(matrix: &Mat<f64>) -> Result<(Vec<f64>, Mat<f64>)> {
    let found = matrix.self_adjoint_eigen(Side::Lower);
    let found = found.map_err(|_| Error::invalid(NAME, "eigenvalues of a covariance were not found".to_owned()))?;
    Ok((found.S().column_vector().iter().copied().collect(), found.U().to_owned()))
}

/// The symmetric square root of a covariance; eigenvalues below 0 count as 0.
fn square_root(matrix: &Mat<f64>) -> Result<Mat<f64>> {
    let (values, vectors) = eigen(matrix)?;
    let axes = values.len();
    let scaled = Mat::from_fn(axes, axes, |row, column| vectors[(row, column)] * values[column].max(0.0).sqrt());
    Ok(&scaled * vectors.transpose())
}
