//! Flat graphs, without nested graphs: nodes of these get names such as `recurrent.lif`, and their inputs and outputs
//! pass values on.

use super::graph::{Graph, Node};
use super::{Entry, Kind, Metadata};

/// A node of a flat graph.
#[derive(Debug, Clone)]
pub(super) struct FlatNode {
    /// Its name, after those of the graphs around it.
    pub name: String,
    pub node: Node,
    /// Whether it lies in the graph itself, not in a nested one.
    pub outermost: bool,
    /// What its metadata say of its reset, or else those of a graph around it.
    pub reset: ResetEntry,
}

/// A flat graph: its nodes, and its edges from node to node by index.
#[derive(Debug, Default)]
pub(super) struct Flat {
    pub nodes: Vec<FlatNode>,
    pub edges: Vec<(usize, usize)>,
}

/// Names of metadata that say how a neuron is reset.
const RESET_NAMES: [&str; 2] = ["reset", "reset_mechanism"];

/// A graph with all its nested graphs opened.
///
/// # Errors
/// An edge to or from a nested graph with several inputs or outputs, two nodes that come to have one name; as a
/// sentence.
pub(super) fn flatten(graph: &Graph) -> Result<Flat, String> {
    let mut flat = Flat::default();
    add_nodes(graph, "", &reset_entry(&graph.metadata), &mut flat)?;
    let mut names: Vec<&str> = flat.nodes.iter().map(|node| node.name.as_str()).collect();
    names.sort_unstable();
    if let Some(name) = names.windows(2).find(|pair| pair.first() == pair.get(1)).and_then(|pair| pair.first()) {
        return Err(format!("two nodes come to be called '{name}' once nested graphs are opened; rename one"));
    }
    Ok(flat)
}

/// The flat nodes at which edges to and from a node end.
enum Ends {
    /// The node itself.
    Node(usize),
    /// The inputs and outputs of a nested graph.
    Graph(Vec<usize>, Vec<usize>),
}

/// The name and the entry of metadata that say how neurons are reset, if there are any.
pub(super) type ResetEntry = Option<(String, Entry)>;

/// Adds the nodes and edges of a graph, with `prefix` before the names of nodes; `reset` is what graphs around it say.
/// Gives the graph's inputs and outputs.
fn add_nodes(
    graph: &Graph,
    prefix: &str,
    reset: &ResetEntry,
    flat: &mut Flat,
) -> Result<(Vec<usize>, Vec<usize>), String> {
    let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
    let mut ends = std::collections::BTreeMap::new();
    for (name, node) in graph.nodes() {
        let name_here = format!("{prefix}{name}");
        let reset = reset_entry(node.metadata()).or_else(|| reset.clone());
        if let Some(inner) = node.graph() {
            let (into, out_of) = add_nodes(inner, &format!("{name_here}."), &reset, flat)?;
            ends.insert(name.as_str(), Ends::Graph(into, out_of));
            continue;
        }
        let index = flat.nodes.len();
        match node.kind() {
            Kind::Input => inputs.push(index),
            Kind::Output => outputs.push(index),
            _ => {}
        }
        ends.insert(name.as_str(), Ends::Node(index));
        flat.nodes.push(FlatNode { name: name_here, node: node.clone(), outermost: prefix.is_empty(), reset });
    }
    for (from, to) in graph.edges() {
        let one = |name: &String, all: &[usize], what: &str| match all {
            [only] => Ok(*only),
            _ => Err(format!(
                "the edge {from} -> {to} meets the graph '{prefix}{name}', which has {} {what}; only one can be meant",
                all.len()
            )),
        };
        let start = match ends.get(from.as_str()) {
            Some(Ends::Node(index)) => *index,
            Some(Ends::Graph(_, outputs)) => one(from, outputs, "outputs")?,
            None => continue,
        };
        let end = match ends.get(to.as_str()) {
            Some(Ends::Node(index)) => *index,
            Some(Ends::Graph(inputs, _)) => one(to, inputs, "inputs")?,
            None => continue,
        };
        flat.edges.push((start, end));
    }
    Ok((inputs, outputs))
}

/// What metadata say of the reset.
fn reset_entry(metadata: &Metadata) -> ResetEntry {
    RESET_NAMES.iter().find_map(|name| metadata.get(*name).map(|entry| ((*name).to_owned(), entry.clone())))
}
