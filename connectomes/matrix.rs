//! A matrix of numbers, with its zeros.

/// A matrix of numbers with the names of its rows, such as a functional connectivity.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Matrix {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    /// Values, row by row.
    pub values: Vec<f64>,
    /// Names of the rows, where known.
    pub labels: Option<Vec<String>>,
}

impl Matrix {
    /// Whether rows and columns can change places.
    pub(super) fn is_symmetric(&self) -> bool {
        let n = self.rows;
        n == self.columns && (0..n).all(|i| (0..i).all(|j| self.values[i * n + j] == self.values[j * n + i]))
    }

    /// The value in a row and a column; `None` outside.
    pub fn get(&self, row: usize, column: usize) -> Option<f64> {
        if column < self.columns { self.values.get(row * self.columns + column).copied() } else { None }
    }
}
