#![doc = include_str!("vogels_abbott.md")]

use super::{Preset, PresetOptions, population, record_all};
use crate::error::Result;
use crate::network::{FixedIndegree, Network, PoissonGenerator, Static, Value};
use crate::units::TimeUnits;

pub(super) const CURRENT: Preset = Preset {
    name: "vogels-abbott",
    title: "Vogels & Abbott 2005 (CUBA): 4,000 neurons, current-based, self-sustained",
    documentation: include_str!("vogels_abbott.md"),
    build: current,
    seconds: 1.0,
    dt: 0.1,
};

pub(super) const CONDUCTANCE: Preset = Preset {
    name: "vogels-abbott-coba",
    title: "Vogels & Abbott 2005 (COBA): 4,000 neurons, conductance-based, started by a kick",
    documentation: include_str!("vogels_abbott.md"),
    build: conductance,
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

fn current(options: &PresetOptions) -> Result<Network> {
    let own = [("tau_m", 20.0), ("E_L", -49.0)];
    build(CURRENT.name, options, "iaf_psc_exp", &own, (16.2, -90.0))
}

fn conductance(options: &PresetOptions) -> Result<Network> {
    let own = [("g_L", 10.0), ("E_L", -60.0), ("E_ex", 0.0), ("E_in", -80.0)];
    let (weight_ex, weight_in) = (6.0, -67.0);
    let mut network = build(CONDUCTANCE.name, options, "iaf_cond_exp", &own, (weight_ex, weight_in))?;
    // At rest nothing would ever fire: E_L lies below V_th.
    let excitatory = network.population("excitatory", CONDUCTANCE.name)?;
    let kicked = excitatory.slice(0..(options.scaled(CONDUCTANCE.name, NEURONS)? / 20).max(1));
    let kick = PoissonGenerator { rate: 300.0, start: 0.0, stop: 100.0 };
    network.stimulate(kicked, kick, Static::new(weight_ex, DELAY))?;
    Ok(network)
}

fn build(
    name: &str,
    options: &PresetOptions,
    model: &str,
    own: &[(&str, f64)],
    (weight_ex, weight_in): (f64, f64),
) -> Result<Network> {
    options.no_velocity(name)?;
    let inhibitory = options.scaled(name, NEURONS / 5)?;
    let excitatory = options.scaled(name, NEURONS - NEURONS / 5)?;
    let mut network = Network::new(CURRENT.dt.ms());
    let mut add = |label: &str, size: u32| {
        let mut neurons = population(label, size, model, &[&COMMON, own].concat())?;
        neurons.set("V_m", Value::uniform(-60.0, -50.0))?;
        network.add_population(neurons)
    };
    let (excitatory, inhibitory) = (add("excitatory", excitatory)?, add("inhibitory", inhibitory)?);
    let all = excitatory.and(&inhibitory);
    network.connect(&excitatory, &all, FixedIndegree(INDEGREES.0), Static::new(weight_ex, DELAY))?;
    network.connect(&inhibitory, &all, FixedIndegree(INDEGREES.1), Static::new(weight_in, DELAY))?;
    record_all(&mut network, &all)?;
    Ok(network)
}
