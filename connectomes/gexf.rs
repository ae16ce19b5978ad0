//! GEXF, Gephi's own format (1.1 to 1.3): nodes with labels, edges with weights, both with declared attributes.
//!
//! As the format says, edges are undirected unless `defaultedgetype` or their `type` says else, and an edge without a
//! weight has weight 1. Times, colours and places of a drawing are left aside.

use std::collections::{BTreeSet, HashMap};

use super::property_graph::{Item, Of, PropertyGraph};
use super::source::Source;
use super::xml::{self, Elements, Tag};
use super::{Connectome, ReadOptions, Reading};
use crate::Result;

/// Reads one graph.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Connectome> {
    let mut parser = Parser { undirected: true, ..Parser::default() };
    xml::walk(source, &mut parser)?;
    if parser.graph.nodes.is_empty() {
        return Err(source.error("it holds no nodes; expected GEXF with <node> and <edge>"));
    }
    let mut reading = Reading::of("GEXF");
    parser.left.into_iter().for_each(|what| reading.leave(what));
    parser.graph.connectome(source, options, reading)
}

/// What was read, and where the reader stands.
#[derive(Default)]
struct Parser {
    graph: PropertyGraph,
    /// Attribute by the class it is declared for ("node", "edge") and its id; look-up only.
    keys: HashMap<(String, String), usize>,
    undirected: bool,
    /// Class of the attributes that are being declared, and the one whose default is being read.
    class: String,
    declared: Option<usize>,
    node: Option<Item>,
    edge: Option<Item>,
    left: BTreeSet<&'static str>,
}

impl Parser {
    /// Opens a node; nested nodes are refused, for the hierarchy has no place in a connectome.
    fn read_node(&mut self, tag: &Tag, line: u64) -> Result<(), String> {
        if self.node.is_some() {
            return Err("a node holds nodes of its own; flatten the hierarchy first".into());
        }
        let mut item = Item { line, ids: [tag.need("id")?, String::new()], ..Item::default() };
        if let Some(label) = tag.get("label")? {
            item.data.push((self.graph.attribute(Of::Node, "label"), label));
        }
        if tag.get("pid")?.is_some() {
            self.left.insert("the hierarchy of the nodes");
        }
        self.note_times(tag)?;
        self.node = Some(item);
        Ok(())
    }

    /// Notes that the element changes in time, which is left aside.
    fn note_times(&mut self, tag: &Tag) -> Result<(), String> {
        for name in ["start", "end", "startopen", "endopen", "timestamp", "timestamps", "intervals"] {
            if tag.get(name)?.is_some() {
                self.left.insert("times (spells, start and end)");
            }
        }
        Ok(())
    }

    /// Opens an edge with its direction and weight; 1 is GEXF's own weight where none is written.
    fn read_edge(&mut self, tag: &Tag, line: u64) -> Result<(), String> {
        let undirected = match tag.get("type")?.as_deref() {
            None | Some("") => self.undirected,
            Some("directed") => false,
            Some("undirected" | "mutual") => true,
            Some(other) => return Err(format!("'{other}' is no type of edge; write directed, undirected or mutual")),
        };
        let mut item = Item { line, ids: [tag.need("source")?, tag.need("target")?], undirected, ..Item::default() };
        if let Some(weight) = tag.get("weight")? {
            let key = self.graph.attribute(Of::Edge, "weight");
            self.graph.set_default(key, "1");
            item.data.push((key, weight));
        }
        if tag.get("kind")?.is_some() {
            self.left.insert("the kind of the edges");
        }
        if tag.get("label")?.is_some_and(|label| !label.is_empty()) {
            self.left.insert("the labels of the edges");
        }
        self.note_times(tag)?;
        self.edge = Some(item);
        Ok(())
    }

    /// Gives the open node or edge a value of a declared attribute.
    fn read_attribute(&mut self, tag: &Tag) -> Result<(), String> {
        let class = if self.edge.is_some() { "edge" } else { "node" };
        let id = match tag.get("for")? {
            Some(id) => id,
            None => tag.need("id")?,
        };
        let known = self.keys.get(&(class.to_owned(), id.clone())).copied();
        // Some writers give the weight as an attribute that is not declared.
        let key = match known {
            Some(key) => key,
            None if id == "weight" => self.graph.attribute(Of::Edge, "weight"),
            None => return Err(format!("the attribute '{id}' of the {class}s is not declared")),
        };
        let text = tag.get("value")?.unwrap_or_default();
        if let Some(item) = self.edge.as_mut().or(self.node.as_mut()) {
            if item.data.iter().any(|(other, _)| *other == key) {
                let advice = "it changes in time, or is given twice; export one moment of the graph";
                return Err(format!("the attribute '{id}' has several values; {advice}"));
            }
            item.data.push((key, text));
        }
        Ok(())
    }
}

impl Elements for Parser {
    fn start(&mut self, tag: &Tag, line: u64) -> Result<(), String> {
        match tag.name() {
            "graph" => match tag.get("defaultedgetype")?.as_deref() {
                None | Some("") | Some("undirected" | "mutual") => self.undirected = true,
                Some("directed") => self.undirected = false,
                Some(other) => {
                    return Err(format!("'{other}' is no type of edge; write directed, undirected or mutual"));
                }
            },
            "attributes" => self.class = tag.need("class")?,
            "attribute" => {
                let id = tag.need("id")?;
                let name = tag.get("title")?.filter(|t| !t.is_empty()).unwrap_or_else(|| id.clone());
                let of = if self.class == "edge" { Of::Edge } else { Of::Node };
                let key = self.graph.declare(of, name);
                self.keys.insert((self.class.clone(), id), key);
                self.declared = Some(key);
            }
            "node" => self.read_node(tag, line)?,
            "edge" => self.read_edge(tag, line)?,
            "attvalue" => self.read_attribute(tag)?,
            "spell" | "slice" => drop(self.left.insert("times (spells, start and end)")),
            "color" | "position" | "size" | "shape" | "thickness" => {
                self.left.insert("how the graph is drawn (colours, places, sizes)");
            }
            "parent" => drop(self.left.insert("the hierarchy of the nodes")),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str, text: &str) -> Result<(), String> {
        match name {
            "attribute" => self.declared = None,
            "default" => {
                if let Some(key) = self.declared {
                    self.graph.set_default(key, text);
                }
            }
            "node" => self.graph.nodes.extend(self.node.take()),
            "edge" => self.graph.edges.extend(self.edge.take()),
            _ => {}
        }
        Ok(())
    }
}
