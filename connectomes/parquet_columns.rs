//! The columns of a Parquet file as plain values: whole numbers, real numbers, text, truth values and lists.

use std::borrow::Cow;

use parquet::basic::{ConvertedType, Encoding, LogicalType, Type};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;

use super::source::{Source, finite, whole};
use crate::error::{Error, Result};
use crate::files::guarded;

/// An open file.
pub(super) struct ParquetFile<'a> {
    source: &'a Source,
    reader: Box<dyn FileReader>,
}

impl<'a> ParquetFile<'a> {
    /// Reads the description of the columns at the end of the file.
    pub fn open(source: &'a Source) -> Result<ParquetFile<'a>> {
        let damaged = |e: String| damaged(source, &e);
        let reader: Box<dyn FileReader> = if source.is_plain_file()? {
            let file = source.file_itself()?;
            Box::new(guarded(|| SerializedFileReader::new(file)).map_err(damaged)?)
        } else {
            let content = bytes::Bytes::from(source.read()?);
            Box::new(guarded(|| SerializedFileReader::new(content)).map_err(damaged)?)
        };
        Ok(ParquetFile { source, reader })
    }

    /// Names of the columns; a list is called by its own name, a field of a structure by its path.
    pub fn header(&self) -> Vec<String> {
        let columns = self.reader.metadata().file_metadata().schema_descr().columns();
        let name = |c: &ColumnDescriptor| match c.max_rep_level() {
            0 => c.path().string(),
            _ => c.path().parts().first().cloned().unwrap_or_default(),
        };
        columns.iter().map(|c| name(c)).collect()
    }

    /// Number of row groups.
    pub fn groups(&self) -> usize {
        self.reader.num_row_groups()
    }

    /// Number of rows in a row group.
    pub fn rows(&self, group: usize) -> Result<usize> {
        let rows = self.reader.metadata().row_group(group).num_rows();
        usize::try_from(rows).map_err(|_| self.source.error(format!("a row group has {rows} rows; get a whole copy")))
    }

    /// Whether a column holds floating-point numbers of 32 bits.
    pub fn holds_singles(&self, column: usize) -> bool {
        let schema = self.reader.metadata().file_metadata().schema_descr();
        schema.column(column).physical_type() == Type::FLOAT
    }

    /// The name of the structure whose field a column is.
    pub fn structure(&self, column: usize) -> Option<&str> {
        let column = self.reader.metadata().file_metadata().schema_descr().columns().get(column)?;
        let path = column.path().parts();
        path.first().filter(|_| path.len() > 1 && column.max_rep_level() == 0).map(String::as_str)
    }

    /// Whether a column holds lists.
    pub fn holds_lists(&self, column: usize) -> bool {
        self.reader.metadata().file_metadata().schema_descr().column(column).max_rep_level() > 0
    }

    /// Checks, before anything is unpacked, that these columns stay below the size limit.
    pub fn check(&self, columns: &[usize]) -> Result<()> {
        let (mut values, mut unpacked) = (0u64, 0u64);
        for group in self.reader.metadata().row_groups() {
            for column in columns.iter().filter_map(|c| group.columns().get(*c)) {
                let places = [column.data_page_offset(), column.dictionary_page_offset().unwrap_or_default()];
                if column.compressed_size() < 0 || places.iter().any(|place| *place < 0) {
                    return Err(self.source.error("its columns lie before its start; get a whole copy"));
                }
                values = values.saturating_add(u64::try_from(column.num_values()).unwrap_or(u64::MAX));
                unpacked = unpacked.saturating_add(u64::try_from(column.uncompressed_size()).unwrap_or(u64::MAX));
            }
        }
        let size = unpacked.max(values.saturating_mul(4));
        if size > self.source.limit { Err(self.source.too_large("what is wanted of it", size)) } else { Ok(()) }
    }

    /// A column of a row group.
    pub fn chunk(&self, group: usize, column: usize) -> Result<Chunk> {
        let failed = |e: String| damaged(self.source, &e);
        let row_group = guarded(|| self.reader.get_row_group(group)).map_err(failed)?;
        let pages = guarded(|| row_group.get_column_page_reader(column)).map_err(failed)?;
        let declared = row_group.metadata().columns().get(column).map_or(0, |c| c.num_values());
        let pages = Pages { inner: pages, dictionary: false, left: u64::try_from(declared).unwrap_or_default() };
        let schema = self.reader.metadata().file_metadata().schema_descr();
        let description = schema.column(column);
        let reader = get_column_reader(description.clone(), Box::new(pages));
        let name = self.header().swap_remove(column);
        // Dates, times and decimals are whole numbers that mean something else.
        let plain = matches!(
            description.logical_type_ref(),
            None | Some(LogicalType::Integer { .. } | LogicalType::String | LogicalType::Enum | LogicalType::Unknown)
        );
        let dated = matches!(
            description.converted_type(),
            ConvertedType::DATE
                | ConvertedType::TIME_MILLIS
                | ConvertedType::TIME_MICROS
                | ConvertedType::TIMESTAMP_MILLIS
                | ConvertedType::TIMESTAMP_MICROS
                | ConvertedType::DECIMAL
                | ConvertedType::INTERVAL
        );
        let wide =
            matches!(reader, ColumnReader::Int96ColumnReader(_) | ColumnReader::FixedLenByteArrayColumnReader(_));
        if !plain || dated || wide || description.max_rep_level() > 1 {
            return Err(self.source.error(format!("the column '{name}' holds neither plain numbers nor text")));
        }
        Ok(Chunk {
            reader,
            name,
            unsigned: matches!(description.converted_type(), ConvertedType::UINT_32 | ConvertedType::UINT_64),
            present: description.max_def_level(),
            entry: description.max_def_level() - i16::from(description.self_type().is_optional()),
            list: description.max_rep_level() == 1,
        })
    }
}

/// The error of a file that the Parquet reader refused; a codec that is not compiled in is named.
fn damaged(source: &Source, error: &str) -> Error {
    if let Some((_, codec)) = error.split_once("Disabled feature at compile time: ") {
        return source.error(format!(
            "its columns are packed by {codec}, which is not read; save it with compression snappy, zstd, lz4 or gzip"
        ));
    }
    source.error(format!("it is not a whole Parquet file ({error}); get a whole copy"))
}

/// The pages of a column; refuses what the reader of pages would panic on, or allocate for on the page's word alone.
struct Pages {
    inner: Box<dyn PageReader>,
    dictionary: bool,
    /// Values that the column still declares.
    left: u64,
}

impl Pages {
    /// Refuses a page whose dictionary is missing or that holds more values than its column declares.
    fn check_page(&mut self, page: &Page) -> parquet::errors::Result<()> {
        let wrong = |what: &str| Err(ParquetError::General(what.to_owned()));
        if page.is_dictionary_page() {
            self.dictionary = true;
            return Ok(());
        }
        if matches!(page.encoding(), Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY) && !self.dictionary {
            return wrong("a page without its dictionary");
        }
        match self.left.checked_sub(u64::from(page.num_values())) {
            Some(left) => self.left = left,
            None => return wrong("pages with more values than their column"),
        }
        Ok(())
    }
}

impl Iterator for Pages {
    type Item = parquet::errors::Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> parquet::errors::Result<Option<Page>> {
        let page = self.inner.get_next_page()?;
        page.as_ref().map_or(Ok(()), |page| self.check_page(page))?;
        Ok(page)
    }

