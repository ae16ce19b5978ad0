//! Graphs from HDF5, as the Python package `nir` writes them.
//!
//! A group has a dataset `type` and a dataset per parameter; a graph has a group `nodes` and the dataset `edges`, a
//! list of pairs of texts. Texts may have a fixed or a variable length.

use std::collections::BTreeMap;
use std::path::Path;

use hdf5_pure::{DType, Dataset, File, Group};

use super::graph::{Graph, Node};
use super::{Data, Entry, Kind, Metadata, Values};
use crate::error::{Error, Result};
use crate::files::{Input, Limit, guarded};
use crate::text::bytes;

/// The most groups within each other that are read: a group can contain itself.
const MAX_DEPTH: usize = 24;

/// Reads the graph of a file.
///
/// # Errors
/// A file that cannot be read, is not HDF5, is cut off, or does not hold a whole graph; the sentence names the node.
pub fn read(path: impl AsRef<Path>) -> Result<Graph> {
    let path = path.as_ref();
    let limit = Limit::list()?;
    let content = Input::open(path, limit, "a NIR file")?.whole()?;
    if !hdf5_pure::is_hdf5_bytes(&content) {
        return Err(Error::file(path, "it is not HDF5; a NIR file is, as nir.write of Python makes it"));
    }
    let reader = Reader { limit: limit.bytes };
    let done =
        guarded(|| match File::from_bytes(content).map_err(Fault::from).and_then(|file| reader.read_file(&file)) {
            Ok(graph) => Ok(Ok(graph)),
            Err(Fault::Ours(problem)) => Ok(Err(problem)),
            Err(Fault::Library(error)) => Err(error),
        });
    match done {
        Ok(Ok(graph)) => Ok(graph),
        Ok(Err(problem)) => Err(Error::file(path, problem)),
        Err(reason) => {
            let advice = "it may be cut off or damaged: get a whole copy, or write it again with nir.write";
            Err(Error::file(path, format!("it is HDF5 that cannot be read ({reason}); {advice}")))
        }
    }
}

/// Why a file is not read: an error of the library, or a sentence of ours.
enum Fault {
    Library(hdf5_pure::Error),
    Ours(String),
}

impl From<hdf5_pure::Error> for Fault {
    fn from(error: hdf5_pure::Error) -> Fault {
        Fault::Library(error)
    }
}

/// A place for errors: "node 'a'", or "the graph" for an empty path.
fn place(path: &str) -> String {
    if path.is_empty() { "the graph".to_owned() } else { format!("node '{path}'") }
}

/// Reads the parts of a file.
struct Reader {
    /// The most bytes that one dataset may unpack to.
    limit: u64,
}

impl Reader {
    /// Reads the graph of a file.
    fn read_file(&self, file: &File) -> Result<Graph, Fault> {
        let root = file.root();
        if !root.groups()?.iter().any(|name| name == "node") {
            let problem = "it is HDF5 without the group 'node', in which a NIR file holds its graph";
            return Err(Fault::Ours(problem.to_owned()));
        }
        let node = self.read_node(&root.group("node")?, "", 0)?;
        match node.graph() {
            Some(graph) => Ok(graph.clone()),
            None => {
                let kind = node.kind().name();
                Err(Fault::Ours(format!(
                    "it holds a node of type {kind} alone; write a NIRGraph with inputs and outputs"
                )))
            }
        }
    }

    /// Reads a node. `path` is its name after those of the graphs around it, `depth` the number of groups around it.
    fn read_node(&self, group: &Group, path: &str, depth: usize) -> Result<Node, Fault> {
        let ours = |problem: String| Fault::Ours(format!("{}: {problem}", place(path)));
        if depth > MAX_DEPTH {
            return Err(ours(format!("it lies within more than {MAX_DEPTH} other graphs")));
        }
        let names = group.datasets()?;
        let mut data = BTreeMap::new();
        for name in names.iter().filter(|name| *name != "edges") {
            data.insert(name.clone(), self.read_data(&group.dataset(name)?).map_err(|f| named(f, path, name))?);
        }
        let kind_name = data.remove("type").ok_or_else(|| ours("it has no type, a text such as LIF".to_owned()))?;
        let name = kind_name.as_text().unwrap_or_default();
        let Some(kind) = Kind::named(name) else {
            let unknown = Error::unknown("type", name, place(path), &Kind::names());
            return Err(Fault::Ours(unknown.to_string()));
        };
        let groups = group.groups()?;
        let metadata = match groups.iter().any(|name| name == "metadata") {
            true => self.read_metadata(&group.group("metadata")?, path, depth + 1)?,
            false => Metadata::new(),
        };
        let node = match kind {
            Kind::Graph => Node::nested(self.read_graph(group, path, depth)?),
            _ => Node::checked(kind, data).map_err(ours)?,
        };
        Ok(node.with_all_metadata(metadata))
    }

