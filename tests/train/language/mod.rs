//! The language model: n-grams by hand, gradients by differences, and the same bits step by step.

mod grams;
mod learning;
mod neurons;
mod reading;

use neuropil::train::language::{Design, Trace};

/// A small net of three symbols.
pub fn design(trace: Trace) -> Design {
    Design {
        alphabet: vec!['a', 'b', 'c'],
        pairs: vec![[0, 1], [1, 2], [2, 0]],
        delays: 3,
        pair_delays: 2,
        hidden: vec![64, 32],
        domain: 16,
        keeps: 0.9,
        trace,
    }
}

/// Symbols that are drawn, each of three.
pub fn drawn(count: usize, seed: u32) -> Vec<u32> {
    let mut draws = super::ops::check::Draws::new(seed);
    (0..count).map(|_| draws.below(3) as u32).collect()
}
