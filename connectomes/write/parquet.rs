//! Edge lists in Parquet, nodes by name.

use std::fs::File;
use std::io::{self, BufWriter};
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use crate::connectomes::{Connectome, Edge, EdgeKind, Part};

/// Edges in a row group.
const GROUP: usize = 1 << 20;

/// Columns beside source, target and weight: only those that say something.
const COLUMNS: [(Part, &str); 4] = [
    (Part::Gap, "required binary kind (UTF8);"),
    (Part::Sign, "required int32 sign;"),
    (Part::Length, "optional double length;"),
    (Part::Transmitter, "optional binary transmitter (UTF8);"),
];

/// Writes the file; an error of the disk comes out as itself, not wrapped by Parquet.
pub(super) fn write(connectome: &Connectome, file: &mut BufWriter<File>) -> io::Result<()> {
    write_row_groups(connectome, file).map_err(|error| match error {
        ParquetError::External(reason) => match reason.downcast::<io::Error>() {
            Ok(reason) => *reason,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    })
}

/// Writes the edges in groups of rows, so that one group is in memory at once.
fn write_row_groups(connectome: &Connectome, file: &mut BufWriter<File>) -> Result<()> {
    let columns: Vec<(Part, &str)> = COLUMNS.into_iter().filter(|(part, _)| connectome.count(*part) > 0).collect();
    let declared: String = columns.iter().map(|(_, column)| *column).collect();
    let schema = "required binary source (UTF8); required binary target (UTF8); required double weight;";
    let schema = parse_message_type(&format!("message edges {{ {schema} {declared} }}"))?;
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))?;
    let text = |text: &str| ByteArray::from(text.as_bytes().to_vec());
    let names: Vec<ByteArray> = connectome.nodes.iter().map(|node| text(&node.name)).collect();
    for edges in connectome.edges.chunks(GROUP) {
        let mut group = writer.next_row_group()?;
        let ends: [fn(&Edge) -> u32; 2] = [|edge| edge.source, |edge| edge.target];
        for end in ends {
            let name = |edge: &Edge| names.get(end(edge) as usize).cloned();
            write_column::<ByteArrayType, _>(&mut group, edges.iter().map(name))?;
        }
        write_column::<DoubleType, _>(&mut group, edges.iter().map(|edge| Some(edge.weight)))?;
        for (part, _) in &columns {
            match part {
                Part::Gap => {
                    let kind = |edge: &Edge| text(if edge.kind == EdgeKind::Gap { "gap" } else { "chemical" });
                    write_column::<ByteArrayType, _>(&mut group, edges.iter().map(|edge| Some(kind(edge))))?;
                }
                Part::Sign => {
                    write_column::<Int32Type, _>(&mut group, edges.iter().map(|edge| Some(edge.sign.signum().into())))?;
                }
                Part::Length => write_column::<DoubleType, _>(&mut group, edges.iter().map(|edge| edge.length))?,
                _ => {
                    let transmitter = |edge: &Edge| edge.transmitter.as_deref().map(text);
                    write_column::<ByteArrayType, _>(&mut group, edges.iter().map(transmitter))?;
                }
            }
        }
        group.close()?;
    }
    writer.close().map(drop)
}

/// Writes the next column; `None` where it has no value.
fn write_column<T: DataType, W: io::Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: impl Iterator<Item = Option<T::T>>,
) -> Result<()> {
    let Some(mut column) = group.next_column()? else { return Ok(()) };
    let (mut there, mut levels) = (Vec::new(), Vec::new());
    for value in values {
        levels.push(i16::from(value.is_some()));
        there.extend(value);
    }
    column.typed::<T>().write_batch(&there, Some(&levels), None)?;
    column.close()
}
