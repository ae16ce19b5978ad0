//! The largest input that each neuron can get in a step from explicit synapses and from listed input.

use crate::network::Population;
use crate::plan::connectivity::projection::Explicit;
use crate::plan::input::Input;
use crate::plan::input_bound::InputBound;
use crate::plan::resolve::{Channel, Law, Resolved, ResolvedStimulus, Target};

/// The largest input of a step from lists, per population, neuron and channel.
pub(crate) struct ExplicitInput {
    populations: Vec<PopulationInput>,
}

/// The largest input of a step to the neurons of a population, all channels of the first neuron, then of the second...;
/// empty where the network has no lists.
struct PopulationInput {
    /// Global id of the first neuron.
    first: u32,
    /// Number of channels.
    channels: usize,
    /// Sums of weights.
    sums: Vec<f64>,
    /// Numbers of spikes that arrive.
    arrivals: Vec<f64>,
}

impl ExplicitInput {
    /// No input yet; `pairs` are those of the network's projections that are explicit.
    pub fn new(network: &Resolved<'_>, pairs: &[Option<Explicit>]) -> ExplicitInput {
        let spikes = network.stimuli.iter().any(|s| matches!(s.input, Input::Spikes { .. }));
        let lists = spikes || pairs.iter().any(Option::is_some);
        let listed = |population: &Population| {
            let channels = population.model.declaration().channels.len();
            let size = if lists { population.size as usize * channels } else { 0 };
            PopulationInput { first: population.first, channels, sums: vec![0.0; size], arrivals: vec![0.0; size] }
        };
        ExplicitInput { populations: network.populations.iter().map(listed).collect() }
    }

    /// The largest sum of weights, and the largest number of spikes, that a neuron of `population` gets on `channel` in
    /// a step.
    pub fn largest(&self, population: usize, channel: usize) -> (f64, f64) {
        let PopulationInput { channels, sums, arrivals, .. } = &self.populations[population];
        let largest =
            |values: &[f64]| values.chunks_exact(*channels).fold(0.0f64, |most, chunk| most.max(chunk[channel]));
        (largest(sums), largest(arrivals))
    }

    /// Adds `spikes` spikes of `weight` that neuron `id` of a population may get on `channel` in one step.
    fn add(&mut self, population: usize, id: u32, channel: u8, weight: f64, spikes: f64) {
        let listed = &mut self.populations[population];
        let at = (id - listed.first) as usize * listed.channels + usize::from(channel);
        listed.sums[at] += weight * spikes;
        listed.arrivals[at] += spikes;
    }

    /// Adds the explicit synapses `pairs` of a projection onto `target`, whose weights follow the law `weight` and
    /// whose sources emit up to `emitted` spikes in a step. `inputs` takes note of weights that are listed, channel by
    /// channel.
    pub fn add_pairs(
        &mut self,
        weight: &Law<'_>,
        pairs: &Explicit,
        target: &Target,
        emitted: f64,
        inputs: &mut [InputBound],
    ) {
        let part = target.part;
        // Per channel, the largest of weights that are drawn.
        let drawn = |range: (f64, f64)| {
            let largest = |c: Channel| c.takes.apply(range.0).abs().max(c.takes.apply(range.1).abs());
            target.channels.reached(range).map(|channel| (channel.index, largest(channel))).collect()
        };
        let drawn: Vec<(u8, f64)> = if let Law::Each(_) = weight { Vec::new() } else { drawn(weight.range()) };
        for (k, &t) in pairs.targets.iter().enumerate() {
            let Some(i) = t.checked_sub(target.index).filter(|&i| i < part.count) else { continue };
            if let Law::Each(values) = weight {
                self.add_known(target, i, values[k], emitted, inputs);
            }
            let (population, id) = (part.population, part.first + i);
            drawn.iter().for_each(|&(channel, largest)| self.add(population, id, channel, largest, emitted));
        }
    }

    /// Adds explicit synapses onto `target` that learn, with weights up to `most`, on `channel`.
    pub fn add_learned(&mut self, target: &Target, pairs: &Explicit, channel: u8, most: f64, emitted: f64) {
        for &t in pairs.targets.iter() {
            if let Some(i) = t.checked_sub(target.index).filter(|&i| i < target.part.count) {
                self.add(target.part.population, target.part.first + i, channel, most, emitted);
            }
        }
    }

    /// Adds the listed spikes of `stimulus`, if it has any; `inputs` takes note of their weights, per population and
    /// channel.
    pub fn add_stimulus(&mut self, stimulus: &ResolvedStimulus<'_>, seed: u64, inputs: &mut [Vec<InputBound>]) {
        let Input::Spikes { at_once, .. } = stimulus.input else { return };
        for target in &stimulus.targets {
            let own = &mut inputs[target.part.population];
            for i in 0..target.part.count {
                let weight = stimulus.weight(seed, target.index + i);
                self.add_known(target, i, weight, at_once.into(), own);
            }
        }
    }

    /// Adds `spikes` spikes of the known weight `weight` to neuron `i` of `target`, and takes note of the weight in
    /// `inputs`.
    fn add_known(&mut self, target: &Target, i: u32, weight: f64, spikes: f64, inputs: &mut [InputBound]) {
        let Some(channel) = target.channels.of(weight) else { return };
        let taken = channel.takes.apply(weight);
        inputs[usize::from(channel.index)].add_value(taken);
        self.add(target.part.population, target.part.first + i, channel.index, taken.abs(), spikes);
    }
}
