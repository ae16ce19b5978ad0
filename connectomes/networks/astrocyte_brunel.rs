#![doc = include_str!("astrocyte_brunel.md")]

use super::{Preset, PresetOptions, population, record_all};
use crate::error::Result;
use crate::network::{
    Network, PairwiseBernoulli, Plastic, PoissonGenerator, Pool, Sic, Static, ThirdFactor, Tripartite,
};
use crate::time::TimeUnits;

pub(super) const PRESET: Preset = Preset {
    name: "astrocyte-brunel",
    title: "A balanced network with astrocytes: 2,000 neurons, 2,000 astrocytes (10,000 each at scale 5)",
    documentation: include_str!("astrocyte_brunel.md"),
    build,
    seconds: 1.0,
    dt: 0.1,
};

/// Excitatory neurons, inhibitory neurons and astrocytes at scale 1, a fifth of NEST's.
const CELLS: (u32, u32, u32) = (1600, 400, 2000);
/// Probability of a synapse between two neurons at scale 1; 0.1 at NEST's size.
const EPSILON: f64 = 0.5;
/// Probability that an astrocyte takes part in an excitatory synapse.
const THIRD: f64 = 0.5;
/// Astrocytes that a neuron can be joined to.
const POOL: u32 = 10;
/// Weight of excitation and of inhibition, nS.
const WEIGHTS: (f64, f64) = (1.0, -4.0);
/// Delay of excitation, of inhibition, and of slow inward currents and input, ms.
const DELAYS: (f64, f64, f64) = (2.0, 1.0, 1.0);
/// Time constants of excitation and inhibition, ms.
const TAU_SYN: (f64, f64) = (2.0, 4.0);
/// Factor of slow inward currents.
const SIC: f64 = 0.05;
/// Poisson drive of each neuron, spikes/s.
const DRIVE: f64 = 2000.0;
/// IP3 of astrocytes at first, uM.
const IP3: f64 = 0.4;

/// The network of NEST's example `astrocyte_brunel_bernoulli`.
fn build(options: &PresetOptions) -> Result<Network> {
    options.no_velocity(PRESET.name)?;
    let mut network = Network::new(PRESET.dt.ms());
    let neuron = [("tau_syn_ex", TAU_SYN.0), ("tau_syn_in", TAU_SYN.1)];
    let mut add = |label: &str, full: u32, model: &str, parameters: &[(&str, f64)]| {
        network.add_population(population(label, options.scaled(PRESET.name, full)?, model, parameters)?)
    };
    let excitatory = add("excitatory", CELLS.0, "aeif_cond_alpha", &neuron)?;
    let inhibitory = add("inhibitory", CELLS.1, "aeif_cond_alpha", &neuron)?;
    let astrocytes = add("astrocytes", CELLS.2, "astrocyte_lr_1994", &[("IP3", IP3)])?;
    let neurons = excitatory.and(&inhibitory);
    // The number of inputs does not depend on the size, as far as there are neurons.
    let joined = PairwiseBernoulli((EPSILON / options.scale).min(1.0));
    let depressing = |weight: f64, delay: f64, tau_psc: f64| {
        Plastic::new("tsodyks_synapse", weight, delay)?.with("tau_psc", tau_psc)
    };
    let excitation = depressing(WEIGHTS.0, DELAYS.0, TAU_SYN.0)?;
    let third_out = Sic::new(SIC, DELAYS.2);
    let factor = ThirdFactor { p: THIRD, pool: Pool::Random(POOL.min(astrocytes.len())) };
    let kinds = Tripartite { primary: excitation.clone().into(), third_in: excitation.into(), third_out };
    network.connect_tripartite((&excitatory, &neurons, &astrocytes), joined, factor, kinds)?;
    network.connect(&inhibitory, &neurons, joined, depressing(WEIGHTS.1, DELAYS.1, TAU_SYN.1)?)?;
    network.stimulate(&neurons, PoissonGenerator::new(DRIVE), Static::new(WEIGHTS.0, DELAYS.2))?;
    record_all(&mut network, &neurons)?;
    Ok(network)
}
