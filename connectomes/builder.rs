//! Collects nodes by name and edges between them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use super::ids::{self, normalise_name};
use super::source::Source;
use super::{Connectome, Edge, EdgeKind, Node, ReadOptions, Reading, Side};
use crate::error::{Error, Result};
use crate::text::counted;

/// Nodes and edges while a file is read; problems are the second half of a sentence whose place the reader knows.
#[derive(Default)]
pub(super) struct Builder {
    nodes: Vec<Node>,
    /// For look-up only: its order never shows.
    index: HashMap<String, u32>,
    edges: Vec<Edge>,
    pub(super) known: Known,
    worm_names: bool,
    /// Edges, by their place, that have no direction.
    undirected: Vec<usize>,
    /// Edges of rows that tell them by their target, and the words that say so.
    received: Vec<Edge>,
    received_as: BTreeSet<String>,
    /// The first id that was a real number, as written.
    real_id: Option<String>,
    /// Columns of the table of nodes that are left aside.
    pub(super) left_of_nodes: Vec<String>,
    /// How the file is read.
    pub reading: Reading,
}

/// Which nodes an edge may name.
#[derive(Default)]
pub(super) enum Known {
    #[default]
    Any,
    Listed,
    Indices(u64),
}

impl Builder {
    /// A builder that knows the nodes that the options name.
    pub fn new(options: &ReadOptions) -> Result<Builder> {
        let mut builder = Builder { worm_names: options.worm_names, ..Builder::default() };
        if let Some(path) = &options.nodes {
            if options.size.is_some() {
                return Err(Error::file(path, "its nodes are all there are; leave size out, or nodes"));
            }
            builder.read_nodes(&Source::file(path, options.max_bytes)?)?;
        } else if let Some(size) = options.size {
            let needed = size.saturating_mul(size_of::<Node>() as u64);
            if needed > options.max_bytes || size > u64::from(u32::MAX) {
                let (what, hint) = (
                    format!("a list of {nodes}", nodes = counted(size, "node")),
                    "give the number of nodes that the file names",
                );
                return Err(Error::Memory { what, needed, available: options.max_bytes, hint: hint.to_owned() });
            }
            builder.nodes = (0..size).map(|i| Node { name: i.to_string(), ..Node::default() }).collect();
            builder.known = Known::Indices(size);
        }
        Ok(builder)
    }

    /// Adds a node whose name must be new.
    pub fn add_node(&mut self, mut node: Node) -> Result<u32, String> {
        node.name = self.node_name(&node.name)?;
        if self.index.contains_key(&node.name) {
            return Err(format!("the node '{}' is listed twice; names must be unique", node.name));
        }
        let index = u32::try_from(self.nodes.len()).map_err(|_| format!("there are more than {} nodes", u32::MAX))?;
        self.index.try_reserve(1).map_err(|_| out_of_memory("nodes"))?;
        self.nodes.try_reserve(1).map_err(|_| out_of_memory("nodes"))?;
        self.index.insert(node.name.clone(), index);
        self.nodes.push(node);
        Ok(index)
    }

    /// The node that an edge names, new or known.
    pub fn node(&mut self, name: &str) -> Result<u32, String> {
        if let Known::Indices(size) = self.known {
            return match ids::exact(name)?.parse::<i64>() {
                Ok(index) if index >= 0 && (index as u64) < size => Ok(index as u32),
                Ok(index) => Err(format!(
                    "node index {index} is out of range of {}, 0 to {}",
                    counted(size, "node"),
                    size.saturating_sub(1)
                )),
                Err(_) => Err(format!("node index '{}' is not a whole number", name.trim())),
            };
        }
        if let Some(index) = self.index.get(name) {
            return Ok(*index);
        }
        let name = self.node_name(name)?;
        match self.index.get(&name) {
            Some(index) => Ok(*index),
            None if matches!(self.known, Known::Listed) => {
                Err(format!("the node '{name}' is not in the table of nodes"))
            }
            None => self.add_node(Node { name, ..Node::default() }),
        }
    }

    /// Adds an edge.
    pub fn edge(&mut self, edge: Edge) -> Result<(), String> {
        self.edge_or_both(edge, false)
    }

    /// Adds an edge that may have no direction, and goes both ways then.
    pub fn edge_or_both(&mut self, edge: Edge, both: bool) -> Result<(), String> {
        self.edges.try_reserve(1).map_err(|_| out_of_memory("edges"))?;
        if both {
            self.undirected.try_reserve(1).map_err(|_| out_of_memory("edges"))?;
            self.undirected.push(self.edges.len());
        }
        self.edges.push(edge);
        Ok(())
    }

