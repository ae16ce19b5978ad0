//! Parquet: edge lists such as those of FlyWire and of Shiu et al. 2024; 64-bit ids stay exact.

use std::fs::File;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};
use parquet::schema::types::Type;

use super::builder::Builder;
use super::columns::Layout;
use super::source::Source;
use super::{Connectome, ReadOptions};
use crate::{Error, Result};

/// Reads an edge list.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Connectome> {
    let table = ParquetTable::open(source)?;
    let layout = Layout::new(&table.columns, &options.columns, &source.path.display().to_string())?;
    let used = layout.used();
    let mut builder = Builder::new(options)?;
    let mut number = 0u64;
    table.rows(&used, |row| {
        number += 1;
        let mut fields = vec![String::new(); table.columns.len()];
        for (column, (_, field)) in used.iter().zip(row.get_column_iter()) {
            fields[*column] = text(field);
        }
        layout
            .add(&mut builder, |column| fields.get(column).map_or("", String::as_str))
            .map_err(|problem| format!("row {number}: {problem}"))
    })?;
    Ok(builder.finish(source, "parquet edge list", options.sum_repeated))
}

/// A value as text: whole numbers exactly, nothing for null.
fn text(field: &Field) -> String {
    match field {
        Field::Null => String::new(),
        Field::Bool(value) => u8::from(*value).to_string(),
        Field::Byte(v) => v.to_string(),
        Field::Short(v) => v.to_string(),
        Field::Int(v) => v.to_string(),
        Field::Long(v) => v.to_string(),
        Field::UByte(v) => v.to_string(),
        Field::UShort(v) => v.to_string(),
        Field::UInt(v) => v.to_string(),
        Field::ULong(v) => v.to_string(),
        Field::Float(v) => v.to_string(),
        Field::Double(v) => v.to_string(),
        Field::Str(v) => v.clone(),
        other => other.to_string(),
    }
}

/// An open file and the names of its columns.
pub(super) struct ParquetTable<'a> {
    source: &'a Source,
    reader: SerializedFileReader<File>,
    /// Names of the columns.
    pub columns: Vec<String>,
}

impl<'a> ParquetTable<'a> {
    /// Opens a file and checks the size that it declares.
    pub fn open(source: &'a Source) -> Result<ParquetTable<'a>> {
        let file = File::open(&source.path).map_err(|e| Error::io(&source.path, e))?;
        let reader = SerializedFileReader::new(file)
            .map_err(|e| source.error(format!("it is not a whole parquet file ({e}); get a whole copy")))?;
        let size: u64 =
            reader.metadata().row_groups().iter().map(|g| u64::try_from(g.total_byte_size()).unwrap_or(u64::MAX)).sum();
        if size > source.limit {
            return Err(source.too_large("it", size));
        }
        let fields = reader.metadata().file_metadata().schema().get_fields();
        let columns = fields.iter().map(|field| field.name().to_owned()).collect();
        Ok(ParquetTable { source, reader, columns })
    }

    /// Goes through all rows, with the columns at these ascending positions only.
    pub fn rows(&self, columns: &[usize], mut each: impl FnMut(&Row) -> Result<(), String>) -> Result<()> {
        let damaged =
            |e: parquet::errors::ParquetError| self.source.error(format!("it cannot be read ({e}); get a whole copy"));
        let schema = self.reader.metadata().file_metadata().schema();
        let fields = schema.get_fields().iter().enumerate().filter(|(i, _)| columns.contains(i));
        let fields = fields.map(|(_, field)| field.clone()).collect();
        let projection = Type::group_type_builder(schema.name()).with_fields(fields).build().map_err(damaged)?;
        for group in 0..self.reader.num_row_groups() {
            let group = self.reader.get_row_group(group).map_err(damaged)?;
            for row in RowIter::from_row_group(Some(projection.clone()), group.as_ref()).map_err(damaged)? {
                each(&row.map_err(damaged)?).map_err(|problem| self.source.error(problem))?;
            }
        }
        Ok(())
    }
}
