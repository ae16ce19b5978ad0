//! The one entry point: finds out what a file holds and gives it to the reader of that format.

use std::path::Path;

use super::archive::Archive;
use super::source::Source;
use super::table::Sample;
use super::{Connectome, Format, ReadOptions, celegans, dense, edge_list, flyvis, matlab, shape, tvb};
use crate::Result;

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
    let refused = options.refuse_all_but(&format.takes(), &format!("format = \"{}\"", format.name()));
    refused.map_err(|problem| source.error(problem))?;
    let connectome = match format {
        Format::EdgeList => edge_list::read(source, options)?,
        Format::Matrix => dense::read(source, options)?,
        Format::Tvb => tvb::read(source, options)?,
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
pub(super) fn needs_formats(source: &Source, format: &str) -> crate::Error {
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

/// Tells edge lists from matrices by the first rows.
fn recognise_text(source: &Source, options: &ReadOptions) -> Result<Format> {
    let sample = Sample::of(source, options)?;
    shape::recognise(&sample, options).map_err(|problem| match sample.rows.is_empty() {
        true => source.error(problem),
        false => source.error_line(1, problem),
    })
}
