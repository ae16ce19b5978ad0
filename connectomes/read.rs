//! The one entry point: finds out what a file holds and gives it to the reader of that format.

use std::path::Path;

#[cfg(feature = "formats")]
use super::bundle::Bundle;
#[cfg(feature = "formats")]
use super::magic::{self, Kind};
use super::recognise::recognise;
use super::source::Source;
use super::{Connectome, Format, ReadOptions, celegans, dense, edge_list, flyvis, tvb};
use crate::error::Result;

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

/// Reads a source whose format is known; options that the format does not take are refused.
fn read_as(source: &Source, format: Format, options: &ReadOptions) -> Result<Connectome> {
    // The options of an archive are those of its member, and checked when that is read.
    if format != Format::Archive {
        let refused = options.refuse_all_but(&format.takes(), &format!("format = \"{}\"", format.name()));
        refused.map_err(|problem| source.error(problem))?;
    }
    let connectome = match format {
        Format::EdgeList => edge_list::read(source, options)?,
        Format::Matrix => dense::read(source, options)?,
        Format::Tvb => tvb::read(source, options)?,
        Format::Consensus => celegans::read_consensus_table(source, options)?.connectome,
        Format::Flyvis => flyvis::read(source, options)?,
        _ => read_heavy(source, format, options)?,
    };
    match connectome.nodes.is_empty() {
        true => Err(source.error("it holds no edges; expected a connectome")),
        false => Ok(connectome),
    }
}

/// The formats that need the feature `formats`.
#[cfg(feature = "formats")]
fn read_heavy(source: &Source, format: Format, options: &ReadOptions) -> Result<Connectome> {
    match format {
        Format::GraphMl => super::graphml::read(source, options),
        Format::Gexf => super::gexf::read(source, options),
        Format::Gml => super::gml::read(source, options),
        Format::Pajek => super::pajek::read(source, options),
        Format::NodeLink => super::node_link::read(source, options),
        Format::Excel => super::excel::read(source, options),
        Format::Arrow => super::arrow::read(source, options),
        Format::Archive if magic::of(&source.head()?) == Kind::Tar => Bundle::Tar(source).read(options, read_as),
        Format::Archive => Bundle::Zip(source).read(options, read_as),
        _ => super::parquet::read(source, options),
    }
}

/// Without the feature `formats`: refuses them by name.
#[cfg(not(feature = "formats"))]
fn read_heavy(source: &Source, format: Format, _: &ReadOptions) -> Result<Connectome> {
    let name = match format {
        Format::GraphMl => "GraphML",
        Format::Gexf => "GEXF",
        Format::Gml => "GML",
        Format::Pajek => "Pajek",
        Format::NodeLink => "node-link JSON",
        Format::Excel => "Excel",
        Format::Archive => "archives of other files",
        Format::Arrow => "Arrow (Feather)",
        _ => "Parquet",
    };
    Err(source.needs_formats(name))
}
