//! Stimuli in the tables of a shard: an entry for each that reaches a slice, and words for each step of a batch.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::device::gpu::shared::{NONE, SharedStruct, shared};
use crate::plan::{CurrentTarget, Path, Plan, WavePlan};
use crate::random::CountTable;
use crate::tile::superposed::Superposition;
use crate::tile::trains::{Counts, Kept, Thinning, White};
use crate::tile::{PoissonPlan, PoissonTarget};

/// `shaders/integrate.wgsl`'s stimulus of trains.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct PoissonEntry {
    stream: u32,
    start: u32,
    end: u32,
    channel: u32,
    neurons_start: u32,
    neurons_end: u32,
    thresholds: u32,
    threshold_count: u32,
    weights: u32,
    weight_count: u32,
    least: u32,
    rest: u32,
    rest_count: u32,
    counts: u32,
    kept: u32,
    course: u32,
    rows: u32,
    row_length: u32,
    phases: u32,
    occupied: u32,
}

/// `shaders/waves.wgsl`'s current.
#[repr(C)]
#[derive(Debug, Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct WaveEntry {
    stream: u32,
    start: u32,
    end: u32,
    neurons_start: u32,
    neurons_end: u32,
    factors: u32,
    factor_count: u32,
    kind: u32,
    course: u32,
    stride: u32,
    levels: u32,
    bridges: u32,
}

/// Words of an entry of trains in the tables.
const POISSON_WORDS: usize = size_of::<PoissonEntry>() / size_of::<u32>();

/// Counts are drawn for each target, once for all, or listed, or those of processes that fire, or no counts but white noise.
const COUNTS_OWN: u32 = 0;
const COUNTS_COMMON: u32 = 1;
const COUNTS_LISTED: u32 = 2;
const COUNTS_SUPERPOSED: u32 = 3;
const COUNTS_WHITE: u32 = 4;
/// All spikes are kept, or each target chooses, or one choice holds for all.
const KEPT_ALL: u32 = 0;
const KEPT_OWN: u32 = 1;
const KEPT_COMMON: u32 = 2;
/// All targets have the same current, or numbers of their own that are kept for a while, or follow from bridges.
const WAVE_ALIKE: u32 = 0;
const WAVE_KEPT: u32 = 1;
const WAVE_BRIDGED: u32 = 2;

/// What shaders call.
pub const CONSTANTS: [(&str, u32); 8] = [
    ("COUNTS_COMMON", COUNTS_COMMON),
    ("COUNTS_LISTED", COUNTS_LISTED),
    ("COUNTS_SUPERPOSED", COUNTS_SUPERPOSED),
    ("COUNTS_WHITE", COUNTS_WHITE),
    ("KEPT_ALL", KEPT_ALL),
    ("KEPT_COMMON", KEPT_COMMON),
    ("WAVE_ALIKE", WAVE_ALIKE),
    ("WAVE_KEPT", WAVE_KEPT),
];

/// The structs of this file that shaders share.
pub fn shared_structs() -> Vec<SharedStruct> {
    vec![
        shared!(
            "integrate",
            "Poisson",
            PoissonEntry {
                stream,
                start,
                end,
                channel,
                neurons_start,
                neurons_end,
                thresholds,
                threshold_count,
                weights,
                weight_count,
                least,
                rest,
                rest_count,
                counts,
                kept,
                course,
                rows,
                row_length,
                phases,
                occupied,
            } in "tables"
        ),
        shared!(
            "integrate",
            "Wave",
            WaveEntry {
                stream,
                start,
                end,
                neurons_start,
                neurons_end,
                factors,
                factor_count,
                kind,
                course,
                stride,
                levels,
                bridges,
            } in "tables"
        ),
    ]
}

/// A stimulus of which players are told what it does in each step of a batch, by its index in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Varying {
    /// Trains.
    Train(u32),
    /// A current.
    Wave(u32),
}

