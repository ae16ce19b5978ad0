//! Procedural connectivity, drawn at each spike, as one array of words for `shaders/propagate_procedural.wgsl`.
//!
//! The array begins with the number of populations and a spare word, then per population: its first neuron, where its
//! list of projections starts, how many there are. An entry of a list is the first and the last delay block of a
//! projection and where its record starts; a record has a word per name of [`FIELDS`].

use crate::device::gpu::shared::NONE;
use crate::plan::Plan;
use crate::plan::connectivity::permutation::ROUNDS;
use crate::plan::connectivity::procedural::{Connectivity, Delays, ProceduralProjection, RowPattern};
use crate::plan::connectivity::quantiles::{CELL_BITS, FRACTION_BITS, ThresholdTable};
use crate::plan::connectivity::weights::Weights;

/// Places of the fields in a projection's record and of those in a target range (`RANGE_...`), kinds of rows, and
/// sizes, with their names in `shaders/propagate_procedural.wgsl`.
pub const FIELDS: [(&str, u32); 39] = [
    ("KIND", 0),
    ("STREAM", 1),
    ("KEY", 2),
    ("AUTAPSES", 4),
    ("NEEDS_WORDS", 5),
    ("LENGTH", 6),
    ("TARGETS", 7),
    ("ROWS", 8),
    ("GAP_TABLE", 9),
    ("GAP_COUNT", 10),
    ("DELAY_FIRST", 11),
    ("DELAY_TABLE", 12),
    ("DELAY_COUNT", 13),
    ("TARGET_RANGES", 14),
    ("TARGET_RANGE_COUNT", 15),
    ("FROM", 16),
    ("FROM_COUNT", 17),
    ("PERMUTATION", 18),
    ("TARGET_RANGE_WORDS", TARGET_RANGE_WORDS),
    ("RANGE_INDEX", 0),
    ("RANGE_FIRST", 1),
    ("RANGE_CHANNEL", 2),
    ("RANGE_WEIGHT", 3),
    ("RANGE_TABLE", 4),
    ("RANGE_NEGATIVE_TABLE", 5),
    ("RANGE_NEGATIVE_CHANNEL", 6),
    ("RANGE_MAGNITUDE", 7),
    ("RANGE_STEPS", 8),
    ("CELLS", 1 << CELL_BITS),
    ("CELL_BITS", CELL_BITS),
    ("FRACTION_BITS", FRACTION_BITS),
    ("ROUNDS", ROUNDS as u32),
    ("ONE_TO_ONE", ONE_TO_ONE),
    ("EACH", EACH),
    ("GAPS", GAPS),
    ("INPUTS", INPUTS),
    ("NO_ROW", NO_ROW),
    ("HEADER_WORDS", HEADER_WORDS as u32),
    ("POPULATION_WORDS", POPULATION_WORDS as u32),
];
const TARGET_RANGE_WORDS: u32 = 9;
const ONE_TO_ONE: u32 = 0;
const ALL: u32 = 1;
const EACH: u32 = 2;
const GAPS: u32 = 3;
const INPUTS: u32 = 4;
const NO_ROW: u32 = 5;
const RECORD_WORDS: usize = 21 + ROUNDS;
const HEADER_WORDS: usize = 2;
const POPULATION_WORDS: usize = 3;

/// The words of a plan's procedural connectivity; empty where no row is drawn.
pub fn words(plan: &Plan<i32>) -> Vec<u32> {
    let Some(connectivity) = &plan.connectivity else { return Vec::new() };
    let mut words = vec![0u32; HEADER_WORDS + POPULATION_WORDS * plan.populations.len()];
    words[0] = plan.populations.len() as u32;
    let mut records = vec![NONE; connectivity.projections.len()];
    for (index, population) in plan.populations.iter().enumerate() {
        for &projection in &connectivity.procedural[index] {
            if records[projection as usize] == NONE {
                records[projection as usize] = add_record(&connectivity.projections[projection as usize], &mut words);
            }
        }
        let at = HEADER_WORDS + POPULATION_WORDS * index;
        (words[at], words[at + 1]) = (population.first, words.len() as u32);
        words[at + 2] = connectivity.procedural[index].len() as u32;
        for &projection in &connectivity.procedural[index] {
            let (first, last) = connectivity.projections[projection as usize].delay_range();
            let block = |delay: u32| (delay - plan.min_delay) / plan.block;
            words.extend([block(first), block(last), records[projection as usize]]);
        }
    }
    words
}

/// An upper bound on the number of words that [`words`] gives, so that they can be refused before they are made: what
/// the host keeps of the rules, its tables included, and for each projection its record and, in reserve, once more two
/// tables of weights of three levels, the longest table of gaps, and 1024 words.
pub fn most_words(connectivity: &Connectivity<i32>) -> u64 {
    let tables = 3 * ((1 << CELL_BITS) + 1) * 2 + 4096 + 1024;
    connectivity.bytes() / 4 + connectivity.projections.len() as u64 * (RECORD_WORDS as u64 + tables)
}

