//! Matrices in text: numbers only, or with a first row and a first column of names.

use super::matrix::Matrix;
use super::source::{Source, finite};
use super::table::{Sample, Table};
use super::{ReadOptions, Reading, shape};
use crate::Result;
use crate::text::counted;

/// Reads a matrix in text: numbers only, or with a first row and a first column of names.
pub(super) fn read(source: &Source, options: &ReadOptions, reading: &mut Reading) -> Result<Matrix> {
    let sample = Sample::of(source, options)?;
    let names = shape::names(&sample, options);
    let mut table = Table::like(&sample, source, options)?;
    let mut matrix = Matrix::default();
    let mut header: Option<Vec<String>> = None;
    // A first row of numbers, which may turn out to be ids.
    let mut top: Vec<String> = Vec::new();
    let mut labels = Vec::new();
    let first = usize::from(names.beside);
    while let Some(row) = table.next_row()? {
        if names.above && header.is_none() {
            let skipped = if names.short { 0 } else { first };
            header = Some(row.iter().skip(skipped).map(str::to_owned).collect());
            continue;
        }
        if matrix.rows == 0 {
            matrix.columns = header.as_ref().map_or(row.len().saturating_sub(first), Vec::len);
            source.check_matrix(matrix.columns as u64, matrix.columns as u64)?;
            top = row.iter().map(str::to_owned).collect();
        }
        if names.beside {
            labels.push(row.get(0).unwrap_or_default().to_owned());
        }
        let values: Result<Vec<f64>, String> = match row.len().saturating_sub(first) {
            found if found == matrix.columns => row.iter().skip(first).map(|t| finite(t, "weight")).collect(),
            found => Err(format!(
                "it has {values}, the rows before have {}",
                matrix.columns,
                values = counted(found, "value")
            )),
        };
        matrix.values.extend(values.map_err(|problem| table.error(problem))?);
        matrix.rows += 1;
    }
    if matrix.rows == 0 {
        return Err(source.error("it is empty; expected a matrix"));
    }
    table.account(options, reading);
    if header.is_none()
        && labels.is_empty()
        && options.header.is_none()
        && !options.plain
        && shape::has_ids_above(&top, matrix.rows, matrix.columns)
    {
        matrix.values.drain(..matrix.columns);
        matrix.rows -= 1;
        reading.guess("the first row holds the ids of the nodes", "header = false");
        header = Some(top);
    }
    match (header.is_some(), names.beside) {
        (true, true) => reading.take("names", "the first row and the first column"),
        (true, false) => reading.take("names", "the first row"),
        (false, true) => reading.take("names", "the first column"),
        (false, false) => {}
    }
    matrix.labels = agreed_names(source, header, labels)?;
    Ok(matrix)
}

/// The names of a matrix: those of its rows and of its columns must agree where both are given.
fn agreed_names(source: &Source, columns: Option<Vec<String>>, rows: Vec<String>) -> Result<Option<Vec<String>>> {
    let Some(columns) = columns else { return Ok(Some(rows).filter(|r| !r.is_empty())) };
    match rows.iter().zip(&columns).position(|(row, column)| row != column) {
        Some(at) => {
            let (row, column, place) = (&rows[at], &columns[at], at + 1);
            let problem =
                format!("row {place} is called '{row}' and column {place} '{column}'; their order must agree");
            Err(source.error(problem))
        }
        None => Ok(Some(columns)),
    }
}
