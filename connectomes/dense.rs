//! Connectomes from matrices: of text, NPY, NPZ or MATLAB, with names and tract lengths beside them or in files of their own.

use std::collections::HashMap;
use std::path::Path;

use super::arrays::{Arrays, LENGTHS, WEIGHTS};
use super::builder::out_of_memory;
use super::grid::Grid;
use super::magic::{self, Kind};
use super::source::Source;
use super::table::Table;
use super::{Connectome, Edge, Node, Orientation, ReadOptions, Reading, ids, npz};
use crate::error::{Error, Result};
use crate::text::counted;

/// Reads a connectome from a matrix file.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Connectome> {
    if let Some(network) = npz::read(source, options)? {
        return Ok(network);
    }
    let mut arrays = Arrays::read(source, options)?;
    let labels = match &options.labels {
        Some(path) => {
            arrays.reading.take("names", path.display().to_string());
            Some(read_labels(&Source::file(path, options.max_bytes)?)?)
        }
        None => arrays.labels(),
    };
    let lengths = match &options.lengths {
        Some(path) => {
            let beside = Source::file(path, options.max_bytes)?;
            let alone = ReadOptions { array: None, header: None, separator: None, ..options.clone() };
            let mut beside = Arrays::read(&beside, &alone)?;
            let names = beside.labels();
            let (mut lengths, _) = beside.take(&None, LENGTHS)?;
            if names.is_some() {
                *lengths.labels() = names;
            }
            Some(lengths)
        }
        None => arrays.lengths(&options.array),
    };
    let (mut weights, mut reading) = arrays.take(&options.array, WEIGHTS)?;
    if labels.is_some() {
        *weights.labels() = labels;
    }
    let lengths = match (lengths, &options.lengths) {
        (Some(lengths), Some(path)) => Some(aligned_lengths(lengths, weights.labels().as_deref(), path, &mut reading)?),
        (lengths, _) => lengths,
    };
    if weights.labels().is_none() {
        reading.take("names", "none; the places 0, 1, 2...");
    }
    if options.orientation.is_none() && !weights.is_symmetric() {
        reading.guess("rows are sources, columns targets", "orientation = \"column_is_source\"");
    }
    let about = format!("matrix read from {}", source.path.display());
    connectome(source, weights, lengths, options.orientation.unwrap_or_default(), about, reading)
}

/// Lengths from a file of their own, in the order of the weights: by their names where both have names.
fn aligned_lengths(mut lengths: Grid, names: Option<&[String]>, path: &Path, reading: &mut Reading) -> Result<Grid> {
    let own = lengths.labels().take();
    let (Some(own), Some(names)) = (own, names) else {
        let how = "by their places; names stand in at most one of the two files";
        reading.take("lengths", format!("{}, {how}", path.display()));
        return Ok(lengths);
    };
    reading.take("lengths", format!("{}, by the names of the nodes", path.display()));
    if own.len() != names.len() {
        let problem = format!(
            "it has lengths of {nodes} and the weights have {}",
            names.len(),
            nodes = counted(own.len(), "node")
        );
        return Err(Error::file(path, format!("{problem}; they must agree")));
    }
    let exact = |name: &String| ids::exact(name).map_or_else(|_| name.clone(), str::to_owned);
    let places: HashMap<String, usize> = own.iter().enumerate().map(|(place, name)| (exact(name), place)).collect();
    if places.len() != own.len() {
        return Err(Error::file(path, "two of its nodes have one name; names must be unique"));
    }
    let order = names.iter().map(|name| {
        places.get(&exact(name)).copied().ok_or_else(|| {
            let problem = format!("it has no lengths of the node '{name}' of the weights");
            Error::file(path, format!("{problem}; the names of both must be the same, in any order"))
        })
    });
    Ok(lengths.arranged(&order.collect::<Result<Vec<usize>>>()?))
}

