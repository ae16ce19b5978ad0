//! A network in NumPy arrays, as we write it: its edges one by one as a sparse matrix of scipy's kind COO (row, col, data),
//! the names of its nodes (labels), and beside them what is known of edges (gap, sign, length, transmitter) and of nodes
//! (kind, category, position, area, cortical, side).

use std::collections::BTreeMap;

use super::archive::Archive;
use super::builder::side_of;
use super::npy::{self, Array};
use super::source::Source;
use super::{Connectome, Edge, EdgeKind, Node, Orientation, ReadOptions, Reading, ids};
use crate::Result;

/// The arrays without which it is another file.
const NEEDED: [&str; 6] = ["format", "shape", "row", "col", "data", "labels"];

/// Reads a network; nothing where the file is none.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Option<Connectome>> {
    if !source.head()?.starts_with(b"PK") {
        return Ok(None);
    }
    let mut archive = Archive::open(source)?;
    let names = archive.names();
    let has = |name: &&str| names.iter().any(|member| member.strip_suffix(".npy") == Some(*name));
    if !NEEDED.iter().all(has) || npy::scipy_kind(&mut archive)? != "coo" {
        return Ok(None);
    }
    let what = "a network with names of its own";
    options.refuse_all_but(&["orientation"], what).map_err(|problem| source.error(problem))?;
    let mut arrays = Arrays { source, arrays: BTreeMap::new(), reading: Reading::of("network of NumPy arrays") };
    for member in names.iter().filter(|member| !matches!(member.as_str(), "format.npy" | "shape.npy")) {
        let name = member.trim_end_matches(".npy").to_owned();
        arrays.arrays.insert(name, npy::read(&archive.member(member)?)?);
    }
    arrays.into_connectome(options).map(Some)
}

/// Arrays by their names, those that are used taken out.
struct Arrays<'s> {
    source: &'s Source,
    arrays: BTreeMap<String, Array>,
    reading: Reading,
}

