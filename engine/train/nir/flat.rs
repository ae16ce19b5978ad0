//! A graph without graphs in it: their nodes bear names such as `recurrent.lif`, and their inputs and outputs let pass.

use super::graph::{Graph, Node};
use super::{Entry, Kind, Metadata};

/// A node of a flat graph.
#[derive(Debug, Clone)]
pub(super) struct FlatNode {
    /// Its name, behind those of the graphs around it.
    pub name: String,
    pub node: Node,
    /// Whether it is an input or an output of the graph itself, not of one within.
    pub outermost: bool,
    /// What it says of its reset, or a graph around it.
    pub reset: Option<(String, Entry)>,
}

/// Nodes and edges by index.
#[derive(Debug, Default)]
pub(super) struct Flat {
    pub nodes: Vec<FlatNode>,
    pub edges: Vec<(usize, usize)>,
}

/// Names under which tools tell how a neuron is reset.
const RESETS: [&str; 2] = ["reset", "reset_mechanism"];

/// The graph with all graphs in it opened.
///
/// # Errors
/// An edge to or from a nested graph with several inputs or outputs, two nodes that come to have one name; in words.
pub(super) fn flatten(graph: &Graph) -> Result<Flat, String> {
    let mut flat = Flat::default();
    open(graph, "", &told_reset(&graph.metadata), &mut flat)?;
    let mut names: Vec<&str> = flat.nodes.iter().map(|node| node.name.as_str()).collect();
    names.sort_unstable();
    if let Some(name) = names.windows(2).find(|pair| pair.first() == pair.get(1)).and_then(|pair| pair.first()) {
        return Err(format!("two nodes come to be called '{name}' once nested graphs are opened; rename one"));
    }
    Ok(flat)
}

/// Where edges to and from a node end.
enum Ends {
    Node(usize),
    /// Inputs and outputs of a nested graph.
    Graph(Vec<usize>, Vec<usize>),
}

type Told = Option<(String, Entry)>;

/// Adds the nodes of a graph; returns its inputs and outputs.
fn open(graph: &Graph, prefix: &str, reset: &Told, flat: &mut Flat) -> Result<(Vec<usize>, Vec<usize>), String> {
    let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
    let mut ends = std::collections::BTreeMap::new();
    for (name, node) in graph.nodes() {
        let name_here = format!("{prefix}{name}");
        let reset = told_reset(node.metadata()).or_else(|| reset.clone());
        if let Some(inner) = node.graph() {
            let (into, out_of) = open(inner, &format!("{name_here}."), &reset, flat)?;
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

fn told_reset(metadata: &Metadata) -> Told {
    RESETS.iter().find_map(|name| metadata.get(*name).map(|entry| ((*name).to_owned(), entry.clone())))
}
