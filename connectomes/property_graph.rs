//! Graphs as GraphML, GEXF, GML and node-link JSON keep them: nodes and edges, each with a list of attributes.
//!
//! An undirected edge counts in both directions. Names of nodes are an attribute that
//! tells all of them apart, else their ids.

use std::collections::{HashMap, HashSet};

use super::builder::{Builder, Unread};
use super::columns::Layout;
use super::source::{Source, finite};
use super::{Columns, Connectome, Node, ReadOptions, Reading};
use crate::error::{Error, Result};
use crate::text::counted;

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

/// A node or an edge as it stands in the file.
#[derive(Default)]
pub(super) struct Item {
    /// 0 where lines mean nothing.
    pub line: u64,
    /// Id of a node; source and target of an edge.
    pub ids: [String; 2],
    pub undirected: bool,
    /// Index of the attribute and text.
    pub data: Vec<(usize, String)>,
}

/// The error of a line, or of the file where lines mean nothing.
fn error_at(source: &Source, line: u64, problem: String) -> Error {
    if line == 0 { source.error(problem) } else { source.error_line(line, problem) }
}

/// What an attribute is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Of {
    Node,
    Edge,
    All,
}

struct Attribute {
    name: String,
    of: Of,
}

/// All nodes and edges of a file.
#[derive(Default)]
pub(super) struct PropertyGraph {
    pub nodes: Vec<Item>,
    pub edges: Vec<Item>,
    /// Two may share a name.
    attributes: Vec<Attribute>,
    /// Attribute by name, the first of them; look-up only.
    index: HashMap<(Of, String), usize>,
    /// What nodes and edges say that do not have the attribute of this name; look-up only.
    defaults: [HashMap<String, String>; 2],
}

impl PropertyGraph {
    /// Another attribute, even if one has the name already.
    pub fn declare(&mut self, of: Of, name: String) -> usize {
        self.index.entry((of, name.clone())).or_insert(self.attributes.len());
        self.attributes.push(Attribute { name, of });
        self.attributes.len() - 1
    }

    /// The name of an attribute.
    pub fn name(&self, attribute: usize) -> &str {
        self.attributes.get(attribute).map_or("", |attribute| attribute.name.as_str())
    }

    /// The attribute of a name, new or known.
    pub fn attribute(&mut self, of: Of, name: &str) -> usize {
        let key = (of, name.to_owned());
        match self.index.get(&key) {
            Some(known) => *known,
            None => self.declare(of, key.1),
        }
    }

    /// What items say that do not have the attribute; the first default of a name holds.
    pub fn set_default(&mut self, attribute: usize, text: &str) {
        let Some(Attribute { name, of }) = self.attributes.get(attribute) else { return };
        for (defaults, not) in self.defaults.iter_mut().zip([Of::Edge, Of::Node]) {
            if *of != not {
                defaults.entry(name.clone()).or_insert_with(|| text.to_owned());
            }
        }
    }

    /// The connectome; `reading` is what is known already of how the file was read.
    pub fn connectome(&self, source: &Source, options: &ReadOptions, reading: Reading) -> Result<Connectome> {
        let mut builder = Builder::new(options)?;
        let format = reading.format.clone();
        builder.reading = reading;
        let nodes = self.add_nodes(&mut builder, options).map_err(|(line, problem)| error_at(source, line, problem))?;
        self.add_edges(&mut builder, &nodes, source, options)?;
        Ok(builder.finish(source, &format, options.sum_repeated))
    }

    /// What a node (0) or an edge (1) says under the first of these names, else the default of that attribute.
    fn attribute_of<'g>(&'g self, class: usize, item: &'g Item, names: &[&str]) -> Option<&'g str> {
        names.iter().find_map(|name| {
            let of = |(key, _): &&(usize, String)| self.attributes.get(*key).is_some_and(|a| a.name == *name);
            let said = item.data.iter().find(of).map(|(_, text)| text.as_str());
            let said = said.or_else(|| self.defaults[class].get(*name).map(String::as_str));
            said.map(str::trim).filter(|text| !text.is_empty())
        })
    }

    /// The attribute of a node under the first of these names that it has.
    fn node_attribute<'g>(&'g self, node: &'g Item, names: &[&str]) -> Option<&'g str> {
        self.attribute_of(0, node, names)
    }

    /// Names of the attributes that nodes, or edges, may have.
    fn attributes(&self, of: Of) -> Vec<&str> {
        let mut seen = HashSet::new();
        let fits = self.attributes.iter().filter(|a| a.of == of || a.of == Of::All);
        fits.map(|a| a.name.as_str()).filter(|name| seen.insert(*name)).collect()
    }

    /// Names of the nodes, and where they come from: an attribute that tells all of them apart, alone or with the side
    /// before it; else the ids.
    fn node_names(&self) -> (Vec<String>, String) {
        let apart = |names: &[String]| names.iter().collect::<HashSet<_>>().len() == names.len();
        let mut repeated = Vec::new();
        for wanted in NAMES {
            let plain = self.nodes.iter().map(|node| self.node_attribute(node, &[wanted]).map(str::to_owned));
            let Some(plain) = plain.collect::<Option<Vec<String>>>() else {
                let some = self.nodes.iter().any(|node| self.node_attribute(node, &[wanted]).is_some());
                repeated.extend(some.then(|| format!("'{wanted}' is missing for some")));
                continue;
            };
            if apart(&plain) {
                return (plain, format!("attribute '{wanted}'"));
            }
            let side = |node| self.node_attribute(node, SIDES).unwrap_or_default();
            let sided = self.nodes.iter().zip(&plain).map(|(node, name)| format!("{}.{name}", side(node)));
            let sided: Vec<String> = sided.collect();
            if apart(&sided) {
                return (sided, format!("side and attribute '{wanted}'"));
            }
            repeated.push(format!("'{wanted}' repeats"));
        }
        let why = if repeated.is_empty() { String::new() } else { format!(" ({})", repeated.join(", ")) };
        (self.nodes.iter().map(|node| node.ids[0].clone()).collect(), format!("ids of the nodes{why}"))
    }

