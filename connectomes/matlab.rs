//! MATLAB files of version 5 to 7: matrices of real numbers, full or sparse.
//!
//! The layout is that of "MAT-File Format" (The MathWorks): a header of 128 bytes, then elements of type, size and
//! data, padded to 8 bytes; a compressed element holds one matrix packed by zlib.

use std::io::Read;

use super::capped::Capped;
use super::matrix::Matrix;
use super::npy::{Array, describe_dimensions, transposed};
use super::source::{Source, whole};
use super::sparse::Sparse;
use crate::error::{Error, Result};

const INT8: u32 = 1;
const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;

/// Classes of arrays with plain numbers: double, single and the integers.
const NUMERIC: std::ops::RangeInclusive<u8> = 6..=15;
const TEXT: u8 = 4;
const SPARSE: u8 = 5;
/// Flag of an array with imaginary parts.
const COMPLEX: u32 = 0x800;

/// Whether these are the first bytes of a MATLAB file.
pub(super) fn recognise(head: &[u8]) -> bool {
    head.starts_with(b"MATLAB 5.0") || matches!(head.get(124..128), Some([0, 1, b'I', b'M'] | [1, 0, b'M', b'I']))
}

/// Reads all arrays, with their names: those that are no matrices of real numbers are told by what they are.
pub(super) fn read(source: &Source) -> Result<Vec<(String, Array)>> {
    let content = source.read()?;
    let big_endian = match content.get(126..128) {
        Some(b"IM") => false,
        Some(b"MI") => true,
        _ => return Err(cut_off(source)),
    };
    let file = Reader { source, big_endian };
    let mut rest = content.get(128..).unwrap_or_default();
    let mut arrays = Vec::new();
    while !rest.is_empty() {
        let (kind, data, after) = file.read_element(rest)?;
        rest = after;
        match kind {
            MATRIX => arrays.extend(file.read_matrix(data)?),
            COMPRESSED => {
                let mut unpacked = Vec::new();
                let packed = Capped::new(flate2::read::ZlibDecoder::new(data), source.limit);
                { packed }.read_to_end(&mut unpacked).map_err(|e| source.io(e))?;
                let (kind, data, _) = file.read_element(&unpacked)?;
                if kind == MATRIX {
                    arrays.extend(file.read_matrix(data)?);
                }
            }
            _ => {}
        }
    }
    Ok(arrays)
}

/// The error of a file that ends too early or contradicts itself.
fn cut_off(source: &Source) -> Error {
    source.error("it is not a whole MATLAB file of version 5 to 7; save it again with save -v7")
}

struct Reader<'a> {
    source: &'a Source,
    big_endian: bool,
}

