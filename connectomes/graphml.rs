//! GraphML, read tolerantly: no namespace needed, numbers by their text whatever `attr.type` says.

use std::collections::{BTreeMap, BTreeSet};

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::builder::{Builder, side_of};
use super::source::{Source, finite};
use super::{Connectome, Edge, Node, ReadOptions};
use crate::Result;

const WEIGHT: &[&str] = &["weight", "number_of_fibers", "number_of_fibers_mean", "synapses", "value"];
const LENGTH: &[&str] = &["length", "fiber_length", "fiber_length_mean", "tract_length"];
const NAME: &[&str] = &["name", "label", "dn_name", "dn_fsname", "fn_fsname"];
const KIND: &[&str] = &["kind", "type", "dn_region"];

type Attributes = BTreeMap<String, String>;

/// A node or edge as it stands in the file.
#[derive(Default)]
struct Element {
    position: u64,
    /// XML attributes: id, or source and target.
    own: Attributes,
    /// Values of its `data` children by the name of their key.
    data: Attributes,
}

#[derive(Default)]
struct Document {
    keys: Attributes,
    nodes: Vec<Element>,
    edges: Vec<Element>,
    undirected: bool,
}

/// Reads a GraphML file; an undirected graph gives each edge in both directions.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Connectome> {
    let text = source.read_text()?;
    let document = Document::parse(&text).map_err(|(at, problem)| source.error_line(line(&text, at), problem))?;
    if document.nodes.is_empty() {
        return Err(source.error("it has no nodes; expected GraphML"));
    }
    let names = document.names();
    let mut builder = Builder::new(options)?;
    let mut index = BTreeMap::new();
    for (element, name) in document.nodes.iter().zip(names) {
        let id = element.own.get("id").cloned().unwrap_or_default();
        let added = element.node(name).and_then(|node| match index.contains_key(&id) {
            true => Err(format!("the node '{id}' is listed twice; ids must be unique")),
            false => builder.add_node(node),
        });
        index.insert(id, added.map_err(|problem| source.error_line(line(&text, element.position), problem))?);
    }
    for element in &document.edges {
        let added = element.edge(&index, options).map(|edge| {
            if document.undirected && edge.source != edge.target {
                builder.edge(Edge { source: edge.target, target: edge.source, ..edge.clone() });
            }
            builder.edge(edge);
        });
        added.map_err(|problem| source.error_line(line(&text, element.position), problem))?;
    }
    Ok(builder.finish(source, "GraphML", options.sum_repeated))
}

fn line(text: &str, position: u64) -> u64 {
    1 + text.bytes().take(position as usize).filter(|b| *b == b'\n').count() as u64
}

impl Document {
    /// Parses the text; a problem comes with its byte position.
    fn parse(text: &str) -> Result<Document, (u64, String)> {
        let mut reader = Reader::from_str(text);
        let mut document = Document::default();
        let (mut open, mut is_edge): (Option<Element>, bool) = (None, false);
        let mut key: Option<(String, String)> = None;
        loop {
            let position = reader.buffer_position();
            let wrong =
                |e: &dyn std::fmt::Display| (position, format!("it is not well-formed XML ({e}); get a whole copy"));
            let event = reader.read_event().map_err(|e| wrong(&e))?;
            let empty = matches!(event, Event::Empty(_));
            match event {
                Event::Start(tag) | Event::Empty(tag) => match tag.local_name().as_ref() {
                    "key" => document.add_key(attributes(&tag)?),
                    "graph" => {
                        document.undirected = attributes(&tag)?.get("edgedefault").is_some_and(|d| d == "undirected")
                    }
                    name @ ("node" | "edge") => {
                        is_edge = name == "edge";
                        open = Some(Element { position, own: attributes(&tag)?, data: Attributes::new() });
                        if empty {
                            document.close(&mut open, is_edge);
                        }
                    }
                    "data" if !empty => {
                        let id = attributes(&tag)?.remove("key").unwrap_or_default();
                        key = Some((document.keys.get(&id).cloned().unwrap_or(id), String::new()));
                    }
                    _ => {}
                },
                Event::Text(part) => add_text(&mut key, &part.xml10_content()),
                Event::CData(part) => add_text(&mut key, &part.xml10_content()),
                Event::GeneralRef(entity) => add_text(&mut key, &resolved(&entity)),
                Event::End(tag) => match tag.local_name().as_ref() {
                    "data" => {
                        if let (Some((name, value)), Some(element)) = (key.take(), open.as_mut()) {
                            element.data.insert(name, value.trim().to_owned());
                        }
                    }
                    "node" | "edge" => document.close(&mut open, is_edge),
                    _ => {}
                },
                Event::Eof => break,
                _ => {}
            }
        }
        match open {
            None => Ok(document),
            Some(element) => Err((element.position, "a node or edge is not closed; get a whole copy".into())),
        }
    }

