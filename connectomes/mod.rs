//! Connectomes: wiring as data, with readers and writers of the formats people keep it in.
//!
//! One file per format. A [`Connectome`] is nodes and edges with what was measured about them (names, types, sign or
//! transmitter, positions, tract lengths); it knows nothing of neuron models. Published network *models* live in
//! [`networks`]; committed connectomes lie in `connectomes/data/`, each with source, licence and citation beside it.

pub mod networks;

/// A node of a connectome: a neuron, a muscle, a brain region.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Node {
    /// Name, unique within the connectome (a 64-bit id is kept as its decimal text).
    pub name: String,
    /// Cell type or class, where known.
    pub kind: Option<String>,
    /// Position in the source's own units, where known.
    pub position: Option<[f64; 3]>,
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
    /// Short name, such as "cook2019-hermaphrodite".
    pub name: String,
    /// Nodes; edges refer to them by index.
    pub nodes: Vec<Node>,
    /// Edges in the order of the source; parallel edges are allowed.
    pub edges: Vec<Edge>,
    /// One line on source and unit of the weights.
    pub about: String,
}
