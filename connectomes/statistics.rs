//! What a connectome looks like in numbers.

use std::collections::HashSet;
use std::fmt;

use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;
use serde::Serialize;

use super::{Connectome, Edge, EdgeKind, Reading};
use crate::Result;
use crate::quote;
use crate::text::{count, counted};

/// How many hubs are listed.
const HUBS: usize = 10;

/// Numbers that describe a connectome.
///
/// Degrees, components, density, reciprocity, self loops and hubs are those of the chemical edges, which have a direction.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Statistics {
    /// Name of the connectome.
    pub name: String,
    /// One line on source and unit of the weights.
    pub about: String,
    /// How its file was read; nothing for a connectome that comes with the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    /// Nodes.
    pub nodes: u64,
    /// Nodes with no edge at all.
    pub isolated: u64,
    /// Chemical edges, or tracts.
    pub chemical: Kind,
    /// Gap junctions.
    pub gap: Kind,
    /// Edges by sign, of both kinds.
    pub signs: Signs,
    /// Tract lengths in mm, where known.
    pub lengths: Option<Quantiles>,
    /// Edges that come in to a node.
    pub in_degree: Option<Quantiles>,
    /// Edges that go out of a node.
    pub out_degree: Option<Quantiles>,
    /// Number of strongly connected components.
    pub components: u64,
    /// Nodes in the largest strongly connected component.
    pub largest_component: u64,
    /// Distinct ordered pairs of different nodes that are connected, over all such pairs.
    pub density: f64,
    /// Of those connected pairs, the part that is connected the other way round too.
    pub reciprocity: f64,
    /// Edges from a node to itself.
    pub self_loops: u64,
    /// The nodes with most edges, in and out together.
    pub hubs: Vec<Hub>,
}

/// Edges of one kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Kind {
    /// Number of edges.
    pub edges: u64,
    /// Sum of their weights.
    pub weight: f64,
    /// Spread of their weights.
    pub weights: Option<Quantiles>,
}

/// Edges by sign.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Signs {
    /// Excitatory.
    pub excitatory: u64,
    /// Inhibitory.
    pub inhibitory: u64,
    /// Unknown.
    pub unknown: u64,
}

/// Spread of a number: nearest-rank quantiles.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quantiles {
    /// Smallest.
    pub min: f64,
    /// First quartile.
    pub q25: f64,
    /// Median.
    pub median: f64,
    /// Third quartile.
    pub q75: f64,
    /// Largest.
    pub max: f64,
    /// Mean.
    pub mean: f64,
}

/// A node with many edges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hub {
    /// Name of the node.
    pub name: String,
    /// Edges that come in.
    pub in_degree: u64,
    /// Edges that go out.
    pub out_degree: u64,
}

