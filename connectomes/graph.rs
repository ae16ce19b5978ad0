//! To and from petgraph, for its algorithms.

use petgraph::graph::DiGraph;
use petgraph::visit::EdgeRef;

use super::{Connectome, Edge, Node};
use crate::error::{Error, Result};

impl Connectome {
    /// The connectome as a graph: node and edge indices are the same in both.
    pub fn to_graph(&self) -> Result<DiGraph<Node, Edge>> {
        self.check()?;
        let mut graph = DiGraph::with_capacity(self.nodes.len(), self.edges.len());
        for node in &self.nodes {
            graph.try_add_node(node.clone()).map_err(|e| self.does_not_fit(&e))?;
        }
        for edge in &self.edges {
            graph
                .try_add_edge(edge.source.into(), edge.target.into(), edge.clone())
                .map_err(|e| self.does_not_fit(&e))?;
        }
        Ok(graph)
    }

    /// A connectome from a graph; the ends of each edge are those of the graph.
    pub fn from_graph(name: &str, graph: &DiGraph<Node, Edge>) -> Result<Connectome> {
        let ends = |index: petgraph::graph::NodeIndex| index.index() as u32;
        let edges = graph.edge_references().map(|edge| Edge {
            source: ends(edge.source()),
            target: ends(edge.target()),
            ..edge.weight().clone()
        });
        let connectome = Connectome {
            name: name.to_owned(),
            nodes: graph.node_weights().cloned().collect(),
            edges: edges.collect(),
            about: "made from a graph".to_owned(),
            ..Connectome::default()
        };
        connectome.check()?;
        Ok(connectome)
    }

    /// The error of a connectome with more nodes or edges than petgraph can index.
    fn does_not_fit(&self, reason: &dyn std::fmt::Display) -> Error {
        Error::invalid(format!("connectome {}", self.name), format!("it does not fit in a graph: {reason}"))
    }
}
