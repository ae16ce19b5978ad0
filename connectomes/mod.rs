//! Connectomes: wiring as data, with readers and writers of the formats people keep it in.
//!
//! One file per format. A [`Connectome`] is nodes and edges with what was measured about them (names, types, sign or
//! transmitter, positions, tract lengths); it knows nothing of neuron models. Published network *models* live in
//! `connectomes/networks/`; committed connectomes lie in `connectomes/data/`, each with source, licence and citation
//! beside it.
//!
//! Start at [`Connectome::read`] (a file of any format) or [`Connectome::named`] (a committed one).

mod activity;
#[cfg(feature = "formats")]
mod adjacency;
mod archive;
mod arrays;
#[cfg(feature = "formats")]
mod arrow;
mod builder;
#[cfg(feature = "formats")]
mod bundle;
mod capped;
pub mod celegans;
mod columns;
mod dense;
mod dictionary;
mod edge_list;
#[cfg(feature = "formats")]
mod excel;
mod flyvis;
#[cfg(feature = "formats")]
mod gexf;
#[cfg(feature = "formats")]
mod gml;
mod graph;
#[cfg(feature = "formats")]
mod graphml;
mod grid;
#[cfg(feature = "formats")]
mod hdf5;
#[cfg(feature = "formats")]
mod hdf5_links;
mod headings;
mod ids;
mod json;
mod magic;
mod matlab;
mod matlab_4;
mod matrix;
mod matrix_market;
mod named;
#[cfg(feature = "formats")]
mod node_link;
mod node_table;
mod npy;
mod npz;
#[cfg(feature = "formats")]
mod ods;
#[cfg(feature = "formats")]
mod ole;
mod options;
mod packed;
#[cfg(feature = "formats")]
mod pajek;
#[cfg(feature = "formats")]
mod parquet;
#[cfg(feature = "formats")]
mod parquet_columns;
mod part;
#[cfg(feature = "formats")]
mod property_graph;
mod read;
mod reading;
mod recognise;
#[cfg(feature = "formats")]
mod rows;
mod separator;
mod shape;
#[cfg(feature = "formats")]
mod sheet;
mod sign;
mod source;
mod sparse;
pub mod statistics;
mod table;
mod text_matrix;
mod tvb;
#[cfg(feature = "formats")]
mod workbook;
mod write;
#[cfg(feature = "formats")]
mod xls;
#[cfg(feature = "formats")]
mod xml;

pub use crate::files::is_guarded;
pub use activity::{Activity, ActivityOptions, Recording, Trace};
pub use matrix::Matrix;
pub use named::{Committed, committed, functional_connectivity, names};
pub use options::{Columns, Format, Orientation, ReadOptions};
pub use part::Part;
pub use reading::{Guess, Reading, Taken};
pub use sign::{SignRule, Signs};
pub use write::WriteFormat;

use crate::error::{Error, Result};
use crate::text::counted;

pub mod networks;

/// A node of a connectome: a neuron, a muscle, a brain region.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Node {
    /// Name, unique within the connectome (a 64-bit id is kept as its decimal text).
    pub name: String,
    /// Cell type or class, where known.
    pub kind: Option<String>,
    /// What sort of thing it is in the source's terms ("neuron", "muscle", "input"...), where known.
    pub category: Option<String>,
    /// Position in the source's own units, where known.
    pub position: Option<[f64; 3]>,
    /// Surface area in mm², where known (regions).
    pub area: Option<f64>,
    /// Whether it is a cortical region, where known.
    pub cortical: Option<bool>,
    /// Side of the body, where known.
    pub side: Option<Side>,
}

/// Side of the body or hemisphere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Left.
    Left,
    /// Right.
    Right,
}

impl Side {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Side::Left => "left",
            Side::Right => "right",
        }
    }
}

/// What an edge is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum EdgeKind {
    /// Chemical synapses (directed), or a tract.
    #[default]
    Chemical,
    /// Gap junctions; listed in both directions where the source does so.
    Gap,
}

