//! The tables of a shard: an entry for each stimulus that reaches a slice, and words of varying stimuli for each step
//! of a batch.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::device::gpu::shared::{NONE, SharedStruct, shared};
use crate::plan::{CurrentTarget, Path, Plan, WavePlan};
use crate::random::CountTable;
use crate::tile::superposed::Superposition;
use crate::tile::trains::{Counts, Kept, Thinning, White};
use crate::tile::{PoissonPlan, PoissonTarget};

/// `Poisson` of `shaders/integrate.wgsl`, which says what each field is: a stimulus of spike trains that reaches a
/// slice.
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

/// `Wave` of `shaders/waves.wgsl`, which says what each field is: a current that changes from step to step and reaches
/// a slice.
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

/// Number of words of a [`PoissonEntry`].
const POISSON_WORDS: usize = size_of::<PoissonEntry>() / size_of::<u32>();

/// Kinds of counts: drawn for each target, drawn once for all, listed, the number of processes that fire, or none but
/// white noise.
const COUNTS_OWN: u32 = 0;
const COUNTS_COMMON: u32 = 1;
const COUNTS_LISTED: u32 = 2;
const COUNTS_SUPERPOSED: u32 = 3;
const COUNTS_WHITE: u32 = 4;
/// Kinds of thinning: all spikes are kept, each target draws which it keeps, or one draw holds for all.
const KEPT_ALL: u32 = 0;
const KEPT_OWN: u32 = 1;
const KEPT_COMMON: u32 = 2;
/// Kinds of currents: the same for all targets, or with random numbers of each target that are kept for a while or
/// follow from Brownian bridges.
const WAVE_ALIKE: u32 = 0;
const WAVE_KEPT: u32 = 1;
const WAVE_BRIDGED: u32 = 2;

/// The constants of this file that shaders use, with their names there.
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

/// A stimulus with words for each step of a batch, by its index in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Varying {
    /// A stimulus of spike trains.
    Train(u32),
    /// A current that changes from step to step.
    Wave(u32),
}

/// The tables of a shard: entries of its stimuli, and all lists that these point at, as one array of words.
#[derive(Debug, Default)]
pub struct Tables {
    /// All tables, one behind the other; entries of trains come first.
    pub words: Vec<u32>,
    /// Stimuli that have words for each step of a batch, and where these start.
    pub courses: BTreeMap<Varying, u32>,
    /// The largest number of steps of a batch.
    most_steps: u32,
    /// Number of state values in `state`, behind which the phases of processes begin.
    states: u32,
    /// Initial phases: per process stimulus, target and phase, the number of processes in it.
    pub occupied: Vec<f32>,
}

impl Tables {
    /// Tables with room for `trains` entries of trains, for batches of `most_steps` steps at most and a shard with
    /// `states` state values.
    pub fn new(trains: usize, most_steps: u32, states: u32) -> Tables {
        Tables { words: vec![0; trains * POISSON_WORDS], most_steps, states, ..Tables::default() }
    }

    /// Appends the tables and initial phases of processes for `targets` targets. Returns the place of a list with the
    /// place and length of each row of thresholds, then the number of phases and the place of the first in `state`.
    fn add_superposed(&mut self, own: &Superposition, targets: usize) -> (u32, [u32; 2]) {
        let rows: Vec<[u32; 2]> =
            own.rows.iter().map(|row| [self.add(row.iter().copied()), row.len() as u32]).collect();
        let occupied = self.states + self.occupied.len() as u32;
        let first = own.initial_phases();
        self.occupied.extend(first.iter().cycle().take(first.len() * targets).map(|&own| own as f32));
        (self.add(rows.into_iter().flatten()), [own.phases, occupied])
    }

    /// Sets entry `index` of the table of trains; its thresholds and weights are appended.
    pub fn set_poisson(&mut self, plan: &Plan<i32>, target: &PoissonTarget, index: u32) {
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
        let (rows, row_length) = self.add_rows(train, target);
        let processes = train.superposed().map(|own| (own.rows.len(), self.add_superposed(own, target.neurons.len())));
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
            course: train.word(0).map_or(NONE, |_| self.course_of(Varying::Train(target.stimulus), 1)),
            rows,
            row_length,
            phases,
            occupied,
        };
        let at = index as usize * POISSON_WORDS;
        self.words[at..at + POISSON_WORDS].copy_from_slice(bytemuck::cast_slice(&[entry]));
    }

    /// Appends entries of currents that change from step to step, and before them their factors and bridges; returns
    /// the range of the entries.
    pub fn add_waves(&mut self, plan: &Plan<i32>, targets: &[CurrentTarget]) -> Range<u32> {
        let entries = targets.iter().map(|target| self.wave_entry(&plan.waves[target.stimulus as usize], target));
        let entries: Vec<WaveEntry> = entries.collect();
        let start = self.add(bytemuck::cast_slice(&entries).iter().copied());
        start..self.words.len() as u32
    }

    /// The entry of a current that reaches `target`; its factors and bridges are appended.
    fn wave_entry(&mut self, wave: &WavePlan, target: &CurrentTarget) -> WaveEntry {
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
            course: self.course_of(Varying::Wave(target.stimulus), 3),
            stride: self.most_steps,
            levels: levels.len() as u32,
            bridges: self.add(levels.iter().flat_map(|&(share, deviation)| [bits(share), bits(deviation)])),
        }
    }

    /// Appends `words`, and returns where they start.
    fn add(&mut self, words: impl Iterator<Item = u32>) -> u32 {
        let start = self.words.len() as u32;
        self.words.extend(words);
        start
    }

    /// Appends the rows of thresholds for the neurons of `target`; returns their place, [`NONE`] where all neurons
    /// share one threshold, and the length of a row.
    fn add_rows(&mut self, train: &PoissonPlan, target: &PoissonTarget) -> (u32, u32) {
        let Some(Thinning { kept: Kept::Rows { thresholds, width, .. }, .. }) = &train.thinning else {
            return (NONE, 0);
        };
        let own = target.item as usize..target.item as usize + target.neurons.len();
        let start = self.add(thresholds.chunks_exact(*width).flat_map(|row| row[own.clone()].iter().copied()));
        (start, target.neurons.len() as u32)
    }

    /// Where the words of `of` for the steps of a batch lie; the first call makes room for `words` words per step.
    fn course_of(&mut self, of: Varying, words: u32) -> u32 {
        let (start, most_steps) = (self.words.len() as u32, self.most_steps);
        let known = *self.courses.entry(of).or_insert(start);
        if known == start {
            self.words.resize((start + words * most_steps) as usize, 0);
        }
        known
    }
}

/// `step` as a word, with which shaders compare steps; steps beyond 32 bits become the largest word.
pub fn word(step: u64) -> u32 {
    step.min(u64::from(u32::MAX)) as u32
}

impl Varying {
    /// The words for `steps` steps from `first` on, row by row: of trains a word per step, of currents the level, the
    /// deviation, and the position whose random numbers hold.
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
