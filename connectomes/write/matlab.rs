//! MATLAB files of version 5: sparse matrices `weights` and `lengths`, from rows to columns, and the cell array `labels`.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::check_size;
use crate::Result;
use crate::connectomes::{Connectome, Edge, Part};
use crate::files::atomic_write;
use crate::text::counted;

/// Types of elements.
const INT8: u32 = 1;
const UINT16: u32 = 4;
const INT32: u32 = 5;
const UINT32: u32 = 6;
const DOUBLE: u32 = 9;
const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;

/// Classes of arrays.
const CELL: u32 = 1;
const CHAR: u32 = 4;
const SPARSE: u32 = 5;

/// The most that MATLAB reads of one variable.
const MOST: u64 = (1 << 31) - 1;
/// More than the tags and flags of one array take.
const OVERHEAD: u64 = 128;

/// Writes all arrays; refuses what MATLAB 5 cannot hold before the first byte.
pub(super) fn write(connectome: &Connectome, path: &Path) -> Result<()> {
    let (nodes, edges) = (connectome.nodes.len() as u64, connectome.edges.len() as u64);
    let matrix = edges.saturating_mul(12).saturating_add(nodes.saturating_mul(4)).saturating_add(OVERHEAD);
    check_size(
        path,
        &format!(
            "a sparse matrix of {weights} of {nodes}",
            weights = counted(edges, "weight"),
            nodes = counted(nodes, "node")
        ),
        matrix,
        MOST,
    )?;
    let names: u64 = connectome.nodes.iter().map(|node| 2 * node.name.len() as u64 + OVERHEAD).sum();
    check_size(
        path,
        &format!("an array of {names}", names = counted(nodes, "name")),
        names.saturating_add(OVERHEAD),
        MOST,
    )?;
    let mut order: Vec<&Edge> = connectome.edges.iter().collect();
    // Sparse matrices are kept column by column.
    order.sort_by_key(|edge| (edge.target, edge.source));
    atomic_write(path, |file| {
        let mut header = [b' '; 128];
        let title = b"MATLAB 5.0 MAT-file, written by Neuropil";
        header[..title.len()].copy_from_slice(title);
        header[116..124].fill(0);
        header[124..].copy_from_slice(&[0, 1, b'I', b'M']);
        file.write_all(&header)?;
        write_variable(file, &sparse_matrix("weights", connectome.nodes.len(), &order, |edge| edge.weight))?;
        if connectome.count(Part::Length) > 0 {
            let length = |edge: &Edge| edge.length.unwrap_or_default();
            write_variable(file, &sparse_matrix("lengths", connectome.nodes.len(), &order, length))?;
        }
        write_variable(file, &label_cells(connectome))
    })
}

/// Writes one variable, packed.
fn write_variable(file: &mut impl Write, matrix: &[u8]) -> std::io::Result<()> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
    packed.write_all(matrix)?;
    let packed = packed.finish()?;
    file.write_all(&COMPRESSED.to_le_bytes())?;
    file.write_all(&(packed.len() as u32).to_le_bytes())?;
    file.write_all(&packed)
}

/// A sparse matrix in compressed columns: a column is a target, a row a source.
fn sparse_matrix(name: &str, nodes: usize, edges: &[&Edge], value: impl Fn(&Edge) -> f64) -> Vec<u8> {
    let mut starts = vec![0u32; nodes + 1];
    edges.iter().for_each(|edge| starts[edge.target as usize + 1] += 1);
    (0..nodes).for_each(|column| starts[column + 1] += starts[column]);
    let mut content = array_header(SPARSE, edges.len().max(1) as u32, [nodes as u32; 2], name);
    append_element(&mut content, INT32, edges.iter().flat_map(|edge| edge.source.to_le_bytes()));
    append_element(&mut content, INT32, starts.iter().flat_map(|start| start.to_le_bytes()));
    append_element(&mut content, DOUBLE, edges.iter().flat_map(|edge| value(edge).to_le_bytes()));
    matrix_element(content)
}

/// The names of the nodes as a cell array of UTF-16 texts.
fn label_cells(connectome: &Connectome) -> Vec<u8> {
    let mut content = array_header(CELL, 0, [connectome.nodes.len() as u32, 1], "labels");
    for node in &connectome.nodes {
        let units: Vec<u16> = node.name.encode_utf16().collect();
        let mut text = array_header(CHAR, 0, [1, units.len() as u32], "");
        append_element(&mut text, UINT16, units.iter().flat_map(|unit| unit.to_le_bytes()));
        content.extend(matrix_element(text));
    }
    matrix_element(content)
}

/// The beginning of an array: class, size and name. A sparse one says how many entries it has room for.
fn array_header(class: u32, room: u32, size: [u32; 2], name: &str) -> Vec<u8> {
    let mut content = Vec::new();
    append_element(&mut content, UINT32, [class, room].into_iter().flat_map(u32::to_le_bytes));
    append_element(&mut content, INT32, size.into_iter().flat_map(u32::to_le_bytes));
    append_element(&mut content, INT8, name.bytes());
    content
}

/// Wraps the parts of an array into one element of type miMATRIX.
fn matrix_element(content: Vec<u8>) -> Vec<u8> {
    let mut whole = Vec::with_capacity(content.len() + 8);
    append_element(&mut whole, MATRIX, content);
    whole
}

/// Appends a data element: type, size and data, padded to a multiple of 8 bytes.
fn append_element(into: &mut Vec<u8>, kind: u32, data: impl IntoIterator<Item = u8>) {
    into.extend(kind.to_le_bytes());
    let size = into.len();
    into.extend([0; 4]);
    into.extend(data);
    let bytes = (into.len() - size - 4) as u32;
    into[size..size + 4].copy_from_slice(&bytes.to_le_bytes());
    into.resize(into.len().next_multiple_of(8), 0);
}
