//! Connectomes as networks: nodes grouped into populations, edges as one projection of listed synapses.

use std::sync::Arc;

use super::population;
use crate::connectomes::{Connectome, Edge, Node};
use crate::error::Result;
use crate::network::{Explicit, Network, Selection, Static, Value};

/// Nodes of a connectome, group by group; within a group they keep their order.
pub(super) struct Groups<'a> {
    connectome: &'a Connectome,
    /// Name and nodes of each group that has any.
    members: Vec<(&'a str, Vec<u32>)>,
    /// The index of each node in the selection of all groups, in order.
    index: Vec<Option<u32>>,
}

/// A model with some of its parameters set, and where V_m starts.
pub(super) struct Cell<'a> {
    /// NEST name.
    pub model: &'a str,
    /// Parameters by NEST name.
    pub parameters: &'a [(&'a str, f64)],
    /// V_m at time 0, mV.
    pub start: Value,
}

impl<'a> Groups<'a> {
    /// Puts each node into the group of `names` that `of` says, or leaves it out.
    pub fn new(connectome: &'a Connectome, names: &[&'a str], of: impl Fn(&Node) -> Option<usize>) -> Groups<'a> {
        let mut members: Vec<(&str, Vec<u32>)> = names.iter().map(|&name| (name, Vec::new())).collect();
        for (node, number) in connectome.nodes.iter().zip(0u32..) {
            if let Some(group) = of(node).and_then(|group| members.get_mut(group)) {
                group.1.push(number);
            }
        }
        members.retain(|(_, nodes)| !nodes.is_empty());
        let mut index = vec![None; connectome.nodes.len()];
        for (node, place) in members.iter().flat_map(|(_, nodes)| nodes).zip(0u32..) {
            index[*node as usize] = Some(place);
        }
        Groups { connectome, members, index }
    }

    /// Adds one population per group; its neurons have the nodes' names, and their positions where `mm` says how long
    /// the unit of the connectome is.
    pub fn populate(&self, network: &mut Network, cell: &Cell<'_>, mm: Option<f64>) -> Result<Selection> {
        let mut all = Selection::default();
        for (name, nodes) in &self.members {
            let mut neurons = population(name, nodes.len() as u32, cell.model, cell.parameters)?;
            neurons.set("V_m", cell.start.clone())?;
            let nodes = nodes.iter().map(|&node| &self.connectome.nodes[node as usize]);
            neurons.names = Some(nodes.clone().map(|node| node.name.clone()).collect());
            let positions: Option<Vec<[f64; 3]>> =
                nodes.map(|node| node.position.zip(mm).map(|(place, mm)| place.map(|x| x * mm))).collect();
            neurons.positions = positions.map(Arc::from);
            all = all.and(network.add_population(neurons)?);
        }
        Ok(all)
    }

    /// Adds the edges between grouped nodes as synapses, each with the weight that `weight` gives it.
    pub fn wire(
        &self,
        network: &mut Network,
        all: &Selection,
        delay: f64,
        weight: impl Fn(&Edge) -> Option<f64>,
    ) -> Result<()> {
        let (pairs, weights) = self.pairs(weight);
        network.connect(all, all, pairs, Static::new(Value::each(weights), delay))
    }

    /// The edges between grouped nodes that `weight` gives a weight, by index, and these weights.
    pub fn pairs(&self, weight: impl Fn(&Edge) -> Option<f64>) -> (Explicit, Vec<f64>) {
        let (mut sources, mut targets, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        for edge in &self.connectome.edges {
            let ends = (self.index[edge.source as usize], self.index[edge.target as usize]);
            if let ((Some(source), Some(target)), Some(weight)) = (ends, weight(edge)) {
                sources.push(source);
                targets.push(target);
                weights.push(weight);
            }
        }
        (Explicit::new(sources, targets), weights)
    }

    /// Of the neurons of all groups, those of these names, in the order of the connectome.
    pub fn of_names(&self, all: &Selection, names: &[&str]) -> Selection {
        let nodes = self.connectome.nodes.iter().zip(&self.index);
        let places = nodes.filter(|(node, _)| names.contains(&node.name.as_str())).filter_map(|(_, place)| *place);
        places.fold(Selection::default(), |chosen, place| chosen.and(all.slice(place..place + 1)))
    }
}

/// The leaky integrator of the fly brain of Shiu et al. 2024, whose 1 mV of synaptic drive is 1 pA at 1 GΩ here.
pub(super) const FLY_NEURON: [(&str, f64); 8] = [
    ("C_m", 20.0),
    ("tau_m", 20.0),
    ("E_L", -52.0),
    ("V_reset", -52.0),
    ("V_th", -45.0),
    ("t_ref", 2.2),
    ("tau_syn_ex", 5.0),
    ("tau_syn_in", 5.0),
];