impl Connectome {
    /// Numbers that describe the connectome.
    ///
    /// ```
    /// use neuropil::connectomes::Connectome;
    /// # fn main() -> neuropil::Result<()> {
    /// let worm = Connectome::named("cook2019")?;
    /// println!("{}", worm.statistics()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn statistics(&self) -> Result<Statistics> {
        self.check()?;
        let (mut incoming, mut outgoing) = (vec![0u64; self.nodes.len()], vec![0u64; self.nodes.len()]);
        for edge in self.directed() {
            outgoing[edge.source as usize] += 1;
            incoming[edge.target as usize] += 1;
        }
        let touched: HashSet<u32> = self.edges.iter().flat_map(|e| [e.source, e.target]).collect();
        let lengths: Vec<f64> = self.edges.iter().filter_map(|e| e.length).collect();
        let (components, largest_component) = self.strong_components();
        let (density, reciprocity) = self.density_and_reciprocity();
        let sign = |sign: i8| self.edges.iter().filter(|e| e.sign.signum() == sign).count() as u64;
        Ok(Statistics {
            name: self.name.clone(),
            about: self.about.clone(),
            reading: Some(self.reading.clone()).filter(|reading| *reading != Reading::default()),
            nodes: self.nodes.len() as u64,
            isolated: (self.nodes.len() - touched.len()) as u64,
            chemical: kind_statistics(&self.edges, EdgeKind::Chemical),
            gap: kind_statistics(&self.edges, EdgeKind::Gap),
            signs: Signs { excitatory: sign(1), inhibitory: sign(-1), unknown: sign(0) },
            lengths: Quantiles::of(lengths),
            in_degree: Quantiles::of(incoming.iter().map(|d| *d as f64).collect()),
            out_degree: Quantiles::of(outgoing.iter().map(|d| *d as f64).collect()),
            components,
            largest_component,
            density,
            reciprocity,
            self_loops: self.directed().filter(|e| e.source == e.target).count() as u64,
            hubs: self.hubs(&incoming, &outgoing),
        })
    }

    /// The edges that have a direction: chemical ones. Sources list gap junctions once or twice a pair, so counts of them
    /// could not be compared.
    fn directed(&self) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(|e| e.kind == EdgeKind::Chemical)
    }

    /// Number of strongly connected components, and the size of the largest (Kosaraju's method, which does not recurse).
    fn strong_components(&self) -> (u64, u64) {
        let mut graph: DiGraph<(), ()> = DiGraph::with_capacity(self.nodes.len(), self.edges.len());
        for _ in &self.nodes {
            graph.add_node(());
        }
        for edge in self.directed() {
            graph.add_edge(edge.source.into(), edge.target.into(), ());
        }
        let components = kosaraju_scc(&graph);
        let largest = components.iter().map(Vec::len).max().unwrap_or(0);
        (components.len() as u64, largest as u64)
    }

    /// Density and reciprocity.
    fn density_and_reciprocity(&self) -> (f64, f64) {
        let different = self.directed().filter(|e| e.source != e.target);
        let pairs: HashSet<(u32, u32)> = different.map(|e| (e.source, e.target)).collect();
        let both = pairs.iter().filter(|(a, b)| pairs.contains(&(*b, *a))).count() as f64;
        let possible = self.nodes.len() as f64 * (self.nodes.len() as f64 - 1.0);
        let part = |of: f64, whole: f64| if whole > 0.0 { of / whole } else { 0.0 };
        (part(pairs.len() as f64, possible), part(both, pairs.len() as f64))
    }

    /// The nodes with the most edges, in and out together; equals keep their order in the connectome.
    fn hubs(&self, incoming: &[u64], outgoing: &[u64]) -> Vec<Hub> {
        let mut order: Vec<usize> = (0..self.nodes.len()).collect();
        order.sort_by_key(|i| (std::cmp::Reverse(incoming[*i] + outgoing[*i]), *i));
        let hub = |i: usize| Hub { name: self.nodes[i].name.clone(), in_degree: incoming[i], out_degree: outgoing[i] };
        order.into_iter().take(HUBS).map(hub).collect()
    }
}

/// Number, sum and quantiles of the weights of one kind of edge.
fn kind_statistics(edges: &[Edge], kind: EdgeKind) -> Kind {
    let weights: Vec<f64> = edges.iter().filter(|e| e.kind == kind).map(|e| e.weight).collect();
    Kind {
        edges: weights.len() as u64,
        weight: weights.iter().fold(0.0, |sum, w| sum + w),
        weights: Quantiles::of(weights),
    }
}

impl Quantiles {
    /// Quantiles of finite values; `None` of none.
    pub fn of(mut values: Vec<f64>) -> Option<Quantiles> {
        values.sort_by(f64::total_cmp);
        let count = values.len();
        let (min, max) = (*values.first()?, *values.last()?);
        let rank = |part: f64| values[((part * count as f64).ceil() as usize).clamp(1, count) - 1];
        let mean = values.iter().sum::<f64>() / count as f64;
        Some(Quantiles { min, q25: rank(0.25), median: rank(0.5), q75: rank(0.75), max, mean })
    }
}

