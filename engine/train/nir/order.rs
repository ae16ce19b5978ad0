//! The order in which the nodes of a flat graph act within a step.
//!
//! A circle of edges needs one that takes a step. It is an edge that leaves a neuron on its way back: it carries what
//! the neuron sent in the step before, as in a recurrent layer of torch.

use super::Timing;
use super::flat::Flat;

/// An edge between nodes by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    pub from: usize,
    pub to: usize,
    /// Whether it carries what left in the step before.
    pub late: bool,
}

/// What the order depends on, of a node.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Trait {
    /// Whether its output is a state or spikes: a neuron, a threshold, an input.
    pub sends: bool,
    /// Whether its output in a step does not depend on its input in that step: a delay.
    pub waits: bool,
    /// Whether it is an input of the graph.
    pub source: bool,
}

/// The edges, some of them late, and the order in which the nodes act.
///
/// # Errors
/// A circle without a neuron and without a delay, as a sentence.
pub(super) fn order(flat: &Flat, traits: &[Trait], timing: Timing) -> Result<(Vec<Edge>, Vec<usize>), String> {
    let is = |index: usize| traits.get(index).copied().unwrap_or_default();
    let late = |from: usize| timing == Timing::NextStep && is(from).sends;
    let edges = flat.edges.iter().map(|&(from, to)| Edge { from, to, late: late(from) }).collect();
    let mut sorter = Sorter {
        depth: depths(flat, traits),
        flat,
        traits,
        edges,
        order: Vec::new(),
        done: vec![false; flat.nodes.len()],
    };
    while sorter.order.len() < flat.nodes.len() {
        if !sorter.take_ready() {
            sorter.open_circle()?;
        }
    }
    Ok((sorter.edges, sorter.order))
}

/// The least number of edges from an input to each node; `usize::MAX` for nodes that no input reaches.
fn depths(flat: &Flat, traits: &[Trait]) -> Vec<usize> {
    let mut depth = vec![usize::MAX; flat.nodes.len()];
    let mut front: Vec<usize> = (0..depth.len()).filter(|&at| traits.get(at).is_some_and(|own| own.source)).collect();
    let mut level = 0;
    while !front.is_empty() {
        for &at in &front {
            if let Some(own) = depth.get_mut(at) {
                *own = level;
            }
        }
        level += 1;
        let behind = flat.edges.iter().filter(|(from, _)| front.contains(from)).map(|(_, to)| *to);
        let mut next: Vec<usize> = behind.filter(|to| depth.get(*to) == Some(&usize::MAX)).collect();
        next.sort_unstable();
        next.dedup();
        front = next;
    }
    depth
}

/// The state of the ordering.
struct Sorter<'a> {
    flat: &'a Flat,
    traits: &'a [Trait],
    /// See [`depths`].
    depth: Vec<usize>,
    edges: Vec<Edge>,
    /// The nodes that have their place, in order.
    order: Vec<usize>,
    /// Whether each node has its place.
    done: Vec<bool>,
}

impl Sorter<'_> {
    /// Whether node `at` has its place.
    fn is_done(&self, at: usize) -> bool {
        self.done.get(at).copied().unwrap_or(true)
    }

    /// The traits of node `at`.
    fn traits_of(&self, at: usize) -> Trait {
        self.traits.get(at).copied().unwrap_or_default()
    }

    /// The edges that are waited for: those from nodes that have no place yet, but for late ones and ones to delays.
    fn waiting(&self) -> impl Iterator<Item = &Edge> {
        self.edges.iter().filter(|edge| !edge.late && !self.traits_of(edge.to).waits && !self.is_done(edge.from))
    }

    /// Gives all nodes that wait for no edge their place; whether there were any.
    fn take_ready(&mut self) -> bool {
        let open = (0..self.flat.nodes.len()).filter(|&at| !self.is_done(at));
        let ready: Vec<usize> = open.filter(|&at| !self.waiting().any(|edge| edge.to == at)).collect();
        for &at in &ready {
            if let Some(done) = self.done.get_mut(at) {
                *done = true;
            }
        }
        self.order.extend(&ready);
        !ready.is_empty()
    }

    /// The nodes that are reached from `start` over edges that are waited for, itself only if it lies on a circle; the
    /// search goes on from nodes that `pass`.
    fn reached(&self, start: usize, backwards: bool, pass: impl Fn(usize) -> bool) -> Vec<usize> {
        let mut found = Vec::new();
        let mut front = vec![start];
        while let Some(at) = front.pop() {
            for edge in self.waiting() {
                let (here, next) = if backwards { (edge.to, edge.from) } else { (edge.from, edge.to) };
                if here == at && !found.contains(&next) {
                    found.push(next);
                    if pass(next) {
                        front.push(next);
                    }
                }
            }
        }
        found
    }

    /// Makes edges late where a circle leads back to its first neuron: the one nearest to the inputs.
    fn open_circle(&mut self) -> Result<(), String> {
        let all = |_: usize| true;
        let name = |at: usize| self.flat.nodes.get(at).map_or("", |node| node.name.as_str());
        let open = (0..self.flat.nodes.len()).filter(|&at| !self.is_done(at));
        let circling: Vec<usize> = open.filter(|&at| self.reached(at, false, all).contains(&at)).collect();
        let neurons = circling.iter().copied().filter(|&at| self.traits_of(at).sends);
        let Some(entry) = neurons.min_by_key(|&at| (self.depth.get(at).copied(), name(at))) else {
            let names: Vec<&str> = circling.iter().map(|&at| name(at)).collect();
            let problem = "lead round in a circle without a neuron or a Delay of a step or more; put one in";
            return Err(format!("the nodes {} {problem}", names.join(", ")));
        };
        let behind = self.reached(entry, false, all);
        let mut path = self.reached(entry, true, |at| !self.traits_of(at).sends);
        path.retain(|&at| !self.traits_of(at).sends);
        path.push(entry);
        let back =
            |edge: &Edge| path.contains(&edge.to) && self.traits_of(edge.from).sends && behind.contains(&edge.from);
        let waiting: Vec<Edge> = self.waiting().copied().filter(back).collect();
        for edge in self.edges.iter_mut().filter(|edge| waiting.contains(edge)) {
            edge.late = true;
        }
        Ok(())
    }
}