    fn peek_next_page(&mut self) -> parquet::errors::Result<Option<PageMetadata>> {
        self.inner.peek_next_page()
    }

    fn skip_next_page(&mut self) -> parquet::errors::Result<()> {
        self.inner.skip_next_page()
    }
}

/// A column of a row group, read from its start to its end.
pub(super) struct Chunk {
    reader: ColumnReader,
    name: String,
    unsigned: bool,
    /// Definition level of a value that is there.
    present: i16,
    /// Definition level of an entry of a list, there or null.
    entry: i16,
    list: bool,
}

/// Values of one column, one for each row, `None` where there is none.
#[derive(Debug, Clone, Default)]
pub(super) enum Values {
    /// A column that was not read.
    #[default]
    Absent,
    /// Whole numbers.
    Signed(Vec<Option<i64>>),
    /// Whole numbers above zero, as the same bits.
    Unsigned(Vec<Option<i64>>),
    /// Real numbers.
    Real(Vec<Option<f64>>),
    /// Text.
    Text(Vec<Option<ByteArray>>),
    /// Truth values.
    Flag(Vec<Option<bool>>),
    /// Lists of real numbers; NaN where an entry is null.
    Lists(Vec<Vec<f32>>),
}

impl Chunk {
    /// The next `rows` rows; a problem is a whole sentence but for the file.
    pub fn next(&mut self, rows: usize) -> Result<Values, String> {
        let Chunk { name, present, entry, list, unsigned, .. } = self;
        let levels = Levels { name, rows, present: *present, entry: *entry, list: *list };
        let unsigned = *unsigned;
        Ok(match &mut self.reader {
            ColumnReader::FloatColumnReader(r) if *list => Values::Lists(levels.read_lists(r, |v| v)?),
            ColumnReader::DoubleColumnReader(r) if *list => Values::Lists(levels.read_lists(r, |v| v as f32)?),
            _ if *list => return Err(format!("the column '{name}' holds lists of something other than real numbers")),
            ColumnReader::Int32ColumnReader(r) if unsigned => {
                Values::Unsigned(levels.read_flat(r, |v| i64::from(v as u32))?)
            }
            ColumnReader::Int32ColumnReader(r) => Values::Signed(levels.read_flat(r, i64::from)?),
            ColumnReader::Int64ColumnReader(r) if unsigned => Values::Unsigned(levels.read_flat(r, |v| v)?),
            ColumnReader::Int64ColumnReader(r) => Values::Signed(levels.read_flat(r, |v| v)?),
            ColumnReader::FloatColumnReader(r) => Values::Real(levels.read_flat(r, f64::from)?),
            ColumnReader::DoubleColumnReader(r) => Values::Real(levels.read_flat(r, |v| v)?),
            ColumnReader::ByteArrayColumnReader(r) => Values::Text(levels.read_flat(r, |v| v)?),
            ColumnReader::BoolColumnReader(r) => Values::Flag(levels.read_flat(r, |v| v)?),
            _ => return Err(format!("the column '{name}' holds neither numbers nor text")),
        })
    }
}

/// Values that are there, definition levels and repetition levels.
type Read<T> = (Vec<T>, Vec<i16>, Vec<i16>);

/// Which values of a column are there (Dremel's definition and repetition levels).
struct Levels<'a> {
    name: &'a str,
    rows: usize,
    present: i16,
    entry: i16,
    list: bool,
}

