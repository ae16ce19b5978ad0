//! Sparse matrices, stored by rows.

use crate::error::{Error, Result};
use crate::number::math::ln;
use crate::random::{Draws, Purpose, stream};
use crate::text::counted;
use crate::train::Array;
use crate::train::gemm::Float;

/// A sparse matrix, stored by rows. That of a graph has a row for each target, with its sources in ascending order.
#[derive(Debug, Clone, PartialEq)]
pub struct Sparse {
    columns: usize,
    /// Where each row begins, and where the last ends.
    starts: Vec<usize>,
    /// The column of each entry, ascending within a row.
    places: Vec<u32>,
    /// The weight of each entry.
    weights: Vec<f64>,
}

impl Sparse {
    /// The matrix of entries (row, column, weight) in any order; those of the same place are added in the order in
    /// which they come.
    ///
    /// # Errors
    /// Entries outside the matrix, weights that are not finite, 2³² rows or columns or more.
    pub fn new(rows: usize, columns: usize, mut entries: Vec<(u32, u32, f64)>) -> Result<Sparse> {
        if u32::try_from(rows).is_err() || u32::try_from(columns).is_err() {
            return Err(Error::invalid(
                "sparse matrix",
                format!("{rows} x {columns} is too large; use less than 2^32"),
            ));
        }
        if let Some((row, column, weight)) =
            entries.iter().find(|e| e.0 as usize >= rows || e.1 as usize >= columns || !e.2.is_finite())
        {
            let problem =
                format!("weight {weight} in row {row}, column {column} must be finite and within {rows} x {columns}");
            return Err(Error::invalid("sparse matrix", problem));
        }
        entries.sort_by_key(|entry| (entry.0, entry.1));
        entries.dedup_by(|next, kept| {
            let same = (next.0, next.1) == (kept.0, kept.1);
            if same {
                kept.2 += next.2;
            }
            same
        });
        let mut starts = vec![0; rows + 1];
        entries.iter().for_each(|entry| starts[entry.0 as usize + 1] += 1);
        (0..rows).for_each(|row| starts[row + 1] += starts[row]);
        let (places, weights) = entries.iter().map(|entry| (entry.1, entry.2)).unzip();
        Ok(Sparse { columns, starts, places, weights })
    }

    /// The sparse form of a matrix [rows, columns]; zeros are left out.
    ///
    /// # Errors
    /// Another number of axes; weights that are not finite.
    pub fn from_dense<T: Float>(matrix: &Array<T>) -> Result<Sparse> {
        let [rows, columns] = super::axes("matrix", matrix)?;
        let mut entries = Vec::new();
        for (place, value) in matrix.data().iter().enumerate() {
            let value = value.value();
            // Weights that are not finite are refused below.
            if value != 0.0 {
                entries.push(((place / columns) as u32, (place % columns) as u32, value));
            }
        }
        Sparse::new(rows, columns, entries)
    }

    /// A random graph of `units` (Erdős & Rényi 1959): each pair, a unit and itself included, is connected with the
    /// probability `degree` / `units`, with a weight from -1 to 1.
    ///
    /// # Errors
    /// No units; a degree that is not from 0 to `units`; more than 2·10⁸ connections in the mean.
    pub fn random(units: usize, degree: f64, seed: u64) -> Result<Sparse> {
        check_units(units)?;
        if !(degree >= 0.0 && degree <= units as f64) {
            let problem = format!("a mean degree of {degree} must be from 0 to the {}", counted(units as u64, "unit"));
            return Err(Error::invalid("random graph", problem));
        }
        if degree * units as f64 > 2e8 {
            return Err(Error::invalid(
                "random graph",
                "more than 2·10⁸ connections; use fewer units or a lower degree",
            ));
        }
        if degree == 0.0 {
            return Sparse::new(units, units, Vec::new());
        }
        // The number of sources that are skipped before the next one is geometrically distributed.
        let log_skip = ln(1.0 - degree / units as f64);
        let mut entries = Vec::with_capacity((degree * units as f64 * 1.1) as usize);
        for row in 0..units as u32 {
            let mut joined = Draws::new(seed, stream(Purpose::Connect, 0), row.into());
            let mut weight = Draws::new(seed, stream(Purpose::Weight, 0), row.into());
            let mut next = 0.0;
            loop {
                next += if degree < units as f64 { (ln(1.0 - joined.uniform()) / log_skip).floor() } else { 0.0 };
                if next >= units as f64 {
                    break;
                }
                entries.push((row, next as u32, 2.0 * weight.uniform() - 1.0));
                next += 1.0;
            }
        }
        Sparse::new(units, units, entries)
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The number of entries.
    pub fn entries(&self) -> usize {
        self.places.len()
    }

    /// The columns of a row's entries, in ascending order, and their weights.
    pub fn row(&self, row: usize) -> (&[u32], &[f64]) {
        let own = self.starts[row]..self.starts[row + 1];
        (&self.places[own.clone()], &self.weights[own])
    }

    /// As [`Sparse::row`], with weights that can be changed.
    pub fn row_mut(&mut self, row: usize) -> (&[u32], &mut [f64]) {
        let own = self.starts[row]..self.starts[row + 1];
        (&self.places[own.clone()], &mut self.weights[own])
    }

    /// All weights, row by row.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The matrix with all weights times `factor`.
    #[must_use]
    pub fn scaled(mut self, factor: f64) -> Sparse {
        self.weights.iter_mut().for_each(|weight| *weight *= factor);
        self
    }

    /// `to` = matrix · `numbers`, each row summed in the order of its columns.
    ///
    /// # Panics
    /// Other numbers of rows or columns.
    pub fn product(&self, numbers: &[f64], to: &mut [f64]) {
        assert!(numbers.len() == self.columns && to.len() == self.rows(), "a matrix of another size");
        for (row, to) in to.iter_mut().enumerate() {
            let (places, weights) = self.row(row);
            *to = places.iter().zip(weights).fold(0.0, |sum, (&place, weight)| sum + weight * numbers[place as usize]);
        }
    }
}

/// Refuses a number of units that is not from 1 to 1,000,000.
pub(super) fn check_units(units: usize) -> Result<()> {
    match units {
        1..=1_000_000 => Ok(()),
        _ => Err(Error::invalid("reservoir", format!("{units} units must be from 1 to 1,000,000"))),
    }
}
