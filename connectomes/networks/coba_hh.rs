#![doc = include_str!("coba_hh.md")]

use super::{Preset, PresetOptions, population, record_all};
use crate::error::Result;
use crate::network::{FixedIndegree, Network, PoissonGenerator, Static, Value};
use crate::time::TimeUnits;

pub(super) const PRESET: Preset = Preset {
    name: "coba-hh",
    title: "Brette et al. 2007, benchmark 3: 4,000 Hodgkin-Huxley neurons, conductance-based, started by a kick",
    documentation: include_str!("coba_hh.md"),
    build,
    seconds: 1.0,
    dt: 0.1,
};

/// Excitatory and inhibitory neurons at full size.
const NEURONS: (u32, u32) = (3200, 800);
/// Excitatory and inhibitory inputs of each neuron.
const INDEGREES: (u32, u32) = (64, 16);
/// Excitatory and inhibitory weight, nS.
const WEIGHTS: (f64, f64) = (6.0, -67.0);
/// Delay of all synapses, ms.
const DELAY: f64 = 0.1;
/// Of the excitatory neurons, one in so many is kicked.
const KICKED_ONE_IN: u32 = 64;
/// What kicks them: at rest nothing would ever fire.
const KICK: PoissonGenerator = PoissonGenerator { rate: 300.0, start: 1.0, stop: 51.0 };
const NEURON: [(&str, f64); 12] = [
    ("C_m", 200.0),
    ("g_L", 10.0),
    ("E_L", -60.0),
    ("g_Na", 20_000.0),
    ("E_Na", 50.0),
    ("g_K", 6_000.0),
    ("E_K", -90.0),
    ("V_T", -63.0),
    ("E_ex", 0.0),
    ("E_in", -80.0),
    ("tau_syn_ex", 5.0),
    ("tau_syn_in", 10.0),
];

/// The network of NEST's example `hh_coba`.
fn build(options: &PresetOptions) -> Result<Network> {
    options.no_velocity(PRESET.name)?;
    let mut network = Network::new(PRESET.dt.ms());
    let mut add = |label: &str, full: u32| {
        let mut neurons = population(label, options.scaled(PRESET.name, full)?, "hh_cond_exp_traub", &NEURON)?;
        neurons.set("V_m", Value::uniform(-60.0, -50.0))?;
        network.add_population(neurons)
    };
    let (excitatory, inhibitory) = (add("excitatory", NEURONS.0)?, add("inhibitory", NEURONS.1)?);
    let all = excitatory.and(&inhibitory);
    network.connect(&excitatory, &all, FixedIndegree(INDEGREES.0), Static::new(WEIGHTS.0, DELAY))?;
    network.connect(&inhibitory, &all, FixedIndegree(INDEGREES.1), Static::new(WEIGHTS.1, DELAY))?;
    let kicked = excitatory.slice(0..(excitatory.len() / KICKED_ONE_IN).max(1));
    network.stimulate(kicked, KICK, Static::new(WEIGHTS.0, DELAY))?;
    record_all(&mut network, &all)?;
    Ok(network)
}