    /// Adds an edge that a row of the kind `word` tells by its target; most are told by their source as well.
    pub fn receive(&mut self, edge: Edge, word: &str) -> Result<(), String> {
        self.received.try_reserve(1).map_err(|_| out_of_memory("edges"))?;
        self.received.push(edge);
        if !self.received_as.contains(word.trim()) {
            self.received_as.insert(word.trim().to_owned());
        }
        Ok(())
    }

    /// A mutable node, for what is learnt about it later.
    pub fn node_mut(&mut self, index: u32) -> Option<&mut Node> {
        self.nodes.get_mut(index as usize)
    }

    /// The connectome, named after its file.
    pub fn finish(mut self, source: &Source, what: &str, sum_repeated: bool) -> Connectome {
        self.add_received();
        self.add_reverse_edges();
        if sum_repeated {
            self.edges = summed(self.edges, &mut self.reading);
        }
        let mut reading = Reading { format: what.to_owned(), ..self.reading };
        self.left_of_nodes.into_iter().for_each(|what| reading.leave(what));
        if let Some(id) = self.real_id {
            reading.guess(format!("ids that are real numbers are whole ones, such as '{id}'"), "ids kept as text");
        }
        let about = format!("{what} read from {}", source.path.display());
        Connectome { name: file_stem(&source.path), nodes: self.nodes, edges: self.edges, about, reading }
    }

    /// Adds the edges that only their target tells.
    fn add_received(&mut self) {
        if self.received.is_empty() {
            return;
        }
        let chemical = self.edges.iter().filter(|e| e.kind == EdgeKind::Chemical);
        let sent: HashSet<(u32, u32)> = chemical.map(|e| (e.source, e.target)).collect();
        let all = self.received.len();
        let missing = std::mem::take(&mut self.received).into_iter();
        let missing: Vec<Edge> = missing.filter(|e| !sent.contains(&(e.source, e.target))).collect();
        let words = self.received_as.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        if missing.len() < all {
            let left = all - missing.len();
            self.reading.leave(format!(
                "{rows} of kind {words}: the receiving side of edges that other rows send",
                rows = counted(left, "row")
            ));
        }
        if !missing.is_empty() {
            let what = format!(
                "{rows} that nothing sends, each an edge from its target to its source",
                rows = counted(missing.len(), "row")
            );
            self.reading.take(format!("edges of kind {words}"), what);
        }
        self.edges.extend(missing);
    }

    /// Adds the way back of every edge without direction, unless the file lists the same edges that way as well.
    fn add_reverse_edges(&mut self) {
        if self.undirected.is_empty() {
            return;
        }
        type Said<'e> = (u64, i8, Option<u64>, Option<&'e str>);
        let mut listed: HashMap<(u32, u32, EdgeKind), Vec<Said>> = HashMap::new();
        for edge in self.undirected.iter().map(|at| &self.edges[*at]) {
            let said = (edge.weight.to_bits(), edge.sign, edge.length.map(f64::to_bits), edge.transmitter.as_deref());
            listed.entry((edge.source, edge.target, edge.kind)).or_default().push(said);
        }
        listed.values_mut().for_each(|said| said.sort_unstable());
        let alike = |edge: &Edge| {
            listed.get(&(edge.source, edge.target, edge.kind)) == listed.get(&(edge.target, edge.source, edge.kind))
        };
        let (both, once): (Vec<usize>, Vec<usize>) = self
            .undirected
            .iter()
            .filter(|at| self.edges[**at].source != self.edges[**at].target)
            .partition(|at| alike(&self.edges[**at]));
        let mut how = format!("both directions; {} that the file lists once are added", once.len());
        if !both.is_empty() {
            how += &format!(", and {} are those that it lists both ways alike", both.len());
        }
        self.reading.take("undirected edges", how);
        let mut once = once.into_iter().peekable();
        let mut edges = Vec::with_capacity(self.edges.len() + once.len());
        for (at, edge) in std::mem::take(&mut self.edges).into_iter().enumerate() {
            let back = once.next_if_eq(&at).map(|_| Edge { source: edge.target, target: edge.source, ..edge.clone() });
            edges.push(edge);
            edges.extend(back);
        }
        self.edges = edges;
    }

    /// A node's name as it is kept. The first id written as a real number is noted: it may have lost digits.
    fn node_name(&mut self, name: &str) -> Result<String, String> {
        let exact = ids::exact(name)?;
        if self.real_id.is_none() && name.trim().strip_prefix(exact).is_some_and(|rest| rest.starts_with('.')) {
            self.real_id = Some(name.trim().to_owned());
        }
        Ok(if self.worm_names { normalise_name(exact) } else { exact.to_owned() })
    }
}

