//! Reading the synapses of a plan back.

use crate::number::Fixed;
use crate::plan::connectivity::generate_row::Row;
use crate::plan::{Plan, Shard};

/// One synapse, by global ids.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SynapseRecord {
    /// Global id of the source.
    pub source: u32,
    /// Global id of the target.
    pub target: u32,
    /// Delay, steps.
    pub delay: u32,
    /// Weight in the unit of the target's channel, after rounding to counts.
    pub weight: f64,
    /// Input channel of the target.
    pub channel: u32,
}

impl<F: Fixed> Plan<F> {
    /// Calls `each` with every synapse that does not learn: those that are stored, shard by shard, then those that are
    /// drawn at each spike.
    pub fn each_synapse(&self, each: &mut dyn FnMut(SynapseRecord)) {
        self.shards.iter().for_each(|shard| self.each_stored(shard, each));
        let Some(connectivity) = &self.connectivity else { return };
        let mut row = Row::default();
        for (population, own) in self.populations.iter().enumerate() {
            for source in own.first..own.first + own.size {
                row.clear();
                connectivity.generate_procedural(population, source, &mut row);
                for i in 0..row.targets.len() {
                    let (target, channel) = (row.targets[i], row.channels[i]);
                    let weight = row.weights[i].value(self.locate(target).0.units[channel as usize]);
                    each(SynapseRecord { source, target, delay: row.delays[i], weight, channel });
                }
            }
        }
    }

    /// Calls `each` with every stored synapse of `shard`.
    fn each_stored(&self, shard: &Shard<F>, each: &mut dyn FnMut(SynapseRecord)) {
        let sources = (shard.rows.topology.offsets.len() as u32).saturating_sub(1) / self.blocks;
        for source in 0..sources {
            self.each_stored_of(shard, source, &mut |delay, accumulator, weight| {
                let (channel, target) =
                    (accumulator / shard.neurons(), shard.ids.start + accumulator % shard.neurons());
                let weight = weight.value(self.locate(target).0.units[channel as usize]);
                each(SynapseRecord { source, target, delay, weight, channel });
            });
        }
    }

    /// Calls `each` with the delay (steps), accumulator in `shard` and weight (counts) of every stored synapse of
    /// `source` there.
    pub(crate) fn each_stored_of(&self, shard: &Shard<F>, source: u32, each: &mut dyn FnMut(u32, u32, F)) {
        let (rows, encoding) = (&shard.rows, self.encoding);
        let layout = self.source_layouts[self.population_of(source)];
        let first = (source * self.blocks) as usize;
        let starts = rows.topology.offsets.get(first..=first + self.blocks as usize).unwrap_or_default();
        for (block, range) in (0..).zip(starts.windows(2)) {
            for at in range[0] as usize..range[1] as usize {
                let word = rows.topology.words.get(at);
                let accumulator = encoding.accumulator(word) + u32::from(layout.channel.unwrap_or(0)) * shard.neurons();
                let delay = self.min_delay + block * self.block + encoding.within(word);
                each(delay, accumulator, rows.weight(encoding, at, layout.weight));
            }
        }
    }

    /// The index of the population of neuron `id`.
    pub fn population_of(&self, id: u32) -> usize {
        self.populations.partition_point(|p| p.first <= id).saturating_sub(1)
    }

    /// The number of synapses that leave each neuron; of rows that are drawn at each spike and left to chance, the
    /// mean.
    pub fn out_degrees(&self) -> Vec<u32> {
        let mut degrees = vec![0u32; self.neurons as usize];
        for shard in self.shards.iter().filter(|s| !s.rows.topology.offsets.is_empty()) {
            for (degree, starts) in degrees
                .iter_mut()
                .zip(shard.rows.topology.offsets.windows(self.blocks as usize + 1).step_by(self.blocks as usize))
            {
                *degree += starts[starts.len() - 1] - starts[0];
            }
        }
        for (index, plan) in self.plastic.iter().enumerate() {
            for rows in self.shards.iter().map(|shard| &shard.plastic[index]) {
                for (s, ends) in (0..).zip(rows.offsets.windows(2)) {
                    degrees[plan.from.id(s) as usize] += ends[1] - ends[0];
                }
            }
        }
        if let Some(connectivity) = &self.connectivity {
            for (population, own) in self.populations.iter().enumerate() {
                for id in own.first..own.first + own.size {
                    degrees[id as usize] += connectivity.procedural_degree(population, id);
                }
            }
        }
        degrees
    }
}
