//! HDF5, and with it MATLAB 7.3, which keeps its arrays in it: matrices of real numbers, full or sparse.
//!
//! MATLAB writes column by column, so that the axes of its arrays stand in reverse; all else is taken as it stands.

use std::collections::HashMap;

use hdf5_pure::{AttrValue, DType, Dataset, File, Group};

use super::hdf5_links;
use super::matrix::Matrix;
use super::npy::{Array, describe_dimensions, transposed};
use super::source::{Source, whole as exact};
use super::sparse::Sparse;
use crate::error::{Error, Result};
use crate::files::guarded;
use crate::text::counted;

/// Groups within each other, and arrays, that are looked into at most.
const DEEPEST: usize = 8;
const MOST: usize = 1000;

type Attributes = HashMap<String, AttrValue>;

/// Reads all arrays, by their paths: those that are no matrices of real numbers are told by what they are.
pub(super) fn read(source: &Source) -> Result<Vec<(String, Array)>> {
    let content = source.read()?;
    let links = hdf5_links::find_links(&content);
    let mut reader = Reader { source, arrays: Vec::new(), around: Vec::new() };
    // What our own checks refuse is told as it is.
    let mut refused = None;
    let done = guarded(|| -> std::result::Result<(), hdf5_pure::Error> {
        let file = File::from_bytes(content)?;
        refused = reader.read_group(&file.root(), "", 0)?.err();
        Ok(())
    });
    match (done, refused) {
        // A link to nowhere in the file is read as the address that no file has.
        (Err(e), _) if e.to_string().contains(&u64::MAX.to_string()) => {
            let advice =
                "copy what its links lead to into one file (h5repack, or h5py's copy), or save the matrix as .npz";
            Err(source.error(format!("it is HDF5 with soft or external links, which are not followed; {advice}")))
        }
        (Err(e), _) => {
            let advice = "save it from MATLAB with save -v7, or from Python as .npz";
            Err(source.error(format!("it is HDF5 (or MATLAB 7.3) that cannot be read ({e}); {advice}")))
        }
        (Ok(()), Some(error)) => Err(error),
        (Ok(()), None) => {
            let told = |(name, to)| (name, Array::Other(format!("is a link to {to}, which is not followed")));
            Ok(reader.arrays.into_iter().chain(links.into_iter().map(told)).collect())
        }
    }
}

/// A failure of the library, else one of ours.
type Read<T> = std::result::Result<std::result::Result<T, Error>, hdf5_pure::Error>;

struct Reader<'a> {
    source: &'a Source,
    arrays: Vec<(String, Array)>,
    /// The members of the groups around the one that is read: its arrays and its groups.
    around: Vec<[Vec<String>; 2]>,
}

