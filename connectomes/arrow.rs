//! Edge lists in Arrow's formats: Feather of version 2 (an Arrow file) and Arrow streams, with the columns known in
//! Parquet. A file is a stream with a magic number before it and an index behind it, so both are read message by message.

use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrowPrimitiveType, PrimitiveArray, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use arrow_ipc::{Message, root_as_message};
use arrow_schema::DataType;
use parquet::data_type::ByteArray;

use super::columns::Layout;
use super::parquet_columns::Values;
use super::rows::Rows;
use super::source::Source;
use super::{Connectome, ReadOptions, headings};
use crate::error::{Error, Result};
use crate::files::guarded;

const MAGIC: &[u8] = b"ARROW1\0\0";
const CONTINUATION: [u8; 4] = [0xff; 4];
/// Rows by which columns are told apart.
const SAMPLE: usize = 200;

/// Reads an edge list.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Connectome> {
    let mut batches = Batches::open(source)?;
    let first = batches.next_batch()?.ok_or_else(|| source.error("it has no rows; expected one edge in each"))?;
    let schema = first.schema();
    let header: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let all: Vec<usize> = (0..header.len()).collect();
    let place = source.path.display().to_string();
    let few = first.slice(0, first.num_rows().min(SAMPLE));
    let sample = first_rows(&read_columns(source, &few, &all)?, few.num_rows());
    let layout = Layout::new(&header, &sample, &options.columns, &place)?;
    let used = layout.used();
    let needed = |column: &usize| used.contains(column) || headings::is_used(&header[*column], &options.columns);
    if let Some(odd) = all.into_iter().filter(needed).find(|column| !is_plain(schema.field(*column).data_type())) {
        return Err(source.error(format!("the column '{}' holds neither plain numbers nor text", header[odd])));
    }
    let mut rows = Rows::new(options, &header, layout, |c| *schema.field(c).data_type() == DataType::Float32)?;
    let mut next = Some(first);
    while let Some(batch) = next {
        rows.add_all(source, &read_columns(source, &batch, &used)?, batch.num_rows())?;
        next = batches.next_batch()?;
    }
    rows.finish(source, "Arrow edge list", options)
}

/// The first rows as text; a column that holds neither numbers nor text is empty here, and refused where it is used.
fn first_rows(columns: &[Values], count: usize) -> Vec<Vec<String>> {
    let text = |values: &Values, row| values.text(row).ok().flatten().map(|text| text.into_owned()).unwrap_or_default();
    (0..count).map(|row| columns.iter().map(|values| text(values, row)).collect()).collect()
}

/// The batches of rows of a file, one after another.
struct Batches<'a> {
    source: &'a Source,
    content: Buffer,
    at: usize,
    decoder: StreamDecoder,
}