/// A directed edge, source to target.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Edge {
    /// Index of the source (presynaptic) node.
    pub source: u32,
    /// Index of the target (postsynaptic) node.
    pub target: u32,
    /// Weight in the source's own units (synapses, EM sections, streamlines...); finite.
    pub weight: f64,
    /// Chemical or gap junction.
    pub kind: EdgeKind,
    /// +1 excitatory, -1 inhibitory, 0 unknown.
    pub sign: i8,
    /// Tract length in mm, where known.
    pub length: Option<f64>,
    /// Transmitter, where known.
    pub transmitter: Option<String>,
}

/// Wiring as data: nodes, edges and where they come from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Connectome {
    /// Short name, such as "cook2019".
    pub name: String,
    /// Nodes; edges refer to them by index.
    pub nodes: Vec<Node>,
    /// Edges in the order of the source; parallel edges are allowed.
    pub edges: Vec<Edge>,
    /// One line on source and unit of the weights.
    pub about: String,
    /// How the file it comes from was read.
    pub reading: Reading,
}

impl Connectome {
    /// Index of the node called `name`, by a search through all nodes.
    pub fn node(&self, name: &str) -> Option<u32> {
        self.nodes.iter().position(|n| n.name == name).map(|i| i as u32)
    }

    /// The total weight of the edges of `kind` from `source` to `target`, by name; `None` if there are none.
    pub fn weight(&self, source: &str, target: &str, kind: EdgeKind) -> Option<f64> {
        let (source, target) = (self.node(source)?, self.node(target)?);
        let mut found = self.edges.iter().filter(|e| e.source == source && e.target == target && e.kind == kind);
        let first = found.next()?.weight;
        Some(found.fold(first, |sum, e| sum + e.weight))
    }

    /// The connectome among the nodes that `keep` accepts: those nodes in the same order, and the edges between them.
    pub fn among(&self, keep: impl Fn(&Node) -> bool) -> Connectome {
        let mut index = vec![None; self.nodes.len()];
        let mut nodes = Vec::new();
        for (old, node) in self.nodes.iter().enumerate().filter(|(_, n)| keep(n)) {
            index[old] = Some(nodes.len() as u32);
            nodes.push(node.clone());
        }
        let place = |old: u32| index.get(old as usize).copied().flatten();
        let edges = self
            .edges
            .iter()
            .filter_map(|edge| Some(Edge { source: place(edge.source)?, target: place(edge.target)?, ..edge.clone() }));
        Connectome {
            edges: edges.collect(),
            nodes,
            name: self.name.clone(),
            about: self.about.clone(),
            reading: self.reading.clone(),
        }
    }

    /// Checks what every reader promises: node names are unique and not empty, edges refer to nodes, weights are
    /// finite and lengths are finite and not negative.
    pub fn check(&self) -> Result<()> {
        let place = || format!("connectome {}", self.name);
        let mut seen = std::collections::HashSet::with_capacity(self.nodes.len());
        for node in &self.nodes {
            if node.name.is_empty() || !seen.insert(node.name.as_str()) {
                let problem = match node.name.as_str() {
                    "" => "a node has an empty name; name every node".to_owned(),
                    name => format!("two nodes are called '{name}'; names must be unique"),
                };
                return Err(Error::invalid(place(), problem));
            }
        }
        let count = self.nodes.len();
        for (row, edge) in self.edges.iter().enumerate() {
            let problem = if edge.source as usize >= count || edge.target as usize >= count {
                format!(
                    "edge {row} goes from {} to {}, out of range of {}",
                    edge.source,
                    edge.target,
                    counted(count, "node")
                )
            } else if !edge.weight.is_finite() {
                format!("edge {row} has weight {}; every weight must be finite", edge.weight)
            } else if edge.length.is_some_and(|l| !l.is_finite() || l < 0.0) {
                format!("edge {row} has length {:?} mm; it must be finite and not negative", edge.length)
            } else {
                continue;
            };
            return Err(Error::invalid(place(), problem));
        }
        Ok(())
    }
}
