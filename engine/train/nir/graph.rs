//! Graphs and their nodes, checked as they are made.

use std::collections::{BTreeMap, BTreeSet};

use super::check::{Unchecked, check_node};
use super::{Data, Kind, Metadata};
use crate::error::{Error, Result};

/// A node: its kind, its parameters by NIR's names, its metadata; or a nested graph.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub(super) kind: Kind,
    pub(super) data: BTreeMap<String, Data>,
    /// Empty for a nested graph, which has its own.
    metadata: Metadata,
    /// The nested graph, for [`Kind::Graph`].
    graph: Option<Box<Graph>>,
}

/// A graph: nodes by name, edges between them, and metadata.
///
/// Nodes have no order of their own; edges keep theirs.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Graph {
    nodes: BTreeMap<String, Node>,
    edges: Vec<(String, String)>,
    /// What is said beside nodes and edges, such as `dt`.
    pub metadata: Metadata,
}

impl Node {
    /// A node with its parameters.
    ///
    /// # Errors
    /// A parameter that is missing, unknown or of a wrong shape; the sentence names it, not the node.
    pub fn new(kind: Kind, data: impl IntoIterator<Item = (&'static str, Data)>) -> Result<Node> {
        let data = data.into_iter().map(|(name, data)| (name.to_owned(), data)).collect();
        Node::checked(kind, data).map_err(|problem| Error::invalid(kind.name(), problem))
    }

    /// As [`Node::new`], with parameters by any names; the problem is a part of a sentence.
    pub(super) fn checked(kind: Kind, data: BTreeMap<String, Data>) -> Result<Node, String> {
        if kind == Kind::Graph {
            return Err("a graph is made from nodes and edges".to_owned());
        }
        let node = Node { kind, data, metadata: Metadata::new(), graph: None };
        check_node(&Unchecked { kind: node.kind, data: &node.data })?;
        Ok(node)
    }

    /// A graph as a node of another.
    pub fn nested(graph: Graph) -> Node {
        Node { kind: Kind::Graph, data: BTreeMap::new(), metadata: Metadata::new(), graph: Some(Box::new(graph)) }
    }

    /// The node with one more entry of metadata.
    pub fn with_metadata(mut self, name: &str, data: Data) -> Node {
        let metadata = self.graph.as_mut().map_or(&mut self.metadata, |graph| &mut graph.metadata);
        metadata.insert(name.to_owned(), super::Entry::Data(data));
        self
    }

    /// The node with other metadata.
    #[cfg(feature = "formats")]
    pub(super) fn with_all_metadata(mut self, metadata: Metadata) -> Node {
        match &mut self.graph {
            Some(graph) => graph.metadata = metadata,
            None => self.metadata = metadata,
        }
        self
    }

    /// The metadata.
    pub fn metadata(&self) -> &Metadata {
        self.graph.as_ref().map_or(&self.metadata, |graph| &graph.metadata)
    }

    /// The kind of the node.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// All parameters by name.
    pub fn parameters(&self) -> &BTreeMap<String, Data> {
        &self.data
    }

    /// The parameter `name`, if it is there.
    pub fn get(&self, name: &str) -> Option<&Data> {
        self.data.get(name)
    }

    /// The nested graph, if the node is one.
    pub fn graph(&self) -> Option<&Graph> {
        self.graph.as_deref()
    }

    /// The values of a parameter, if it is there and all are whole numbers from 0 on.
    pub(super) fn sizes(&self, name: &str) -> Option<Vec<usize>> {
        Unchecked { kind: self.kind, data: &self.data }.sizes(name)
    }
}

impl Graph {
    /// A graph of nodes by name and edges between them.
    ///
    /// # Errors
    /// Two nodes of one name, a name that is empty or contains `/`, an edge to a node that is not there, the same edge
    /// twice, no input, no output.
    pub fn new(
        nodes: impl IntoIterator<Item = (String, Node)>,
        edges: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Graph> {
        let mut named = BTreeMap::new();
        for (name, node) in nodes {
            if named.insert(name.clone(), node).is_some() {
                return Err(Error::invalid(format!("node '{name}'"), "there are two of this name; give each its own"));
            }
        }
        Graph::checked(named, edges.into_iter().collect()).map_err(|problem| Error::invalid("NIR graph", problem))
    }

    /// A graph of nodes one behind the other, from an input to an output.
    ///
    /// # Errors
    /// As [`Graph::new`].
    pub fn chain(nodes: impl IntoIterator<Item = (&'static str, Node)>) -> Result<Graph> {
        let nodes: Vec<(String, Node)> = nodes.into_iter().map(|(name, node)| (name.to_owned(), node)).collect();
        let pairs = nodes.iter().zip(nodes.iter().skip(1));
        let edges: Vec<_> = pairs.map(|((from, _), (to, _))| (from.clone(), to.clone())).collect();
        Graph::new(nodes, edges)
    }

    /// As [`Graph::new`], for nodes by any names; the problem is a sentence.
    pub(super) fn checked(nodes: BTreeMap<String, Node>, edges: Vec<(String, String)>) -> Result<Graph, String> {
        if let Some(name) = nodes.keys().find(|name| name.is_empty() || name.contains('/')) {
            return Err(format!("a node is called '{name}', and a name must be one of letters without /; rename it"));
        }
        let mut seen = BTreeSet::new();
        for edge in &edges {
            let (from, to) = edge;
            for (end, what) in [(from, "comes from"), (to, "leads to")] {
                if !nodes.contains_key(end) {
                    let known: Vec<&str> = nodes.keys().map(String::as_str).take(20).collect();
                    let known = known.join(", ");
                    let problem =
                        format!("the edge {from} -> {to} {what} node '{end}', which is not there; there are {known}");
                    return Err(problem);
                }
            }
            if !seen.insert(edge) {
                return Err(format!("the edge {from} -> {to} is listed twice; list it once"));
            }
        }
        for kind in [Kind::Input, Kind::Output] {
            if !nodes.values().any(|node| node.kind == kind) {
                let name = kind.name();
                return Err(format!(
                    "there is no {name} node; add one, so that it is clear where values enter and leave"
                ));
            }
        }
        Ok(Graph { nodes, edges, metadata: Metadata::new() })
    }

    /// The graph with one more entry of metadata.
    pub fn with_metadata(mut self, name: &str, data: Data) -> Graph {
        self.metadata.insert(name.to_owned(), super::Entry::Data(data));
        self
    }

    /// The nodes by name.
    pub fn nodes(&self) -> &BTreeMap<String, Node> {
        &self.nodes
    }

    /// The edges, in their order.
    pub fn edges(&self) -> &[(String, String)] {
        &self.edges
    }
}
