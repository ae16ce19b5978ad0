//! Sums of what lists bring to each neuron: synapses given or drawn one by one, and listed input.

use crate::network::Population;
use crate::plan::connectivity::projection::Explicit;
use crate::plan::input::Input;
use crate::plan::input_bound::InputBound;
use crate::plan::resolve::{Channel, Law, Resolved, ResolvedStimulus, Target};

/// Per population, neuron and channel, the largest sum of a step; nothing where there are no lists.
pub(crate) struct ExplicitInput {
    populations: Vec<Listed>,
    /// The smallest weight in a list, but for 0.
    pub smallest: f64,
}

/// What lists bring to the neurons of a population: channel by channel of the first, of the second...
struct Listed {
    first: u32,
    channels: usize,
    sums: Vec<f64>,
    arrivals: Vec<f64>,
}

impl ExplicitInput {
    pub fn new(network: &Resolved<'_>, pairs: &[Option<Explicit>]) -> ExplicitInput {
        let spikes = network.stimuli.iter().any(|s| matches!(s.input, Input::Spikes { .. }));
        let lists = spikes || pairs.iter().any(Option::is_some);
        let listed = |population: &Population| {
            let channels = population.model.declaration().channels.len();
            let size = if lists { population.size as usize * channels } else { 0 };
            Listed { first: population.first, channels, sums: vec![0.0; size], arrivals: vec![0.0; size] }
        };
        ExplicitInput { populations: network.populations.iter().map(listed).collect(), smallest: f64::INFINITY }
    }

    /// The largest sum and the most spikes that a neuron of `population` gets on `channel`.
    pub fn most(&self, population: usize, channel: usize) -> (f64, f64) {
        let Listed { channels, sums, arrivals, .. } = &self.populations[population];
        let largest =
            |values: &[f64]| values.chunks_exact(*channels).fold(0.0f64, |most, chunk| most.max(chunk[channel]));
        (largest(sums), largest(arrivals))
    }

    fn add(&mut self, population: usize, id: u32, channel: u8, weight: f64, spikes: f64) {
        let listed = &mut self.populations[population];
        let at = (id - listed.first) as usize * listed.channels + usize::from(channel);
        listed.sums[at] += weight * spikes;
        listed.arrivals[at] += spikes;
    }

    /// Listed synapses onto `target`.
    pub fn pairs(
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
                self.given(target, i, values[k], emitted, inputs);
            }
            let (population, id) = (part.population, part.first + i);
            drawn.iter().for_each(|&(channel, largest)| self.add(population, id, channel, largest, emitted));
        }
    }

    /// Listed synapses onto `target` that learn, with weights up to `most`.
    pub fn learned(&mut self, target: &Target, pairs: &Explicit, channel: u8, most: f64, emitted: f64) {
        for &t in pairs.targets.iter() {
            if let Some(i) = t.checked_sub(target.index).filter(|&i| i < target.part.count) {
                self.add(target.part.population, target.part.first + i, channel, most, emitted);
            }
        }
    }

    /// Listed input.
    pub fn stimulus(&mut self, stimulus: &ResolvedStimulus<'_>, seed: u64, inputs: &mut [Vec<InputBound>]) {
        let Input::Spikes { at_once, .. } = stimulus.input else { return };
        for target in &stimulus.targets {
            let own = &mut inputs[target.part.population];
            for i in 0..target.part.count {
                let weight = stimulus.weight(seed, target.index + i);
                self.given(target, i, weight, at_once.into(), own);
            }
        }
    }

    /// A weight that is known, of `spikes` to neuron `i` of `target`.
    fn given(&mut self, target: &Target, i: u32, weight: f64, spikes: f64, inputs: &mut [InputBound]) {
        let Some(channel) = target.channels.of(weight) else { return };
        let taken = channel.takes.apply(weight);
        inputs[usize::from(channel.index)].value(taken);
        self.smallest = if taken == 0.0 { self.smallest } else { self.smallest.min(taken.abs()) };
        self.add(target.part.population, target.part.first + i, channel.index, taken.abs(), spikes);
    }
}
