//! Sums of what lists bring to each neuron: synapses given or drawn one by one, and listed input.

use crate::error::Result;
use crate::network::{Drive, Network, Part, Projection, Stimulus, Value};
use crate::plan::connectivity::explicit::Explicit;
use crate::plan::connectivity::weights::{Channel, channels};
use crate::plan::fixed_point::InputBound;
use crate::plan::stimuli::listed_at_once;
use crate::tile::MAX_CHANNELS;

/// Per neuron and channel, the largest sum of a step; nothing where there are no lists.
pub(crate) struct ExplicitInput {
    sums: Vec<f64>,
    arrivals: Vec<f64>,
    /// The smallest weight in a list, but for 0.
    pub smallest: f64,
}

impl ExplicitInput {
    pub fn new(network: &Network, pairs: &[Option<Explicit>]) -> ExplicitInput {
        let spikes = network.stimuli().iter().any(|s| matches!(s.drive, Drive::Spikes(_)));
        let lists = spikes || pairs.iter().any(Option::is_some);
        let size = if lists { network.neurons() as usize * MAX_CHANNELS } else { 0 };
        ExplicitInput { sums: vec![0.0; size], arrivals: vec![0.0; size], smallest: f64::INFINITY }
    }

    /// The largest sum and the most spikes that a neuron of `first..first + count` gets.
    pub fn most(&self, first: u32, count: u32, channel: usize) -> (f64, f64) {
        let largest = |values: &[f64]| {
            let own = values.chunks_exact(MAX_CHANNELS).skip(first as usize).take(count as usize);
            own.fold(0.0f64, |most, chunk| most.max(chunk[channel]))
        };
        (largest(&self.sums), largest(&self.arrivals))
    }

    fn add(&mut self, id: u32, channel: u8, weight: f64, spikes: f64) {
        let at = id as usize * MAX_CHANNELS + usize::from(channel);
        self.sums[at] += weight * spikes;
        self.arrivals[at] += spikes;
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
        inputs: &mut [InputBound; MAX_CHANNELS],
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
                    self.add(part.first + i, channel.index, taken.abs(), emitted);
                }
                None => {
                    for (negative, channel) in signs.iter().enumerate() {
                        let reached = if negative == 0 { range.1 >= 0.0 } else { range.0 < 0.0 };
                        if let Some(channel) = channel.filter(|_| reached) {
                            let largest = channel.taken(range.0).abs().max(channel.taken(range.1).abs());
                            self.add(part.first + i, channel.index, largest, emitted);
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
        inputs: &mut [[InputBound; MAX_CHANNELS]],
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
                    self.add(id, channel.index, taken.abs(), spikes);
                }
                item += 1;
            }
        }
        Ok(())
    }
}
