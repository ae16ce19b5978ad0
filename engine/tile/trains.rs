//! Spike trains that are drawn: how many spikes each step brings, to all targets or to each, and which of them are
//! kept; and white noise, which comes to receptors as they do.

use std::ops::Range;
use std::sync::Arc;

use crate::math;
use crate::random::{CountTable, Draws, poisson_halves, poisson_word, thinned};
use crate::tile::course::Course;
use crate::tile::superposed::Superposition;

/// A stimulus of spike trains that are drawn.
#[derive(Debug, Clone)]
pub struct PoissonPlan {
    /// The random stream of the stimulus.
    pub stream: u32,
    /// How many spikes each step brings.
    pub counts: Counts,
    /// Which spikes are kept, where not all are.
    pub thinning: Option<Thinning>,
    /// The steps in which its spikes may arrive.
    pub steps: Range<u64>,
}

/// How many spikes a step brings, and by what they are drawn.
#[derive(Debug, Clone)]
pub enum Counts {
    /// Drawn for each target.
    Own(CountTable),
    /// Drawn once for all targets.
    Common(CountTable),
    /// The spikes of packets, the same for all targets.
    Packets(Packets),
    /// The spikes of renewal processes of each target.
    Superposed(Superposition),
    /// No spikes, but white noise, drawn for each target.
    White(White),
}

/// White noise that makes what decays in between follow an Ornstein-Uhlenbeck process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct White {
    /// Mean and standard deviation of the process: what the first step brings.
    pub first: [f64; 2],
    /// Mean and standard deviation of what each further step adds.
    pub further: [f64; 2],
}

impl White {
    /// The noise that makes a variable with a time constant of `tau` steps follow a process of mean `mean` and standard
    /// deviation `std`.
    pub fn new(mean: f64, std: f64, tau: f64) -> White {
        let kept = math::exp(-1.0 / tau);
        White { first: [mean, std], further: [mean * (1.0 - kept), std * (1.0 - kept * kept).sqrt()] }
    }
}

/// Which spikes are kept: each by itself, with a probability.
#[derive(Debug, Clone)]
pub struct Thinning {
    /// Whether each target chooses for itself, or one choice holds for all.
    pub own: bool,
    /// The probability that a spike is kept.
    pub kept: Kept,
}

/// The probability that a spike is kept.
#[derive(Debug, Clone)]
pub enum Kept {
    /// One probability in each step, for all targets.
    Share(Course),
    /// A probability for each target, which changes at given steps.
    Rows {
        /// Rows of thresholds ([`threshold`]), one for each target.
        thresholds: Arc<[u32]>,
        /// The number of targets: the length of a row.
        width: usize,
        /// For each row, the step from which it holds.
        starts: Vec<u64>,
    },
}

/// The threshold below which a random word of 32 bits lies with `probability`.
pub fn threshold(probability: f64) -> u32 {
    // What is above the largest word becomes it, and NaN becomes 0.
    (probability * 4_294_967_296.0).round() as u32
}

/// Packets of spikes whose times are normally distributed.
#[derive(Debug, Clone, Default)]
pub struct Packets {
    /// The centres of the packets, as steps of arrival.
    pub centres: Vec<f64>,
    /// The spikes of each packet.
    pub activity: u32,
    /// The standard deviation of spike times, in steps.
    pub sdev: f64,
    /// The drawn spikes: pairs of (step, number of spikes), the steps rising.
    pub drawn: Arc<[(u64, u32)]>,
}

impl Packets {
    /// Draws all spikes of the packets, and keeps those that arrive `within` these steps.
    fn draw(&mut self, seed: u64, stream: u32, within: &Range<u64>) {
        let mut steps = Vec::new();
        for (centre, packet) in self.centres.iter().zip(0..) {
            let mut draws = Draws::new(seed, stream, packet);
            for _ in 0..self.activity {
                let (word, further) = (draws.word(), draws.word());
                let low = f64::from(word & 0xffff) + (f64::from(further) + 0.5) / 4_294_967_296.0;
                let time = centre + self.sdev * math::normal(f64::from(word >> 16), low);
                // A spike belongs to the step at whose end it lies; a time on the grid may be a rounding error too
                // late.
                steps.push((time - 1e-6).ceil().max(0.0) as u64);
            }
        }
        steps.sort_unstable();
        let runs = steps.chunk_by(|a, b| a == b).filter(|run| within.contains(&run[0]));
        self.drawn = runs.map(|run| (run[0], run.len() as u32)).collect();
    }