impl<'a> Batches<'a> {
    /// The batches of an Arrow file or stream, which differ only in the mark before the first message.
    fn open(source: &'a Source) -> Result<Batches<'a>> {
        let content = Buffer::from_vec(source.read()?);
        let at = if content.starts_with(MAGIC) { MAGIC.len() } else { 0 };
        Ok(Batches { source, content, at, decoder: StreamDecoder::new() })
    }

    /// The next batch of rows; None at the end. Messages without rows (schema, dictionaries) are passed over.
    fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        let source = self.source;
        while let Some(message) = self.next_message()? {
            let mut bytes = self.content.slice_with_length(message.start, message.len());
            let decoder = &mut self.decoder;
            if let Some(batch) = guarded(|| decoder.decode(&mut bytes)).map_err(|e| damaged(source, &e))? {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }

    /// Where the next message lies with its body, which does not declare more than the limit.
    fn next_message(&mut self) -> Result<Option<Range<usize>>> {
        let cut = || self.source.error("it ends too early, as if cut off; get a whole copy");
        let start = self.at;
        let word = |at: usize| self.content.get(at..at + 4).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok());
        let Some(mut size) = word(start) else {
            return if start == self.content.len() { Ok(None) } else { Err(cut()) };
        };
        let mut at = start + 4;
        if size == CONTINUATION {
            size = word(at).ok_or_else(cut)?;
            at += 4;
        }
        let head = at..at.saturating_add(u32::from_le_bytes(size) as usize);
        if head.is_empty() {
            return Ok(None);
        }
        let words = self.content.get(head.clone()).ok_or_else(cut)?;
        let message = root_as_message(words)
            .map_err(|_| self.source.error("its messages are no Arrow messages; get a whole copy"))?;
        let body = usize::try_from(message.bodyLength()).ok().and_then(|length| head.end.checked_add(length));
        let body = body.and_then(|end| self.content.get(head.end..end)).ok_or_else(cut)?;
        let declared = declared_unpacked_size(&message, body).ok_or_else(cut)?;
        if declared > self.source.limit {
            return Err(self.source.too_large("a batch of its rows", declared));
        }
        self.at = head.end + body.len();
        Ok(Some(start..self.at))
    }
}

/// Bytes that the packed buffers of a message declare to unpack to, for which their reader makes room; none if they lie
/// behind its end.
fn declared_unpacked_size(message: &Message, body: &[u8]) -> Option<u64> {
    let dictionary = message.header_as_dictionary_batch().and_then(|dictionary| dictionary.data());
    let Some(batch) = message.header_as_record_batch().or(dictionary) else { return Some(0) };
    let mut declared = 0u64;
    for buffer in batch.buffers()? {
        let (at, size) = (usize::try_from(buffer.offset()).ok()?, usize::try_from(buffer.length()).ok()?);
        let bytes = body.get(at..at.checked_add(size)?)?;
        // One that is not packed says -1.
        if let Some(Ok(first)) = bytes.get(..8).map(TryInto::try_into).filter(|_| batch.compression().is_some()) {
            declared = declared.saturating_add(u64::try_from(i64::from_le_bytes(first)).unwrap_or_default());
        }
    }
    Some(declared)
}

/// Whether a column holds whole or real numbers, text or truth values, also where each is kept once (categories).
fn is_plain(kind: &DataType) -> bool {
    use DataType::*;
    match kind {
        Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 | UInt64 | Float32 | Float64 | Boolean => true,
        Utf8 | LargeUtf8 | Utf8View => true,
        Dictionary(_, values) => !matches!(**values, Dictionary(..)) && is_plain(values),
        _ => false,
    }
}

/// The error of a file that the Arrow decoder refused.
fn damaged(source: &Source, error: &str) -> Error {
    source.error(format!("it is not a whole Arrow file ({error}); get a whole copy"))
}

/// These columns of a batch; the others stay away.
fn read_columns(source: &Source, batch: &RecordBatch, used: &[usize]) -> Result<Vec<Values>> {
    let column = |at: usize| if used.contains(&at) { plain_values(batch.column(at)) } else { Values::Absent };
    let columns = guarded(|| Ok::<_, Infallible>((0..batch.num_columns()).map(column).collect()));
    columns.map_err(|e| damaged(source, &e))
}

/// A column as plain values, one per row; an empty cell is None.
fn plain_values(array: &Arc<dyn Array>) -> Values {
    match array.data_type() {
        DataType::Int8 => Values::Signed(whole_numbers::<Int8Type>(array, i64::from)),
        DataType::Int16 => Values::Signed(whole_numbers::<Int16Type>(array, i64::from)),
        DataType::Int32 => Values::Signed(whole_numbers::<Int32Type>(array, i64::from)),
        DataType::Int64 => Values::Signed(whole_numbers::<Int64Type>(array, |v| v)),
        DataType::UInt8 => Values::Unsigned(whole_numbers::<UInt8Type>(array, i64::from)),
        DataType::UInt16 => Values::Unsigned(whole_numbers::<UInt16Type>(array, i64::from)),
        DataType::UInt32 => Values::Unsigned(whole_numbers::<UInt32Type>(array, i64::from)),
        DataType::UInt64 => Values::Unsigned(whole_numbers::<UInt64Type>(array, u64::cast_signed)),
        DataType::Float32 => {
            Values::Real(array.as_primitive::<Float32Type>().iter().map(|v| v.map(f64::from)).collect())
        }
        DataType::Float64 => Values::Real(array.as_primitive::<Float64Type>().iter().collect()),
        DataType::Boolean => Values::Flag(array.as_boolean().iter().collect()),
        DataType::Utf8 => Values::Text(array.as_string::<i32>().iter().map(byte_array).collect()),
        DataType::LargeUtf8 => Values::Text(array.as_string::<i64>().iter().map(byte_array).collect()),
        DataType::Utf8View => Values::Text(array.as_string_view().iter().map(byte_array).collect()),
        DataType::Dictionary(_, kind) if is_plain(kind) => dictionary_values(array),
        _ => Values::Absent,
    }
}

/// The values of a column of whole numbers; those above i64 keep their bits and are read back as u64.
fn whole_numbers<T: ArrowPrimitiveType>(array: &Arc<dyn Array>, change: impl Fn(T::Native) -> i64) -> Vec<Option<i64>> {
    let array: &PrimitiveArray<T> = array.as_primitive();
    array.iter().map(|value| value.map(&change)).collect()
}

/// A text as Parquet keeps it, so that both formats share one kind of column.
fn byte_array(value: Option<&str>) -> Option<ByteArray> {
    value.map(ByteArray::from)
}

/// A column of indices into a dictionary, as the values that they stand for.
fn dictionary_values(array: &Arc<dyn Array>) -> Values {
    let Some(dictionary) = array.as_any_dictionary_opt() else { return Values::Absent };
    let keys = dictionary.normalized_keys();
    let nulls = dictionary.keys().nulls();
    let there = |row: usize| nulls.is_none_or(|nulls| nulls.is_valid(row)).then_some(keys[row]);
    /// The values at the given places, for columns that are kept as indices into a dictionary.
    fn pick<T: Clone>(all: &[Option<T>], places: impl Iterator<Item = Option<usize>>) -> Vec<Option<T>> {
        places.map(|place| place.and_then(|place| all.get(place).cloned().flatten())).collect()
    }
    let places = (0..keys.len()).map(there);
    match plain_values(dictionary.values()) {
        Values::Signed(all) => Values::Signed(pick(&all, places)),
        Values::Unsigned(all) => Values::Unsigned(pick(&all, places)),
        Values::Real(all) => Values::Real(pick(&all, places)),
        Values::Text(all) => Values::Text(pick(&all, places)),
        Values::Flag(all) => Values::Flag(pick(&all, places)),
        Values::Absent | Values::Lists(_) => Values::Absent,
    }
}
