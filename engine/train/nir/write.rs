//! Graphs as HDF5, as the Python package `nir` reads them.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use hdf5_pure::{DatasetBuilder, EnumTypeBuilder, FileBuilder, GroupBuilder, make_i8_type};

use super::flat::flatten;
use super::graph::{Graph, Node};
use super::shape::shapes;
use super::{Data, Entry, Kind, Metadata, Values};
use crate::error::{Error, Result};
use crate::files::atomic_write;

/// The release of `nir` whose format this is.
const VERSION: &str = "1.0.8";
/// The level of compression, as gzip counts it; that of h5py.
const LEVEL: u32 = 4;
/// The most bytes of a chunk, so that a reader unpacks no more at a time.
const MAX_CHUNK: usize = 1 << 20;

/// Writes a graph, whole or not at all. Convolutions without an input shape get that of the values that reach them, if
/// it is known, for Python does not read them without one.
///
/// # Errors
/// A folder that is missing or cannot be written to, a full disk; a graph that cannot be written as HDF5.
pub fn write(graph: &Graph, path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    let failed = |reason: hdf5_pure::Error| Error::file(path, format!("cannot be written as HDF5 ({reason})"));
    let mut file = FileBuilder::new();
    file.create_dataset("version").with_vlen_strings(&[VERSION]).with_shape(&[]);
    let mut group = file.create_group("node");
    write_graph(&mut group, graph, "", &convolution_inputs(graph));
    write_metadata(&mut group, &graph.metadata);
    file.add_group(group.finish());
    let content = file.finish().map_err(failed)?;
    atomic_write(path, |file| file.write_all(&content))
}

/// The input shapes of convolutions, without their channels, by the names of the flat graph; empty where shapes do
/// not fit.
fn convolution_inputs(graph: &Graph) -> BTreeMap<String, Vec<usize>> {
    let Ok(flat) = flatten(graph) else { return BTreeMap::new() };
    let Ok((flows, _)) = shapes(&flat) else { return BTreeMap::new() };
    let convolutions = flat.nodes.iter().zip(flows).filter(|(flat, _)| is_convolution(flat.node.kind()));
    convolutions.filter_map(|(flat, flow)| Some((flat.name.clone(), flow.input.get(1..)?.to_vec()))).collect()
}

fn is_convolution(kind: Kind) -> bool {
    matches!(kind, Kind::Conv1d | Kind::Conv2d)
}

/// Writes a graph into a group. `prefix` stands before the names of its nodes in the flat graph, by which `spaces` has
/// the input shapes of convolutions.
fn write_graph(group: &mut GroupBuilder, graph: &Graph, prefix: &str, spaces: &BTreeMap<String, Vec<usize>>) {
    write_data(group.create_dataset("type"), &Data::text(Kind::Graph.name()));
    let names: Vec<&str> = graph.edges().iter().flat_map(|(from, to)| [from.as_str(), to.as_str()]).collect();
    let pairs = graph.edges().len() as u64;
    group.create_dataset("edges").with_vlen_strings(&names).with_shape(&[pairs, 2]);
    let mut nodes = group.create_group("nodes");
    for (name, node) in graph.nodes() {
        let mut inner = nodes.create_group(name);
        write_node(&mut inner, node, &format!("{prefix}{name}"), spaces);
        nodes.add_group(inner.finish());
    }
    group.add_group(nodes.finish());
}

/// Writes a node into a group; `name` is that in the flat graph.
fn write_node(group: &mut GroupBuilder, node: &Node, name: &str, spaces: &BTreeMap<String, Vec<usize>>) {
    match node.graph() {
        Some(graph) => write_graph(group, graph, &format!("{name}."), spaces),
        None => write_data(group.create_dataset("type"), &Data::text(node.kind().name())),
    }
    let space = spaces.get(name).filter(|_| node.get("input_shape").is_none());
    match space.map(Vec::as_slice) {
        // A single axis is a number in Python.
        Some([width]) => write_data(group.create_dataset("input_shape"), &Data::whole(*width as i64)),
        Some(axes) => write_data(group.create_dataset("input_shape"), &Data::whole_list(axes)),
        None => {}
    }
    for (name, data) in node.parameters() {
        write_data(group.create_dataset(name), data);
    }
    write_metadata(group, node.metadata());
}

/// Writes metadata, if there are any, into a group of their own.
fn write_metadata(group: &mut GroupBuilder, metadata: &Metadata) {
    if !metadata.is_empty() {
        let mut inner = group.create_group("metadata");
        write_entries(&mut inner, metadata);
        group.add_group(inner.finish());
    }
}

/// Writes entries of metadata into a group.
fn write_entries(group: &mut GroupBuilder, entries: &Metadata) {
    for (name, entry) in entries {
        match entry {
            Entry::Data(data) => write_data(group.create_dataset(name), data),
            Entry::Group(entries) => {
                let mut inner = group.create_group(name);
                write_entries(&mut inner, entries);
                group.add_group(inner.finish());
            }
        }
    }
}

/// Writes an array, numbers compressed.
fn write_data(dataset: &mut DatasetBuilder, data: &Data) {
    let shape: Vec<u64> = data.shape().iter().map(|&axis| axis as u64).collect();
    let (built, width) = match data.values() {
        Values::F32(values) => (dataset.with_f32_data(values), 4),
        Values::F64(values) => (dataset.with_f64_data(values), 8),
        Values::I64(values) => (dataset.with_i64_data(values), 8),
        Values::Bool(values) => (write_bools(dataset, values), 0),
        Values::Text(texts) => {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            (dataset.with_vlen_strings(&texts), 0)
        }
    };
    built.with_shape(&shape);
    // Single values and empty arrays have no chunks.
    if width > 0 && !shape.is_empty() && !data.values().is_empty() {
        built.with_chunks(&chunk_of(data.shape(), width)).with_deflate(LEVEL);
    }
}

/// True and false as h5py writes them.
fn write_bools<'a>(dataset: &'a mut DatasetBuilder, values: &[bool]) -> &'a mut DatasetBuilder {
    let bytes: Vec<u8> = values.iter().map(|&value| u8::from(value)).collect();
    let names = EnumTypeBuilder::with_base(make_i8_type()).raw_value("FALSE", &[0]).raw_value("TRUE", &[1]).build();
    match names {
        Ok(kind) => dataset.with_raw_data(kind, bytes, values.len() as u64),
        // Not reached: a type of two names can be built.
        Err(_) => dataset.with_u8_data(&bytes),
    }
}

/// The shape of chunks: a part of an array of at most [`MAX_CHUNK`] bytes, whole along its last axes; `width` is that
/// of a number.
fn chunk_of(shape: &[usize], width: usize) -> Vec<u64> {
    let mut left = MAX_CHUNK / width;
    let mut chunk: Vec<u64> = Vec::with_capacity(shape.len());
    for &axis in shape.iter().rev() {
        let part = axis.clamp(1, left.max(1));
        chunk.push(part as u64);
        left /= part;
    }
    chunk.reverse();
    chunk
}