/// The largest number of procedural projections that leave one population.
pub fn most_projections(plan: &Plan<i32>) -> u32 {
    let lists = plan.connectivity.iter().flat_map(|c| &c.procedural);
    lists.map(|list| list.len() as u32).max().unwrap_or(0)
}

/// Appends the record of `projection` and its tables, and returns where the record starts.
fn add_record(projection: &ProceduralProjection<i32>, words: &mut Vec<u32>) -> u32 {
    let start = words.len();
    words.resize(start + RECORD_WORDS, NONE);
    let mut own = vec![NONE; RECORD_WORDS];
    own[1..4].copy_from_slice(&[projection.stream, projection.key[0], projection.key[1]]);
    own[4..6].copy_from_slice(&[u32::from(projection.autapses), u32::from(projection.needs_words())]);
    add_rows(&projection.rows, &mut own, words);
    let (first, table) = match &projection.delays {
        Delays::Same(steps) => (*steps, &[][..]),
        Delays::Table(ThresholdTable { first, thresholds, .. }) => (*first, thresholds.as_slice()),
        // Lists of pairs are stored.
        Delays::Each(_) => (1, &[][..]),
    };
    own[11..14].copy_from_slice(&[first, words.len() as u32, table.len() as u32]);
    words.extend(table);
    add_target_ranges(projection, &mut own, words);
    own[16..18].copy_from_slice(&[words.len() as u32, projection.from.parts().len() as u32]);
    words.extend(projection.from.parts().iter().flat_map(|part| [part.first, part.count]));
    words[start..start + RECORD_WORDS].copy_from_slice(&own);
    start as u32
}

/// Sets the fields of a record that describe rows: their kind, lengths and targets; tables are appended to `words`.
fn add_rows(rows: &RowPattern, own: &mut [u32], words: &mut Vec<u32>) {
    let mut set = |kind, length, targets| (own[0], own[6], own[7]) = (kind, length, targets);
    match rows {
        RowPattern::OneToOne => set(ONE_TO_ONE, 1, 0),
        RowPattern::All(targets) => set(ALL, *targets, *targets),
        RowPattern::Each { degree, targets } => set(EACH, *degree, *targets),
        RowPattern::Lengths { lengths, targets } => {
            set(EACH, 0, *targets);
            own[8] = words.len() as u32;
            words.extend(lengths);
        }
        RowPattern::Gaps(table, targets) => {
            set(GAPS, 0, *targets);
            own[9..11].copy_from_slice(&[words.len() as u32, table.thresholds.len() as u32]);
            words.extend(&table.thresholds);
        }
        RowPattern::Inputs { starts, degree, permutation } => {
            set(INPUTS, 0, *degree);
            own[8] = words.len() as u32;
            words.extend(starts);
            own[18..21].copy_from_slice(&[permutation.size, permutation.low_bits, permutation.high_bits]);
            own[21..21 + ROUNDS].copy_from_slice(&permutation.keys);
        }
        // Lists of pairs are stored.
        RowPattern::Explicit(_) => set(NO_ROW, 0, 0),
    }
}

/// Appends the target ranges of `projection` to `words` and sets the fields of its record that point at them. Of a
/// range these are: the index of its first target, its global id, channel, weight, places of its tables of weights, and
/// the number of thresholds of its discrete weights.
fn add_target_ranges(projection: &ProceduralProjection<i32>, own: &mut [u32], words: &mut Vec<u32>) {
    let mut entries = Vec::new();
    for target_range in &projection.target_ranges {
        let (channel, weight, tables) = match &target_range.weights {
            Weights::Same(weight, channel) => (*channel, *weight, [NONE; 5]),
            Weights::Table { positive: (table, channel), negative } => {
                let mut tables = [words.len() as u32, NONE, 0, 0, NONE];
                words.extend(table.edges.iter().map(|&edge| edge as u32));
                if let Some((table, channel, magnitude)) = negative {
                    tables[1..4].copy_from_slice(&[words.len() as u32, u32::from(*channel), u32::from(*magnitude)]);
                    words.extend(table.edges.iter().map(|&edge| edge as u32));
                }
                (*channel, 0, tables)
            }
            Weights::Discrete(weights) => {
                let tables = [words.len() as u32, NONE, 0, 0, weights.indices.thresholds.len() as u32];
                words.extend(&weights.indices.thresholds);
                words.extend(weights.values.iter().flat_map(|&(weight, channel)| [weight as u32, u32::from(channel)]));
                (0, 0, tables)
            }
            // Lists of pairs are stored.
            Weights::Each(_) => (0, 0, [NONE; 5]),
        };
        entries.extend([target_range.index, target_range.part.first, u32::from(channel), weight as u32]);
        entries.extend(tables);
    }
    own[14..16].copy_from_slice(&[words.len() as u32, projection.target_ranges.len() as u32]);
    words.extend(entries);
}
