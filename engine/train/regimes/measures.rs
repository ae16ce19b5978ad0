//! Measures of what moved in learning, on tables and kernels as plain lists of numbers, row by row.

use crate::error::{Error, Result};

/// The symmetric matrix [rows, rows] of the inner products of all pairs of rows of a table \[rows, width\].
///
/// # Errors
/// A table that is empty or does not consist of whole rows.
pub fn kernel(table: &[f64], width: usize) -> Result<Vec<f64>> {
    if width == 0 || table.is_empty() || !table.len().is_multiple_of(width) {
        let problem = format!("{} numbers are no rows of {width}; give whole rows", table.len());
        return Err(Error::invalid("kernel", problem));
    }
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum();
    Ok(table.chunks(width).flat_map(|a| table.chunks(width).map(move |b| product(a, b))).collect())
}

/// How alike two kernels are: Tr(A B) / (‖A‖ ‖B‖), 1 where they are multiples of each other (Liu et al. 2024); 0 where one is zero.
///
/// # Errors
/// Kernels of two sizes, or without numbers.
pub fn alignment(a: &[f64], b: &[f64]) -> Result<f64> {
    if a.len() != b.len() || a.is_empty() {
        let problem = format!("kernels of {} and {} numbers; give two of one size", a.len(), b.len());
        return Err(Error::invalid("alignment", problem));
    }
    let product = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
    let norms = (product(a, a) * product(b, b)).sqrt();
    Ok(if norms > 0.0 { product(a, b) / norms } else { 0.0 })
}

/// The kernel [n, n] that results when each column of its table has its mean taken out: H K H with H = 1 - 1/n.
///
/// # Errors
/// A number of values that is not a square.
pub fn centred(kernel: &[f64]) -> Result<Vec<f64>> {
    let n = side(kernel)?;
    let means: Vec<f64> = kernel.chunks(n).map(|row| row.iter().sum::<f64>() / n as f64).collect();
    let all = means.iter().sum::<f64>() / n as f64;
    let place = |k: usize, value: &f64| value - means[k / n] - means[k % n] + all;
    Ok(kernel.iter().enumerate().map(|(k, value)| place(k, value)).collect())
}

/// Centred kernel alignment of two kernels (Kornblith et al. 2019), from 0 to 1.
///
/// # Errors
/// As [`centred`] and [`alignment`].
pub fn cka(a: &[f64], b: &[f64]) -> Result<f64> {
    alignment(&centred(a)?, &centred(b)?)
}

/// How far numbers moved, relative to their initial size: ‖after - before‖ / ‖before‖.
///
/// # Errors
/// Lists of two lengths; `before` all zeros.
pub fn change(before: &[f64], after: &[f64]) -> Result<f64> {
    let norm: f64 = before.iter().map(|value| value * value).sum();
    if before.len() != after.len() || norm == 0.0 {
        return Err(Error::invalid("change", "give two lists of one length, the first not all zeros"));
    }
    let moved: f64 = before.iter().zip(after).map(|(before, after)| (after - before).powi(2)).sum();
    Ok((moved / norm).sqrt())
}

/// How many directions a square matrix [n, n] acts in: (Tr WᵀW)² / Tr (WᵀW)², from 1 for rank 1 to n where all singular values
/// are equal; 0 for a matrix of zeros.
///
/// # Errors
/// A number of values that is not a square.
pub fn effective_rank(matrix: &[f64]) -> Result<f64> {
    let n = side(matrix)?;
    let products = kernel(matrix, n)?;
    let trace: f64 = (0..n).map(|place| products[place * n + place]).sum();
    let squares: f64 = products.iter().map(|value| value * value).sum();
    Ok(if squares > 0.0 { trace * trace / squares } else { 0.0 })
}

/// The number of rows, and of columns, of a square matrix.
fn side(matrix: &[f64]) -> Result<usize> {
    let n = matrix.len().isqrt();
    if n * n != matrix.len() || n == 0 {
        return Err(Error::invalid(
            "matrix",
            format!("{} numbers are no square; give as many rows as columns", matrix.len()),
        ));
    }
    Ok(n)
}
