//! Stored rows: compressed sparse rows of a shard, sorted by (source, delay block).

use std::sync::Arc;

use crate::number::Fixed;
use crate::plan::storage::encoding::{Encoding, SynapseFormat};

/// The stored synapses of a shard: the topology, and apart from it the weights. Both are shared by trials; a trial that
/// changes its weights takes a copy of these alone ([`Arc::make_mut`]).
#[derive(Debug, Clone, Default)]
pub struct StoredRows<F> {
    /// Who reaches whom, and after what delay.
    pub topology: Arc<Topology>,
    /// Per synapse in the order of the topology's words, its weight in counts; empty where weights are packed into the
    /// words, or all synapses of a source population have the same.
    pub weights: Arc<Vec<F>>,
}

/// Who reaches whom, and after what delay; nothing changes it while a network runs.
#[derive(Debug, Default)]
pub struct Topology {
    /// `sources * blocks + 1` starts of row blocks; empty where nothing is stored.
    pub offsets: Vec<u32>,
    /// Packed synapses.
    pub words: Words,
}

/// Packed synapses of 2 or 4 bytes.
#[derive(Debug)]
pub enum Words {
    /// 2 bytes each.
    Two(Vec<u16>),
    /// 4 bytes each.
    Four(Vec<u32>),
}

impl Default for Words {
    fn default() -> Words {
        Words::Four(Vec::new())
    }
}

impl Words {
    /// The number of synapses.
    pub fn len(&self) -> usize {
        match self {
            Words::Two(words) => words.len(),
            Words::Four(words) => words.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Packed synapse `at`.
    #[inline(always)]
    pub fn get(&self, at: usize) -> u32 {
        match self {
            Words::Two(words) => u32::from(words[at]),
            Words::Four(words) => words[at],
        }
    }
}

impl<F: Fixed> StoredRows<F> {
    /// The weight of synapse `at`, counts; `same` is that of all synapses of its source population, where they have the
    /// same.
    #[inline]
    pub fn weight(&self, encoding: Encoding, at: usize, same: F) -> F {
        match encoding.format {
            SynapseFormat::Wide => self.weights[at],
            SynapseFormat::Narrow => F::wide(encoding.weight(self.topology.words.get(at))),
            SynapseFormat::Plain2 | SynapseFormat::Plain4 => same,
        }
    }
}

impl<F> StoredRows<F> {
    /// The number of synapses.
    pub fn len(&self) -> usize {
        self.topology.words.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.topology.words.is_empty()
    }

    /// The size of words, row starts and weights, bytes.
    pub fn bytes(&self) -> u64 {
        let words = match &self.topology.words {
            Words::Two(words) => words.len() as u64 * 2,
            Words::Four(words) => words.len() as u64 * 4,
        };
        words + self.topology.offsets.len() as u64 * 4 + std::mem::size_of_val(self.weights.as_slice()) as u64
    }
}
