//! JSON of nodes and links, as networkx (`node_link_data`) and d3 write it.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::property_graph::{Item, Of, PropertyGraph};
use super::source::Source;
use super::{Columns, Connectome, Format, ReadOptions, Reading, headings, json};
use crate::Result;

/// Bytes that a graph takes in memory for each of its text.
const GROWTH: u64 = 8;

#[derive(Deserialize)]
struct Graph {
    directed: Option<bool>,
    nodes: Vec<Map<String, Value>>,
    #[serde(alias = "edges")]
    links: Vec<Map<String, Value>>,
}

/// The members of an object that tell what it is.
#[derive(Deserialize)]
struct Shape {
    nodes: Option<IgnoredAny>,
    links: Option<IgnoredAny>,
    edges: Option<IgnoredAny>,
    elements: Option<IgnoredAny>,
    adjacency: Option<IgnoredAny>,
    graph: Option<IgnoredAny>,
    graphs: Option<IgnoredAny>,
    cells: Option<IgnoredAny>,
    features: Option<IgnoredAny>,
}

/// What the members of JSON say; flyvis lists types with a stride and filters with offsets.
pub(super) fn recognise(source: &Source) -> Result<Format> {
    let content = source.read_text()?;
    let text = content.trim_start_matches('\u{feff}');
    let save = "save the graph with networkx.node_link_data, or as GraphML";
    let foreign = |what: &str| Err(source.error(format!("it is {what}, which is not read; {save}")));
    if text.trim_start().starts_with('[') {
        return foreign("a JSON list");
    }
    let shape: Shape = serde_json::from_str(text)
        .map_err(|e| source.error_line(e.line() as u64, format!("it begins as JSON and is none ({e})")))?;
    let flyvis = ["\"offsets\"", "\"stride\""].iter().any(|word| text.contains(word));
    match () {
        () if shape.nodes.is_some() && shape.edges.is_some() && flyvis => Ok(Format::Flyvis),
        () if shape.nodes.is_some() && (shape.links.is_some() || shape.edges.is_some()) => Ok(Format::NodeLink),
        () if shape.elements.is_some() => foreign("JSON of Cytoscape"),
        () if shape.nodes.is_some() && shape.adjacency.is_some() => foreign("JSON of adjacency lists"),
        () if shape.graph.is_some() || shape.graphs.is_some() => foreign("JSON of a graph within another object"),
        () if shape.cells.is_some() => foreign("a Jupyter notebook"),
        () if shape.features.is_some() => foreign("GeoJSON"),
        () => foreign("JSON without lists of nodes and of links"),
    }
}

/// Reads one graph.
pub(super) fn read(source: &Source, options: &ReadOptions) -> Result<Connectome> {
    let content = source.read_text()?;
    let size = (content.len() as u64).saturating_mul(GROWTH);
    if size > source.limit {
        return Err(source.too_large("its graph", size));
    }
    json::check(source, &content)?;
    let file: Graph = serde_json::from_str(content.trim_start_matches('\u{feff}'))
        .map_err(|e| source.error_line(e.line() as u64, format!("it is no graph of nodes and links ({e})")))?;
    drop(content);
    let directed = match (file.directed, options.directed) {
        (Some(said), Some(wanted)) if said != wanted => {
            return Err(source.error(format!("it says itself that directed is {said}; leave directed out")));
        }
        (said, wanted) => said.or(wanted),
    };
    let Some(directed) = directed else {
        return Err(
            source.error("it does not say whether its links are directed; say directed = true or directed = false")
        );
    };
    if file.nodes.is_empty() {
        return Err(source.error("it holds no nodes"));
    }
    let mut reading = Reading::of("node-link JSON");
    let graph =
        property_graph(file, directed, &options.columns, &mut reading).map_err(|problem| source.error(problem))?;
    graph.connectome(source, options, reading)
}

/// Nodes and edges with their attributes; nodes without ids are numbered, as d3 refers to them.
fn property_graph(
    file: Graph,
    directed: bool,
    columns: &Columns,
    reading: &mut Reading,
) -> Result<PropertyGraph, String> {
    let mut graph = PropertyGraph::default();
    let mut left = std::collections::BTreeSet::new();
    let has_ids = file.nodes.iter().any(|node| node.contains_key("id"));
    for (at, node) in file.nodes.into_iter().enumerate() {
        let mut item = Item::default();
        for (key, value) in node {
            match (key.as_str(), scalar_text(&value)) {
                ("id", Some(id)) => item.ids[0] = id,
                ("id", None) => return Err(format!("node {at} has an id that is neither a number nor a text")),
                (_, Some(text)) => item.data.push((graph.attribute(Of::Node, &key), text)),
                (_, None) => drop(left.insert(format!("'{key}' of nodes"))),
            }
        }
        match (item.ids[0].is_empty(), has_ids) {
            (true, true) => return Err(format!("node {at} has no id")),
            (true, false) => item.ids[0] = at.to_string(),
            _ => {}
        }
        graph.nodes.push(item);
    }
    if !has_ids {
        reading.take("ids of the nodes", "none; their places 0, 1, 2...");
    }
    for (at, link) in file.links.into_iter().enumerate() {
        let mut item = Item { undirected: !directed, ..Item::default() };
        for (key, value) in link {
            let end = ["source", "target"].iter().position(|end| *end == key);
            match (end, scalar_text(&value)) {
                (Some(end), Some(id)) => item.ids[end] = id,
                (Some(_), None) => return Err(format!("link {at} has a {key} that is neither a number nor a text")),
                (None, Some(text)) => item.data.push((graph.attribute(Of::Edge, &key), text)),
                (None, None) if headings::is_used(&key, columns) => {
                    return Err(format!("link {at} has a {key} that is neither a number nor a text"));
                }
                (None, None) => drop(left.insert(format!("'{key}' of links"))),
            }
        }
        if item.ids.contains(&String::new()) {
            return Err(format!("link {at} has no source or no target"));
        }
        graph.edges.push(item);
    }
    left.into_iter().for_each(|what| reading.leave(what));
    Ok(graph)
}

/// A number, a text or a truth value as text; nothing for lists and objects.
fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null => Some(String::new()),
        Value::Array(_) | Value::Object(_) => None,
    }
}
