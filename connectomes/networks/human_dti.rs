#![doc = include_str!("human_dti.md")]

use super::column::NEURON;
use super::{Preset, PresetOptions, population, record_all};
use crate::connectomes::Connectome;
use crate::error::{Error, Result};
use crate::network::{FixedIndegree, FixedTotalNumber, Network, PoissonGenerator, Selection, Static, Value};
use crate::time::TimeUnits;

pub(super) const PRESET: Preset = Preset {
    name: "human-dti",
    title: "Human DTI: 100 cortical regions of E and I neurons, joined by tracts with their delays",
    documentation: include_str!("human_dti.md"),
    build,
    seconds: 2.0,
    dt: 0.1,
};

/// Neurons of each region at scale 1; four fifths are excitatory.
const NEURONS: u32 = 100;
/// Conduction velocity of the tracts, mm/ms.
const VELOCITY: f64 = 3.0;
/// Inputs of each neuron from its region, and from all other regions together.
const LOCAL: (u32, u32) = (40, 20);
const LONG: f64 = 30.0;
/// Weights: excitatory local, excitatory long-range, inhibitory, of the drive, pA.
const WEIGHTS: (f64, f64, f64, f64) = (350.0, 600.0, -2800.0, 350.0);
/// Delays within a region of excitatory and inhibitory synapses and of the drive, ms.
const DELAYS: (f64, f64, f64) = (1.5, 0.8, 1.5);
/// Poisson drive of each neuron, spikes/s.
const DRIVE: f64 = 1_500.0;

/// The two populations of a region, and both together.
struct Region {
    excitatory: Selection,
    both: Selection,
}

/// Excitatory and inhibitory neurons per region; between regions, tracts whose delay is their length over the velocity.
fn build(options: &PresetOptions) -> Result<Network> {
    let velocity = options.velocity.unwrap_or(VELOCITY);
    if !(velocity > 0.0 && velocity.is_finite()) {
        let problem = format!("velocity = {velocity} mm/ms must be greater than 0");
        return Err(Error::invalid(format!("preset {}", PRESET.name), problem));
    }
    let inhibitory = options.scaled(PRESET.name, NEURONS / 5)?;
    let excitatory = options.scaled(PRESET.name, NEURONS - NEURONS / 5)?;
    let connectome = Connectome::named("hcp-schaefer100")?;
    let mut network = Network::new(PRESET.dt.ms());
    let mut regions = Vec::with_capacity(connectome.nodes.len());
    for node in &connectome.nodes {
        regions.push(add_region(&mut network, &node.name, excitatory, inhibitory)?);
    }
    connect_tracts(&mut network, &connectome, &regions, velocity)?;
    let all = regions.iter().fold(Selection::default(), |all, region| all.and(&region.both));
    network.stimulate(&all, PoissonGenerator::new(DRIVE), Static::new(WEIGHTS.3, DELAYS.2))?;
    record_all(&mut network, &all)?;
    Ok(network)
}

/// Adds one region: its excitatory and inhibitory neurons and their local connections.
fn add_region(network: &mut Network, name: &str, excitatory: u32, inhibitory: u32) -> Result<Region> {
    let mut add = |kind: &str, size: u32| {
        let mut neurons = population(&format!("{name} {kind}"), size, "iaf_psc_exp", &NEURON)?;
        neurons.set("V_m", Value::uniform(-65.0, -50.0))?;
        network.add_population(neurons)
    };
    let (excitatory, inhibitory) = (add("E", excitatory)?, add("I", inhibitory)?);
    let both = excitatory.and(&inhibitory);
    network.connect(&excitatory, &both, FixedIndegree(LOCAL.0), Static::new(WEIGHTS.0, DELAYS.0))?;
    network.connect(&inhibitory, &both, FixedIndegree(LOCAL.1), Static::new(WEIGHTS.2, DELAYS.1))?;
    Ok(Region { excitatory, both })
}

/// Joins the regions: every region receives the same number of long-range synapses, shared among the others in
/// proportion to the streamlines between them.
fn connect_tracts(network: &mut Network, connectome: &Connectome, regions: &[Region], velocity: f64) -> Result<()> {
    let between = || connectome.edges.iter().filter(|edge| edge.source != edge.target);
    let mut sums = vec![0.0; regions.len()];
    for edge in between() {
        sums[edge.target as usize] += edge.weight;
    }
    for edge in between() {
        let (from, to) = (&regions[edge.source as usize], &regions[edge.target as usize]);
        let share = edge.weight / sums[edge.target as usize];
        let synapses = (LONG * f64::from(to.both.len()) * share).round() as u64;
        if synapses == 0 {
            continue;
        }
        let length = edge.length.ok_or_else(|| {
            let place = format!("connectome {}", connectome.name);
            let problem = "a tract has no length, so its delay is not known; give lengths in mm";
            Error::invalid(place, problem)
        })?;
        let delay = (length / velocity).max(network.dt());
        network.connect(&from.excitatory, &to.both, FixedTotalNumber(synapses), Static::new(WEIGHTS.1, delay))?;
    }
    Ok(())
}
