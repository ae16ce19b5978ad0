//! What lies between neurons folded into synapses: for each value that enters a node, from which senders it comes, by which
//! weight, and after how many steps.

use std::collections::BTreeMap;

use super::discretise::{Act, Discretised};

/// Most synapses of a folded graph.
const MOST: usize = 1 << 27;

/// Where a value comes from: the node, its unit, and the steps it takes beyond those of the order of nodes.
pub(super) type Origin = (usize, u32, u32);

/// The parts of one value.
#[derive(Debug, Clone, Default)]
pub(super) struct Sum {
    pub parts: BTreeMap<Origin, f64>,
    /// What is added in each step from the first on, or from a later one, by the steps before.
    pub bias: BTreeMap<u32, f64>,
}

/// Folds what lies before a node.
pub(super) struct Folder<'a> {
    graph: &'a Discretised,
    /// The nodes that are being folded.
    around: Vec<usize>,
    count: usize,
}

impl Folder<'_> {
    pub fn new(graph: &Discretised) -> Folder<'_> {
        Folder { graph, around: Vec::new(), count: 0 }
    }

    /// What enters a node, value by value.
    ///
    /// # Errors
    /// A circle of delays without a neuron, more synapses than are listed; in words.
    pub fn enters(&mut self, at: usize) -> Result<Vec<Sum>, String> {
        if self.around.contains(&at) {
            let name = self.graph.nodes.get(at).map_or("", |node| node.name.as_str());
            let problem = "lies on a circle of delays without a neuron, which is no set of synapses";
            return Err(format!("node '{name}' {problem}"));
        }
        self.around.push(at);
        let mut sums: Vec<Sum> = Vec::new();
        for edge in self.graph.edges.iter().filter(|edge| edge.to == at) {
            let arriving = self.leaves(edge.from, u32::from(edge.late))?;
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

    /// What leaves a node, value by value.
    fn leaves(&mut self, at: usize, late: u32) -> Result<Vec<Sum>, String> {
        let graph = self.graph;
        let Some(node) = graph.nodes.get(at) else { return Ok(Vec::new()) };
        let sums: Vec<Sum> = match &node.act {
            Act::Source | Act::Neurons(..) | Act::Threshold(_) => {
                let own = |unit| Sum { parts: [((at, unit as u32, late), 1.0)].into(), bias: BTreeMap::new() };
                (0..node.size).map(own).collect()
            }
            Act::Pass => self.enters(at)?,
            Act::Delay(delays) => {
                let enters = self.enters(at)?;
                enters.iter().zip(delays).map(|(sum, delay)| sum.later(*delay)).collect()
            }
            Act::Map(map) => {
                let enters = self.enters(at)?;
                let mut sums = Vec::with_capacity(map.rows());
                for row in 0..map.rows() {
                    let mut sum = Sum::default();
                    for (from, weight) in map.row(row) {
                        if let Some(part) = enters.get(from) {
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
        match self.count > MOST {
            true => Err(format!("node '{}': what leads to it makes more than {MOST} synapses", node.name)),
            false => Ok(sums),
        }
    }
}

impl Sum {
    fn add(&mut self, other: &Sum, weight: f64) {
        for (origin, part) in &other.parts {
            *self.parts.entry(*origin).or_default() += weight * part;
        }
        for (steps, bias) in &other.bias {
            *self.bias.entry(*steps).or_default() += weight * bias;
        }
    }

    fn later(&self, steps: u32) -> Sum {
        let parts = self.parts.iter().map(|(&(node, unit, late), part)| ((node, unit, late + steps), *part));
        let bias = self.bias.iter().map(|(late, bias)| (late + steps, *bias));
        Sum { parts: parts.collect(), bias: bias.collect() }
    }
}