    fn add_key(&mut self, mut own: Attributes) {
        if let Some(id) = own.remove("id") {
            let name = own.remove("attr.name").unwrap_or_else(|| id.clone());
            self.keys.insert(id, name);
        }
    }

    fn close(&mut self, open: &mut Option<Element>, is_edge: bool) {
        if let Some(element) = open.take() {
            if is_edge { self.edges.push(element) } else { self.nodes.push(element) }
        }
    }

    /// Names of the nodes: a name attribute if it tells them apart, with the hemisphere if only that does, else ids.
    fn names(&self) -> Vec<String> {
        let distinct = |names: &Vec<String>| names.iter().collect::<BTreeSet<_>>().len() == names.len();
        for wanted in NAME {
            let plain: Option<Vec<String>> = self.nodes.iter().map(|n| n.data.get(*wanted).cloned()).collect();
            let Some(plain) = plain.filter(|names| names.iter().all(|n| !n.is_empty())) else { continue };
            if distinct(&plain) {
                return plain;
            }
            let side = |n: &Element| n.data.get("dn_hemisphere").cloned().unwrap_or_default();
            let sided = self.nodes.iter().zip(&plain).map(|(n, name)| format!("{}.{name}", side(n))).collect();
            if distinct(&sided) {
                return sided;
            }
        }
        self.nodes.iter().map(|n| n.own.get("id").cloned().unwrap_or_default()).collect()
    }
}

fn attributes(tag: &BytesStart) -> Result<Attributes, (u64, String)> {
    let read = tag.attributes().map(|attribute| {
        let attribute = attribute.map_err(|e| (0, format!("an attribute cannot be read ({e})")))?;
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|e| (0, format!("an attribute cannot be read ({e})")))?;
        Ok((attribute.key.as_ref().to_owned(), value.into_owned()))
    });
    read.collect()
}

fn add_text(key: &mut Option<(String, String)>, part: &str) {
    if let Some((_, value)) = key {
        value.push_str(part);
    }
}

/// The character an entity stands for; unknown ones, which could grow without bound, stay as they are.
fn resolved(entity: &quick_xml::events::BytesRef) -> String {
    match entity.resolve_char_ref() {
        Ok(Some(character)) => character.to_string(),
        _ => {
            let name = entity.xml10_content();
            quick_xml::escape::resolve_predefined_entity(&name).map_or_else(|| format!("&{name};"), str::to_owned)
        }
    }
}

impl Element {
    fn first(&self, names: &[&str]) -> Option<&String> {
        names.iter().find_map(|name| self.data.get(*name)).filter(|text| !text.is_empty())
    }

    fn node(&self, name: String) -> Result<Node, String> {
        let axis = |axis: &str| {
            let text = self.first(&[axis, &format!("position_{axis}"), &format!("dn_position_{axis}")]);
            text.map(|t| finite(t, axis)).transpose()
        };
        let position = match (axis("x")?, axis("y")?, axis("z")?) {
            (Some(x), Some(y), Some(z)) => Some([x, y, z]),
            _ => None,
        };
        let side = side_of(self.first(&["hemisphere", "dn_hemisphere"]).map(String::as_str));
        let kind = self.first(KIND).cloned();
        let cortical = self.data.get("dn_region").map(|region| region == "cortical");
        Ok(Node { name, kind, position, side, cortical, ..Node::default() })
    }

    fn edge(&self, index: &BTreeMap<String, u32>, options: &ReadOptions) -> Result<Edge, String> {
        let end = |which: &str| {
            let id = self.own.get(which).ok_or_else(|| format!("an edge has no {which}"))?;
            index.get(id).copied().ok_or_else(|| format!("an edge names the node '{id}', which there is not"))
        };
        let value = |wanted: &Option<String>, known: &[&str], what: &str| match wanted {
            Some(name) => match self.data.get(name) {
                Some(text) => finite(text, name).map(Some),
                None => Err(format!("an edge has no '{name}'; choose another key for the {what}")),
            },
            None => self.first(known).map(|text| finite(text, what)).transpose(),
        };
        let length = value(&options.columns.length, LENGTH, "length")?;
        if let Some(length) = length.filter(|l| *l < 0.0) {
            return Err(format!("length is {length} mm; it must not be negative"));
        }
        let weight = value(&options.columns.weight, WEIGHT, "weight")?.unwrap_or(1.0);
        Ok(Edge { source: end("source")?, target: end("target")?, weight, length, ..Edge::default() })
    }
}
