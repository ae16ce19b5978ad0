//! What a memory recalls of sequences that share their middles, and how often its segments answer random patterns.

use super::law::{exact_union_false_positive, false_positive};
use super::memory::{Memory, Moment, Shape};
use super::play::Shown;
use super::segments::{Counted, chosen};
use crate::error::{Error, Result};
use crate::random::{Draws, Purpose, stream};

/// The random stream of this file among those of [`Purpose::Encode`].
const STREAM: u32 = 0x5ef;

/// Sequences in pairs: A B C D and X B C Y with `middle` symbols between, no symbol in two pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pairs {
    /// The number of pairs.
    pub pairs: usize,
    /// The symbols that the two sequences of a pair share.
    pub middle: usize,
}

impl Pairs {
    /// The number of symbols of all pairs.
    pub fn symbols(&self) -> usize {
        self.pairs * (4 + self.middle)
    }

    /// The sequences of symbols, the two of a pair one after the other.
    pub fn sequences(&self) -> Vec<Vec<usize>> {
        let one = |pair: usize, end: usize| {
            let base = pair * (4 + self.middle);
            let middle = base + 4..base + 4 + self.middle;
            std::iter::once(base + end).chain(middle).chain([base + end + 1]).collect()
        };
        (0..self.pairs).flat_map(|pair| [one(pair, 0), one(pair, 2)]).collect()
    }
}

/// How well a memory expects elements, over all but the first of each sequence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recalled {
    /// The share of the next element's columns that are expected.
    pub right: f64,
    /// The share of all other columns that are expected.
    pub wrong: f64,
    /// The share of sequences whose last element is expected, and that of the other sequence of the pair is not.
    pub last: f64,
}

/// A memory that has learned, and how well it recalls.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The memory after all passes.
    pub memory: Memory,
    /// How well it recalled before each pass over all sequences, and after the last, on the host.
    pub passes: Vec<Recalled>,
    /// How well it recalled on the engine, after all passes.
    pub recalled: Recalled,
    /// The share of middles that, shown alone on the engine, leave both ends expected.
    pub both_ends: f64,
    /// The number of elements at which the same cells fire and expect on host and engine, and of all elements.
    pub agreeing: (usize, usize),
}

/// Lets a memory learn pairs of sequences in `passes` passes, and evaluates what it recalls, on the host and on the
/// engine.
///
/// # Errors
/// Sizes out of their range, and as [`Memory::learn`] and [`Memory::play`].
pub fn evaluate_memory(shape: &Shape, pairs: &Pairs, passes: usize, seed: u64, threads: usize) -> Result<Evaluation> {
    if pairs.pairs == 0 || pairs.middle == 0 || pairs.pairs > 10_000 || pairs.middle > 10_000 {
        return Err(Error::invalid("sequences", "pairs and symbols of a middle must be from 1 to 10,000"));
    }
    let mut memory = Memory::new(shape, pairs.symbols(), seed)?;
    let sequences = pairs.sequences();
    let elements = elements(&memory, &sequences)?;
    let mut history = Vec::new();
    for pass in 0..=passes {
        let moments = elements.iter().map(|own| memory.recall(own)).collect::<Result<Vec<_>>>()?;
        history.push(recalled(&memory, &elements, &moments));
        if pass < passes {
            sequences.iter().try_for_each(|own| memory.learn(own))?;
        }
    }
    let middles = elements.iter().step_by(2).map(|own| own[1..own.len() - 1].to_vec());
    let all: Vec<Vec<Vec<u32>>> = elements.iter().cloned().chain(middles).collect();
    let shown: Vec<Shown> = all.iter().cloned().map(Shown::Columns).collect();
    let seen = memory.play(&shown, shape.theta, threads)?.moments;
    let hosts = all.iter().map(|own| memory.recall(own)).collect::<Result<Vec<_>>>()?;
    let pairs_of = || hosts.iter().flatten().zip(seen.iter().flatten());
    let agreeing = (pairs_of().filter(|(host, engine)| host == engine).count(), pairs_of().count());
    let (whole, alone) = seen.split_at(elements.len());
    let undecided = (0..pairs.pairs).filter(|&pair| {
        let end = alone[pair].last();
        end.is_some_and(|end| (0..2).all(|own| expects(&memory, end, last_columns(&elements[2 * pair + own]))))
    });
    let both_ends = undecided.count() as f64 / pairs.pairs as f64;
    Ok(Evaluation { recalled: recalled(&memory, &elements, whole), memory, passes: history, both_ends, agreeing })
}

/// The columns of each element of each sequence.
pub(super) fn elements(memory: &Memory, sequences: &[Vec<usize>]) -> Result<Vec<Vec<Vec<u32>>>> {
    let columns = |symbol: &usize| memory.columns_of(*symbol).map(<[u32]>::to_vec);
    sequences.iter().map(|own| own.iter().map(columns).collect()).collect()
}

