//! Graphs in words and as JSON, for people and programs that ask what a file holds.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::graph::{Graph, Node};
use super::{Data, Entry, Kind, Metadata, Values};
use crate::text::counted;

/// The most values of an entry of metadata that are listed.
const MAX_LISTED: usize = 8;

/// The size and parameters of a node in a few words, such as "10 x 20: weight -1 to 1".
fn parameters_in_words(node: &Node) -> String {
    let shape = |data: &Data| data.shape().iter().map(usize::to_string).collect::<Vec<_>>().join(" x ");
    match node.kind() {
        Kind::Graph => format!("{} within", node.graph().map_or(String::new(), Graph::counts_in_words)),
        Kind::Input | Kind::Output => {
            let axes = node.get("shape").and_then(Data::wholes).unwrap_or_default();
            axes.iter().map(i64::to_string).collect::<Vec<_>>().join(" x ")
        }
        _ => {
            let parameters = node.parameters().iter().map(|(name, data)| match (data.as_text(), data.as_number()) {
                (Some(text), _) => format!("{name} {text}"),
                (None, Some(number)) => format!("{name} {number}"),
                (None, None) => format!("{name} {}", range_in_words(data).unwrap_or_else(|| shape(data))),
            });
            let first = node.kind().required().first().and_then(|name| node.get(name));
            let size = first.filter(|data| !data.shape().is_empty()).map(|data| format!("{}: ", shape(data)));
            format!("{}{}", size.unwrap_or_default(), parameters.collect::<Vec<_>>().join(", "))
        }
    }
}

/// The range of numbers: "0.5" or "0.5 to 2".
fn range_in_words(data: &Data) -> Option<String> {
    let numbers = data.numbers()?;
    let ends = (f64::INFINITY, f64::NEG_INFINITY);
    let (low, high) = numbers.iter().fold(ends, |(low, high), value| (low.min(*value), high.max(*value)));
    Some(if low == high { format!("{low}") } else { format!("{low} to {high}") })
}

impl Graph {
    /// The counts of nodes and edges: "5 nodes, 4 edges".
    fn counts_in_words(&self) -> String {
        format!("{}, {}", counted(self.nodes().len(), "node"), counted(self.edges().len(), "edge"))
    }

    /// The graph's nodes, edges and metadata in words, one on each line.
    pub fn describe(&self) -> String {
        let mut text = format!("{}\n", self.counts_in_words());
        self.describe_into(&mut text, "");
        text
    }

    /// Adds the lines of nodes, edges and metadata, with `prefix` before the names of nodes.
    fn describe_into(&self, text: &mut String, prefix: &str) {
        for (name, node) in self.nodes() {
            // Writing into a text cannot fail.
            let _ = writeln!(text, "{prefix}{name}  {}  {}", node.kind().name(), parameters_in_words(node));
            if let Some(inner) = node.graph() {
                inner.describe_into(text, &format!("{prefix}{name}."));
            }
        }
        for (from, to) in self.edges() {
            let _ = writeln!(text, "{prefix}{from} -> {prefix}{to}");
        }
        for (name, entry) in &self.metadata {
            let _ = writeln!(text, "{prefix}{name} = {}", entry_as_json(entry));
        }
    }

    /// The graph as JSON: nodes with the shapes, least and largest values of their parameters, edges, and metadata.
    pub fn as_json(&self) -> Value {
        let nodes = self.nodes().iter().map(|(name, node)| (name.clone(), node_as_json(node)));
        json!({
            "type": Kind::Graph.name(),
            "nodes": nodes.collect::<Map<_, _>>(),
            "edges": self.edges(),
            "metadata": metadata_as_json(&self.metadata),
        })
    }
}

/// A node as JSON: see [`Graph::as_json`].
fn node_as_json(node: &Node) -> Value {
    if let Some(graph) = node.graph() {
        return graph.as_json();
    }
    let parameters = node.parameters().iter().map(|(name, data)| (name.clone(), data_as_json(data)));
    json!({
        "type": node.kind().name(),
        "parameters": parameters.collect::<Map<_, _>>(),
        "metadata": metadata_as_json(node.metadata()),
    })
}

/// A parameter as JSON: its text, or its type, shape, least and largest value.
fn data_as_json(data: &Data) -> Value {
    if let Some(text) = data.as_text() {
        return json!(text);
    }
    let numbers = data.numbers().unwrap_or_default();
    let least = numbers.iter().copied().reduce(f64::min);
    let largest = numbers.iter().copied().reduce(f64::max);
    json!({ "type": data.values().kind(), "shape": data.shape(), "least": least, "largest": largest })
}

/// Metadata as JSON, entry by entry.
fn metadata_as_json(metadata: &Metadata) -> Value {
    Value::Object(metadata.iter().map(|(name, entry)| (name.clone(), entry_as_json(entry))).collect())
}

/// An entry of metadata as JSON: its values, or, of more than [`MAX_LISTED`], their type and shape.
fn entry_as_json(entry: &Entry) -> Value {
    let data = match entry {
        Entry::Group(entries) => return metadata_as_json(entries),
        Entry::Data(data) => data,
    };
    let all = match data.values() {
        Values::F32(values) => json!(values),
        Values::F64(values) => json!(values),
        Values::I64(values) => json!(values),
        Values::Bool(values) => json!(values),
        Values::Text(values) => json!(values),
    };
    match (data.shape(), all) {
        ([], Value::Array(one)) => one.into_iter().next().unwrap_or(Value::Null),
        (_, Value::Array(all)) if all.len() <= MAX_LISTED => Value::Array(all),
        (shape, _) => json!({ "type": data.values().kind(), "shape": shape }),
    }
}
