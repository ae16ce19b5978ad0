//! A projection that can be drawn: how many synapses each source has, whom they reach, with what weights and delays.

use std::sync::Arc;

use crate::network::{Part, Selection};
use crate::number::Fixed;
use crate::plan::connectivity::permutation::Permutation;
use crate::plan::connectivity::quantiles::{GapTable, ThresholdTable};
use crate::plan::connectivity::weights::Weights;

/// A projection that can be drawn source by source.
#[derive(Debug)]
pub struct ProceduralProjection<F> {
    /// The sources.
    pub from: Selection,
    /// The targets and weights, population by population.
    pub target_ranges: Vec<TargetRange<F>>,
    /// How many synapses each source has, and whom they reach.
    pub rows: RowPattern,
    /// The delays.
    pub delays: Delays,
    /// Whether a neuron may reach itself.
    pub autapses: bool,
    /// The random stream of its synapses.
    pub stream: u32,
    /// The key of the seed.
    pub key: [u32; 2],
    /// The number of all synapses; the mean where the rule leaves it to chance.
    pub synapses: u64,
    /// Whether the synapses learn, see [`crate::plan::plastic`].
    pub learns: bool,
}

/// Targets of a projection in one population.
#[derive(Debug)]
pub struct TargetRange<F> {
    /// Index of the first of them in the projection's targets.
    pub index: u32,
    /// Their part of the population.
    pub part: Part,
    /// Weights in counts of the population's channels.
    pub weights: Weights<F>,
}

/// How many synapses a source has, and whom they reach.
#[derive(Debug)]
pub enum RowPattern {
    /// The target of the same index.
    OneToOne,
    /// Every target, of which this is the number.
    All(u32),
    /// Every target with a probability, by the gaps between those that are taken, and the number of targets.
    Gaps(GapTable, u32),
    /// The same number of synapses from each source, each with a target drawn from all.
    Each {
        /// Number of synapses of a source.
        degree: u32,
        /// Number of targets.
        targets: u32,
    },
    /// A number of synapses for each source, each with a target drawn from all.
    Lengths {
        /// Number of synapses of each source.
        lengths: Vec<u32>,
        /// Number of targets.
        targets: u32,
    },
    /// A fixed number of inputs of each target; a source has successive positions in a permutation of all inputs.
    Inputs {
        /// Where the positions of each source start; one more at the end.
        starts: Vec<u32>,
        /// Number of inputs of a target.
        degree: u32,
        /// From positions to inputs; input i is onto target i / `degree`.
        permutation: Permutation,
    },
    /// Explicit pairs.
    Explicit(Explicit),
}

/// Delays of a projection, steps.
#[derive(Debug)]
pub enum Delays {
    /// The same for all synapses.
    Same(u32),
    /// Drawn by a random word.
    Table(ThresholdTable),
    /// One for each pair of an explicit projection.
    Each(Vec<u32>),
}

/// Pairs of indices into the two selections of a projection. A pair's number, its place in the order in which pairs are
/// listed or drawn, keys its random numbers.
#[derive(Debug, Clone)]
pub struct Explicit {
    /// Per source, where its pairs start in `order`; one more at the end.
    pub starts: Vec<u32>,
    /// Numbers of the pairs by source; `None` where the pairs are in that order already.
    pub order: Option<Vec<u32>>,
    /// Index of the target of each pair, by number.
    pub targets: Arc<[u32]>,
}

impl Explicit {
    /// Pairs of `sources` and `targets`, sorted by source (counting sort); those of one source stay in their order.
    /// `count` is the number of sources of the projection.
    pub(crate) fn sorted(count: u32, sources: &[u32], targets: Arc<[u32]>) -> Explicit {
        let mut starts = vec![0u32; count as usize + 1];
        sources.iter().for_each(|&s| starts[s as usize + 1] += 1);
        for i in 0..count as usize {
            starts[i + 1] += starts[i];
        }
        if sources.is_sorted() {
            return Explicit { starts, order: None, targets };
        }
        let mut next = starts.clone();
        let mut order = vec![0u32; sources.len()];
        for (k, &s) in sources.iter().enumerate() {
            order[next[s as usize] as usize] = k as u32;
            next[s as usize] += 1;
        }
        Explicit { starts, order: Some(order), targets }
    }