impl Reader<'_> {
    /// Reads all arrays of a group and of the groups in it; their names are their paths.
    fn read_group(&mut self, group: &Group, path: &str, depth: usize) -> Read<()> {
        let members = [group.datasets()?, group.groups()?];
        self.around.push(members.clone());
        let [datasets, groups] = members;
        for name in datasets {
            if self.arrays.len() >= MOST {
                return Ok(Err(self.source.error(format!("it holds more than {MOST} arrays; save the matrix alone"))));
            }
            let array = match self.read_dataset(&group.dataset(&name)?, &format!("{path}{name}"))? {
                Ok(array) => array,
                Err(error) => return Ok(Err(error)),
            };
            self.arrays.push((format!("{path}{name}"), array));
        }
        // What MATLAB refers to from cells, and its objects, lie in groups of its own.
        for name in groups.into_iter().filter(|name| !name.starts_with('#')) {
            let (inner, path) = (group.group(&name)?, format!("{path}{name}"));
            let attributes = inner.attrs()?;
            let array = match (attributes.get("MATLAB_sparse").and_then(unsigned_attribute), matlab_class(&attributes))
            {
                (Some(rows), _) => match self.read_sparse(&inner, &path, rows)? {
                    Ok(array) => array,
                    Err(error) => return Ok(Err(error)),
                },
                (None, Some(_)) => describe_struct(&inner)?,
                // No group can hold itself but by a link, and no reader tells their places.
                (None, None) if self.around.contains(&[inner.datasets()?, inner.groups()?]) => {
                    Array::Other("is a group around itself".to_owned())
                }
                (None, None) if depth < DEEPEST => {
                    if let Err(error) = self.read_group(&inner, &format!("{path}/"), depth + 1)? {
                        return Ok(Err(error));
                    }
                    continue;
                }
                (None, None) => Array::Other("is a group within too many others".to_owned()),
            };
            self.arrays.push((path, array));
        }
        self.around.pop();
        Ok(Ok(()))
    }

    /// Reads one dataset as a matrix, a vector or names, or says what it is that a connectome has no use for.
    fn read_dataset(&self, dataset: &Dataset, path: &str) -> Read<Array> {
        let attributes = dataset.attrs()?;
        let class = matlab_class(&attributes);
        let other = |what: &str| Ok(Ok(Array::Other(what.to_owned())));
        if attributes.contains_key("MATLAB_object_decode") {
            return other("is a MATLAB object, such as a table; save its matrix alone");
        }
        match class.as_deref() {
            Some("cell") => return other("is a cell array; save its cell with the matrix alone"),
            Some("char" | "string") => return other("is text"),
            Some("function_handle") => return other("is a function"),
            _ if attributes.contains_key("MATLAB_empty") => return other("is empty"),
            _ => {}
        }
        match dataset.dtype()? {
            kind if is_number(&kind) => {}
            DType::Compound(fields) if fields.len() == 2 => {
                return other("holds complex numbers; save their real part or magnitude");
            }
            DType::String | DType::VariableLengthString => return other("is text"),
            kind => return other(&format!("holds neither whole nor real numbers but {kind}")),
        }
        let shape = dataset.shape()?;
        let [slow, fast] = shape[..] else {
            let said = if class.is_some() { shape.into_iter().rev().collect() } else { shape };
            return other(&describe_dimensions(&said));
        };
        if let Err(error) = self.source.check_matrix(slow, fast) {
            return Ok(Err(error));
        }
        let values = match read_numbers(dataset)? {
            Ok(values) => values,
            Err(problem) if slow.min(fast) < 2 => return other(&format!("is a list of which {problem}")),
            Err(problem) => return Ok(Err(self.source.error(format!("its array {path}: {problem}")))),
        };
        let (slow, fast) = (slow as usize, fast as usize);
        if values.len() != slow * fast {
            let problem = format!(
                "its array {path} is {slow} x {fast} and holds {numbers}",
                numbers = counted(values.len(), "number")
            );
            return Ok(Err(self.source.error(problem)));
        }
        let matrix = match class {
            Some(_) => Matrix { rows: fast, columns: slow, values: transposed(&values, fast, slow), labels: None },
            None => Matrix { rows: slow, columns: fast, values, labels: None },
        };
        Ok(Ok(Array::Matrix(matrix)))
    }

    /// A sparse matrix of MATLAB: row indices, the first entry of each column, values.
    fn read_sparse(&self, group: &Group, path: &str, rows: u64) -> Read<Array> {
        let there = group.datasets()?;
        let mut lists = Vec::new();
        for name in ["jc", "ir", "data"] {
            // Without an entry there is neither a list of rows nor one of values.
            if name != "jc" && !there.iter().any(|other| other == name) {
                lists.push(Vec::new());
                continue;
            }
            let list = group.dataset(name)?;
            if !is_number(&list.dtype()?) {
                return Ok(Ok(Array::Other("holds complex numbers; save their real part or magnitude".to_owned())));
            }
            let size = list.shape()?.iter().fold(8u64, |size, axis| size.saturating_mul(*axis));
            if size > self.source.limit {
                return Ok(Err(self.source.too_large(&format!("its array {path}"), size)));
            }
            match read_numbers(&list)? {
                Ok(list) => lists.push(list),
                Err(problem) => return Ok(Err(self.source.error(format!("its array {path}: {problem}")))),
            }
        }
        let size = [rows, (lists[0].len() as u64).saturating_sub(1)];
        let sparse = Sparse::compressed(size, true, &lists[0], &lists[1], &lists[2]);
        Ok(sparse.map(Array::Sparse).map_err(|problem| self.source.error(format!("its array {path}: {problem}"))))
    }
}

/// What to say of a struct: the field to save is the first that is a matrix.
fn describe_struct(group: &Group) -> std::result::Result<Array, hdf5_pure::Error> {
    let names = group.datasets()?;
    for name in &names {
        let field = group.dataset(name)?;
        if is_number(&field.dtype()?) && field.shape()?.len() == 2 && field.shape()?.iter().all(|axis| *axis > 1) {
            return Ok(Array::Other(format!("is a struct; save its field {name}")));
        }
    }
    Ok(Array::Other(format!("is a struct; save one of its fields ({})", names.join(", "))))
}

/// The numbers of a dataset as f64, or the problem of the first that would lose digits.
fn read_numbers(dataset: &Dataset) -> std::result::Result<std::result::Result<Vec<f64>, String>, hdf5_pure::Error> {
    let exact = |value: i128| exact(value, "the number");
    Ok(match dataset.dtype()? {
        DType::I64 => dataset.read_i64()?.into_iter().map(|value| exact(value.into())).collect(),
        DType::U64 => dataset.read_u64()?.into_iter().map(|value| exact(value.into())).collect(),
        _ => Ok(dataset.read_f64()?),
    })
}

/// Whether the elements are whole or real numbers of a fixed width.
fn is_number(kind: &DType) -> bool {
    use DType::{F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};
    matches!(kind, F32 | F64 | I8 | I16 | I32 | I64 | U8 | U16 | U32 | U64)
}

/// The class that MATLAB gives its arrays.
fn matlab_class(attributes: &Attributes) -> Option<String> {
    match attributes.get("MATLAB_class")? {
        AttrValue::AsciiString(text) | AttrValue::String(text) => Some(text.clone()),
        AttrValue::AsciiStringSized { value, .. } | AttrValue::StringSized { value, .. } => Some(value.clone()),
        other => Some(format!("{other:?}")),
    }
}

/// The value of an attribute that is a whole number from 0.
fn unsigned_attribute(value: &AttrValue) -> Option<u64> {
    match value {
        AttrValue::U64(value) => Some(*value),
        AttrValue::I64(value) => u64::try_from(*value).ok(),
        AttrValue::U32(value) => Some(u64::from(*value)),
        _ => None,
    }
}
