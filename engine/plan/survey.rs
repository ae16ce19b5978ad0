//! The survey of a network before it is laid out: in-degrees, sums of weights, delays. One pass over the synapses.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::network::Network;
use crate::plan::budget::row_start_bytes;
use crate::plan::draw::{Synapse, visit};
use crate::plan::{LANE_BITS, PlanOptions};

/// What the synapses of a network amount to.
pub(crate) struct Survey {
    /// Synapses in all.
    pub synapses: u64,
    /// Shortest delay, steps; 1 for a network without synapses.
    pub min_delay: u32,
    /// Longest delay, steps.
    pub max_delay: u32,
    /// Input lanes of the whole network.
    pub lanes: u64,
    /// In-degree of each neuron.
    pub indegree: Vec<u32>,
    /// Most spikes that reach each neuron in one step.
    pub arrivals: Vec<f64>,
    /// Sum of |weight| times the spikes its source can emit at once, per neuron and channel (`4 * id + channel`).
    pub weight_sum: Vec<f64>,
}

/// Channels a neuron may have at most.
pub(crate) const MOST_CHANNELS: usize = 4;

/// A part of the survey, for a range of targets.
struct Part {
    ids: Range<u32>,
    indegree: Vec<u32>,
    arrivals: Vec<f64>,
    weight_sum: Vec<f64>,
    min_delay: u32,
    max_delay: u32,
}

impl Survey {
    /// Surveys all projections; `most` is the number of spikes a neuron of each population can emit at once.
    pub fn new(network: &Network, seed: u64, most: &[u32], threads: u32) -> Result<Survey> {
        let neurons = network.neurons();
        let share = neurons.div_ceil(threads.max(1)).max(1);
        let ranges = (0..threads.max(1)).map(|i| (i * share).min(neurons)..((i + 1) * share).min(neurons));
        let ranges: Vec<Range<u32>> = ranges.filter(|r| !r.is_empty()).collect();
        let parts: Vec<Result<Part>> = std::thread::scope(|scope| {
            let handles: Vec<_> =
                ranges.iter().map(|ids| scope.spawn(|| Part::survey(network, seed, most, ids.clone()))).collect();
            let joined = handles.into_iter().map(|h| h.join().unwrap_or_else(|_| Err(stopped())));
            joined.collect()
        });
        let channels =
            network.populations().iter().map(|p| p.model.declaration().channels.len() as u64 * u64::from(p.size));
        let mut survey = Survey {
            synapses: 0,
            min_delay: u32::MAX,
            max_delay: 1,
            lanes: channels.sum(),
            indegree: Vec::with_capacity(neurons as usize),
            arrivals: Vec::with_capacity(neurons as usize),
            weight_sum: Vec::with_capacity(neurons as usize * MOST_CHANNELS),
        };
        for part in parts {
            let part = part?;
            survey.synapses += part.indegree.iter().map(|&n| u64::from(n)).sum::<u64>();
            survey.min_delay = survey.min_delay.min(part.min_delay);
            survey.max_delay = survey.max_delay.max(part.max_delay);
            survey.indegree.extend(part.indegree);
            survey.arrivals.extend(part.arrivals);
            survey.weight_sum.extend(part.weight_sum);
        }
        if survey.synapses == 0 {
            survey.min_delay = 1;
        }
        Ok(survey)
    }

