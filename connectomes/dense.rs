//! Matrices: text, NPY, NPZ or MATLAB, with names and tract lengths beside them or in files of their own.

use std::collections::HashMap;
use std::path::Path;

use super::builder::full;
#[cfg(feature = "formats")]
use super::hdf5::read as read_hdf5;
use super::magic::{self, Kind};
use super::npy::{self, Array};
use super::source::{Source, finite};
use super::sparse::Sparse;
use super::table::{Sample, Table};
use super::{
    Connectome, Edge, Format, Node, Orientation, ReadOptions, Reading, ids, matlab, matlab_4, matrix_market, npz, shape,
};
use crate::{Error, Result};

const WEIGHTS: &[&str] = &["weights", "sc", "SC", "strength", "connectivity", "network", "arr_0", "fc", "FC"];
const FUNCTIONAL: [&str; 2] = ["fc", "FC"];
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
        let source = Source::file(path.as_ref(), options.max_bytes)?;
        let (grid, _) = Arrays::read(&source, options)?.take(&options.array, WEIGHTS)?;
        grid.dense(&source)
    }

    /// Whether rows and columns can change places.
    fn is_symmetric(&self) -> bool {
        let n = self.rows;
        n == self.columns && (0..n).all(|i| (0..i).all(|j| self.values[i * n + j] == self.values[j * n + i]))
    }

    /// The value in a row and a column; `None` outside.
    pub fn get(&self, row: usize, column: usize) -> Option<f64> {
        if column < self.columns { self.values.get(row * self.columns + column).copied() } else { None }
    }
}

/// A matrix as a file keeps it: with its zeros or without.
pub(super) enum Grid {
    Dense(Matrix),
    Sparse(Sparse),
}

impl Grid {
    fn size(&self) -> (usize, usize) {
        match self {
            Grid::Dense(matrix) => (matrix.rows, matrix.columns),
            Grid::Sparse(sparse) => (sparse.rows, sparse.columns),
        }
    }

    fn labels(&mut self) -> &mut Option<Vec<String>> {
        match self {
            Grid::Dense(matrix) => &mut matrix.labels,
            Grid::Sparse(sparse) => &mut sparse.labels,
        }
    }

    fn is_symmetric(&self) -> bool {
        match self {
            Grid::Dense(matrix) => matrix.is_symmetric(),
            Grid::Sparse(sparse) => sparse.is_symmetric(),
        }
    }

    /// The value in a row and a column; `None` outside.
    fn get(&self, row: usize, column: usize) -> Option<f64> {
        match self {
            Grid::Dense(matrix) => matrix.get(row, column),
            Grid::Sparse(sparse) => sparse.get(row, column),
        }
    }

