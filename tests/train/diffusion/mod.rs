//! Diffusion: schedules and steps in closed form, gradients of the whole net, learning, files, and who judges.

mod convert;
mod files;
mod judge;
mod learning;
mod net;
mod play;
mod schedule;
mod temporal;

use neuropil::random::philox;

/// Numbers from -1 to 1, a function of seed and place.
pub fn numbers(seed: u32, count: usize) -> Vec<f64> {
    let number = |place: u32| f64::from(philox([place, 0, 0, 0], [seed, 21])[0]) / 2_147_483_648.0 - 1.0;
    (0..count as u32).map(number).collect()
}

/// Whether two numbers differ by no more than a share of the larger.
pub fn near(found: f64, expected: f64, share: f64) -> bool {
    (found - expected).abs() <= share * found.abs().max(expected.abs()).max(1e-300)
}

/// The sentence of an error.
pub fn told<T>(result: neuropil::Result<T>) -> String {
    match result {
        Ok(_) => panic!("it takes what it should refuse"),
        Err(error) => error.to_string(),
    }
}
