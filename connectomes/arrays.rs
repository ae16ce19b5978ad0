//! Arrays by name, as NPZ, MATLAB and HDF5 files hold several: which one is the matrix, and what stands beside it.

use std::path::Path;

use super::grid::Grid;
#[cfg(feature = "formats")]
use super::hdf5::read as read_hdf5;
use super::magic::{self, Kind};
use super::matrix::Matrix;
use super::npy::{self, Array};
use super::source::Source;
use super::{Format, ReadOptions, Reading, matlab, matlab_4, matrix_market, text_matrix};
use crate::error::{Error, Result};
use crate::text::counted;

/// Names of the weights, the likeliest first.
pub(super) const WEIGHTS: &[&str] =
    &["weights", "sc", "SC", "strength", "connectivity", "network", "arr_0", "fc", "FC"];
const FUNCTIONAL: [&str; 2] = ["fc", "FC"];
/// The same of tract lengths.
pub(super) const LENGTHS: &[&str] = &["lengths", "len", "tract_lengths", "LEN", "length", "arr_0"];
const LABELS: &[&str] = &["region_labels", "labels", "names"];

/// The named arrays of one file.
pub(super) struct Arrays {
    place: String,
    matrices: Vec<(String, Grid)>,
    /// What else there is, and what to do about it.
    others: Vec<String>,
    names: Vec<(String, Vec<String>)>,
    /// How the file is read.
    pub reading: Reading,
}

impl Arrays {
    /// Reads all arrays of an NPY, NPZ, MATLAB, HDF5 or text file; refuses options that belong to another of these
    /// formats.
    pub fn read(source: &Source, options: &ReadOptions) -> Result<Arrays> {
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
            let matrix = text_matrix::read(source, options, &mut arrays.reading)?;
            arrays.add(String::new(), Array::Matrix(matrix));
        }
        Ok(arrays)
    }

    /// Sorts an array by what it can be for a connectome: its matrix, its names, or nothing.
    fn add(&mut self, name: String, array: Array) {
        match array {
            Array::Matrix(matrix) => self.matrices.push((name, Grid::Dense(matrix))),
            Array::Sparse(sparse) => self.matrices.push((name, Grid::Sparse(sparse))),
            Array::Names(names) => self.names.push((name, names)),
            Array::Vector(values) => self.others.push(format!(
                "{} is a list of {numbers}",
                subject(&name),
                numbers = counted(values.len(), "number")
            )),
            Array::Other(what) => self.others.push(format!("{} {what}", subject(&name))),
        }
    }

    /// The array that is asked for, else the first that has one of the names, else the only square one.
    pub fn take(mut self, wanted: &Option<String>, names: &[&str]) -> Result<(Grid, Reading)> {
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
    pub fn lengths(&mut self, weights: &Option<String>) -> Option<Grid> {
        let names = LENGTHS.iter().filter(|n| **n != "arr_0" && weights.as_deref() != Some(n));
        let found = names.into_iter().find_map(|n| self.matrices.iter().position(|(name, _)| name == n))?;
        if self.matrices.len() < 2 {
            return None;
        }
        let (name, lengths) = self.matrices.remove(found);
        self.reading.take("length", format!("array '{name}'"));
        Some(lengths)
    }

    /// Takes out the names of the nodes; notes it as a guess where an array of that name could not be read.
    pub fn labels(&mut self) -> Option<Vec<String>> {
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

impl Matrix {
    /// Reads a matrix of any format; `options.array` names one array of several.
    pub fn read(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Matrix> {
        let source = Source::file(path.as_ref(), options.max_bytes)?;
        let (grid, _) = Arrays::read(&source, options)?.take(&options.array, WEIGHTS)?;
        grid.dense(&source)
    }
}

/// Without the feature `formats`: refuses the file with a sentence.
#[cfg(not(feature = "formats"))]
fn read_hdf5(source: &Source) -> Result<Vec<(String, Array)>> {
    Err(source.needs_formats("HDF5 (MATLAB 7.3)"))
}

/// An array in a sentence.
fn subject(name: &str) -> &str {
    if name.is_empty() { "its array" } else { name }
}
