//! The one entry point: finds out what a file holds and gives it to the reader of that format.

use std::path::Path;

use super::archive::Archive;
use super::columns::Layout;
use super::source::Source;
use super::table::Table;
use super::{Connectome, Format, ReadOptions, celegans, dense, edge_list, flyvis, matlab, tvb};
use crate::{Error, Result};

impl Connectome {
    /// Reads a connectome from a file of any known format; content decides which, unless `options.format` does.
    ///
    /// A file that is not what it should be gives one sentence with file and place.
    pub fn read(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Connectome> {
        let source = Source::file(path.as_ref(), options.max_bytes)?;
        let format = match options.format {
            Some(format) => format,
            None => recognise(&source, options)?,
        };
        read_as(&source, format, options)
    }
}

fn read_as(source: &Source, format: Format, options: &ReadOptions) -> Result<Connectome> {
    let connectome = match format {
        Format::EdgeList => edge_list::read(source, options)?,
        Format::Matrix => dense::read(source, options)?,
        Format::Tvb => tvb::read(source)?,
        Format::Consensus => celegans::consensus(source, options)?.connectome,
        Format::Flyvis => flyvis::read(source, options)?,
        Format::GraphMl | Format::Excel | Format::Parquet => read_heavy(source, format, options)?,
    };
    match connectome.nodes.is_empty() {
        true => Err(source.error("it holds no edges; expected a connectome")),
        false => Ok(connectome),
    }
}

#[cfg(feature = "formats")]
fn read_heavy(source: &Source, format: Format, options: &ReadOptions) -> Result<Connectome> {
    match format {
        Format::GraphMl => super::graphml::read(source, options),
        Format::Excel => super::excel::read(source, options),
        _ => super::parquet::read(source, options),
    }
}

#[cfg(not(feature = "formats"))]
fn read_heavy(source: &Source, format: Format, _: &ReadOptions) -> Result<Connectome> {
    let name = match format {
        Format::GraphMl => "GraphML",
        Format::Excel => "Excel",
        _ => "Parquet",
    };
    Err(needs_formats(source, name))
}

/// The sentence for a format that this build leaves out.
#[cfg(not(feature = "formats"))]
pub(super) fn needs_formats(source: &Source, format: &str) -> Error {
    source.error(format!("this build does not read {format}; build with the cargo feature 'formats'"))
}

/// What the first bytes say.
fn recognise(source: &Source, options: &ReadOptions) -> Result<Format> {
    let head = source.head()?;
    let text = head.trim_ascii_start();
    let refused = |what: &str, advice: &str| Err(source.error(format!("it is {what}, which is not read; {advice}")));
    match () {
        () if head.is_empty() => Err(source.error("it is empty; expected a connectome")),
        () if head.starts_with(b"PK") => recognise_archive(source),
        () if head.starts_with(b"\x93NUMPY") || matlab::recognise(&head) => Ok(Format::Matrix),
        () if head.starts_with(b"PAR1") => Ok(Format::Parquet),
        () if head.starts_with(b"\x89HDF") => refused("HDF5 (or MATLAB 7.3)", "save it with save -v7, or as .npz"),
        () if head.starts_with(b"ARROW1") => refused("Feather", "save it as Parquet"),
        () if head.starts_with(b"\xd0\xcf\x11\xe0") => refused("an old .xls workbook", "save it as .xlsx"),
        () if text.starts_with(b"<") => Ok(Format::GraphMl),
        () if text.starts_with(b"{") => Ok(Format::Flyvis),
        () if !options.header => Ok(Format::EdgeList),
        () => recognise_text(source, options),
    }
}

fn recognise_archive(source: &Source) -> Result<Format> {
    let names = Archive::open(source)?.names();
    match () {
        () if names.iter().any(|n| n == "xl/workbook.xml") => Ok(Format::Excel),
        () if names.iter().any(|n| n.ends_with(".npy")) => Ok(Format::Matrix),
        () if tvb::recognise(&names) => Ok(Format::Tvb),
        () => {
            let found = names.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
            let wanted = "weights.txt (The Virtual Brain), .npy arrays or a workbook";
            Err(source.error(format!("none of its members is known (it has {found}); expected {wanted}")))
        }
    }
}

/// Tells edge lists from matrices by the first line.
fn recognise_text(source: &Source, options: &ReadOptions) -> Result<Format> {
    let mut table = Table::open(source, options.separator, options.comment)?;
    let header: Vec<String> = match table.next_row()? {
        Some(row) => row.iter().map(str::to_owned).collect(),
        None => return Err(source.error("it is empty; expected a connectome")),
    };
    let second = table.next_row()?.cloned().unwrap_or_default();
    let number = |text: &str| text.parse::<f64>().is_ok();
    match () {
        () if celegans::recognise(&header) => Ok(Format::Consensus),
        () if Layout::fits(&header, &options.columns) => Ok(Format::EdgeList),
        () if options.columns.source.is_some() || options.columns.target.is_some() => Ok(Format::EdgeList),
        () if header.iter().skip(1).any(|t| number(t)) || header.iter().all(|t| number(t)) => Ok(Format::Matrix),
        () if header.first().is_some_and(String::is_empty) && second.iter().skip(1).all(number) => Ok(Format::Matrix),
        () if second.len() > 3 && second.iter().skip(1).all(number) => Ok(Format::Matrix),
        () => {
            let found = header.iter().take(8).cloned().collect::<Vec<_>>().join(", ");
            let advice = "name the columns of an edge list source and target, or say which ones they are";
            Err(Error::file_line(
                &source.path,
                table.line.min(1),
                format!("its columns ({found}) are unknown; {advice}"),
            ))
        }
    }
}
