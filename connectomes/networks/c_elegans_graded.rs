#![doc = include_str!("c_elegans_graded.md")]

use super::c_elegans::{GROUPS, Polarity, group_of};
use super::wiring::{Cell, Groups};
use super::{Preset, PresetOptions, record_all};
use crate::connectomes::{Connectome, EdgeKind};
use crate::error::Result;
use crate::network::{DcGenerator, GapJunction, Graded, Network, Selection, Static, Value, Variable};
use crate::time::TimeUnits;

pub(super) const PRESET: Preset = Preset {
    name: "c-elegans-graded",
    title: "C. elegans: 302 graded neurons, chemical synapses and gap junctions; touched in front, then behind",
    documentation: include_str!("c_elegans_graded.md"),
    build,
    seconds: 1.0,
    dt: 0.1,
};

/// Current of a graded synapse per section, pA, where the source releases all it has.
const PER_SECTION: f64 = 0.06;
/// Conductance of a gap junction per section, nS.
const GAP_PER_SECTION: f64 = 0.01;
/// Resting potential, where half of the transmitter is released, mV.
const REST: f64 = -35.0;
/// Potential beyond it at which 1/(1 + 1/e) is released, mV.
const SLOPE: f64 = 8.0;
const NEURON: [(&str, f64); 3] = [("C_m", 3.0), ("g_L", 0.3), ("E_L", REST)];
/// Receptors of gentle touch of the front and of the rear half of the body.
const FRONT: [&str; 3] = ["ALML", "ALMR", "AVM"];
const REAR: [&str; 2] = ["PLML", "PLMR"];
/// The interneurons that command locomotion, which touch receptors inhibit by chemical synapses.
const COMMAND: [&str; 8] = ["AVAL", "AVAR", "AVBL", "AVBR", "AVDL", "AVDR", "PVCL", "PVCR"];
/// Time between samples of the potentials of interneurons, ms.
const RECORDED: f64 = 2.0;
/// A touch: amplitude, pA, and when it begins in front and behind, and how long it lasts, ms.
const TOUCH: (f64, f64, f64, f64) = (5.0, 100.0, 600.0, 300.0);

/// Wires all neurons by the chemical synapses and gap junctions of Cook et al. 2019.
fn build(options: &PresetOptions) -> Result<Network> {
    options.fixed_size(PRESET.name)?;
    let (wiring, signs) = (Connectome::named("cook2019")?, Connectome::named("fenyves2020")?);
    let polarity = Polarity::new(&signs);
    let groups = Groups::new(&wiring, &GROUPS, group_of);
    let mut network = Network::new(PRESET.dt.ms());
    let cell = Cell { model: "li_neuron", parameters: &NEURON, start: Value::Constant(REST) };
    let all = groups.populate(&mut network, &cell, None)?;
    let (pairs, weights) = groups.pairs(|edge| {
        let (source, target) = (&wiring.nodes[edge.source as usize].name, &wiring.nodes[edge.target as usize].name);
        let touch = FRONT.iter().chain(&REAR).any(|name| name == source) && COMMAND.contains(&target.as_str());
        let excites = !touch && polarity.is_excitatory(source, target);
        (edge.kind == EdgeKind::Chemical).then(|| if excites { PER_SECTION } else { -PER_SECTION } * edge.weight)
    });
    rest(&mut network, &all, &pairs.targets, &weights)?;
    network.couple(&all, &all, pairs, Graded::new(Value::each(weights), REST, SLOPE))?;
    // Junctions stand in both directions in the data.
    let (pairs, weights) = groups.pairs(|edge| {
        (edge.kind == EdgeKind::Gap && edge.source != edge.target).then_some(GAP_PER_SECTION * edge.weight)
    });
    network.couple(&all, &all, pairs, GapJunction::new(Value::each(weights)))?;
    let (amplitude, front, rear, lasts) = TOUCH;
    for (touched, start) in [(&FRONT[..], front), (&REAR[..], rear)] {
        let touched = groups.of_names(&all, touched);
        let current = DcGenerator { amplitude, start, stop: start + lasts };
        network.stimulate(touched, current, Static::new(1.0, PRESET.dt))?;
    }
    record_all(&mut network, &all)?;
    network.record(network.population("interneuron", PRESET.name)?, Variable::every("V_m", RECORDED))?;
    Ok(network)
}

/// Gives each neuron the current that holds it at rest while all its synapses release half.
fn rest(network: &mut Network, all: &Selection, targets: &[u32], weights: &[f64]) -> Result<()> {
    let mut currents = vec![0.0; all.len() as usize];
    for (target, weight) in targets.iter().zip(weights) {
        currents[*target as usize] -= 0.5 * weight;
    }
    let sizes: Vec<(String, usize)> = network.populations().iter().map(|p| (p.name.clone(), p.size as usize)).collect();
    for (population, size) in sizes {
        let others = currents.split_off(size);
        network.set(&population, "I_e", Value::each(std::mem::replace(&mut currents, others)))?;
    }
    Ok(())
}