impl Levels<'_> {
    /// The values of a chunk with their definition and repetition levels (Melnik et al. 2010, Dremel).
    fn read_levels<T: DataType>(&self, reader: &mut ColumnReaderImpl<T>) -> Result<Read<T::T>, String> {
        let (mut values, mut defined, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
        let mut found = 0;
        while found < self.rows {
            let levels = (Some(&mut defined), self.list.then_some(&mut repeated));
            let read = guarded(|| reader.read_records(self.rows - found, levels.0, levels.1, &mut values));
            match read {
                Ok((0, ..)) => {
                    return Err(format!("the column '{}' is shorter than the others; get a whole copy", self.name));
                }
                Ok((records, ..)) => found += records,
                Err(e) => return Err(format!("the column '{}' cannot be unpacked ({e}); get a whole copy", self.name)),
            }
        }
        Ok((values, defined, repeated))
    }

    /// A column with one value per row; None where the definition level says that it is empty.
    fn read_flat<T: DataType, V>(
        &self,
        reader: &mut ColumnReaderImpl<T>,
        change: impl Fn(T::T) -> V,
    ) -> Result<Vec<Option<V>>, String> {
        let (values, defined, _) = self.read_levels(reader)?;
        let mut values = values.into_iter().map(change);
        Ok(match self.present {
            0 => values.map(Some).collect(),
            present => defined.into_iter().map(|level| if level == present { values.next() } else { None }).collect(),
        })
    }

    /// A column with a list per row; a repetition level of 0 begins a new one.
    fn read_lists<T: DataType>(
        &self,
        reader: &mut ColumnReaderImpl<T>,
        change: impl Fn(T::T) -> f32,
    ) -> Result<Vec<Vec<f32>>, String> {
        let (values, defined, repeated) = self.read_levels(reader)?;
        let mut values = values.into_iter().map(change);
        let mut lists: Vec<Vec<f32>> = Vec::with_capacity(self.rows);
        for (level, repeat) in defined.into_iter().zip(repeated) {
            if repeat == 0 {
                lists.push(Vec::new());
            }
            if let Some(list) = lists.last_mut().filter(|_| level >= self.entry) {
                list.push(if level == self.present { values.next().unwrap_or(f32::NAN) } else { f32::NAN });
            }
        }
        Ok(lists)
    }
}

impl Values {
    /// The text of a row: decimal digits of a whole number, exact.
    pub fn text(&self, row: usize) -> Result<Option<Cow<'_, str>>, String> {
        Ok(match self {
            Values::Absent | Values::Lists(_) => None,
            Values::Signed(values) => value_at(values, row).map(|v| v.to_string().into()),
            Values::Unsigned(values) => value_at(values, row).map(|v| v.cast_unsigned().to_string().into()),
            Values::Real(values) => value_at(values, row).map(|v| v.to_string().into()),
            Values::Flag(values) => value_at(values, row).map(|v| v.to_string().into()),
            Values::Text(values) => match values.get(row).and_then(Option::as_ref) {
                Some(bytes) => {
                    Some(std::str::from_utf8(bytes.data()).map_err(|_| "its text is not UTF-8")?.trim().into())
                }
                None => None,
            },
        })
    }

    /// The number of a row, also where it is kept as text.
    pub fn number(&self, row: usize, what: &str) -> Result<Option<f64>, String> {
        Ok(match self {
            Values::Signed(values) => value_at(values, row).map(|v| whole(v.into(), what)).transpose()?,
            Values::Unsigned(values) => {
                value_at(values, row).map(|v| whole(v.cast_unsigned().into(), what)).transpose()?
            }
            Values::Real(values) => value_at(values, row),
            _ => match self.text(row)? {
                Some(text) if text.is_empty() => None,
                Some(text) => Some(finite(&text, what)?),
                None => None,
            },
        })
    }

    /// The truth value of a row.
    pub fn flag(&self, row: usize) -> Option<bool> {
        match self {
            Values::Flag(values) => value_at(values, row),
            _ => None,
        }
    }

    /// The list of a row, taken out.
    pub fn take_list(&mut self, row: usize) -> Vec<f32> {
        match self {
            Values::Lists(lists) => lists.get_mut(row).map(std::mem::take).unwrap_or_default(),
            _ => Vec::new(),
        }
    }
}

/// The value of a row; None if it is empty.
fn value_at<T: Copy>(values: &[Option<T>], row: usize) -> Option<T> {
    values.get(row).copied().flatten()
}