impl Reader<'_> {
    /// Type and data of the first element, and what follows it.
    fn read_element<'d>(&self, bytes: &'d [u8]) -> Result<(u32, &'d [u8], &'d [u8])> {
        let short = || cut_off(self.source);
        let tag = self.u32_at_start(bytes.get(..4).ok_or_else(short)?);
        if tag >> 16 != 0 {
            let data = bytes.get(4..8).and_then(|d| d.get(..(tag >> 16) as usize)).ok_or_else(short)?;
            return Ok((tag & 0xffff, data, &bytes[8..]));
        }
        let size = self.u32_at_start(bytes.get(4..8).ok_or_else(short)?) as usize;
        let data = bytes.get(8..).and_then(|d| d.get(..size)).ok_or_else(short)?;
        let end = if tag == COMPRESSED { 8 + size } else { 8 + size.next_multiple_of(8) };
        Ok((tag, data, bytes.get(end..).unwrap_or_default()))
    }

    /// The array of a matrix element, or nothing if it has no name: such are MATLAB's own.
    fn read_matrix(&self, bytes: &[u8]) -> Result<Option<(String, Array)>> {
        let (_, flags, rest) = self.read_element(bytes)?;
        let flags = flags.get(..4).map(|f| self.u32_at_start(f)).ok_or_else(|| cut_off(self.source))?;
        let class = flags as u8;
        let (_, dimensions, rest) = self.read_element(rest)?;
        let (_, name, rest) = self.read_element(rest)?;
        let name = String::from_utf8_lossy(name).into_owned();
        let other = |what: &str| Ok(Some((name.clone(), Array::Other(what.to_owned()))));
        match class {
            // Behind the flags of an object comes its name at once.
            17 => {
                let name = String::from_utf8_lossy(dimensions).into_owned();
                let what = "is a MATLAB object, such as a table; save its matrix alone";
                return Ok(Some((name, Array::Other(what.to_owned()))));
            }
            _ if name.is_empty() => return Ok(None),
            1 => match self.read_cell_texts(rest)? {
                Some(texts) => return Ok(Some((name, Array::Names(texts)))),
                None => return other("is a cell array; save its cell with the matrix alone"),
            },
            2 => return self.describe_struct(name, rest).map(Some),
            3 => return other("is a MATLAB object; save its matrix alone"),
            TEXT => match self.read_text_rows(dimensions, rest) {
                Some(lines) => return Ok(Some((name, Array::Names(lines)))),
                None => return other("is text"),
            },
            16 => return other("is a function"),
            class if class == SPARSE || NUMERIC.contains(&class) => {}
            _ => return other("is of an unknown class; save its matrix alone"),
        }
        if flags & COMPLEX != 0 {
            return other("holds complex numbers; save their real part or magnitude");
        }
        if dimensions.len() != 8 {
            let shape: Vec<u64> = dimensions.chunks_exact(4).map(|n| u64::from(self.u32_at_start(n))).collect();
            return other(&describe_dimensions(&shape));
        }
        let size = |at: usize| match self.u32_at_start(&dimensions[at..at + 4]) as i32 {
            n if n < 0 => {
                Err(self.source.error(format!("its array {name} has {n} rows or columns; a size is never negative")))
            }
            n => Ok(n as usize),
        };
        let (rows, columns) = (size(0)?, size(4)?);
        if class == SPARSE {
            let sparse = self.read_sparse(rest, [rows as u64, columns as u64])?;
            let sparse = sparse.map_err(|problem| self.source.error(format!("its array {name}: {problem}")))?;
            return Ok(Some((name, Array::Sparse(sparse))));
        }
        self.source.check_matrix(rows as u64, columns as u64)?;
        let (kind, data, _) = self.read_element(rest)?;
        let values = match self.decode_numbers(kind, data)? {
            Ok(values) => values,
            Err(problem) if rows.min(columns) < 2 => return other(&format!("is a list of which {problem}")),
            Err(problem) => return Err(self.source.error(format!("its array {name}: {problem}"))),
        };
        if values.len() != rows * columns {
            let found = values.len();
            return Err(self.source.error(format!("its array {name} is {rows} x {columns} and holds {found} numbers")));
        }
        let values = transposed(&values, rows, columns);
        Ok(Some((name, Array::Matrix(Matrix { rows, columns, values, labels: None }))))
    }

    /// The texts of a cell array that holds nothing else.
    fn read_cell_texts(&self, mut cells: &[u8]) -> Result<Option<Vec<String>>> {
        let mut texts = Vec::new();
        while !cells.is_empty() {
            let (kind, data, after) = self.read_element(cells)?;
            match self.read_text(data).filter(|_| kind == MATRIX) {
                Some(text) => texts.push(text),
                None => return Ok(None),
            }
            cells = after;
        }
        Ok(Some(texts).filter(|texts| !texts.is_empty()))
    }

    /// The text of a matrix element that is one line of characters.
    fn read_text(&self, bytes: &[u8]) -> Option<String> {
        let (_, flags, rest) = self.read_element(bytes).ok()?;
        let (_, size, rest) = self.read_element(rest).ok()?;
        let (_, _, rest) = self.read_element(rest).ok()?;
        if self.u32_at_start(flags.get(..4)?) as u8 != TEXT || self.u32_at_start(size) > 1 {
            return None;
        }
        let (kind, data, _) = self.read_element(rest).ok()?;
        self.decode_characters(kind, data)
    }

    /// The rows of a matrix of characters, which are of one length, without the blanks at their ends.
    fn read_text_rows(&self, dimensions: &[u8], rest: &[u8]) -> Option<Vec<String>> {
        let (rows, columns) =
            (self.u32_at_start(dimensions.get(..4)?) as usize, self.u32_at_start(dimensions.get(4..8)?) as usize);
        let (kind, data, _) = self.read_element(rest).ok()?;
        let text: Vec<char> = self.decode_characters(kind, data)?.chars().collect();
        if dimensions.len() != 8 || rows < 2 || rows.checked_mul(columns) != Some(text.len()) {
            return None;
        }
        let line = |row: usize| text.iter().skip(row).step_by(rows).collect::<String>().trim_end().to_owned();
        Some((0..rows).map(line).collect())
    }

    /// The text of a character array: UTF-16 or one byte per character, by its data type.
    fn decode_characters(&self, kind: u32, data: &[u8]) -> Option<String> {
        match kind {
            4 | 17 => {
                let units = data.chunks_exact(2).filter_map(|unit| self.first_bytes(unit));
                let big = self.big_endian;
                let units = units.map(|unit| if big { u16::from_be_bytes(unit) } else { u16::from_le_bytes(unit) });
                String::from_utf16(&units.collect::<Vec<u16>>()).ok()
            }
            INT8 | 2 | 16 => String::from_utf8(data.to_vec()).ok(),
            _ => None,
        }
    }

    /// What to say of a struct: the field to save is the first that is a matrix.
    fn describe_struct(&self, name: String, rest: &[u8]) -> Result<(String, Array)> {
        let (_, length, rest) = self.read_element(rest)?;
        let length = (self.u32_at_start(length) as usize).max(1);
        let (_, names, mut rest) = self.read_element(rest)?;
        let names = names.chunks(length).map(|n| n.split(|b| *b == 0).next().unwrap_or_default());
        let names: Vec<String> = names.map(|n| String::from_utf8_lossy(n).into_owned()).collect();
        let mut advice = format!("save one of its fields ({})", names.join(", "));
        for field in &names {
            let Ok((MATRIX, data, after)) = self.read_element(rest) else { break };
            rest = after;
            let is_matrix = |class: u8| class == SPARSE || NUMERIC.contains(&class);
            let class = self
                .read_element(data)
                .ok()
                .and_then(|(_, flags, _)| flags.get(..4))
                .map(|f| self.u32_at_start(f) as u8);
            if class.is_some_and(is_matrix) {
                advice = format!("save its field {field}");
                break;
            }
        }
        Ok((name, Array::Other(format!("is a struct; {advice}"))))
    }

    /// The entries of a sparse array: row indices, the first entry of each column, values.
    fn read_sparse(&self, bytes: &[u8], size: [u64; 2]) -> Result<Result<Sparse, String>> {
        let (kind, data, rest) = self.read_element(bytes)?;
        let rows = self.decode_numbers(kind, data)?;
        let (kind, data, rest) = self.read_element(rest)?;
        let starts = self.decode_numbers(kind, data)?;
        let (kind, data, _) = self.read_element(rest)?;
        let values = self.decode_numbers(kind, data)?;
        Ok(rows.and_then(|rows| Sparse::compressed(size, true, &starts?, &rows, &values?)))
    }

    /// The first four bytes in the file's byte order; 0 if there are fewer.
    fn u32_at_start(&self, bytes: &[u8]) -> u32 {
        self.first_bytes(bytes)
            .map_or(0, |b| if self.big_endian { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) })
    }

    /// The first N bytes; None if there are fewer.
    fn first_bytes<const N: usize>(&self, bytes: &[u8]) -> Option<[u8; N]> {
        bytes.get(..N)?.try_into().ok()
    }

    /// The numbers of a data element as f64, or the problem of the first that would lose digits.
    fn decode_numbers(&self, kind: u32, data: &[u8]) -> Result<Result<Vec<f64>, String>> {
        macro_rules! read_as {
            ($number:ty) => {
                read_as!($number, |v| Ok(v.into()))
            };
            ($number:ty, $change:expr) => {
                data.chunks_exact(size_of::<$number>())
                    .filter_map(|bytes| self.first_bytes(bytes))
                    .map(|b| if self.big_endian { <$number>::from_be_bytes(b) } else { <$number>::from_le_bytes(b) })
                    .map($change)
                    .collect()
            };
        }
        Ok(match kind {
            INT8 => read_as!(i8),
            2 => read_as!(u8),
            3 => read_as!(i16),
            4 => read_as!(u16),
            5 => read_as!(i32),
            6 => read_as!(u32),
            7 => read_as!(f32),
            9 => read_as!(f64),
            12 => read_as!(i64, |v| whole(v.into(), "the number")),
            13 => read_as!(u64, |v| whole(v.into(), "the number")),
            _ => {
                return Err(self
                    .source
                    .error(format!("it holds numbers of the unknown type {kind}; save it again with save -v7")));
            }
        })
    }
}
