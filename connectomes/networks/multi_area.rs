#![doc = include_str!("multi_area.md")]

use super::column::{Column, WEIGHT, synapse, weight_growth};
use super::{Preset, PresetOptions, record_all};
use crate::error::Result;
use crate::network::{FixedTotalNumber, Network, Selection};
use crate::time::TimeUnits;

pub(super) const PRESET: Preset = Preset {
    name: "multi-area",
    title: "Macaque vision by the counts of Schmidt et al. 2018: 32 areas, 4.13 M neurons, 24.2 G synapses",
    documentation: include_str!("multi_area.md"),
    build,
    seconds: 1.0,
    dt: 0.1,
};

/// The areas of Felleman & Van Essen 1991 that see, from the first to the last. TH has no layer 4.
const AREAS: [&str; 32] = [
    "V1", "V2", "VP", "V4", "V3", "PIP", "V3A", "MT", "V4t", "VOT", "MSTd", "PO", "VIP", "LIP", "MIP", "MDP", "MSTl",
    "DP", "FST", "PITd", "PITv", "CITd", "CITv", "AITd", "AITv", "STPp", "STPa", "TF", "TH", "FEF", "46", "7a",
];
/// The area without layer 4.
const AGRANULAR: &str = "TH";
/// Neurons of an area relative to the column of Potjans & Diesmann 2014: 4.13 M in all.
const SIZE: f64 = 1.691_227;
/// Inputs of each neuron from other areas: 24.2 G synapses in all.
const DISTANT: f64 = 2002.0;
/// Inhibitory weight relative to the excitatory one.
const G: f64 = -11.0;
/// Rate of each external input, spikes/s, and its factors in layers 5E and 6E, and in the agranular area.
const EXTERNAL: (f64, f64, f64, f64) = (10.0, 1.125, 1.416_666_67, 1.2);
/// Mean and standard deviation of V_m at time 0, mV.
const START: (f64, f64) = (-150.0, 50.0);
/// Populations with axons to other areas: 2/3E, 5E and 6E.
const PROJECTING: [usize; 3] = [0, 4, 6];
/// Areas per row of the map, and the distance between neighbours, mm.
const MAP: (usize, f64) = (4, 7.0);
/// Synapses between two areas fall by e over this distance, mm.
const REACH: f64 = 9.0;
/// Conduction velocity between areas, mm/ms.
const VELOCITY: f64 = 3.5;
/// Rates of a mean-field theory of the network at full scale, spikes/s: areas with layer 4, and the agranular one.
const RATES: [[f64; 8]; 2] =
    [[0.17, 1.44, 4.14, 3.85, 3.32, 5.36, 4.58, 5.89], [0.21, 2.50, 0.0, 0.0, 0.71, 5.26, 6.75, 7.03]];
/// Mean rate of the projecting neurons in that theory, spikes/s.
const DISTANT_RATE: f64 = 2.14;

/// An area, and what of it projects to others.
struct Area {
    all: Selection,
    projecting: Selection,
}

/// One column per area, then the connections between all areas.
fn build(options: &PresetOptions) -> Result<Network> {
    options.no_velocity(PRESET.name)?;
    let mut network = Network::new(PRESET.dt.ms());
    let mut areas = Vec::with_capacity(AREAS.len());
    for name in AREAS {
        areas.push(add_area(&mut network, options, name)?);
    }
    for target in 0..areas.len() {
        connect_inputs(&mut network, options, &areas, target)?;
    }
    let all = areas.iter().fold(Selection::default(), |all, area| all.and(&area.all));
    record_all(&mut network, &all)?;
    Ok(network)
}

/// Adds the column of one area; the agranular one has no layer 4.
fn add_area(network: &mut Network, options: &PresetOptions, name: &str) -> Result<Area> {
    let layer_4 = name != AGRANULAR;
    let (rate, layer_5, layer_6, agranular) = EXTERNAL;
    let factors = [1.0, 1.0, 1.0, 1.0, layer_5, 1.0, layer_6, 1.0];
    let column = Column {
        preset: PRESET.name,
        prefix: &format!("{name} "),
        layer_4,
        size: SIZE,
        g: G,
        external: factors.map(|factor| rate * factor * if layer_4 { 1.0 } else { agranular }),
        start: [START; 8],
        rates: RATES[usize::from(!layer_4)],
        distant: DISTANT * DISTANT_RATE,
    };
    let populations = column.build(network, options)?;
    let join = |all: Selection, population: &Selection| all.and(population);
    let projecting = PROJECTING.iter().filter_map(|&index| populations[index].as_ref());
    Ok(Area {
        projecting: projecting.fold(Selection::default(), join),
        all: populations.iter().flatten().fold(Selection::default(), join),
    })
}

/// Joins an area to all others: every neuron has the same number of distant inputs, shared among the areas by distance.
fn connect_inputs(network: &mut Network, options: &PresetOptions, areas: &[Area], target: usize) -> Result<()> {
    let others = || (0..areas.len()).filter(|&source| source != target);
    let falloff = |source: usize| (-area_distance(source, target) / REACH).exp();
    let sum: f64 = others().map(falloff).sum();
    let to = &areas[target].all;
    for source in others() {
        let count = DISTANT * options.scale * f64::from(to.len()) * falloff(source) / sum;
        let count = FixedTotalNumber(count.round_ties_even() as u64);
        if count.0 > 0 {
            let synapse = synapse(WEIGHT * weight_growth(options), area_distance(source, target) / VELOCITY);
            network.connect(&areas[source].projecting, to, count, synapse)?;
        }
    }
    Ok(())
}

/// The distance of two areas on the map, mm.
fn area_distance(a: usize, b: usize) -> f64 {
    let (columns, spacing) = MAP;
    let (x, y) = ((a / columns).abs_diff(b / columns), (a % columns).abs_diff(b % columns));
    spacing * (x as f64).hypot(y as f64)
}
