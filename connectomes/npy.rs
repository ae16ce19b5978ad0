//! NumPy arrays: NPY files and the members of NPZ archives.

use npyz::{DType, NpyFile, Order, TypeChar};

use super::archive::Archive;
use super::matrix::Matrix;
use super::source::{Source, whole};
use super::sparse::Sparse;
use crate::Result;

/// What an array holds, as far as connectomes go.
pub(super) enum Array {
    /// A matrix of numbers.
    Matrix(Matrix),
    /// A list of names.
    Names(Vec<String>),
    /// A sparse matrix.
    Sparse(Sparse),
    /// A list of numbers.
    Vector(Vec<f64>),
    /// Anything else: the rest of a sentence about it.
    Other(String),
}

/// Reads an NPY file.
pub(super) fn read(source: &Source) -> Result<Array> {
    let content = source.read()?;
    check_header(source, &content)?;
    if header_of(&content).windows(3).any(|w| w == b"|O'" || w == b"'O'") {
        return Ok(Array::Other("holds Python objects; save it as float64 with numpy.save".to_owned()));
    }
    let file = NpyFile::new(content.as_slice()).map_err(|e| {
        source.error(format!("it is not a whole NPY array ({}); save it again with numpy.save", on_one_line(&e)))
    })?;
    let shape = file.shape().to_vec();
    let fortran = file.order() == Order::Fortran;
    let DType::Plain(kind) = file.dtype() else {
        return Ok(Array::Other("is a table of records; save its columns as CSV".to_owned()));
    };
    match (kind.type_char(), shape.as_slice()) {
        (TypeChar::UnicodeStr, [count]) => {
            source.check_matrix(*count, kind.size_field())?;
            let names = file.into_vec::<String>().map_err(|e| source.io(e))?;
            Ok(Array::Names(names))
        }
        (TypeChar::ByteStr, [count]) => {
            source.check_matrix(*count, kind.size_field())?;
            let names = file.into_vec::<Vec<u8>>().map_err(|e| source.io(e))?;
            let names = names.into_iter().map(String::from_utf8).collect::<Result<Vec<String>, _>>();
            Ok(names.map_or_else(|_| Array::Other("holds texts that are not UTF-8".to_owned()), Array::Names))
        }
        (TypeChar::Float | TypeChar::Int | TypeChar::Uint | TypeChar::Bool, [rows, columns]) => {
            source.check_matrix(*rows, *columns)?;
            let values = read_numbers(source, file)?.map_err(|problem| source.error(problem))?;
            let (rows, columns) = (*rows as usize, *columns as usize);
            let values = if fortran { transposed(&values, rows, columns) } else { values };
            Ok(Array::Matrix(Matrix { rows, columns, values, labels: None }))
        }
        (TypeChar::Float | TypeChar::Int | TypeChar::Uint | TypeChar::Bool, [count]) => {
            source.check_matrix(*count, 1)?;
            Ok(read_numbers(source, file)?
                .map_or_else(|problem| Array::Other(format!("is a list of which {problem}")), Array::Vector))
        }
        (TypeChar::Complex, _) => {
            Ok(Array::Other("holds complex numbers; save their real part or magnitude".to_owned()))
        }
        (TypeChar::Float | TypeChar::Int | TypeChar::Uint | TypeChar::Bool, shape) => {
            Ok(Array::Other(describe_dimensions(shape)))
        }
        (kind, _) => Ok(Array::Other(format!("holds values of type {}, no numbers", kind.to_str()))),
    }
}

/// What an array is that has another number of dimensions than two.
pub(super) fn describe_dimensions(shape: &[u64]) -> String {
    match shape.len() {
        0 | 1 => "is no matrix but a single number or a list".to_owned(),
        n => {
            let shape: Vec<String> = shape.iter().take(8).map(u64::to_string).collect();
            format!("has {n} dimensions ({}); save one matrix of it", shape.join(" x "))
        }
    }
}

/// The words of an error that draws what it is about on several lines.
fn on_one_line(error: &dyn std::fmt::Display) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads the arrays of an NPZ archive, in the order of the archive.
pub(super) fn read_archive(source: &Source) -> Result<Vec<(String, Array)>> {
    let mut archive = Archive::open(source)?;
    let names: Vec<String> = archive.names().into_iter().filter(|n| n.ends_with(".npy")).collect();
    let has = |wanted: &str| names.iter().any(|n| n.strip_suffix(".npy") == Some(wanted));
    if has("format") && has("shape") && has("data") {
        let sparse = Array::Sparse(read_scipy_sparse(source, &mut archive)?);
        let beside = names.iter().filter(|name| !SCIPY.contains(&name.trim_end_matches(".npy")));
        let beside = beside.map(|name| read_member(&mut archive, name)).collect::<Result<Vec<_>>>()?;
        return Ok([(String::new(), sparse)].into_iter().chain(beside).collect());
    }
    names.iter().map(|name| read_member(&mut archive, name)).collect()
}

/// The arrays of a sparse matrix of scipy's.
const SCIPY: [&str; 8] = ["format", "shape", "data", "indices", "indptr", "row", "col", "_is_array"];

