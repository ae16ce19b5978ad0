//! GraphML: nodes and edges with the attributes that their keys declare.
//!
//! Tolerant: the name space may be missing, `attr.type` is ignored (some writers say int and write 1.6e6), an edge
//! may come before its nodes.

use std::collections::{HashMap, HashSet};

use super::property_graph::{Item, Of, PropertyGraph};
use super::source::Source;
use super::xml::{self, Elements, Tag};
use super::{Connectome, ReadOptions, Reading};
use crate::Result;

/// Reads one graph.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Connectome> {
    let mut parser = Parser { wanted: options.directed, ..Parser::default() };
    xml::walk(source, &mut parser)?;
    if parser.graph.nodes.is_empty() {
        return Err(source.error("it holds no nodes; expected GraphML with <node> and <edge>"));
    }
    let mut reading = Reading::of("GraphML");
    if parser.supposed {
        reading.guess("edges have a direction, as the file does not say", "directed = false");
    }
    parser.graph.connectome(source, options, reading)
}

/// What was read, and where the reader stands.
#[derive(Default)]
struct Parser {
    graph: PropertyGraph,
    /// Attribute by the id of its key, none for those of the whole graph; look-up only.
    keys: HashMap<String, Option<usize>>,
    /// What the graph says of its edges, and what the options say where it says nothing.
    undirected: Option<bool>,
    graphs: u32,
    /// Names of the attributes of nodes and of edges.
    names: HashSet<(Of, String)>,
    wanted: Option<bool>,
    /// Whether the direction of an edge was supposed.
    supposed: bool,
    node: Option<Item>,
    edge: Option<Item>,
    /// Key whose default is being read.
    default: Option<usize>,
    /// Key whose data are being read.
    data: Option<usize>,
}

impl Parser {
    /// Whether the edges of a graph have no direction, where it says so.
    fn edge_default(&self, tag: &Tag) -> Result<Option<bool>, String> {
        let undirected = match tag.get("edgedefault")?.as_deref() {
            None | Some("") => return Ok(None),
            Some("undirected") => true,
            Some("directed") => false,
            Some(other) => return Err(format!("edgedefault is '{other}'; write directed or undirected")),
        };
        match self.wanted {
            Some(directed) if directed == undirected => {
                Err(format!("it says itself that directed is {}; leave directed out", !undirected))
            }
            _ => Ok(Some(undirected)),
        }
    }
}

impl Elements for Parser {
    fn start(&mut self, tag: &Tag, line: u64) -> Result<(), String> {
        match tag.name() {
            "key" => {
                let id = tag.need("id")?;
                let of = match tag.get("for")?.as_deref() {
                    Some("node") => Of::Node,
                    Some("edge") => Of::Edge,
                    Some("graph") => {
                        self.keys.insert(id, None);
                        return Ok(());
                    }
                    _ => Of::All,
                };
                let name = tag.get("attr.name")?.unwrap_or_else(|| id.clone());
                for what in [Of::Node, Of::Edge].into_iter().filter(|what| of == Of::All || of == *what) {
                    if !self.names.insert((what, name.clone())) {
                        return Err(format!("a second key is called '{name}'; give every key a name of its own"));
                    }
                }
                let key = self.graph.declare(of, name);
                self.default = Some(key);
                self.keys.insert(id, Some(key));
            }
            "graph" if self.node.is_some() => {
                return Err("a node holds a graph of its own; flatten nested graphs first".into());
            }
            "graph" => {
                self.graphs += 1;
                if self.graphs > 1 {
                    return Err("it holds a second graph; keep one in a file".into());
                }
                self.undirected = self.edge_default(tag)?;
            }
            "hyperedge" => {
                return Err("it holds a hyperedge; a connectome has edges from one node to another only".into());
            }
            "node" => self.node = Some(Item { line, ids: [tag.need("id")?, String::new()], ..Item::default() }),
            "edge" => {
                let own = tag.get("directed")?.map(|d| matches!(d.as_str(), "false" | "0"));
                let undirected = own.or(self.undirected).or(self.wanted.map(|directed| !directed));
                self.supposed |= undirected.is_none();
                let undirected = undirected.unwrap_or(false);
                let ids = [tag.need("source")?, tag.need("target")?];
                self.edge = Some(Item { line, ids, undirected, ..Item::default() });
            }
            "data" => {
                let id = tag.need("key")?;
                let known = self.keys.get(&id).copied();
                self.data =
                    known.ok_or_else(|| format!("the key '{id}' is not declared; add a <key id=\"{id}\" .../>"))?;
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str, text: &str) -> Result<(), String> {
        match name {
            "key" => self.default = None,
            "default" => {
                if let Some(key) = self.default {
                    self.graph.set_default(key, text);
                }
            }
            "data" => {
                if let (Some(key), Some(item)) = (self.data.take(), self.edge.as_mut().or(self.node.as_mut())) {
                    if item.data.iter().any(|(other, _)| *other == key) {
                        return Err(format!("'{}' is given twice", self.graph.name(key)));
                    }
                    item.data.push((key, text.to_owned()));
                }
            }
            "node" => self.graph.nodes.extend(self.node.take()),
            "edge" => self.graph.edges.extend(self.edge.take()),
            _ => {}
        }
        Ok(())
    }
}
