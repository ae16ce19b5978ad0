//! The rows of synapses that learn, as a shard holds them.

/// Synapses that learn onto the neurons of one shard, row by row.
#[derive(Debug, Default)]
pub struct PlasticRows {
    /// Where the row of each source starts; one more at the end.
    pub offsets: Vec<u32>,
    /// Per synapse, its target, counted from the shard's first neuron.
    pub targets: Vec<u32>,
    /// Per synapse, the channel of its target; a single one where it is the same for all.
    pub channels: Vec<u8>,
    /// Per synapse, its delay, steps; a single one where it is the same for all.
    pub delays: Vec<u16>,
    /// Derived values that differ from synapse to synapse: index of the value, and that of each synapse.
    pub derived: Vec<(usize, Vec<f64>)>,
    /// Initial states that differ from synapse to synapse: index of the variable, and the value of each synapse.
    pub start: Vec<(usize, Vec<f64>)>,
    /// Per target of the plan in the shard, its domain of the third factor; empty where there is one domain.
    pub domains: Vec<u32>,
}

impl PlasticRows {
    /// The number of synapses.
    pub fn len(&self) -> usize {
        self.targets.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }
    /// The delay of synapse `at`, steps.
    #[inline(always)]
    pub fn delay(&self, at: usize) -> u32 {
        u32::from(if self.delays.len() == 1 { self.delays[0] } else { self.delays[at] })
    }
    /// The channel of synapse `at`.
    #[inline(always)]
    pub fn channel(&self, at: usize) -> usize {
        usize::from(if self.channels.len() == 1 { self.channels[0] } else { self.channels[at] })
    }
    /// The domain in which target `n` of the plan's in the shard lies.
    #[inline(always)]
    pub fn domain(&self, n: usize) -> usize {
        self.domains.get(n).map_or(0, |&domain| domain as usize)
    }
    /// The size of all lists, bytes.
    pub fn bytes(&self) -> u64 {
        let columns = self.derived.iter().chain(&self.start).map(|(_, each)| each.len() as u64 * 8).sum::<u64>();
        (self.offsets.len() + self.targets.len() + self.domains.len()) as u64 * 4
            + self.channels.len() as u64
            + self.delays.len() as u64 * 2
            + columns
    }
}