/// An array under its name in the archive, which ends in `.npy`.
fn read_member(archive: &mut Archive, name: &str) -> Result<(String, Array)> {
    Ok((name.trim_end_matches(".npy").to_owned(), read(&archive.member(name)?)?))
}

/// The kind of a sparse matrix of scipy's: csr, csc, coo...
pub(super) fn scipy_kind(archive: &mut Archive) -> Result<String> {
    let content = archive.member("format.npy")?.read()?;
    let text = content.get(header_of(&content).len()..).unwrap_or_default();
    Ok(text.iter().filter(|b| b.is_ascii_alphabetic()).take(8).map(|b| char::from(*b)).collect())
}

/// Reads what scipy.sparse.save_npz writes.
fn read_scipy_sparse(source: &Source, archive: &mut Archive) -> Result<Sparse> {
    let kind = scipy_kind(archive)?;
    let mut vector = |name: &str| match read(&archive.member(&format!("{name}.npy"))?)? {
        Array::Vector(values) => Ok(values),
        Array::Other(what) => Err(source.error(format!("it is a scipy sparse matrix whose {name} {what}"))),
        _ => Err(source.error(format!("it is a scipy sparse matrix whose {name} is no list of numbers"))),
    };
    if !matches!(kind.as_str(), "csr" | "csc" | "coo") {
        let advice = "save it with save_npz(file, matrix.tocsr())";
        return Err(
            source.error(format!("it is a scipy sparse matrix of the kind {kind}, which is not read; {advice}"))
        );
    }
    let size = match vector("shape")?[..] {
        [rows, columns] if rows >= 0.0 && columns >= 0.0 => [rows as u64, columns as u64],
        ref shape => {
            return Err(source.error(format!("it is a scipy sparse array of {} dimensions, not 2", shape.len())));
        }
    };
    let data = vector("data")?;
    let sparse = match kind.as_str() {
        "coo" => Sparse::coordinates(size, &vector("row")?, &vector("col")?, &data),
        kind => Sparse::compressed(size, kind == "csc", &vector("indptr")?, &vector("indices")?, &data),
    };
    sparse.map_err(|problem| source.error(problem))
}

/// The header of an NPY file, with its magic number.
fn header_of(content: &[u8]) -> &[u8] {
    let size = match content {
        [_, _, _, _, _, _, 1, _, a, b, ..] => usize::from(u16::from_le_bytes([*a, *b])) + 10,
        [_, _, _, _, _, _, _, _, a, b, c, d, ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize).saturating_add(12),
        _ => 0,
    };
    &content[..size.min(content.len())]
}

/// The length of the header is read by the crate before it is compared with the file, so it is compared here.
fn check_header(source: &Source, content: &[u8]) -> Result<()> {
    let header = match content {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _, a, b, ..] => u64::from(u16::from_le_bytes([*a, *b])) + 10,
        [0x93, b'N', b'U', b'M', b'P', b'Y', _, _, a, b, c, d, ..] => {
            u64::from(u32::from_le_bytes([*a, *b, *c, *d])) + 12
        }
        _ => return Err(source.error("it is not an NPY array; save it with numpy.save")),
    };
    match header <= content.len() as u64 {
        true => Ok(()),
        false => Err(source.error("it ends within its header, as if cut off; get a whole copy")),
    }
}

/// The numbers of an array as f64, or the problem of the first that would lose digits.
fn read_numbers(source: &Source, file: NpyFile<&[u8]>) -> Result<Result<Vec<f64>, String>> {
    macro_rules! first_that_fits {
        ($file:ident: $($number:ty as $change:expr),*) => {{
            $(let $file = match $file.try_data::<$number>() {
                Ok(data) => return converted(source, data, $change),
                Err(file) => file,
            };)*
            $file
        }};
    }
    let file = first_that_fits!(file: f64 as Ok, f32 as |v| Ok(v.into()), i64 as exact_number, u64 as exact_number, i32 as exact_number,
        u32 as exact_number, i16 as exact_number, u16 as exact_number, i8 as exact_number, u8 as exact_number, bool as |v| Ok(v.into()));
    Err(source.error(format!("its numbers are of type {}; save it as float64", file.dtype().descr())))
}

/// A whole number as f64, or the problem if it would lose digits.
fn exact_number(value: impl Into<i128>) -> Result<f64, String> {
    whole(value.into(), "the number")
}

/// The values changed one by one; the outer error is of the file, the inner of a value.
fn converted<T>(
    source: &Source,
    data: impl Iterator<Item = std::io::Result<T>>,
    change: impl Fn(T) -> Result<f64, String>,
) -> Result<Result<Vec<f64>, String>> {
    data.map(|value| value.map(&change)).collect::<std::io::Result<_>>().map_err(|e| source.io(e))
}

/// Column-major numbers in row-major order.
pub(super) fn transposed(values: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    (0..rows * columns).map(|k| values.get((k % columns) * rows + k / columns).copied().unwrap_or(f64::NAN)).collect()
}
