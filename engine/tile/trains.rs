//! Spike trains that are drawn: how many spikes each step brings, to all targets or to each, and which of them are kept; and
//! white noise, which comes to receptors as they do.

use std::ops::Range;
use std::sync::Arc;

use crate::math;
use crate::random::{CountTable, Draws, poisson_halves, poisson_word, thinned};
use crate::tile::course::Course;
use crate::tile::superposed::Superposition;

/// A stimulus of spike trains that are drawn.
#[derive(Debug, Clone)]
pub struct PoissonPlan {
    /// Random stream.
    pub stream: u32,
    /// Spikes of a step.
    pub counts: Counts,
    /// Where not all of them are kept: which are.
    pub thinning: Option<Thinning>,
    /// Steps in which its spikes arrive.
    pub steps: Range<u64>,
}

/// How many spikes a step has.
#[derive(Debug, Clone)]
pub enum Counts {
    /// Drawn for each target.
    Own(CountTable),
    /// Drawn once for all targets.
    Common(CountTable),
    /// Of packets, the same for all targets.
    Packets(Packets),
    /// Of processes that each target has of its own.
    Superposed(Superposition),
    /// No counts, but white noise of each target's own.
    White(White),
}

/// White noise that makes what decays in between follow an Ornstein-Uhlenbeck process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct White {
    /// Mean and standard deviation of the process, which its first step brings.
    pub first: [f64; 2],
    /// Those of what each further step adds to what has decayed.
    pub further: [f64; 2],
}

impl White {
    /// For what decays with `tau` steps.
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
    /// With which probability.
    pub kept: Kept,
}

/// The probability that a spike is kept.
#[derive(Debug, Clone)]
pub enum Kept {
    /// That of each step.
    Share(Course),
    /// That of each target, which changes at times.
    Rows {
        /// Thresholds ([`threshold`]) of all targets from the first time on, of all from the second...
        thresholds: Arc<[u32]>,
        /// Targets.
        width: usize,
        /// First steps of the rows.
        starts: Vec<u64>,
    },
}

/// Of 2³² random words, those below are as many as `probability` says.
pub fn threshold(probability: f64) -> u32 {
    // What is above the largest word becomes it, and NaN becomes 0.
    (probability * 4_294_967_296.0).round() as u32
}

/// Packets of spikes whose times are normally distributed.
#[derive(Debug, Clone, Default)]
pub struct Packets {
    /// Centres, in steps of arrival.
    pub centres: Vec<f64>,
    /// Spikes of each.
    pub activity: u32,
    /// Standard deviation, steps.
    pub sdev: f64,
    /// (step, spikes) as drawn, rising.
    pub drawn: Arc<[(u64, u32)]>,
}

impl Packets {
    /// Draws them.
    fn draw(&mut self, seed: u64, stream: u32, within: &Range<u64>) {
        let mut steps = Vec::new();
        for (centre, packet) in self.centres.iter().zip(0..) {
            let mut draws = Draws::new(seed, stream, packet);
            for _ in 0..self.activity {
                let (word, further) = (draws.word(), draws.word());
                let low = f64::from(word & 0xffff) + (f64::from(further) + 0.5) / 4_294_967_296.0;
                let time = centre + self.sdev * math::normal(f64::from(word >> 16), low);
                // A spike is noted at the end of its step; a time on the grid may lie a rounding behind it.
                steps.push((time - 1e-6).ceil().max(0.0) as u64);
            }
        }
        steps.sort_unstable();
        let runs = steps.chunk_by(|a, b| a == b).filter(|run| within.contains(&run[0]));
        self.drawn = runs.map(|run| (run[0], run.len() as u32)).collect();
    }

    fn at(&self, step: u64) -> u32 {
        let found = self.drawn.binary_search_by_key(&step, |&(step, _)| step);
        found.map_or(0, |at| self.drawn[at].1)
    }
}

impl Thinning {
    /// What says how much of `step` is kept: the threshold of all targets, or which row theirs are in.
    pub fn word(&self, step: u64) -> u32 {
        match &self.kept {
            Kept::Share(course) => threshold(course.at(step)),
            Kept::Rows { starts, .. } => starts.partition_point(|start| *start <= step).saturating_sub(1) as u32,
        }
    }

    /// The threshold of target `item`, where the step has this word.
    pub fn threshold(&self, word: u32, item: usize) -> u32 {
        match &self.kept {
            Kept::Share(_) => word,
            Kept::Rows { thresholds, width, .. } => thresholds[word as usize * width + item],
        }
    }

    /// Whether a step with this word keeps nothing.
    pub fn keeps_none(&self, word: u32) -> bool {
        matches!(self.kept, Kept::Share(_)) && word == 0
    }
}

impl PoissonPlan {
    /// Draws what is drawn before a run.
    pub fn reseed(&mut self, seed: u64) {
        if let Counts::Packets(packets) = &mut self.counts {
            packets.draw(seed, self.stream, &self.steps);
        }
    }

    /// The processes of each target, if it is made of such.
    pub fn superposed(&self) -> Option<&Superposition> {
        if let Counts::Superposed(processes) = &self.counts { Some(processes) } else { None }
    }

    /// Mean and standard deviation of what `step` brings, if that is white noise.
    pub fn white(&self, step: u64) -> Option<[f64; 2]> {
        let Counts::White(White { first, further }) = self.counts else { return None };
        Some(if step == self.steps.start { first } else { further })
    }

    /// What it is drawn by, where it is drawn for each target.
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

    /// How many numbers it lists: rates of targets, or spikes of packets at most.
    pub fn listed(&self) -> u64 {
        match (&self.counts, &self.thinning) {
            (Counts::Packets(packets), _) => packets.centres.len() as u64 * u64::from(packets.activity),
            (_, Some(Thinning { kept: Kept::Rows { thresholds, .. }, .. })) => thresholds.len() as u64,
            _ => 0,
        }
    }

    /// What players are told of each step: its word of thinning, or the spikes of packets; nothing where it is the same in all.
    pub fn word(&self, step: u64) -> Option<u32> {
        match (&self.counts, &self.thinning) {
            (Counts::Packets(packets), _) => Some(packets.at(step)),
            (_, thinning) => thinning.as_ref().map(|thinning| thinning.word(step)),
        }
    }

    /// The spikes that come to all targets in `step`, which has `word`, unless they are drawn for each.
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
