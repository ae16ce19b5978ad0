//! A matrix of numbers, with its zeros or without.

use super::Reading;
use super::matrix::Matrix;
use super::source::Source;
use super::sparse::Sparse;
use crate::Result;

/// A matrix as a file keeps it: with its zeros or without.
pub(super) enum Grid {
    Dense(Matrix),
    Sparse(Sparse),
}

impl Grid {
    /// Rows and columns.
    pub fn size(&self) -> (usize, usize) {
        match self {
            Grid::Dense(matrix) => (matrix.rows, matrix.columns),
            Grid::Sparse(sparse) => (sparse.rows, sparse.columns),
        }
    }

    /// The names that stand beside the matrix, if it has any.
    pub fn labels(&mut self) -> &mut Option<Vec<String>> {
        match self {
            Grid::Dense(matrix) => &mut matrix.labels,
            Grid::Sparse(sparse) => &mut sparse.labels,
        }
    }

    /// Whether every value equals the one across the diagonal.
    pub fn is_symmetric(&self) -> bool {
        match self {
            Grid::Dense(matrix) => matrix.is_symmetric(),
            Grid::Sparse(sparse) => sparse.is_symmetric(),
        }
    }

    /// The value in a row and a column; `None` outside.
    pub fn get(&self, row: usize, column: usize) -> Option<f64> {
        match self {
            Grid::Dense(matrix) => matrix.get(row, column),
            Grid::Sparse(sparse) => sparse.get(row, column),
        }
    }

    /// Tells which entries were added.
    pub fn account(&self, reading: &mut Reading) {
        let Grid::Sparse(Sparse { repeated: [places, nothing], .. }) = self else { return };
        let lost = match nothing {
            0 => String::new(),
            nothing => format!("; {nothing} of the sums are 0, and no edges"),
        };
        if *places > 0 {
            reading
                .take("places that the file lists more than once", format!("{places}, the values of each added{lost}"));
        }
    }

    /// The same in another order of rows and columns: each takes what stood at its place in `order`, which lists all.
    pub fn arranged(self, order: &[usize]) -> Grid {
        let size = self.size();
        if size != (order.len(), order.len()) || order.iter().enumerate().all(|(new, old)| new == *old) {
            return self;
        }
        match self {
            Grid::Dense(matrix) => {
                let cells = order.iter().flat_map(|row| order.iter().map(move |column| (*row, *column)));
                let values = cells.map(|(row, column)| matrix.values[row * matrix.columns + column]).collect();
                Grid::Dense(Matrix { values, ..matrix })
            }
            Grid::Sparse(mut sparse) => {
                let mut new = vec![0; order.len()];
                order.iter().enumerate().for_each(|(place, old)| new[*old] = place as u32);
                let moved = |place: u32| new[place as usize];
                sparse.entries.iter_mut().for_each(|entry| (entry.0, entry.1) = (moved(entry.0), moved(entry.1)));
                sparse.entries.sort_by_key(|(row, column, _)| (*row, *column));
                Grid::Sparse(sparse)
            }
        }
    }

    /// The matrix with its zeros written out; refused where that needs more memory than the limit.
    pub fn dense(self, source: &Source) -> Result<Matrix> {
        match self {
            Grid::Dense(matrix) => Ok(matrix),
            Grid::Sparse(sparse) => sparse.dense(source),
        }
    }

    /// All that is not zero, row by row.
    pub fn entries(&self) -> Box<dyn Iterator<Item = (usize, usize, f64)> + '_> {
        match self {
            Grid::Dense(matrix) => {
                let columns = matrix.columns;
                let filled = matrix.values.iter().enumerate().filter(|(_, w)| **w != 0.0);
                Box::new(filled.map(move |(k, weight)| (k / columns, k % columns, *weight)))
            }
            Grid::Sparse(sparse) => {
                let filled = sparse.entries.iter().filter(|(_, _, w)| *w != 0.0);
                Box::new(filled.map(|(row, column, weight)| (*row as usize, *column as usize, *weight)))
            }
        }
    }
}
