//! Whether a task fits into memory, before anything of it is made.

use crate::error::{Error, Result};
use crate::host;
use crate::text::count;

/// Numbers for each weight: its value and what is seen of it, gradient and adjoint, two moments of the optimiser, and as many
/// again where the engine plays it.
const WEIGHT: u128 = 10;
/// Numbers for each neuron and step of a tape, at least: what arrives, its state, and their adjoints.
const STEP: u128 = 3;
/// Samples that a tape holds, at least.
const SAMPLES: u128 = 8;

/// Checks that weights and the least tape of a network fit into the memory that is free: so many inputs, hidden neurons and
/// classes, over so many steps, in numbers of `bytes` bytes.
///
/// # Errors
/// They do not.
pub(super) fn check(task: &str, [inputs, hidden, classes]: [u64; 3], steps: u64, bytes: u64) -> Result<()> {
    host::available().map_or(Ok(()), |available| fits(task, [inputs, hidden, classes], steps, bytes, available))
}

/// As [`check`], where `available` bytes are free.
fn fits(task: &str, sizes: [u64; 3], steps: u64, bytes: u64, available: u64) -> Result<()> {
    let [inputs, hidden, classes] = sizes.map(u128::from);
    let weights = hidden.saturating_mul(inputs + classes).saturating_mul(WEIGHT);
    let tape = u128::from(steps).saturating_mul(hidden + classes).saturating_mul(SAMPLES * STEP);
    let needed = weights.saturating_add(tape).saturating_mul(u128::from(bytes));
    let needed = u64::try_from(needed).unwrap_or(u64::MAX);
    if needed <= available {
        return Ok(());
    }
    let what = format!("task '{task}' of {} hidden neurons and {} steps", count(sizes[1]), count(steps));
    let hint = "take fewer neurons (--hidden) or fewer steps (--steps)".into();
    Err(Error::Memory { what, needed, available, hint })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_told_in_a_sentence() {
        assert!(fits("digits", [64, 200, 10], 25, 4, 1 << 24).is_ok());
        let told = |hidden, steps| {
            let refused = fits("digits", [64, hidden, 10], steps, 4, 1 << 34).err();
            refused.map(|error| (error.exit_code(), error.to_string())).unwrap_or_default()
        };
        for (hidden, steps) in [(200, 4_000_000_000), (15_000_000, 25), (4_000_000_000, 25), (u64::MAX, u64::MAX)] {
            let (code, told) = told(hidden, steps);
            assert!(told.contains("hidden neurons") && told.ends_with("fewer steps (--steps)"), "{told}");
            assert_eq!(code, 2);
        }
    }
}