/// The problem of a list that could not grow.
pub(super) fn out_of_memory(what: &str) -> String {
    format!("there is no memory for more {what}; free some, or read fewer")
}

/// What nodes say that is not understood: for each part how many of them, and the words of the first.
#[derive(Default)]
pub(super) struct Unread(BTreeMap<&'static str, (u64, String)>);

impl Unread {
    /// Counts one more value of a part that is not understood, and keeps the words of the first.
    fn note(&mut self, part: &'static str, words: String) {
        self.0.entry(part).or_insert((0, words)).0 += 1;
    }

    /// A side by its name.
    pub fn side(&mut self, text: Option<&str>) -> Option<Side> {
        let side = side_of(text);
        if let (Some(text), None) = (text, side) {
            self.note("side", format!("'{text}'"));
        }
        side
    }

    /// Whether a word says that a region is cortical.
    pub fn cortical(&mut self, text: Option<&str>) -> Option<bool> {
        let cortical = text.and_then(cortical_of);
        if let (Some(text), None) = (text, cortical) {
            self.note("cortical", format!("'{text}'"));
        }
        cortical
    }

    /// A position of three coordinates; one that lacks some is noted and left out.
    pub fn position(&mut self, axes: [Option<f64>; 3]) -> Option<[f64; 3]> {
        if let [Some(x), Some(y), Some(z)] = axes {
            return Some([x, y, z]);
        }
        let there = axes.iter().zip(["x", "y", "z"]).filter(|(value, _)| value.is_some()).map(|(_, name)| name);
        let there: Vec<&str> = there.collect();
        if !there.is_empty() {
            self.note("position", format!("{} alone", there.join(" and ")));
        }
        None
    }

    /// Notes in the reading, for each part, how many nodes said what is not understood.
    pub fn tell(self, reading: &mut Reading) {
        for (part, (count, words)) in self.0 {
            reading.leave(format!("the {part} of {nodes}, such as {words}", nodes = counted(count, "node")));
        }
    }
}

/// A side by its name; anything else is unknown.
pub(super) fn side_of(text: Option<&str>) -> Option<Side> {
    match text?.to_lowercase().as_str() {
        "left" | "l" => Some(Side::Left),
        "right" | "r" => Some(Side::Right),
        _ => None,
    }
}

/// Whether a word says that a region is cortical; anything else is unknown.
fn cortical_of(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "cortical" | "true" | "yes" | "1" => Some(true),
        "subcortical" | "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// Merges edges of the same source, target and kind, in the order of their first appearance, and tells what they do not
/// agree on.
pub(super) fn summed(edges: Vec<Edge>, reading: &mut Reading) -> Vec<Edge> {
    let mut place: HashMap<(u32, u32, EdgeKind), usize> = HashMap::with_capacity(edges.len());
    let mut merged: Vec<Edge> = Vec::new();
    let mut differ = [("sign", BTreeSet::new()), ("length", BTreeSet::new()), ("transmitter", BTreeSet::new())];
    for edge in edges {
        let at = *place.entry((edge.source, edge.target, edge.kind)).or_insert(merged.len());
        let Some(sum) = merged.get_mut(at) else {
            merged.push(edge);
            continue;
        };
        let alike = [sum.sign == edge.sign, sum.length == edge.length, sum.transmitter == edge.transmitter];
        for ((_, places), _) in differ.iter_mut().zip(alike).filter(|(_, alike)| !alike) {
            places.insert(at);
        }
        sum.weight += edge.weight;
        sum.sign = if alike[0] { sum.sign } else { 0 };
        sum.length = sum.length.filter(|_| alike[1]);
        sum.transmitter = sum.transmitter.take().filter(|_| alike[2]);
    }
    for (what, places) in differ.iter().filter(|(_, places)| !places.is_empty()) {
        reading.leave(format!("the {what} of {} summed edges, in which those summed differ", places.len()));
    }
    merged
}

/// The file's name without folder and endings.
fn file_stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}
