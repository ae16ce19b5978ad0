//! NIR: files of other tools read, run and written back, and networks of the engine made of them.

#[cfg(feature = "formats")]
use std::path::PathBuf;

use neuropil::train::nir::{Data, Graph, Kind, Node, Signals};

mod engine;
#[cfg(all(feature = "cli", feature = "formats"))]
mod experiment;
#[cfg(feature = "formats")]
mod files;
mod meaning;
mod refused;
mod written;

#[cfg(feature = "formats")]
/// A file of tests/golden/nir, which its make.py wrote.
fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/nir").join(name)
}

#[cfg(feature = "formats")]
/// What make.py computed with numpy: dt, input and output of a graph, by step.
struct Told {
    dt: f64,
    steps: usize,
    input: Vec<f64>,
    output: Vec<f64>,
}

#[cfg(feature = "formats")]
fn flat(value: &serde_json::Value) -> Vec<f64> {
    match value {
        serde_json::Value::Array(all) => all.iter().flat_map(flat).collect(),
        number => vec![number.as_f64().unwrap()],
    }
}

#[cfg(feature = "formats")]
fn told(name: &str) -> Told {
    let text = std::fs::read_to_string(golden(name)).unwrap();
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    let steps = told["input"].as_array().unwrap().len();
    Told { dt: told["dt"].as_f64().unwrap(), steps, input: flat(&told["input"]), output: flat(&told["output"]) }
}

fn node<const N: usize>(kind: Kind, data: [(&'static str, Data); N]) -> Node {
    Node::new(kind, data).unwrap()
}

fn input(size: usize) -> Node {
    node(Kind::Input, [("shape", Data::whole_list(&[size]))])
}

fn output(size: usize) -> Node {
    node(Kind::Output, [("shape", Data::whole_list(&[size]))])
}

/// Weights by rows.
fn linear<const R: usize, const C: usize>(weights: [[f64; C]; R]) -> Node {
    let weight = Data::new(&[R, C], neuropil::train::nir::Values::F64(weights.concat())).unwrap();
    node(Kind::Linear, [("weight", weight)])
}

fn lif(size: usize, tau: f64, r: f64, threshold: f64) -> Node {
    let all = |value: f64| Data::list(&vec![value; size]);
    node(Kind::Lif, [("tau", all(tau)), ("r", all(r)), ("v_leak", all(0.0)), ("v_threshold", all(threshold))])
}

fn graph(nodes: Vec<(&str, Node)>, edges: &[(&str, &str)]) -> neuropil::Result<Graph> {
    let nodes = nodes.into_iter().map(|(name, node)| (name.to_owned(), node));
    Graph::new(nodes, edges.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())))
}

fn signals(name: &str, values: &[f64]) -> Signals {
    [(name.to_owned(), values.to_vec())].into()
}