    /// Tells which entries were added.
    fn account(&self, reading: &mut Reading) {
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
    fn arranged(self, order: &[usize]) -> Grid {
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

    fn dense(self, source: &Source) -> Result<Matrix> {
        match self {
            Grid::Dense(matrix) => Ok(matrix),
            Grid::Sparse(sparse) => sparse.dense(source),
        }
    }

    /// All that is not zero, row by row.
    fn entries(&self) -> Box<dyn Iterator<Item = (usize, usize, f64)> + '_> {
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

/// Reads a connectome from a matrix file.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Connectome> {
    if let Some(network) = npz::read(source, options)? {
        return Ok(network);
    }
    let mut arrays = Arrays::read(source, options)?;
    let labels = match &options.labels {
        Some(path) => {
            arrays.reading.take("names", path.display().to_string());
            Some(labels(&Source::file(path, options.max_bytes)?)?)
        }
        None => arrays.labels(),
    };
    let lengths = match &options.lengths {
        Some(path) => {
            let beside = Source::file(path, options.max_bytes)?;
            let alone = ReadOptions { array: None, header: None, separator: None, ..options.clone() };
            let mut beside = Arrays::read(&beside, &alone)?;
            let names = beside.labels();
            let (mut lengths, _) = beside.take(&None, LENGTHS)?;
            if names.is_some() {
                *lengths.labels() = names;
            }
            Some(lengths)
        }
        None => arrays.lengths(&options.array),
    };
    let (mut weights, mut reading) = arrays.take(&options.array, WEIGHTS)?;
    if labels.is_some() {
        *weights.labels() = labels;
    }
    let lengths = match (lengths, &options.lengths) {
        (Some(lengths), Some(path)) => Some(beside(lengths, weights.labels().as_deref(), path, &mut reading)?),
        (lengths, _) => lengths,
    };
    if weights.labels().is_none() {
        reading.take("names", "none; the places 0, 1, 2...");
    }
    if options.orientation.is_none() && !weights.is_symmetric() {
        reading.guess("rows are sources, columns targets", "orientation = \"column_is_source\"");
    }
    let about = format!("matrix read from {}", source.path.display());
    connectome(source, weights, lengths, options.orientation.unwrap_or_default(), about, reading)
}

/// Lengths from a file of their own, in the order of the weights: by their names where both have names.
fn beside(mut lengths: Grid, names: Option<&[String]>, path: &Path, reading: &mut Reading) -> Result<Grid> {
    let own = lengths.labels().take();
    let (Some(own), Some(names)) = (own, names) else {
        let how = "by their places; names stand in at most one of the two files";
        reading.take("lengths", format!("{}, {how}", path.display()));
        return Ok(lengths);
    };
    reading.take("lengths", format!("{}, by the names of the nodes", path.display()));
    if own.len() != names.len() {
        let problem = format!("it has lengths of {} nodes and the weights have {}", own.len(), names.len());
        return Err(Error::file(path, format!("{problem}; they must agree")));
    }
    let exact = |name: &String| ids::exact(name).map_or_else(|_| name.clone(), str::to_owned);
    let places: HashMap<String, usize> = own.iter().enumerate().map(|(place, name)| (exact(name), place)).collect();
    if places.len() != own.len() {
        return Err(Error::file(path, "two of its nodes have one name; names must be unique"));
    }
    let order = names.iter().map(|name| {
        places.get(&exact(name)).copied().ok_or_else(|| {
            let problem = format!("it has no lengths of the node '{name}' of the weights");
            Error::file(path, format!("{problem}; the names of both must be the same, in any order"))
        })
    });
    Ok(lengths.arranged(&order.collect::<Result<Vec<usize>>>()?))
}

/// Turns weights and lengths into a connectome: every weight that is not zero is an edge, row by row.
pub(super) fn connectome(
    source: &Source,
    mut weights: Grid,
    lengths: Option<Grid>,
    orientation: Orientation,
    about: String,
    reading: Reading,
) -> Result<Connectome> {
    let (rows, columns) = weights.size();
    let text = source.head().is_ok_and(|head| magic::of(&head) == Kind::Text);
    if rows == columns + 1 && columns > 0 && text {
        let problem = format!("the matrix is {rows} x {columns}, one row more than columns: is the first row names?");
        return Err(source.error(format!("{problem} Then say header = true; a connectome needs a square one")));
    }
    if rows != columns || rows == 0 {
        return Err(source.error(format!("the matrix is {rows} x {columns}; a connectome needs a square one")));
    }
    if let Some(size) = lengths.as_ref().map(Grid::size).filter(|size| *size != (rows, columns)) {
        let found = format!("{} x {}", size.0, size.1);
        return Err(
            source.error(format!("the weights are {rows} x {columns} and the lengths {found}; they must agree"))
        );
    }
    let nodes = named(source, weights.labels().as_deref(), rows)?;
    let mut edges = Vec::new();
    for (row, column, weight) in weights.entries() {
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
        edges.try_reserve(1).map_err(|_| source.error(full("edges")))?;
        edges.push(Edge { source: from as u32, target: to as u32, weight, length, ..Edge::default() });
    }
    let name = source.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let connectome = Connectome { name, nodes, edges, about, reading };
    connectome.check()?;
    Ok(connectome)
}

fn named(source: &Source, labels: Option<&[String]>, count: usize) -> Result<Vec<Node>> {
    if count as u64 > u64::from(u32::MAX) {
        return Err(source.error(format!("{count} nodes are more than {}", u32::MAX)));
    }
    let size = (count as u64).saturating_mul(size_of::<Node>() as u64);
    if size > source.limit {
        return Err(source.too_large(&format!("a list of {count} nodes"), size));
    }
    let node = |name: String| Node { name, ..Node::default() };
    match labels {
        None => Ok((0..count).map(|i| node(i.to_string())).collect()),
        Some(labels) if labels.len() == count => {
            let names = labels.iter().map(|label| ids::exact(label).map(|name| node(name.to_owned())));
            names.collect::<Result<_, _>>().map_err(|problem| source.error(problem))
        }
        Some(labels) => Err(source.error(format!("there are {} labels for {count} nodes", labels.len()))),
    }
}

/// The named arrays of one file.
struct Arrays {
    place: String,
    matrices: Vec<(String, Grid)>,
    /// What else there is, and what to do about it.
    others: Vec<String>,
    names: Vec<(String, Vec<String>)>,
    reading: Reading,
}

impl Arrays {
    fn read(source: &Source, options: &ReadOptions) -> Result<Arrays> {
        let place = source.path.display().to_string();
        let mut arrays = Arrays {
            place,
            matrices: Vec::new(),
            others: Vec::new(),
            names: Vec::new(),
            reading: Reading::of("matrix"),
        };
        let head = source.head()?;
        let one = head.starts_with(b"\x93NUMPY");
        let hdf5 = magic::is_hdf5(&head);
        let text = !one && !head.starts_with(b"PK") && !matlab::recognise(&head) && !hdf5;
        // Of two files, the options of the first are not those of the second.
        let foreign = match (text, one) {
            (true, _) => ["array"].iter().find(|_| options.array.is_some()),
            (false, true) => ["array", "header", "separator"].iter().find(|name| options.given().contains(name)),
            (false, false) => ["header", "separator"].iter().find(|name| options.given().contains(name)),
        };
        if let Some(name) = foreign {
            let what = if text { "a text holds one matrix" } else { "arrays of numbers are no text" };
            return Err(source.error(format!("{what} and takes no option {name}; leave {name} out")));
        }
        if one {
            arrays.add(String::new(), npy::read(source)?);
        } else if head.starts_with(b"PK") {
            npy::read_archive(source)?.into_iter().for_each(|(name, array)| arrays.add(name, array));
        } else if hdf5 {
            read_hdf5(source)?.into_iter().for_each(|(name, array)| arrays.add(name, array));
        } else if matlab::recognise(&head) {
            matlab::read(source)?.into_iter().for_each(|(name, array)| arrays.add(name, array));
        } else if magic::is_old_matlab(&head) {
            matlab_4::read(source)?.into_iter().for_each(|(name, array)| arrays.add(name, array));
        } else if magic::of(&head) == Kind::Read(Format::Matrix) {
            let sparse = matrix_market::read(source, &mut arrays.reading)?;
            arrays.add(String::new(), Array::Sparse(sparse));
        } else {
            let matrix = read_text(source, options, &mut arrays.reading)?;
            arrays.add(String::new(), Array::Matrix(matrix));
        }
        Ok(arrays)
    }

    fn add(&mut self, name: String, array: Array) {
        match array {
            Array::Matrix(matrix) => self.matrices.push((name, Grid::Dense(matrix))),
            Array::Sparse(sparse) => self.matrices.push((name, Grid::Sparse(sparse))),
            Array::Names(names) => self.names.push((name, names)),
            Array::Vector(values) => {
                self.others.push(format!("{} is a list of {} numbers", subject(&name), values.len()))
            }
            Array::Other(what) => self.others.push(format!("{} {what}", subject(&name))),
        }
    }

    /// The array that is asked for, else the first that has one of the names, else the only square one.
    fn take(mut self, wanted: &Option<String>, names: &[&str]) -> Result<(Grid, Reading)> {
        let known: Vec<String> = self.matrices.iter().map(|(name, _)| name.clone()).collect();
        let square: Vec<usize> =
            (0..known.len()).filter(|i| self.matrices[*i].1.size().0 == self.matrices[*i].1.size().1).collect();
        // A functional connectivity beside other matrices is hardly the one, and where one is square, the others are not it.
        let fits =
            |at: &usize| square.contains(at) && (square.len() == 1 || !FUNCTIONAL.contains(&known[*at].as_str()));
        let named = names.iter().find_map(|n| known.iter().position(|k| k == n).filter(fits));
        let likely = named.or(if let [only] = square[..] { Some(only) } else { None });
        let found = match (wanted, likely) {
            (Some(name), _) => known
                .iter()
                .position(|k| k == name)
                .ok_or_else(|| Error::unknown("array", name, &self.place, &known))?,
            (None, Some(found)) if known.len() > 1 => {
                self.reading.guess(format!("the weights are the array '{}'", known[found]), "array = \"...\"");
                found
            }
            _ if known.len() == 1 => 0,
            _ if known.is_empty() && self.others.is_empty() => {
                return Err(Error::file(&self.place, "it holds no matrix of numbers"));
            }
            _ if known.is_empty() => {
                let shown = self.others.iter().take(4).map(String::as_str).collect::<Vec<_>>().join("; ");
                let more = if self.others.len() > 4 { ", and more that is no matrix" } else { "" };
                return Err(Error::file(&self.place, format!("{shown}{more}")));
            }
            _ => {
                let problem = format!("it holds several matrices; say array = \"...\", one of: {}", known.join(", "));
                return Err(Error::file(&self.place, problem));
            }
        };
        self.matrices[found].1.account(&mut self.reading);
        if !known[found].is_empty() {
            self.reading.take("weight", format!("array '{}'", known[found]));
        }
        let others = known.iter().enumerate().filter(|(at, _)| *at != found).map(|(_, name)| name);
        for name in others.chain(self.names.iter().map(|(name, _)| name)) {
            self.reading.leave(format!("array '{name}'"));
        }
        for other in &self.others {
            self.reading.leave(other.clone());
        }
        Ok((self.matrices.swap_remove(found).1, self.reading))
    }

    /// Tract lengths beside the weights in the same file, taken out.
    fn lengths(&mut self, weights: &Option<String>) -> Option<Grid> {
        let names = LENGTHS.iter().filter(|n| **n != "arr_0" && weights.as_deref() != Some(n));
        let found = names.into_iter().find_map(|n| self.matrices.iter().position(|(name, _)| name == n))?;
        if self.matrices.len() < 2 {
            return None;
        }
        let (name, lengths) = self.matrices.remove(found);
        self.reading.take("length", format!("array '{name}'"));
        Some(lengths)
    }

    fn labels(&mut self) -> Option<Vec<String>> {
        let unread = self
            .others
            .iter()
            .find(|other| LABELS.iter().any(|n| other.strip_prefix(n).is_some_and(|o| o.starts_with(' '))));
        if let Some(unread) = unread.filter(|_| !self.names.iter().any(|(name, _)| LABELS.contains(&name.as_str()))) {
            let option = "labels = \"...\", a text with one name a line";
            self.reading.guess(format!("the names are left aside, for {unread}"), option);
        }
        let found = LABELS.iter().find_map(|n| self.names.iter().position(|(name, _)| name == n))?;
        let (name, labels) = self.names.remove(found);
        self.reading.take("names", format!("array '{name}'"));
        Some(labels)
    }
}

#[cfg(not(feature = "formats"))]
fn read_hdf5(source: &Source) -> Result<Vec<(String, Array)>> {
    Err(super::read::needs_formats(source, "HDF5 (MATLAB 7.3)"))
}

/// An array in a sentence.
fn subject(name: &str) -> &str {
    if name.is_empty() { "its array" } else { name }
}

/// Reads a matrix in text: numbers only, or with a first row and a first column of names.
fn read_text(source: &Source, options: &ReadOptions, reading: &mut Reading) -> Result<Matrix> {
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
            found => Err(format!("it has {found} values, the rows before have {}", matrix.columns)),
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
    matrix.labels = agreed(source, header, labels)?;
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

/// Reads names: all on one line, or one in each line, behind which may stand its coordinates.
fn labels(source: &Source) -> Result<Vec<String>> {
    let mut table = Table::open(source, None, None)?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    let number = |text: &String| text.parse::<f64>().is_ok();
    while let Some(row) = table.next_row()? {
        rows.push(row.iter().map(str::to_owned).collect());
    }
    match rows.len() {
        0 => Err(source.error("it is empty; expected the names of the nodes")),
        1 => Ok(rows.remove(0)),
        _ if !table.between_blanks() => match rows.iter().position(|row| row.len() != 1) {
            Some(at) => {
                let problem = format!("{} names stand in a line of {}", rows[at].len(), rows.len());
                Err(source.error(format!("{problem}; expected one in each line, or all in one: keep the names alone")))
            }
            None => Ok(rows.into_iter().flatten().collect()),
        },
        _ if rows.iter().all(|row| row.len() > 1 && number(&row[0]) && !number(&row[1])) => {
            Err(source.error("each line begins with a number and a word follows; keep the names alone"))
        }
        // Words that no number follows are one name.
        _ if !rows.iter().flat_map(|row| row.iter().skip(1)).any(number) => {
            Ok(rows.into_iter().map(|row| row.join(" ")).collect())
        }
        _ => Ok(rows.into_iter().filter_map(|row| row.into_iter().next()).collect()),
    }
}