impl fmt::Display for Statistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", quote::name(&self.name))?;
        writeln!(f, "{}", quote::place(&self.about))?;
        match &self.reading {
            Some(reading) => writeln!(f, "{reading}\n")?,
            None => writeln!(f)?,
        }
        let isolated =
            if self.isolated > 0 { format!(" ({} without an edge)", count(self.isolated)) } else { String::new() };
        write_line(f, "nodes", format!("{}{isolated}", count(self.nodes)))?;
        write_line(
            f,
            "edges",
            format!("{}, total weight {}", count(self.chemical.edges), six_digits(self.chemical.weight)),
        )?;
        if self.gap.edges > 0 {
            write_line(
                f,
                "gap junctions",
                format!("{}, total weight {}", count(self.gap.edges), six_digits(self.gap.weight)),
            )?;
        }
        let Signs { excitatory, inhibitory, unknown } = self.signs;
        if excitatory + inhibitory > 0 {
            let [e, i, u] = [excitatory, inhibitory, unknown].map(count);
            write_line(f, "signs", format!("{e} excitatory, {i} inhibitory, {u} unknown"))?;
        }
        if self.gap.edges > 0 {
            writeln!(f, "\nchemical edges alone")?;
        }
        write_line(f, "density", format!("{:.3} %", 100.0 * self.density))?;
        write_line(f, "reciprocity", format!("{:.1} %", 100.0 * self.reciprocity))?;
        write_line(f, "self loops", count(self.self_loops))?;
        let (components, largest) = (count(self.components), counted(self.largest_component, "node"));
        write_line(f, "strong components", format!("{components}, the largest of {largest}"))?;
        self.write_quantiles(f)?;
        self.write_hubs(f)
    }
}

impl Statistics {
    /// Writes the table of quantiles; what the connectome does not state has no row.
    fn write_quantiles(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = [
            ("weight", self.chemical.weights),
            ("gap weight", self.gap.weights),
            ("length (mm)", self.lengths),
            ("in-degree", self.in_degree),
            ("out-degree", self.out_degree),
        ];
        writeln!(f)?;
        let names = ["min", "25 %", "median", "75 %", "max", "mean"];
        writeln!(f, "{:<18}{}", "", names.map(|n| format!("{n:>12}")).concat())?;
        for (name, quantiles) in rows {
            let Some(q) = quantiles else { continue };
            let values = [q.min, q.q25, q.median, q.q75, q.max, q.mean];
            writeln!(f, "{name:<18}{}", values.map(|v| format!("{:>12}", six_digits(v))).concat())?;
        }
        Ok(())
    }

    /// Writes the table of hubs; nothing if there are none.
    fn write_hubs(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.hubs.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = self.hubs.iter().map(|hub| quote::name(&hub.name)).collect();
        let width = names.iter().map(|name| name.chars().count() + 2).max().unwrap_or(0).max(18);
        writeln!(f, "\n{:<width$}{:>12}{:>12}", "hubs", "in", "out")?;
        for (hub, name) in self.hubs.iter().zip(names) {
            writeln!(f, "{name:<width$}{:>12}{:>12}", count(hub.in_degree), count(hub.out_degree))?;
        }
        Ok(())
    }
}

/// Writes a name and its value in the column where all values begin.
fn write_line(f: &mut fmt::Formatter<'_>, name: &str, value: String) -> fmt::Result {
    writeln!(f, "{name:<18}  {value}")
}

/// A number in at most about six digits.
fn six_digits(value: f64) -> String {
    match value {
        v if v.fract() == 0.0 && v.abs() < 1e15 && v >= 0.0 => count(v as u64),
        v if v.abs() >= 1e7 || (v != 0.0 && v.abs() < 1e-3) => format!("{v:.3e}"),
        v if v >= 100.0 => {
            let tenths = (v * 10.0).round() as u64;
            format!("{}.{}", count(tenths / 10), tenths % 10)
        }
        v => format!("{v:.3}"),
    }
}
