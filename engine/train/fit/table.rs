//! Reading samples from the rows of a CSV table.

use std::path::Path;

use crate::data::read_unpacked;
use crate::data::table::{check_commas, csv_error};
use crate::error::{Error, Result};
use crate::files::Text;
use crate::quote;

/// The rows of a table: features and a label each.
#[derive(Default)]
pub(super) struct Rows {
    /// The number of features of a row.
    pub features: usize,
    /// The features of all rows, row by row.
    pub values: Vec<f32>,
    /// The label of each row.
    pub labels: Vec<f64>,
}

/// Reads the table in a file, plain or gzipped; `label` names the column of labels, without it the last one is taken.
///
/// # Errors
/// A file that cannot be read; a field that is not a finite number; no column of this name, or fewer than two columns.
pub(super) fn read(path: &Path, label: Option<&str>) -> Result<Rows> {
    parse(&read_unpacked(path, "a CSV file")?, path, label)
}

/// Reads the rows of a text; `path` names its file in messages.
///
/// # Errors
/// As [`read`].
pub(super) fn parse(text: &[u8], path: &Path, label: Option<&str>) -> Result<Rows> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(Text::new(text));
    let mut record = csv::StringRecord::new();
    let mut rows = Rows::default();
    let mut column = None;
    while reader.read_record(&mut record).map_err(|error| csv_error(path, error))? {
        let line = record.position().map_or(0, csv::Position::line);
        let first = column.is_none();
        let place = match column {
            Some(place) => place,
            None => label_column(&record, path, label)?,
        };
        column = Some(place);
        if first && is_header(&record) {
            continue;
        }
        rows.features = record.len() - 1;
        for (k, field) in record.iter().enumerate() {
            let value = field.parse::<f64>().ok().filter(|value| value.is_finite()).ok_or_else(|| {
                let number = k + 1;
                Error::file_line(path, line, format!("column {number}: '{field}' is not a finite number"))
            })?;
            match k == place {
                true => rows.labels.push(value),
                false => rows.values.push(value as f32),
            }
        }
    }
    Ok(rows)
}

/// Whether a row names columns: none of its fields is a number.
fn is_header(record: &csv::StringRecord) -> bool {
    record.iter().all(|field| field.parse::<f64>().is_err())
}

/// The number of the column of labels, from the first record.
fn label_column(first: &csv::StringRecord, path: &Path, label: Option<&str>) -> Result<usize> {
    let names: Vec<String> = first.iter().map(str::to_owned).collect();
    check_commas(path, &names)?;
    if names.len() < 2 {
        let problem = "a row has one column, and samples need features and a label; separate them by commas";
        return Err(Error::file_line(path, 1, problem));
    }
    match label {
        None => Ok(names.len() - 1),
        Some(_) if !is_header(first) => {
            let problem = "its first line names no columns; leave the label's name out to take the last one";
            Err(Error::file_line(path, 1, problem))
        }
        Some(label) => names
            .iter()
            .position(|name| name == label)
            .ok_or_else(|| Error::unknown("column", label, format!("{}, line 1", quote::path(path)), &names)),
    }
}
