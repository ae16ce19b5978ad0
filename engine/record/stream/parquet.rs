//! Parquet: the columns `step` and `id`, unsigned 32 bits, in row groups.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::reader::ColumnReader;
use parquet::data_type::Int32Type;
use parquet::errors::ParquetError;
use parquet::file::metadata::{FileMetaData, ParquetMetaData, ParquetMetaDataWriter, RowGroupMetaData};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::{SchemaDescriptor, Type};

use super::{Position, SpikeSink, partial};
use crate::error::{Error, Result};
use crate::files::{Input, Limit, cannot_write, sync_folder};
use crate::spike::Spike;

/// The columns of the file.
const SCHEMA: &str =
    "message spikes { required int32 step (INTEGER(32, false)); required int32 id (INTEGER(32, false)); }";

/// Number of spikes of a row group, which are held in memory until it is full.
const GROUP: usize = 1 << 20;

/// A Parquet file that grows by row groups.
pub(super) struct ParquetFile {
    /// The path of the finished file.
    path: PathBuf,
    file: File,
    /// `None` once the file is closed.
    writer: Option<SerializedFileWriter<File>>,
    schema: Arc<Type>,
    /// Bytes up to the end of the last complete row group.
    whole: u64,
    /// Steps of the spikes of the next row group.
    steps: Vec<i32>,
    /// Ids of their neurons.
    ids: Vec<i32>,
}

impl ParquetFile {
    /// Creates a file under its temporary name. Steps are encoded as differences, which take few bits since they
    /// ascend.
    pub(super) fn create(path: &Path) -> Result<ParquetFile> {
        let failed = |reason: ParquetError| cannot_write(path, &io_error(reason));
        let growing = partial(path);
        let open = || File::create(&growing).and_then(|file| Ok((file.try_clone()?, file)));
        let (file, own) = open().map_err(|reason| cannot_write(path, &reason))?;
        let schema = Arc::new(parse_message_type(SCHEMA).map_err(|error| Error::Internal(error.to_string()))?);
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_dictionary_enabled(false)
            .set_statistics_enabled(EnabledStatistics::None)
            .set_offset_index_disabled(true)
            .set_column_encoding("step".into(), Encoding::DELTA_BINARY_PACKED)
            .build();
        let writer = SerializedFileWriter::new(own, schema.clone(), Arc::new(properties)).map_err(failed)?;
        let whole = writer.bytes_written() as u64;
        let path = path.to_path_buf();
        Ok(ParquetFile { path, file, writer: Some(writer), schema, whole, steps: vec![], ids: vec![] })
    }

    /// Writes the spikes in memory as a row group.
    fn flush(&mut self) -> Result<()> {
        if self.steps.is_empty() {
            return Ok(());
        }
        let Some(writer) = &mut self.writer else { return Ok(()) };
        if let Err(reason) = write_group(writer, &self.steps, &self.ids) {
            return Err(self.end_after_failure(reason));
        }
        self.whole = writer.bytes_written() as u64;
        self.steps.clear();
        self.ids.clear();
        Ok(())
    }

    /// Ends the file after its last complete row group, and gives the error of `reason` with what is left.
    fn end_after_failure(&mut self, reason: ParquetError) -> Error {
        let left = match self.salvage() {
            Ok(rows) if rows > 0 => {
                format!("; the first {rows} spikes are in {}", partial(&self.path).display())
            }
            _ => String::new(),
        };
        match cannot_write(&self.path, &io_error(reason)) {
            Error::File { path, line, problem } => Error::File { path, line, problem: problem + &left },
            other => other,
        }
    }

