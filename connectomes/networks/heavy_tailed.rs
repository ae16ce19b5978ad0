//! Random directed graphs with heavy-tailed degrees and numbers of contacts, for networks on the scale of a connectome.

use crate::network::Value;
use crate::random::{Draws, Purpose, stream};

/// What a graph is drawn from.
pub(super) struct Law {
    /// Nodes.
    pub nodes: u32,
    /// Edges in all, as far as there are enough pairs.
    pub edges: f64,
    /// Largest number of partners.
    pub largest: f64,
    /// Mean and standard deviation of the logarithm of a node's partners, both of its targets and of its sources.
    pub partners: (f64, f64),
    /// Mean and standard deviation of the logarithm of an edge's contacts, which are rounded up.
    pub contacts: (f64, f64),
    /// Seed.
    pub seed: u64,
}

/// Edges sorted by source; no pair is listed twice, and no node is joined to itself.
#[derive(Debug, PartialEq)]
pub(super) struct Graph {
    pub sources: Vec<u32>,
    pub targets: Vec<u32>,
    pub contacts: Vec<u32>,
}

/// The streams of the four kinds of draws.
const OUT: u32 = 0xFF_FF00;
const IN: u32 = 0xFF_FF01;
const PAIRS: u32 = 0xFF_FF02;

impl Law {
    /// Draws the graph.
    pub fn graph(&self) -> Graph {
        let degrees = self.out_degrees();
        let chosen = Alias::new(&self.partners_of_all(IN));
        let contacts = contact_table(self.contacts);
        let edges = degrees.iter().sum::<u32>() as usize;
        let mut graph = Graph {
            sources: Vec::with_capacity(edges),
            targets: Vec::with_capacity(edges),
            contacts: Vec::with_capacity(edges),
        };
        // The last source that took each target, plus one.
        let mut taken = vec![0u32; self.nodes as usize];
        for (source, &degree) in (0..self.nodes).zip(&degrees) {
            let mut draws = Draws::new(self.seed, stream(Purpose::Connect, PAIRS), u64::from(source));
            taken[source as usize] = source + 1;
            for _ in 0..degree {
                let target = loop {
                    let target = chosen.draw(&mut draws);
                    if std::mem::replace(&mut taken[target as usize], source + 1) != source + 1 {
                        break target;
                    }
                };
                let word = draws.word();
                let contact = contacts.iter().position(|&threshold| word < threshold).unwrap_or(contacts.len());
                graph.sources.push(source);
                graph.targets.push(target);
                graph.contacts.push(contact as u32 + 1);
            }
        }
        graph
    }

    /// Lognormal numbers of partners, one for each node.
    fn partners_of_all(&self, index: u32) -> Vec<f64> {
        let law = Value::lognormal(self.partners.0, self.partners.1).within(0.0, self.largest_degree());
        let draws = |id: u32| Draws::new(self.seed, stream(Purpose::Connect, index), u64::from(id));
        (0..self.nodes).map(|id| law.at(id as usize, || draws(id))).collect()
    }

    /// The largest number of partners; in a small graph no node may reach more than a quarter of all.
    fn largest_degree(&self) -> f64 {
        self.largest.min(f64::from(self.nodes) / 4.0).max(10.0)
    }

    /// Numbers of targets that sum to the number of edges.
    fn out_degrees(&self) -> Vec<u32> {
        let mut partners = self.partners_of_all(OUT);
        // The tail of so few draws ends where it will: the largest of them becomes the published one.
        if let Some(most) = partners.iter_mut().max_by(|a, b| a.total_cmp(b)) {
            *most = self.largest_degree();
        }
        let pairs = f64::from(self.nodes) * f64::from(self.nodes - 1);
        let factor = self.edges.min(pairs / 8.0) / partners.iter().sum::<f64>();
        let (mut sum, mut before) = (0.0, 0.0);
        let degrees = partners.iter().map(|partners| {
            sum += factor * partners;
            let degree = sum.round() - before;
            before = sum.round();
            (degree as u32).min(self.nodes / 2)
        });
        degrees.collect()
    }
}

/// Draws from a list of weights in constant time (Walker 1977; Vose 1991, "A linear algorithm for generating random
/// numbers with a given distribution").
struct Alias {
    /// Per item, the words below which it is kept, and what is taken instead.
    items: Vec<(u32, u32)>,
}

impl Alias {
    /// Builds the table by pairing each item below the mean with one above it (Vose 1991).
    fn new(weights: &[f64]) -> Alias {
        let mean = weights.iter().sum::<f64>() / weights.len() as f64;
        let mut share: Vec<f64> = weights.iter().map(|weight| weight / mean).collect();
        let mut items: Vec<(u32, u32)> = (0..weights.len() as u32).map(|item| (u32::MAX, item)).collect();
        let (mut small, mut large): (Vec<u32>, Vec<u32>) =
            (0..weights.len() as u32).partition(|&item| share[item as usize] < 1.0);
        while let (Some(less), Some(&more)) = (small.pop(), large.last()) {
            items[less as usize] = ((share[less as usize] * 4_294_967_296.0) as u32, more);
            share[more as usize] -= 1.0 - share[less as usize];
            if share[more as usize] < 1.0 {
                large.pop();
                small.push(more);
            }
        }
        Alias { items }
    }

    /// Draws an item in proportion to its weight, with one comparison (Walker 1977).
    #[inline]
    fn draw(&self, draws: &mut Draws) -> u32 {
        let item = draws.below(self.items.len() as u32);
        let (keep, other) = self.items[item as usize];
        if draws.word() < keep { item } else { other }
    }
}

/// `table[k]` = 2³² · P(contacts ≤ k + 1), where contacts are a lognormal number, rounded up; the tail beyond 2⁻³² is
/// folded into the last count.
fn contact_table((mean, sd): (f64, f64)) -> Vec<u32> {
    let density = |log: f64| (-0.5 * ((log - mean) / sd).powi(2)).exp() / (sd * std::f64::consts::TAU.sqrt());
    // Simpson's rule between the logarithms of neighbouring counts.
    let between = |low: f64, high: f64| {
        let (low, high) = (low.ln(), high.ln());
        (high - low) / 6.0 * (density(low) + 4.0 * density(0.5 * (low + high)) + density(high))
    };
    let mut shares = Vec::new();
    for count in 2..u32::from(u16::MAX) {
        let share = between(f64::from(count - 1), f64::from(count));
        if share * 4_294_967_296.0 < 1e-3 && f64::from(count).ln() > mean {
            break;
        }
        shares.push(share);
    }
    let mut cumulative = 1.0 - shares.iter().sum::<f64>();
    let mut table = Vec::with_capacity(shares.len());
    for share in shares {
        table.push((cumulative * 4_294_967_296.0) as u32);
        cumulative += share;
    }
    table
}
