//! NumPy arrays: NPY files and the members of NPZ archives.

use npyz::{DType, NpyFile, Order, TypeChar};

use super::archive::Archive;
use super::dense::Matrix;
use super::source::Source;
use crate::Result;

/// What an array holds, as far as connectomes go.
pub(super) enum Array {
    /// A matrix of numbers.
    Matrix(Matrix),
    /// A list of names.
    Names(Vec<String>),
    /// Anything else: scalars, vectors, pickled objects.
    Other,
}

/// Reads an NPY file.
pub(super) fn read(source: &Source) -> Result<Array> {
    let content = source.read()?;
    check_header(source, &content)?;
    let file = NpyFile::new(content.as_slice()).map_err(|e| {
        source.error(format!("it is not a whole NPY array ({}); save it again with numpy.save", on_one_line(&e)))
    })?;
    let shape = file.shape().to_vec();
    let fortran = file.order() == Order::Fortran;
    let DType::Plain(kind) = file.dtype() else { return Ok(Array::Other) };
    match (kind.type_char(), shape.as_slice()) {
        (TypeChar::UnicodeStr, [count]) => {
            source.check_matrix(*count, kind.size_field())?;
            let names = file.into_vec::<String>().map_err(|e| source.io(e))?;
            Ok(Array::Names(names))
        }
        (TypeChar::Float | TypeChar::Int | TypeChar::Uint | TypeChar::Bool, [rows, columns]) => {
            source.check_matrix(*rows, *columns)?;
            let values = numbers(source, file)?;
            let (rows, columns) = (*rows as usize, *columns as usize);
            let values = if fortran { transposed(&values, rows, columns) } else { values };
            Ok(Array::Matrix(Matrix { rows, columns, values, labels: None }))
        }
        _ => Ok(Array::Other),
    }
}

/// The words of an error that draws what it is about on several lines.
fn on_one_line(error: &dyn std::fmt::Display) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads the arrays of an NPZ archive, in the order of the archive.
pub(super) fn read_archive(source: &Source) -> Result<Vec<(String, Array)>> {
    let mut archive = Archive::open(source)?;
    let names = archive.names().into_iter().filter(|n| n.ends_with(".npy"));
    let read = names.map(|name| Ok((name.trim_end_matches(".npy").to_owned(), read(&archive.member(&name)?)?)));
    read.collect()
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

fn numbers(source: &Source, file: NpyFile<&[u8]>) -> Result<Vec<f64>> {
    macro_rules! first_that_fits {
        ($file:ident: $($number:ty),*) => {{
            $(let $file = match $file.try_data::<$number>() {
                Ok(data) => return data.map(|v| v.map(|v| v as f64)).collect::<Result<_, _>>().map_err(|e| source.io(e)),
                Err(file) => file,
            };)*
            $file
        }};
    }
    let file = first_that_fits!(file: f64, f32, i64, u64, i32, u32, i16, u16, i8, u8);
    match file.try_data::<bool>() {
        Ok(data) => data.map(|v| v.map(f64::from)).collect::<Result<_, _>>().map_err(|e| source.io(e)),
        Err(file) => Err(source.error(format!("its numbers are of type {}; save it as float64", file.dtype().descr()))),
    }
}

/// Column-major numbers in row-major order.
pub(super) fn transposed(values: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    (0..rows * columns).map(|k| values.get((k % columns) * rows + k / columns).copied().unwrap_or(f64::NAN)).collect()
}
