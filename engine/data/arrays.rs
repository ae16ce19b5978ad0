//! Reads arrays: NPY files of numbers or of records of numbers, and IDX files (the format of MNIST), plain or gzipped.

use std::io::Read;
use std::path::Path;

use npyz::{DType, Endianness, NpyHeader, Order, TypeChar};

use super::read_unpacked;
use crate::error::{Error, Result};
use crate::files::{Input, Limit};
use crate::text::counted;

/// The first bytes of an NPY file.
const NPY: &[u8] = b"\x93NUMPY";

/// An array of numbers or records in several dimensions, as it is stored.
#[derive(Debug)]
pub(crate) struct Array {
    /// Elements along each dimension.
    pub shape: Vec<usize>,
    /// The fields of records; of numbers one field without a name.
    fields: Vec<Field>,
    /// Bytes of an element.
    size: usize,
    /// The elements, row by row.
    data: Vec<u8>,
}

/// A field, which is a number in each element.
#[derive(Debug)]
struct Field {
    name: String,
    stored: Stored,
    /// First byte of the field within an element.
    start: usize,
}

/// How a number is stored.
#[derive(Debug, Clone, Copy)]
struct Stored {
    kind: TypeChar,
    /// Number of bytes.
    size: usize,
    /// Whether bytes are in big-endian order.
    big: bool,
}

impl Stored {
    /// The format of a number; `None` unless it is a float of 4 or 8 bytes, or an integer or bool of 1, 2, 4 or 8
    /// bytes.
    fn new(kind: TypeChar, size: usize, big: bool) -> Option<Stored> {
        let known = match kind {
            TypeChar::Float => [4, 8].contains(&size),
            TypeChar::Int | TypeChar::Uint | TypeChar::Bool => [1, 2, 4, 8].contains(&size),
            _ => false,
        };
        known.then_some(Stored { kind, size, big })
    }

    /// The number with these bytes.
    fn number(self, bytes: &[u8]) -> f64 {
        let mut word = [0; 8];
        word[..self.size].copy_from_slice(bytes);
        if self.big {
            word[..self.size].reverse();
        }
        let bits = u64::from_le_bytes(word);
        match (self.kind, self.size) {
            (TypeChar::Float, 4) => f32::from_bits(bits as u32).into(),
            (TypeChar::Float, _) => f64::from_bits(bits),
            (TypeChar::Int, size) => {
                let unused = 64 - 8 * size;
                ((bits << unused) as i64 >> unused) as f64
            }
            _ => bits as f64,
        }
    }

    /// The largest number of an unsigned integer; `None` for other types.
    fn largest(self) -> Option<f64> {
        (self.kind == TypeChar::Uint).then(|| 2f64.powi(8 * self.size as i32) - 1.0)
    }
}

impl Array {
    /// Reads an NPY or IDX file, which its content distinguishes.
    ///
    /// # Errors
    /// A file that cannot be read, has another format or is cut off.
    pub fn read(path: &Path) -> Result<Array> {
        let content = read_unpacked(path, "an array")?;
        let array = if content.starts_with(NPY) { parse_npy(&content) } else { parse_idx(&content) };
        array.map_err(|problem| Error::file(path, problem))
    }

    /// All numbers, row by row; `None` for an array of records.
    pub fn numbers(&self) -> Option<impl ExactSizeIterator<Item = f64>> {
        match self.fields.as_slice() {
            [field] if field.name.is_empty() => Some(self.values(field)),
            _ => None,
        }
    }

    /// The numbers of the field `name` of all records; `None` if there is no such field.
    pub fn field(&self, name: &str) -> Option<impl ExactSizeIterator<Item = f64>> {
        let field = self.fields.iter().find(|field| field.name == name && !name.is_empty())?;
        Some(self.values(field))
    }

    /// The names of the fields of records; empty for an array of numbers.
    pub fn field_names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.name.as_str()).filter(|name| !name.is_empty())
    }

    /// The largest number that the type of the elements can hold; `None` unless they are unsigned integers.
    pub fn largest_possible(&self) -> Option<f64> {
        self.fields.first().and_then(|field| field.stored.largest())
    }

    /// The numbers of a field in all elements.
    fn values(&self, field: &Field) -> impl ExactSizeIterator<Item = f64> {
        let (stored, place) = (field.stored, field.start..field.start + field.stored.size);
        self.data.chunks_exact(self.size.max(1)).map(move |element| stored.number(&element[place.clone()]))
    }

    /// Whether the file `path` begins as an NPY, IDX or gzipped file does.
    pub fn is_array_file(path: &Path) -> bool {
        let start = first_bytes(path);
        let idx = matches!(start, [0, 0, 8 | 9 | 11..=14, dimensions] if dimensions > 0);
        NPY.starts_with(&start) || start.starts_with(super::GZIP) || idx
    }
}

