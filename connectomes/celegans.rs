//! C. elegans: names of its neurons, and the consensus connectome of Simeon et al. 2024 (arXiv 2411.12091).

use std::path::Path;

use super::builder::Builder;
pub use super::ids::normalise_name;
use super::source::{Source, finite};
use super::table::Table;
use super::{Connectome, Edge, EdgeKind, ReadOptions};
use crate::error::{Error, Result};

/// The consensus connectome: wiring averaged over data sets, with functional weights beside it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Consensus {
    /// Mean chemical and gap-junction weights as edges, with positions and cell types of the neurons.
    pub connectome: Connectome,
    /// Functional weights (signal propagation) by source and target index.
    pub functional: Vec<(u32, u32, f64)>,
}

const COLUMNS: [&str; 9] = [
    "from_neuron",
    "to_neuron",
    "from_pos",
    "to_pos",
    "from_type",
    "to_type",
    "mean_gap_weight",
    "mean_chem_weight",
    "functional_weight",
];

/// Whether these column names are those of the consensus table.
pub(super) fn recognise(header: &[String]) -> bool {
    ["from_neuron", "to_neuron", "mean_chem_weight"].iter().all(|c| header.iter().any(|h| h == c))
}

/// Reads the consensus table; the columns are found by name.
pub fn read_consensus(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Consensus> {
    read_consensus_table(&Source::file(path.as_ref(), options.max_bytes)?, options)
}

/// Reads the table in one pass: anatomical edges into a connectome, functional ones beside it.
pub(super) fn read_consensus_table(source: &Source, options: &ReadOptions) -> Result<Consensus> {
    let mut table = Table::open(source, Some(b','), None)?;
    let header: Vec<String> = match table.next_row()? {
        Some(row) => row.iter().map(str::to_owned).collect(),
        None => return Err(source.error("it is empty; expected the consensus table")),
    };
    let place = source.path.display().to_string();
    let mut columns = [0; COLUMNS.len()];
    for (column, name) in columns.iter_mut().zip(COLUMNS) {
        let found = header.iter().position(|h| h == name);
        *column = found.ok_or_else(|| Error::unknown("column", name, &place, &header))?;
    }
    let mut builder = Builder::new(options)?;
    let mut functional = Vec::new();
    while let Some(row) = table.next_row()? {
        let fields = columns.map(|column| row.get(column).unwrap_or_default());
        let added = add_row(fields, &mut builder, &mut functional);
        added.map_err(|problem| table.error(problem))?;
    }
    builder.reading.take("weight", "columns 'mean_chem_weight' and 'mean_gap_weight'");
    for name in header.iter().filter(|name| !COLUMNS[..8].contains(&name.as_str())) {
        builder.reading.leave(format!("column '{name}'"));
    }
    Ok(Consensus { connectome: builder.finish(source, "consensus connectome", options.sum_repeated), functional })
}

/// Adds both neurons of a row, their chemical and gap edges, and the functional weight between them.
fn add_row(fields: [&str; 9], builder: &mut Builder, functional: &mut Vec<(u32, u32, f64)>) -> Result<(), String> {
    let [from, to, from_position, to_position, from_type, to_type, gap, chemical, function] = fields;
    let mut end = |name: &str, position: &str, kind: &str| {
        let index = builder.node(name)?;
        let position = parse_position(position)?;
        if let Some(node) = builder.node_mut(index) {
            node.position = node.position.or(position);
            node.kind = node.kind.take().or_else(|| Some(kind.to_owned()).filter(|k| !k.is_empty()));
        }
        Ok::<u32, String>(index)
    };
    let (source, target) = (end(from, from_position, from_type)?, end(to, to_position, to_type)?);
    for (text, kind) in [(chemical, EdgeKind::Chemical), (gap, EdgeKind::Gap)] {
        match optional_number(text, "weight")? {
            Some(weight) if weight != 0.0 => builder.edge(Edge { source, target, weight, kind, ..Edge::default() })?,
            _ => {}
        }
    }
    functional.extend(optional_number(function, "functional weight")?.map(|weight| (source, target, weight)));
    Ok(())
}

/// A number; None for an empty field, which is how pandas writes a missing value.
fn optional_number(text: &str, what: &str) -> Result<Option<f64>, String> {
    if text.is_empty() || text.eq_ignore_ascii_case("nan") { Ok(None) } else { finite(text, what).map(Some) }
}

/// A position, written as a Python tuple of three numbers.
fn parse_position(text: &str) -> Result<Option<[f64; 3]>, String> {
    let inner = text.trim().trim_start_matches(['(', '[']).trim_end_matches([')', ']']);
    if inner.trim().is_empty() || inner.contains("nan") {
        return Ok(None);
    }
    let values: Vec<f64> = inner.split(',').map(|t| finite(t, "coordinate")).collect::<Result<_, _>>()?;
    values.try_into().map(Some).map_err(|_| format!("'{text}' is no position; expected (x, y, z)"))
}
