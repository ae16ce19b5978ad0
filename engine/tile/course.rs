//! Numbers that are known for every step before a run: how rates and amplitudes of stimuli change.

use crate::math::sine;

/// A number for each step.
#[derive(Debug, Clone, PartialEq)]
pub enum Course {
    /// The same in all.
    Constant(f64),
    /// A sine wave.
    Sine(Sine),
    /// (first step, number), rising; see [`held`].
    Held(Vec<(u64, f64)>),
}

/// `middle` + `amplitude` · sin(2π (`phase` + `turns` · step)).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sine {
    /// What it swings about.
    pub middle: f64,
    /// How far it swings.
    pub amplitude: f64,
    /// Turns in a step.
    pub turns: f64,
    /// Turns at step 0.
    pub phase: f64,
}

impl Course {
    /// The number of `step`.
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

/// The last of (first step, number) that has begun by `step`; zero before the first.
pub fn held(changes: &[(u64, f64)], step: u64) -> f64 {
    let begun = changes.partition_point(|change| change.0 <= step);
    if begun == 0 { 0.0 } else { changes[begun - 1].1 }
}
