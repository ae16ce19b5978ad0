//! Sparse matrices: only what is not zero, whatever the size.

use super::matrix::Matrix;
use super::source::Source;
use crate::Result;

/// The entries of a matrix in the order of rows, then columns; repeated ones are summed, and counted.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Sparse {
    pub rows: usize,
    pub columns: usize,
    pub entries: Vec<(u32, u32, f64)>,
    /// Places that are listed more than once, and how many of them come to nothing.
    pub repeated: [u64; 2],
    /// Names of the rows, where known.
    pub labels: Option<Vec<String>>,
}

impl Sparse {
    /// A matrix of entries in any order; the error is the second half of a sentence.
    pub fn new(rows: u64, columns: u64, mut entries: Vec<(u32, u32, f64)>) -> Result<Sparse, String> {
        if rows.max(columns) > u64::from(u32::MAX) {
            return Err(format!("the matrix is {rows} x {columns}; there may be {} rows at most", u32::MAX));
        }
        let outside = |&&(row, column, _): &&(u32, u32, f64)| u64::from(row) >= rows || u64::from(column) >= columns;
        if let Some((row, column, _)) = entries.iter().find(outside) {
            return Err(format!(
                "it has an entry in row {row}, column {column} (from 0) of a {rows} x {columns} matrix"
            ));
        }
        entries.sort_by_key(|(row, column, _)| (*row, *column));
        let mut repeated = [0; 2];
        let same = |a: &(u32, u32, f64), b: &(u32, u32, f64)| (a.0, a.1) == (b.0, b.1);
        for listed in entries.chunk_by(same).filter(|listed| listed.len() > 1) {
            repeated[0] += 1;
            repeated[1] += u64::from(listed.iter().map(|(_, _, value)| value).sum::<f64>() == 0.0);
        }
        entries.dedup_by(|next, kept| {
            let same = same(next, kept);
            kept.2 += if same { next.2 } else { 0.0 };
            same
        });
        Ok(Sparse { rows: rows as usize, columns: columns as usize, entries, repeated, labels: None })
    }

    /// A matrix whose rows (or columns, `by_column`) list their entries: `starts` is where each begins.
    pub fn compressed(
        [rows, columns]: [u64; 2],
        by_column: bool,
        starts: &[f64],
        indices: &[f64],
        values: &[f64],
    ) -> Result<Sparse, String> {
        let misfit = || "the indices of the sparse matrix do not fit its size; save it again".to_owned();
        let lines = if by_column { columns } else { rows };
        if starts.len() as u64 != lines.saturating_add(1) {
            return Err(misfit());
        }
        let mut entries = Vec::with_capacity(values.len());
        for (line, ends) in starts.windows(2).enumerate() {
            let (start, end) = (as_index(ends[0]).ok_or_else(misfit)?, as_index(ends[1]).ok_or_else(misfit)?);
            let range = start as usize..end as usize;
            if entries.len() + range.len() > values.len() || start > end {
                return Err(misfit());
            }
            let (Some(indices), Some(values)) = (indices.get(range.clone()), values.get(range)) else {
                return Err(misfit());
            };
            for (index, value) in indices.iter().zip(values) {
                let index = as_index(*index).ok_or_else(misfit)?;
                entries.push(if by_column { (index, line as u32, *value) } else { (line as u32, index, *value) });
            }
        }
        Sparse::new(rows, columns, entries)
    }

    /// A matrix of rows, columns and values side by side.
    pub fn coordinates(size: [u64; 2], rows: &[f64], columns: &[f64], values: &[f64]) -> Result<Sparse, String> {
        let misfit = || "its rows, columns and values do not belong together; save it again".to_owned();
        if rows.len() != values.len() || columns.len() != values.len() {
            return Err(misfit());
        }
        let place = |(row, column): (&f64, &f64)| Some((as_index(*row)?, as_index(*column)?));
        let entries = rows.iter().zip(columns).zip(values).map(|(at, value)| place(at).map(|(r, c)| (r, c, *value)));
        Sparse::new(size[0], size[1], entries.collect::<Option<_>>().ok_or_else(misfit)?)
    }

    /// The value in a row and a column; `None` outside.
    pub fn get(&self, row: usize, column: usize) -> Option<f64> {
        let inside = row < self.rows && column < self.columns;
        let place = (row as u32, column as u32);
        let found = self.entries.binary_search_by_key(&place, |(row, column, _)| (*row, *column));
        inside.then(|| found.ok().and_then(|at| self.entries.get(at)).map_or(0.0, |(_, _, value)| *value))
    }

    /// The same with its zeros, if they fit below the limit.
    pub fn dense(self, source: &Source) -> Result<Matrix> {
        source.check_matrix(self.rows as u64, self.columns as u64)?;
        let mut values = vec![0.0; self.rows * self.columns];
        for (row, column, value) in &self.entries {
            values[*row as usize * self.columns + *column as usize] = *value;
        }
        Ok(Matrix { rows: self.rows, columns: self.columns, values, labels: self.labels })
    }

    /// Whether rows and columns can change places.
    pub fn is_symmetric(&self) -> bool {
        let mut turned: Vec<(u32, u32, f64)> =
            self.entries.iter().map(|(row, column, v)| (*column, *row, *v)).collect();
        turned.sort_by_key(|(row, column, _)| (*row, *column));
        self.rows == self.columns && turned == self.entries
    }
}

/// A whole number that is an index.
fn as_index(value: f64) -> Option<u32> {
    (value >= 0.0 && value.fract() == 0.0 && value <= f64::from(u32::MAX)).then_some(value as u32)
}
