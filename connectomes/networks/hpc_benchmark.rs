#![doc = include_str!("hpc_benchmark.md")]

use super::{Preset, PresetOptions, population, record_all};
use crate::error::Result;
use crate::network::{FixedIndegree, Network, Plastic, PoissonGenerator, Rule, Static, Value};
use crate::time::TimeUnits;

pub(super) const PRESET: Preset = Preset {
    name: "hpc-benchmark",
    title: "Morrison et al. 2007: 10,000 neurons in balance, 6.4 M synapses that learn by spike times",
    documentation: include_str!("hpc_benchmark.md"),
    build,
    seconds: 1.0,
    dt: 0.1,
};

/// Excitatory and inhibitory neurons at scale 1.
const NEURONS: (u32, u32) = (8000, 2000);
/// Part of each population that a neuron receives input from.
const EPSILON: f64 = 0.1;
/// Excitatory weight at scale 1, pA.
const WEIGHT: f64 = 153.0;
/// Inhibitory weight relative to the excitatory one.
const G: f64 = -5.0;
/// Depression relative to potentiation at scale 1: weights settle where J^0.6 = tau_plus / (alpha tau_minus).
const ALPHA: f64 = 0.0244;
/// External rate relative to the rate that alone brings the mean potential to threshold.
const ETA: f64 = 1.0;
/// Power of the weight by which potentiation grows.
const MU: f64 = 0.4;
/// Delay of all synapses, ms.
const DELAY: f64 = 1.5;
/// Membrane time constant, ms.
const TAU_M: f64 = 10.0;
/// Membrane capacitance, pF.
const C_M: f64 = 250.0;
/// Threshold, mV.
const V_TH: f64 = 20.0;
/// Time constant of synaptic currents, ms.
const TAU_SYN: f64 = 0.325_827_224_037_228_4;

/// The network of NEST's example `hpc_benchmark` with fewer and stronger inputs.
fn build(options: &PresetOptions) -> Result<Network> {
    options.no_velocity(PRESET.name)?;
    // The variance of the input, K·J², is kept.
    let weight = WEIGHT / options.scale.sqrt();
    let alpha = ALPHA * (WEIGHT / weight).powf(1.0 - MU);
    let neuron = [
        ("C_m", C_M),
        ("tau_m", TAU_M),
        ("t_ref", 0.5),
        ("E_L", 0.0),
        ("V_reset", 0.0),
        ("V_th", V_TH),
        ("tau_syn_ex", TAU_SYN),
        ("tau_syn_in", TAU_SYN),
    ];
    let mut network = Network::new(PRESET.dt.ms());
    let mut add = |label: &str, full: u32| {
        let mut neurons = population(label, options.scaled(PRESET.name, full)?, "iaf_psc_alpha", &neuron)?;
        neurons.set("V_m", Value::normal(5.7, 7.2))?;
        network.add_population(neurons)
    };
    let (excitatory, inhibitory) = (add("excitatory", NEURONS.0)?, add("inhibitory", NEURONS.1)?);
    let all = excitatory.and(&inhibitory);
    // A current of peak J carries e J tau_syn; the mean potential is tau_m / C_m times the charge per ms.
    let rate = 1000.0 * ETA * V_TH * C_M / (TAU_M * weight * std::f64::consts::E * TAU_SYN);
    network.stimulate(&all, PoissonGenerator::new(rate), Static::new(weight, DELAY))?;
    let inputs = |size: u32| {
        let indegree = FixedIndegree(((EPSILON * f64::from(size)).round() as u32).max(1));
        Rule::from(indegree).allow_autapses(false)
    };
    let plastic = Plastic::new("stdp_pl_synapse_hom", weight, DELAY)?;
    let plastic = plastic.with("lambda", 0.1)?.with("alpha", alpha)?.with("mu", MU)?;
    let plastic = plastic.with("tau_plus", 15.0)?.with("tau_minus", 30.0)?;
    network.connect(&excitatory, &excitatory, inputs(excitatory.len()), plastic)?;
    network.connect(&excitatory, &inhibitory, inputs(excitatory.len()), Static::new(weight, DELAY))?;
    network.connect(&inhibitory, &all, inputs(inhibitory.len()), Static::new(G * weight, DELAY))?;
    record_all(&mut network, &all)?;
    Ok(network)
}
