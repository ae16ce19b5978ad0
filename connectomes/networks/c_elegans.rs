#![doc = include_str!("c_elegans.md")]

use std::collections::BTreeMap;

use super::wiring::{Cell, Groups};
use super::{Preset, PresetOptions, record_all};
use crate::connectomes::{Connectome, EdgeKind, Node};
use crate::error::Result;
use crate::network::{GapJunction, Network, PoissonGenerator, Static, Value};
use crate::time::TimeUnits;

pub(super) const PRESET: Preset = Preset {
    name: "c-elegans",
    title: "C. elegans: the 302 neurons of the hermaphrodite and their 3,709 chemical connections",
    documentation: include_str!("c_elegans.md"),
    build,
    seconds: 1.0,
    dt: 0.1,
};

pub(super) const WITH_GAPS: Preset = Preset {
    name: "c-elegans-gap",
    title: "C. elegans: the same, and its 1,091 pairs of neurons that gap junctions join",
    documentation: include_str!("c_elegans_gap.md"),
    build: build_with_gaps,
    seconds: 1.0,
    dt: 0.1,
};

/// The populations, in the order of the raster.
pub(super) const GROUPS: [&str; 5] = ["sensory", "interneuron", "motor", "pharynx", "canal"];
/// Excitatory and inhibitory weight per section, pA.
const PER_SECTION: (f64, f64) = (0.17, -0.68);
/// Sections beyond which a connection does not grow stronger.
const MAX_SECTIONS: f64 = 10.0;
/// Conductance of a gap junction per section, nS; sections beyond the most count here, too.
const GAP_PER_SECTION: f64 = 0.001;
/// Delay of all synapses, ms.
const DELAY: f64 = 1.0;
/// Poisson drive of sensory neurons and of all others, spikes/s, and its weight, pA.
const DRIVE: (f64, f64, f64) = (22.0, 10.0, 6.0);
/// The leaky integrator of c302, level A (Gleeson et al. 2018).
const NEURON: [(&str, f64); 8] = [
    ("C_m", 3.0),
    ("tau_m", 30.0),
    ("E_L", -50.0),
    ("V_reset", -50.0),
    ("V_th", -30.0),
    ("t_ref", 5.0),
    ("tau_syn_ex", 10.0),
    ("tau_syn_in", 10.0),
];

/// Wires the chemical synapses of Cook et al. 2019 with the signs of Fenyves et al. 2020; gap junctions are left out.
fn build(options: &PresetOptions) -> Result<Network> {
    options.fixed_size(PRESET.name)?;
    wired(false)
}

/// The same, with gap junctions.
fn build_with_gaps(options: &PresetOptions) -> Result<Network> {
    options.fixed_size(WITH_GAPS.name)?;
    wired(true)
}

/// The network, with gap junctions or without.
fn wired(gaps: bool) -> Result<Network> {
    let (wiring, signs) = (Connectome::named("cook2019")?, Connectome::named("fenyves2020")?);
    let polarity = Polarity::new(&signs);
    let groups = Groups::new(&wiring, &GROUPS, group_of);
    let mut network = Network::new(PRESET.dt.ms());
    let cell = Cell { model: "iaf_psc_exp", parameters: &NEURON, start: Value::uniform(-50.0, -30.0) };
    // Positions are in the atlas's own units, so they are left out.
    let all = groups.populate(&mut network, &cell, None)?;
    groups.wire(&mut network, &all, DELAY, |edge| {
        let (source, target) = (&wiring.nodes[edge.source as usize], &wiring.nodes[edge.target as usize]);
        let excitatory = polarity.is_excitatory(&source.name, &target.name);
        let per_section = if excitatory { PER_SECTION.0 } else { PER_SECTION.1 };
        (edge.kind == EdgeKind::Chemical).then(|| per_section * edge.weight.min(MAX_SECTIONS))
    })?;
    if gaps {
        // Junctions stand in both directions in the data.
        let (pairs, weights) = groups.pairs(|edge| {
            (edge.kind == EdgeKind::Gap && edge.source != edge.target).then_some(GAP_PER_SECTION * edge.weight)
        });
        network.couple(&all, &all, pairs, GapJunction::new(Value::each(weights)))?;
    }
    let sensory = network.population(GROUPS[0], PRESET.name)?;
    let others = all.slice(sensory.len()..all.len());
    for (neurons, rate) in [(sensory, DRIVE.0), (others, DRIVE.1)] {
        network.stimulate(neurons, PoissonGenerator::new(rate), Static::new(DRIVE.2, DELAY))?;
    }
    record_all(&mut network, &all)?;
    Ok(network)
}

/// The group of a neuron by how its cell type begins; muscles and other end organs have none.
pub(super) fn group_of(node: &Node) -> Option<usize> {
    const BEGINNINGS: [&[&str]; 5] = [
        &["Amphid", "Cephalic", "Mechanosensory", "O2, CO2", "Phasmid", "Touch"],
        &["Layer", "Category", "Linker"],
        &["Head motor", "Hermaphrodite specific motor", "Sublateral motor", "Ventral cord motor"],
        &["Pharyngeal interneuron", "Pharyngeal motor", "Pharyngeal polymodal"],
        &["Canal"],
    ];
    let kind = node.kind.as_deref()?;
    let begins = |beginnings: &&[&str]| beginnings.iter().any(|beginning| kind.starts_with(beginning));
    BEGINNINGS.iter().position(begins)
}

/// Signs of connections: as predicted, or by transmitter.
pub(super) struct Polarity<'a> {
    /// Predicted signs by (source, target).
    predicted: BTreeMap<(&'a str, &'a str), i8>,
    /// First transmitter of each neuron, and of each numbered class.
    transmitters: BTreeMap<&'a str, &'a str>,
}

impl<'a> Polarity<'a> {
    /// The predicted sign of each pair, and the first transmitter of each neuron and of its class.
    pub(super) fn new(signs: &'a Connectome) -> Polarity<'a> {
        let (mut predicted, mut transmitters) = (BTreeMap::new(), BTreeMap::new());
        for edge in &signs.edges {
            let source = signs.nodes[edge.source as usize].name.as_str();
            let target = signs.nodes[edge.target as usize].name.as_str();
            predicted.insert((source, target), edge.sign);
            let listed = edge.transmitter.as_deref().unwrap_or_default();
            if let Some(first) = listed.split(|c: char| !c.is_alphanumeric()).next().filter(|t| !t.is_empty()) {
                transmitters.insert(source, first);
                transmitters.entry(neuron_class(source)).or_insert(first);
            }
        }
        Polarity { predicted, transmitters }
    }

    /// Whether the synapse excites: by its predicted sign, else by the transmitter; only GABA inhibits.
    pub(super) fn is_excitatory(&self, source: &str, target: &str) -> bool {
        match self.predicted.get(&(source, target)) {
            Some(sign) if *sign != 0 => *sign > 0,
            _ => {
                let transmitter = self.transmitters.get(source).or_else(|| self.transmitters.get(neuron_class(source)));
                transmitter != Some(&"GABA")
            }
        }
    }
}

/// The class of a numbered motor neuron: "DD" of "DD4".
fn neuron_class(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit())
}
