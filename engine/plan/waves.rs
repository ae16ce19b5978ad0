//! Currents that change from step to step: a course that all targets share, and random numbers of each target.

use std::ops::Range;

use crate::math;
use crate::network::{AcGenerator, NoiseGenerator, OuCurrentGenerator};
use crate::random::{Purpose, stream};
use crate::tile::course::{Course, Sine};

/// A current stimulus that changes from step to step.
#[derive(Debug, Clone)]
pub struct WavePlan {
    /// The steps in whose updates it flows.
    pub steps: Range<u64>,
    /// The course of the current that all targets share, pA.
    pub level: Course,
    /// Fluctuations about it, which each target has of its own; `None` where all targets have the same current.
    pub own: Option<Fluctuation>,
}

/// Fluctuations of the current of each target: a normally distributed number times a standard deviation.
#[derive(Debug, Clone)]
pub struct Fluctuation {
    /// The random stream of the numbers.
    pub stream: u32,
    /// The course of the variance, pA².
    variance: Course,
    /// How the numbers of a target follow each other.
    pub path: Path,
}

/// How the normal numbers of a target follow each other.
#[derive(Debug, Clone)]
pub enum Path {
    /// Independent numbers, each of which is kept for some steps.
    Kept {
        /// The first step.
        first: u64,
        /// Number of steps for which a number is kept.
        steps: u64,
    },
    /// Those of an Ornstein-Uhlenbeck process.
    Bridged(Bridges),
}

/// An Ornstein-Uhlenbeck process of mean 0 and variance 1 that can be evaluated in any step, so that nothing need be
/// kept from one step to the next.
///
/// Steps that are multiples of 2ⁿ have independent numbers: they are so far apart that nothing is left of their
/// correlation. Between two known numbers at a distance d on either side the process has the mean
/// ρ (left + right) / (1 + ρ²), where ρ = e^(-d/τ), and the variance (1 - ρ²) / (1 + ρ²). So each number follows from its neighbours at twice
/// the distance, down to single steps: a bridge of bridges, exact at all steps.
#[derive(Debug, Clone)]
pub struct Bridges {
    /// Per bridge, from the widest to that of two steps, the factor of the sum of both ends, and the standard
    /// deviation.
    pub levels: Vec<(f64, f64)>,
}

/// Number of time constants after which nothing of a correlation is left that a number of 64 bits could hold.
const FORGOTTEN: f64 = 40.0;

impl WavePlan {
    /// The number of values that players keep for each target.
    pub fn kept(&self) -> u64 {
        // The current, that of the step before, and the number drawn; both ends of each bridge.
        let bridges = |own: &Fluctuation| match &own.path {
            Path::Kept { .. } => 1,
            Path::Bridged(bridges) => 2 * bridges.levels.len() as u64 + 3,
        };
        3 + self.own.as_ref().map_or(0, bridges)
    }
}

impl Fluctuation {
    /// The fluctuations of noise, which are drawn anew every `hold` steps from step `start` on; `index` is that of the
    /// stimulus.
    pub(crate) fn noise(own: &NoiseGenerator, dt: f64, (start, hold): (u64, u64), index: u32) -> Fluctuation {
        let turns = own.frequency * dt * 1e-3;
        // NEST 3.10: the oscillator runs while the generator is on, and has made its step before a number is drawn.
        let phase = own.phase / 360.0 - turns * (start as f64 - 1.0);
        let variance = Sine { middle: own.std * own.std, amplitude: own.std_mod * own.std_mod, turns, phase };
        let path = Path::Kept { first: start, steps: hold.max(1) };
        Fluctuation { stream: stream(Purpose::Current, index), variance: Course::Sine(variance), path }
    }

    /// The fluctuations of an Ornstein-Uhlenbeck process; `index` is that of the stimulus.
    pub(crate) fn ou(own: &OuCurrentGenerator, dt: f64, index: u32) -> Fluctuation {
        let variance = Course::Constant(own.std * own.std);
        let path = Path::Bridged(Bridges::new(own.tau / dt));
        Fluctuation { stream: stream(Purpose::Current, index), variance, path }
    }

    /// The step whose number is in force in `step`.
    pub fn position(&self, step: u64) -> u64 {
        match self.path {
            Path::Kept { first, steps } => step - step.saturating_sub(first) % steps,
            Path::Bridged(_) => step,
        }
    }

    /// The standard deviation of the current in `step`, pA.
    pub fn deviation(&self, step: u64) -> f64 {
        self.variance.at(self.position(step)).max(0.0).sqrt()
    }
}

impl Bridges {
    /// The process with a time constant of `tau` steps.
    fn new(tau: f64) -> Bridges {
        let widest = (FORGOTTEN * tau).log2().ceil().max(0.0) as u32;
        let level = |width: u32| {
            let correlation = math::exp(-f64::from(1u32 << width) / tau);
            let square = correlation * correlation;
            (correlation / (1.0 + square), ((1.0 - square) / (1.0 + square)).sqrt())
        };
        Bridges { levels: (0..widest).rev().map(level).collect() }
    }
}

/// The course of an alternating current that is used `shift` steps later, pA.
pub(crate) fn ac(own: &AcGenerator, dt: f64, shift: u32) -> Course {
    let turns = own.frequency * dt * 1e-3;
    let phase = own.phase / 360.0 - turns * f64::from(shift);
    Course::Sine(Sine { middle: own.offset, amplitude: own.amplitude, turns, phase })
}
