//! Edge lists in text: one edge per line, columns by name, gzip or plain.

use super::builder::Builder;
use super::columns::Layout;
use super::source::Source;
use super::table::Table;
use super::{Connectome, ReadOptions};
use crate::Result;

/// Reads an edge list with a header line, or without one if the options say so.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Connectome> {
    read_into(Builder::new(options)?, source, options)
}

/// Reads an edge list over nodes that may be known already.
pub(super) fn read_into(mut builder: Builder, source: &Source, options: &ReadOptions) -> Result<Connectome> {
    let place = source.path.display().to_string();
    let mut table = Table::open(source, options.separator, options.comment)?;
    let Some(first) = table.next_row()? else {
        return Err(source.error("it is empty; expected an edge list such as 'source,target,weight'"));
    };
    let first = first.clone();
    let width = first.len();
    let layout = if options.header {
        Layout::new(&first.iter().map(str::to_owned).collect::<Vec<_>>(), &options.columns, &place)?
    } else {
        let layout = Layout::headless(width, &options.columns, &place)?;
        layout.add(&mut builder, |column| &first[column]).map_err(|problem| table.error(problem))?;
        layout
    };
    while let Some(row) = table.next_row()? {
        let added = match row.len() {
            found if found != width => Err(format!("it has {found} fields, the first line has {width}")),
            _ => layout.add(&mut builder, |column| &row[column]),
        };
        added.map_err(|problem| table.error(problem))?;
    }
    Ok(builder.finish(source, "edge list", options.sum_repeated))
}
