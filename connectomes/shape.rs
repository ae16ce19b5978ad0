//! What a text holds: an edge list or a matrix, under names or not. What fits both is refused with both named.

use std::collections::HashSet;

use super::columns::{Layout, is_number};
use super::dictionary::Attributes;
use super::headings::listed;
use super::table::Sample;
use super::{Format, ReadOptions, celegans, ids};
use crate::text::counted;

/// Where the names of a matrix stand.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Names {
    /// In the first row.
    pub above: bool,
    /// In the first column.
    pub beside: bool,
    /// The first row has no field above the first column, as R writes it.
    pub short: bool,
}

/// Whether a field is a number.
fn parses_as_number(text: &str) -> bool {
    text.parse::<f64>().is_ok()
}

/// Whether a text is an edge list, a matrix or the consensus table.
pub(super) fn recognise(sample: &Sample, options: &ReadOptions) -> Result<Format, String> {
    let Some(first) = sample.rows.first() else { return Err("it is empty; expected a connectome".to_owned()) };
    let columns = &options.columns;
    let matrix = options.labels.is_some() || options.lengths.is_some() || options.orientation.is_some();
    match () {
        () if celegans::recognise(first) => Ok(Format::Consensus),
        () if columns.source.is_some() || columns.target.is_some() => Ok(Format::EdgeList),
        () if options.header != Some(false) && Layout::fits(first, columns) => Ok(Format::EdgeList),
        () if Attributes::of(sample).is_some() => Ok(Format::EdgeList),
        () if matrix => Ok(Format::Matrix),
        () if sample.rows.iter().flatten().all(|text| parses_as_number(text)) => of_numbers(sample, options),
        () if is_matrix(sample) => Ok(Format::Matrix),
        // What is no number in it, such as 1,5 or a gap, is refused by its reader.
        () if sample.rows.iter().flatten().all(|text| text.is_empty() || is_number(text)) => {
            of_numbers(sample, options)
        }
        () if options.header == Some(false) => Ok(Format::EdgeList),
        () => match list_has_header(sample, options) {
            Ok(false) => Ok(Format::EdgeList),
            Ok(true) => Err(unknown_columns(first)),
            // A word further down is a mistake in a matrix, which its reader points at.
            Err(_) if first.iter().all(|text| parses_as_number(text)) => Ok(Format::Matrix),
            Err(problem) => Err(problem),
        },
    }
}

/// The problem of a table whose headings name no ends of edges.
fn unknown_columns(first: &[String]) -> String {
    let found = listed(first, 0..first.len());
    format!(
        "its columns ({found}) are unknown; name the columns of an edge list source and target, or say source = \"...\" and \
         target = \"...\"; header = false says that it is an edge list without column names"
    )
}

/// A text of numbers alone: a matrix, a matrix under a row of ids, or an edge list without column names.
fn of_numbers(sample: &Sample, options: &ReadOptions) -> Result<Format, String> {
    let (rows, width) = (sample.rows.len(), sample.rows[0].len());
    let list = sample.rows.iter().all(|row| row.len() == width)
        && width > 1
        && sample.rows.iter().all(|row| row.iter().take(2).all(|text| ids::is_id(text)));
    let square = sample.whole && rows == width;
    let may_be_headed = options.header != Some(false) && !options.plain;
    let headed = sample.whole && may_be_headed && has_ids_above(&sample.rows[0], rows, width);
    let below = rows.saturating_sub(1);
    // Lists of many columns have names; nothing but a matrix is 0 where a row meets its own column.
    let from = if headed { &sample.rows[1..] } else { &sample.rows[..] };
    let zero = |(at, row): (usize, &Vec<String>)| row.get(at).is_some_and(|text| text.parse::<f64>() == Ok(0.0));
    let list = list && (width < 4 || (square || headed) && !from.iter().enumerate().all(zero));
    let matrix = match () {
        () if square => format!("a matrix of {rows} x {width}"),
        () if headed => format!("a matrix of {below} x {width} under a row of ids"),
        () => String::new(),
    };
    match (list, square || headed) {
        (true, true) => Err(format!(
            "it may be an edge list without column names, of {edges}, or {matrix}; say format = \"edge_list\" or \
             format = \"matrix\"",
            edges = counted(rows, "edge")
        )),
        (true, false) => Ok(Format::EdgeList),
        _ => Ok(Format::Matrix),
    }
}