    /// Adds the nodes; gives their index by id. Attributes that no part of a node takes are left aside.
    fn add_nodes(&self, builder: &mut Builder, options: &ReadOptions) -> Result<HashMap<&str, u32>, (u64, String)> {
        let mut nodes = HashMap::with_capacity(self.nodes.len());
        let (names, from) = self.node_names();
        let groups = [KINDS, CATEGORIES, AXES[0], AXES[1], AXES[2], AREAS, CORTICAL, SIDES];
        let known = groups.concat();
        for name in self.attributes(Of::Node) {
            if !known.contains(&name) && !from.ends_with(&format!("attribute '{name}'")) {
                builder.reading.leave(format!("attribute '{name}' of nodes"));
            }
            let before = groups.iter().find_map(|group| group.iter().position(|n| *n == name).map(|at| &group[..at]));
            let twice = |node: &&Item| {
                self.node_attribute(node, before.unwrap_or_default()).is_some()
                    && self.node_attribute(node, &[name]).is_some()
            };
            let count = self.nodes.iter().filter(twice).count();
            if count > 0 {
                builder.reading.leave(format!(
                    "attribute '{name}' of {nodes}, where another name says the same",
                    nodes = counted(count, "node")
                ));
            }
        }
        builder.reading.take("names", from);
        let mut unread = Unread::default();
        for (item, name) in self.nodes.iter().zip(names) {
            let at = |problem: String| (item.line, problem);
            let id = item.ids[0].as_str();
            let said = self.read_node(item, &name, &mut unread).map_err(at)?;
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
        unread.tell(&mut builder.reading);
        Ok(nodes)
    }

    /// A node from the attributes that are known under any of their usual names.
    fn read_node(&self, item: &Item, name: &str, unread: &mut Unread) -> Result<Node, String> {
        let text = |names: &[&str]| self.node_attribute(item, names).map(str::to_owned);
        let number = |names: &[&str], what: &str| match self.node_attribute(item, names) {
            Some(text) => finite(text, what).map(Some).map_err(|problem| format!("node '{name}': {problem}")),
            None => Ok(None),
        };
        let axes = [number(AXES[0], "x")?, number(AXES[1], "y")?, number(AXES[2], "z")?];
        Ok(Node {
            name: String::new(),
            kind: text(KINDS),
            category: text(CATEGORIES),
            position: unread.position(axes),
            area: number(AREAS, "area")?,
            cortical: unread.cortical(self.node_attribute(item, CORTICAL)),
            side: unread.side(self.node_attribute(item, SIDES)),
        })
    }

    /// Adds the edges with the rules of an edge list, as if each attribute were a column.
    fn add_edges(
        &self,
        builder: &mut Builder,
        nodes: &HashMap<&str, u32>,
        source: &Source,
        options: &ReadOptions,
    ) -> Result<()> {
        let attributes = self.attributes(Of::Edge);
        let header: Vec<String> =
            ["source", "target"].into_iter().chain(attributes.iter().copied()).map(str::to_owned).collect();
        let ends = ["source", "target"].map(|end| Some(end.to_owned()));
        let [first, second] = ends;
        let columns = Columns { source: first, target: second, ..options.columns.clone() };
        let row = |edge: &Item| {
            let values = attributes.iter().map(|name| self.attribute_of(1, edge, &[name]).unwrap_or_default());
            [String::new(), String::new()].into_iter().chain(values.map(str::to_owned)).collect()
        };
        let sample: Vec<Vec<String>> = self.edges.iter().take(SAMPLE).map(row).collect();
        let layout = Layout::new(&header, &sample, &columns, &source.path.display().to_string())?;
        layout.account_for(&mut builder.reading, "attribute", 2);
        for edge in &self.edges {
            let added = self.add_edge(builder, nodes, (&layout, &attributes), edge);
            added.map_err(|problem| error_at(source, edge.line, problem))?;
        }
        Ok(())
    }

    /// Adds one edge between nodes by their ids in the file.
    fn add_edge(
        &self,
        builder: &mut Builder,
        nodes: &HashMap<&str, u32>,
        (layout, attributes): (&Layout, &[&str]),
        edge: &Item,
    ) -> Result<(), String> {
        let mut found = [0; 2];
        for (place, id) in found.iter_mut().zip(&edge.ids) {
            *place = *nodes
                .get(id.as_str())
                .ok_or_else(|| format!("the edge names the node '{id}', which is not in the file"))?;
        }
        let attribute = |column: usize| column.checked_sub(2).and_then(|k| attributes.get(k).copied());
        let added = layout.add_between(builder, found, edge.undirected, |column| {
            attribute(column).and_then(|name| self.attribute_of(1, edge, &[name])).unwrap_or_default()
        });
        added.map_err(|problem| match layout.weight.and_then(attribute) {
            Some(weight) if self.attribute_of(1, edge, &[weight]).is_none() => {
                let advice = "give every edge one, or say weight = \"\" for 1 each";
                format!("the edge from '{}' to '{}' has no {weight}; {advice}", edge.ids[0], edge.ids[1])
            }
            _ if edge.line == 0 => format!("the edge from '{}' to '{}': {problem}", edge.ids[0], edge.ids[1]),
            _ => problem,
        })
    }
}