    /// Cuts the file after its last complete row group, writes its end, and gives the number of rows; removes a file
    /// without rows.
    fn salvage(&mut self) -> Result<i64, ParquetError> {
        let Some(writer) = self.writer.take() else { return Ok(0) };
        let groups: Vec<RowGroupMetaData> = writer.flushed_row_groups().to_vec();
        // Dropping the writer writes its buffer, so that comes before the file is cut.
        drop(writer);
        let rows = groups.iter().map(RowGroupMetaData::num_rows).sum();
        if rows == 0 {
            fs::remove_file(partial(&self.path))?;
            return Ok(0);
        }
        self.file.set_len(self.whole)?;
        self.file.seek(SeekFrom::End(0))?;
        let schema = Arc::new(SchemaDescriptor::new(self.schema.clone()));
        let metadata = ParquetMetaData::new(FileMetaData::new(1, rows, None, None, schema, None), groups);
        ParquetMetaDataWriter::new(&self.file, &metadata).finish()?;
        self.file.sync_data()?;
        Ok(rows)
    }
}

/// Writes one row group with both columns.
fn write_group<W: Write + Send>(
    writer: &mut SerializedFileWriter<W>,
    steps: &[i32],
    ids: &[i32],
) -> Result<(), ParquetError> {
    let mut group = writer.next_row_group()?;
    for values in [steps, ids] {
        if let Some(mut column) = group.next_column()? {
            column.typed::<Int32Type>().write_batch(values, None, None)?;
            column.close()?;
        }
    }
    group.close()?;
    writer.flush()?;
    Ok(())
}

impl SpikeSink for ParquetFile {
    fn write(&mut self, spikes: &[Spike]) -> Result<()> {
        for spikes in spikes.chunks(GROUP) {
            // The column holds the bits of unsigned numbers.
            self.steps.extend(spikes.iter().map(|spike| spike.step as i32));
            self.ids.extend(spikes.iter().map(|spike| spike.id as i32));
            if self.steps.len() >= GROUP {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<Option<Position>> {
        Ok(None)
    }

    fn finish(&mut self) -> Result<()> {
        self.flush()?;
        let Some(mut writer) = self.writer.take() else { return Ok(()) };
        if let Err(reason) = writer.finish() {
            self.writer = Some(writer);
            return Err(self.end_after_failure(reason));
        }
        let renamed = self.file.sync_data().and_then(|()| fs::rename(partial(&self.path), &self.path));
        renamed.map_err(|reason| cannot_write(&self.path, &reason))?;
        sync_folder(&self.path);
        Ok(())
    }
}

impl Drop for ParquetFile {
    /// Ends a file that is not finished after its last complete row group.
    fn drop(&mut self) {
        if self.writer.is_some() {
            // The error that ended the stream is reported elsewhere.
            let _ = self.flush();
            let _ = self.salvage();
        }
    }
}

/// The I/O error within an error of Parquet.
fn io_error(error: ParquetError) -> std::io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(reason) => *reason,
            Err(other) => std::io::Error::other(other.to_string()),
        },
        other => std::io::Error::other(other.to_string()),
    }
}

/// Reads the spikes of a file that [`ParquetFile`] wrote.
pub(super) fn read(path: &Path) -> Result<Vec<Spike>> {
    let file = Input::open(path, Limit::list()?, "a file of spikes")?.file()?;
    let unread = |error: ParquetError| Error::file(path, format!("is not a whole Parquet file of spikes ({error})"));
    let reader = SerializedFileReader::new(file).map_err(unread)?;
    let mut columns: [Vec<i32>; 2] = Default::default();
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group).map_err(unread)?;
        for (index, values) in columns.iter_mut().enumerate() {
            let ColumnReader::Int32ColumnReader(mut column) = group.get_column_reader(index).map_err(unread)? else {
                return Err(Error::file(path, "its columns are not step and id, whole numbers of 32 bits"));
            };
            let rows = group.metadata().num_rows() as usize;
            column.read_records(rows, None, None, values).map_err(unread)?;
        }
    }
    let [steps, ids] = columns;
    Ok(steps.into_iter().zip(ids).map(|(step, id)| Spike::new(step as u32, id as u32)).collect())
}
