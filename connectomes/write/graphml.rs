//! GraphML: nodes by name, with all that is known of nodes and edges.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use quick_xml::escape::escape;

use super::shortest_number;
use crate::connectomes::{Connectome, Edge, EdgeKind, Node, Part, Side};

/// A kind of datum: what it is part of, the name of its attribute and its type, and what a node (or an edge) has of it.
type Datum<T> = (Option<Part>, &'static str, &'static str, fn(&T) -> Option<String>);

const OF_NODES: [Datum<Node>; 8] = [
    (Some(Part::Kind), "kind", "string", |node| node.kind.clone()),
    (Some(Part::Category), "category", "string", |node| node.category.clone()),
    (Some(Part::Position), "x", "double", |node| node.position.map(|[x, _, _]| shortest_number(x))),
    (Some(Part::Position), "y", "double", |node| node.position.map(|[_, y, _]| shortest_number(y))),
    (Some(Part::Position), "z", "double", |node| node.position.map(|[_, _, z]| shortest_number(z))),
    (Some(Part::Area), "area", "double", |node| node.area.map(shortest_number)),
    (Some(Part::Cortical), "cortical", "boolean", |node| node.cortical.map(|c| c.to_string())),
    (Some(Part::Side), "side", "string", |node| node.side.map(|side| Side::name(side).to_owned())),
];

const OF_EDGES: [Datum<Edge>; 5] = [
    (None, "weight", "double", |edge| Some(shortest_number(edge.weight))),
    (Some(Part::Gap), "kind", "string", |edge| {
        Some(if edge.kind == EdgeKind::Gap { "gap" } else { "chemical" }.to_owned())
    }),
    (Some(Part::Sign), "sign", "int", |edge| Some(edge.sign.signum().to_string())),
    (Some(Part::Length), "length", "double", |edge| edge.length.map(shortest_number)),
    (Some(Part::Transmitter), "transmitter", "string", |edge| edge.transmitter.clone()),
];

/// Writes the graph; attributes that no node or edge has are not declared.
pub(super) fn write(connectome: &Connectome, file: &mut BufWriter<File>) -> io::Result<()> {
    let holds = |part: &Option<Part>| part.is_none_or(|part| connectome.count(part) > 0);
    let of_nodes: Vec<&Datum<Node>> = OF_NODES.iter().filter(|(part, ..)| holds(part)).collect();
    let of_edges: Vec<&Datum<Edge>> = OF_EDGES.iter().filter(|(part, ..)| holds(part)).collect();
    writeln!(file, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(file, "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">")?;
    for (_, name, kind, _) in &of_nodes {
        declare_attribute(file, "node", name, kind)?;
    }
    for (_, name, kind, _) in &of_edges {
        declare_attribute(file, "edge", name, kind)?;
    }
    writeln!(file, "  <graph edgedefault=\"directed\">")?;
    let names: Vec<String> = connectome.nodes.iter().map(|node| escaped(&node.name)).collect();
    for (node, name) in connectome.nodes.iter().zip(&names) {
        write_element(file, &format!("node id=\"{name}\""), "node", node, &of_nodes)?;
    }
    for edge in &connectome.edges {
        let name = |index: u32| names.get(index as usize).map_or("", String::as_str);
        let tag = format!("edge source=\"{}\" target=\"{}\"", name(edge.source), name(edge.target));
        write_element(file, &tag, "edge", edge, &of_edges)?;
    }
    writeln!(file, "  </graph>\n</graphml>")
}

/// Declares an attribute; the prefix keeps those of nodes and edges apart where names are the same.
fn declare_attribute(file: &mut impl Write, of: &str, name: &str, kind: &str) -> io::Result<()> {
    writeln!(file, "  <key id=\"{of}_{name}\" for=\"{of}\" attr.name=\"{name}\" attr.type=\"{kind}\"/>")
}

/// Writes a node or an edge with the attributes that it has.
fn write_element<T>(file: &mut impl Write, tag: &str, of: &str, item: &T, data: &[&Datum<T>]) -> io::Result<()> {
    write!(file, "    <{tag}>")?;
    for (_, name, _, text) in data {
        if let Some(text) = text(item) {
            write!(file, "<data key=\"{of}_{name}\">{}</data>", escaped(&text))?;
        }
    }
    writeln!(file, "</{of}>")
}

/// Line breaks and tabs as references, which are kept where XML would make blanks of them.
fn escaped(text: &str) -> String {
    escape(text).replace('\n', "&#10;").replace('\r', "&#13;").replace('\t', "&#9;")
}
