//! Matrices: text, NPY, NPZ or MATLAB, with names and tract lengths beside them or in files of their own.

use std::path::Path;

use super::npy::{self, Array};
use super::source::{Source, finite};
use super::table::Table;
use super::{Connectome, Edge, Node, Orientation, ReadOptions, Reading, matlab};
use crate::{Error, Result};

const WEIGHTS: &[&str] = &["weights", "sc", "SC", "strength", "connectivity", "network", "arr_0", "fc", "FC"];
const LENGTHS: &[&str] = &["lengths", "len", "tract_lengths", "LEN", "length", "arr_0"];
const LABELS: &[&str] = &["region_labels", "labels", "names"];

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
    /// Reads a matrix of any format; `options.array` names one array of several.
    pub fn read(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Matrix> {
        Arrays::read(&Source::file(path.as_ref(), options.max_bytes)?, options)?.take(&options.array, WEIGHTS)
    }

    /// The value in a row and a column; `None` outside.
    pub fn get(&self, row: usize, column: usize) -> Option<f64> {
        if column < self.columns { self.values.get(row * self.columns + column).copied() } else { None }
    }
}

/// Reads a connectome from a matrix file.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Connectome> {
    let mut arrays = Arrays::read(source, options)?;
    let labels = match &options.labels {
        Some(path) => Some(labels(&Source::file(path, options.max_bytes)?)?),
        None => arrays.labels(),
    };
    let lengths = match &options.lengths {
        Some(path) => {
            let beside = Source::file(path, options.max_bytes)?;
            Some(Arrays::read(&beside, options)?.take(&None, LENGTHS)?)
        }
        None => arrays.lengths(&options.array),
    };
    let mut weights = arrays.take(&options.array, WEIGHTS)?;
    weights.labels = labels.or(weights.labels);
    let about = format!("matrix read from {}", source.path.display());
    connectome(source, weights, lengths, options.orientation, about)
}

/// Turns weights and lengths into a connectome: every weight that is not zero is an edge, row by row.
pub(super) fn connectome(
    source: &Source,
    weights: Matrix,
    lengths: Option<Matrix>,
    orientation: Orientation,
    about: String,
) -> Result<Connectome> {
    let Matrix { rows, columns, .. } = weights;
    if rows != columns || rows == 0 {
        return Err(source.error(format!("the matrix is {rows} x {columns}; a connectome needs a square one")));
    }
    if let Some(lengths) = lengths.as_ref().filter(|l| (l.rows, l.columns) != (rows, columns)) {
        let found = format!("{} x {}", lengths.rows, lengths.columns);
        return Err(
            source.error(format!("the weights are {rows} x {columns} and the lengths {found}; they must agree"))
        );
    }
    let nodes = named(source, weights.labels.as_deref(), rows)?;
    let mut edges = Vec::new();
    for (k, &weight) in weights.values.iter().enumerate().filter(|(_, w)| **w != 0.0) {
        let (row, column) = (k / columns, k % columns);
        let place = || format!("row {}, column {}", row + 1, column + 1);
        if !weight.is_finite() {
            return Err(source.error(format!("the weight in {} is {weight}; it must be finite", place())));
        }
        let length = lengths.as_ref().and_then(|l| l.get(row, column));
        if let Some(length) = length.filter(|l| !l.is_finite() || *l < 0.0) {
            return Err(
                source.error(format!("the length in {} is {length} mm; it must be finite and not negative", place()))
            );
        }
        let (from, to) = match orientation {
            Orientation::RowIsSource => (row, column),
            Orientation::ColumnIsSource => (column, row),
        };
        edges.push(Edge { source: from as u32, target: to as u32, weight, length, ..Edge::default() });
    }
    let name = source.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let connectome = Connectome { name, nodes, edges, about, reading: Reading::of("matrix") };
    connectome.check()?;
    Ok(connectome)
}

fn named(source: &Source, labels: Option<&[String]>, count: usize) -> Result<Vec<Node>> {
    if count as u64 > u64::from(u32::MAX) {
        return Err(source.error(format!("{count} nodes are more than {}", u32::MAX)));
    }
    let node = |name: String| Node { name, ..Node::default() };
    match labels {
        None => Ok((0..count).map(|i| node(i.to_string())).collect()),
        Some(labels) if labels.len() == count => Ok(labels.iter().cloned().map(node).collect()),
        Some(labels) => Err(source.error(format!("there are {} labels for {count} nodes", labels.len()))),
    }
}

/// The named arrays of one file.
struct Arrays {
    place: String,
    matrices: Vec<(String, Matrix)>,
    names: Vec<(String, Vec<String>)>,
}

impl Arrays {
    fn read(source: &Source, options: &ReadOptions) -> Result<Arrays> {
        let mut arrays = Arrays { place: source.path.display().to_string(), matrices: Vec::new(), names: Vec::new() };
        let head = source.head()?;
        if head.starts_with(b"\x93NUMPY") {
            arrays.add(String::new(), npy::read(source)?);
        } else if head.starts_with(b"PK") {
            npy::read_archive(source)?.into_iter().for_each(|(name, array)| arrays.add(name, array));
        } else if matlab::recognise(&head) {
            arrays.matrices = matlab::read(source)?;
        } else {
            arrays.matrices.push((String::new(), read_text(source, options)?));
        }
        Ok(arrays)
    }

