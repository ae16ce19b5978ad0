#![doc = include_str!("optic_lobe.md")]

use std::collections::{BTreeMap, BTreeSet};

use super::wiring::{Cell, FLY_NEURON, Groups};
use super::{Preset, PresetOptions, record_all};
use crate::connectomes::Connectome;
use crate::error::Result;
use crate::network::{Network, PoissonGenerator, Selection, Static, Value};
use crate::time::TimeUnits;

pub(super) const PRESET: Preset = Preset {
    name: "optic-lobe",
    title: "Drosophila optic lobe: 45,669 neurons of 65 types in 721 columns, a bright bar moves across the eye",
    documentation: include_str!("optic_lobe.md"),
    build,
    seconds: 1.0,
    dt: 0.1,
};

/// Photoreceptors and lamina cells.
const RECEPTORS: [&str; 8] = ["R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8"];
const LAMINA: [&str; 5] = ["L1", "L2", "L3", "L4", "L5"];
/// Weight per synapse, pA.
const PER_SYNAPSE: f64 = 0.5;
/// Delay of all synapses, ms (Shiu et al. 2024).
const DELAY: f64 = 1.8;
/// Poisson drive of photoreceptors in the dark, of lamina cells, of all others, spikes/s, and its weight, pA.
const DARK: f64 = 5.0;
const TONIC: f64 = 35.0;
const BACKGROUND: f64 = 12.0;
const WEIGHT: f64 = 25.0;
/// The bar: Poisson drive of a lit photoreceptor, spikes/s; when it reaches the first column, how long it takes to the
/// last one, and for how long a column is lit, ms.
const LIGHT: f64 = 300.0;
const ONSET: f64 = 200.0;
const SWEEP: f64 = 600.0;
const DWELL: f64 = 80.0;
/// Distance of two columns, mm; nothing but the positions depends on it.
const COLUMN: f64 = 0.007;

/// A population per cell type, on its columns of the hexagonal lattice.
fn build(options: &PresetOptions) -> Result<Network> {
    options.fixed_size(PRESET.name)?;
    let wiring = Connectome::named("flyvis")?;
    let mut types: Vec<&str> = Vec::new();
    let mut seen = BTreeSet::new();
    for kind in wiring.nodes.iter().filter_map(|node| node.kind.as_deref()) {
        if seen.insert(kind) {
            types.push(kind);
        }
    }
    let groups = Groups::new(&wiring, &types, |node| {
        let kind = node.kind.as_deref()?;
        types.iter().position(|&name| name == kind)
    });
    let mut network = Network::new(PRESET.dt.ms());
    let cell = Cell { model: "iaf_psc_exp", parameters: &FLY_NEURON, start: Value::uniform(-52.0, -45.0) };
    let all = groups.populate(&mut network, &cell, Some(COLUMN))?;
    groups.wire(&mut network, &all, DELAY, |edge| Some(PER_SYNAPSE * f64::from(edge.sign) * edge.weight.abs()))?;
    add_drive(&mut network)?;
    record_all(&mut network, &all)?;
    Ok(network)
}

/// The background of all neurons, and the bar.
fn add_drive(network: &mut Network) -> Result<()> {
    let mut rates = Vec::new();
    for population in network.populations() {
        let name = population.name.as_str();
        let rate = if RECEPTORS.contains(&name) {
            DARK
        } else if LAMINA.contains(&name) {
            TONIC
        } else {
            BACKGROUND
        };
        rates.push((network.population(name, PRESET.name)?, rate));
    }
    for (neurons, rate) in rates {
        network.stimulate(neurons, PoissonGenerator::new(rate), Static::new(WEIGHT, DELAY))?;
    }
    let lines = receptors_by_line(network)?;
    let places = lines.keys().copied().min().zip(lines.keys().copied().max());
    let (first, last) = places.map_or((0.0, 0.0), |(first, last)| (first as f64, last as f64));
    for (place, neurons) in lines {
        let along = if last > first { (place as f64 - first) / (last - first) } else { 0.0 };
        let start = (ONSET + SWEEP * along).round();
        let light = PoissonGenerator { rate: LIGHT, start, stop: start + DWELL };
        network.stimulate(neurons, light, Static::new(WEIGHT, DELAY))?;
    }
    Ok(())
}

/// The photoreceptors by their place along the bar's way, in nm so that equal places compare equal.
fn receptors_by_line(network: &Network) -> Result<BTreeMap<i64, Selection>> {
    let mut lines: BTreeMap<i64, Selection> = BTreeMap::new();
    for population in network.populations().iter().filter(|p| RECEPTORS.contains(&p.name.as_str())) {
        let neurons = network.population(&population.name, PRESET.name)?;
        let Some(positions) = &population.positions else { continue };
        let places: Vec<i64> = positions.iter().map(|place| (place[0] * 1e6).round() as i64).collect();
        let mut from = 0;
        for run in places.chunk_by(|a, b| a == b) {
            let to = from + run.len() as u32;
            let line = lines.entry(run[0]).or_default();
            *line = line.and(neurons.slice(from..to));
            from = to;
        }
    }
    Ok(lines)
}