    /// Where shards are cut: ranges of ids whose arrays all stay below the limit, and at least as many as asked for.
    pub fn cuts(&self, block: u32, blocks: u32, fixed: u64, options: &PlanOptions) -> Result<Vec<Range<u32>>> {
        let limit = options.shard_bytes;
        let row_starts = row_start_bytes(self.indegree.len() as u32, blocks);
        if row_starts > limit {
            return Err(Error::DeviceLimit {
                what: "bytes of row starts of one shard".into(),
                needed: row_starts,
                offered: limit,
                hint: "use a larger delay block or a device with larger bindings".into(),
            });
        }
        // A neuron costs its row and its lanes; equal shares of that make equal work.
        let cost = |i: usize| u64::from(self.indegree[i]) + 16;
        let total: u64 = (0..self.indegree.len()).map(cost).sum();
        let share = total.div_ceil(u64::from(options.shards.max(1))).max(1);
        let most_synapses = (limit / fixed.max(4)).min(u64::from(u32::MAX) - 1);
        let slot_bytes = u64::from(2 * block) * MOST_CHANNELS as u64 * fixed;
        let most_neurons = (limit / slot_bytes.max(64)).min((1 << LANE_BITS) / MOST_CHANNELS as u64).max(1);
        let mut cuts = Vec::new();
        let (mut start, mut synapses, mut spent) = (0u32, 0u64, 0u64);
        for i in 0..self.indegree.len() as u32 {
            let row = u64::from(self.indegree[i as usize]);
            if row > most_synapses {
                return Err(Error::DeviceLimit {
                    what: format!("synapses onto neuron {i}"),
                    needed: row,
                    offered: most_synapses,
                    hint: "no shard can hold its inputs; reduce its in-degree".into(),
                });
            }
            let full = synapses + row > most_synapses || u64::from(i - start) >= most_neurons || spent >= share;
            if full && i > start {
                cuts.push(start..i);
                (start, synapses, spent) = (i, 0, 0);
            }
            synapses += row;
            spent += cost(i as usize);
        }
        cuts.push(start..self.indegree.len() as u32);
        Ok(cuts)
    }
}

impl Part {
    fn survey(network: &Network, seed: u64, most: &[u32], ids: Range<u32>) -> Result<Part> {
        let count = ids.len();
        let mut part = Part {
            indegree: vec![0; count],
            arrivals: vec![0.0; count],
            weight_sum: vec![0.0; count * MOST_CHANNELS],
            min_delay: u32::MAX,
            max_delay: 1,
            ids: ids.clone(),
        };
        for index in 0..network.projections().len() {
            let projection = &network.projections()[index];
            let emitted = projection.from.parts().iter().map(|p| most[p.population]).max().unwrap_or(1);
            visit(network, index, seed, &ids, &mut |synapse| part.add(network, index, emitted, synapse))?;
        }
        Ok(part)
    }

    fn add(&mut self, network: &Network, index: usize, emitted: u32, synapse: Synapse) -> Result<()> {
        let local = (synapse.target - self.ids.start) as usize;
        let (channel, weight) = channel_of(network, index, &synapse)?;
        self.indegree[local] = self.indegree[local].checked_add(1).ok_or_else(|| {
            let problem = "a neuron has more than 4,294,967,295 inputs".into();
            Error::Network { place: network.projections()[index].place(network), problem }
        })?;
        self.arrivals[local] += f64::from(emitted);
        self.weight_sum[local * MOST_CHANNELS + channel] += weight.abs() * f64::from(emitted);
        self.min_delay = self.min_delay.min(synapse.delay);
        self.max_delay = self.max_delay.max(synapse.delay);
        Ok(())
    }
}

/// The channel of the target that a synapse reaches, and the weight as that channel takes it.
pub(crate) fn channel_of(network: &Network, index: usize, synapse: &Synapse) -> Result<(usize, f64)> {
    let projection = &network.projections()[index];
    let part = projection.to.parts().iter().find(|p| synapse.target.wrapping_sub(p.first) < p.count);
    let population = &network.populations()[part.map_or(0, |p| p.population)];
    let found = Network::channel(population.model.as_ref(), &projection.synapse.receptor, synapse.weight);
    found.ok_or_else(|| {
        let problem =
            format!("no receptor of {} takes a weight of {}", population.model.declaration().name, synapse.weight);
        Error::Network { place: projection.place(network), problem }
    })
}

/// A build thread stopped without a result.
pub(crate) fn stopped() -> Error {
    Error::Internal("a thread that builds the network stopped".into())
}
