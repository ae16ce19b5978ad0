//! Milliseconds and steps against integer arithmetic.

use neuropil::prelude::*;
use neuropil::time::{Grid, NEVER, OffGrid};

/// Grids as numerator / denominator ms.
const GRIDS: [(u64, u64); 5] = [(1, 10), (1, 100), (1, 20), (1, 3), (1, 32)];

#[test]
fn all_wholes_and_halves_up_to_100_ms_are_what_integers_say() {
    let mut dirty = 0;
    for (numerator, denominator) in GRIDS {
        let dt = numerator as f64 / denominator as f64;
        let grid = Grid::new(dt);
        for half_steps in 0..=(200 * denominator / numerator) {
            // The number a user writes: half_steps / 2 · numerator / denominator, as the nearest f64.
            let ms = (half_steps * numerator) as f64 / (2 * denominator) as f64;
            let (whole, is_whole) = (half_steps / 2, half_steps % 2 == 0);
            assert_eq!(grid.on(ms), is_whole.then_some(whole), "{ms} on {dt}");
            assert_eq!(grid.nearest(ms), Some(half_steps.div_ceil(2)), "{ms} to the nearest of {dt}");
            assert_eq!(grid.up(ms), Some(half_steps.div_ceil(2)), "{ms} up to {dt}");
            dirty += u32::from((ms / dt).round() as u64 != half_steps.div_ceil(2));
        }
    }
    assert!(dirty > 50, "what is tested here goes wrong by plain division: {dirty}");
}

#[test]
fn quarters_are_never_on_the_grid_nor_halves() {
    for (numerator, denominator) in GRIDS {
        let dt = numerator as f64 / denominator as f64;
        let grid = Grid::new(dt);
        for step in (0..4_000_000_000u64).step_by(39_999_983) {
            for (quarter, nearest) in [(1, step), (3, step + 1)] {
                let ms = ((4 * step + quarter) * numerator) as f64 / (4 * denominator) as f64;
                assert_eq!((grid.on(ms), grid.nearest(ms), grid.up(ms)), (None, Some(nearest), Some(step + 1)));
            }
            let ms = (step * numerator) as f64 / denominator as f64;
            assert_eq!((grid.on(ms), grid.up(ms)), (Some(step), Some(step)), "{ms} on {dt}");
        }
    }
}

#[test]
fn sums_of_decimals_are_on_the_grid() {
    let grid = Grid::new(0.1);
    let mut sum = 0.0;
    for step in 1..=10_000 {
        sum += 0.1;
        assert_eq!(grid.on(sum), Some(step));
    }
    assert_eq!(grid.on(sum + 1e-5), None, "a ten-thousandth of a step off");
}

#[test]
fn times_that_no_run_reaches_never_come() {
    let grid = Grid::new(0.1);
    assert_eq!([1e300, f64::INFINITY, 1e16].map(|ms| grid.on(ms)), [Some(NEVER); 3]);
    assert_eq!(grid.on(1e10), Some(100_000_000_000));
    assert_eq!([-0.1, f64::NAN, f64::NEG_INFINITY].map(|ms| grid.on(ms)), [None; 3]);
    assert!(grid.steps(1e300.ms(), "duration").unwrap_err().to_string().ends_with("is its unit ms?"));
    assert_eq!(grid.settled(f64::INFINITY, OffGrid::Up), f64::INFINITY);
    assert_eq!(grid.settled(0.21, OffGrid::Up), 0.3);
}

#[test]
fn delays_on_half_steps_are_rounded_up_in_every_grid() {
    for (dt, delay, steps) in [(0.1, 0.15, 2), (0.1, 0.35, 4), (0.1, 1.05, 11), (0.05, 0.125, 3), (1.0 / 3.0, 0.5, 2)] {
        let net = Network::new(dt.ms());
        assert_eq!(net.delay_steps(delay, "here").unwrap(), steps, "{delay} at {dt}");
    }
    assert!(Network::new(0.1.ms()).delay_steps(0.04, "here").is_err());
}

#[test]
fn refractory_periods_are_counted_in_tics_and_then_up() {
    for (dt, tics_of_step) in [(0.1, 100), (0.05, 50), (0.001, 1), (0.5, 500), (2.0, 2_000), (0.125, 125)] {
        let grid = Grid::new(dt);
        let mut otherwise = 0;
        for tenths in 0..40_000u64 {
            // Tenths of a tic, the half rounded up, as the nearest f64 says.
            let ms = tenths as f64 / 10_000.0;
            let tics = (ms * 1000.0 + 0.5).floor() as u64;
            assert!(tics == tenths / 10 || tics == tenths / 10 + 1, "{ms} ms is {tics} tics");
            assert_eq!(grid.refractory(ms), Some(tics.div_ceil(tics_of_step)), "{ms} ms on {dt}");
            otherwise += u64::from(grid.refractory(ms) != grid.up(ms));
        }
        assert!(otherwise > 0, "{dt}: rounding up alone differs");
    }
    // A step of no whole number of tics is NEST's no more, and rounds up alone.
    for dt in [1.0 / 3.0, 0.03125, 0.0001] {
        let grid = Grid::new(dt);
        for ms in [0.0, 0.2, 1.0, 2.0004, 2.04] {
            assert_eq!(grid.refractory(ms), grid.up(ms), "{ms} ms on {dt}");
        }
    }
    let grid = Grid::new(0.1);
    assert_eq!([-0.1, -1e-9, f64::NAN].map(|ms| grid.refractory(ms)), [None; 3]);
    assert_eq!([1e300, f64::INFINITY].map(|ms| grid.refractory(ms)), [Some(NEVER); 2]);
    assert_eq!(grid.refractory(2.0004), Some(20));
    assert_eq!([2.0006, 2.04, 2.1].map(|ms| grid.refractory(ms)), [Some(21); 3]);
}
