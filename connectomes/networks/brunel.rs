#![doc = include_str!("brunel.md")]

use super::{Preset, PresetOptions, population, record_all};
use crate::error::Result;
use crate::network::{FixedIndegree, Network, PoissonGenerator, Static};
use crate::time::TimeUnits;

pub(super) const PRESET: Preset = Preset {
    name: "brunel",
    title: "Brunel 2000: 12,500 sparsely connected neurons, inhibition-dominated",
    documentation: include_str!("brunel.md"),
    build,
    seconds: 1.0,
    dt: 0.1,
};

/// Inhibitory neurons at full size; there are four times as many excitatory ones.
const ORDER: u32 = 2500;
/// Part of each population that a neuron receives input from.
const EPSILON: f64 = 0.1;
/// Excitatory weight at full size, mV.
const WEIGHT: f64 = 0.1;
/// Inhibitory weight relative to the excitatory one.
const G: f64 = 5.0;
/// External rate relative to the rate that alone brings the mean potential to threshold.
const ETA: f64 = 2.0;
/// Membrane time constant, ms.
const TAU_M: f64 = 20.0;
/// Threshold, mV.
const THETA: f64 = 20.0;
/// Delay of all synapses, ms.
const DELAY: f64 = 1.5;

/// The network of Brunel 2000 at the given scale, driven by Poisson input to each neuron.
fn build(options: &PresetOptions) -> Result<Network> {
    options.no_velocity(PRESET.name)?;
    let order = options.scaled(PRESET.name, ORDER)?;
    // J·C_E is kept, so the mean input does not depend on the size.
    let weight = WEIGHT * f64::from(ORDER) / f64::from(order);
    let parameters =
        [("C_m", 1.0), ("tau_m", TAU_M), ("t_ref", 2.0), ("E_L", 0.0), ("V_reset", 0.0), ("V_m", 0.0), ("V_th", THETA)];
    let mut network = Network::new(PRESET.dt.ms());
    let excitatory = options.scaled(PRESET.name, 4 * ORDER)?;
    let excitatory = network.add_population(population("excitatory", excitatory, "iaf_psc_delta", &parameters)?)?;
    let inhibitory = network.add_population(population("inhibitory", order, "iaf_psc_delta", &parameters)?)?;
    let all = excitatory.and(&inhibitory);
    let rate = 1000.0 * ETA * THETA / (weight * TAU_M);
    network.stimulate(&all, PoissonGenerator::new(rate), Static::new(weight, DELAY))?;
    let indegree = |size: u32| FixedIndegree(((EPSILON * f64::from(size)).round() as u32).max(1));
    network.connect(&excitatory, &all, indegree(excitatory.len()), Static::new(weight, DELAY))?;
    network.connect(&inhibitory, &all, indegree(order), Static::new(-G * weight, DELAY))?;
    record_all(&mut network, &all)?;
    Ok(network)
}
