//! Where other tools do not play a graph as it is written, by their sources: snnTorch 1.0.0, norse 1.1.0.

use super::graph::{Graph, Node};
use super::{Data, Entry, Kind};

/// A tool that reads NIR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// snnTorch 1.0.0, `import_from_nir`.
    SnnTorch,
    /// norse 1.1.0, `from_nir`.
    Norse,
}

/// snnTorch's step, s, which is fixed in its code.
const SNNTORCH_DT: f64 = 1e-4;

impl Tool {
    /// The name of the tool.
    pub fn name(self) -> &'static str {
        match self {
            Tool::SnnTorch => "snnTorch",
            Tool::Norse => "norse",
        }
    }

    /// Whether the tool reads nodes of this kind.
    fn takes(self, kind: Kind) -> bool {
        let both = [Kind::Input, Kind::Output, Kind::Affine, Kind::Linear, Kind::Conv2d, Kind::Flatten];
        let neurons = [Kind::If, Kind::Lif, Kind::CubaLif];
        let own: &[Kind] = match self {
            Tool::SnnTorch => &[Kind::AvgPool2d, Kind::Graph],
            Tool::Norse => &[Kind::SumPool2d, Kind::Graph],
        };
        both.contains(&kind) || neurons.contains(&kind) || own.contains(&kind)
    }
}

impl Graph {
    /// What of this graph a tool refuses, or plays otherwise than it is written: a sentence for each.
    pub fn strange_to(&self, tool: Tool) -> Vec<String> {
        let mut sentences = Vec::new();
        let dt = match self.metadata.get("dt") {
            Some(Entry::Data(data)) => data.as_number(),
            _ => None,
        };
        match (tool, dt) {
            (Tool::SnnTorch, Some(dt)) if dt != SNNTORCH_DT => {
                sentences.push(format!("snnTorch plays steps of {SNNTORCH_DT} s, and this graph is for {dt} s"));
            }
            (Tool::Norse, Some(dt)) => sentences.push(format!("norse takes no dt from a file; give it dt = {dt}")),
            _ => {}
        }
        let word = |name: &str| match self.metadata.get(name) {
            Some(Entry::Data(data)) => data.as_text(),
            _ => None,
        };
        if word("timing") == Some("next_step") {
            let name = tool.name();
            sentences.push(format!("{name} lets spikes act within their step, and this graph is for the next step"));
        }
        if word("integration") == Some("exact") {
            sentences.push(format!("{} steps by Euler, and this graph is for exact steps", tool.name()));
        }
        self.add_strange_nodes(tool, "", &mut sentences);
        sentences
    }

    /// Adds the sentences on nodes, with `prefix` before their names.
    fn add_strange_nodes(&self, tool: Tool, prefix: &str, sentences: &mut Vec<String>) {
        for (name, node) in self.nodes() {
            let kind = node.kind();
            let place = format!("node '{prefix}{name}' ({})", kind.name());
            if !tool.takes(kind) {
                sentences.push(format!("{place}: {} has no such node", tool.name()));
            }
            let problems = match tool {
                Tool::SnnTorch => snntorch(node),
                Tool::Norse => norse(node),
            };
            sentences.extend(problems.into_iter().map(|problem| format!("{place}: {problem}")));
            if let Some(inner) = node.graph() {
                if tool == Tool::SnnTorch && inner.nodes().len() != 4 {
                    let problem =
                        "snnTorch takes nested graphs of four nodes alone: input, neuron, recurrent weights, output";
                    sentences.push(format!("{place}: {problem}"));
                }
                inner.add_strange_nodes(tool, &format!("{prefix}{name}."), sentences);
            }
        }
    }
}

/// Whether all values of a parameter, if there is one, meet a rule.
fn all(node: &Node, name: &str, meets: impl Fn(f64) -> bool) -> bool {
    node.get(name).and_then(Data::numbers).is_none_or(|values| values.iter().all(|value| meets(*value)))
}

/// Whether the metadata of a node say that it is reset by subtraction.
fn is_subtracted(node: &Node) -> bool {
    ["reset", "reset_mechanism"].iter().any(|name| match node.metadata().get(*name) {
        Some(Entry::Data(data)) => data.as_text() == Some("subtract"),
        _ => false,
    })
}

/// What snnTorch refuses of a node, or plays otherwise.
fn snntorch(node: &Node) -> Vec<&'static str> {
    let mut problems = Vec::new();
    if !node.kind().spikes() {
        return problems;
    }
    if !all(node, "v_leak", |leak| leak.abs() <= 1e-8) {
        problems.push("snnTorch refuses a v_leak other than 0");
    }
    let threshold = node.get("v_threshold").and_then(Data::numbers).unwrap_or_default();
    if threshold.iter().any(|value| Some(value) != threshold.first()) {
        problems.push("snnTorch refuses thresholds that differ");
    }
    if !all(node, "v_reset", |reset| reset == 0.0) {
        problems.push("snnTorch resets to 0 whatever v_reset says");
    }
    if is_subtracted(node) {
        problems.push("snnTorch resets to 0 whatever the metadata say");
    }
    if node.kind() == Kind::If {
        problems.push("snnTorch makes a Leaky of it that forgets a tenth in each step, and refuses an r other than 1");
    }
    problems
}

/// What norse plays otherwise of a node.
fn norse(node: &Node) -> Vec<&'static str> {
    let mut problems = Vec::new();
    if !node.kind().is_neuron() {
        return problems;
    }
    if !all(node, "v_reset", |reset| reset == 0.0) {
        problems.push("norse resets to 0 whatever v_reset says");
    }
    if !all(node, "r", |r| r == 1.0) && node.kind() != Kind::CubaLif {
        problems.push("norse takes r as 1");
    }
    match node.kind() {
        Kind::If => problems.push("norse adds what enters without dt"),
        Kind::CubaLif if !all(node, "v_leak", |leak| leak == 0.0) => {
            problems.push("norse lets the current decay to v_leak, too");
        }
        _ => {}
    }
    problems
}