    fn add(&mut self, name: String, array: Array) {
        match array {
            Array::Matrix(matrix) => self.matrices.push((name, matrix)),
            Array::Names(names) => self.names.push((name, names)),
            Array::Other => {}
        }
    }

    /// The array that is asked for, else the first that has one of the names, else the only square one.
    fn take(self, wanted: &Option<String>, names: &[&str]) -> Result<Matrix> {
        let known: Vec<String> = self.matrices.iter().map(|(name, _)| name.clone()).collect();
        let square: Vec<usize> =
            (0..known.len()).filter(|i| self.matrices[*i].1.rows == self.matrices[*i].1.columns).collect();
        let found = match wanted {
            Some(name) => known
                .iter()
                .position(|k| k == name)
                .ok_or_else(|| Error::unknown("array", name, &self.place, &known))?,
            None => match (names.iter().find_map(|n| known.iter().position(|k| k == n)), square.as_slice()) {
                (Some(found), _) => found,
                (None, [found]) => *found,
                _ if known.len() == 1 => 0,
                _ if known.is_empty() => return Err(Error::file(&self.place, "it holds no matrix of numbers")),
                _ => {
                    return Err(Error::file(
                        &self.place,
                        format!("it holds several matrices; say which one: {}", known.join(", ")),
                    ));
                }
            },
        };
        self.matrices.into_iter().nth(found).map(|(_, m)| m).ok_or_else(|| Error::Internal("array index".into()))
    }

    /// Tract lengths beside the weights in the same file, taken out.
    fn lengths(&mut self, weights: &Option<String>) -> Option<Matrix> {
        let names = LENGTHS.iter().filter(|n| **n != "arr_0" && weights.as_deref() != Some(n));
        let found = names.into_iter().find_map(|n| self.matrices.iter().position(|(name, _)| name == n))?;
        (self.matrices.len() > 1).then(|| self.matrices.remove(found).1)
    }

    fn labels(&mut self) -> Option<Vec<String>> {
        let found = LABELS.iter().find_map(|n| self.names.iter().position(|(name, _)| name == n))?;
        Some(self.names.remove(found).1)
    }
}

/// Reads a matrix in text: numbers only, or with a first row and a first column of names.
fn read_text(source: &Source, options: &ReadOptions) -> Result<Matrix> {
    let mut table = Table::open(source, options.separator, options.comment)?;
    let mut matrix = Matrix::default();
    let mut header: Option<Vec<String>> = None;
    let mut labels = Vec::new();
    let mut first = 0;
    while let Some(row) = table.next_row()? {
        let number = |column: usize| row.get(column).is_some_and(|t| t.parse::<f64>().is_ok());
        if matrix.rows == 0 && header.is_none() && (row.get(0) == Some("") || !(number(0) || number(1))) {
            header = Some(row.iter().map(str::to_owned).collect());
            continue;
        }
        if matrix.rows == 0 {
            let corner = header.as_ref().is_some_and(|h| h.first().is_some_and(String::is_empty));
            first = usize::from(corner || (row.len() > 1 && !number(0)));
            matrix.columns = header.as_ref().map_or(row.len(), Vec::len).saturating_sub(first);
            source.check_matrix(matrix.columns as u64, matrix.columns as u64)?;
        }
        if first == 1 {
            labels.push(row.get(0).unwrap_or_default().to_owned());
        }
        let values: Result<Vec<f64>, String> = match row.len().saturating_sub(first) {
            found if found == matrix.columns => row.iter().skip(first).map(|t| finite(t, "weight")).collect(),
            found => Err(format!("it has {found} values, the rows before have {}", matrix.columns)),
        };
        matrix.values.extend(values.map_err(|problem| table.error(problem))?);
        matrix.rows += 1;
    }
    if matrix.rows == 0 {
        return Err(source.error("it is empty; expected a matrix"));
    }
    matrix.labels = agreed(source, header.map(|h| h[first.min(h.len())..].to_vec()), labels)?;
    Ok(matrix)
}

/// The names of a matrix: those of its rows and of its columns must agree where both are given.
fn agreed(source: &Source, columns: Option<Vec<String>>, rows: Vec<String>) -> Result<Option<Vec<String>>> {
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

/// Reads names: all on one line, or the first word of each line.
fn labels(source: &Source) -> Result<Vec<String>> {
    let mut table = Table::open(source, None, None)?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    while let Some(row) = table.next_row()? {
        rows.push(row.iter().map(str::to_owned).collect());
    }
    match rows.len() {
        0 => Err(source.error("it is empty; expected the names of the nodes")),
        1 => Ok(rows.remove(0)),
        _ => Ok(rows.into_iter().filter_map(|row| row.into_iter().next()).collect()),
    }
}
