//! Edge lists in text: one edge per line, columns by name or by place, gzip or plain.

use super::builder::Builder;
use super::columns::Layout;
use super::dictionary::Attributes;
use super::source::Source;
use super::table::{Sample, Table};
use super::{Columns, Connectome, ReadOptions, shape};
use crate::Result;
use crate::text::counted;

/// Reads an edge list with or without a line of names.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Connectome> {
    read_into(Builder::new(options)?, source, options)
}

/// Reads an edge list over nodes that may be known already.
pub(super) fn read_into(mut builder: Builder, source: &Source, options: &ReadOptions) -> Result<Connectome> {
    let sample = Sample::of(source, options)?;
    if sample.rows.is_empty() {
        return Err(source.error("it is empty; expected an edge list such as 'source,target,weight'"));
    }
    if let Some(attributes) = Attributes::of(&sample) {
        return read_dictionaries(builder, source, options, &sample, &attributes);
    }
    let header = shape::list_has_header(&sample, options).map_err(|problem| source.error_line(1, problem))?;
    let layout = column_layout(source, options, &sample, header)?;
    let mut table = Table::like(&sample, source, options)?;
    let width = if header { layout.width() } else { sample.rows[0].len() };
    let mut names = header;
    while let Some(row) = table.next_row()? {
        if std::mem::take(&mut names) {
            continue;
        }
        let added = match row.len() {
            found if found != width => {
                Err(format!("it has {fields}, the first line has {width}", fields = counted(found, "field")))
            }
            _ => layout.add(&mut builder, |column| &row[column]),
        };
        added.map_err(|problem| table.error(problem))?;
    }
    layout.account(&mut builder.reading);
    if options.header.is_none() && !header {
        let weight = if width > 2 { ", 3 the weight" } else { "" };
        let what = format!("there are no column names: 1 is the source, 2 the target{weight}");
        builder.reading.guess(what, "header = true");
    }
    table.account(options, &mut builder.reading);
    Ok(builder.finish(source, "edge list", options.sum_repeated))
}

/// What each column means, from the header or, without one, from the number of columns.
fn column_layout(source: &Source, options: &ReadOptions, sample: &Sample, header: bool) -> Result<Layout> {
    let place = source.path.display().to_string();
    let first = &sample.rows[0];
    if !header {
        return Layout::headless(first.len(), &options.columns, &place);
    }
    let mut names = first.clone();
    // R writes no name above its column of row names.
    if sample.rows.get(1).is_some_and(|row| row.len() == names.len() + 1) {
        names.insert(0, String::new());
    }
    Layout::new(&names, &sample.rows[1..], &options.columns, &place)
}

/// Reads an edge list of networkx whose rows end in a Python dictionary of attributes.
fn read_dictionaries(
    mut builder: Builder,
    source: &Source,
    options: &ReadOptions,
    sample: &Sample,
    attributes: &Attributes,
) -> Result<Connectome> {
    let place = source.path.display().to_string();
    let first: Result<Vec<Vec<String>>, String> =
        sample.rows.iter().map(|row| attributes.row(row.iter().map(String::as_str))).collect();
    let first = first.map_err(|problem| source.error(problem))?;
    let [first_end, second_end] = ["source", "target"].map(|end| Some(end.to_owned()));
    let columns = Columns { source: first_end, target: second_end, ..options.columns.clone() };
    let layout = Layout::new(&attributes.header(), &first, &columns, &place)?;
    let mut table = Table::like(sample, source, options)?;
    while let Some(row) = table.next_row()? {
        let fields = attributes.row(row.iter());
        let added = fields.and_then(|fields| layout.add(&mut builder, |column| &fields[column]));
        added.map_err(|problem| table.error(problem))?;
    }
    layout.account(&mut builder.reading);
    builder.reading.guess("there are no column names: 1 is the source, 2 the target", "header = true");
    table.account(options, &mut builder.reading);
    Ok(builder.finish(source, "edge list with attributes as networkx writes them", options.sum_repeated))
}