/// Turns weights and lengths into a connectome: every weight that is not zero is an edge, row by row.
pub(super) fn connectome(
    source: &Source,
    mut weights: Grid,
    lengths: Option<Grid>,
    orientation: Orientation,
    about: String,
    reading: Reading,
) -> Result<Connectome> {
    let (rows, columns) = weights.size();
    let text = source.head().is_ok_and(|head| magic::of(&head) == Kind::Text);
    if rows == columns + 1 && columns > 0 && text {
        let problem = format!("the matrix is {rows} x {columns}, one row more than columns: is the first row names?");
        return Err(source.error(format!("{problem} Then say header = true; a connectome needs a square one")));
    }
    if rows != columns || rows == 0 {
        return Err(source.error(format!("the matrix is {rows} x {columns}; a connectome needs a square one")));
    }
    if let Some(size) = lengths.as_ref().map(Grid::size).filter(|size| *size != (rows, columns)) {
        let found = format!("{} x {}", size.0, size.1);
        return Err(
            source.error(format!("the weights are {rows} x {columns} and the lengths {found}; they must agree"))
        );
    }
    let nodes = named_nodes(source, weights.labels().as_deref(), rows)?;
    let mut edges = Vec::new();
    for (row, column, weight) in weights.entries() {
        let place = || format!("row {}, column {}", row + 1, column + 1);
        if !weight.is_finite() {
            return Err(source.error(format!("the weight in {} is {weight}; it must be finite", place())));
        }
        let length = lengths.as_ref().and_then(|l| l.get(row, column));
        if let Some(length) = length.filter(|l| !l.is_finite() || *l < 0.0) {
            return Err(
                source.error(format!("the length in {} is {length} mm; it must be finite and not negative", place()))
            );
        }
        let (from, to) = match orientation {
            Orientation::RowIsSource => (row, column),
            Orientation::ColumnIsSource => (column, row),
        };
        edges.try_reserve(1).map_err(|_| source.error(out_of_memory("edges")))?;
        edges.push(Edge { source: from as u32, target: to as u32, weight, length, ..Edge::default() });
    }
    let name = source.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let connectome = Connectome { name, nodes, edges, about, reading };
    connectome.check()?;
    Ok(connectome)
}

/// The nodes under their labels, or numbered from 0; refused above the limit of memory.
fn named_nodes(source: &Source, labels: Option<&[String]>, count: usize) -> Result<Vec<Node>> {
    if count as u64 > u64::from(u32::MAX) {
        return Err(source.error(format!("{count} nodes are more than {}", u32::MAX)));
    }
    let size = (count as u64).saturating_mul(size_of::<Node>() as u64);
    if size > source.limit {
        return Err(source.too_large(&format!("a list of {nodes}", nodes = counted(count, "node")), size));
    }
    let node = |name: String| Node { name, ..Node::default() };
    match labels {
        None => Ok((0..count).map(|i| node(i.to_string())).collect()),
        Some(labels) if labels.len() == count => {
            let names = labels.iter().map(|label| ids::exact(label).map(|name| node(name.to_owned())));
            names.collect::<Result<_, _>>().map_err(|problem| source.error(problem))
        }
        Some(labels) => {
            Err(source.error(format!("it has {} for {}", counted(labels.len(), "label"), counted(count, "node"))))
        }
    }
}

/// Reads names: all on one line, or one in each line, behind which may stand its coordinates.
fn read_labels(source: &Source) -> Result<Vec<String>> {
    let mut table = Table::open(source, None, None)?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    let number = |text: &String| text.parse::<f64>().is_ok();
    while let Some(row) = table.next_row()? {
        rows.push(row.iter().map(str::to_owned).collect());
    }
    match rows.len() {
        0 => Err(source.error("it is empty; expected the names of the nodes")),
        1 => Ok(rows.remove(0)),
        _ if !table.between_blanks() => match rows.iter().position(|row| row.len() != 1) {
            Some(at) => {
                let problem = format!("{} names stand in a line of {}", rows[at].len(), rows.len());
                Err(source.error(format!("{problem}; expected one in each line, or all in one: keep the names alone")))
            }
            None => Ok(rows.into_iter().flatten().collect()),
        },
        _ if rows.iter().all(|row| row.len() > 1 && number(&row[0]) && !number(&row[1])) => {
            Err(source.error("each line begins with a number and a word follows; keep the names alone"))
        }
        // Words that no number follows are one name.
        _ if !rows.iter().flat_map(|row| row.iter().skip(1)).any(number) => {
            Ok(rows.into_iter().map(|row| row.join(" ")).collect())
        }
        _ => Ok(rows.into_iter().filter_map(|row| row.into_iter().next()).collect()),
    }
}
