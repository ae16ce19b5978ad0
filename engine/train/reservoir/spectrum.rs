//! The spectral radius: of small matrices from all eigenvalues, of larger ones by Arnoldi's iteration (Arnoldi 1951, "The
//! principle of minimized iterations in the solution of the matrix eigenvalue problem").

use faer::Mat;

use super::sparse::Sparse;
use crate::error::{Error, Result};
use crate::random::{Draws, Purpose, stream};

/// The number of units up to which all eigenvalues are computed.
const MAX_DENSE: usize = 300;
/// The relative difference of two estimates at which the iteration ends.
const TOLERANCE: f64 = 1e-6;

impl Sparse {
    /// The largest magnitude of an eigenvalue, to six digits.
    ///
    /// # Errors
    /// A matrix that is not square; eigenvalues that cannot be found.
    pub fn spectral_radius(&self) -> Result<f64> {
        radius(self)
    }

    /// The matrix with all weights scaled so that its spectral radius is `radius`.
    ///
    /// # Errors
    /// A radius that is not a finite number from 0 on; a matrix whose own radius is zero, as that of a graph without
    /// loops; as [`Sparse::spectral_radius`].
    pub fn with_spectral_radius(self, radius: f64) -> Result<Sparse> {
        if !(radius >= 0.0 && radius.is_finite()) {
            return Err(Error::invalid("spectral radius", format!("{radius} must be a number from 0 on")));
        }
        let own = self.spectral_radius()?;
        if own < 1e-12 && radius > 0.0 {
            let problem =
                "it is zero, for nothing comes back to where it began; give a graph with loops or a higher degree";
            return Err(Error::invalid("spectral radius", problem));
        }
        Ok(if own < 1e-12 { self } else { self.scaled(radius / own) })
    }
}

/// See [`Sparse::spectral_radius`].
fn radius(matrix: &Sparse) -> Result<f64> {
    let units = matrix.rows();
    if units != matrix.columns() {
        let problem = format!("{units} x {} is not square; give a graph's matrix", matrix.columns());
        return Err(Error::invalid("spectral radius", problem));
    }
    if units <= MAX_DENSE {
        let mut dense = Mat::<f64>::zeros(units, units);
        for row in 0..units {
            let (places, weights) = matrix.row(row);
            places.iter().zip(weights).for_each(|(&column, &weight)| dense[(row, column as usize)] = weight);
        }
        return largest_magnitude(&dense);
    }
    arnoldi(matrix)
}

/// The largest magnitude among a matrix's eigenvalues.
fn largest_magnitude(matrix: &Mat<f64>) -> Result<f64> {
    let values = matrix
        .eigenvalues()
        .map_err(|_| Error::invalid("spectral radius", "no eigenvalues found; scale the weights"))?;
    Ok(values.iter().fold(0.0, |most, value| most.max(value.re.hypot(value.im))))
}

/// The spectral radius by Arnoldi's iteration from a random vector, until two estimates, the second from half as many
/// vectors again, are the same.
fn arnoldi(matrix: &Sparse) -> Result<f64> {
    let units = matrix.rows();
    let mut draws = Draws::new(0, stream(Purpose::Initial, 0), 0);
    let mut basis: Vec<Vec<f64>> = vec![(0..units).map(|_| draws.uniform() - 0.5).collect()];
    normalise(&mut basis[0]);
    let mut hessenberg: Vec<Vec<f64>> = Vec::new();
    let (mut estimate, mut check) = (f64::NAN, 60);
    loop {
        let mut next = vec![0.0; units];
        matrix.product(&basis[basis.len() - 1], &mut next);
        let mut column = vec![0.0; basis.len()];
        // To orthogonalise twice is enough (Giraud, Langou & Rozložník 2005).
        for _ in 0..2 {
            for (own, sum) in basis.iter().zip(&mut column) {
                let part: f64 = own.iter().zip(&next).map(|(a, b)| a * b).sum();
                own.iter().zip(&mut next).for_each(|(a, b)| *b -= part * a);
                *sum += part;
            }
        }
        let size = normalise(&mut next);
        column.push(size);
        hessenberg.push(column);
        let (count, ended) = (hessenberg.len(), size < 1e-12 || hessenberg.len() == units);
        if count == check || ended {
            let square = Mat::from_fn(count, count, |row, column| hessenberg[column].get(row).copied().unwrap_or(0.0));
            let found = largest_magnitude(&square)?;
            if ended || (found - estimate).abs() <= TOLERANCE * found {
                return Ok(found);
            }
            (estimate, check) = (found, count + count / 2);
        }
        basis.push(next);
    }
}

/// Scales a vector to length 1, and gives its length before; leaves a vector of zeros as it is.
fn normalise(vector: &mut [f64]) -> f64 {
    let size = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
    if size > 0.0 {
        vector.iter_mut().for_each(|x| *x /= size);
    }
    size
}