/// Whether the first of `rows` rows of numbers may be the ids of `width` nodes.
pub(super) fn has_ids_above<T: AsRef<str>>(first: &[T], rows: usize, width: usize) -> bool {
    let distinct: HashSet<&str> = first.iter().map(AsRef::as_ref).collect();
    rows == width + 1 && distinct.len() == width && first.iter().all(|text| ids::is_id(text.as_ref()))
}

/// Whether a text with words in it is a matrix under or beside names.
fn is_matrix(sample: &Sample) -> bool {
    let (first, rest) = (&sample.rows[0], &sample.rows[1..]);
    let Some(second) = rest.first() else { return false };
    let below = |from: usize| rest.iter().all(|row| row.iter().skip(from).all(|text| parses_as_number(text)));
    let square = |rows: usize, width: usize| width > 3 || (sample.whole && rows == width);
    let (width, named) = (first.len(), names(sample, &ReadOptions::default()));
    match () {
        () if second.len() == width + 1 => below(1) && square(rest.len(), width),
        () if named.above && named.beside => {
            below(1) && (first[0].is_empty() || names_agree(sample) || square(rest.len(), width - 1))
        }
        () if named.above => below(0) && square(rest.len(), width),
        () if named.beside => {
            below(1) && first.iter().skip(1).all(|text| parses_as_number(text)) && square(rest.len() + 1, width - 1)
        }
        () => false,
    }
}

/// Whether the names in the first row are those in the first column, in the same order.
fn names_agree(sample: &Sample) -> bool {
    let above = sample.rows[0].iter().skip(1);
    let beside = sample.rows[1..].iter().filter_map(|row| row.first());
    sample.rows.len() > 1 && above.zip(beside).all(|(a, b)| a == b)
}

/// Where a matrix has the names of its nodes. A row of ids above numbers alone shows at the end only.
pub(super) fn names(sample: &Sample, options: &ReadOptions) -> Names {
    let Some(first) = sample.rows.first() else { return Names::default() };
    let at = |row: &[String], column: usize| row.get(column).is_some_and(|text| parses_as_number(text));
    let second = sample.rows.get(1).map_or(&[][..], Vec::as_slice);
    let corner = first[0].is_empty();
    let short = second.len() == first.len() + 1 && !first.iter().all(|text| parses_as_number(text));
    let agreed = first.len() > 1 && !at(first, 0) && second.len() == first.len() && names_agree(sample);
    let words = !at(first, 0) && !at(first, 1);
    let above = options.header.unwrap_or(corner || short || agreed || words);
    let data = if above { second } else { first };
    let beside = above && (corner || short || agreed) || (data.len() > 1 && !at(data, 0));
    Names { above, beside, short: above && short }
}

/// Whether an edge list starts with a line of names.
pub(super) fn list_has_header(sample: &Sample, options: &ReadOptions) -> Result<bool, String> {
    let Some(first) = sample.rows.first() else { return Ok(true) };
    let rest = &sample.rows[1..];
    if let Some(header) = options.header {
        return Ok(header);
    }
    // Columns asked for by their places, which are no names.
    let columns = &options.columns;
    let given: Vec<&String> = [&columns.source, &columns.target].into_iter().flatten().collect();
    let place = |name: &&String| name.parse::<usize>().is_ok_and(|c| (1..=first.len()).contains(&c));
    if !given.is_empty() && given.iter().all(|name| place(name) && !first.contains(name)) {
        return Ok(false);
    }
    if Layout::fits(first, columns) || !given.is_empty() {
        return Ok(true);
    }
    let below =
        |column: usize| rest.iter().all(|row| row.get(column).is_none_or(|text| text.is_empty() || is_number(text)));
    let numbers: Vec<usize> = (0..first.len()).filter(|c| !rest.is_empty() && below(*c)).collect();
    if numbers.iter().any(|c| !is_number(&first[*c]) && !first[*c].is_empty()) {
        return Ok(true);
    }
    // A column of numbers from the first line on: nothing there is a name.
    let from_the_first = |column: usize| is_number(&first[column]) && below(column);
    match (2..first.len()).any(from_the_first) || (first.len() == 2 && (0..2).all(from_the_first)) {
        true => Ok(false),
        false => Err(unknown_columns(first)),
    }
}