/// The tables of a shard.
#[derive(Debug, Default)]
pub struct Tables {
    /// All of them, one behind the other; entries of trains come first.
    pub words: Vec<u32>,
    /// Stimuli that have words for each step of a batch, and where these start.
    pub courses: BTreeMap<Varying, u32>,
    /// Steps of a batch at most.
    most_steps: u32,
    /// Where states end and phases of processes begin, and these, as they are at first.
    states: u32,
    pub occupied: Vec<f32>,
}

impl Tables {
    /// Room for so many entries of trains, for batches of `most_steps` steps at most, beside so many numbers of states.
    pub fn new(trains: usize, most_steps: u32, states: u32) -> Tables {
        Tables { words: vec![0; trains * POISSON_WORDS], most_steps, states, ..Tables::default() }
    }

    /// Where the thresholds of processes lie, row by row the start and how many, and where their phases do; how many these are.
    fn superposed(&mut self, own: &Superposition, targets: usize) -> (u32, [u32; 2]) {
        let rows: Vec<[u32; 2]> =
            own.rows.iter().map(|row| [self.add(row.iter().copied()), row.len() as u32]).collect();
        let occupied = self.states + self.occupied.len() as u32;
        let first = own.initial_phases();
        self.occupied.extend(first.iter().cycle().take(first.len() * targets).map(|&own| own as f32));
        (self.add(rows.into_iter().flatten()), [own.phases, occupied])
    }

    /// Entry `index` of the table of trains, its thresholds and weights behind the entries.
    pub fn poisson(&mut self, plan: &Plan<i32>, target: &PoissonTarget, index: u32) {
        let train = &plan.poisson[target.stimulus as usize];
        let none = CountTable { least: 0, thresholds: vec![], rest: vec![] };
        let (counts, table) = match &train.counts {
            Counts::Own(table) => (COUNTS_OWN, table),
            Counts::Common(table) => (COUNTS_COMMON, table),
            Counts::Packets(_) => (COUNTS_LISTED, &none),
            Counts::Superposed(_) => (COUNTS_SUPERPOSED, &none),
            Counts::White(_) => (COUNTS_WHITE, &none),
        };
        let kept = train.thinning.as_ref().map_or(KEPT_ALL, |t| if t.own { KEPT_OWN } else { KEPT_COMMON });
        let (rows, row_length) = self.rows(train, target);
        let processes = train.superposed().map(|own| (own.rows.len(), self.superposed(own, target.neurons.len())));
        let [phases, occupied] = processes.map_or([0, 0], |(_, (_, places))| places);
        let entry = PoissonEntry {
            stream: train.stream,
            start: word(train.steps.start),
            end: word(train.steps.end),
            channel: target.channel,
            neurons_start: target.neurons.start,
            neurons_end: target.neurons.end,
            thresholds: match processes {
                Some((_, (rows, _))) => rows,
                None => self.add(table.thresholds.iter().map(|&threshold| u32::from(threshold))),
            },
            threshold_count: processes.map_or(table.thresholds.len(), |(rows, _)| rows) as u32,
            weights: self.add(target.weights.iter().map(|&w| (w as f32).to_bits())),
            weight_count: target.weights.len() as u32,
            least: table.least,
            rest: match train.counts {
                Counts::White(White { first, further }) => {
                    self.add(first.into_iter().chain(further).map(|number| (number as f32).to_bits()))
                }
                _ => self.add(table.rest.iter().copied()),
            },
            rest_count: table.rest.len() as u32,
            counts,
            kept,
            course: train.word(0).map_or(NONE, |_| self.course(Varying::Train(target.stimulus), 1)),
            rows,
            row_length,
            phases,
            occupied,
        };
        let at = index as usize * POISSON_WORDS;
        self.words[at..at + POISSON_WORDS].copy_from_slice(bytemuck::cast_slice(&[entry]));
    }

