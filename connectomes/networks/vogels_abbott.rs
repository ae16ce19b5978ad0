#![doc = include_str!("vogels_abbott.md")]

use super::{Preset, PresetOptions, population, record_all};
use crate::error::Result;
use crate::network::{FixedIndegree, Network, PoissonGenerator, Selection, Static, Value};
use crate::time::TimeUnits;

pub(super) const CURRENT: Preset = Preset {
    name: "vogels-abbott",
    title: "Vogels & Abbott 2005 (CUBA): 4,000 neurons, current-based, self-sustained",
    documentation: include_str!("vogels_abbott.md"),
    build: build_current_based,
    seconds: 1.0,
    dt: 0.1,
};

pub(super) const CONDUCTANCE: Preset = Preset {
    name: "vogels-abbott-coba",
    title: "Vogels & Abbott 2005 (COBA): 4,000 neurons, conductance-based, started by a kick",
    documentation: include_str!("vogels_abbott.md"),
    build: build_conductance_based,
    seconds: 1.0,
    dt: 0.1,
};

/// Neurons at full size; four fifths are excitatory.
const NEURONS: u32 = 4000;
/// Excitatory and inhibitory inputs of each neuron.
const INDEGREES: (u32, u32) = (64, 16);
/// Delay of all synapses, ms.
const DELAY: f64 = 0.1;
/// Shared by both variants.
const COMMON: [(&str, f64); 6] =
    [("C_m", 200.0), ("V_th", -50.0), ("V_reset", -60.0), ("t_ref", 5.0), ("tau_syn_ex", 5.0), ("tau_syn_in", 10.0)];

/// The neuron of the current-based variant.
pub(super) const CURRENT_NEURON: [(&str, f64); 2] = [("tau_m", 20.0), ("E_L", -49.0)];
/// Excitatory and inhibitory weight of the current-based variant, pA.
const CURRENT_WEIGHTS: (f64, f64) = (16.2, -90.0);
/// The neuron of the conductance-based variant.
const CONDUCTANCE_NEURON: [(&str, f64); 4] = [("g_L", 10.0), ("E_L", -60.0), ("E_ex", 0.0), ("E_in", -80.0)];
/// Excitatory and inhibitory weight of the conductance-based variant, nS.
const CONDUCTANCE_WEIGHTS: (f64, f64) = (6.0, -67.0);

/// The preset `vogels-abbott`.
fn build_current_based(options: &PresetOptions) -> Result<Network> {
    current_based(CURRENT.name, options, NEURONS)
}

/// The preset `vogels-abbott-coba`.
fn build_conductance_based(options: &PresetOptions) -> Result<Network> {
    conductance_based(CONDUCTANCE.name, options, NEURONS)
}

/// The current-based network of this many neurons at full size.
pub(super) fn current_based(name: &str, options: &PresetOptions, neurons: u32) -> Result<Network> {
    connect_both(name, options, neurons, "iaf_psc_exp", &CURRENT_NEURON, CURRENT_WEIGHTS)
}

/// The conductance-based network of this many neurons at full size, with the kick that starts it.
pub(super) fn conductance_based(name: &str, options: &PresetOptions, neurons: u32) -> Result<Network> {
    let mut network = connect_both(name, options, neurons, "iaf_cond_exp", &CONDUCTANCE_NEURON, CONDUCTANCE_WEIGHTS)?;
    // At rest nothing would ever fire: E_L lies below V_th.
    let excitatory = network.population("excitatory", name)?;
    let kicked = excitatory.slice(0..(options.scaled(name, neurons)? / 20).max(1));
    let kick = PoissonGenerator { rate: 300.0, start: 0.0, stop: 100.0 };
    network.stimulate(kicked, kick, Static::new(CONDUCTANCE_WEIGHTS.0, DELAY))?;
    Ok(network)
}

/// The network that both presets share: only the model and the weights differ.
fn connect_both(
    name: &str,
    options: &PresetOptions,
    neurons: u32,
    model: &str,
    own: &[(&str, f64)],
    (weight_ex, weight_in): (f64, f64),
) -> Result<Network> {
    let mut network = Network::new(CURRENT.dt.ms());
    let (excitatory, inhibitory) = populate(&mut network, name, options, neurons, model, own)?;
    let all = excitatory.and(&inhibitory);
    network.connect(&excitatory, &all, FixedIndegree(INDEGREES.0), Static::new(weight_ex, DELAY))?;
    network.connect(&inhibitory, &all, FixedIndegree(INDEGREES.1), Static::new(weight_in, DELAY))?;
    record_all(&mut network, &all)?;
    Ok(network)
}

/// Adds the excitatory and the inhibitory neurons, `neurons` at full size.
pub(super) fn populate(
    network: &mut Network,
    name: &str,
    options: &PresetOptions,
    neurons: u32,
    model: &str,
    own: &[(&str, f64)],
) -> Result<(Selection, Selection)> {
    options.no_velocity(name)?;
    let inhibitory = options.scaled(name, neurons / 5)?;
    let excitatory = options.scaled(name, neurons - neurons / 5)?;
    let mut add = |label: &str, size: u32| {
        let mut neurons = population(label, size, model, &[&COMMON, own].concat())?;
        neurons.set("V_m", Value::uniform(-60.0, -50.0))?;
        network.add_population(neurons)
    };
    Ok((add("excitatory", excitatory)?, add("inhibitory", inhibitory)?))
}
