//! Functional connectivity: correlations of the activities of populations, and how they change over time.

use std::path::Path;

use crate::error::{Error, Result};
use crate::files::atomic_write;
use crate::record::SeriesRecord;
use crate::text::counted;

/// A square matrix, such as the correlations of all pairs of populations; unknown values are NaN.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// Names of the rows and, in the same order, of the columns.
    pub names: Vec<String>,
    /// Values, row by row.
    pub values: Vec<f64>,
}

impl Matrix {
    /// Number of rows, which is that of columns.
    pub fn size(&self) -> usize {
        self.names.len()
    }

    /// The value at a row and a column.
    pub fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.size() + column]
    }

    /// The value of each pair of different rows once: the mean of both directions.
    pub fn pairs(&self) -> Vec<f64> {
        let pairs = (0..self.size()).flat_map(|i| (i + 1..self.size()).map(move |j| (i, j)));
        pairs.map(|(i, j)| 0.5 * (self.at(i, j) + self.at(j, i))).collect()
    }

    /// Writes the matrix as CSV: a header of names, and a line for each row behind its name; unknown values are empty.
    ///
    /// # Errors
    /// A file that cannot be written; nothing is left behind.
    pub fn write(&self, path: &Path) -> Result<()> {
        atomic_write(path, |file| {
            let mut table = csv::Writer::from_writer(file);
            table.write_field("")?;
            table.write_record(&self.names)?;
            for (name, row) in self.names.iter().zip(self.values.chunks(self.size().max(1))) {
                table.write_field(name)?;
                table.write_record(row.iter().map(|value| match value.is_finite() {
                    true => value.to_string(),
                    false => String::new(),
                }))?;
            }
            table.flush()
        })
    }
}

/// Pearson's correlation of two lists, over the places where both are finite; `None` where one does not vary.
pub fn correlation(one: &[f64], other: &[f64]) -> Option<f64> {
    let pairs: Vec<(f64, f64)> =
        one.iter().copied().zip(other.iter().copied()).filter(|(a, b)| a.is_finite() && b.is_finite()).collect();
    // The mean of equal numbers is not always exactly that number.
    let same = |of: fn(&(f64, f64)) -> f64| pairs.iter().all(|pair| of(pair) == of(&pairs[0]));
    if same(|pair| pair.0) || same(|pair| pair.1) {
        return None;
    }
    let n = pairs.len() as f64;
    let (sum_a, sum_b) = pairs.iter().fold((0.0, 0.0), |(a, b), pair| (a + pair.0, b + pair.1));
    let (mean_a, mean_b) = (sum_a / n, sum_b / n);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in pairs {
        let (a, b) = (a - mean_a, b - mean_b);
        (ab, aa, bb) = (ab + a * b, aa + a * a, bb + b * b);
    }
    (aa > 0.0 && bb > 0.0).then(|| (ab / (aa * bb).sqrt()).clamp(-1.0, 1.0))
}

/// Spearman's correlation of two lists: that of their ranks, where equal numbers have the mean of their ranks; `None`
/// where one does not vary.
pub fn rank_correlation(one: &[f64], other: &[f64]) -> Option<f64> {
    let both = || one.iter().zip(other).filter(|(a, b)| a.is_finite() && b.is_finite());
    let ranks = |values: Vec<f64>| {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
        let (mut ranks, mut from) = (vec![0.0; values.len()], 0);
        for equal in order.chunk_by(|a, b| values[*a] == values[*b]) {
            let mean = from as f64 + 0.5 * (equal.len() as f64 - 1.0);
            equal.iter().for_each(|&place| ranks[place] = mean);
            from += equal.len();
        }
        ranks
    };
    correlation(&ranks(both().map(|(a, _)| *a).collect()), &ranks(both().map(|(_, b)| *b).collect()))
}

/// The correlations of all pairs of columns; NaN for a column that does not vary.
pub fn connectivity(series: &SeriesRecord) -> Matrix {
    let size = series.names.len();
    let columns: Vec<Vec<f64>> = (0..size).map(|column| series.column(column).collect()).collect();
    let mut values = vec![f64::NAN; size * size];
    for i in 0..size {
        for j in i..size {
            let value = correlation(&columns[i], &columns[j]).unwrap_or(f64::NAN);
            (values[i * size + j], values[j * size + i]) = (value, value);
        }
    }
    Matrix { names: series.names.clone(), values }
}

/// Functional connectivity dynamics (Hansen et al. 2015): the correlations of [`connectivity`] in windows of `window`
/// rows, one every `shift` rows, with each other. The name of a window is the time in ms at which it ends.
///
/// # Errors
/// A window of fewer than 3 rows, no shift, or fewer than 2 windows.
pub fn dynamics(series: &SeriesRecord, window: usize, shift: usize) -> Result<Matrix> {
    let rows = series.rows();
    let wrong = |problem: String| Err(Error::invalid("functional connectivity dynamics", problem));
    if window < 3 || shift == 0 {
        return wrong(format!(
            "a window has 3 samples or more, and the next begins 1 or more later; not {window} and {shift}"
        ));
    }
    if window + shift > rows {
        let rows = counted(rows, "sample");
        return wrong(format!("there are {rows}, too few for two windows of {window}, {shift} apart; run longer"));
    }
    let starts: Vec<usize> = (0..=rows - window).step_by(shift).collect();
    let pairs: Vec<Vec<f64>> =
        starts.iter().map(|&start| connectivity(&series.slice(start..start + window)).pairs()).collect();
    let times = series.times_ms();
    let names = starts.iter().map(|start| times[start + window - 1].to_string()).collect();
    let size = starts.len();
    let mut values = vec![f64::NAN; size * size];
    for i in 0..size {
        for j in i..size {
            let value = correlation(&pairs[i], &pairs[j]).unwrap_or(f64::NAN);
            (values[i * size + j], values[j * size + i]) = (value, value);
        }
    }
    Ok(Matrix { names, values })
}
