//! Published network models: what they are made of, how they behave, and that they behave as in NEST.

use neuropil::connectomes::networks::{self, PresetOptions};
use neuropil::network::{Drive, Projection};
use neuropil::prelude::*;

mod fly_scale;
mod listed;
mod lively;
mod microcircuit;
mod multi_area;
mod neurons;
mod presets;
mod statistics;
mod thalamus;
mod tissue;
mod wiring;
mod workloads;

/// The network of a preset at a scale.
pub fn network(name: &str, scale: f64) -> Network {
    networks::named(name).unwrap().network(&PresetOptions { scale, ..default() }).unwrap()
}

/// `net` with other projections and stimuli: whatever `projection` and `stimulus` make of each, or without it.
fn altered(
    net: &Network,
    projection: impl Fn(&Projection) -> Option<Synapse>,
    stimulus: impl Fn(&Drive) -> Option<Drive>,
) -> Network {
    let mut other = Network::new(net.dt().ms());
    for population in net.populations() {
        other.add_population(population.clone()).unwrap();
    }
    for old in net.projections() {
        if let Some(synapse) = projection(old) {
            other.connect(&old.from, &old.to, old.rule.clone(), synapse).unwrap();
        }
    }
    for old in net.stimuli() {
        if let Some(drive) = stimulus(&old.drive) {
            other.stimulate(&old.to, drive, old.synapse.clone()).unwrap();
        }
    }
    other
}

/// The spikes of `ms` of a network as (time in ms, neuron), and how many neurons it has.
fn spikes(net: &Network, ms: f64, seed: u64) -> Vec<(f64, u32)> {
    let mut simulation = net.build(Device::cpu().threads(2), Seed(seed)).unwrap();
    simulation.run(ms.ms()).unwrap();
    simulation.all_spikes().iter().map(|&Spike { step, id }| (f64::from(step) * net.dt(), id)).collect()
}

/// Synapses of a projection whose rule gives an exact number.
fn size_of(projection: &Projection) -> u64 {
    let (from, to) = (u64::from(projection.from.len()), u64::from(projection.to.len()));
    projection.rule.synapses_at_most(from, to) as u64
}
