//! Segments counted on the engine, to be compared with the law: neurons of the model `iaf_psc_exp_dendrites`, whose
//! segments answer a coincidence of spikes with a plateau, are shown random patterns.

use crate::device::Device;
use crate::error::{Error, Result};
use crate::models::{self, ParrotNeuron};
use crate::network::{Explicit, Network, Population, RecorderId, SpikeGenerator, Static, Variable};
use crate::random::{Draws, Purpose, stream};
use crate::seed::Seed;
use crate::time::Time;

/// The time from a pattern to the next, ms, and so in steps, which are of 1 ms.
const PATTERN: u32 = 10;
/// The first random stream of this file among those of [`Purpose::Encode`].
const STREAM: u32 = 0x5e9;

/// Segments, and random patterns that are shown to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// The number of cells.
    pub n: u32,
    /// The active cells of a pattern.
    pub a: u32,
    /// The synapses of a segment, each from another cell.
    pub s: u32,
    /// The number of spikes from which on a segment answers.
    pub theta: u32,
    /// The number of patterns that are active at once.
    pub union: u32,
    /// The number of neurons, with one segment each.
    pub segments: u32,
    /// How many patterns, or unions of them, are shown.
    pub shown: u32,
}

/// How often segments answered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Counted {
    /// The share of pairs (segment, pattern) in which the segment answered.
    pub share: f64,
    /// Its standard error, from the shares of patterns, which are independent of each other.
    pub error: f64,
}

impl Counted {
    /// The mean, and its standard error, of the shares of segments that answered each pattern.
    pub(super) fn from_shares(shares: &[f64]) -> Counted {
        let count = shares.len() as f64;
        let share = shares.iter().sum::<f64>() / count;
        let squares: f64 = shares.iter().map(|own| (own - share).powi(2)).sum();
        Counted { share, error: (squares / (count - 1.0) / count).sqrt() }
    }
}

impl Setting {
    /// Checks the sizes.
    fn check(&self) -> Result<()> {
        let Setting { n, a, s, theta, union, segments, shown } = *self;
        let wrong = |problem: &str| Err(Error::invalid("segments", problem));
        if a == 0 || s == 0 || a > n || s > n || theta == 0 || union == 0 {
            return wrong(
                "active cells and synapses must be from 1 to the number of cells, theta and patterns at once 1 or more",
            );
        }
        if segments == 0 || shown < 2 {
            return wrong("there must be a segment, and two patterns for an error");
        }
        let sizes = [
            u64::from(segments) * u64::from(s),
            u64::from(segments) * u64::from(shown),
            u64::from(shown) * u64::from(a.min(n)) * u64::from(union),
        ];
        if sizes.iter().any(|size| *size > 100_000_000) || u64::from(shown) * u64::from(PATTERN) > 1 << 30 {
            return wrong("synapses, answers or spikes would be more than 10^8; take fewer segments or patterns");
        }
        Ok(())
    }

    /// Plays the setting on the CPU, and counts how often segments answer.
    ///
    /// # Errors
    /// Sizes out of their range.
    pub fn play(&self, seed: u64, threads: usize) -> Result<Counted> {
        self.check()?;
        let mut network = Network::new(Time::from_ms(1.0));
        let cells = network.add("cells", self.n, ParrotNeuron {})?;
        let mut neurons =
            Population::new("neurons", self.segments, models::named("iaf_psc_exp_dendrites", "segments")?)?;
        // A spike is forgotten within steps, and a plateau is over before the next pattern.
        for (name, value) in [("theta_1", f64::from(self.theta)), ("tau_dend", 0.5), ("tau_plateau", 5.0)] {
            neurons.set(name, value)?;
        }
        let neurons = network.add_population(neurons)?;
        let (mut from, mut to) = (Vec::new(), Vec::new());
        for segment in 0..self.segments {
            let mut draws = Draws::new(seed, stream(Purpose::Encode, STREAM), segment.into());
            from.extend(chosen(self.n, self.s, &mut draws));
            to.extend(std::iter::repeat_n(segment, self.s as usize));
        }
        network.connect(&cells, &neurons, Explicit::new(from, to), Static::new(1.0, 1.0).at_receptor("1"))?;
        network.stimulate(&cells, SpikeGenerator::listed(self.spikes(seed)), Static::new(1.0, 1.0))?;
        network.record(&neurons, Variable::every("p_1", f64::from(PATTERN)))?;
        let mut sim = network.build(Device::cpu().threads(u32::try_from(threads).unwrap_or(1)), Seed(seed))?;
        sim.run(Time::from_ms(f64::from(PATTERN * self.shown)))?;
        // A plateau begins at 1.
        let answers = sim.samples(RecorderId(0))?.chunks_exact(self.segments as usize);
        let shares: Vec<f64> = answers
            .map(|row| row.iter().filter(|part| **part == 1.0).count() as f64 / f64::from(self.segments))
            .collect();
        Ok(Counted::from_shares(&shares))
    }

    /// The input spikes, each a cell and a time in ms, each cell of a union once. A step to the cells and one to the
    /// segments bring them to the end of a pattern's time, where plateaus are recorded.
    fn spikes(&self, seed: u64) -> Vec<(u32, f64)> {
        let mut spikes = Vec::new();
        for pattern in 0..self.shown {
            let mut draws = Draws::new(seed, stream(Purpose::Encode, STREAM + 1), pattern.into());
            let mut active: Vec<u32> = (0..self.union).flat_map(|_| chosen(self.n, self.a, &mut draws)).collect();
            active.sort_unstable();
            active.dedup();
            let time = f64::from(PATTERN * (pattern + 1) - 2);
            spikes.extend(active.into_iter().map(|cell| (cell, time)));
        }
        spikes
    }
}

/// `count` of the numbers below `n`, each set as likely as any other (Floyd; Bentley 1987), in ascending order.
pub(super) fn chosen(n: u32, count: u32, draws: &mut Draws) -> Vec<u32> {
    let mut set = std::collections::BTreeSet::new();
    for last in n - count..n {
        let drawn = draws.below(last + 1);
        if !set.insert(drawn) {
            set.insert(last);
        }
    }
    set.into_iter().collect()
}
