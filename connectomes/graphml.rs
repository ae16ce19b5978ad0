//! GraphML: nodes and edges with the attributes that their keys declare.
//!
//! Tolerant: the name space may be missing, `attr.type` is ignored (some writers say int and write 1.6e6), an edge
//! may come before its nodes. An undirected edge counts in both directions, once where the file lists both.

use std::collections::{HashMap, HashSet};

use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::builder::{Builder, side_of};
use super::columns::Layout;
use super::source::{Source, finite};
use super::{Columns, Connectome, Node, ReadOptions};
use crate::Result;

/// Edges by which their attributes are told apart.
const SAMPLE: usize = 200;
/// Attributes that may name a node.
const NAMES: &[&str] = &["name", "label", "dn_name", "dn_fsname", "fn_fsname"];
const KINDS: &[&str] = &["kind", "cell_type", "class", "dn_lobe"];
const CATEGORIES: &[&str] = &["category"];
const AXES: [&[&str]; 3] = [&["x", "dn_position_x"], &["y", "dn_position_y"], &["z", "dn_position_z"]];
const AREAS: &[&str] = &["area", "dn_area"];
const CORTICAL: &[&str] = &["cortical", "dn_region"];
const SIDES: &[&str] = &["side", "hemisphere", "dn_hemisphere"];

/// Reads one graph.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Connectome> {
    let graph = Graph::parse(source)?;
    if graph.nodes.is_empty() {
        return Err(source.error("it holds no nodes; expected GraphML with <node> and <edge>"));
    }
    let mut builder = Builder::new(options)?;
    let nodes = graph.add_nodes(&mut builder, options).map_err(|(line, problem)| source.error_line(line, problem))?;
    graph.add_edges(&mut builder, &nodes, source, options)?;
    Ok(builder.finish(source, "GraphML", options.sum_repeated))
}

/// A node or an edge as it stands in the file.
#[derive(Default)]
struct Item {
    line: u64,
    /// Id of a node; source and target of an edge.
    ids: [String; 2],
    undirected: bool,
    /// Index of the key and text.
    data: Vec<(usize, String)>,
}

/// A declared attribute.
struct Key {
    name: String,
    default: Option<String>,
    /// "node", "edge", "graph" or "all".
    of: String,
}

#[derive(Default)]
struct Graph {
    keys: Vec<Key>,
    /// Key by its id, and what it is for; look-up only.
    index: HashMap<String, usize>,
    nodes: Vec<Item>,
    edges: Vec<Item>,
    undirected: bool,
}

/// Where the reader stands.
#[derive(Default)]
struct Open {
    node: Option<Item>,
    edge: Option<Item>,
    /// Key whose default is being read.
    default: Option<usize>,
    /// Key whose data are being read.
    data: Option<usize>,
    text: String,
    depth: usize,
}

impl Graph {
    fn parse(source: &Source) -> Result<Graph> {
        let text = source.read_text()?;
        let text = text.trim_start_matches('\u{feff}');
        let mut reader = Reader::from_str(text);
        let (mut graph, mut open) = (Graph::default(), Open::default());
        let (mut line, mut counted) = (1u64, 0usize);
        loop {
            let event = reader.read_event();
            let at = usize::try_from(reader.buffer_position()).unwrap_or(text.len()).min(text.len());
            line += text.as_bytes()[counted.min(at)..at].iter().filter(|b| **b == b'\n').count() as u64;
            counted = at;
            let done = match event {
                Ok(Event::Eof) if open.depth > 0 => {
                    Err("it ends too early, as if cut off; get a whole copy".to_owned())
                }
                Ok(Event::Eof) => return Ok(graph),
                Ok(event) => graph.take(&mut open, event, line),
                Err(e) => Err(malformed(e)),
            };
            done.map_err(|problem| source.error_line(line, problem))?;
        }
    }

