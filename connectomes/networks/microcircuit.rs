#![doc = include_str!("microcircuit.md")]

use super::column::Column;
use super::{Preset, PresetOptions, record_all};
use crate::error::Result;
use crate::network::{Network, Selection};
use crate::time::TimeUnits;

pub(super) const PRESET: Preset = Preset {
    name: "microcircuit",
    title: "Potjans & Diesmann 2014: 77,169 neurons and 299 M synapses below 1 mm² of cortex",
    documentation: include_str!("microcircuit.md"),
    build,
    seconds: 1.0,
    dt: 0.1,
};

/// Inhibitory weight relative to the excitatory one.
const G: f64 = -4.0;
/// Rate of each external input, spikes/s.
const EXTERNAL: f64 = 8.0;
/// V_m at time 0 that spares the network its first volley, mV.
const START: [(f64, f64); 8] = [
    (-68.28, 5.36),
    (-63.16, 4.57),
    (-63.33, 4.74),
    (-63.45, 4.94),
    (-63.11, 4.94),
    (-61.66, 4.55),
    (-66.72, 5.46),
    (-61.43, 4.48),
];
/// Rates at full scale, spikes/s.
const RATES: [f64; 8] = [0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829];

/// One column of Potjans & Diesmann 2014 with its own external rates and starting potentials.
fn build(options: &PresetOptions) -> Result<Network> {
    let (mut network, populations) = cortex(PRESET.name, options)?;
    let all = populations.iter().fold(Selection::default(), |all, population| all.and(population));
    record_all(&mut network, &all)?;
    Ok(network)
}

/// The column and its drive, without a recorder, and its eight populations. `preset` is named in messages.
pub(super) fn cortex(preset: &'static str, options: &PresetOptions) -> Result<(Network, Vec<Selection>)> {
    options.no_velocity(preset)?;
    let column = Column {
        preset,
        prefix: "",
        layer_4: true,
        size: 1.0,
        g: G,
        external: [EXTERNAL; 8],
        start: START,
        rates: RATES,
        distant: 0.0,
    };
    let mut network = Network::new(PRESET.dt.ms());
    let populations = column.build(&mut network, options)?;
    Ok((network, populations.into_iter().flatten().collect()))
}
