//! A projection that can be drawn: how many synapses each source has, whom they reach, with what weights and delays.

use std::sync::Arc;

use crate::network::{Part, Selection};
use crate::number::Fixed;
use crate::plan::connectivity::quantiles::{GapTable, Permutation, StepTable};
use crate::plan::connectivity::weights::Weights;

/// A projection that can be drawn source by source.
#[derive(Debug)]
pub struct ProceduralProjection<F> {
    /// Sources.
    pub from: Selection,
    /// Targets, population by population.
    pub target_ranges: Vec<TargetRange<F>>,
    /// Synapses per source, and whom they reach.
    pub rows: RowPattern,
    /// Delays.
    pub delays: Delays,
    /// Whether a neuron may reach itself.
    pub autapses: bool,
    /// Random stream.
    pub stream: u32,
    /// Key of the seed.
    pub key: [u32; 2],
    /// Synapses in all; the mean where the rule leaves it to chance.
    pub synapses: u64,
    /// Whether they learn, see [`crate::plan::plastic`].
    pub learns: bool,
}

/// Targets of a projection in one population.
#[derive(Debug)]
pub struct TargetRange<F> {
    /// Index of the first in the projection's targets.
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
    /// Every target.
    All(u32),
    /// Every target with a probability, by the gaps between those that are taken.
    Gaps(GapTable, u32),
    /// A fixed number, each drawn from `targets`.
    Each {
        /// Synapses of a source.
        degree: u32,
        /// Targets.
        targets: u32,
    },
    /// A number of its own, each drawn from `targets`.
    Lengths {
        /// Synapses of each source.
        lengths: Vec<u32>,
        /// Targets.
        targets: u32,
    },
    /// Positions in a permutation of all inputs.
    Inputs {
        /// Where the positions of each source start; one more at the end.
        starts: Vec<u32>,
        /// Inputs of a target.
        degree: u32,
        /// Position to input.
        permutation: Permutation,
    },
    /// Pairs.
    Explicit(Explicit),
}

/// Delays of a projection.
#[derive(Debug)]
pub enum Delays {
    /// The same for all, steps.
    Same(u32),
    /// By a random word.
    Table(StepTable),
    /// One for each pair.
    Each(Vec<u32>),
}

/// Pairs of indices into the two selections of a projection, in an order of their own, which random numbers are keyed
/// by; and that order by source.
#[derive(Debug, Clone)]
pub struct Explicit {
    /// Per source, where its pairs start in `order`; one more at the end.
    pub starts: Vec<u32>,
    /// Pairs by source; nothing where they are listed by source already.
    pub order: Option<Vec<u32>>,
    /// Index of the target of each pair.
    pub targets: Arc<[u32]>,
}

impl Explicit {
    /// Counting sort by source; pairs of one source stay in their order.
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

    /// Bytes.
    pub fn bytes(&self) -> u64 {
        (self.starts.len() + self.order.as_ref().map_or(0, Vec::len) + self.targets.len()) as u64 * 4
    }

    /// The pairs of source `s`, by number.
    #[inline]
    pub fn of(&self, s: u32) -> impl Iterator<Item = u32> + '_ {
        let range = self.starts[s as usize]..self.starts[s as usize + 1];
        range.map(|at| self.order.as_ref().map_or(at, |order| order[at as usize]))
    }
}

impl<F> ProceduralProjection<F> {
    /// Shortest and longest delay, steps.
    pub fn delay_range(&self) -> (u32, u32) {
        match &self.delays {
            Delays::Same(steps) => (*steps, *steps),
            Delays::Table(table) => (table.first, table.last()),
            Delays::Each(steps) => (steps.iter().copied().min().unwrap_or(1), steps.iter().copied().max().unwrap_or(1)),
        }
    }
}

impl<F: Fixed> ProceduralProjection<F> {
    /// Bytes of what is kept of its rule.
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

    /// Whether anything but the permutation is random.
    #[inline(always)]
    pub fn needs_words(&self) -> bool {
        let targets = matches!(self.rows, RowPattern::Each { .. } | RowPattern::Lengths { .. });
        targets
            || matches!(self.delays, Delays::Table(_))
            || self.target_ranges.iter().any(|l| matches!(l.weights, Weights::Table { .. } | Weights::Steps(_)))
    }

    /// Synapses of source `s`; the mean where each row is left to chance.
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

    /// Of listed pairs, the numbers of those of source `s`, whose global id is `id`, in the order in which they are drawn.
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
