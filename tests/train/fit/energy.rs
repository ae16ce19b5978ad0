//! The energy of operations.

use neuropil::train::fit::energy::{AC, MAC};
use neuropil::train::fit::{Operations, Tally};

#[test]
fn energy_is_that_of_multiplications_and_additions() {
    // Horowitz 2014: 3.7 pJ + 0.9 pJ, and 0.9 pJ.
    assert!((MAC - 4.6e-12).abs() < 1e-24 && (AC - 0.9e-12).abs() < 1e-24);
    let mut operations = Operations::dense(784, 350, 25);
    operations.add(&Operations::spikes(1000, 10));
    assert_eq!(operations, Operations { multiplications: 6_860_000, additions: 10_000 });
    assert!((operations.energy() - (6_860_000.0 * 4.6e-12 + 10_000.0 * 0.9e-12)).abs() < 1e-18);
    // 6,860,000 · 4.6 pJ + 10,000 · 0.9 pJ = 31.565 uJ, of two samples.
    let mut tally = Tally { samples: 1, operations, ..Tally::default() };
    tally.add(&Tally { samples: 1, ..Tally::default() });
    assert!((tally.energy_per_sample() - 31.565e-6 / 2.0).abs() < 1e-15);
}
