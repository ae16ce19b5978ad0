#![doc = include_str!("working_memory.md")]

use super::{Preset, PresetOptions, population, record_all};
use crate::error::Result;
use crate::network::{AllToAll, Network, Plastic, PoissonGenerator, Selection, Static, Value};
use crate::time::TimeUnits;

pub(super) const PRESET: Preset = Preset {
    name: "working-memory",
    title: "A memory that lasts: 1,000 neurons with NMDA receptors, one of five populations cued (Brunel & Wang 2001)",
    documentation: include_str!("working_memory.md"),
    build,
    seconds: 4.0,
    dt: 0.1,
};

/// Selective populations, and excitatory neurons of each at scale 1; others, and inhibitory neurons.
const SELECTIVE: [&str; 5] = ["cued", "second", "third", "fourth", "fifth"];
const SIZES: (u32, u32, u32) = (80, 400, 200);
/// What synapses within a selective population have more, and the share of excitatory neurons that one is.
const STRONGER: f64 = 2.1;
const SHARE: f64 = 0.1;
/// Conductances of all synapses of a receptor together onto an excitatory and an inhibitory neuron, nS: AMPA and NMDA of 800
/// excitatory neurons, GABA of 200 inhibitory ones.
const AMPA: (f64, f64) = (0.104 * 800.0, 0.081 * 800.0);
const NMDA: (f64, f64) = (0.327 * 800.0, 0.258 * 800.0);
const GABA: (f64, f64) = (1.25 * 200.0, 0.973 * 200.0);
/// AMPA conductance of a spike from outside, nS, and such spikes onto each neuron, spikes/s.
const OUTSIDE: (f64, f64) = (2.08, 1.62);
const OUTSIDE_RATE: f64 = 2400.0;
/// Spikes/s more onto the cued population, from when until when, ms.
const CUE: (f64, f64, f64) = (150.0, 1000.0, 1500.0);
const DELAY: f64 = 0.5;

/// Parameters of excitatory and of inhibitory neurons.
const EXCITATORY: [(&str, f64); 6] =
    [("C_m", 500.0), ("g_L", 25.0), ("t_ref", 2.0), ("V_th", -50.0), ("V_reset", -55.0), ("tau_GABA", 10.0)];
const INHIBITORY: [(&str, f64); 6] =
    [("C_m", 200.0), ("g_L", 20.0), ("t_ref", 1.0), ("V_th", -50.0), ("V_reset", -55.0), ("tau_GABA", 10.0)];

/// Makes the network; all are joined to all.
fn build(options: &PresetOptions) -> Result<Network> {
    options.no_velocity(PRESET.name)?;
    let mut network = Network::new(PRESET.dt.ms());
    let mut add = |name: &str, full: u32, parameters: &[(&str, f64)]| {
        let mut cells = population(name, options.scaled(PRESET.name, full)?, "iaf_bw_2001", parameters)?;
        cells.set("V_m", Value::uniform(-60.0, -51.0))?;
        network.add_population(cells)
    };
    let mut excitatory = Vec::new();
    for name in SELECTIVE {
        excitatory.push(add(name, SIZES.0, &EXCITATORY)?);
    }
    excitatory.push(add("others", SIZES.1, &EXCITATORY)?);
    let inhibitory = add("inhibitory", SIZES.2, &INHIBITORY)?;
    for (place, to) in excitatory.iter().enumerate() {
        for (source, from) in excitatory.iter().enumerate() {
            excite(&mut network, (from, to), excitatory_total(&excitatory), strength(source, place), (AMPA.0, NMDA.0))?;
        }
        inhibit(&mut network, &inhibitory, to, GABA.0)?;
        drive(&mut network, to, OUTSIDE.0)?;
    }
    for from in &excitatory {
        excite(&mut network, (from, &inhibitory), excitatory_total(&excitatory), 1.0, (AMPA.1, NMDA.1))?;
    }
    inhibit(&mut network, &inhibitory, &inhibitory, GABA.1)?;
    drive(&mut network, &inhibitory, OUTSIDE.1)?;
    let (rate, start, stop) = CUE;
    let cue = PoissonGenerator { rate, start, stop };
    network.stimulate(&excitatory[0], cue, Static::new(OUTSIDE.0, 1.0).at_receptor("AMPA"))?;
    let all = excitatory.iter().fold(inhibitory.clone(), |all, one| all.and(one));
    record_all(&mut network, &all)?;
    Ok(network)
}

/// Excitatory neurons.
fn excitatory_total(populations: &[Selection]) -> f64 {
    populations.iter().map(|population| f64::from(population.len())).sum()
}

/// The strength of synapses between two excitatory populations, of which the last is not selective, relative to others:
/// such that the mean onto a selective neuron stays 1.
fn strength(from: usize, to: usize) -> f64 {
    if to == SELECTIVE.len() {
        return 1.0;
    }
    if from == to { STRONGER } else { 1.0 - SHARE * (STRONGER - 1.0) / (1.0 - SHARE) }
}

/// AMPA and NMDA synapses from one of the excitatory populations, which together have `total` neurons.
fn excite(
    network: &mut Network,
    (from, to): (&Selection, &Selection),
    total: f64,
    strength: f64,
    (ampa, nmda): (f64, f64),
) -> Result<()> {
    let fast = Static::new(strength * ampa / total, DELAY).at_receptor("AMPA");
    network.connect(from, to, AllToAll, fast)?;
    let slow = Plastic::new("nmda_bw_2001_synapse", strength * nmda / total, DELAY)?.at_receptor("NMDA");
    network.connect(from, to, AllToAll, slow).map(drop)
}

fn inhibit(network: &mut Network, from: &Selection, to: &Selection, gaba: f64) -> Result<()> {
    let synapse = Static::new(gaba / f64::from(from.len()), DELAY).at_receptor("GABA");
    network.connect(from, to, AllToAll, synapse).map(drop)
}

fn drive(network: &mut Network, to: &Selection, ampa: f64) -> Result<()> {
    network.stimulate(to, PoissonGenerator::new(OUTSIDE_RATE), Static::new(ampa, 1.0).at_receptor("AMPA")).map(drop)
}