    fn take(&mut self, open: &mut Open, event: Event, line: u64) -> Result<(), String> {
        match event {
            Event::Start(tag) => {
                open.depth += 1;
                self.start(open, &tag, line)
            }
            Event::Empty(tag) => {
                self.start(open, &tag, line)?;
                self.end(open, tag.local_name().as_ref());
                Ok(())
            }
            Event::End(tag) => {
                open.depth = open.depth.saturating_sub(1);
                self.end(open, tag.local_name().as_ref());
                Ok(())
            }
            Event::Text(text) => {
                open.text.push_str(&text);
                Ok(())
            }
            Event::CData(text) => {
                open.text.push_str(&text);
                Ok(())
            }
            Event::GeneralRef(name) => {
                let letter = name.resolve_char_ref().map_err(malformed)?;
                match (letter, resolve_predefined_entity(&name)) {
                    (Some(letter), _) => open.text.push(letter),
                    (None, Some(text)) => open.text.push_str(text),
                    (None, None) => {
                        return Err(format!("the entity &{}; is not known; write the character itself", &*name));
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, open: &mut Open, tag: &BytesStart, line: u64) -> Result<(), String> {
        let get = |name: &str| attribute(tag, name);
        let need = |name: &str| match get(name)? {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(format!("<{}> has no attribute '{name}'", tag.local_name().as_ref())),
        };
        open.text.clear();
        match tag.local_name().as_ref() {
            "key" => {
                let id = need("id")?;
                open.default = Some(self.keys.len());
                self.index.insert(id.clone(), self.keys.len());
                let of = get("for")?.unwrap_or_else(|| "all".to_owned());
                self.keys.push(Key { name: get("attr.name")?.unwrap_or(id), default: None, of });
            }
            "graph" if open.node.is_some() => {
                return Err("a node holds a graph of its own; flatten nested graphs first".into());
            }
            "graph" => self.undirected = get("edgedefault")?.is_some_and(|d| d == "undirected"),
            "hyperedge" => {
                return Err("it holds a hyperedge; a connectome has edges from one node to another only".into());
            }
            "node" => open.node = Some(Item { line, ids: [need("id")?, String::new()], ..Item::default() }),
            "edge" => {
                let undirected = get("directed")?.map_or(self.undirected, |d| matches!(d.as_str(), "false" | "0"));
                open.edge = Some(Item { line, ids: [need("source")?, need("target")?], undirected, ..Item::default() });
            }
            "data" => {
                let id = need("key")?;
                let known = self.index.get(&id).copied();
                open.data =
                    Some(known.ok_or_else(|| format!("the key '{id}' is not declared; add a <key id=\"{id}\" .../>"))?);
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, open: &mut Open, tag: &str) {
        match tag {
            "key" => open.default = None,
            "default" => {
                if let Some(key) = open.default.and_then(|k| self.keys.get_mut(k)) {
                    key.default = Some(open.text.trim().to_owned());
                }
            }
            "data" => {
                let text = open.text.trim().replace(['\n', '\r'], " ");
                if let (Some(key), Some(item)) = (open.data.take(), open.edge.as_mut().or(open.node.as_mut())) {
                    item.data.push((key, text));
                }
            }
            "node" => self.nodes.extend(open.node.take()),
            "edge" => self.edges.extend(open.edge.take()),
            _ => {}
        }
    }

    /// What an item says under the first of these names, else the default of that key.
    fn get<'g>(&'g self, item: &'g Item, names: &[&str]) -> Option<&'g str> {
        names.iter().find_map(|name| {
            let said = item.data.iter().find(|(key, _)| self.keys[*key].name == *name).map(|(_, text)| text.as_str());
            said.or_else(|| self.keys.iter().find(|k| k.name == *name)?.default.as_deref()).filter(|t| !t.is_empty())
        })
    }

    /// Names of the nodes: an attribute that tells all of them apart, alone or with the side before it; else the ids.
    fn names(&self) -> (String, Vec<String>) {
        let apart = |names: &[String]| names.iter().collect::<HashSet<_>>().len() == names.len();
        for wanted in NAMES {
            let plain = self.nodes.iter().map(|node| self.get(node, &[wanted]).map(str::to_owned));
            let Some(plain) = plain.collect::<Option<Vec<String>>>() else { continue };
            if apart(&plain) {
                return (format!("attribute '{wanted}'"), plain);
            }
            let side = |node| self.get(node, SIDES).unwrap_or_default();
            let sided = self.nodes.iter().zip(&plain).map(|(node, name)| format!("{}.{name}", side(node)));
            let sided: Vec<String> = sided.collect();
            if apart(&sided) {
                return (format!("side and attribute '{wanted}'"), sided);
            }
        }
        ("ids of the nodes".to_owned(), self.nodes.iter().map(|node| node.ids[0].clone()).collect())
    }

    fn add_nodes(&self, builder: &mut Builder, options: &ReadOptions) -> Result<HashMap<&str, u32>, (u64, String)> {
        let mut nodes = HashMap::with_capacity(self.nodes.len());
        let (from, names) = self.names();
        builder.reading.take("names", from.clone());
        let known = [KINDS, CATEGORIES, AXES[0], AXES[1], AXES[2], AREAS, CORTICAL, SIDES].concat();
        for name in self.attributes("node") {
            if !known.contains(&name) && from != format!("attribute '{name}'") {
                builder.reading.leave(format!("attribute '{name}' of nodes"));
            }
        }
        for (item, name) in self.nodes.iter().zip(names) {
            let at = |problem: String| (item.line, problem);
            let id = item.ids[0].as_str();
            let said = self.node(item, &name).map_err(at)?;
            let index = match options.nodes.is_some() || options.size.is_some() {
                true => builder.node(&name).map_err(at)?,
                false => builder.add_node(Node { name, ..Node::default() }).map_err(at)?,
            };
            if let Some(node) = builder.node_mut(index) {
                *node = Node { name: std::mem::take(&mut node.name), ..said };
            }
            if nodes.insert(id, index).is_some() {
                return Err(at(format!("the node '{id}' is listed twice; names must be unique")));
            }
        }
        Ok(nodes)
    }

    fn node(&self, item: &Item, name: &str) -> Result<Node, String> {
        let text = |names: &[&str]| self.get(item, names).map(str::to_owned);
        let number = |names: &[&str], what: &str| match self.get(item, names) {
            Some(text) => finite(text, what).map(Some).map_err(|problem| format!("node '{name}': {problem}")),
            None => Ok(None),
        };
        let [x, y, z] = [number(AXES[0], "x")?, number(AXES[1], "y")?, number(AXES[2], "z")?];
        let word = |names| self.get(item, names).map(str::to_lowercase);
        Ok(Node {
            name: String::new(),
            kind: text(KINDS),
            category: text(CATEGORIES),
            position: x.zip(y).zip(z).map(|((x, y), z)| [x, y, z]),
            area: number(AREAS, "area")?,
            cortical: match word(CORTICAL).as_deref() {
                Some("cortical" | "true" | "1") => Some(true),
                Some("subcortical" | "false" | "0") => Some(false),
                _ => None,
            },
            side: side_of(self.get(item, SIDES)),
        })
    }

    /// Names of the attributes that an edge, or a node, may have.
    fn attributes(&self, of: &str) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for key in self.keys.iter().filter(|key| key.of == of || key.of == "all") {
            if !names.contains(&key.name.as_str()) {
                names.push(&key.name);
            }
        }
        names
    }

    fn add_edges(
        &self,
        builder: &mut Builder,
        nodes: &HashMap<&str, u32>,
        source: &Source,
        options: &ReadOptions,
    ) -> Result<()> {
        let attributes = self.attributes("edge");
        let header: Vec<String> =
            ["source", "target"].into_iter().chain(attributes.iter().copied()).map(str::to_owned).collect();
        let columns = Columns { source: None, target: None, ..options.columns.clone() };
        let row = |edge: &Item| {
            let values = attributes.iter().map(|name| self.get(edge, &[name]).unwrap_or_default());
            [String::new(), String::new()].into_iter().chain(values.map(str::to_owned)).collect()
        };
        let sample: Vec<Vec<String>> = self.edges.iter().take(SAMPLE).map(row).collect();
        let layout = Layout::new(&header, &sample, &columns, &source.path.display().to_string())?;
        layout.account_for(&mut builder.reading, "attribute", 2);
        let listed: HashSet<(&str, &str)> = self.edges.iter().map(|e| (e.ids[0].as_str(), e.ids[1].as_str())).collect();
        for edge in &self.edges {
            let [from, to] = [edge.ids[0].as_str(), edge.ids[1].as_str()];
            let mirrored = edge.undirected && from != to && !listed.contains(&(to, from));
            let ends = [Some((from, to)), mirrored.then_some((to, from))];
            for (from, to) in ends.into_iter().flatten() {
                let added = self.add_edge(builder, nodes, (&layout, &attributes), edge, [from, to]);
                added.map_err(|problem| source.error_line(edge.line, problem))?;
            }
        }
        Ok(())
    }

    fn add_edge(
        &self,
        builder: &mut Builder,
        nodes: &HashMap<&str, u32>,
        (layout, attributes): (&Layout, &[&str]),
        edge: &Item,
        ends: [&str; 2],
    ) -> Result<(), String> {
        let mut found = [0; 2];
        for (place, id) in found.iter_mut().zip(ends) {
            *place =
                *nodes.get(id).ok_or_else(|| format!("the edge names the node '{id}', which is not in the file"))?;
        }
        layout.add_between(builder, found, |column| match column.checked_sub(2).and_then(|k| attributes.get(k)) {
            Some(name) => self.get(edge, &[name]).unwrap_or_default(),
            None => "",
        })
    }
}

/// What the parser says, on one line: it quotes the file.
fn malformed(error: impl std::fmt::Display) -> String {
    let words = error.to_string();
    format!("it is not well-formed XML ({})", words.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// An attribute of a tag.
fn attribute(tag: &BytesStart, name: &str) -> Result<Option<String>, String> {
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(malformed)?;
        if attribute.key.as_ref() == name {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(malformed)?;
            return Ok(Some(value.trim().to_owned()));
        }
    }
    Ok(None)
}