    /// The memory that the lists take, bytes.
    pub fn bytes(&self) -> u64 {
        (self.starts.len() + self.order.as_ref().map_or(0, Vec::len) + self.targets.len()) as u64 * 4
    }

    /// The numbers of the pairs of source `s`.
    #[inline]
    pub fn of(&self, s: u32) -> impl Iterator<Item = u32> + '_ {
        let range = self.starts[s as usize]..self.starts[s as usize + 1];
        range.map(|at| self.order.as_ref().map_or(at, |order| order[at as usize]))
    }
}

impl<F> ProceduralProjection<F> {
    /// The shortest and the longest delay, steps.
    pub fn delay_range(&self) -> (u32, u32) {
        match &self.delays {
            Delays::Same(steps) => (*steps, *steps),
            Delays::Table(table) => (table.first, table.last()),
            Delays::Each(steps) => (steps.iter().copied().min().unwrap_or(1), steps.iter().copied().max().unwrap_or(1)),
        }
    }
}

impl<F: Fixed> ProceduralProjection<F> {
    /// The memory that the rule, its tables and lists take, bytes.
    pub(crate) fn bytes(&self) -> u64 {
        let words = match &self.rows {
            RowPattern::Lengths { lengths: words, .. } | RowPattern::Inputs { starts: words, .. } => words.len() as u64,
            RowPattern::Gaps(gaps, _) => gaps.words(),
            RowPattern::Explicit(pairs) => pairs.bytes() / 4,
            RowPattern::OneToOne | RowPattern::All(_) | RowPattern::Each { .. } => 0,
        };
        let delays = match &self.delays {
            Delays::Same(_) => 0,
            Delays::Table(table) => table.words(),
            Delays::Each(steps) => steps.len() as u64,
        };
        let target_range = |l: &TargetRange<F>| std::mem::size_of::<TargetRange<F>>() as u64 + l.weights.bytes();
        let target_ranges: u64 = self.target_ranges.iter().map(target_range).sum();
        std::mem::size_of::<ProceduralProjection<F>>() as u64 + (words + delays) * 4 + target_ranges
    }

    /// Whether random words are needed for each synapse: the permutation of inputs needs none.
    #[inline(always)]
    pub fn needs_words(&self) -> bool {
        let targets = matches!(self.rows, RowPattern::Each { .. } | RowPattern::Lengths { .. });
        targets
            || matches!(self.delays, Delays::Table(_))
            || self.target_ranges.iter().any(|l| matches!(l.weights, Weights::Table { .. } | Weights::Discrete(_)))
    }

    /// The number of synapses of source `s`; the mean where each row is left to chance.
    pub fn degree(&self, s: u32) -> u32 {
        match &self.rows {
            RowPattern::OneToOne => 1,
            RowPattern::All(n) => *n,
            // Rounded so that all sources together have as many as the projection.
            RowPattern::Gaps(..) => {
                let until = |s: u64| (u128::from(self.synapses) * u128::from(s) / u128::from(self.from.len())) as u64;
                (until(u64::from(s) + 1) - until(u64::from(s))) as u32
            }
            RowPattern::Each { degree, .. } => *degree,
            RowPattern::Lengths { lengths, .. } => lengths[s as usize],
            RowPattern::Inputs { starts, .. } => starts[s as usize + 1] - starts[s as usize],
            RowPattern::Explicit(pairs) => pairs.starts[s as usize + 1] - pairs.starts[s as usize],
        }
    }

    /// The numbers of the explicit pairs of source `s`, whose global id is `id`, in the order in which a row has them
    /// and without autapses that the rule forbids; `None` where pairs are not explicit.
    pub(crate) fn numbers_of(&self, s: u32, id: u32) -> Option<Vec<u32>> {
        let RowPattern::Explicit(pairs) = &self.rows else { return None };
        let target = |index: u32| {
            let ranges = self.target_ranges.iter();
            let mut own = ranges.filter_map(|r| Some((r.part.first, index.checked_sub(r.index)?, r.part.count)));
            own.find(|(_, k, count)| k < count).map(|(first, k, _)| first + k)
        };
        let kept = |number: &u32| self.autapses || target(pairs.targets[*number as usize]) != Some(id);
        Some(pairs.of(s).filter(kept).collect())
    }
}
