//! MATLAB files of version 4: arrays one after another, each behind five numbers and its name.

use super::matrix::Matrix;
use super::npy::{Array, transposed};
use super::source::Source;
use super::sparse::Sparse;
use crate::Result;

/// Reads all arrays, with their names.
pub(super) fn read(source: &Source) -> Result<Vec<(String, Array)>> {
    let content = source.read()?;
    let mut rest = content.as_slice();
    let mut arrays = Vec::new();
    while !rest.is_empty() {
        let (name, array, after) = read_array(source, rest)?;
        arrays.push((name, array));
        rest = after;
    }
    Ok(arrays)
}

/// The first array, and what follows it.
fn read_array<'d>(source: &Source, bytes: &'d [u8]) -> Result<(String, Array, &'d [u8])> {
    let short = || source.error("it is a MATLAB file of version 4 that ends within an array");
    let big = bytes.first().is_some_and(|b| *b == 0) && bytes.get(..4).is_some_and(|b| b != [0; 4]);
    let number = |at: usize| {
        let bytes: [u8; 4] = bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).ok_or_else(short)?;
        Ok::<_, crate::Error>(if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    };
    let [kind, rows, columns, imaginary, name] = [number(0)?, number(4)?, number(8)?, number(12)?, number(16)?];
    source.check_matrix(u64::from(rows), u64::from(columns))?;
    let (rows, columns, digits) = (rows as usize, columns as usize, [kind / 1000, kind / 10 % 10, kind % 10]);
    let width = match digits {
        [0 | 1, 0, 0..=2] => 8,
        [0 | 1, 1 | 2, 0..=2] => 4,
        [0 | 1, 3 | 4, 0..=2] => 2,
        [0 | 1, 5, 0..=2] => 1,
        _ => return Err(source.error(format!("its array is of the unknown kind {kind}; save it with save -v7"))),
    };
    let text = bytes.get(20..).and_then(|b| b.get(..name as usize)).ok_or_else(short)?;
    let name: String = text.iter().take_while(|b| **b != 0).map(|b| char::from(*b)).collect();
    let data = &bytes[20 + text.len()..];
    let size = rows * columns * width;
    let values = decode_numbers(data.get(..size).ok_or_else(short)?, digits[1], big);
    let parts = if imaginary == 0 { 1 } else { 2 };
    let after = data.get(size * parts..).ok_or_else(short)?;
    let array = match digits[2] {
        _ if imaginary != 0 => Array::Other("holds complex numbers; save their real part or magnitude".to_owned()),
        0 => Array::Matrix(Matrix { rows, columns, values: transposed(&values, rows, columns), labels: None }),
        1 => Array::Other("is text".to_owned()),
        _ => sparse_array(&values, rows, columns)
            .map_err(|problem| source.error(format!("its array {name}: {problem}")))?,
    };
    Ok((name, array, after))
}

/// A sparse array: columns of rows, columns and values; the last of each is the size.
fn sparse_array(values: &[f64], rows: usize, columns: usize) -> Result<Array, String> {
    let column = |at: usize| values.get(at * rows..(at + 1) * rows);
    let (Some(from), Some(to), Some(weights)) = (column(0), column(1), column(2)) else {
        return Err("it is no sparse array; save it with save -v7".to_owned());
    };
    let (Some((height, from)), Some((width, to)), Some((_, weights)), 3) =
        (from.split_last(), to.split_last(), weights.split_last(), columns)
    else {
        return Ok(Array::Other("holds complex numbers, or none; save their real part or magnitude".to_owned()));
    };
    let from_zero = |places: &[f64]| places.iter().map(|p| p - 1.0).collect::<Vec<f64>>();
    let size = [*height as u64, *width as u64];
    Sparse::coordinates(size, &from_zero(from), &from_zero(to), weights).map(Array::Sparse)
}

/// The values of an array; `precision` is the digit P of MATLAB's type code MOPT.
fn decode_numbers(data: &[u8], precision: u32, big: bool) -> Vec<f64> {
    macro_rules! read_as {
        ($number:ty) => {
            data.chunks_exact(size_of::<$number>())
                .filter_map(|bytes| bytes.try_into().ok())
                .map(|b| if big { <$number>::from_be_bytes(b) } else { <$number>::from_le_bytes(b) })
                .map(f64::from)
                .collect()
        };
    }
    match precision {
        0 => read_as!(f64),
        1 => read_as!(f32),
        2 => read_as!(i32),
        3 => read_as!(i16),
        4 => read_as!(u16),
        _ => read_as!(u8),
    }
}