impl Arrays<'_> {
    /// The connectome; the array `labels` says how many nodes there are, `data` how many edges.
    fn into_connectome(mut self, options: &ReadOptions) -> Result<Connectome> {
        let labels = match self.arrays.get("labels") {
            Some(Array::Names(labels)) => labels.len(),
            _ => return Err(self.source.error("its array labels holds no names")),
        };
        let nodes = self.read_nodes(labels)?;
        let edges = self.read_edges(labels, options.orientation.unwrap_or_default())?;
        let Arrays { source, arrays, mut reading } = self;
        arrays.keys().for_each(|name| reading.leave(format!("array '{name}'")));
        let name = source.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let about = format!("network of NumPy arrays read from {}", source.path.display());
        let connectome = Connectome { name, nodes, edges, about, reading };
        connectome.check()?;
        Ok(connectome)
    }

    /// The nodes; arrays that are missing leave their part empty, as do empty texts and NaN.
    fn read_nodes(&mut self, count: usize) -> Result<Vec<Node>> {
        let labels = self.take_texts("names", "labels", count)?;
        let (kinds, categories) =
            (self.take_texts("kind", "kind", count)?, self.take_texts("category", "category", count)?);
        let sides = self.take_texts("side", "side", count)?;
        let areas = self.take_numbers("area", "area", count)?;
        let cortical = self.take_numbers("cortical", "cortical", count)?;
        let positions = self.take_positions(count)?;
        let mut nodes = Vec::with_capacity(count);
        for at in 0..count {
            let name = ids::exact(labels.get(at).map_or("", String::as_str));
            let text = |texts: &[String]| texts.get(at).filter(|text| !text.is_empty()).cloned();
            nodes.push(Node {
                name: name.map_err(|problem| self.source.error(problem))?.to_owned(),
                kind: text(&kinds),
                category: text(&categories),
                position: positions.get(at).copied().filter(|position| position.iter().all(|x| x.is_finite())),
                area: areas.get(at).copied().filter(|area| area.is_finite()),
                cortical: cortical.get(at).filter(|flag| **flag >= 0.0).map(|flag| *flag != 0.0),
                side: side_of(text(&sides).as_deref()),
            });
        }
        Ok(nodes)
    }

    /// The edges; an index that is no node is refused.
    fn read_edges(&mut self, nodes: usize, orientation: Orientation) -> Result<Vec<Edge>> {
        let weights = match self.arrays.get("data") {
            Some(Array::Vector(weights)) => weights.len(),
            _ => return Err(self.source.error("its array data is no list of numbers")),
        };
        let weight = self.take_numbers("weight", "data", weights)?;
        let mut ends = [self.take_numbers("source", "row", weights)?, self.take_numbers("target", "col", weights)?];
        if orientation == Orientation::ColumnIsSource {
            ends.reverse();
        }
        let (gaps, signs) = (self.take_numbers("kind", "gap", weights)?, self.take_numbers("sign", "sign", weights)?);
        let lengths = self.take_numbers("length", "length", weights)?;
        let transmitters = self.take_texts("transmitter", "transmitter", weights)?;
        let place = |index: f64| {
            let inside = index >= 0.0 && index < nodes as f64 && index.fract() == 0.0;
            let problem = || self.source.error(format!("an edge names the node {index}, and there are {nodes}"));
            if inside { Ok(index as u32) } else { Err(problem()) }
        };
        let edge = |at: usize| {
            Ok(Edge {
                source: place(ends[0][at])?,
                target: place(ends[1][at])?,
                weight: weight[at],
                kind: if gaps.get(at).is_some_and(|gap| *gap != 0.0) { EdgeKind::Gap } else { EdgeKind::Chemical },
                sign: signs.get(at).map_or(0, |sign| i8::from(*sign > 0.0) - i8::from(*sign < 0.0)),
                length: lengths.get(at).copied().filter(|length| !length.is_nan()),
                transmitter: transmitters.get(at).filter(|text| !text.is_empty()).cloned(),
            })
        };
        (0..weights).map(edge).collect()
    }

    /// Numbers, one for each of `count`; none where there is no such array.
    fn take_numbers(&mut self, part: &str, name: &str, count: usize) -> Result<Vec<f64>> {
        match self.take(part, name) {
            None => Ok(Vec::new()),
            Some(Array::Vector(values)) if values.len() == count => Ok(values),
            Some(_) => Err(self.source.error(format!("its array {name} is no list of {count} numbers"))),
        }
    }

    /// Takes out an array of `count` texts; empty if the file has none.
    fn take_texts(&mut self, part: &str, name: &str, count: usize) -> Result<Vec<String>> {
        match self.take(part, name) {
            None => Ok(Vec::new()),
            Some(Array::Names(texts)) if texts.len() == count => {
                Ok(texts.iter().map(|text| text.trim().to_owned()).collect())
            }
            Some(_) => Err(self.source.error(format!("its array {name} is no list of {count} texts"))),
        }
    }

    /// Takes out the positions in space, one row per node; empty if the file has none.
    fn take_positions(&mut self, count: usize) -> Result<Vec<[f64; 3]>> {
        match self.take("position", "position") {
            None => Ok(Vec::new()),
            Some(Array::Matrix(matrix)) if (matrix.rows, matrix.columns) == (count, 3) => {
                Ok(matrix.values.chunks_exact(3).map(|row| [row[0], row[1], row[2]]).collect())
            }
            Some(_) => Err(self.source.error(format!("its array position is no matrix of {count} x 3 numbers"))),
        }
    }

    /// Takes an array out and notes what it was taken for.
    fn take(&mut self, part: &str, name: &str) -> Option<Array> {
        let found = self.arrays.remove(name)?;
        self.reading.take(part, format!("array '{name}'"));
        Some(found)
    }
}
