//! The synapses of a plan, read back.

use crate::number::Fixed;
use crate::plan::wiring::Row;
use crate::plan::{Plan, Shard};

/// One synapse, by global ids.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Synapse {
    /// Source.
    pub source: u32,
    /// Target.
    pub target: u32,
    /// Delay, steps.
    pub delay: u32,
    /// Weight in the unit of the target's channel, as it is summed.
    pub weight: f64,
    /// Input channel of the target.
    pub channel: u32,
}

impl<F: Fixed> Plan<F> {
    /// Visits every synapse: those that are stored, shard by shard, then those that are drawn at each spike.
    pub fn each_synapse(&self, each: &mut dyn FnMut(Synapse)) {
        self.shards.iter().for_each(|shard| self.stored(shard, each));
        let Some(wiring) = &self.wiring else { return };
        let mut row = Row::default();
        for (population, own) in self.populations.iter().enumerate() {
            for source in own.first..own.first + own.size {
                row.clear();
                wiring.draw_drawn(population, source, &mut row);
                for i in 0..row.targets.len() {
                    let (target, channel) = (row.targets[i], u32::from(row.channels[i]));
                    let weight = row.weights[i].value(self.locate(target).0.units[channel as usize]);
                    each(Synapse { source, target, delay: row.delays[i], weight, channel });
                }
            }
        }
    }

    fn stored(&self, shard: &Shard<F>, each: &mut dyn FnMut(Synapse)) {
        let (rows, packing) = (&shard.rows, self.packing);
        for (segment, range) in rows.offsets.windows(2).enumerate() {
            let (source, block) = (segment as u32 / self.blocks, segment as u32 % self.blocks);
            for at in range[0] as usize..range[1] as usize {
                let word = rows.words.get(at);
                let window = self.windows[self.population_of(source)];
                let lane = packing.lane(word) + u32::from(window.channel.unwrap_or(0)) * shard.neurons();
                let (channel, target) = (lane / shard.neurons(), shard.ids.start + lane % shard.neurons());
                let weight =
                    rows.weight(packing, at, window.weight).value(self.locate(target).0.units[channel as usize]);
                let delay = self.min_delay + block * self.block + packing.within(word);
                each(Synapse { source, target, delay, weight, channel });
            }
        }
    }

    /// The index of the population that holds neuron `id`.
    pub fn population_of(&self, id: u32) -> usize {
        self.populations.partition_point(|p| p.first <= id).saturating_sub(1)
    }

    /// Synapses that leave each neuron; of rows that are drawn at each spike and left to chance, the mean.
    pub fn out_degrees(&self) -> Vec<u32> {
        let mut degrees = vec![0u32; self.neurons as usize];
        for shard in self.shards.iter().filter(|s| !s.rows.offsets.is_empty()) {
            for (degree, starts) in degrees
                .iter_mut()
                .zip(shard.rows.offsets.windows(self.blocks as usize + 1).step_by(self.blocks as usize))
            {
                *degree += starts[starts.len() - 1] - starts[0];
            }
        }
        if let Some(wiring) = &self.wiring {
            for (population, own) in self.populations.iter().enumerate() {
                for id in own.first..own.first + own.size {
                    degrees[id as usize] += wiring.drawn_degree(population, id);
                }
            }
        }
        degrees
    }
}
