//! Sums of what lists bring to each neuron: synapses given or drawn one by one, and listed input.

use crate::error::Result;
use crate::network::{Drive, Network, Part, Population, Projection, Stimulus, Value};
use crate::plan::connectivity::explicit::Explicit;
use crate::plan::connectivity::weights::{Channel, channels};
use crate::plan::fixed_point::InputBound;
use crate::plan::stimuli::listed_at_once;

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
    pub fn new(network: &Network, pairs: &[Option<Explicit>]) -> ExplicitInput {
        let spikes = network.stimuli().iter().any(|s| matches!(s.drive, Drive::Spikes(_)));
        let lists = spikes || pairs.iter().any(Option::is_some);
        let listed = |population: &Population| {
            let channels = population.model.declaration().channels.len();
            let size = if lists { population.size as usize * channels } else { 0 };
            Listed { first: population.first, channels, sums: vec![0.0; size], arrivals: vec![0.0; size] }
        };
        ExplicitInput { populations: network.populations().iter().map(listed).collect(), smallest: f64::INFINITY }
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

    /// Listed synapses onto `part`, whose first neuron is target `first` of the projection.
    #[allow(clippy::too_many_arguments)]
    pub fn pairs(
        &mut self,
        projection: &Projection,
        pairs: &Explicit,
        (first, part): (u32, Part),
        emitted: f64,
        signs: &[Option<Channel>; 2],
        range: (f64, f64),
        inputs: &mut [InputBound],
    ) {
        let values = match &projection.synapse.weight {
            Value::Each(values) => Some(values),
            _ => None,
        };
        for (k, &t) in pairs.targets.iter().enumerate() {
            let Some(i) = t.checked_sub(first).filter(|&i| i < part.count) else { continue };
            match values {
                Some(values) => {
                    let value = values[k];
                    let Some(channel) = signs[usize::from(value < 0.0)] else { continue };
                    let taken = channel.taken(value);
                    inputs[channel.index as usize].value(taken);
                    if taken != 0.0 {
                        self.smallest = self.smallest.min(taken.abs());
                    }
                    self.add(part.population, part.first + i, channel.index, taken.abs(), emitted);
                }
                None => {
                    for (negative, channel) in signs.iter().enumerate() {
                        let reached = if negative == 0 { range.1 >= 0.0 } else { range.0 < 0.0 };
                        if let Some(channel) = channel.filter(|_| reached) {
                            let largest = channel.taken(range.0).abs().max(channel.taken(range.1).abs());
                            self.add(part.population, part.first + i, channel.index, largest, emitted);
                        }
                    }
                }
            }
        }
    }

    /// Listed input.
    pub fn stimulus(
        &mut self,
        network: &Network,
        seed: u64,
        index: usize,
        stimulus: &Stimulus,
        inputs: &mut [Vec<InputBound>],
    ) -> Result<()> {
        let Drive::Spikes(spikes) = &stimulus.drive else { return Ok(()) };
        let spikes = f64::from(listed_at_once(network, stimulus, spikes)?);
        let mut item = 0u32;
        for part in stimulus.to.parts() {
            let signs = channels(network, part.population, &stimulus.synapse.receptor, &[]);
            for id in part.first..part.first + part.count {
                let weight = stimulus.weight(seed, index, item);
                if let Some(channel) = signs[usize::from(weight < 0.0)] {
                    let taken = channel.taken(weight);
                    inputs[part.population][channel.index as usize].value(taken);
                    self.smallest = if taken == 0.0 { self.smallest } else { self.smallest.min(taken.abs()) };
                    self.add(part.population, id, channel.index, taken.abs(), spikes);
                }
                item += 1;
            }
        }
        Ok(())
    }
}