/// The columns of the last element, none of an empty sequence.
fn last_columns(elements: &[Vec<u32>]) -> &[u32] {
    elements.last().map_or(&[], Vec::as_slice)
}

/// Whether more than half of `columns` are expected.
fn expects(memory: &Memory, moment: &Moment, columns: &[u32]) -> bool {
    let expected = memory.columns_with(&moment.expecting);
    2 * columns.iter().filter(|column| expected.binary_search(column).is_ok()).count() > columns.len()
}

/// How well a memory expected the sequences `all`, two and two of a pair, by its moments.
fn recalled(memory: &Memory, all: &[Vec<Vec<u32>>], moments: &[Vec<Moment>]) -> Recalled {
    let (mut right, mut of, mut wrong, mut others, mut ends) = (0, 0, 0, 0, 0);
    for (own, (elements, moments)) in all.iter().zip(moments).enumerate() {
        for (next, moment) in elements.iter().skip(1).zip(moments) {
            let expected = memory.columns_with(&moment.expecting);
            let found = next.iter().filter(|column| expected.binary_search(column).is_ok()).count();
            (right, of) = (right + found, of + next.len());
            (wrong, others) = (wrong + expected.len() - found, others + memory.shape().columns as usize - next.len());
        }
        let before = moments.len().checked_sub(2).map(|place| &moments[place]);
        // The sequences of a pair have the numbers 2k and 2k + 1.
        let other = all.get(own ^ 1).map_or(&[][..], |other| last_columns(other));
        let decided =
            |before: &Moment| expects(memory, before, last_columns(elements)) && !expects(memory, before, other);
        ends += usize::from(before.is_some_and(decided));
    }
    let share = |part: usize, of: usize| part as f64 / of.max(1) as f64;
    Recalled { right: share(right, of), wrong: share(wrong, others), last: share(ends, all.len()) }
}

/// Random patterns that are shown to the segments of a memory, to count how often they answer what they have not
/// learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unknown {
    /// The active cells of a pattern, random ones of all cells.
    pub a: u32,
    /// The number of patterns that are active at once.
    pub union: u32,
    /// The number of spikes from which on a segment answers.
    pub theta: u32,
    /// How many patterns, or unions of them, are shown.
    pub shown: u32,
}

/// How often the segments of a memory answer random patterns, counted on the engine, and by the law: its mean over segments,
/// each with its synapses that count.
///
/// # Errors
/// No segments; less than two patterns or more than 100,000; no active cells, or more than there are cells.
pub fn memory_false_positives(memory: &Memory, asked: &Unknown, seed: u64, threads: usize) -> Result<(Counted, f64)> {
    let Unknown { a, union, theta, shown } = *asked;
    let n = memory.shape().size();
    if a == 0 || a > n || union == 0 || theta == 0 || !(2..=100_000).contains(&shown) {
        let problem =
            "active cells must be from 1 to all, patterns at once and theta 1 or more, and patterns from 2 to 100,000";
        return Err(Error::invalid("unknown patterns", problem));
    }
    let sizes: Vec<u64> = memory.segments.iter().flatten().map(|own| own.connected().count() as u64).collect();
    if sizes.is_empty() {
        return Err(Error::invalid("unknown patterns", "the memory has no segments; let it learn first"));
    }
    let (n, a_wide, theta_wide) = (u64::from(n), u64::from(a), u64::from(theta));
    let law = |s: u64| match union {
        1 => false_positive(n, a_wide, s, theta_wide),
        _ => exact_union_false_positive(n, a_wide, s, theta_wide, union.into()),
    };
    let largest = sizes.iter().copied().max().unwrap_or(0);
    let laws = (0..=largest).map(law).collect::<Result<Vec<f64>>>()?;
    let expected = sizes.iter().map(|&s| laws[s as usize]).sum::<f64>() / sizes.len() as f64;
    let pattern = |id: u32| {
        let mut draws = Draws::new(seed, stream(Purpose::Encode, STREAM), id.into());
        let mut cells: Vec<u32> = (0..union).flat_map(|_| chosen(memory.shape().size(), a, &mut draws)).collect();
        cells.sort_unstable();
        cells.dedup();
        Shown::Cells(cells)
    };
    let patterns: Vec<Shown> = (0..shown).map(pattern).collect();
    let answers = memory.play(&patterns, theta, threads)?.answers;
    let shares: Vec<f64> = answers.iter().flatten().map(|count| f64::from(*count) / sizes.len() as f64).collect();
    Ok((Counted::from_shares(&shares), expected))
}