    /// Entries of currents that change from step to step, side by side, with what they name before them; where they lie.
    pub fn waves(&mut self, plan: &Plan<i32>, targets: &[CurrentTarget]) -> Range<u32> {
        let entries = targets.iter().map(|target| self.wave(&plan.waves[target.stimulus as usize], target));
        let entries: Vec<WaveEntry> = entries.collect();
        let start = self.add(bytemuck::cast_slice(&entries).iter().copied());
        start..self.words.len() as u32
    }

    fn wave(&mut self, wave: &WavePlan, target: &CurrentTarget) -> WaveEntry {
        let path = wave.own.as_ref().map(|own| &own.path);
        let (kind, levels) = match path {
            None => (WAVE_ALIKE, &[][..]),
            Some(Path::Kept { .. }) => (WAVE_KEPT, &[][..]),
            Some(Path::Bridged(bridges)) => (WAVE_BRIDGED, &bridges.levels[..]),
        };
        let bits = |number: f64| (number as f32).to_bits();
        WaveEntry {
            stream: wave.own.as_ref().map_or(0, |own| own.stream),
            start: word(wave.steps.start),
            end: word(wave.steps.end),
            neurons_start: target.neurons.start,
            neurons_end: target.neurons.end,
            factors: self.add(target.factors.iter().map(|&factor| bits(factor))),
            factor_count: target.factors.len() as u32,
            kind,
            course: self.course(Varying::Wave(target.stimulus), 3),
            stride: self.most_steps,
            levels: levels.len() as u32,
            bridges: self.add(levels.iter().flat_map(|&(share, deviation)| [bits(share), bits(deviation)])),
        }
    }

    /// Puts words behind the others; where they start.
    fn add(&mut self, words: impl Iterator<Item = u32>) -> u32 {
        let start = self.words.len() as u32;
        self.words.extend(words);
        start
    }

    /// Where the thresholds of a target's neurons start, row by row, and how long a row is; nothing where all share one.
    fn rows(&mut self, train: &PoissonPlan, target: &PoissonTarget) -> (u32, u32) {
        let Some(Thinning { kept: Kept::Rows { thresholds, width, .. }, .. }) = &train.thinning else {
            return (NONE, 0);
        };
        let own = target.item as usize..target.item as usize + target.neurons.len();
        let start = self.add(thresholds.chunks_exact(*width).flat_map(|row| row[own.clone()].iter().copied()));
        (start, target.neurons.len() as u32)
    }

    /// Where the words of a batch's steps lie, so many for each.
    fn course(&mut self, of: Varying, words: u32) -> u32 {
        let (start, most_steps) = (self.words.len() as u32, self.most_steps);
        let known = *self.courses.entry(of).or_insert(start);
        if known == start {
            self.words.resize((start + words * most_steps) as usize, 0);
        }
        known
    }
}

/// A step as shaders compare it.
pub fn word(step: u64) -> u32 {
    step.min(u64::from(u32::MAX)) as u32
}

impl Varying {
    /// What is told of so many steps from `first` on, row by row.
    pub fn words(self, plan: &Plan<i32>, first: u64, steps: u32) -> Vec<Vec<u32>> {
        let steps = first..first + u64::from(steps);
        match self {
            Varying::Train(index) => {
                let train = &plan.poisson[index as usize];
                vec![steps.map(|step| train.word(step).unwrap_or_default()).collect()]
            }
            Varying::Wave(index) => {
                let wave = &plan.waves[index as usize];
                let bits = |number: f64| (number as f32).to_bits();
                let own = wave.own.as_ref();
                vec![
                    steps.clone().map(|step| bits(wave.level.at(step))).collect(),
                    steps.clone().map(|step| bits(own.map_or(0.0, |own| own.deviation(step)))).collect(),
                    steps.map(|step| own.map_or(0, |own| own.position(step) as u32)).collect(),
                ]
            }
        }
    }
}