/// The first four bytes of a regular file, which show its format; blanks, which no format begins with, for a pipe, a
/// shorter file or one that cannot be read.
pub(crate) fn first_bytes(path: &Path) -> [u8; 4] {
    let mut start = [0; 4];
    let input = Input::open(path, Limit { bytes: u64::MAX, raise: "" }, "a file").ok();
    let input = input.filter(|input| input.size().is_some());
    match input.is_some_and(|mut input| input.read_exact(&mut start).is_ok()) {
        true => start,
        false => [b' '; 4],
    }
}

/// The array of an NPY file with this content; errors are parts of sentences.
pub(super) fn parse_npy(content: &[u8]) -> Result<Array, String> {
    let header = match content {
        [_, _, _, _, _, _, 1, _, a, b, ..] => 10 + usize::from(u16::from_le_bytes([*a, *b])),
        [_, _, _, _, _, _, _, _, a, b, c, d, ..] => {
            12usize.saturating_add(u32::from_le_bytes([*a, *b, *c, *d]) as usize)
        }
        _ => usize::MAX,
    };
    let (mut head, data) = content.split_at_checked(header).ok_or("it ends within its header; get a whole copy")?;
    let broken = |reason| format!("it is not a whole NPY array ({reason}); save it again with numpy.save");
    let header = NpyHeader::from_reader(&mut head).map_err(|reason| broken(reason.to_string()))?;
    if header.order() == Order::Fortran && header.shape().len() > 1 {
        return Err("it lies column by column; save numpy.ascontiguousarray of it".into());
    }
    let shape = header.shape().iter().map(|&size| size as usize).collect();
    match header.dtype() {
        DType::Record(fields) => {
            let fields = fields.into_iter().map(|field| Ok((field.name, stored(&field.dtype)?)));
            array(shape, fields.collect::<Result<_, String>>()?, data)
        }
        other => array(shape, vec![(String::new(), stored(&other)?)], data),
    }
}

/// The format of a number of type `kind`; refuses types that are no such numbers.
fn stored(kind: &DType) -> Result<Stored, String> {
    let DType::Plain(own) = kind else { return Err("its elements are arrays themselves; save plain numbers".into()) };
    let stored = Stored::new(own.type_char(), own.size_field() as usize, own.endianness() == Endianness::Big);
    stored.ok_or_else(|| format!("it holds elements of type {}; save it as float64", kind.descr()))
}

/// The array of an IDX file: two zeros, the type, the number of dimensions, their sizes and the elements, all
/// big-endian.
fn parse_idx(content: &[u8]) -> Result<Array, String> {
    let none = "it is neither an NPY nor an IDX file; save it with numpy.save";
    let [0, 0, kind, dimensions, rest @ ..] = content else {
        return Err(if content.is_empty() { "it is empty; get a whole copy".into() } else { none.into() });
    };
    let (kind, size) = match kind {
        0x08 => (TypeChar::Uint, 1),
        0x09 => (TypeChar::Int, 1),
        0x0b => (TypeChar::Int, 2),
        0x0c => (TypeChar::Int, 4),
        0x0d => (TypeChar::Float, 4),
        0x0e => (TypeChar::Float, 8),
        _ => return Err(none.into()),
    };
    let cut = "it ends within its header; get a whole copy";
    let (sizes, data) = rest.split_at_checked(4 * usize::from(*dimensions)).ok_or(cut)?;
    let (sizes, _) = sizes.as_chunks();
    let shape = sizes.iter().map(|&size| u32::from_be_bytes(size) as usize).collect();
    let read = array(shape, vec![(String::new(), Stored { kind, size, big: true })], data)?;
    match data.len() - read.data.len() {
        0 => Ok(read),
        more => Err(format!("it holds {} more than its elements; get a whole copy", counted(more as u64, "byte"))),
    }
}

/// An array of this shape and these fields from the bytes of its elements; refuses too few bytes.
fn array(shape: Vec<usize>, fields: Vec<(String, Stored)>, data: &[u8]) -> Result<Array, String> {
    let size: usize = fields.iter().map(|(_, own)| own.size).sum();
    let elements = shape.iter().try_fold(1usize, |all, &own| all.checked_mul(own));
    let bytes = elements.and_then(|elements| elements.checked_mul(size)).filter(|&bytes| bytes <= data.len());
    let data = data.get(..bytes.ok_or("it is cut off: elements are missing; get a whole copy")?).unwrap_or_default();
    let mut start = 0;
    let fields = fields.into_iter().map(|(name, stored)| {
        let first = start;
        start += stored.size;
        Field { name, stored, start: first }
    });
    Ok(Array { shape, fields: fields.collect(), size, data: data.to_vec() })
}
