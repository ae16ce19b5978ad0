//! Numbers that are known for every step before a run: how rates and amplitudes of stimuli change.

use crate::math::sine;

/// How a number changes from step to step.
#[derive(Debug, Clone, PartialEq)]
pub enum Course {
    /// The same number in all steps.
    Constant(f64),
    /// A sine wave.
    Sine(Sine),
    /// Pairs of (first step, number), the steps rising; each number holds until the next begins, see [`held`].
    Held(Vec<(u64, f64)>),
}

/// `middle` + `amplitude` · sin(2π (`phase` + `turns` · step)).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sine {
    /// The mean, about which the wave swings.
    pub middle: f64,
    /// The largest distance from `middle`.
    pub amplitude: f64,
    /// Periods in a step: frequency times dt.
    pub turns: f64,
    /// The phase at step 0, in periods.
    pub phase: f64,
}

impl Course {
    /// The number in `step`.
    pub fn at(&self, step: u64) -> f64 {
        match self {
            Course::Constant(number) => *number,
            Course::Sine(Sine { middle, amplitude, turns, phase }) => {
                middle + amplitude * sine(turns * step as f64 + phase)
            }
            Course::Held(changes) => held(changes, step),
        }
    }
}

/// The number that holds in `step`: that of the last pair of (first step, number) in `changes` that has begun by then.
/// Zero before the first. `changes` are in the order of their steps.
pub fn held(changes: &[(u64, f64)], step: u64) -> f64 {
    let begun = changes.partition_point(|change| change.0 <= step);
    if begun == 0 { 0.0 } else { changes[begun - 1].1 }
}
