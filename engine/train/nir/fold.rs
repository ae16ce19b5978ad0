//! Folds what lies between neurons into synapses: for each input value of a node, which units it comes from, with which
//! weight, and after how many steps.

use std::collections::BTreeMap;

use super::discretise::{Act, Discretised};

/// The most synapses of a folded graph.
const MAX_SYNAPSES: usize = 1 << 27;

/// Where a value comes from: the node, its unit, and the steps it takes beyond those of the order of nodes.
pub(super) type Origin = (usize, u32, u32);

/// A value as a sum.
#[derive(Debug, Clone, Default)]
pub(super) struct Sum {
    /// The weight of each origin.
    pub parts: BTreeMap<Origin, f64>,
    /// Constants that are added in each step, by the number of steps before the first that they are added in.
    pub bias: BTreeMap<u32, f64>,
}

/// Folds what lies before nodes of a graph.
pub(super) struct Folder<'a> {
    graph: &'a Discretised,
    /// The nodes that are being folded: a path of edges.
    around: Vec<usize>,
    /// The number of synapses so far.
    count: usize,
}

impl Folder<'_> {
    /// A folder for a graph.
    pub fn new(graph: &Discretised) -> Folder<'_> {
        Folder { graph, around: Vec::new(), count: 0 }
    }

    /// The input values of a node.
    ///
    /// # Errors
    /// A circle of delays without a neuron, more than 2²⁷ synapses; as a sentence.
    pub fn inputs_of(&mut self, at: usize) -> Result<Vec<Sum>, String> {
        if self.around.contains(&at) {
            let name = self.graph.nodes.get(at).map_or("", |node| node.name.as_str());
            let problem = "lies on a circle of delays without a neuron, which is no set of synapses";
            return Err(format!("node '{name}' {problem}"));
        }
        self.around.push(at);
        let mut sums: Vec<Sum> = Vec::new();
        for edge in self.graph.edges.iter().filter(|edge| edge.to == at) {
            let arriving = self.outputs_of(edge.from, u32::from(edge.late))?;
            if sums.is_empty() {
                sums = arriving;
                continue;
            }
            for (sum, more) in sums.iter_mut().zip(arriving) {
                sum.add(&more, 1.0);
            }
        }
        self.around.pop();
        Ok(sums)
    }

    /// The output values of a node, a step later where `late` is 1.
    fn outputs_of(&mut self, at: usize, late: u32) -> Result<Vec<Sum>, String> {
        let graph = self.graph;
        let Some(node) = graph.nodes.get(at) else { return Ok(Vec::new()) };
        let sums: Vec<Sum> = match &node.act {
            Act::Source | Act::Neurons(..) | Act::Threshold(_) => {
                let own = |unit| Sum { parts: [((at, unit as u32, late), 1.0)].into(), bias: BTreeMap::new() };
                (0..node.size).map(own).collect()
            }
            Act::Pass => self.inputs_of(at)?,
            Act::Delay(delays) => {
                let inputs = self.inputs_of(at)?;
                inputs.iter().zip(delays).map(|(sum, delay)| sum.later(*delay)).collect()
            }
            Act::Map(map) => {
                let inputs = self.inputs_of(at)?;
                let mut sums = Vec::with_capacity(map.rows());
                for row in 0..map.rows() {
                    let mut sum = Sum::default();
                    for (from, weight) in map.row(row) {
                        if let Some(part) = inputs.get(from) {
                            sum.add(part, weight);
                        }
                    }
                    if map.bias(row) != 0.0 {
                        *sum.bias.entry(0).or_default() += map.bias(row);
                    }
                    sums.push(sum);
                }
                sums
            }
        };
        self.count += sums.iter().map(|sum| sum.parts.len()).sum::<usize>();
        match self.count > MAX_SYNAPSES {
            true => Err(format!("node '{}': what leads to it makes more than {MAX_SYNAPSES} synapses", node.name)),
            false => Ok(sums),
        }
    }
}

impl Sum {
    /// Adds another sum times a weight.
    fn add(&mut self, other: &Sum, weight: f64) {
        for (origin, part) in &other.parts {
            *self.parts.entry(*origin).or_default() += weight * part;
        }
        for (steps, bias) in &other.bias {
            *self.bias.entry(*steps).or_default() += weight * bias;
        }
    }

    /// The sum, later by some steps.
    fn later(&self, steps: u32) -> Sum {
        let parts = self.parts.iter().map(|(&(node, unit, late), part)| ((node, unit, late + steps), *part));
        let bias = self.bias.iter().map(|(late, bias)| (late + steps, *bias));
        Sum { parts: parts.collect(), bias: bias.collect() }
    }
}
