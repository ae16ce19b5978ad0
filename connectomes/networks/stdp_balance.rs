#![doc = include_str!("stdp_balance.md")]

use super::{Preset, PresetOptions, population, record_all};
use crate::error::Result;
use crate::network::{DcGenerator, Network, PairwiseBernoulli, Plastic, Static, Value};
use crate::time::TimeUnits;

pub(super) const PRESET: Preset = Preset {
    name: "stdp-balance",
    title: "Vogels et al. 2011: inhibition learns to balance 10,000 neurons, and a memory is recalled",
    documentation: include_str!("stdp_balance.md"),
    build,
    seconds: 12.0,
    dt: 0.1,
};

/// Excitatory and inhibitory neurons at full size.
const NEURONS: (u32, u32) = (8000, 2000);
/// Probability of a synapse between two neurons at full size.
const EPSILON: f64 = 0.02;
/// Weight of excitation, and of inhibition among inhibitory neurons, nS.
const WEIGHTS: (f64, f64) = (0.3, -3.0);
/// Largest weight of inhibition that learns, nS.
const W_MAX: f64 = -100.0;
/// Rate of learning, nS.
const ETA: f64 = 0.03;
/// The rate that inhibition brings its targets to, spikes/ms.
const TARGET: f64 = 0.003;
/// Time constant of both traces, ms.
const TAU: f64 = 20.0;
/// Delay of all synapses, ms.
const DELAY: f64 = 0.8;
/// One excitatory neuron in so many is of the assembly.
const ASSEMBLY: u32 = 10;
/// How many times stronger excitation is within the assembly.
const STRONGER: f64 = 5.0;
/// What recalls the assembly: a current into a part of it.
const RECALL: DcGenerator = DcGenerator { amplitude: 300.0, start: 11_000.0, stop: 11_500.0 };
/// One neuron of the assembly in so many gets it.
const CUE: u32 = 4;
const NEURON: [(&str, f64); 11] = [
    ("C_m", 200.0),
    ("g_L", 10.0),
    ("E_L", -60.0),
    ("V_th", -50.0),
    ("V_reset", -60.0),
    ("t_ref", 5.0),
    ("E_ex", 0.0),
    ("E_in", -80.0),
    ("tau_syn_ex", 5.0),
    ("tau_syn_in", 10.0),
    ("I_e", 200.0),
];

/// The recurrent network with an assembly, whose inhibitory synapses onto excitatory neurons learn.
fn build(options: &PresetOptions) -> Result<Network> {
    options.no_velocity(PRESET.name)?;
    let mut network = Network::new(PRESET.dt.ms());
    let mut add = |label: &str, full: u32| {
        let mut neurons = population(label, options.scaled(PRESET.name, full)?, "iaf_cond_exp", &NEURON)?;
        neurons.set("V_m", Value::uniform(-60.0, -50.0))?;
        network.add_population(neurons)
    };
    let (excitatory, inhibitory) = (add("excitatory", NEURONS.0)?, add("inhibitory", NEURONS.1)?);
    let all = excitatory.and(&inhibitory);
    // The number of inputs does not depend on the size.
    let joined = PairwiseBernoulli((EPSILON / options.scale).min(1.0));
    network.connect(&excitatory, &all, joined, Static::new(WEIGHTS.0, DELAY))?;
    let learning = Plastic::new("vogels_sprekeler_synapse", 0.0, DELAY)?.at_receptor("in").with_room_for(-W_MAX);
    let learning = learning.with("Wmax", W_MAX)?.with("eta", ETA)?.with("alpha", 2.0 * TARGET * TAU)?;
    network.connect(&inhibitory, &excitatory, joined, learning.with("tau", TAU)?.with("tau_minus", TAU)?)?;
    network.connect(&inhibitory, &inhibitory, joined, Static::new(WEIGHTS.1, DELAY))?;
    let assembly = excitatory.slice(0..(excitatory.len() / ASSEMBLY).max(1));
    network.connect(&assembly, &assembly, joined, Static::new((STRONGER - 1.0) * WEIGHTS.0, DELAY))?;
    let cue = assembly.slice(0..(assembly.len() / CUE).max(1));
    network.stimulate(cue, RECALL, Static::new(1.0, 1.0))?;
    record_all(&mut network, &all)?;
    Ok(network)
}