    /// How many spikes arrive in `step`.
    fn count_at(&self, step: u64) -> u32 {
        let found = self.drawn.binary_search_by_key(&step, |&(step, _)| step);
        found.map_or(0, |at| self.drawn[at].1)
    }
}

impl Thinning {
    /// The word that gives the thresholds of `step`: the threshold that all targets share, or the number of the row
    /// that holds.
    pub fn word(&self, step: u64) -> u32 {
        match &self.kept {
            Kept::Share(course) => threshold(course.at(step)),
            Kept::Rows { starts, .. } => starts.partition_point(|start| *start <= step).saturating_sub(1) as u32,
        }
    }

    /// The threshold of target `item` in a step with this `word`, see [`Thinning::word`].
    pub fn threshold(&self, word: u32, item: usize) -> u32 {
        match &self.kept {
            Kept::Share(_) => word,
            Kept::Rows { thresholds, width, .. } => thresholds[word as usize * width + item],
        }
    }

    /// Whether a step with this `word` keeps no spike of any target.
    pub fn keeps_none(&self, word: u32) -> bool {
        matches!(self.kept, Kept::Share(_)) && word == 0
    }
}

impl PoissonPlan {
    /// Draws, from `seed`, the spikes that are drawn before a run: those of packets.
    pub fn reseed(&mut self, seed: u64) {
        if let Counts::Packets(packets) = &mut self.counts {
            packets.draw(seed, self.stream, &self.steps);
        }
    }

    /// The renewal processes of each target, if its spikes are theirs.
    pub fn superposed(&self) -> Option<&Superposition> {
        if let Counts::Superposed(processes) = &self.counts { Some(processes) } else { None }
    }

    /// Mean and standard deviation of the white noise in `step`, if it is white noise.
    pub fn white(&self, step: u64) -> Option<[f64; 2]> {
        let Counts::White(White { first, further }) = self.counts else { return None };
        Some(if step == self.steps.start { first } else { further })
    }

    /// The table by which counts are drawn, if they are drawn for each target.
    pub fn own_table(&self) -> Option<&CountTable> {
        if let Counts::Own(table) = &self.counts { Some(table) } else { None }
    }

    /// The most spikes that a target can get in a step.
    pub fn largest(&self) -> u32 {
        match &self.counts {
            Counts::Own(table) | Counts::Common(table) => table.largest(),
            Counts::Packets(packets) => packets.activity.saturating_mul(packets.centres.len() as u32),
            Counts::Superposed(processes) => processes.largest(),
            Counts::White(_) => 0,
        }
    }

    /// How many numbers it keeps in lists: the thresholds of targets, or the spikes of packets.
    pub fn listed_count(&self) -> u64 {
        match (&self.counts, &self.thinning) {
            (Counts::Packets(packets), _) => packets.centres.len() as u64 * u64::from(packets.activity),
            (_, Some(Thinning { kept: Kept::Rows { thresholds, .. }, .. })) => thresholds.len() as u64,
            _ => 0,
        }
    }

    /// The word that players need for each step: that of [`Thinning::word`], or the number of spikes of packets. `None`
    /// where steps do not differ.
    pub fn word(&self, step: u64) -> Option<u32> {
        match (&self.counts, &self.thinning) {
            (Counts::Packets(packets), _) => Some(packets.count_at(step)),
            (_, thinning) => thinning.as_ref().map(|thinning| thinning.word(step)),
        }
    }

    /// How many spikes come to all targets in `step`, whose word is `word` (see [`PoissonPlan::word`]); `None` if they
    /// are drawn for each target.
    pub fn common(&self, key: [u32; 2], step: u64, word: u32) -> Option<u32> {
        let now = step as u32;
        let count = match &self.counts {
            Counts::Own(_) | Counts::Superposed(_) | Counts::White(_) => return None,
            Counts::Packets(_) => return Some(word),
            Counts::Common(table) => {
                let half = poisson_halves(key, self.stream, 0, now)[0];
                table.count(half, || poisson_word(key, self.stream, 0, now))
            }
        };
        let together = self.thinning.as_ref().filter(|thinning| !thinning.own);
        Some(together.map_or(count, |_| thinned(key, (self.stream, 0, now), count, word)))
    }
}
