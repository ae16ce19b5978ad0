//! What a connectome may hold beyond names and weights, and how it is made to do without.

use std::collections::HashSet;

use super::builder::summed;
use super::{Connectome, Edge, EdgeKind, Node};
use crate::error::{Error, Result};

/// A part of a connectome that not every format holds, in the order in which parts are left out: a node may be isolated
/// once its gap junctions are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Gap junctions.
    Gap,
    /// Further edges of a source, target and kind.
    Parallel,
    /// Edges of weight 0.
    Zero,
    /// Signs of edges.
    Sign,
    /// Tract lengths.
    Length,
    /// Transmitters.
    Transmitter,
    /// Types of nodes.
    Kind,
    /// Sorts of nodes.
    Category,
    /// Positions of nodes.
    Position,
    /// Areas of regions.
    Area,
    /// Which regions are cortical.
    Cortical,
    /// Sides of nodes.
    Side,
    /// Nodes without an edge.
    Isolated,
}

impl Part {
    /// All parts.
    pub const ALL: [Part; 13] = [
        Part::Gap,
        Part::Parallel,
        Part::Zero,
        Part::Sign,
        Part::Length,
        Part::Transmitter,
        Part::Kind,
        Part::Category,
        Part::Position,
        Part::Area,
        Part::Cortical,
        Part::Side,
        Part::Isolated,
    ];

    /// The name by which it is asked for.
    pub fn name(self) -> &'static str {
        match self {
            Part::Gap => "gap",
            Part::Parallel => "parallel",
            Part::Zero => "zero",
            Part::Sign => "sign",
            Part::Length => "length",
            Part::Transmitter => "transmitter",
            Part::Kind => "kind",
            Part::Category => "category",
            Part::Position => "position",
            Part::Area => "area",
            Part::Cortical => "cortical",
            Part::Side => "side",
            Part::Isolated => "isolated",
        }
    }

    /// What it is, in a sentence.
    pub fn about(self) -> &'static str {
        match self {
            Part::Gap => "gap junctions",
            Part::Parallel => "further edges between the same nodes",
            Part::Zero => "edges of weight 0",
            Part::Sign => "signs of edges",
            Part::Length => "tract lengths",
            Part::Transmitter => "transmitters",
            Part::Kind => "types of nodes (kind)",
            Part::Category => "categories of nodes",
            Part::Position => "positions of nodes",
            Part::Area => "areas of nodes",
            Part::Cortical => "words on which nodes are cortical",
            Part::Side => "sides of nodes",
            Part::Isolated => "nodes without an edge",
        }
    }

    /// The part of this name.
    ///
    /// # Errors
    /// A name that no part has.
    pub fn named(name: &str, place: &str) -> Result<Part> {
        let names = Part::ALL.map(Part::name);
        let found = Part::ALL.into_iter().find(|part| part.name() == name);
        found.ok_or_else(|| Error::unknown("part", name, place, &names))
    }
}

impl Connectome {
    /// How many there are of a part.
    pub fn count(&self, part: Part) -> u64 {
        let nodes = |has: fn(&Node) -> bool| self.nodes.iter().filter(|node| has(node)).count();
        let edges = |has: fn(&Edge) -> bool| self.edges.iter().filter(|edge| has(edge)).count();
        (match part {
            Part::Gap => edges(|edge| edge.kind == EdgeKind::Gap),
            Part::Parallel => {
                let pairs: HashSet<_> = self.edges.iter().map(|edge| (edge.source, edge.target, edge.kind)).collect();
                self.edges.len() - pairs.len()
            }
            Part::Zero => edges(|edge| edge.weight == 0.0),
            Part::Sign => edges(|edge| edge.sign != 0),
            Part::Length => edges(|edge| edge.length.is_some()),
            Part::Transmitter => edges(|edge| edge.transmitter.is_some()),
            Part::Kind => nodes(|node| node.kind.is_some()),
            Part::Category => nodes(|node| node.category.is_some()),
            Part::Position => nodes(|node| node.position.is_some()),
            Part::Area => nodes(|node| node.area.is_some()),
            Part::Cortical => nodes(|node| node.cortical.is_some()),
            Part::Side => nodes(|node| node.side.is_some()),
            Part::Isolated => self.nodes.len() - self.nodes_with_edges().len(),
        }) as u64
    }

    /// The connectome without a part; parallel edges become one whose weight is their sum, as by
    /// [`ReadOptions::sum_repeated`](super::ReadOptions::sum_repeated).
    pub fn leave_out(&mut self, part: Part) {
        match part {
            Part::Gap => self.edges.retain(|edge| edge.kind != EdgeKind::Gap),
            Part::Parallel => self.edges = summed(std::mem::take(&mut self.edges), &mut self.reading),
            Part::Zero => self.edges.retain(|edge| edge.weight != 0.0),
            Part::Sign => self.edges.iter_mut().for_each(|edge| edge.sign = 0),
            Part::Length => self.edges.iter_mut().for_each(|edge| edge.length = None),
            Part::Transmitter => self.edges.iter_mut().for_each(|edge| edge.transmitter = None),
            Part::Kind => self.nodes.iter_mut().for_each(|node| node.kind = None),
            Part::Category => self.nodes.iter_mut().for_each(|node| node.category = None),
            Part::Position => self.nodes.iter_mut().for_each(|node| node.position = None),
            Part::Area => self.nodes.iter_mut().for_each(|node| node.area = None),
            Part::Cortical => self.nodes.iter_mut().for_each(|node| node.cortical = None),
            Part::Side => self.nodes.iter_mut().for_each(|node| node.side = None),
            Part::Isolated => {
                let joined = self.nodes_with_edges();
                let names: HashSet<String> = joined.iter().map(|at| self.nodes[*at as usize].name.clone()).collect();
                *self = self.among(|node| names.contains(&node.name));
            }
        }
    }

    /// The nodes that have an edge.
    fn nodes_with_edges(&self) -> HashSet<u32> {
        self.edges.iter().flat_map(|edge| [edge.source, edge.target]).collect()
    }
}
