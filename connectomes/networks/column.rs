//! The cortical column of Potjans & Diesmann 2014: its tables, and a column of any size built from them.

use super::{PresetOptions, population};
use crate::error::Result;
use crate::network::{FixedTotalNumber, Network, PoissonGenerator, Selection, Static, Value};

/// Populations, in the order of all tables here; those of even index are excitatory.
pub(super) const NAMES: [&str; 8] = ["L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I"];
/// Neurons below 1 mm² of cortex.
pub(super) const NEURONS: [u32; 8] = [20_683, 5_834, 21_915, 5_479, 4_850, 1_065, 14_395, 2_948];
/// External inputs of each neuron.
const EXTERNAL: [u32; 8] = [1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100];
/// Connection probability, `[target][source]`.
const PROBABILITY: [[f64; 8]; 8] = [
    [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0],
    [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0],
    [0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0.0],
    [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0],
    [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0],
    [0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0.0],
    [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
    [0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443],
];
/// The weight that raises the potential by 0.15 mV at its peak, pA.
pub(super) const WEIGHT: f64 = 87.8085;
/// Mean delays of excitatory and inhibitory synapses, ms; external input has that of the excitatory ones.
pub(super) const DELAYS: [f64; 2] = [1.5, 0.75];
/// Time constant of synaptic currents, ms.
const TAU_SYN: f64 = 0.5;
/// The neuron.
pub(super) const NEURON: [(&str, f64); 8] = [
    ("C_m", 250.0),
    ("tau_m", 10.0),
    ("E_L", -65.0),
    ("V_reset", -65.0),
    ("V_th", -50.0),
    ("t_ref", 2.0),
    ("tau_syn_ex", TAU_SYN),
    ("tau_syn_in", TAU_SYN),
];

/// A column: what its users choose. Tables are in the order of [`NAMES`].
pub(super) struct Column<'a> {
    /// The preset, for messages.
    pub preset: &'static str,
    /// What the names of its populations begin with.
    pub prefix: &'a str,
    /// Whether it has layer 4.
    pub layer_4: bool,
    /// Neurons at full scale, relative to the table; the inputs of each neuron stay.
    pub size: f64,
    /// Inhibitory weight relative to the excitatory one.
    pub g: f64,
    /// Rate of each external input, spikes/s.
    pub external: [f64; 8],
    /// Mean and standard deviation of V_m at time 0, mV.
    pub start: [(f64, f64); 8],
    /// Rates at full scale, spikes/s, from which the mean input that a smaller network lacks is computed.
    pub rates: [f64; 8],
    /// Spikes/s of weight [`WEIGHT`] that each neuron receives from elsewhere at full scale, for the same purpose.
    pub distant: f64,
}

/// Mean number of synapses at full size.
fn mean_synapses(target: usize, source: usize) -> f64 {
    joined(PROBABILITY[target][source], f64::from(NEURONS[target]) * f64::from(NEURONS[source]))
}

/// Mean number of synapses between so many pairs, from the probability that a pair is joined at least once.
pub(super) fn joined(probability: f64, pairs: f64) -> f64 {
    (1.0 - probability).ln() / (1.0 - 1.0 / pairs).ln()
}

/// Synapses of this mean weight (pA) and delay (ms): normal, with a standard deviation of 10 % and 50 %.
pub(super) fn synapse(weight: f64, delay: f64) -> Static {
    let sd = 0.1 * weight.abs();
    let (low, high) = if weight < 0.0 { (f64::NEG_INFINITY, 0.0) } else { (0.0, f64::INFINITY) };
    // Draws below half a step are drawn again, as NEST's example has it.
    let delay = Value::normal(delay, 0.5 * delay).within(0.05, f64::INFINITY);
    Static::new(Value::normal(weight, sd).within(low, high), delay)
}

/// Weights grow as in-degrees shrink, so that the variance of the input stays.
pub(super) fn weight_growth(options: &PresetOptions) -> f64 {
    1.0 / options.scale.sqrt()
}

/// The current, pA, that replaces the mean that a smaller network lacks of so much input at full scale, a sum of weight (pA)
/// times spikes/s (van Albada 2015).
pub(super) fn lost_current(options: &PresetOptions, input: f64) -> f64 {
    1e-3 * TAU_SYN * (1.0 - options.scale.sqrt()) * input
}

impl Column<'_> {
    /// Adds populations, synapses and external drive; absent populations are `None`.
    pub fn build(&self, network: &mut Network, options: &PresetOptions) -> Result<Vec<Option<Selection>>> {
        let mut populations = Vec::with_capacity(NAMES.len());
        for (index, name) in NAMES.iter().enumerate() {
            let present = self.layer_4 || !name.starts_with("L4");
            populations.push(if present { Some(self.populate(network, options, index)?) } else { None });
        }
        for (target, to) in populations.iter().enumerate() {
            let Some(to) = to else { continue };
            let inputs = (f64::from(EXTERNAL[target]) * options.scale).round_ties_even();
            let drive = PoissonGenerator::new(self.external[target] * inputs);
            network.stimulate(to, drive, Static::new(WEIGHT * weight_growth(options), DELAYS[0]))?;
            for (source, from) in populations.iter().enumerate() {
                let count = mean_synapses(target, source) * self.size * options.scale * options.scale;
                let count = FixedTotalNumber(count.round_ties_even() as u64);
                let (Some(from), true) = (from, count.0 > 0) else { continue };
                let weight = self.mean_weight(target, source) * weight_growth(options);
                network.connect(from, to, count, synapse(weight, DELAYS[source % 2]))?;
            }
        }
        Ok(populations)
    }

    /// Adds one population; its constant current replaces the mean input that downscaling takes away.
    fn populate(&self, network: &mut Network, options: &PresetOptions, index: usize) -> Result<Selection> {
        let full = (f64::from(NEURONS[index]) * self.size).round_ties_even() as u32;
        let size = options.scaled(self.preset, full)?;
        let mut neurons = population(&format!("{}{}", self.prefix, NAMES[index]), size, "iaf_psc_exp", &NEURON)?;
        neurons.set("V_m", Value::normal(self.start[index].0, self.start[index].1))?;
        neurons.set("I_e", lost_current(options, self.mean_input(index)))?;
        network.add_population(neurons)
    }

    /// Mean weight at full scale, pA; from layer 4 to layer 2/3 excitation is twice as strong.
    fn mean_weight(&self, target: usize, source: usize) -> f64 {
        match (target, source) {
            (0, 2) => 2.0 * WEIGHT,
            _ if source.is_multiple_of(2) => WEIGHT,
            _ => self.g * WEIGHT,
        }
    }

    /// The sum of weight times spikes/s over all inputs of a neuron at full scale.
    fn mean_input(&self, target: usize) -> f64 {
        let sources = (0..NAMES.len()).filter(|&source| self.layer_4 || !NAMES[source].starts_with("L4"));
        let indegree = |source: usize| mean_synapses(target, source) / f64::from(NEURONS[target]);
        let local: f64 = sources.map(|s| self.mean_weight(target, s) * indegree(s) * self.rates[s]).sum();
        local + WEIGHT * (f64::from(EXTERNAL[target]) * self.external[target] + self.distant)
    }
}
