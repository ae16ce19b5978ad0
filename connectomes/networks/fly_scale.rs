#![doc = include_str!("fly_scale.md")]

use std::sync::Arc;

use super::heavy_tailed::Law;
use super::wiring::FLY_NEURON;
use super::{Preset, PresetOptions, population, record_all};
use crate::error::Result;
use crate::network::{Explicit, Network, PoissonGenerator, Selection, Static, Value};
use crate::time::TimeUnits;

pub(super) const PRESET: Preset = Preset {
    name: "fly-scale",
    title: "A random graph with the counts of the FlyWire brain: 138,639 neurons, 15.1 M connections",
    documentation: include_str!("fly_scale.md"),
    build,
    seconds: 1.0,
    dt: 0.1,
};

/// Neurons and connections of FlyWire v783 as Shiu et al. 2024 use it.
const NEURONS: u32 = 138_639;
const EDGES: f64 = 15_091_983.0;
/// Largest number of partners.
const LARGEST: f64 = 9_615.0;
/// The part of the neurons that is excitatory.
const EXCITATORY: f64 = 0.6;
/// Neurons under stimulation at full size.
const DRIVEN: u32 = 350;
/// Rate of the stimulus, spikes/s, its weight, pA, and its delay, ms.
const STIMULUS: (f64, f64, f64) = (150.0, 250.0 * PER_CONTACT, 0.1);
/// Weight of a contact, pA.
const PER_CONTACT: f64 = 0.275;
/// Delay of all synapses, ms.
const DELAY: f64 = 1.8;
/// Mean and standard deviation of the logarithm of a neuron's partners. The mean is that of 15.1 M connections among
/// 138,639 neurons, the largest of so many draws about that of the brain.
const PARTNERS: (f64, f64) = (3.977, 1.194);
/// The same of the contacts of a connection, which are rounded up: 3.61 on average, 18 % of connections have 5 or more.
const CONTACTS: (f64, f64) = (0.0945, 1.43);
/// Seed of the graph, which is one and the same in all runs, as a connectome is.
const SEED: u64 = 783;

/// A random network with the numbers of neurons and synapses of a fly's brain and its heavy-tailed degrees.
fn build(options: &PresetOptions) -> Result<Network> {
    options.no_velocity(PRESET.name)?;
    let neurons = options.scaled(PRESET.name, NEURONS)?;
    let driven = options.scaled(PRESET.name, DRIVEN)?;
    let excitatory = (EXCITATORY * f64::from(neurons)).round() as u32;
    let sizes = [("driven", driven), ("excitatory", excitatory - driven), ("inhibitory", neurons - excitatory)];
    let mut network = Network::new(PRESET.dt.ms());
    let mut all = Selection::default();
    for (name, size) in sizes {
        all = all.and(network.add_population(population(name, size, "iaf_psc_exp", &FLY_NEURON)?)?);
    }
    let edges = EDGES * options.scale;
    let law = Law { nodes: neurons, edges, largest: LARGEST, partners: PARTNERS, contacts: CONTACTS, seed: SEED };
    let graph = law.graph();
    let weight = |(&source, &contacts): (&u32, &u32)| {
        let contacts = PER_CONTACT * f64::from(contacts);
        if source < excitatory { contacts } else { -contacts }
    };
    let weights: Arc<[f64]> = graph.sources.iter().zip(&graph.contacts).map(weight).collect();
    let synapse = Static::new(Value::each(weights), DELAY);
    network.connect(&all, &all, Explicit::new(graph.sources, graph.targets), synapse)?;
    let (rate, weight, delay) = STIMULUS;
    network.stimulate(all.slice(0..driven), PoissonGenerator::new(rate), Static::new(weight, delay))?;
    record_all(&mut network, &all)?;
    Ok(network)
}
