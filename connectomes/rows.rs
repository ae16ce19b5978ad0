//! Edge lists whose columns are plain values, as Parquet and Arrow give them: ids of 64 bits stay exact.

use std::borrow::Cow;
use std::collections::HashMap;

use super::builder::Builder;
use super::columns::{self, Layout};
use super::parquet_columns::Values;
use super::source::Source;
use super::{Connectome, Edge, ReadOptions, ids};
use crate::Result;

/// Turns rows into edges.
pub(super) struct Rows<'h> {
    builder: Builder,
    layout: Layout,
    header: &'h [String],
    /// Where the numbers of the two columns of ids stop to be exact.
    exact: [f64; 2],
    /// Integer ids that were met, so that each is turned into text once.
    sources: HashMap<i64, u32>,
    targets: HashMap<i64, u32>,
    /// Rows that were added.
    done: u64,
}

impl<'h> Rows<'h> {
    /// No rows yet; `singles` tells the columns that hold floating-point numbers of 32 bits.
    pub fn new(
        options: &ReadOptions,
        header: &'h [String],
        layout: Layout,
        singles: impl Fn(usize) -> bool,
    ) -> Result<Rows<'h>> {
        let mut builder = Builder::new(options)?;
        layout.account(&mut builder.reading);
        let exact = [layout.source, layout.target].map(|c| if singles(c) { ids::EXACT_32 } else { ids::EXACT });
        Ok(Rows { builder, layout, header, exact, sources: HashMap::new(), targets: HashMap::new(), done: 0 })
    }

    /// Adds the edges of so many rows of columns.
    pub fn add_all(&mut self, source: &Source, columns: &[Values], count: usize) -> Result<()> {
        for row in 0..count {
            self.done += 1;
            let added = self.add_row(columns, row);
            added.map_err(|problem| source.error(format!("row {}: {problem}", self.done)))?;
        }
        Ok(())
    }

    /// The connectome of all rows.
    pub fn finish(self, source: &Source, what: &str, options: &ReadOptions) -> Result<Connectome> {
        match self.done {
            0 if options.nodes.is_none() => Err(source.error("it has no rows; expected one edge in each")),
            _ => Ok(self.builder.finish(source, what, options.sum_repeated)),
        }
    }

    /// Adds the edge of one row.
    fn add_row(&mut self, batch: &[Values], row: usize) -> Result<(), String> {
        let column = |index: Option<usize>| index.and_then(|i| batch.get(i));
        if let Some(values) = column(self.layout.unkind()) {
            self.layout.still_unkind(&values.text(row)?.unwrap_or_default())?;
        }
        let word = match column(self.layout.kind) {
            Some(values) => values.text(row)?.unwrap_or_default(),
            None => Cow::default(),
        };
        let kind = columns::kind(&word)?;
        let length = match column(self.layout.length) {
            Some(values) => tract_length(values, row)?,
            None => None,
        };
        let weight = match column(self.layout.weight) {
            Some(values) => values.number(row, "weight")?.ok_or("its weight is empty")?,
            None => 1.0,
        };
        if !weight.is_finite() {
            return Err(format!("weight is {weight}; it must be finite"));
        }
        let transmitter = match column(self.layout.transmitter) {
            Some(values) => values.text(row)?.map(Cow::into_owned).filter(|t| !t.is_empty()),
            None => None,
        };
        let sign = match column(self.layout.sign) {
            Some(values) => self.layout.sign(&values.text(row)?.unwrap_or_default())?,
            None => 0,
        };
        let both = match column(self.layout.direction) {
            Some(values) => {
                let word = values.text(row)?.unwrap_or_default();
                self.layout.goes_both_ways(|_| &word)?
            }
            None => false,
        };
        let (from, to) = (self.layout.source, self.layout.target);
        let header = self.header;
        let named = |column: usize| move |problem: String| format!("column '{}': {problem}", header[column]);
        let (of_from, of_to) = (named(from), named(to));
        let source = node_of_row(&mut self.builder, &mut self.sources, &batch[from], row, ("source", self.exact[0]))
            .map_err(of_from)?;
        let target = node_of_row(&mut self.builder, &mut self.targets, &batch[to], row, ("target", self.exact[1]))
            .map_err(of_to)?;
        let edge = Edge { source, target, weight, kind, sign, length, transmitter };
        match columns::is_received(&word) {
            true => self.builder.receive(Edge { source: target, target: source, ..edge }, &word),
            false => self.builder.edge_or_both(edge, both),
        }
    }
}

/// The node that a cell of a column of ids names, known or new.
fn node_of_row(
    builder: &mut Builder,
    seen: &mut HashMap<i64, u32>,
    values: &Values,
    row: usize,
    (what, exact): (&str, f64),
) -> Result<u32, String> {
    let whole = match values {
        Values::Signed(values) | Values::Unsigned(values) => values.get(row).copied().flatten(),
        _ => None,
    };
    if let Some(index) = whole.and_then(|id| seen.get(&id)) {
        return Ok(*index);
    }
    let text = match values {
        Values::Real(values) => {
            values.get(row).copied().flatten().map(|id| ids::of_number(id, exact)).transpose()?.map(Cow::from)
        }
        values => values.text(row)?,
    };
    let text = text.ok_or_else(|| format!("its {what} is empty"))?;
    let index = builder.node(&text)?;
    if let Some(id) = whole {
        seen.insert(id, index);
    }
    Ok(index)
}

/// The tract length (mm) of a row; None if the cell is empty.
fn tract_length(values: &Values, row: usize) -> Result<Option<f64>, String> {
    match values.number(row, "length")? {
        Some(length) if !length.is_finite() || length < 0.0 => {
            Err(format!("length is {length} mm; it must be finite and not negative"))
        }
        length => Ok(length),
    }
}
