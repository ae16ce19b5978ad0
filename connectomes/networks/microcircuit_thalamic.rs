#![doc = include_str!("microcircuit_thalamic.md")]

use super::column::{DELAYS, NEURONS, WEIGHT, joined, lost_current, synapse, weight_growth};
use super::{Preset, PresetOptions, microcircuit, population, record_all};
use crate::error::Result;
use crate::network::{DcGenerator, FixedTotalNumber, Network, PoissonGenerator, Selection, Static};

pub(super) const PRESET: Preset = Preset {
    name: "microcircuit-thalamic",
    title: "The cortical microcircuit of Potjans & Diesmann 2014, and a volley from 902 neurons of the thalamus",
    documentation: include_str!("microcircuit_thalamic.md"),
    build,
    seconds: 1.0,
    dt: 0.1,
};

/// Neurons of the thalamus.
const THALAMUS: u32 = 902;
/// The populations that the thalamus reaches, by their place among the eight, and the connection probabilities.
const PROBABILITY: [(usize, f64); 4] = [(2, 0.0983), (3, 0.0619), (6, 0.0512), (7, 0.0196)];
/// The volley: spikes/s of each neuron, from when until when, ms.
const PULSE: PoissonGenerator = PoissonGenerator { rate: 120.0, start: 700.0, stop: 710.0 };
/// From the generator to the neurons of the thalamus, ms: what NEST gives a connection that says nothing.
const RELAY: f64 = 1.0;

/// The column as it is, then the thalamus: so the cortex draws what it draws without.
fn build(options: &PresetOptions) -> Result<Network> {
    let (mut network, cortex) = microcircuit::cortex(PRESET.name, options)?;
    let size = options.scaled(PRESET.name, THALAMUS)?;
    let thalamus = network.add_population(population("thalamus", size, "parrot_neuron", &[])?)?;
    for (index, probability) in PROBABILITY {
        excite(&mut network, options, &thalamus, &cortex[index], (index, probability))?;
    }
    network.stimulate(&thalamus, PULSE, Static::new(1.0, RELAY))?;
    let all = cortex.iter().fold(Selection::default(), |all, population| all.and(population));
    record_all(&mut network, &all.and(&thalamus))?;
    Ok(network)
}

/// Joins the thalamus to one population. Of a smaller network a current makes up for the mean of the volley that is lost.
fn excite(
    network: &mut Network,
    options: &PresetOptions,
    from: &Selection,
    to: &Selection,
    (index, probability): (usize, f64),
) -> Result<()> {
    let neurons = f64::from(NEURONS[index]);
    let full = joined(probability, f64::from(THALAMUS) * neurons);
    let count = FixedTotalNumber((full * options.scale * options.scale).round_ties_even() as u64);
    if count.0 > 0 {
        network.connect(from, to, count, synapse(WEIGHT * weight_growth(options), DELAYS[0]))?;
    }
    let lost = lost_current(options, WEIGHT * PULSE.rate * full / neurons);
    if lost == 0.0 {
        return Ok(());
    }
    let current = DcGenerator { amplitude: lost, start: PULSE.start, stop: PULSE.stop };
    network.stimulate(to, current, Static::new(1.0, RELAY + DELAYS[0]))
}