    /// Reads the nodes and edges of a graph.
    fn read_graph(&self, group: &Group, path: &str, depth: usize) -> Result<Graph, Fault> {
        let ours = |problem: String| Fault::Ours(format!("{}: {problem}", place(path)));
        if !group.groups()?.iter().any(|name| name == "nodes") || !group.datasets()?.iter().any(|name| name == "edges")
        {
            return Err(ours("a NIRGraph needs the group 'nodes' and the list 'edges'".to_owned()));
        }
        let all = group.group("nodes")?;
        let mut nodes = BTreeMap::new();
        for name in all.groups()? {
            let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let node = self.read_node(&all.group(&name)?, &inner, depth + 1)?;
            nodes.insert(name, node);
        }
        let edges = self.read_data(&group.dataset("edges")?).map_err(|f| named(f, path, "edges"))?;
        let edges = match (edges.values(), edges.shape()) {
            (Values::Text(names), [_, 2]) => {
                names.chunks_exact(2).filter_map(|pair| Some((pair.first()?.clone(), pair.get(1)?.clone()))).collect()
            }
            // Python writes an empty list as one of numbers.
            (values, _) if values.is_empty() => Vec::new(),
            (_, shape) => return Err(ours(format!("edges has the shape {shape:?}, and must be pairs of names"))),
        };
        Graph::checked(nodes, edges).map_err(ours)
    }

    /// Reads the entries of metadata in a group, and in the groups within it.
    fn read_metadata(&self, group: &Group, path: &str, depth: usize) -> Result<Metadata, Fault> {
        if depth > MAX_DEPTH {
            let problem = format!("{}: its metadata are more than {MAX_DEPTH} groups deep", place(path));
            return Err(Fault::Ours(problem));
        }
        let mut entries = Metadata::new();
        for name in group.datasets()? {
            let data = self.read_data(&group.dataset(&name)?).map_err(|f| named(f, path, &name))?;
            entries.insert(name, Entry::Data(data));
        }
        for name in group.groups()? {
            let inner = self.read_metadata(&group.group(&name)?, path, depth + 1)?;
            entries.insert(name, Entry::Group(inner));
        }
        Ok(entries)
    }

    /// Reads a dataset; a problem is a sentence without its subject, see [`named`].
    fn read_data(&self, dataset: &Dataset) -> Result<Data, Fault> {
        let shape = dataset.shape()?;
        let size = shape.iter().try_fold(8u64, |size, axis| size.checked_mul(*axis));
        if size.is_none_or(|size| size > self.limit) {
            let (size, limit) = (bytes(size.unwrap_or(u64::MAX)), bytes(self.limit));
            return Err(Fault::Ours(format!(
                "unpacks to {size}, over the limit of {limit}; set NEUROPIL_MAX_FILE higher"
            )));
        }
        let shape: Vec<usize> = shape.into_iter().filter_map(|axis| usize::try_from(axis).ok()).collect();
        let values = match dataset.dtype()? {
            DType::F32 => Values::F32(dataset.read_f32()?),
            DType::F64 => Values::F64(dataset.read_f64()?),
            DType::I8 | DType::I16 | DType::I32 | DType::I64 | DType::U8 | DType::U16 | DType::U32 => {
                Values::I64(dataset.read_i64()?)
            }
            DType::U64 => {
                let whole: Option<Vec<i64>> = dataset.read_u64()?.into_iter().map(|v| i64::try_from(v).ok()).collect();
                Values::I64(whole.ok_or_else(|| Fault::Ours("holds a whole number of 2^63 or more".to_owned()))?)
            }
            DType::String | DType::VariableLengthString => Values::Text(dataset.read_string()?),
            DType::Enum(names) if names == ["FALSE", "TRUE"] => {
                Values::Bool(dataset.read_raw()?.into_iter().map(|byte| byte != 0).collect())
            }
            kind => {
                let problem = format!("holds {kind}, and numbers of 32 or 64 bits, texts, true and false are read");
                return Err(Fault::Ours(problem));
            }
        };
        Data::new(&shape, values).map_err(|_| Fault::Ours(format!("does not fill its shape {shape:?}")))
    }
}

/// A problem of the dataset `name` of a node, with its place added.
fn named(fault: Fault, path: &str, name: &str) -> Fault {
    match fault {
        Fault::Ours(problem) => Fault::Ours(format!("{}: {name} {problem}", place(path))),
        other => other,
    }
}
